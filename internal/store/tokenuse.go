package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/latchkey-dev/latchkey/models"
)

// batch bounds the rows of one statement: five parameters each stay far below
// what either database takes.
const batch = 500

// NoteUses writes when, from where and by what tokens were used: the last use
// of each token and of each secret, and the latest distinct ones. An older use
// never replaces a newer one; unknown tokens and secrets are passed over. No
// event: a use changes nothing.
func (s *Store) NoteUses(ctx context.Context, uses []models.TokenUse) error {
	uses = distinctUses(uses)
	if len(uses) == 0 {
		return nil
	}
	return s.note(ctx, "note uses", func(tx *gorm.DB) error {
		// All locks at once: in the order of ids they can't meet another
		// replica's the wrong way round.
		if _, err := lockTokens(tx, tokensOf(uses), "NO KEY UPDATE"); err != nil {
			return err
		}
		for part := range slices.Chunk(uses, batch) {
			if err := s.noteUses(tx, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// distinctUses keeps the latest use of each token, secret, address and agent,
// by token and oldest first. Text is clipped before it is compared: so is what
// it must not meet twice.
func distinctUses(uses []models.TokenUse) []models.TokenUse {
	latest := map[models.TokenUse]time.Time{}
	for _, u := range uses {
		at := u.At
		u.At, u.IP, u.UserAgent = time.Time{}, clip(u.IP), clip(u.UserAgent)
		if held, ok := latest[u]; !ok || at.After(held) {
			latest[u] = at
		}
	}
	sorted := make([]models.TokenUse, 0, len(latest))
	for u, at := range latest {
		u.At = at
		sorted = append(sorted, u)
	}
	slices.SortFunc(sorted, func(a, b models.TokenUse) int {
		return cmp.Or(cmp.Compare(a.TokenID, b.TokenID), a.At.Compare(b.At), cmp.Compare(a.SecretID, b.SecretID),
			cmp.Compare(a.IP, b.IP), cmp.Compare(a.UserAgent, b.UserAgent))
	})
	return sorted
}

// tokensOf is each token once.
func tokensOf(uses []models.TokenUse) []string {
	ids := make([]string, len(uses))
	for i, u := range uses {
		ids[i] = u.TokenID
	}
	return slices.Compact(ids)
}

// lastOf keeps the last of the uses that share a key, in one place each: an
// UPDATE … FROM takes any one of several rows that fit.
func lastOf(uses []models.TokenUse, key func(models.TokenUse) string) []models.TokenUse {
	last := map[string]models.TokenUse{}
	for _, u := range uses {
		if held, ok := last[key(u)]; !ok || u.At.After(held.At) {
			last[key(u)] = u
		}
	}
	return slices.Collect(maps.Values(last))
}

func (s *Store) noteUses(tx *gorm.DB, uses []models.TokenUse) error {
	// The rows of VALUES: token, secret, address, agent, time.
	at := fmt.Sprintf(s.dialect.timestamp, "v.column5")
	run := func(uses []models.TokenUse, before, after string) error {
		args := make([]any, 0, 5*len(uses))
		for _, u := range uses {
			args = append(args, u.TokenID, u.SecretID, clip(u.IP), clip(u.UserAgent), stamp(u.At))
		}
		values := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?), ", len(uses)), ", ")
		return tx.Exec(before+" FROM (VALUES "+values+") AS v "+after, args...).Error
	}
	err := run(lastOf(uses, func(u models.TokenUse) string { return u.TokenID }),
		"UPDATE tokens SET last_used_at = "+at+", last_used_ip = v.column3, last_used_agent = v.column4",
		"WHERE tokens.id = v.column1 AND tokens.last_used_at < "+at)
	if err != nil {
		return err
	}
	err = run(lastOf(uses, func(u models.TokenUse) string { return u.SecretID }),
		"UPDATE token_secrets SET last_used_at = "+at,
		"WHERE token_secrets.id = v.column2 AND token_secrets.last_used_at < "+at)
	if err != nil {
		return err
	}
	err = run(uses,
		"INSERT INTO token_uses (token_id, secret_id, ip, user_agent, at) SELECT v.column1, v.column2, v.column3, v.column4, "+at,
		"JOIN token_secrets ts ON ts.id = v.column2 AND ts.token_id = v.column1 WHERE true "+
			"ON CONFLICT (token_id, secret_id, ip, user_agent) DO UPDATE SET at = excluded.at WHERE token_uses.at < excluded.at")
	if err != nil {
		return err
	}
	return tx.Exec(`DELETE FROM token_uses WHERE (token_id, secret_id, ip, user_agent) IN (
		SELECT token_id, secret_id, ip, user_agent FROM (
			SELECT token_id, secret_id, ip, user_agent,
				row_number() OVER (PARTITION BY token_id ORDER BY at DESC, ip, user_agent, secret_id) AS place
			FROM token_uses WHERE token_id IN ?) AS placed
		WHERE place > ?)`, tokensOf(uses), models.MostUses).Error
}

type useRow struct {
	TokenID   string `gorm:"column:token_id;primaryKey"`
	SecretID  string `gorm:"column:secret_id;primaryKey"`
	IP        string `gorm:"column:ip;primaryKey"`
	UserAgent string `gorm:"column:user_agent;primaryKey"`
	At        stamp  `gorm:"column:at"`
}

func (useRow) TableName() string { return "token_uses" }

// TokenUses gives a token's latest distinct uses, at most models.MostUses,
// newest first.
func (s *Store) TokenUses(ctx context.Context, tokenID string) ([]models.TokenUse, error) {
	var uses []models.TokenUse
	err := s.one(ctx, "token uses", func(db *gorm.DB) (err error) {
		uses, err = usesOf(db, tokenID)
		return err
	})
	return uses, err
}

func usesOf(db *gorm.DB, tokenID string) ([]models.TokenUse, error) {
	var rows []useRow
	if err := db.Where("token_id = ?", tokenID).Order("at DESC, ip, user_agent, secret_id").Find(&rows).Error; err != nil {
		return nil, err
	}
	uses := make([]models.TokenUse, len(rows))
	for i, r := range rows {
		uses[i] = models.TokenUse{TokenID: r.TokenID, SecretID: r.SecretID, IP: r.IP, UserAgent: r.UserAgent, At: r.At.time()}
	}
	return uses, nil
}

// lockTokens gives those of the ids that exist, and locks their rows in the
// order of ids: replicas that flush at once wait instead of deadlocking.
func lockTokens(tx *gorm.DB, ids []string, strength string) ([]string, error) {
	var found []string
	err := lockRow(tx.Model(&tokenRow{}), strength).Where("id IN ?", ids).Order("id").Pluck("id", &found).Error
	return found, err
}

type refusalRow struct {
	TokenID string `gorm:"column:token_id;primaryKey"`
	Reason  string `gorm:"column:reason;primaryKey"`
	Minute  stamp  `gorm:"column:minute;primaryKey"`
	Count   int64  `gorm:"column:count"`
}

func (refusalRow) TableName() string { return "token_refusals" }

// NoteRefusals adds to the counts of refused verifications, per token, reason
// and minute. Unknown tokens are passed over.
func (s *Store) NoteRefusals(ctx context.Context, refusals []models.Refusal) error {
	rows := sumRefusals(refusals)
	if len(rows) == 0 {
		return nil
	}
	return s.note(ctx, "note refusals", func(tx *gorm.DB) error {
		for part := range slices.Chunk(rows, batch) {
			if err := noteRefusals(tx, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// sumRefusals is one row per token, reason and minute, in that order: one
// statement must not meet the same row twice.
func sumRefusals(refusals []models.Refusal) []refusalRow {
	sums := map[models.Refusal]int64{}
	for _, r := range refusals {
		if r.Count > 0 {
			sums[models.Refusal{TokenID: r.TokenID, Reason: r.Reason, Minute: r.Minute.UTC().Truncate(time.Minute)}] += int64(r.Count)
		}
	}
	rows := make([]refusalRow, 0, len(sums))
	for r, count := range sums {
		rows = append(rows, refusalRow{TokenID: r.TokenID, Reason: r.Reason, Minute: stamp(r.Minute), Count: count})
	}
	slices.SortFunc(rows, func(a, b refusalRow) int {
		return cmp.Or(cmp.Compare(a.TokenID, b.TokenID), cmp.Compare(a.Reason, b.Reason), a.Minute.time().Compare(b.Minute.time()))
	})
	return rows
}

func noteRefusals(tx *gorm.DB, rows []refusalRow) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.TokenID
	}
	known, err := lockTokens(tx, sortedOnce(ids), "KEY SHARE")
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r refusalRow) bool { return !slices.Contains(known, r.TokenID) })
	if len(rows) == 0 {
		return nil
	}
	return tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "token_id"}, {Name: "reason"}, {Name: "minute"}},
		DoUpdates: clause.Assignments(map[string]any{"count": gorm.Expr("token_refusals.count + excluded.count")}),
	}).Create(&rows).Error
}

// Refusals gives the counts of one token since a minute, oldest first.
func (s *Store) Refusals(ctx context.Context, tokenID string, since time.Time) ([]models.Refusal, error) {
	var rows []refusalRow
	err := s.one(ctx, "refusals", func(db *gorm.DB) error {
		return db.Where("token_id = ? AND minute >= ?", tokenID, stamp(since)).Order("minute, reason").Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	refusals := make([]models.Refusal, len(rows))
	for i, r := range rows {
		refusals[i] = models.Refusal{TokenID: r.TokenID, Reason: r.Reason, Minute: r.Minute.time(), Count: int(r.Count)}
	}
	return refusals, nil
}

// TokenCounts gives, for each kind of one tenant or, with an empty id, of every
// tenant, the tokens that are neither revoked nor expired, and how many of them
// were used in the last 24 hours; by tenant id and kind, without the zeros.
func (s *Store) TokenCounts(ctx context.Context, tenantID string, now time.Time) ([]models.TenantTokenCounts, error) {
	query := "SELECT tenant_id, kind, count(*) AS live, count(CASE WHEN last_used_at > ? THEN 1 END) AS used " +
		"FROM tokens WHERE revoked_at IS NULL AND expires_at > ?"
	args := []any{stamp(now.Add(-models.UsedWithin)), stamp(now)}
	if tenantID != "" {
		query, args = query+" AND tenant_id = ?", append(args, tenantID)
	}
	query += " GROUP BY tenant_id, kind ORDER BY tenant_id, kind"
	var rows []struct {
		TenantID, Kind string
		Live, Used     int
	}
	err := s.one(ctx, "token counts", func(db *gorm.DB) error {
		return db.Raw(query, args...).Scan(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	counts := make([]models.TenantTokenCounts, len(rows))
	for i, r := range rows {
		counts[i] = models.TenantTokenCounts{
			TenantID: r.TenantID, Kind: models.Kind(r.Kind),
			TokenCounts: models.TokenCounts{Live: r.Live, Used: r.Used},
		}
	}
	return counts, nil
}
