package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

type configOf = web.Config

// people are the sessions that the tests sign in with, by the cookie's value.
type people map[string]models.Identity

func (p people) identify(_ context.Context, cookie models.Secret) (models.Identity, error) {
	id, ok := p[cookie.Reveal()]
	if !ok {
		return models.Identity{}, models.ErrUnauthenticated
	}
	if id.User.ID == "broken" {
		return models.Identity{}, errors.New("the database is gone")
	}
	return id, nil
}

// cookieOf is a well-formed session id that says whose it is.
func cookieOf(name string) string {
	return strings.Repeat(name[:1], 42) + "A"
}

func csrfOf(name string) []byte { return bytes.Repeat([]byte(name[:1]), 32) }

func person(name string, edit func(*models.Identity)) models.Identity {
	id := models.Identity{
		Session: models.Session{CSRF: csrfOf(name), UserID: name},
		User:    models.User{ID: name, Name: name, Email: name + "@acme.example"},
		Settings: models.Settings{
			APITokens: models.Always, PersonalTokens: models.Hidden,
		},
	}
	if edit != nil {
		edit(&id)
	}
	return id
}

func everybody() people {
	acme := &models.Tenant{ID: "acme", Name: "Acme"}
	return people{
		cookieOf("dana"): person("dana", func(id *models.Identity) {
			id.Tenant, id.Permissions = acme, models.PermissionSet{"fe.secure.*"}
		}),
		cookieOf("vic"): person("vic", func(id *models.Identity) {
			id.Tenant, id.Permissions = acme, models.PermissionSet{"fe.secure.read.*"}
		}),
		cookieOf("op"):     person("op", func(id *models.Identity) { id.User.Operator = true }),
		cookieOf("broken"): person("broken", nil),
	}
}

// site is a server with its log and the refused changes that it wrote down.
type site struct {
	*web.Server
	t       testing.TB
	log     *lockedBuffer
	mu      sync.Mutex
	refused []models.Event
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func html(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

var errSecretDetail = errors.New("pq: relation tokens, password hunter2")

// table is a route of every kind.
func table() []web.Route {
	page := func(text string) echo.HandlerFunc {
		return func(c echo.Context) error { return web.Render(c, http.StatusOK, html(text)) }
	}
	fail := func(err error) echo.HandlerFunc { return func(echo.Context) error { return err } }
	const get, post = http.MethodGet, http.MethodPost
	return []web.Route{
		{Method: get, Path: "/", Access: web.Public, Handler: page("home")},
		{Method: get, Path: "/sign-in", Access: web.Public, Handler: func(c echo.Context) error {
			return web.Render(c, http.StatusOK, html("csrf="+web.CSRF(c)))
		}},
		{Method: post, Path: "/sign-in", Access: web.Public, Handler: func(c echo.Context) error {
			if err := web.SetSession(c, models.NewSecret(cookieOf("dana"))); err != nil {
				return err
			}
			return web.Redirect(c, "/workspace")
		}},
		{Method: post, Path: "/sign-out", Access: web.SignedIn, Action: models.SignedOut, Handler: func(c echo.Context) error {
			if err := web.EndSession(c); err != nil {
				return err
			}
			return web.Redirect(c, "/sign-in")
		}},
		{Method: get, Path: "/me", Access: web.SignedIn, Handler: func(c echo.Context) error {
			return web.Render(c, http.StatusOK, html(web.Caller(c).UserID+" csrf="+web.CSRF(c)))
		}},
		{Method: get, Path: "/workspace", Access: web.Member, Handler: page("workspace")},
		{Method: get, Path: "/workspace/tokens", Access: web.Permission(models.ReadTenantTokens), Module: web.APITokens, Handler: page("tokens")},
		{Method: post, Path: "/workspace/tokens", Access: web.Permission(models.WriteTenantTokens), Module: web.APITokens,
			Action: models.TokenCreated, Many: []string{"roles"}, Handler: func(c echo.Context) error {
				return web.RenderSecret(c, http.StatusCreated, html(strings.Repeat("secret "+web.Form(c).Get("description"), 400)))
			}},
		{Method: get, Path: "/workspace/tokens/:id", Access: web.Member, Handler: func(c echo.Context) error {
			return web.Render(c, http.StatusOK, html(c.Param("id")+" "+web.Query(c).Get("q")))
		}},
		{Method: get, Path: "/account/tokens", Access: web.Member, Module: web.PersonalTokens, Handler: page("personal")},
		{Method: get, Path: "/console", Access: web.Operator, Handler: page("console")},
		{Method: post, Path: "/console", Access: web.Operator, Action: models.SettingsUpdated, Handler: page("changed")},
		{Method: get, Path: "/big", Access: web.Public, Handler: page(strings.Repeat("big page ", 1000))},
		{Method: get, Path: "/fail", Access: web.Public, Handler: fail(errSecretDetail)},
		{Method: get, Path: "/panic", Access: web.Public, Handler: func(echo.Context) error { panic("hunter2") }},
		{Method: get, Path: "/half", Access: web.Public, Handler: func(c echo.Context) error {
			return web.Render(c, http.StatusOK, templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				_, _ = io.WriteString(w, "half a page")
				return errSecretDetail
			}))
		}},
		{Method: get, Path: "/v1/fail", Access: web.Open, Format: web.Problem, Handler: fail(errSecretDetail)},
		{Method: get, Path: "/v1/unauthenticated", Access: web.Open, Format: web.Problem, Handler: fail(models.ErrUnauthenticated)},
		{Method: get, Path: "/v1/cached", Access: web.Open, Format: web.Problem, Handler: func(c echo.Context) error {
			web.Cache(c, 300e9)
			return web.JSON(c, http.StatusOK, map[string]string{"ok": "yes"})
		}},
		{Method: get, Path: "/v1/cached-fail", Access: web.Open, Format: web.Problem, Handler: func(c echo.Context) error {
			web.Cache(c, 300e9)
			return models.ErrBusy
		}},
		{Method: post, Path: "/v1/echo", Access: web.Open, Format: web.Problem, Handler: func(c echo.Context) error {
			var body struct {
				Name   string      `json:"name"`
				Number int         `json:"number"`
				List   []string    `json:"list"`
				Kind   models.Kind `json:"kind,omitempty"`
			}
			if err := web.DecodeJSON(c, &body); err != nil {
				return err
			}
			return web.JSON(c, http.StatusOK, body)
		}},
		{Method: post, Path: "/identity/fail", Access: web.Open, Format: web.Frontegg, Handler: fail(errSecretDetail)},
	}
}

func newSite(t testing.TB, edit func(*web.Config)) *site {
	t.Helper()
	s := &site{t: t, log: &lockedBuffer{}}
	cfg := web.Config{
		Routes:    table(),
		Groups:    map[string]web.Format{"/v1/": web.Problem, "/identity/": web.Frontegg},
		PublicURL: &url.URL{Scheme: "http", Host: "portal.example.com"},
		CookieKey: bytes.Repeat([]byte{7}, 32),
		Identify:  everybody().identify,
		Refused: func(_ context.Context, e models.Event) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.refused = append(s.refused, e)
			return nil
		},
		Asset: func(address string) ([]byte, string, bool) {
			switch address {
			case "/static/app.abc.css":
				return bytes.Repeat([]byte("a{color:red}"), 200), "text/css; charset=utf-8", true
			case "/static/inter.abc.woff2":
				return []byte("wOF2"), "font/woff2", true
			}
			return nil, "", false
		},
		ErrorPage: func(p web.ErrorProps) templ.Component {
			return html("<h1>error page " + p.Key + "</h1>" + p.RequestID)
		},
		Log: slog.New(slog.NewJSONHandler(s.log, nil)),
	}
	if edit != nil {
		edit(&cfg)
	}
	server, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = server
	return s
}

func secure(cfg *web.Config) { cfg.PublicURL = &url.URL{Scheme: "https", Host: "portal.example.com"} }

// request is as a browser on the site's own pages sends it.
func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "portal.example.com"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func as(r *http.Request, name string) *http.Request {
	r.AddCookie(&http.Cookie{Name: "latchkey_session", Value: cookieOf(name)})
	return r
}

func (s *site) do(r *http.Request) *http.Response {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func bodyOf(t testing.TB, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// token reads a fresh form token from a page that prints it.
func (s *site) token(path, name string) string {
	s.t.Helper()
	r := request(http.MethodGet, path, "")
	if name != "" {
		as(r, name)
	}
	_, token, ok := strings.Cut(bodyOf(s.t, s.do(r)), "csrf=")
	if !ok {
		s.t.Fatalf("%s has no token", path)
	}
	return token
}

func cookieNamed(t testing.TB, res *http.Response, name string) *http.Cookie {
	t.Helper()
	for _, c := range res.Cookies() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no cookie %s in %v", name, res.Header["Set-Cookie"])
	return nil
}
