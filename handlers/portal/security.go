package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// Security shows the form for one's own password.
func (p *Portal) Security(c echo.Context) error {
	return p.showSecurity(c, http.StatusOK, view.SecurityInput{})
}

// ChangePassword changes it. All sessions of the person end; this browser goes on in a
// new one.
func (p *Portal) ChangePassword(c echo.Context) error {
	id := web.Identity(c)
	if id == nil {
		return models.ErrUnauthenticated
	}
	form := web.Form(c)
	if problems := missing(form, view.FieldCurrent, view.FieldPassword); problems != nil {
		return p.showSecurity(c, http.StatusUnprocessableEntity, view.SecurityInput{Problems: problems})
	}
	cookie, err := p.cfg.SignIn.ChangePassword(c.Request().Context(), web.Caller(c), *id,
		models.NewSecret(form.Get(view.FieldCurrent)), models.NewSecret(form.Get(view.FieldPassword)))
	if err != nil {
		return p.refusePassword(c, err)
	}
	if err := web.SetSession(c, cookie); err != nil {
		return err
	}
	web.SetFlash(c, "security.changed")
	return web.Redirect(c, views.Security())
}

func (p *Portal) refusePassword(c echo.Context, err error) error {
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return p.showSecurity(c, http.StatusUnprocessableEntity, view.SecurityInput{Problems: invalid.Problems})
	}
	status, outcome, wait := comeAgain(c, err)
	if status == 0 {
		return err
	}
	return p.showSecurity(c, status, view.SecurityInput{Outcome: outcome, Wait: wait})
}

func (p *Portal) showSecurity(c echo.Context, status int, in view.SecurityInput) error {
	layout, err := p.cfg.Shell.Portal(c, shell.Security)
	if err != nil {
		return err
	}
	in.Layout, in.Email = layout, web.Caller(c).Email
	return web.Render(c, status, view.SecurityPage(view.Security(c.Request().Context(), in)))
}
