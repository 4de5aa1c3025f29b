package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type linkRow struct {
	CodeHash []byte  `gorm:"column:code_hash;primaryKey"`
	Purpose  string  `gorm:"column:purpose"`
	UserID   *string `gorm:"column:user_id"`
	Created  stamp   `gorm:"column:created_at"`
	Expires  stamp   `gorm:"column:expires_at"`
}

func (linkRow) TableName() string { return "links" }

func newLinkRow(l models.Link) *linkRow {
	return &linkRow{
		CodeHash: l.CodeHash, Purpose: string(l.Purpose), UserID: optionalText(l.UserID),
		Created: stamp(l.CreatedAt), Expires: stamp(l.ExpiresAt),
	}
}

// ReplaceSetupLink puts the link in place of all earlier set-up links. Of
// replicas that do it at once the last one's stays.
func (s *Store) ReplaceSetupLink(ctx context.Context, link models.Link) error {
	// The hash is not the first value: GORM spreads bytes that follow a
	// parenthesis into a list.
	const query = `
		INSERT INTO links (purpose, code_hash, created_at, expires_at) VALUES ('setup', ?, ?, ?)
		ON CONFLICT (purpose) WHERE purpose = 'setup' DO UPDATE
		SET code_hash = excluded.code_hash, created_at = excluded.created_at, expires_at = excluded.expires_at`
	return s.note(ctx, "replace setup link", func(tx *gorm.DB) error {
		return tx.Exec(query, link.CodeHash, stamp(link.CreatedAt), stamp(link.ExpiresAt)).Error
	})
}

// CreateLink makes a password link; an earlier one of that person ends.
// models.ErrNotFound when the person is gone.
func (s *Store) CreateLink(ctx context.Context, link models.Link, event models.Event) error {
	return s.write(ctx, "create link", []models.Event{event}, func(tx *gorm.DB) error {
		if err := lockUser(tx, link.UserID); err != nil {
			return err
		}
		return replacePasswordLink(tx, link)
	})
}

// replacePasswordLink wants the person's row locked.
func replacePasswordLink(tx *gorm.DB, link models.Link) error {
	if err := tx.Where("user_id = ?", link.UserID).Delete(&linkRow{}).Error; err != nil {
		return err
	}
	return tx.Create(newLinkRow(link)).Error
}

// Link gives an open link; models.ErrNotFound when it has ended or was used.
func (s *Store) Link(ctx context.Context, codeHash []byte, now time.Time) (models.Link, error) {
	var row linkRow
	err := s.one(ctx, "link", func(db *gorm.DB) error {
		return db.Where("code_hash = ? AND expires_at > ?", codeHash, stamp(now)).Take(&row).Error
	})
	return models.Link{
		CodeHash: row.CodeHash, Purpose: models.LinkPurpose(row.Purpose), UserID: textOf(row.UserID),
		CreatedAt: row.Created.time(), ExpiresAt: row.Expires.time(),
	}, err
}

// UsePasswordLink spends the link, sets its person's password and ends their
// sessions. Of several at once one wins, the others are models.ErrNotFound.
func (s *Store) UsePasswordLink(ctx context.Context, codeHash []byte, passwordHash string, now time.Time, event models.Event) error {
	return s.write(ctx, "use password link", []models.Event{event}, func(tx *gorm.DB) error {
		var userID string
		spent := tx.Raw("DELETE FROM links WHERE code_hash = ? AND purpose = ? AND expires_at > ? RETURNING user_id",
			codeHash, string(models.PasswordLink), stamp(now)).Scan(&userID)
		if err := changed(spent); err != nil {
			return err
		}
		return setPassword(tx, userID, passwordHash)
	})
}

// UseSetupLink spends the link and makes the first operator. Of several at once
// one wins, the others are models.ErrNotFound. models.ErrConflict when there is
// an operator already, or somebody else has the e-mail address; the link then
// stays.
func (s *Store) UseSetupLink(ctx context.Context, codeHash []byte, operator models.User, now time.Time, event models.Event) error {
	return s.write(ctx, "use setup link", []models.Event{event}, func(tx *gorm.DB) error {
		spent := tx.Where("code_hash = ? AND purpose = ? AND expires_at > ?",
			codeHash, string(models.SetupLink), stamp(now)).Delete(&linkRow{})
		if err := changed(spent); err != nil {
			return err
		}
		var operators int64
		if err := countOperators(tx, &operators); err != nil {
			return err
		}
		if operators > 0 {
			return models.ErrConflict
		}
		return tx.Create(newUserRow(operator)).Error
	})
}
