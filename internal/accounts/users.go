package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// userStore's SetUserDisabled and DeleteUser answer models.ErrConflict for the
// last operator who isn't disabled.
type userStore interface {
	User(ctx context.Context, id string) (models.User, error)
	Users(ctx context.Context, q models.UserQuery) (models.UserPage, error)
	UserByEmail(ctx context.Context, email string) (models.User, error)
	SetUserDisabled(ctx context.Context, userID string, at *time.Time, event models.Event) error
	DeleteUser(ctx context.Context, userID, by string, at time.Time, event models.Event) error
}

// DisableUser refuses the person everywhere and ends their sessions. Nobody
// disables themselves or the last operator, and no program an operator at all
// (models.ErrForbidden). Problems: self, last_operator.
func (a *Accounts) DisableUser(ctx context.Context, caller models.Caller, userID string) error {
	return a.setUserDisabled(ctx, caller, userID, true)
}

// EnableUser undoes DisableUser.
func (a *Accounts) EnableUser(ctx context.Context, caller models.Caller, userID string) error {
	return a.setUserDisabled(ctx, caller, userID, false)
}

func (a *Accounts) setUserDisabled(ctx context.Context, caller models.Caller, userID string, disabled bool) error {
	user, e, err := a.onUser(ctx, caller, turn(disabled, models.UserDisabled, models.UserEnabled), userID)
	if err != nil || user.Disabled() == disabled {
		return err
	}
	if disabled {
		if err := a.spare(ctx, caller, user, e); err != nil {
			return err
		}
	}
	err = a.store.SetUserDisabled(ctx, userID, since(disabled, e.At), e)
	if errors.Is(err, models.ErrConflict) {
		return a.against(ctx, e, "last_operator")
	}
	if err != nil {
		return fmt.Errorf("disable or enable user %s: %w", userID, err)
	}
	return nil
}

// DeleteUser ends the person's memberships, sessions, links and personal
// tokens, in every account. The API tokens that they made stay, with their
// name. Nobody deletes themselves or the last operator, and no program an
// operator at all (models.ErrForbidden). Problems: self, last_operator.
func (a *Accounts) DeleteUser(ctx context.Context, caller models.Caller, userID string) error {
	user, e, err := a.onUser(ctx, caller, models.UserDeleted, userID)
	if err != nil {
		return err
	}
	if err := a.spare(ctx, caller, user, e); err != nil {
		return err
	}
	err = a.store.DeleteUser(ctx, userID, caller.ActorID(), e.At, e)
	if errors.Is(err, models.ErrConflict) {
		return a.against(ctx, e, "last_operator")
	}
	if err != nil {
		return fmt.Errorf("delete user %s: %w", userID, err)
	}
	return nil
}

// spare keeps operators from shutting themselves out. That one operator is
// left is the store's to say, inside its transaction: two who end each other
// at the same moment would both pass here.
func (a *Accounts) spare(ctx context.Context, caller models.Caller, user models.User, e models.Event) error {
	if caller.Kind == models.Person && caller.UserID == user.ID {
		return a.against(ctx, e, "self")
	}
	return nil
}

func (a *Accounts) onUser(ctx context.Context, caller models.Caller, action models.Action, userID string) (models.User, models.Event, error) {
	e := a.event(caller, action).About("user", userID, "")
	if err := a.allow(ctx, caller, e); err != nil {
		return models.User{}, e, err
	}
	if !models.ValidID(userID) {
		return models.User{}, e, models.ErrNotFound
	}
	user, err := a.store.User(ctx, userID)
	if err != nil {
		return models.User{}, e, fmt.Errorf("read user %s: %w", userID, err)
	}
	e = e.About("user", userID, user.Name)
	return user, e, a.keepFromKeys(ctx, caller, user, e)
}

// keepFromKeys refuses a program's change of an operator: a key must not reach
// the Console's people, who make and end keys.
func (a *Accounts) keepFromKeys(ctx context.Context, caller models.Caller, user models.User, e models.Event) error {
	if caller.Kind != models.Vendor || !user.Operator {
		return nil
	}
	if err := a.store.AppendEvent(ctx, e.Refuse("operator")); err != nil {
		return fmt.Errorf("note refused %s: %w", e.Action, err)
	}
	return models.ErrForbidden
}
