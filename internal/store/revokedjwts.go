package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/latchkey-dev/latchkey/models"
)

type revokedJWTRow struct {
	Hash    []byte `gorm:"column:hash;primaryKey"`
	TokenID string `gorm:"column:token_id"`
	Issued  stamp  `gorm:"column:issued_at"`
	Expires stamp  `gorm:"column:expires_at"`
}

func (revokedJWTRow) TableName() string { return "revoked_jwts" }

// RevokeJWT puts a JWT of client credentials on the deny-list until it ends by
// itself. One that is there already stays as it is and leaves no second event. Beyond
// limit of the same credentials all JWTs that were made for them until the event are
// ended in place of the one, so that nobody fills the list. models.ErrNotFound when
// the credentials are gone.
func (s *Store) RevokeJWT(ctx context.Context, r models.RevokedJWT, limit int, event models.Event) error {
	row := revokedJWTRow{Hash: r.Hash, TokenID: r.TokenID, Issued: stamp(r.IssuedAt), Expires: stamp(r.ExpiresAt)}
	err := s.write(ctx, "revoke JWT", []models.Event{event}, func(tx *gorm.DB) error {
		var token tokenRow
		if err := lockRow(tx, "NO KEY UPDATE").Where("id = ?", r.TokenID).Take(&token).Error; err != nil {
			return err
		}
		var listed int64
		if err := tx.Model(&revokedJWTRow{}).Where("token_id = ?", r.TokenID).Count(&listed).Error; err != nil {
			return err
		}
		if listed >= int64(limit) {
			return endJWTs(tx, token, event.At)
		}
		created := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if created.Error == nil && created.RowsAffected == 0 {
			return errPresent
		}
		return created.Error
	})
	if errors.Is(err, errPresent) {
		return nil
	}
	return err
}

// EndJWTs refuses all JWTs of a live token of the tenant that were made up to at.
func (s *Store) EndJWTs(ctx context.Context, tenantID, tokenID string, at time.Time, event models.Event) error {
	return s.write(ctx, "end JWTs", []models.Event{event}, func(tx *gorm.DB) error {
		row, err := lockToken(tx, tenantID, tokenID)
		if err != nil {
			return err
		}
		return endJWTs(tx, row, at)
	})
}

// endJWTs moves the moment up to which the JWTs of a locked token are refused, and
// takes those off the deny-list, which need not be there any more. JWTs tell whole
// seconds: one that was made since the last move, in the same second, has the next.
func endJWTs(tx *gorm.DB, row tokenRow, at time.Time) error {
	if row.JWTsFrom != nil {
		if after := row.JWTsFrom.time().Add(time.Second); after.After(at) {
			at = after
		}
	}
	made := tx.Where("token_id = ? AND issued_at <= ?", row.ID, stamp(at.Truncate(time.Second)))
	if err := made.Delete(&revokedJWTRow{}).Error; err != nil {
		return err
	}
	return tx.Model(&tokenRow{}).Where("id = ?", row.ID).Update("jwts_from", stamp(at)).Error
}

// PurgeRevokedJWTs removes from the deny-list what has ended by itself, and gives its
// number.
func (s *Store) PurgeRevokedJWTs(ctx context.Context, now time.Time) (int, error) {
	return s.purgeEnded(ctx, "purge revoked JWTs", &revokedJWTRow{}, "hash", now)
}
