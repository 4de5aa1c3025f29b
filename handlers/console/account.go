package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/web"
)

// tenantForm is an account's own switch and kind as sent.
type tenantForm struct {
	m2m       models.Inherit
	kind      models.Kind
	confirmed bool
	invalid   *models.InvalidError
}

// parseTenant reads them. The form says "inherit" for the kind that the model
// leaves empty, so that a field which is missing is not taken for a choice.
func parseTenant(form web.Values) tenantForm {
	f := tenantForm{
		m2m: models.Inherit(form.Get("m2m")), kind: models.Kind(form.Get("kind")),
		confirmed: form.Has(confirmField), invalid: &models.InvalidError{},
	}
	if !f.m2m.Valid() {
		f.invalid.Add("m2m", "unknown_switch")
	}
	switch {
	case f.kind == "inherit":
		f.kind = ""
	case !f.kind.Valid():
		f.invalid.Add("kind", "unknown_kind")
	}
	return f
}

// Account shows one account.
func (h *Console) Account(c echo.Context) error {
	t, impact, err := h.account(c)
	if err != nil {
		return err
	}
	return h.showAccount(c, http.StatusOK, t, impact, tenantForm{m2m: t.M2M, kind: t.Kind})
}

// SaveAccountM2M saves the account's own switch and kind; a change that newly
// refuses live tokens is asked about first.
func (h *Console) SaveAccountM2M(c echo.Context) error {
	in := parseTenant(web.Form(c))
	t, impact, err := h.account(c)
	if err != nil {
		return err
	}
	if in.invalid.OrNil() != nil {
		// No page of ours sends this: show what is in force.
		in.m2m, in.kind = t.M2M, t.Kind
		return h.showAccount(c, http.StatusUnprocessableEntity, t, impact, in)
	}
	before, after := impact.RefusedIn(t.ID, t.M2M), impact.RefusedIn(t.ID, in.m2m)
	if after.Live > before.Live && !in.confirmed {
		layout, err := h.shell.Console(c, shell.Accounts)
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusOK, view.ConfirmPage(view.AccountM2MConfirm(ctxOf(c), layout, t, in.m2m, in.kind, after)))
	}
	if err := h.accounts.SetTenantM2M(ctxOf(c), web.Caller(c), t.ID, in.m2m, in.kind); err != nil {
		return err
	}
	return done(c, views.Account(t.ID), "console.account.saved", "Account", t.Name)
}

// account is the one that the address names, and what its switches would do.
func (h *Console) account(c echo.Context) (models.Tenant, accounts.Impact, error) {
	impact, err := h.accounts.TenantImpact(ctxOf(c), web.Caller(c), c.Param("id"))
	if err != nil {
		return models.Tenant{}, accounts.Impact{}, err
	}
	return impact.Accounts[0].Tenant, impact, nil
}

func (h *Console) showAccount(c echo.Context, status int, t models.Tenant, impact accounts.Impact, in tenantForm) error {
	members, err := h.accounts.Members(ctxOf(c), web.Caller(c), t.ID)
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Accounts)
	if err != nil {
		return err
	}
	own, _ := impact.OfTenant(t.ID)
	return web.Render(c, status, view.AccountPage(view.Account(ctxOf(c), layout, view.AccountInput{
		Tenant: t, Settings: impact.Settings, Members: members,
		M2M: in.m2m, Kind: in.kind, Invalid: in.invalid, Tokens: own.Total(),
		Refused: func(m2m models.Inherit) models.TokenCounts { return impact.RefusedIn(t.ID, m2m) },
		Now:     h.now(),
	})))
}

// AskDisableAccount asks before the account is shut out.
func (h *Console) AskDisableAccount(c echo.Context) error {
	t, impact, err := h.account(c)
	if err != nil {
		return err
	}
	members, err := h.accounts.Members(ctxOf(c), web.Caller(c), t.ID)
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Accounts)
	if err != nil {
		return err
	}
	props := view.DisableAccount(ctxOf(c), layout, t, len(members), impact.RefusedByDisabling(t.ID))
	return web.Render(c, http.StatusOK, view.ConfirmPage(props))
}

// DisableAccount shuts it out.
func (h *Console) DisableAccount(c echo.Context) error {
	return h.switchAccount(c, h.accounts.DisableTenant, "console.account.disabled")
}

// EnableAccount lets it in again.
func (h *Console) EnableAccount(c echo.Context) error {
	return h.switchAccount(c, h.accounts.EnableTenant, "console.account.enabled")
}
