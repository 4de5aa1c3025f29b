package frontegg

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/browsers"
	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// signInBody is what the browser client posts; it sends more, which is ignored.
type signInBody struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// signedIn is the answer to a sign-in and to a refresh. The refresh token is in
// the cookie, where no script can read it: here it is always empty.
type signedIn struct {
	AccessToken  string `json:"accessToken"`
	RefreshToken string `json:"refreshToken"`
	ExpiresIn    int64  `json:"expiresIn"`
	Expires      string `json:"expires"`
	MFARequired  bool   `json:"mfaRequired"`
	person
}

// person is what all answers about somebody have.
type person struct {
	ID                string   `json:"id"`
	Name              string   `json:"name"`
	Email             string   `json:"email"`
	ProfilePictureURL *string  `json:"profilePictureUrl"`
	TenantID          string   `json:"tenantId"`
	TenantIDs         []string `json:"tenantIds"`
	Verified          bool     `json:"verified"`
	MFAEnrolled       bool     `json:"mfaEnrolled"`
	Metadata          string   `json:"metadata"`
}

func newPerson(id models.Identity) person {
	p := person{
		ID: id.User.ID, Name: id.User.Name, Email: id.User.Email, TenantID: id.Session.TenantID, TenantIDs: []string{}, Verified: true, Metadata: "{}",
	}
	for _, tenant := range id.Accounts {
		p.TenantIDs = append(p.TenantIDs, tenant.ID)
	}
	return p
}

var (
	errSignIn    = web.Refuse(http.StatusUnauthorized, "unauthenticated", "Incorrect email or password")
	errSignedOut = web.Refuse(http.StatusUnauthorized, "unauthenticated", "Session not found")
)

// SignInPerson answers POST auth/v1/user. The limits of the portal's own sign-in
// hold here too, and a browser that is known to one is known to the other.
func (f *Frontegg) SignInPerson(c echo.Context) error {
	var body signInBody
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	if body.Email == "" || body.Password == "" {
		return web.Refuse(http.StatusBadRequest, "required", "email and password must be strings and not empty")
	}
	ctx, client, key := c.Request().Context(), web.Caller(c), f.cfg.SignIn.EmailKey(body.Email)
	var in browsers.SignedIn
	err := f.cfg.SignIn.Admit(ctx, signin.SignInRequest{
		Email: body.Email, Password: models.NewSecret(body.Password), KnownBrowser: web.KnownBrowser(c, key),
		Client: signin.Client{IP: client.IP, UserAgent: client.UserAgent, RequestID: client.RequestID},
	}, func(user models.User, _ time.Time) (err error) {
		in, err = f.cfg.Browsers.Begin(ctx, user, client)
		return err
	})
	if errors.Is(err, models.ErrUnauthenticated) {
		return errSignIn
	}
	if err == nil {
		err = web.RememberBrowser(c, key, in.Identity.Settings.CookieSameSite)
	}
	return f.answerSignedIn(c, in, err)
}

// RefreshPerson answers POST auth/v1/user/token/refresh, which comes with a
// cookie and with an empty body or any other.
func (f *Frontegg) RefreshPerson(c echo.Context) error {
	name, err := f.cookieName(c)
	if err != nil {
		return err
	}
	in, err := f.cfg.Browsers.Refresh(c.Request().Context(), web.RefreshCookie(c, name), web.Caller(c))
	if errors.Is(err, models.ErrUnauthenticated) {
		return errSignedOut
	}
	return f.answerSignedIn(c, in, err)
}

func (f *Frontegg) answerSignedIn(c echo.Context, in browsers.SignedIn, err error) error {
	var limited *models.LimitedError
	switch {
	case errors.As(err, &limited), errors.Is(err, models.ErrBusy):
		return err
	case err != nil:
		return web.CouldNotTell(err)
	}
	if !in.Cookie.Empty() {
		web.SetRefreshCookie(c, refreshCookie(in.Identity.Settings), in.Cookie, in.Identity.Settings.CookieSameSite, in.CookieEnds)
	}
	return web.JSON(c, http.StatusOK, signedIn{
		AccessToken: in.AccessToken.Reveal(), ExpiresIn: seconds(in.ExpiresIn), Expires: httpDate(in.ExpiresAt), person: newPerson(in.Identity),
	})
}

// SignOutPerson answers POST auth/v1/logout; it is no fault to sign out twice.
func (f *Frontegg) SignOutPerson(c echo.Context) error {
	settings, err := f.cfg.Accounts.Settings(c.Request().Context())
	if err != nil {
		return web.CouldNotTell(err)
	}
	name := refreshCookie(settings)
	if err := f.cfg.Browsers.SignOut(c.Request().Context(), web.RefreshCookie(c, name), web.Caller(c)); err != nil {
		return web.CouldNotTell(err)
	}
	web.SetRefreshCookie(c, name, models.Secret{}, settings.CookieSameSite, time.Time{})
	return web.JSON(c, http.StatusOK, struct{}{})
}

func (f *Frontegg) cookieName(c echo.Context) (string, error) {
	settings, err := f.cfg.Accounts.Settings(c.Request().Context())
	if err != nil {
		return "", web.CouldNotTell(err)
	}
	return refreshCookie(settings), nil
}

// refreshCookie is the cookie's name: one browser may know several environments.
func refreshCookie(s models.Settings) string {
	return "fe_refresh_" + strings.ReplaceAll(s.ClientID, "-", "")
}
