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
	if err != nil || !isRefreshCookie(cookie.Value) {
		return models.Secret{}
	}
	return models.NewSecret(cookie.Value)
}

// isRefreshCookie tells whether value has the shape of one: two opaque values, one
// behind the other.
func isRefreshCookie(value string) bool {
	return len(value) == 2*models.OpaqueLength && isOpaque(value[:models.OpaqueLength]) && isOpaque(value[models.OpaqueLength:])
}

// SetRefreshCookie sends the dialect's refresh cookie, which no script can read
// and which ends at the given time, or takes it back where value is empty.
func SetRefreshCookie(c echo.Context, name string, value models.Secret, sameSite models.SameSite, ends time.Time) {
	s := stateOf(c).server
	cookie := &http.Cookie{Name: name, Value: value.Reveal(), Path: "/", Expires: ends.UTC(), Secure: s.secure, HttpOnly: true, SameSite: s.sameSite(sameSite)}
	if value.Empty() {
		cookie.Expires, cookie.MaxAge = time.Time{}, -1
	}
	c.SetCookie(cookie)
}

// Secure tells whether the server's public address is https.
func Secure(c echo.Context) bool { return stateOf(c).server.secure }

// sameSite is how a cookie says it. None needs https: without, a browser drops
// the cookie, and Lax is the nearest. It is refused then, but an address may change.
func (s *Server) sameSite(wanted models.SameSite) http.SameSite {
	switch {
	case wanted == models.SameSiteStrict:
		return http.SameSiteStrictMode
	case wanted == models.SameSiteNone && s.secure:
		return http.SameSiteNoneMode
	default:
		return http.SameSiteLaxMode
	}
}
