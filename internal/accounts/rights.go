package accounts

import (
	"context"
	"fmt"

	"github.com/latchkey-dev/latchkey/models"
)

// Rights are every role, by name, and every permission, by key.
type Rights struct {
	Roles       []RoleRight
	Permissions []models.Permission
}

// RoleRight is a role as somebody who might give it sees it.
type RoleRight struct {
	models.Role
	// Grantable tells whether the caller holds all that the role gives.
	Grantable bool
}

// Rights are for the vendor and for every person of an account, who chooses among
// them: models.ErrForbidden for others.
func (a *Accounts) Rights(ctx context.Context, caller models.Caller) (Rights, error) {
	if !caller.MayAdminister() && (caller.Kind != models.Person || caller.TenantID == "") {
		return Rights{}, models.ErrForbidden
	}
	roles, err := a.store.Roles(ctx)
	if err != nil {
		return Rights{}, fmt.Errorf("list roles: %w", err)
	}
	permissions, err := a.store.Permissions(ctx)
	if err != nil {
		return Rights{}, fmt.Errorf("list permissions: %w", err)
	}
	defined := make([]string, len(permissions))
	for i, p := range permissions {
		defined[i] = p.Key
	}
	rights := Rights{Roles: make([]RoleRight, len(roles)), Permissions: permissions}
	for i, role := range roles {
		rights.Roles[i] = RoleRight{role, caller.MayAdminister() || caller.Permissions.Covers(role.Permissions, defined)}
	}
	return rights, nil
}

// OwnRoles are the ids of the caller's roles, by account. models.ErrForbidden for
// whoever is no person.
func (a *Accounts) OwnRoles(ctx context.Context, caller models.Caller) (map[string][]string, error) {
	if caller.Kind != models.Person {
		return nil, models.ErrForbidden
	}
	roles, err := a.store.RolesOf(ctx, caller.UserID)
	if err != nil {
		return nil, fmt.Errorf("read the roles of user %s: %w", caller.UserID, err)
	}
	return roles, nil
}
