package console

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/web"
)

// Modules shows which modules the portal has.
func (h *Console) Modules(c echo.Context) error {
	settings, err := h.accounts.Settings(ctxOf(c))
	if err != nil {
		return err
	}
	return h.showModules(c, http.StatusOK, settings.APITokens, settings.PersonalTokens, nil)
}

// SaveModules saves it.
func (h *Console) SaveModules(c echo.Context) error {
	form := web.Form(c)
	api, personal := models.Visibility(form.Get("api")), models.Visibility(form.Get("personal"))
	err := h.accounts.UpdateModules(ctxOf(c), web.Caller(c), &api, &personal)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return h.showModules(c, http.StatusUnprocessableEntity, api, personal, invalid)
	}
	if err != nil {
		return err
	}
	return done(c, views.ConsolePortal(), "console.modules.saved")
}

func (h *Console) showModules(c echo.Context, status int, api, personal models.Visibility, invalid *models.InvalidError) error {
	roles, err := h.accounts.Roles(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Modules)
	if err != nil {
		return err
	}
	return web.Render(c, status, view.ModulesPage(view.Modules(ctxOf(c), layout, view.ModulesInput{
		API: api, Personal: personal, Roles: roles, Invalid: invalid,
	})))
}
