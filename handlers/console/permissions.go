package console

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/web"
)

// Permissions lists the permissions.
func (h *Console) Permissions(c echo.Context) error {
	permissions, err := h.accounts.Permissions(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Permissions)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, view.PermissionsPage(view.Permissions(ctxOf(c), layout, permissions)))
}

// NewPermission shows the form for one more permission.
func (h *Console) NewPermission(c echo.Context) error {
	return h.showPermission(c, http.StatusOK, nil, accounts.PermissionInput{}, nil)
}

// CreatePermission makes it.
func (h *Console) CreatePermission(c echo.Context) error {
	in := parsePermission(web.Form(c))
	permission, err := h.accounts.CreatePermission(ctxOf(c), web.Caller(c), in)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return h.showPermission(c, http.StatusUnprocessableEntity, nil, in, invalid)
	}
	if err != nil {
		return err
	}
	return done(c, views.Permissions(), "console.permission.created", "Key", permission.Key)
}

// Permission shows the form of a permission, or the facts of a built-in one.
func (h *Console) Permission(c echo.Context) error {
	permission, err := h.permission(c)
	if err != nil {
		return err
	}
	in := accounts.PermissionInput{Key: permission.Key, Name: permission.Name, Description: permission.Description}
	return h.showPermission(c, http.StatusOK, &permission, in, nil)
}

// SavePermission saves it.
func (h *Console) SavePermission(c echo.Context) error {
	permission, err := h.permission(c)
	if err != nil {
		return err
	}
	in := parsePermission(web.Form(c))
	saved, err := h.accounts.UpdatePermission(ctxOf(c), web.Caller(c), permission.ID, in)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return h.showPermission(c, http.StatusUnprocessableEntity, &permission, in, invalid)
	}
	if err != nil {
		return err
	}
	return done(c, views.Permissions(), "console.permission.saved", "Key", saved.Key)
}

// AskDeletePermission asks before the permission is taken from every role.
func (h *Console) AskDeletePermission(c echo.Context) error {
	permission, err := h.permission(c)
	if err != nil {
		return err
	}
	if permission.BuiltIn() {
		// There is nothing to ask about; its own page says why.
		return web.Redirect(c, views.Permission(permission.ID))
	}
	use, err := h.accounts.PermissionUse(ctxOf(c), web.Caller(c), permission.ID)
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Permissions)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, view.ConfirmPage(view.DeletePermission(ctxOf(c), layout, permission, use)))
}

// DeletePermission takes it from every role.
func (h *Console) DeletePermission(c echo.Context) error {
	permission, err := h.permission(c)
	if err != nil {
		return err
	}
	err = h.accounts.DeletePermission(ctxOf(c), web.Caller(c), permission.ID)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		in := accounts.PermissionInput{Key: permission.Key, Name: permission.Name, Description: permission.Description}
		return h.showPermission(c, http.StatusUnprocessableEntity, &permission, in, invalid)
	}
	if err != nil {
		return err
	}
	return done(c, views.Permissions(), "console.permission.deleted", "Key", permission.Key)
}

func parsePermission(form web.Values) accounts.PermissionInput {
	return accounts.PermissionInput{Key: form.Get("key"), Name: form.Get("name"), Description: form.Get("description")}
}

func (h *Console) permission(c echo.Context) (models.Permission, error) {
	return h.accounts.Permission(ctxOf(c), web.Caller(c), c.Param("id"))
}

// showPermission is the form of a permission, nil for a new one, with what in holds.
func (h *Console) showPermission(c echo.Context, status int, permission *models.Permission, in accounts.PermissionInput, invalid *models.InvalidError) error {
	facts := view.PermissionInput{Permission: permission, Key: in.Key, Name: in.Name, Description: in.Description, Invalid: invalid}
	var err error
	if permission != nil {
		if facts.Use, err = h.accounts.PermissionUse(ctxOf(c), web.Caller(c), permission.ID); err != nil {
			return err
		}
	}
	layout, err := h.shell.Console(c, shell.Permissions)
	if err != nil {
		return err
	}
	return web.Render(c, status, view.PermissionPage(view.Permission(ctxOf(c), layout, facts)))
}
