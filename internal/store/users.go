package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type userRow struct {
	ID           string  `gorm:"column:id;primaryKey"`
	Email        string  `gorm:"column:email"`
	EmailFolded  *string `gorm:"column:email_folded"`
	Name         string  `gorm:"column:name"`
	NameFolded   string  `gorm:"column:name_folded"`
	PasswordHash string  `gorm:"column:password_hash"`
	Operator     bool    `gorm:"column:operator"`
	Created      stamp   `gorm:"column:created_at"`
	Disabled     *stamp  `gorm:"column:disabled_at"`
	Deleted      *stamp  `gorm:"column:deleted_at"`
	LastSignIn   *stamp  `gorm:"column:last_sign_in_at"`
	LastSignInIP string  `gorm:"column:last_sign_in_ip"`
}

func (userRow) TableName() string { return "users" }

func newUserRow(u models.User) *userRow {
	email := fold(u.Email)
	return &userRow{
		ID: u.ID, Email: u.Email, EmailFolded: &email, Name: u.Name, NameFolded: fold(u.Name),
		PasswordHash: u.PasswordHash, Operator: u.Operator, Created: stamp(u.CreatedAt),
		Disabled: optionalStamp(u.DisabledAt), LastSignIn: optionalStamp(u.LastSignInAt), LastSignInIP: clip(u.LastSignInIP),
	}
}

func (r userRow) user() models.User {
	return models.User{
		ID: r.ID, Email: r.Email, Name: r.Name, PasswordHash: r.PasswordHash, Operator: r.Operator,
		CreatedAt: r.Created.time(), DisabledAt: r.Disabled.optional(),
		LastSignInAt: r.LastSignIn.optional(), LastSignInIP: r.LastSignInIP,
	}
}

// CreateUser adds a person without memberships; models.ErrConflict when the
// e-mail address is taken, compared folded.
func (s *Store) CreateUser(ctx context.Context, u models.User, events ...models.Event) error {
	return s.write(ctx, "create user", events, func(tx *gorm.DB) error { return tx.Create(newUserRow(u)).Error })
}

// User gives a person by id; deleted ones are models.ErrNotFound.
func (s *Store) User(ctx context.Context, id string) (models.User, error) {
	return s.userWhere(ctx, "user", "id = ?", id)
}

// UserByEmail gives a person by e-mail address, compared folded.
func (s *Store) UserByEmail(ctx context.Context, email string) (models.User, error) {
	return s.userWhere(ctx, "user by email", "email_folded = ?", fold(email))
}

func (s *Store) userWhere(ctx context.Context, op, condition string, arg any) (models.User, error) {
	var row userRow
	err := s.one(ctx, op, func(db *gorm.DB) error {
		return db.Where(condition, arg).Where("deleted_at IS NULL").Take(&row).Error
	})
	return row.user(), err
}

// OperatorCount counts the operators, disabled ones included: a deployment
// whose operators are disabled is not one that was never set up.
func (s *Store) OperatorCount(ctx context.Context) (int, error) {
	var count int64
	err := s.one(ctx, "operator count", func(db *gorm.DB) error { return countOperators(db, &count) })
	return int(count), err
}

func countOperators(db *gorm.DB, count *int64) error {
	return db.Model(&userRow{}).Where("operator").Count(count).Error
}

// keepOperator is models.ErrConflict when nobody could use the Console without
// this person. It locks all operators: two who end each other at the same
// moment must not both find that the other one stays.
func keepOperator(tx *gorm.DB, userID string) error {
	var operators []userRow
	if err := lockRow(tx, "UPDATE").Where("operator").Order("id").Find(&operators).Error; err != nil {
		return err
	}
	needed, others := false, 0
	for _, o := range operators {
		switch {
		case o.Disabled != nil:
		case o.ID == userID:
			needed = true
		default:
			others++
		}
	}
	if needed && others == 0 {
		return models.ErrConflict
	}
	return nil
}

// SetUserDisabled refuses the person everywhere from at on, and ends their
// sessions; nil lets them in again. models.ErrConflict for the last operator
// who isn't disabled.
func (s *Store) SetUserDisabled(ctx context.Context, userID string, at *time.Time, event models.Event) error {
	return s.write(ctx, "set user disabled", []models.Event{event}, func(tx *gorm.DB) error {
		if at != nil {
			if err := keepOperator(tx, userID); err != nil {
				return err
			}
		}
		err := changed(tx.Model(&userRow{}).Where("id = ? AND deleted_at IS NULL", userID).
			Update("disabled_at", optionalStamp(at)))
		if err != nil || at == nil {
			return err
		}
		return endSessions(tx, "user_id = ?", userID)
	})
}

// DeleteUser ends all that is the person's: memberships, sessions, links, and
// personal tokens in every account. What is left is an id and a name, to stand
// beside the API tokens that they made; the e-mail address is free again.
// models.ErrConflict for the last operator who isn't disabled.
func (s *Store) DeleteUser(ctx context.Context, userID, by string, at time.Time, event models.Event) error {
	return s.write(ctx, "delete user", []models.Event{event}, func(tx *gorm.DB) error {
		if err := keepOperator(tx, userID); err != nil {
			return err
		}
		err := changed(tx.Model(&userRow{}).Where("id = ? AND deleted_at IS NULL", userID).Updates(map[string]any{
			"deleted_at": stamp(at), "email": "", "email_folded": nil, "password_hash": "", "operator": false,
			"last_sign_in_ip": "",
		}))
		if err != nil {
			return err
		}
		if err := tx.Where("user_id = ?", userID).Delete(&membershipRow{}).Error; err != nil {
			return err
		}
		if err := revoke(tx, by, at, "user_id = ? AND context = 'personal'", userID).Error; err != nil {
			return err
		}
		if err := tx.Where("user_id = ?", userID).Delete(&linkRow{}).Error; err != nil {
			return err
		}
		return endSessions(tx, "user_id = ?", userID)
	})
}

// SetPassword replaces the person's password and ends their sessions and their
// open password link. keep, when given, is a new session that takes the place
// of the one from which the password was changed.
func (s *Store) SetPassword(ctx context.Context, userID, hash string, keep *models.Session, event models.Event) error {
	return s.write(ctx, "set password", []models.Event{event}, func(tx *gorm.DB) error {
		if err := setPassword(tx, userID, hash); err != nil {
			return err
		}
		if keep == nil {
			return nil
		}
		return tx.Create(newSessionRow(*keep)).Error
	})
}

func setPassword(tx *gorm.DB, userID, hash string) error {
	err := changed(tx.Model(&userRow{}).Where("id = ? AND deleted_at IS NULL", userID).Update("password_hash", hash))
	if err != nil {
		return err
	}
	if err := tx.Where("user_id = ?", userID).Delete(&linkRow{}).Error; err != nil {
		return err
	}
	return endSessions(tx, "user_id = ?", userID)
}

// NotePasswordHash puts a newer hash of the same password in place of old, and
// does nothing when that is no longer the one kept. No session ends.
func (s *Store) NotePasswordHash(ctx context.Context, userID, old, hash string) error {
	return s.note(ctx, "note password hash", func(tx *gorm.DB) error {
		return tx.Model(&userRow{}).Where("id = ? AND password_hash = ? AND deleted_at IS NULL", userID, old).
			Update("password_hash", hash).Error
	})
}
