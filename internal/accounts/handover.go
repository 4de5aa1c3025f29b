package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/latchkey-dev/latchkey/models"
)

// Guest is somebody whom a program of the vendor's hands over to the portal.
type Guest struct {
	TenantID string
	// User is their id or e-mail address.
	User string
	// Provision makes them a member where they are none, and a person where there
	// is none with the e-mail: with Name, or else what their e-mail begins with,
	// and with the roles of these keys. Whoever is a member stays as they are.
	Provision bool
	Name      string
	RoleKeys  []string
}

// Admit gives the member to hand over. models.ErrNotFound for an account that is
// not there, and for somebody who is no member and isn't to become one. Problems:
// tenant disabled; user required, email, disabled and operator, which leave an
// event; name too_long, characters; roles role_unknown.
//
// Operators are never handed over: a program's key must not open the Console,
// where keys are made.
func (a *Accounts) Admit(ctx context.Context, caller models.Caller, g Guest) (models.Member, error) {
	e := a.event(caller, models.PortalLinkCreated).About("user", "", "")
	if err := a.allow(ctx, caller, e); err != nil {
		return models.Member{}, err
	}
	tenant, err := a.tenant(ctx, g.TenantID)
	if err != nil {
		return models.Member{}, err
	}
	e = e.In(tenant.ID)
	if tenant.Disabled() {
		return models.Member{}, a.turnAway(ctx, e, "tenant", "disabled")
	}
	user, err := a.guest(ctx, g.User)
	known := err == nil
	if err != nil && (!errors.Is(err, models.ErrNotFound) || !g.Provision || !strings.Contains(g.User, "@")) {
		return models.Member{}, err
	}
	if reason := unwelcome(user); known && reason != "" {
		return models.Member{}, a.turnAway(ctx, e.About("user", user.ID, user.Name), "user", reason)
	}
	m, err := a.admitted(ctx, caller, g, user)
	if err == nil && m.Membership.Disabled() {
		return models.Member{}, a.turnAway(ctx, e.About("user", m.UserID, m.User.Name), "user", "disabled")
	}
	return m, err
}

func unwelcome(u models.User) string {
	switch {
	case u.Disabled():
		return "disabled"
	case u.Operator:
		return "operator"
	default:
		return ""
	}
}

// turnAway writes a refusal down and gives the problem with the field.
func (a *Accounts) turnAway(ctx context.Context, e models.Event, field, key string) error {
	if err := a.store.AppendEvent(ctx, e.Refuse(key)); err != nil {
		return fmt.Errorf("note refused %s: %w", e.Action, err)
	}
	return models.Invalid(field, key)
}

// guest finds a person by what the vendor's program calls them.
func (a *Accounts) guest(ctx context.Context, user string) (found models.User, err error) {
	if !strings.Contains(user, "@") {
		if user == "" {
			return found, models.Invalid("user", "required")
		}
		if !models.ValidID(user) {
			return found, models.ErrNotFound
		}
		found, err = a.store.User(ctx, user)
	} else {
		var c checker
		email := c.email("user", user)
		if err := c.err(); err != nil {
			return found, err
		}
		found, err = a.store.UserByEmail(ctx, email)
	}
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return found, fmt.Errorf("look for a user: %w", err)
	}
	return found, err
}

// admitted gives the membership of a person, who has no id where they are to be
// made, or makes it.
func (a *Accounts) admitted(ctx context.Context, caller models.Caller, g Guest, user models.User) (models.Member, error) {
	if user.ID != "" {
		m, err := a.member(ctx, g.TenantID, user.ID, models.Stamp(a.now()))
		if !errors.Is(err, models.ErrNotFound) || !g.Provision {
			return m, err
		}
		g.User, g.Name = user.Email, user.Name
	}
	roleIDs, err := a.roleIDs(ctx, g.RoleKeys)
	if err != nil {
		return models.Member{}, err
	}
	if g.Name == "" {
		g.Name = nameFor(g.User)
	}
	m, _, err := a.CreateMember(ctx, caller, NewMember{TenantID: g.TenantID, Email: g.User, Name: g.Name, RoleIDs: roleIDs, NoLink: true})
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok && invalid.Problems[0].Key == "member" {
		// Another request made them in between.
		user, err := a.guest(ctx, g.User)
		if err != nil {
			return models.Member{}, err
		}
		return a.member(ctx, g.TenantID, user.ID, models.Stamp(a.now()))
	}
	return m, err
}

// nameFor is what somebody is called whose name nobody said.
func nameFor(email string) string {
	name, _, _ := strings.Cut(email, "@")
	if runes := []rune(name); len(runes) > models.MaxName {
		return string(runes[:models.MaxName])
	}
	return name
}

// roleIDs are those of the roles with these keys.
func (a *Accounts) roleIDs(ctx context.Context, keys []string) ([]string, error) {
	roles, err := a.store.Roles(ctx)
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	ids := []string{}
	for _, key := range keys {
		i := slices.IndexFunc(roles, func(r models.Role) bool { return r.Key == key })
		if i < 0 {
			return nil, models.Invalid("roles", "role_unknown")
		}
		ids = append(ids, roles[i].ID)
	}
	return ids, nil
}
