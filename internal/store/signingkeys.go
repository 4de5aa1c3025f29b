package store

import (
	"context"

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
			CreatedAt: r.Created.time(), RetiredAt: r.Retired.optional(),
		}
	}
	return keys, nil
}

// CreateSigningKey adds one; models.ErrConflict when there is an active one of
// its algorithm and this would be another, so replicas that start at once agree.
func (s *Store) CreateSigningKey(ctx context.Context, key models.SigningKey, event models.Event) error {
	row := signingKeyRow{
		ID: key.ID, Algorithm: key.Algorithm, State: string(key.State), Public: key.Public, Sealed: key.Sealed,
		Created: stamp(key.CreatedAt), Retired: optionalStamp(key.RetiredAt),
	}
	return s.write(ctx, "create signing key", []models.Event{event}, func(tx *gorm.DB) error {
		return tx.Create(&row).Error
	})
}
