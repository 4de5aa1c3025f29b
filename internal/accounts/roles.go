package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-dev/latchkey/models"
)

type roleStore interface {
	Roles(ctx context.Context) ([]models.Role, error)
	Role(ctx context.Context, id string) (models.Role, error)
	CreateRole(ctx context.Context, r models.Role, event models.Event) error
	UpdateRole(ctx context.Context, r models.Role, event models.Event) error
	DeleteRole(ctx context.Context, id string, event models.Event) error
	RoleUse(ctx context.Context, id string) (models.RoleUse, error)
}

// RoleInput is a role as a form gives it.
type RoleInput struct {
	// Key is [A-Za-z][A-Za-z0-9_.-]{0,63}.
	Key         string
	Name        string
	Description string
	// Permissions are keys of permissions that exist.
	Permissions []string
}

// Roles are all of them, by name.
func (a *Accounts) Roles(ctx context.Context, caller models.Caller) ([]models.Role, error) {
	if err := read(caller); err != nil {
		return nil, err
	}
	roles, err := a.store.Roles(ctx)
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	return roles, nil
}

// Role is one of them.
func (a *Accounts) Role(ctx context.Context, caller models.Caller, id string) (models.Role, error) {
	if err := read(caller); err != nil {
		return models.Role{}, err
	}
	return a.role(ctx, id)
}

func (a *Accounts) role(ctx context.Context, id string) (models.Role, error) {
	if !models.ValidID(id) {
		return models.Role{}, models.ErrNotFound
	}
	r, err := a.store.Role(ctx, id)
	if err != nil {
		return models.Role{}, fmt.Errorf("read role %s: %w", id, err)
	}
	return r, nil
}

// RoleUse is who holds the role: what changing or deleting it would touch.
func (a *Accounts) RoleUse(ctx context.Context, caller models.Caller, id string) (models.RoleUse, error) {
	if err := read(caller); err != nil {
		return models.RoleUse{}, err
	}
	if !models.ValidID(id) {
		return models.RoleUse{}, models.ErrNotFound
	}
	use, err := a.store.RoleUse(ctx, id)
	if err != nil {
		return models.RoleUse{}, fmt.Errorf("count holders of role %s: %w", id, err)
	}
	return use, nil
}

// CreateRole makes a role. Problems: key required, too_long, characters,
// key_format, taken; name required, too_long, characters; description
// too_long, characters; permissions permission_unknown.
func (a *Accounts) CreateRole(ctx context.Context, caller models.Caller, in RoleInput) (models.Role, error) {
	e := a.event(caller, models.RoleCreated).About("role", "", "")
	if err := a.allow(ctx, caller, e); err != nil {
		return models.Role{}, err
	}
	role, err := a.checkRole(ctx, in)
	if err != nil {
		return models.Role{}, err
	}
	role.ID, role.CreatedAt, role.UpdatedAt = models.NewID(e.At), e.At, e.At
	err = a.store.CreateRole(ctx, role, e.About("role", role.ID, role.Name))
	if errors.Is(err, models.ErrNotFound) {
		// One of its permissions was deleted in between.
		return models.Role{}, models.Invalid("permissions", "permission_unknown")
	}
	if err != nil {
		return models.Role{}, keyFault("create a role", err)
	}
	return role, nil
}

// UpdateRole changes a role, and with it the rights of everyone and every
// token that holds it, at once. Problems as with CreateRole.
func (a *Accounts) UpdateRole(ctx context.Context, caller models.Caller, id string, in RoleInput) (models.Role, error) {
	e := a.event(caller, models.RoleUpdated).About("role", id, "")
	if err := a.allow(ctx, caller, e); err != nil {
		return models.Role{}, err
	}
	old, err := a.role(ctx, id)
	if err != nil {
		return models.Role{}, err
	}
	role, err := a.checkRole(ctx, in)
	if err != nil {
		return models.Role{}, err
	}
	role.ID, role.CreatedAt, role.UpdatedAt = old.ID, old.CreatedAt, e.At
	if err := a.store.UpdateRole(ctx, role, e.About("role", id, role.Name)); err != nil {
		return models.Role{}, keyFault("update role "+id, err)
	}
	return role, nil
}

// DeleteRole takes the role from everyone and every token that holds it.
func (a *Accounts) DeleteRole(ctx context.Context, caller models.Caller, id string) error {
	e := a.event(caller, models.RoleDeleted).About("role", id, "")
	if err := a.allow(ctx, caller, e); err != nil {
		return err
	}
	role, err := a.role(ctx, id)
	if err != nil {
		return err
	}
	if err := a.store.DeleteRole(ctx, id, e.About("role", id, role.Name)); err != nil {
		return fmt.Errorf("delete role %s: %w", id, err)
	}
	return nil
}

func (a *Accounts) checkRole(ctx context.Context, in RoleInput) (models.Role, error) {
	permissions, err := a.store.Permissions(ctx)
	if err != nil {
		return models.Role{}, fmt.Errorf("list permissions: %w", err)
	}
	exist := make([]string, len(permissions))
	for i, p := range permissions {
		exist[i] = p.Key
	}
	var c checker
	role := models.Role{
		Key:         c.roleKey("key", in.Key),
		Name:        c.required("name", in.Name, models.MaxName),
		Description: c.text("description", in.Description, models.MaxDescription),
		Permissions: c.known("permissions", "permission_unknown", in.Permissions, exist),
	}
	return role, c.err()
}
