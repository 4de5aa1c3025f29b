package web

import (
	"net/http"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

// Names of the cookies; over https each has the __Host- prefix, which a
// browser takes only from this very host.
const (
	sessionCookie = "latchkey_session"
	formCookie    = "latchkey_form"
	deviceCookie  = "latchkey_device"
	hostPrefix    = "__Host-"
)

func (s *Server) cookieName(name string) string {
	if s.secure {
		return hostPrefix + name
	}
	return name
}

// cookieOptions are complete: gorilla's own defaults are readable by scripts
// and sent across sites.
func (s *Server) cookieOptions(ttl time.Duration) *sessions.Options {
	return &sessions.Options{
		Path: "/", MaxAge: int(ttl / time.Second),
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// setCookie sends a cookie that lives for ttl, or takes it back when ttl is negative.
func (s *Server) setCookie(w http.ResponseWriter, name, value string, ttl time.Duration) {
	options := s.cookieOptions(ttl)
	if ttl < 0 {
		options.MaxAge = -1
	}
	http.SetCookie(w, sessions.NewCookie(s.cookieName(name), value, options))
}

// newCodec signs the value of a cookie, with its name and time, by HMAC-SHA-256.
func newCodec(key []byte, ttl time.Duration) *securecookie.SecureCookie {
	codec := securecookie.New(key, nil)
	codec.SetSerializer(securecookie.JSONEncoder{})
	return codec.MaxAge(int(ttl / time.Second))
}

// signedCookie reads a cookie that codec signed; false when there is none.
func (s *Server) signedCookie(r *http.Request, codec *securecookie.SecureCookie, name string, into any) bool {
	cookie, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return false
	}
	return codec.Decode(cookie.Name, cookie.Value, into) == nil
}
