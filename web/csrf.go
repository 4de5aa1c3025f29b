package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// CSRFField is the name of the hidden field that every posted form carries.
const CSRFField = "csrf"

const (
	csrfSize      = 32
	formCookieTTL = 24 * time.Hour
)

var errCSRF = Refuse(http.StatusForbidden, "csrf", "The form's token is missing or was made for another session. Load the page again and send it once more.")

// CSRF is the token for the forms of this answer, different each time. In a
// session it comes from the session's secret. Before sign-in it comes from a
// signed cookie that goes out with the answer, so that visitors make no row:
// call it before answering.
func CSRF(c echo.Context) string {
	st := stateOf(c)
	if st.server == nil {
		return ""
	}
	if st.csrf == nil {
		st.csrf = st.server.visitorSecret(c.Request())
		if st.csrf == nil {
			st.csrf = make([]byte, csrfSize)
			rand.Read(st.csrf) // never fails: crypto/rand ends the process instead
		}
		st.server.sendVisitorSecret(c)
	}
	return maskToken(st.csrf)
}

// visitorSecret is the form secret of a browser without a session, nil for none.
func (s *Server) visitorSecret(r *http.Request) []byte {
	var secret []byte
	if !s.signedCookie(r, s.formCookie, formCookie, &secret) || len(secret) != csrfSize {
		return nil
	}
	return secret
}

// sendVisitorSecret sends it (again), so that its day begins anew with each form.
func (s *Server) sendVisitorSecret(c echo.Context) {
	value, err := s.formCookie.Encode(s.cookieName(formCookie), stateOf(c).csrf)
	if err != nil {
		// 32 bytes always encode; without the cookie the form is refused, which is safe.
		s.cfg.Log.ErrorContext(c.Request().Context(), "encode form cookie", "error", err)
		return
	}
	s.setCookie(c.Response(), formCookie, value, formCookieTTL)
}

// checkCSRF compares the form's token with the session's secret, or the visitor's.
func (s *Server) checkCSRF(c echo.Context) error {
	st := stateOf(c)
	secret := st.csrf
	if st.identity == nil {
		secret = s.visitorSecret(c.Request())
	}
	if !tokenMatches(st.form.Get(CSRFField), secret) {
		return errCSRF
	}
	return nil
}

// maskToken is mask || mask XOR secret: a compressed answer tells nothing
// about the secret, because no two answers hold the same token (BREACH).
func maskToken(secret []byte) string {
	token := make([]byte, 2*len(secret))
	mask, masked := token[:len(secret)], token[len(secret):]
	rand.Read(mask) // never fails: crypto/rand ends the process instead
	subtle.XORBytes(masked, mask, secret)
	return base64.RawURLEncoding.EncodeToString(token)
}

func tokenMatches(token string, secret []byte) bool {
	if len(secret) < csrfSize {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 2*len(secret) {
		return false
	}
	plain := make([]byte, len(secret))
	subtle.XORBytes(plain, raw[:len(secret)], raw[len(secret):])
	return subtle.ConstantTimeCompare(plain, secret) == 1
}
