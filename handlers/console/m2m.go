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

// named is how many accounts with a setting of their own a sentence names.
const named = 3

// m2mForm is the environment's switch, kind and format as sent.
type m2mForm struct {
	accounts.M2MInput
	confirmed bool
	invalid   *models.InvalidError
}

func parseM2M(form web.Values) m2mForm {
	f := m2mForm{confirmed: form.Has(confirmField), invalid: &models.InvalidError{}}
	f.Enabled, f.Kind, f.Format = form.Get("enabled") == "on", models.Kind(form.Get("kind")), models.AccessTokenFormat(form.Get("format"))
	if sent := form.Get("enabled"); sent != "" && sent != "on" {
		f.invalid.Add("enabled", "unknown_switch")
	}
	if !f.Kind.Valid() {
		f.invalid.Add("kind", "unknown_kind")
	}
	if !f.Format.Valid() {
		f.invalid.Add("format", "unknown_format")
	}
	return f
}

// m2mOf is what is in force.
func m2mOf(s models.Settings) accounts.M2MInput {
	return accounts.M2MInput{Enabled: s.M2MEnabled, Kind: s.Kind, Format: s.AccessTokenFormat}
}

// M2M shows the environment's master switch, kind and format.
func (h *Console) M2M(c echo.Context) error {
	impact, err := h.accounts.Impact(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	return h.showM2M(c, http.StatusOK, impact, m2mForm{M2MInput: m2mOf(impact.Settings)})
}

// SaveM2M saves them; a change that newly refuses live tokens is asked about first.
func (h *Console) SaveM2M(c echo.Context) error {
	in := parseM2M(web.Form(c))
	impact, err := h.accounts.Impact(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	if in.invalid.OrNil() != nil {
		// No page of ours sends this: show what is in force.
		in.M2MInput = m2mOf(impact.Settings)
		return h.showM2M(c, http.StatusUnprocessableEntity, impact, in)
	}
	before, after := impact.Refused(impact.Settings.M2MEnabled), impact.Refused(in.Enabled)
	if after.Live > before.Live && !in.confirmed {
		layout, err := h.shell.Console(c, shell.M2M)
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusOK, view.ConfirmPage(view.M2MConfirm(ctxOf(c), layout, in.Kind, in.Format, after)))
	}
	if err := h.accounts.UpdateM2M(ctxOf(c), web.Caller(c), in.M2MInput); err != nil {
		return err
	}
	if impact.Settings.M2MEnabled && !in.Enabled {
		return done(c, views.ConsoleM2M(), "console.m2m.saved.off")
	}
	return done(c, views.ConsoleM2M(), "console.m2m.saved")
}

func (h *Console) showM2M(c echo.Context, status int, impact accounts.Impact, in m2mForm) error {
	layout, err := h.shell.Console(c, shell.M2M)
	if err != nil {
		return err
	}
	return web.Render(c, status, view.M2MPage(view.M2M(ctxOf(c), layout, view.M2MInput{
		Settings: impact.Settings, Enabled: in.Enabled, Kind: in.Kind, Format: in.Format, Invalid: in.invalid,
		AccessTokens: impact.OfKind(models.AccessToken), ClientCredentials: impact.OfKind(models.ClientCredentials),
		RefusedOff: impact.Refused(false),
		OwnSwitch:  view.Exceptions(impact.OwnSwitch(named)), OwnKind: view.Exceptions(impact.OwnKind(named)),
	})))
}
