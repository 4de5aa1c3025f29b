package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// linkTTL is how long a person may take to set a password.
const linkTTL = 24 * time.Hour

type memberStore interface {
	Members(ctx context.Context, tenantID string, now time.Time) ([]models.Member, error)
	Member(ctx context.Context, tenantID, userID string, now time.Time) (models.Member, error)
	CreateMember(ctx context.Context, newUser *models.User, m models.Membership, link *models.Link, events ...models.Event) error
	RolesOf(ctx context.Context, userID string) (map[string][]string, error)
	SetMemberRoles(ctx context.Context, tenantID, userID string, roleIDs []string, event models.Event) error
	SetMemberDisabled(ctx context.Context, tenantID, userID string, at *time.Time, event models.Event) error
	RemoveMember(ctx context.Context, tenantID, userID, by string, at time.Time, event models.Event) error
	CreateLink(ctx context.Context, link models.Link, event models.Event) error
}

// NewMember is a person to be put into an account.
type NewMember struct {
	TenantID string
	Email    string
	// Name is used when the e-mail belongs to nobody yet.
	Name    string
	RoleIDs []string
	// NoLink makes no one-time link: they come in without a password.
	NoLink bool
}

// Members are the people of an account, by name.
func (a *Accounts) Members(ctx context.Context, caller models.Caller, tenantID string) ([]models.Member, error) {
	if err := read(caller); err != nil {
		return nil, err
	}
	if _, err := a.tenant(ctx, tenantID); err != nil {
		return nil, err
	}
	members, err := a.store.Members(ctx, tenantID, models.Stamp(a.now()))
	if err != nil {
		return nil, fmt.Errorf("list people of account %s: %w", tenantID, err)
	}
	return members, nil
}

// Member is one person in one account.
func (a *Accounts) Member(ctx context.Context, caller models.Caller, tenantID, userID string) (models.Member, error) {
	if err := read(caller); err != nil {
		return models.Member{}, err
	}
	return a.member(ctx, tenantID, userID, models.Stamp(a.now()))
}

func (a *Accounts) member(ctx context.Context, tenantID, userID string, now time.Time) (models.Member, error) {
	if !models.ValidID(tenantID) || !models.ValidID(userID) {
		return models.Member{}, models.ErrNotFound
	}
	m, err := a.store.Member(ctx, tenantID, userID, now)
	if err != nil {
		return models.Member{}, fmt.Errorf("read user %s of account %s: %w", userID, tenantID, err)
	}
	return m, nil
}

// CreateMember puts a person into an account. Somebody who has an e-mail that
// is known already joins as they are, keeping their name; whoever has no
// password yet gets a one-time link unless none is wanted, whose code is the
// second result, good for 24 hours. The code is empty without one. Problems: name
// required, too_long, characters; email required, email, too_long, characters,
// member; roles role_unknown.
func (a *Accounts) CreateMember(ctx context.Context, caller models.Caller, n NewMember) (models.Member, models.Secret, error) {
	e := a.event(caller, models.MembershipCreated).About("user", "", "")
	if err := a.allow(ctx, caller, e); err != nil {
		return models.Member{}, models.Secret{}, err
	}
	if _, err := a.tenant(ctx, n.TenantID); err != nil {
		return models.Member{}, models.Secret{}, err
	}
	roles, err := a.store.Roles(ctx)
	if err != nil {
		return models.Member{}, models.Secret{}, fmt.Errorf("list roles: %w", err)
	}
	var c checker
	n.Email = c.email("email", n.Email)
	n.Name = c.required("name", n.Name, models.MaxName)
	n.RoleIDs = c.known("roles", "role_unknown", n.RoleIDs, ids(roles))
	if err := c.err(); err != nil {
		return models.Member{}, models.Secret{}, err
	}
	m, code, err := a.join(ctx, n, e)
	if errors.Is(err, errEmailRaced) {
		// Somebody else made the person in between: they exist now.
		m, code, err = a.join(ctx, n, e)
	}
	if err != nil {
		return models.Member{}, models.Secret{}, err
	}
	for _, role := range roles {
		if slices.Contains(m.RoleIDs, role.ID) {
			m.Roles = append(m.Roles, role)
		}
	}
	return m, code, nil
}

var errEmailRaced = errors.New("the e-mail was taken in between")

// join writes the membership, and the person and the link that it needs. What it
// gives is not read again: were that to fail, the code would be lost.
func (a *Accounts) join(ctx context.Context, n NewMember, e models.Event) (models.Member, models.Secret, error) {
	user, err := a.store.UserByEmail(ctx, n.Email)
	isNew := errors.Is(err, models.ErrNotFound)
	if err != nil && !isNew {
		return models.Member{}, models.Secret{}, fmt.Errorf("look for a user: %w", err)
	}
	var newUser *models.User
	var events []models.Event
	if isNew {
		user = models.User{ID: models.NewID(e.At), Email: n.Email, Name: n.Name, CreatedAt: e.At}
		newUser = &user
	}
	e = e.About("user", user.ID, user.Name).In(n.TenantID)
	as := func(action models.Action) models.Event { e := e; e.Action = action; return e }
	if isNew {
		events = append(events, as(models.UserCreated))
	}
	events = append(events, as(models.MembershipCreated))
	var link *models.Link
	var code models.Secret
	if user.PasswordHash == "" && !n.NoLink {
		l, secret := models.NewLink(models.PasswordLink, user.ID, e.At, linkTTL)
		link, code = &l, secret
		events = append(events, as(models.LinkCreated))
	}
	m := models.Member{User: user, Membership: models.Membership{TenantID: n.TenantID, UserID: user.ID, RoleIDs: n.RoleIDs, CreatedAt: e.At}}
	if link != nil {
		m.LinkExpiresAt = &link.ExpiresAt
	}
	err = a.store.CreateMember(ctx, newUser, m.Membership, link, events...)
	switch {
	case errors.Is(err, models.ErrConflict) && isNew:
		return models.Member{}, models.Secret{}, errEmailRaced
	case errors.Is(err, models.ErrConflict):
		return models.Member{}, models.Secret{}, models.Invalid("email", "member")
	case err != nil:
		return models.Member{}, models.Secret{}, fmt.Errorf("create a user of account %s: %w", n.TenantID, err)
	}
	return m, code, nil
}

// SetMemberRoles gives the person these roles in the account and no others.
// Operators may give any. Problems: roles role_unknown.
func (a *Accounts) SetMemberRoles(ctx context.Context, caller models.Caller, tenantID, userID string, roleIDs []string) error {
	m, e, err := a.onMember(ctx, caller, models.MembershipUpdated, tenantID, userID)
	if err != nil {
		return err
	}
	roles, err := a.store.Roles(ctx)
	if err != nil {
		return fmt.Errorf("list roles: %w", err)
	}
	var c checker
	roleIDs = c.known("roles", "role_unknown", roleIDs, ids(roles))
	if err := c.err(); err != nil {
		return err
	}
	if err := a.store.SetMemberRoles(ctx, tenantID, m.UserID, roleIDs, e); err != nil {
		return fmt.Errorf("set roles of user %s: %w", userID, err)
	}
	return nil
}

// DisableMember refuses the person in this account only, while it lasts.
func (a *Accounts) DisableMember(ctx context.Context, caller models.Caller, tenantID, userID string) error {
	return a.setMemberDisabled(ctx, caller, tenantID, userID, true)
}

// EnableMember undoes DisableMember.
func (a *Accounts) EnableMember(ctx context.Context, caller models.Caller, tenantID, userID string) error {
	return a.setMemberDisabled(ctx, caller, tenantID, userID, false)
}

func (a *Accounts) setMemberDisabled(ctx context.Context, caller models.Caller, tenantID, userID string, disabled bool) error {
	action := turn(disabled, models.MembershipDisabled, models.MembershipEnabled)
	m, e, err := a.onMember(ctx, caller, action, tenantID, userID)
	if err != nil || m.Membership.Disabled() == disabled {
		return err
	}
	if err := a.store.SetMemberDisabled(ctx, tenantID, userID, since(disabled, e.At), e); err != nil {
		return fmt.Errorf("disable or enable user %s of account %s: %w", userID, tenantID, err)
	}
	return nil
}

// RemoveMember ends the person's membership, sessions and personal tokens in
// the account. The API tokens that they made stay.
func (a *Accounts) RemoveMember(ctx context.Context, caller models.Caller, tenantID, userID string) error {
	_, e, err := a.onMember(ctx, caller, models.MembershipRemoved, tenantID, userID)
	if err != nil {
		return err
	}
	if err := a.store.RemoveMember(ctx, tenantID, userID, caller.ActorID(), e.At, e); err != nil {
		return fmt.Errorf("remove user %s of account %s: %w", userID, tenantID, err)
	}
	return nil
}

// NewPasswordLink makes a one-time link with which a person of the account
// sets a new password, and says until when it is good. It ends earlier ones.
func (a *Accounts) NewPasswordLink(ctx context.Context, caller models.Caller, tenantID, userID string) (models.Secret, time.Time, error) {
	m, e, err := a.onMember(ctx, caller, models.LinkCreated, tenantID, userID)
	if err != nil {
		return models.Secret{}, time.Time{}, err
	}
	link, code := models.NewLink(models.PasswordLink, m.UserID, e.At, linkTTL)
	if err := a.store.CreateLink(ctx, link, e); err != nil {
		return models.Secret{}, time.Time{}, fmt.Errorf("create a password link: %w", err)
	}
	return code, link.ExpiresAt, nil
}

// onMember lets an operator at a person of an account, or a program at one who is
// no operator, and begins the event.
func (a *Accounts) onMember(ctx context.Context, caller models.Caller, action models.Action, tenantID, userID string) (models.Member, models.Event, error) {
	e := a.event(caller, action).About("user", userID, "")
	if err := a.allow(ctx, caller, e); err != nil {
		return models.Member{}, e, err
	}
	m, err := a.member(ctx, tenantID, userID, e.At)
	if err != nil {
		return m, e, err
	}
	e = e.About("user", userID, m.User.Name).In(tenantID)
	return m, e, a.keepFromKeys(ctx, caller, m.User, e)
}

func ids(roles []models.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = r.ID
	}
	return out
}
