package store

import (
	"context"
	"database/sql"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type signingKeyRow struct {
	ID        string `gorm:"column:id;primaryKey"`
	Algorithm string `gorm:"column:algorithm"`
	State     string `gorm:"column:state"`
	Public    []byte `gorm:"column:public"`
	Sealed    []byte `gorm:"column:sealed"`
	Created   stamp  `gorm:"column:created_at"`
	Activated *stamp `gorm:"column:activated_at"`
	Retired   *stamp `gorm:"column:retired_at"`
}

func (signingKeyRow) TableName() string { return "signing_keys" }

// SigningKeys gives all of them, oldest first.
func (s *Store) SigningKeys(ctx context.Context) ([]models.SigningKey, error) {
	var rows []signingKeyRow
	err := s.one(ctx, "signing keys", func(db *gorm.DB) error { return db.Order("created_at, id").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	keys := make([]models.SigningKey, len(rows))
	for i, r := range rows {
		keys[i] = models.SigningKey{
			ID: r.ID, Algorithm: r.Algorithm, State: models.KeyState(r.State), Public: r.Public, Sealed: r.Sealed,
			CreatedAt: r.Created.time(), ActivatedAt: r.Activated.optional(), RetiredAt: r.Retired.optional(),
		}
	}
	return keys, nil
}

// CreateSigningKeys adds all or none, with an event of each; models.ErrConflict when
// there is an active or a next one of an algorithm and this would be another, so
// replicas that start at once agree.
func (s *Store) CreateSigningKeys(ctx context.Context, keys []models.SigningKey, events []models.Event) error {
	return s.write(ctx, "create signing keys", events, func(tx *gorm.DB) error {
		for _, key := range keys {
			if err := tx.Create(newSigningKeyRow(key)).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// RotateSigningKey lets a next key sign in the place of the active one of its
// algorithm, which is retired; models.ErrConflict when either is that no more.
func (s *Store) RotateSigningKey(ctx context.Context, replaces, next string, at time.Time, event models.Event) error {
	return s.write(ctx, "rotate signing key", []models.Event{event}, func(tx *gorm.DB) error {
		retired := moveSigningKey(tx.Where("id = ?", replaces), models.KeyActive, models.KeyRetired, "retired_at", at)
		if retired.Error != nil || retired.RowsAffected == 0 {
			return conflicted(retired)
		}
		return conflicted(moveSigningKey(tx.Where("id = ?", next), models.KeyNext, models.KeyActive, "activated_at", at))
	})
}

// RetireSigningKey lets an active key sign no more, without another in its place, and
// deletes the next one of its algorithm; models.ErrConflict when it is active no more.
func (s *Store) RetireSigningKey(ctx context.Context, id string, at time.Time, event models.Event) error {
	return s.write(ctx, "retire signing key", []models.Event{event}, func(tx *gorm.DB) error {
		retired := moveSigningKey(tx.Where("id = ?", id), models.KeyActive, models.KeyRetired, "retired_at", at)
		if retired.Error != nil || retired.RowsAffected == 0 {
			return conflicted(retired)
		}
		return tx.Where("state = ? AND algorithm = (SELECT algorithm FROM signing_keys WHERE id = ?)", string(models.KeyNext), id).
			Delete(&signingKeyRow{}).Error
	})
}

// RemoveSigningKey deletes a key. The next one of its algorithm, if there is one, signs
// in the place of an active one. models.ErrNotFound; models.ErrConflict when its state
// changed meanwhile.
func (s *Store) RemoveSigningKey(ctx context.Context, id string, at time.Time, event models.Event) error {
	return s.write(ctx, "remove signing key", []models.Event{event}, func(tx *gorm.DB) error {
		var row signingKeyRow
		if err := tx.Where("id = ?", id).Take(&row).Error; err != nil {
			return err
		}
		removed := tx.Where("id = ? AND state = ?", id, row.State).Delete(&signingKeyRow{})
		if removed.Error != nil || removed.RowsAffected == 0 || row.State != string(models.KeyActive) {
			return conflicted(removed)
		}
		return moveSigningKey(tx.Where("algorithm = ?", row.Algorithm), models.KeyNext, models.KeyActive, "activated_at", at).Error
	})
}

// moveSigningKey moves the keys that tx selects from one state to the next, at a
// moment that the column keeps.
func moveSigningKey(tx *gorm.DB, from, to models.KeyState, column string, at time.Time) *gorm.DB {
	return tx.Model(&signingKeyRow{}).Where("state = ?", string(from)).
		Updates(map[string]any{"state": string(to), column: stamp(at)})
}

// conflicted is ErrConflict for a statement that ran and touched no row.
func conflicted(result *gorm.DB) error {
	if result.Error == nil && result.RowsAffected == 0 {
		return models.ErrConflict
	}
	return result.Error
}

func newSigningKeyRow(key models.SigningKey) *signingKeyRow {
	return &signingKeyRow{
		ID: key.ID, Algorithm: key.Algorithm, State: string(key.State), Public: key.Public, Sealed: key.Sealed,
		Created: stamp(key.CreatedAt), Activated: optionalStamp(key.ActivatedAt), Retired: optionalStamp(key.RetiredAt),
	}
}

// signedGlance is how many of the tokens that a key signed a glance looks at.
const signedGlance = 1000

// signedLive are access tokens that are JWTs and not over for good: one that is
// only switched off may be let in again.
const signedLive = `FROM token_secrets s JOIN tokens t ON t.id = s.token_id
	WHERE s.kid <> '' AND s.ends_at > @now AND t.revoked_at IS NULL AND t.expires_at > @now`

// SignedTokens counts the access tokens that are JWTs of a signing key and not over
// for good at now. It reads all that the key signed.
func (s *Store) SignedTokens(ctx context.Context, keyID string, now time.Time) (int, error) {
	var live int
	err := s.one(ctx, "signed tokens", func(db *gorm.DB) error {
		return db.Raw("SELECT COUNT(*) "+signedLive+" AND s.kid = @kid", sql.Named("kid", keyID), sql.Named("now", stamp(now))).Scan(&live).Error
	})
	return live, err
}

// SignedTokensAbout is SignedTokens for a glance, which counts to 100 and looks at
// the newest thousand that the key signed; more tells that there may be others.
func (s *Store) SignedTokensAbout(ctx context.Context, keyID string, now time.Time) (live int, more bool, err error) {
	const newest = `SELECT COUNT(*) AS seen, COUNT(live) AS live FROM (
		SELECT CASE WHEN s.ends_at > @now AND t.revoked_at IS NULL AND t.expires_at > @now THEN 1 END AS live
		FROM token_secrets s JOIN tokens t ON t.id = s.token_id
		WHERE s.kid <> '' AND s.kid = @kid ORDER BY s.id DESC LIMIT @most) AS newest`
	var counts struct {
		Seen int `gorm:"column:seen"`
		Live int `gorm:"column:live"`
	}
	err = s.one(ctx, "signed tokens at a glance", func(db *gorm.DB) error {
		return db.Raw(newest, sql.Named("kid", keyID), sql.Named("now", stamp(now)), sql.Named("most", signedGlance+1)).Scan(&counts).Error
	})
	return min(counts.Live, countedTo), counts.Live > countedTo || counts.Seen > signedGlance, err
}

// DropSigningKeys deletes the keys of the algorithms that were retired at a moment or
// before and of which no access token is live at now, and counts them.
func (s *Store) DropSigningKeys(ctx context.Context, algorithms []string, retired, now time.Time) (int, error) {
	dropped := 0
	err := s.note(ctx, "drop signing keys", func(tx *gorm.DB) error {
		result := tx.Exec("DELETE FROM signing_keys WHERE algorithm IN @algorithms AND state = @state AND retired_at <= @retired AND NOT EXISTS (SELECT 1 "+
			signedLive+" AND s.kid = signing_keys.id)", sql.Named("algorithms", algorithms),
			sql.Named("state", string(models.KeyRetired)), sql.Named("retired", stamp(retired)), sql.Named("now", stamp(now)))
		dropped = int(result.RowsAffected)
		return result.Error
	})
	return dropped, err
}
