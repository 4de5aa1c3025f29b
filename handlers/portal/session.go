package portal

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// Home leads to the first page that the person may see, or says that there is none.
func (p *Portal) Home(c echo.Context) error {
	id := web.Identity(c)
	if id == nil {
		return models.ErrUnauthenticated
	}
	if id.Tenant != nil || id.User.Operator {
		return web.Redirect(c, shell.FirstPage(id))
	}
	layout, err := p.cfg.Shell.Portal(c, "")
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, view.MessagePage(view.NoAccount(c.Request().Context(), view.HomeInput{Layout: layout, User: id.User})))
}

// AskSignIn shows the sign-in form, or goes on with somebody who is signed in.
func (p *Portal) AskSignIn(c echo.Context) error {
	next := web.SafeNext(web.Query(c).Get(view.FieldNext))
	if web.Identity(c) != nil {
		return p.goOn(c, next)
	}
	in := view.SignInInput{Next: next}
	if web.Query(c).Get("notice") == "password" {
		in.Outcome = view.PasswordSet
	}
	return p.showSignIn(c, http.StatusOK, in)
}

// SignIn judges an e-mail and a password.
func (p *Portal) SignIn(c echo.Context) error {
	form := web.Form(c)
	in := view.SignInInput{Next: web.SafeNext(form.Get(view.FieldNext)), Email: form.Get(view.FieldEmail), Problems: missing(form, view.FieldEmail, view.FieldPassword)}
	if in.Problems != nil {
		return p.showSignIn(c, http.StatusUnprocessableEntity, in)
	}
	key := p.cfg.SignIn.EmailKey(in.Email)
	signedIn, err := p.cfg.SignIn.SignIn(c.Request().Context(), signin.SignInRequest{
		Email: in.Email, Password: models.NewSecret(form.Get(view.FieldPassword)), KnownBrowser: web.KnownBrowser(c, key), Client: client(c),
	})
	if err != nil {
		return p.refuseSignIn(c, in, err)
	}
	if err := web.SetSession(c, signedIn.Cookie); err != nil {
		return err
	}
	if err := web.RememberBrowser(c, key, models.SameSiteLax); err != nil {
		return err
	}
	return p.goOn(c, in.Next)
}

// refuseSignIn gives one answer to every failure, whatever its reason.
func (p *Portal) refuseSignIn(c echo.Context, in view.SignInInput, err error) error {
	if errors.Is(err, models.ErrUnauthenticated) {
		in.Outcome = view.Wrong
		return p.showSignIn(c, http.StatusUnprocessableEntity, in)
	}
	status := 0
	if status, in.Outcome, in.Wait = comeAgain(c, err); status == 0 {
		return web.CouldNotTell(err)
	}
	return p.showSignIn(c, status, in)
}

// comeAgain is how a page answers that asks to wait, with its header; status 0 is for
// every other error.
func comeAgain(c echo.Context, err error) (status int, outcome view.SignInOutcome, wait time.Duration) {
	limited, isLimited := errors.AsType[*models.LimitedError](err)
	switch {
	case isLimited:
		status, outcome, wait = http.StatusTooManyRequests, view.Limited, limited.RetryAfter
	case errors.Is(err, models.ErrBusy):
		status, outcome, wait = http.StatusServiceUnavailable, view.Busy, time.Second
	default:
		return 0, view.NothingYet, 0
	}
	c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	return status, outcome, wait
}

func (p *Portal) showSignIn(c echo.Context, status int, in view.SignInInput) error {
	in.Bare, in.CSRF = p.cfg.Shell.Bare(), web.CSRF(c)
	return web.Render(c, status, view.SignInPage(view.SignIn(c.Request().Context(), in)))
}

func (p *Portal) goOn(c echo.Context, next string) error {
	if next == "" {
		next = views.Home()
	}
	return web.Redirect(c, next)
}

// missing are the fields of a form that hold nothing.
func missing(form web.Values, fields ...string) []models.Problem {
	var problems []models.Problem
	for _, field := range fields {
		if form.Get(field) == "" {
			problems = append(problems, models.Problem{Field: field, Key: "required"})
		}
	}
	return problems
}

// SignOut ends the session, on the server and in the browser.
func (p *Portal) SignOut(c echo.Context) error {
	id := web.Identity(c)
	if id == nil {
		return models.ErrUnauthenticated
	}
	if err := p.cfg.SignIn.SignOut(c.Request().Context(), web.Caller(c), id.Session); err != nil {
		return err
	}
	if err := web.EndSession(c); err != nil {
		return err
	}
	return web.Redirect(c, views.SignIn(""))
}

// Switch makes another of the person's accounts the one that they act in.
func (p *Portal) Switch(c echo.Context) error {
	id := web.Identity(c)
	if id == nil {
		return models.ErrUnauthenticated
	}
	tenantID := web.Form(c).Get(view.FieldTenant)
	if err := p.cfg.SignIn.SwitchAccount(c.Request().Context(), web.Caller(c), *id, tenantID); err != nil {
		return err
	}
	for _, a := range id.Accounts {
		if a.ID == tenantID {
			web.SetFlash(c, "account.switched", "Account", a.Name)
		}
	}
	return web.Redirect(c, views.Home())
}
