package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// RefreshCookie is the value of the dialect's refresh cookie, empty for none.
func RefreshCookie(c echo.Context, name string) models.Secret {
	cookie, err := c.Cookie(name)
	if err != nil || !isOpaque(cookie.Value) {
		return models.Secret{}
	}
	return models.NewSecret(cookie.Value)
}

// SetRefreshCookie sends the dialect's refresh cookie, which no script can read
// and which ends at the given time, or takes it back where value is empty.
// SameSite None needs https: without, browsers take it for Lax.
func SetRefreshCookie(c echo.Context, name string, value models.Secret, sameSite models.SameSite, ends time.Time) {
	secure := stateOf(c).server.secure
	cookie := &http.Cookie{Name: name, Value: value.Reveal(), Path: "/", Expires: ends.UTC(), Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	switch {
	case sameSite == models.SameSiteStrict:
		cookie.SameSite = http.SameSiteStrictMode
	case sameSite == models.SameSiteNone && secure:
		cookie.SameSite = http.SameSiteNoneMode
	}
	if value.Empty() {
		cookie.Expires, cookie.MaxAge = time.Time{}, -1
	}
	c.SetCookie(cookie)
}
