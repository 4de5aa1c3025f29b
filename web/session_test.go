package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

func (s *site) signIn(secure bool) *http.Response {
	s.t.Helper()
	name := "latchkey_form"
	if secure {
		name = "__Host-" + name
	}
	res := s.do(request("GET", "/sign-in", ""))
	_, token, _ := strings.Cut(bodyOf(s.t, res), "csrf=")
	r := request("POST", "/sign-in", "csrf="+token)
	r.AddCookie(cookieNamed(s.t, res, name))
	res = s.do(r)
	if res.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("sign-in: %d", res.StatusCode)
	}
	return res
}

func TestSession_CookieOverHTTP(t *testing.T) {
	t.Parallel()
	c := cookieNamed(t, newSite(t, nil).signIn(false), "latchkey_session")
	if c.Value != cookieOf("dana") || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 7*24*3600 {
		t.Errorf("%s", c)
	}
}

func TestSession_CookieOverHTTPSIsOfThisHostOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, secure)
	res := s.signIn(true)
	c := cookieNamed(t, res, "__Host-latchkey_session")
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("%s", c)
	}
	for _, c := range res.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly {
			t.Errorf("%s", c)
		}
	}
	// The name for plain http means nothing here: a sibling host could set it.
	if res := s.do(as(request("GET", "/me", ""), "dana")); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with the cookie of plain http: %d", res.StatusCode)
	}
	r := request("GET", "/me", "")
	r.AddCookie(c)
	if res := s.do(r); res.StatusCode != http.StatusOK {
		t.Errorf("with its own: %d", res.StatusCode)
	}
}

func TestSession_SignOutTakesTheCookieBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	res := s.do(as(request("POST", "/sign-out", "csrf="+s.token("/me", "dana")), "dana"))
	c := cookieNamed(t, res, "latchkey_session")
	if res.StatusCode != http.StatusSeeOther || c.Value != "" || c.MaxAge >= 0 || !c.HttpOnly || c.Path != "/" {
		t.Errorf("%d %s", res.StatusCode, c)
	}
}

func TestSession_OfNobodySendsToSignInAndBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, value := range []string{"", "short", cookieOf("gone"), strings.Repeat("!", 43), cookieOf("dana") + "A"} {
		r := request("GET", "/workspace/tokens?q=a%20b", "")
		if value != "" {
			r.AddCookie(&http.Cookie{Name: "latchkey_session", Value: value})
		}
		res := s.do(r)
		target, err := url.Parse(res.Header.Get("Location"))
		if err != nil || res.StatusCode != http.StatusSeeOther || target.Path != "/sign-in" || target.Host != "" ||
			target.Query().Get("next") != "/workspace/tokens?q=a%20b" {
			t.Errorf("cookie %q: %d %s", value, res.StatusCode, res.Header.Get("Location"))
		}
	}
	for _, path := range []string{"/sign-out", "/workspace/tokens", "/console"} {
		if res := s.do(request("POST", path, "")); res.StatusCode != http.StatusForbidden {
			t.Errorf("POST %s: %d", path, res.StatusCode)
		}
	}
}

func TestSession_ThatCantBeReadIsNeverLetIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, path := range []string{"/", "/me", "/workspace/tokens"} {
		res := s.do(as(request("GET", path, ""), "broken"))
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if n := strings.Count(s.log.String(), "the database is gone"); n != 3 {
		t.Errorf("logged %d times", n)
	}
}

func TestSession_IsNotReadOnOpenRoutes(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if res := s.do(as(request("GET", "/v1/cached", ""), "broken")); res.StatusCode != http.StatusOK {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestAccess_IsJudgedFromTheTable(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, row := range []struct {
		method, path                   string
		stranger, dana, vic, operator_ int
	}{
		{"GET", "/", 200, 200, 200, 200},
		{"GET", "/sign-in", 200, 200, 200, 200},
		{"GET", "/me", 303, 200, 200, 200},
		{"GET", "/workspace", 303, 200, 200, 403},
		{"GET", "/workspace/tokens", 303, 200, 200, 403},
		{"POST", "/workspace/tokens", 403, 201, 403, 403},
		{"GET", "/account/tokens", 303, 404, 404, 404},
		{"GET", "/console", 303, 404, 404, 200},
		{"POST", "/console", 403, 404, 404, 200},
		{"GET", "/nothing", 404, 404, 404, 404},
	} {
		for who, want := range map[string]int{"": row.stranger, "dana": row.dana, "vic": row.vic, "op": row.operator_} {
			body := ""
			if row.method == "POST" && who != "" {
				body = "csrf=" + s.token("/me", who)
			}
			r := request(row.method, row.path, body)
			if who != "" {
				as(r, who)
			}
			if got := s.do(r).StatusCode; got != want {
				t.Errorf("%s %s as %q: %d, want %d", row.method, row.path, who, got, want)
			}
		}
	}
}

func TestAccess_IsJudgedBeforeTheFormIsParsed(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	// Were this form parsed, the answer would be 400.
	res := s.do(as(request("POST", "/workspace/tokens", "description=%zz"), "vic"))
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("%d", res.StatusCode)
	}
	if len(s.refused) != 1 || s.refused[0].Reason != "permission" || s.refused[0].ActorID != "vic" {
		t.Errorf("events %+v", s.refused)
	}
}

func TestAccess_RefusedReadsLeaveNoEvent(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.do(as(request("GET", "/console", ""), "vic"))
	s.do(request("POST", "/console", ""))
	if len(s.refused) != 0 {
		t.Errorf("events %+v", s.refused)
	}
}

func TestNew_RefusesATableThatLeavesSomethingOpen(t *testing.T) {
	t.Parallel()
	ok := func(echo.Context) error { return nil }
	for name, routes := range map[string][]web.Route{
		"no access":          {{Method: "GET", Path: "/x", Handler: ok}},
		"unknown access":     {{Method: "GET", Path: "/x", Access: "everybody", Handler: ok}},
		"empty permission":   {{Method: "GET", Path: "/x", Access: web.Permission(""), Handler: ok}},
		"no handler":         {{Method: "GET", Path: "/x", Access: web.Public}},
		"change, no action":  {{Method: "POST", Path: "/x", Access: web.Member, Handler: ok}},
		"twice":              {{Method: "GET", Path: "/x", Access: web.Public, Handler: ok}, {Method: "GET", Path: "/x", Access: web.Member, Handler: ok}},
		"public in a module": {{Method: "GET", Path: "/x", Access: web.Public, Module: web.APITokens, Handler: ok}},
	} {
		_, err := web.New(web.Config{
			Routes: routes, PublicURL: &url.URL{Scheme: "http", Host: "localhost"},
			CookieKey: make([]byte, 32), Identify: people{}.identify,
		})
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := web.New(web.Config{}); err == nil {
		t.Error("an empty config was taken")
	}
}

func TestCaller_IsThePersonAndWhereFrom(t *testing.T) {
	t.Parallel()
	var caller models.Caller
	s := newSite(t, func(c *configOf) {
		c.Routes = append(c.Routes, web.Route{Method: "GET", Path: "/caller", Access: web.Public, Handler: func(ec echo.Context) error {
			caller = web.Caller(ec)
			return web.JSON(ec, 200, nil)
		}})
	})
	r := as(request("GET", "/caller", ""), "dana")
	r.Header.Set("User-Agent", "curl\xff/1\x01"+strings.Repeat("é", 300))
	res := s.do(r)
	if caller.Kind != models.Person || caller.UserID != "dana" || caller.TenantID != "acme" || !caller.May(models.WriteTenantTokens) ||
		caller.IP != "192.0.2.1" || caller.RequestID != res.Header.Get("X-Request-Id") ||
		!strings.HasPrefix(caller.UserAgent, "curl\uFFFD/1é") || len(caller.UserAgent) > 256 {
		t.Errorf("%+v", caller)
	}
	s.do(request("GET", "/caller", ""))
	if caller.Kind != models.Anyone || caller.UserID != "" || caller.Operator {
		t.Errorf("%+v", caller)
	}
	// Rights are those on an account: without one there are none.
	s.do(as(request("GET", "/caller", ""), "op"))
	if !caller.Operator || caller.TenantID != "" || caller.May(models.ReadTenantTokens) {
		t.Errorf("%+v", caller)
	}
}
