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

// Accounts lists the accounts.
func (h *Console) Accounts(c echo.Context) error {
	query := web.Query(c)
	facts := view.AccountsInput{Search: query.Get("q"), After: query.Get("after")}
	page, err := h.accounts.Tenants(ctxOf(c), web.Caller(c), models.TenantQuery{Search: facts.Search, After: facts.After})
	status := http.StatusOK
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		status, facts.Invalid = http.StatusUnprocessableEntity, invalid
	} else if err != nil {
		return err
	}
	facts.Page = page
	if facts.Settings, err = h.accounts.Settings(ctxOf(c)); err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Accounts)
	if err != nil {
		return err
	}
	return web.Render(c, status, view.AccountsPage(view.Accounts(ctxOf(c), layout, facts)))
}

// NewAccount shows the form for one more account.
func (h *Console) NewAccount(c echo.Context) error {
	return h.showNewAccount(c, http.StatusOK, "", nil)
}

// CreateAccount makes it.
func (h *Console) CreateAccount(c echo.Context) error {
	name := web.Form(c).Get("name")
	t, err := h.accounts.CreateTenant(ctxOf(c), web.Caller(c), name)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return h.showNewAccount(c, http.StatusUnprocessableEntity, name, invalid)
	}
	if err != nil {
		return err
	}
	return done(c, views.Account(t.ID), "console.account.created", "Account", t.Name)
}

func (h *Console) showNewAccount(c echo.Context, status int, name string, invalid *models.InvalidError) error {
	layout, err := h.shell.Console(c, shell.Accounts)
	if err != nil {
		return err
	}
	return web.Render(c, status, view.NewAccountPage(view.NewAccount(ctxOf(c), layout, name, invalid)))
}
