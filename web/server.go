package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/gorilla/securecookie"
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// Config is what a Server needs.
type Config struct {
	// Routes is the whole table. Required.
	Routes []Route
	// Groups gives the format of errors at addresses that no route has; the
	// longest prefix that fits wins, and Page where none does.
	Groups map[string]Format
	// PublicURL is the address that people use, without a path: the trusted
	// origin, and whether cookies are for https only. Required.
	PublicURL *url.URL
	// CookieKey signs the cookies of browsers without a session: 32 bytes.
	// Required.
	CookieKey []byte
	// Identify finds the session of a cookie's value. It answers
	// models.ErrUnauthenticated when there is none any more; every other
	// error means that it could not tell. Required.
	Identify func(ctx context.Context, cookie models.Secret) (models.Identity, error)
	// Program tells who sent a JWT or a vendor key. It answers
	// models.ErrUnauthenticated for nobody; every other error means that it
	// could not tell. Required where a route is for programs.
	Program func(ctx context.Context, shown Shown) (Program, error)
	// AllowedOrigins are those of the vendor's own pages, whose scripts may call
	// the dialect with credentials.
	AllowedOrigins []string
	// Flashes keeps the message for the next page in the session. Required
	// where SetFlash or TakeFlash is called.
	Flashes Flashes
	// Refused is told about every change that was refused to a signed-in
	// person before a handler saw it. May be nil.
	Refused func(ctx context.Context, event models.Event) error
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Asset finds a file by its address under /static/, which holds its
	// hash. May be nil.
	Asset func(address string) (content []byte, kind string, ok bool)
	// ErrorPage shows an error to a person. Nil means plain text.
	ErrorPage func(ErrorProps) templ.Component
	// Sentence tells a problem with a field to a program. Nil gives its key.
	Sentence func(ctx context.Context, p models.Problem) string
	// HoldsSecret tells whether a text has a credential in it. Pages answer an
	// address that does 400, and lead nowhere with it. Nil finds none.
	HoldsSecret func(text string) bool
	// SignInPath is where people without a session are sent; "/sign-in" when empty.
	SignInPath string

	// Listen is the address for Run, host:port.
	Listen string
	// Listening is called once by Run with the address that it listens on.
	Listening func(net.Addr)
	// Drain is how long Run lets requests finish; 10 s when zero.
	Drain time.Duration

	// Log takes the access log and faults; nil drops them.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Flashes keeps one message in a session, for the next page.
type Flashes interface {
	SetFlash(ctx context.Context, session models.Session, text string) error
	TakeFlash(ctx context.Context, session models.Session) (string, error)
}

// Server is the portal and the API as one http.Handler. It is safe for
// concurrent use.
type Server struct {
	cfg         Config
	echo        *echo.Echo
	secure      bool
	store       *sessionStore
	crossOrigin *http.CrossOriginProtection
	// dialectOrigin trusts the allowed origins too, allowed knows them.
	dialectOrigin *http.CrossOriginProtection
	allowed       map[string]bool
	formCookie    *securecookie.SecureCookie
	device        *securecookie.SecureCookie
	compressors   sync.Pool
	packed        sync.Map
}

// New checks the table of routes and joins the plumbing around it.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.SignInPath == "" {
		cfg.SignInPath = "/sign-in"
	}
	if cfg.Drain == 0 {
		cfg.Drain = 10 * time.Second
	}
	s := &Server{cfg: cfg, secure: cfg.PublicURL.Scheme == "https"}
	s.store = &sessionStore{identify: cfg.Identify, options: s.cookieOptions(sessionDays * 24 * time.Hour)}
	s.formCookie = newCodec(cfg.CookieKey, formCookieTTL)
	s.device = newCodec(cfg.CookieKey, deviceCookieTTL)
	s.crossOrigin = http.NewCrossOriginProtection()
	if err := s.crossOrigin.AddTrustedOrigin(originOf(cfg.PublicURL)); err != nil {
		return nil, fmt.Errorf("web: trust the public origin: %w", err)
	}
	if err := s.trustOrigins(); err != nil {
		return nil, err
	}

	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard)
	e.IPExtractor = extractIP(cfg.TrustedProxies)
	// Every error is answered by the outermost middleware, so that the access
	// log knows its status; nothing is left for echo to handle.
	e.HTTPErrorHandler = func(error, echo.Context) {}
	e.Use(s.begin, s.harden, s.answerErrors, s.recoverPanics, s.tellStrays)
	s.echo = e
	for _, route := range cfg.Routes {
		s.add(route)
	}
	s.addPreflights()
	if cfg.Asset != nil {
		s.add(Route{Method: http.MethodGet, Path: staticPath, Access: Open, Handler: s.static})
	}
	return s, nil
}

func (c Config) check() error {
	switch {
	case c.PublicURL == nil || c.PublicURL.Host == "":
		return errors.New("no PublicURL")
	case len(c.CookieKey) < 32:
		return errors.New("a CookieKey of fewer than 32 bytes")
	case c.Identify == nil:
		return errors.New("no Identify")
	}
	var faults []error
	seen := map[string]bool{}
	for _, r := range c.Routes {
		faults = append(faults, r.check())
		name := r.Method + " " + r.Path
		if seen[name] {
			faults = append(faults, fmt.Errorf("route %s is in the table twice", name))
		}
		seen[name] = true
	}
	return errors.Join(faults...)
}

// trustOrigins sets up what pages of the allowed origins may do.
func (s *Server) trustOrigins() error {
	s.allowed, s.dialectOrigin = map[string]bool{}, http.NewCrossOriginProtection()
	if err := s.dialectOrigin.AddTrustedOrigin(originOf(s.cfg.PublicURL)); err != nil {
		return fmt.Errorf("web: trust the public origin: %w", err)
	}
	for _, origin := range s.cfg.AllowedOrigins {
		if err := s.dialectOrigin.AddTrustedOrigin(origin); err != nil {
			return fmt.Errorf("web: allow an origin: %w", err)
		}
		s.allowed[origin] = true
	}
	return nil
}

// addPreflights lets browsers ask before they call the dialect.
func (s *Server) addPreflights() {
	methods := map[string][]string{}
	for _, route := range s.cfg.Routes {
		if route.Format == Frontegg {
			methods[route.Path] = append(methods[route.Path], route.Method)
		}
	}
	for path, known := range methods {
		s.echo.Add(http.MethodOptions, path, s.preflight(known))
	}
}

// originOf spells the origin as browsers do: in lower case, and without the
// port that the scheme has anyway.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch {
	case u.Scheme == "https":
		host = strings.TrimSuffix(host, ":443")
	case u.Scheme == "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host
}

// add registers a route; GET answers HEAD too, without its body.
func (s *Server) add(route Route) {
	handler := s.guard(route)
	s.echo.Add(route.Method, route.Path, handler)
	if route.Method == http.MethodGet {
		s.echo.Add(http.MethodHead, route.Path, handler)
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Routes is the table that the server was made with.
func (s *Server) Routes() []Route { return slices.Clone(s.cfg.Routes) }

// formatOf is how errors are told at the address of a request.
func (s *Server) formatOf(c echo.Context) Format {
	if route := stateOf(c).route; route != nil {
		return route.Format
	}
	format, longest := Page, -1
	for prefix, f := range s.cfg.Groups {
		if len(prefix) > longest && strings.HasPrefix(c.Request().URL.Path, prefix) {
			format, longest = f, len(prefix)
		}
	}
	return format
}
