package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/latchkey-dev/latchkey/models"
)

// batch bounds the rows of one statement: four parameters each stay far below
// what either database takes.
const batch = 500

// NoteUses writes when, from where and by what tokens were last used. An older
// use never replaces a newer one; unknown tokens are passed over. No event: a
// use changes nothing.
func (s *Store) NoteUses(ctx context.Context, uses []models.TokenUse) error {
	uses = latestUses(uses)
	if len(uses) == 0 {
		return nil
	}
	return s.note(ctx, "note uses", func(tx *gorm.DB) error {
		for part := range slices.Chunk(uses, batch) {
			if err := s.noteUses(tx, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// latestUses keeps the latest use of each token, by id.
func latestUses(uses []models.TokenUse) []models.TokenUse {
	latest := map[string]models.TokenUse{}
	for _, u := range uses {
		if held, ok := latest[u.TokenID]; !ok || u.At.After(held.At) {
			latest[u.TokenID] = u
		}
	}
	sorted := make([]models.TokenUse, 0, len(latest))
	for _, u := range latest {
		sorted = append(sorted, u)
	}
	slices.SortFunc(sorted, func(a, b models.TokenUse) int { return cmp.Compare(a.TokenID, b.TokenID) })
	return sorted
}

func (s *Store) noteUses(tx *gorm.DB, uses []models.TokenUse) error {
	ids := make([]string, len(uses))
	args := make([]any, 0, 4*len(uses))
	for i, u := range uses {
		ids[i] = u.TokenID
		args = append(args, u.TokenID, stamp(u.At), clip(u.IP), clip(u.UserAgent))
	}
	if _, err := lockTokens(tx, ids, "NO KEY UPDATE"); err != nil {
		return err
	}
	at := fmt.Sprintf(s.dialect.timestamp, "v.column2")
	values := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?), ", len(uses)), ", ")
	return tx.Exec("UPDATE tokens SET last_used_at = "+at+", last_used_ip = v.column3, last_used_agent = v.column4 "+
		"FROM (VALUES "+values+") AS v WHERE tokens.id = v.column1 AND tokens.last_used_at < "+at, args...).Error
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

// countsSince is how far back a token counts as used.
const countsSince = 24 * time.Hour

// TokenCounts gives, for each kind of one tenant or, with an empty id, of every
// tenant, the tokens that are neither revoked nor expired, and how many of them
// were used in the last 24 hours; by tenant id and kind, without the zeros.
func (s *Store) TokenCounts(ctx context.Context, tenantID string, now time.Time) ([]models.TenantTokenCounts, error) {
	query := "SELECT tenant_id, kind, count(*) AS live, count(CASE WHEN last_used_at > ? THEN 1 END) AS used " +
		"FROM tokens WHERE revoked_at IS NULL AND expires_at > ?"
	args := []any{stamp(now.Add(-countsSince)), stamp(now)}
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
