package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/latchkey-dev/latchkey/models"
)

type usedIDRow struct {
	Hash    []byte `gorm:"column:hash;primaryKey"`
	Expires stamp  `gorm:"column:expires_at"`
}

func (usedIDRow) TableName() string { return "used_ids" }

// UseID spends an id that may be used once, given as a digest of 32 bytes. Of
// several at once one wins, the others are models.ErrConflict. It may be forgotten
// at expiresAt; until it is purged it stays used.
func (s *Store) UseID(ctx context.Context, hash []byte, expiresAt time.Time) error {
	row := usedIDRow{Hash: hash, Expires: stamp(expiresAt)}
	return s.note(ctx, "use id", func(tx *gorm.DB) error {
		used := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if used.Error == nil && used.RowsAffected == 0 {
			return models.ErrConflict
		}
		return used.Error
	})
}

// PurgeUsedIDs forgets the ids whose time has come, and gives their number.
func (s *Store) PurgeUsedIDs(ctx context.Context, now time.Time) (int, error) {
	return s.purgeEnded(ctx, "purge used ids", &usedIDRow{}, "hash", now)
}
