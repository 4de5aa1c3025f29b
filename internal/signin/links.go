package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

type linkStore interface {
	ReplaceSetupLink(ctx context.Context, link models.Link) error
	Link(ctx context.Context, codeHash []byte, now time.Time) (models.Link, error)
	UsePasswordLink(ctx context.Context, codeHash []byte, passwordHash string, now time.Time, event models.Event) error
	UseSetupLink(ctx context.Context, codeHash []byte, operator models.User, now time.Time, event models.Event) error
}

// OpenLink is the link that a code opens, and for a password link the person
// who sets one. It changes nothing. models.ErrNotFound when the code was never
// given out, is used or has ended, or when its person is disabled or gone.
func (s *Signin) OpenLink(ctx context.Context, code string) (models.Link, *models.User, error) {
	if len(code) != opaqueLen {
		return models.Link{}, nil, models.ErrNotFound
	}
	link, err := s.store.Link(ctx, models.HashOpaque(code), models.Stamp(s.now()))
	if err != nil {
		return models.Link{}, nil, fmt.Errorf("read a link: %w", err)
	}
	if link.Purpose == models.SetupLink {
		n, err := s.store.OperatorCount(ctx)
		if err != nil {
			return models.Link{}, nil, fmt.Errorf("count operators: %w", err)
		}
		if n > 0 {
			return models.Link{}, nil, models.ErrNotFound
		}
		return link, nil, nil
	}
	user, err := s.store.User(ctx, link.UserID)
	if err != nil {
		return models.Link{}, nil, fmt.Errorf("read the user of a link: %w", err)
	}
	if user.Disabled() {
		return models.Link{}, nil, models.ErrNotFound
	}
	return link, &user, nil
}

// UsePasswordLink sets the password of the link's person, ends their sessions
// and uses the link up. models.ErrNotFound as with OpenLink; problems as in
// ChangePassword; models.ErrBusy.
func (s *Signin) UsePasswordLink(ctx context.Context, code string, password models.Secret, client Client) error {
	link, user, err := s.OpenLink(ctx, code)
	if err != nil {
		return err
	}
	if user == nil {
		return models.ErrNotFound
	}
	if err := s.rules.judge(password, user.Email, user.Name).OrNil(); err != nil {
		return err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	now := models.Stamp(s.now())
	caller := client.caller()
	caller.Kind, caller.UserID = models.Person, user.ID
	e := models.NewEvent(caller, models.LinkUsed, now).About("user", user.ID, user.Name)
	if err := s.store.UsePasswordLink(ctx, link.CodeHash, hash, now, e); err != nil {
		return fmt.Errorf("use a password link: %w", err)
	}
	return nil
}

// EnsureSetupLink makes the link with which the first operator is made, and
// ends the one of an earlier start. False, and no code, once there is an
// operator.
func (s *Signin) EnsureSetupLink(ctx context.Context) (models.Secret, bool, error) {
	n, err := s.store.OperatorCount(ctx)
	if err != nil {
		return models.Secret{}, false, fmt.Errorf("count operators: %w", err)
	}
	if n > 0 {
		return models.Secret{}, false, nil
	}
	link, code := models.NewLink(models.SetupLink, "", models.Stamp(s.now()), SetupLinkLife)
	if err := s.store.ReplaceSetupLink(ctx, link); err != nil {
		return models.Secret{}, false, fmt.Errorf("make a set-up link: %w", err)
	}
	return code, true, nil
}

// NewOperator is the form behind a set-up link.
type NewOperator struct {
	Code     string
	Email    string
	Name     string
	Password models.Secret
}

// UseSetupLink makes the first operator and uses the link up; of several at
// once one does. models.ErrNotFound as with OpenLink; problems as with
// CreateOperator; models.ErrBusy.
func (s *Signin) UseSetupLink(ctx context.Context, n NewOperator, client Client) error {
	link, _, err := s.OpenLink(ctx, n.Code)
	if err != nil {
		return err
	}
	if link.Purpose != models.SetupLink {
		return models.ErrNotFound
	}
	user, err := s.operator(ctx, n.Email, n.Name, n.Password)
	if err != nil {
		return err
	}
	user.CreatedAt = models.Stamp(s.now())
	caller := client.caller()
	caller.Kind, caller.UserID = models.Person, user.ID
	e := models.NewEvent(caller, models.UserCreated, user.CreatedAt).About("user", user.ID, user.Name)
	err = s.store.UseSetupLink(ctx, link.CodeHash, user, user.CreatedAt, e)
	if errors.Is(err, models.ErrConflict) {
		return s.setupTaken(ctx)
	}
	if err != nil {
		return fmt.Errorf("use a set-up link: %w", err)
	}
	return nil
}

// setupTaken tells the two conflicts of a set-up link apart: somebody else was
// the first operator, or the e-mail belongs to a person already.
func (s *Signin) setupTaken(ctx context.Context) error {
	n, err := s.store.OperatorCount(ctx)
	if err != nil {
		return fmt.Errorf("count operators: %w", err)
	}
	if n > 0 {
		return models.ErrNotFound
	}
	return models.Invalid("email", "taken")
}
