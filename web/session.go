package web

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// sessionDays is how long a browser keeps the cookie; the server ends the
// session by itself, at the latest then.
const sessionDays = 7

// identityKey is where a session of gorilla's holds its models.Identity.
const identityKey = "identity"

// sessionStore is gorilla's sessions.Store over sessions that live in the
// database. The cookie holds a random id and nothing else; rows are written
// by whoever signs people in, so Save only sends or takes back the cookie.
type sessionStore struct {
	identify func(ctx context.Context, cookie models.Secret) (models.Identity, error)
	options  *sessions.Options
}

// Get is the request's session, looked up once.
func (s *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New looks the cookie's session up. The session is new when there is no
// cookie or none that is known; an error means that it could not tell.
func (s *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	options := *s.options
	session.Options = &options
	session.IsNew = true
	cookie, err := r.Cookie(name)
	if err != nil || !isOpaque(cookie.Value) {
		return session, nil
	}
	identity, err := s.identify(r.Context(), models.NewSecret(cookie.Value))
	if errors.Is(err, models.ErrUnauthenticated) {
		return session, nil
	}
	if err != nil {
		return session, CouldNotTell(fmt.Errorf("identify the session: %w", err))
	}
	session.IsNew = false
	session.ID = cookie.Value
	session.Values[identityKey] = identity
	return session, nil
}

// Save sends the session's cookie, or takes it back when its MaxAge is
// negative. It must be called before the answer's body.
func (s *sessionStore) Save(_ *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	http.SetCookie(w, sessions.NewCookie(session.Name(), session.ID, session.Options))
	return nil
}

// isOpaque tells whether value has the shape of a session's id, so that
// garbage costs no query.
func isOpaque(value string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(value)
	return err == nil && len(b) == 32
}

// identify finds out who sends the request.
func (s *Server) identify(c echo.Context) error {
	session, err := s.store.Get(c.Request(), s.cookieName(sessionCookie))
	if err != nil {
		return err
	}
	st := stateOf(c)
	st.session = session
	if identity, ok := session.Values[identityKey].(models.Identity); ok {
		st.identity = &identity
		st.csrf = identity.Session.CSRF
	}
	return nil
}

// SetSession sends the cookie of a session that was just made: after signing
// in, and after a change that ended the one before. Call it before answering.
func SetSession(c echo.Context, cookie models.Secret) error {
	st := stateOf(c)
	if st.session == nil {
		return errors.New("web: set a session on a route without one")
	}
	st.session.ID = cookie.Reveal()
	if st.identity != nil {
		st.identity.Session.IDHash = models.HashOpaque(cookie.Reveal())
	}
	// The form cookie served the sign-in form; the session has a secret of its own.
	st.server.setCookie(c.Response(), formCookie, "", -1)
	return st.session.Save(c.Request(), c.Response())
}

// EndSession takes the cookie back; the row is ended by whoever signs people out.
func EndSession(c echo.Context) error {
	st := stateOf(c)
	if st.session == nil {
		return errors.New("web: end a session on a route without one")
	}
	st.session.ID = ""
	st.session.Options.MaxAge = -1
	return st.session.Save(c.Request(), c.Response())
}
