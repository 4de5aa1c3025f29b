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

// Roles lists the roles.
func (h *Console) Roles(c echo.Context) error {
	roles, err := h.accounts.Roles(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Roles)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, view.RolesPage(view.Roles(ctxOf(c), layout, roles)))
}

// NewRole shows the form for one more role.
func (h *Console) NewRole(c echo.Context) error {
	return h.showRole(c, http.StatusOK, nil, accounts.RoleInput{}, nil)
}

// CreateRole makes it.
func (h *Console) CreateRole(c echo.Context) error {
	in := parseRole(web.Form(c))
	role, err := h.accounts.CreateRole(ctxOf(c), web.Caller(c), in)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return h.showRole(c, http.StatusUnprocessableEntity, nil, in, invalid)
	}
	if err != nil {
		return err
	}
	return done(c, views.Roles(), "console.role.created", "Role", role.Name)
}

// Role shows the form of a role.
func (h *Console) Role(c echo.Context) error {
	role, err := h.role(c)
	if err != nil {
		return err
	}
	in := accounts.RoleInput{Key: role.Key, Name: role.Name, Description: role.Description, Permissions: role.Permissions}
	return h.showRole(c, http.StatusOK, &role, in, nil)
}

// SaveRole saves it.
func (h *Console) SaveRole(c echo.Context) error {
	role, err := h.role(c)
	if err != nil {
		return err
	}
	in := parseRole(web.Form(c))
	saved, err := h.accounts.UpdateRole(ctxOf(c), web.Caller(c), role.ID, in)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return h.showRole(c, http.StatusUnprocessableEntity, &role, in, invalid)
	}
	if err != nil {
		return err
	}
	return done(c, views.Roles(), "console.role.saved", "Role", saved.Name)
}

// AskDeleteRole asks before the role is taken from everybody.
func (h *Console) AskDeleteRole(c echo.Context) error {
	role, err := h.role(c)
	if err != nil {
		return err
	}
	use, err := h.accounts.RoleUse(ctxOf(c), web.Caller(c), role.ID)
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Roles)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, view.ConfirmPage(view.DeleteRole(ctxOf(c), layout, role, use)))
}

// DeleteRole takes it from everybody.
func (h *Console) DeleteRole(c echo.Context) error {
	role, err := h.role(c)
	if err != nil {
		return err
	}
	if err := h.accounts.DeleteRole(ctxOf(c), web.Caller(c), role.ID); err != nil {
		return err
	}
	return done(c, views.Roles(), "console.role.deleted", "Role", role.Name)
}

func parseRole(form web.Values) accounts.RoleInput {
	return accounts.RoleInput{
		Key: form.Get("key"), Name: form.Get("name"), Description: form.Get("description"),
		Permissions: form.All("permissions"),
	}
}

func (h *Console) role(c echo.Context) (models.Role, error) {
	return h.accounts.Role(ctxOf(c), web.Caller(c), c.Param("id"))
}

// showRole is the form of a role, nil for a new one, with what in holds.
func (h *Console) showRole(c echo.Context, status int, role *models.Role, in accounts.RoleInput, invalid *models.InvalidError) error {
	facts := view.RoleInput{
		Role: role, Key: in.Key, Name: in.Name, Description: in.Description, Chosen: in.Permissions, Invalid: invalid,
	}
	var err error
	if role != nil {
		if facts.Use, err = h.accounts.RoleUse(ctxOf(c), web.Caller(c), role.ID); err != nil {
			return err
		}
	}
	if facts.Permissions, err = h.accounts.Permissions(ctxOf(c), web.Caller(c)); err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Roles)
	if err != nil {
		return err
	}
	return web.Render(c, status, view.RolePage(view.Role(ctxOf(c), layout, facts)))
}
