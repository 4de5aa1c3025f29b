package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type refreshRow struct {
	ID       string `gorm:"column:id;primaryKey"`
	Digest   []byte `gorm:"column:digest"`
	TokenID  string `gorm:"column:token_id"`
	SecretID string `gorm:"column:secret_id"`
	Chain    string `gorm:"column:chain"`
	Created  stamp  `gorm:"column:created_at"`
	Expires  stamp  `gorm:"column:expires_at"`
	Spent    *stamp `gorm:"column:spent_at"`
	Ended    *stamp `gorm:"column:ended_at"`
}

func (refreshRow) TableName() string { return "refresh_tokens" }

func newRefreshRow(r models.RefreshToken) *refreshRow {
	return &refreshRow{
		ID: r.ID, Digest: r.Digest, TokenID: r.TokenID, SecretID: r.SecretID, Chain: r.Chain,
		Created: stamp(r.CreatedAt), Expires: stamp(r.ExpiresAt), Spent: optionalStamp(r.SpentAt), Ended: optionalStamp(r.EndedAt),
	}
}

func (r refreshRow) refresh() models.RefreshToken {
	return models.RefreshToken{
		ID: r.ID, Digest: r.Digest, TokenID: r.TokenID, SecretID: r.SecretID, Chain: r.Chain,
		CreatedAt: r.Created.time(), ExpiresAt: r.Expires.time(), SpentAt: r.Spent.optional(), EndedAt: r.Ended.optional(),
	}
}

// CreateRefreshToken adds one. Of the client credentials' own, the newest limit
// stay alive: older ones end.
func (s *Store) CreateRefreshToken(ctx context.Context, r models.RefreshToken, limit int) error {
	return s.note(ctx, "create refresh token", func(tx *gorm.DB) error {
		// Of several at once, each sees those of the one before.
		locked, err := lockTokens(tx, []string{r.TokenID}, "NO KEY UPDATE")
		if err != nil {
			return err
		}
		if len(locked) == 0 {
			return models.ErrNotFound
		}
		if err := tx.Create(newRefreshRow(r)).Error; err != nil {
			return err
		}
		const live = "token_id = ? AND spent_at IS NULL AND ended_at IS NULL"
		var beyond []string
		err = tx.Model(&refreshRow{}).Where(live+" AND expires_at > ?", r.TokenID, stamp(r.CreatedAt)).
			Order("id DESC").Offset(limit).Limit(limit).Pluck("id", &beyond).Error
		if err != nil || len(beyond) == 0 {
			return err
		}
		return tx.Model(&refreshRow{}).Where("id IN ?", beyond).Update("ended_at", stamp(r.CreatedAt)).Error
	})
}

// RefreshTokenByDigest gives it, spent and ended ones too.
func (s *Store) RefreshTokenByDigest(ctx context.Context, digest []byte) (models.RefreshToken, error) {
	var row refreshRow
	err := s.one(ctx, "refresh token by digest", func(db *gorm.DB) error { return db.Where("digest = ?", digest).Take(&row).Error })
	return row.refresh(), err
}

// SpendRefreshToken puts the next of a chain in the place of one that is alive.
// models.ErrConflict when it is spent or has ended: of several at once, one wins.
func (s *Store) SpendRefreshToken(ctx context.Context, id string, next models.RefreshToken) error {
	return s.note(ctx, "spend refresh token", func(tx *gorm.DB) error {
		spent := tx.Model(&refreshRow{}).Where("id = ? AND spent_at IS NULL AND ended_at IS NULL", id).
			Update("spent_at", stamp(next.CreatedAt))
		if spent.Error != nil {
			return spent.Error
		}
		if spent.RowsAffected == 0 {
			return models.ErrConflict
		}
		return tx.Create(newRefreshRow(next)).Error
	})
}

// EndRefreshChain ends what is alive of a chain.
func (s *Store) EndRefreshChain(ctx context.Context, chain string, at time.Time, event models.Event) error {
	return s.write(ctx, "end refresh chain", []models.Event{event}, func(tx *gorm.DB) error {
		return tx.Model(&refreshRow{}).Where("chain = ? AND ended_at IS NULL", chain).Update("ended_at", stamp(at)).Error
	})
}
