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
	Expires stamp  `gorm:"column:expires_at"`
}

func (revokedJWTRow) TableName() string { return "revoked_jwts" }

// revokedPurge is how many one transaction purges: others who write need not
// wait long.
const revokedPurge = 1000

// RevokeJWT puts a JWT of client credentials on the deny-list until it ends by
// itself. One that is there already stays as it is and leaves no second event.
func (s *Store) RevokeJWT(ctx context.Context, tokenID string, hash []byte, expiresAt time.Time, event models.Event) error {
	row := revokedJWTRow{Hash: hash, TokenID: tokenID, Expires: stamp(expiresAt)}
	err := s.write(ctx, "revoke JWT", []models.Event{event}, func(tx *gorm.DB) error {
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
		if _, err := lockToken(tx, tenantID, tokenID); err != nil {
			return err
		}
		return tx.Model(&tokenRow{}).Where("id = ? AND (jwts_from IS NULL OR jwts_from < ?)", tokenID, stamp(at)).Update("jwts_from", stamp(at)).Error
	})
}

// PurgeRevokedJWTs removes from the deny-list what has ended by itself, some at a
// time, and gives their number.
func (s *Store) PurgeRevokedJWTs(ctx context.Context, now time.Time) (int, error) {
	for total := 0; ; {
		var purged int64
		err := s.note(ctx, "purge revoked JWTs", func(tx *gorm.DB) error {
			some := tx.Model(&revokedJWTRow{}).Select("hash").Where("expires_at <= ?", stamp(now)).Order("expires_at").Limit(revokedPurge)
			result := tx.Where("hash IN (?)", some).Delete(&revokedJWTRow{})
			purged = result.RowsAffected
			return result.Error
		})
		total += int(purged)
		if err != nil || purged < revokedPurge {
			return total, err
		}
	}
}
