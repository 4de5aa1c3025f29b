package portal

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// Link shows the form behind a one-time link, at either of the two addresses: what a
// link is for is known by its code.
func (p *Portal) Link(c echo.Context) error {
	in, err := p.openLink(c)
	if err != nil {
		return p.linkError(c, err)
	}
	return p.showLink(c, http.StatusOK, in)
}

// UseLink makes the first operator, or sets a person's password. Either signs in
// afterwards, by hand.
func (p *Portal) UseLink(c echo.Context) error {
	in, err := p.openLink(c)
	if err != nil {
		return p.linkError(c, err)
	}
	form := web.Form(c)
	password := models.NewSecret(form.Get(view.FieldPassword))
	fields := []string{view.FieldPassword}
	if in.Purpose == models.SetupLink {
		in.Name, in.Email = form.Get(view.FieldName), form.Get(view.FieldEmail)
		fields = []string{view.FieldName, view.FieldEmail, view.FieldPassword}
	}
	if in.Problems = missing(form, fields...); in.Problems != nil {
		return p.showLink(c, http.StatusUnprocessableEntity, in)
	}
	if in.Purpose == models.SetupLink {
		err = p.cfg.SignIn.UseSetupLink(c.Request().Context(), signin.NewOperator{Code: in.Code, Email: in.Email, Name: in.Name, Password: password}, client(c))
	} else {
		err = p.cfg.SignIn.UsePasswordLink(c.Request().Context(), in.Code, password, client(c))
	}
	if err != nil {
		return p.refuseLink(c, in, err)
	}
	return web.Redirect(c, views.SignInAfterLink())
}

func (p *Portal) openLink(c echo.Context) (view.LinkInput, error) {
	in := view.LinkInput{Code: c.Param("code")}
	link, user, err := p.cfg.SignIn.OpenLink(c.Request().Context(), in.Code)
	if err != nil {
		return in, err
	}
	in.Purpose = link.Purpose
	if user != nil {
		in.Email = user.Email
	}
	return in, nil
}

// linkError tells that a link has ended in its own words: whoever follows one has
// nothing mistyped and nothing deleted.
func (p *Portal) linkError(c echo.Context, err error) error {
	return p.ended(c, err, view.LinkEnded)
}

// ended shows the page of a link that opens nothing.
func (p *Portal) ended(c echo.Context, err error, page func(context.Context, views.BareProps) view.MessageProps) error {
	if !errors.Is(err, models.ErrNotFound) {
		return web.CouldNotTell(err)
	}
	return web.Render(c, http.StatusNotFound, view.MessagePage(page(c.Request().Context(), p.cfg.Shell.Bare())))
}

func (p *Portal) refuseLink(c echo.Context, in view.LinkInput, err error) error {
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		in.Problems = invalid.Problems
		return p.showLink(c, http.StatusUnprocessableEntity, in)
	}
	status := 0
	if status, in.Outcome, _ = comeAgain(c, err); status == 0 {
		return p.linkError(c, err)
	}
	return p.showLink(c, status, in)
}

func (p *Portal) showLink(c echo.Context, status int, in view.LinkInput) error {
	in.Bare, in.CSRF = p.cfg.Shell.Bare(), web.CSRF(c)
	return web.Render(c, status, view.LinkPage(view.Link(c.Request().Context(), in)))
}
