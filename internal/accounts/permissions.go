package accounts

import (
	"context"
	"fmt"

	"github.com/latchkey-dev/latchkey/models"
)

type permissionStore interface {
	Permissions(ctx context.Context) ([]models.Permission, error)
	Permission(ctx context.Context, id string) (models.Permission, error)
	CreatePermission(ctx context.Context, p models.Permission, event models.Event) error
	UpdatePermission(ctx context.Context, p models.Permission, event models.Event) error
	DeletePermission(ctx context.Context, id string, event models.Event) error
	PermissionUse(ctx context.Context, id string) (models.RoleUse, error)
}

// PermissionInput is a permission as a form gives it.
type PermissionInput struct {
	// Key is parts of [A-Za-z0-9_-] with dots between, at most 128 characters;
	// it may end in ".*" to stand for every key below.
	Key         string
	Name        string
	Description string
}

// Permissions are all of them, by key.
func (a *Accounts) Permissions(ctx context.Context, caller models.Caller) ([]models.Permission, error) {
	if err := read(caller); err != nil {
		return nil, err
	}
	permissions, err := a.store.Permissions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list permissions: %w", err)
	}
	return permissions, nil
}

// Permission is one of them.
func (a *Accounts) Permission(ctx context.Context, caller models.Caller, id string) (models.Permission, error) {
	if err := read(caller); err != nil {
		return models.Permission{}, err
	}
	return a.permission(ctx, id)
}

func (a *Accounts) permission(ctx context.Context, id string) (models.Permission, error) {
	if !models.ValidID(id) {
		return models.Permission{}, models.ErrNotFound
	}
	p, err := a.store.Permission(ctx, id)
	if err != nil {
		return models.Permission{}, fmt.Errorf("read permission %s: %w", id, err)
	}
	return p, nil
}

// PermissionUse is who holds the permission through roles.
func (a *Accounts) PermissionUse(ctx context.Context, caller models.Caller, id string) (models.RoleUse, error) {
	if err := read(caller); err != nil {
		return models.RoleUse{}, err
	}
	if !models.ValidID(id) {
		return models.RoleUse{}, models.ErrNotFound
	}
	use, err := a.store.PermissionUse(ctx, id)
	if err != nil {
		return models.RoleUse{}, fmt.Errorf("count holders of permission %s: %w", id, err)
	}
	return use, nil
}

// CreatePermission makes a permission. Problems: key required, too_long,
// characters, key_format, wildcard, taken; name required, too_long,
// characters; description too_long, characters.
func (a *Accounts) CreatePermission(ctx context.Context, caller models.Caller, in PermissionInput) (models.Permission, error) {
	e := a.event(caller, models.PermissionCreated).About("permission", "", "")
	if err := a.allow(ctx, caller, e); err != nil {
		return models.Permission{}, err
	}
	p, err := checkPermission(in)
	if err != nil {
		return models.Permission{}, err
	}
	p.ID, p.CreatedAt, p.UpdatedAt = models.NewID(e.At), e.At, e.At
	if err := a.store.CreatePermission(ctx, p, e.About("permission", p.ID, p.Key)); err != nil {
		return models.Permission{}, keyFault("create a permission", err)
	}
	return p, nil
}

// UpdatePermission changes a permission; roles that hold it follow its key.
// Problems as with CreatePermission, and built_in.
func (a *Accounts) UpdatePermission(ctx context.Context, caller models.Caller, id string, in PermissionInput) (models.Permission, error) {
	old, e, err := a.onPermission(ctx, caller, models.PermissionUpdated, id)
	if err != nil {
		return models.Permission{}, err
	}
	p, err := checkPermission(in)
	if err != nil {
		return models.Permission{}, err
	}
	p.ID, p.CreatedAt, p.UpdatedAt = old.ID, old.CreatedAt, e.At
	if err := a.store.UpdatePermission(ctx, p, e.About("permission", id, p.Key)); err != nil {
		return models.Permission{}, keyFault("update permission "+id, err)
	}
	return p, nil
}

// DeletePermission takes the permission from every role. Problems: built_in.
func (a *Accounts) DeletePermission(ctx context.Context, caller models.Caller, id string) error {
	_, e, err := a.onPermission(ctx, caller, models.PermissionDeleted, id)
	if err != nil {
		return err
	}
	if err := a.store.DeletePermission(ctx, id, e); err != nil {
		return fmt.Errorf("delete permission %s: %w", id, err)
	}
	return nil
}

// onPermission lets an operator at a permission of the vendor's own.
func (a *Accounts) onPermission(ctx context.Context, caller models.Caller, action models.Action, id string) (models.Permission, models.Event, error) {
	e := a.event(caller, action).About("permission", id, "")
	if err := a.allow(ctx, caller, e); err != nil {
		return models.Permission{}, e, err
	}
	p, err := a.permission(ctx, id)
	if err != nil {
		return models.Permission{}, e, err
	}
	e = e.About("permission", id, p.Key)
	if p.BuiltIn() {
		return models.Permission{}, e, a.against(ctx, e, "built_in")
	}
	return p, e, nil
}

func checkPermission(in PermissionInput) (models.Permission, error) {
	var c checker
	p := models.Permission{
		Key:         c.permissionKey("key", in.Key),
		Name:        c.required("name", in.Name, models.MaxName),
		Description: c.text("description", in.Description, models.MaxDescription),
	}
	return p, c.err()
}
