package signin

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-dev/latchkey/models"
)

// ChangePassword puts next in place of current. It ends all sessions of the
// person, this one included, and gives the cookie of a new one. Guesses at
// the current password are limited like sign-ins. Problems: current wrong;
// password characters, too_short, too_long, common, same. *models.LimitedError
// and models.ErrBusy as with SignIn.
func (s *Signin) ChangePassword(ctx context.Context, caller models.Caller, identity models.Identity, current, next models.Secret) (models.Secret, error) {
	now := models.Stamp(s.now())
	user, err := s.store.User(ctx, identity.User.ID)
	if err != nil {
		return models.Secret{}, fmt.Errorf("read user %s: %w", identity.User.ID, err)
	}
	problems := s.rules.judge(next, user.Email, user.Name)
	if nfc(next.Reveal()) == nfc(current.Reveal()) {
		problems = models.Invalid("password", "same")
	}
	if err := problems.OrNil(); err != nil {
		return models.Secret{}, err
	}
	tries, err := s.reserve(ctx, now, s.passwordKeys(user.ID))
	if err != nil {
		return models.Secret{}, err
	}
	match, err := s.hasher.Verify(ctx, user.PasswordHash, current)
	if err != nil {
		s.giveBack(ctx, tries)
		return models.Secret{}, err
	}
	e := models.NewEvent(caller, models.PasswordChanged, now).About("user", user.ID, user.Name)
	if !match.right {
		if err := s.store.AppendEvent(ctx, e.Refuse("wrong_password")); err != nil {
			return models.Secret{}, fmt.Errorf("note a refused change of password: %w", err)
		}
		return models.Secret{}, models.Invalid("current", "wrong")
	}
	hash, err := s.hasher.Hash(ctx, next)
	if err != nil {
		s.giveBack(ctx, tries)
		return models.Secret{}, err
	}
	session, cookie := newSession(user.ID, identity.Session.TenantID, caller, now)
	if err := s.store.SetPassword(ctx, user.ID, hash, &session, e); err != nil {
		s.giveBack(ctx, tries)
		return models.Secret{}, fmt.Errorf("set the password of user %s: %w", user.ID, err)
	}
	s.clear(ctx, tries)
	return cookie, nil
}

// CreateOperator makes a person who may use the Console. Only who may use it
// already, or the command line, may call it. Problems: email required, email,
// characters, too_long, taken; name required, characters, too_long; password
// as in ChangePassword.
func (s *Signin) CreateOperator(ctx context.Context, caller models.Caller, email, name string, password models.Secret) error {
	e := models.NewEvent(caller, models.UserCreated, models.Stamp(s.now())).In("").About("user", "", "")
	if err := s.allow(ctx, caller, e); err != nil {
		return err
	}
	user, err := s.operator(ctx, email, name, password)
	if err != nil {
		return err
	}
	user.CreatedAt = e.At
	err = s.store.CreateUser(ctx, user, e.About("user", user.ID, user.Name))
	if errors.Is(err, models.ErrConflict) {
		return models.Invalid("email", "taken")
	}
	if err != nil {
		return fmt.Errorf("create an operator: %w", err)
	}
	return nil
}

// ResetPassword sets an operator's password without the old one and ends
// their sessions. Anybody else's e-mail is models.ErrNotFound: other people
// get a one-time link. Problems: password as in ChangePassword.
func (s *Signin) ResetPassword(ctx context.Context, caller models.Caller, email string, password models.Secret) error {
	e := models.NewEvent(caller, models.PasswordChanged, models.Stamp(s.now())).In("").About("user", "", "")
	if err := s.allow(ctx, caller, e); err != nil {
		return err
	}
	user, known, err := s.person(ctx, email)
	if err != nil {
		return err
	}
	if !known || !user.Operator {
		return models.ErrNotFound
	}
	if err := s.rules.judge(password, user.Email, user.Name).OrNil(); err != nil {
		return err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	if err := s.store.SetPassword(ctx, user.ID, hash, nil, e.About("user", user.ID, user.Name)); err != nil {
		return fmt.Errorf("set the password of user %s: %w", user.ID, err)
	}
	return nil
}

// allow refuses whoever may not use the Console, with an event for a known
// person.
func (s *Signin) allow(ctx context.Context, caller models.Caller, e models.Event) error {
	if caller.MayConsole() {
		return nil
	}
	if caller.Kind == models.Person {
		if err := s.store.AppendEvent(ctx, e.In(caller.TenantID).Refuse("not_operator")); err != nil {
			return fmt.Errorf("note refused %s: %w", e.Action, err)
		}
	}
	return models.ErrForbidden
}

// operator checks a new operator's form and hashes the password.
func (s *Signin) operator(ctx context.Context, email, name string, password models.Secret) (models.User, error) {
	var problems models.InvalidError
	email, problem := models.Email(nfc(email))
	if problem != "" {
		problems.Add("email", problem, "max", models.MaxEmail)
	}
	name, problem = models.Text(nfc(name), models.MaxName)
	if problem == "" && name == "" {
		problem = "required"
	}
	if problem != "" {
		problems.Add("name", problem, "max", models.MaxName)
	}
	problems.Problems = append(problems.Problems, s.rules.judge(password, email, name).Problems...)
	if err := problems.OrNil(); err != nil {
		return models.User{}, err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return models.User{}, err
	}
	return models.User{ID: models.NewID(s.now()), Email: email, Name: name, PasswordHash: hash, Operator: true}, nil
}
