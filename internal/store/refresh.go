package store

import (
	"context"
	"errors"
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
// stay alive: older ones are removed, for a program that exchanges at each call
// would leave a dead one each time. The one that is added always stays.
func (s *Store) CreateRefreshToken(ctx context.Context, r models.RefreshToken, limit int) error {
	return s.note(ctx, "create refresh token", func(tx *gorm.DB) error {
		if err := lockRefreshTokens(tx, r.TokenID); err != nil {
			return err
		}
		if err := tx.Create(newRefreshRow(r)).Error; err != nil {
			return err
		}
		// Whoever had to wait for the lock, or whose clock is slow, may hold the
		// lowest id of all.
		const others = "token_id = ? AND id <> ? AND spent_at IS NULL AND ended_at IS NULL AND expires_at > ?"
		var beyond []string
		err := tx.Model(&refreshRow{}).Where(others, r.TokenID, r.ID, stamp(r.CreatedAt)).
			Order("id DESC").Offset(limit-1).Limit(limit).Pluck("id", &beyond).Error
		if err != nil || len(beyond) == 0 {
			return err
		}
		return tx.Where("id IN ?", beyond).Delete(&refreshRow{}).Error
	})
}

// lockRefreshTokens lets nobody else change the refresh tokens of these client
// credentials until the transaction ends. It comes first: on PostgreSQL a
// statement does not see what was added while it waited, so that only those
// that begin after the lock see all there are. models.ErrNotFound when the
// credentials are gone.
func lockRefreshTokens(tx *gorm.DB, tokenID string) error {
	locked, err := lockTokens(tx, []string{tokenID}, "NO KEY UPDATE")
	if err != nil {
		return err
	}
	if len(locked) == 0 {
		return models.ErrNotFound
	}
	return nil
}

// RefreshTokenByDigest gives it, spent and ended ones too; models.ErrNotFound
// also when newer ones took its place.
func (s *Store) RefreshTokenByDigest(ctx context.Context, digest []byte) (models.RefreshToken, error) {
	var row refreshRow
	err := s.one(ctx, "refresh token by digest", func(db *gorm.DB) error { return db.Where("digest = ?", digest).Take(&row).Error })
	return row.refresh(), err
}

// SpendRefreshToken puts the next of a chain in the place of one that is alive.
// models.ErrConflict when it was spent: of several at once, one wins.
// models.ErrNotFound when it ended with its chain, or newer ones took its place.
func (s *Store) SpendRefreshToken(ctx context.Context, id string, next models.RefreshToken) error {
	return s.note(ctx, "spend refresh token", func(tx *gorm.DB) error {
		if err := lockRefreshTokens(tx, next.TokenID); err != nil {
			return err
		}
		var row refreshRow
		err := tx.Where("id = ? AND token_id = ?", id, next.TokenID).Take(&row).Error
		switch {
		case err != nil:
			return err
		case row.Spent != nil:
			return models.ErrConflict
		case row.Ended != nil:
			return models.ErrNotFound
		}
		if err := tx.Model(&row).Update("spent_at", stamp(next.CreatedAt)).Error; err != nil {
			return err
		}
		return tx.Create(newRefreshRow(next)).Error
	})
}

// EndRefreshChain ends what has not ended of a chain of the client credentials'.
// Where nothing has to, there is no event: a spent one that is shown again and
// again leaves one.
func (s *Store) EndRefreshChain(ctx context.Context, tokenID, chain string, at time.Time, event models.Event) error {
	err := s.write(ctx, "end refresh chain", []models.Event{event}, func(tx *gorm.DB) error {
		if err := lockRefreshTokens(tx, tokenID); err != nil {
			return err
		}
		ended := tx.Model(&refreshRow{}).Where("token_id = ? AND chain = ? AND ended_at IS NULL", tokenID, chain).
			Update("ended_at", stamp(at))
		if ended.Error == nil && ended.RowsAffected == 0 {
			return errPresent
		}
		return ended.Error
	})
	if errors.Is(err, errPresent) {
		return nil
	}
	return err
}
