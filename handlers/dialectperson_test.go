package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

const (
	personPath  = "/frontegg/identity/resources/auth/v1/user"
	refreshPath = personPath + "/token/refresh"
	logoutPath  = "/frontegg/identity/resources/auth/v1/logout"
	appOrigin   = "https://app.vendor.example"
)

// app is a page of the vendor's own in somebody's browser.
type app struct {
	*world
	cookie string
}

func (p *app) call(path, body string, headers ...string) answer {
	p.t.Helper()
	headers = append([]string{"Origin", appOrigin, "Content-Type", "application/json", "Sec-Fetch-Site", "cross-site"}, headers...)
	if p.cookie != "" {
		headers = append(headers, "Cookie", p.cookie)
	}
	a := p.send("POST", path, body, headers...)
	for _, cookie := range a.header.Values("Set-Cookie") {
		p.cookie, _, _ = strings.Cut(cookie, ";")
		if strings.HasSuffix(p.cookie, "=") {
			p.cookie = ""
		}
	}
	return a
}

func (p *app) signIn() answer {
	p.t.Helper()
	a := p.call(personPath, `{"email":"dana@acme.example","password":"`+password+`","invitationToken":null}`)
	if a.status != http.StatusOK {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	return a
}

func (p *app) lists(jwt string) int {
	p.t.Helper()
	return p.send("GET", "/frontegg/identity/resources/tenants/api-tokens/v1", "", "Authorization", "Bearer "+jwt, "Content-Type", "application/json").status
}

func TestPersonSignIn_GivesAJWTThatListsTokensAndACookieThatRenewsIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.setPassword(w.dana)
		p := &app{world: w}
		a := p.signIn()
		got := a.fields(t)
		first, _ := got["accessToken"].(string)
		if got["expiresIn"] != 3600.0 || got["mfaRequired"] != false || got["refreshToken"] != "" || got["id"] != w.dana.UserID || got["tenantId"] != w.acme.ID {
			t.Errorf("%s", a.body)
		}
		set := a.header.Get("Set-Cookie")
		if !strings.HasPrefix(set, "fe_refresh_") || !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") || !strings.Contains(set, "Path=/") {
			t.Errorf("cookie %q", set)
		}
		if a.header.Get("Access-Control-Allow-Origin") != appOrigin || a.header.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("CORS: %v", a.header)
		}
		if status := p.lists(first); status != http.StatusOK {
			t.Errorf("its JWT lists tokens: %d", status)
		}
		for name, headers := range map[string][]string{
			"Bearer": {"Authorization", "Bearer " + first}, "a key": {"X-API-KEY", first},
		} {
			if a := w.send("GET", "/v1/whoami", "", headers...); a.status != http.StatusUnauthorized {
				t.Errorf("whoami takes it as %s: %d", name, a.status)
			}
		}
		for range 3 {
			before := p.cookie
			a := p.call(refreshPath, "")
			second, _ := a.fields(t)["accessToken"].(string)
			if a.status != http.StatusOK || p.cookie == before || p.lists(second) != http.StatusOK {
				t.Fatalf("refresh: %d %s", a.status, a.body)
			}
		}
		if a := p.call(logoutPath, ""); a.status != http.StatusOK || p.cookie != "" {
			t.Errorf("sign-out: %d, cookie %q", a.status, p.cookie)
		}
		if status := p.lists(first); status != http.StatusUnauthorized {
			t.Errorf("a JWT outlives the sign-out where Latchkey is asked: %d", status)
		}
		if a := p.call(refreshPath, ""); a.status != http.StatusUnauthorized {
			t.Errorf("refresh without a cookie: %d", a.status)
		}
		if a := p.call(logoutPath, ""); a.status != http.StatusOK {
			t.Errorf("sign-out again: %d", a.status)
		}
	})
}

// Two tabs that load at once send the same cookie: neither is signed out. A
// cookie from long ago is somebody else's copy.
func TestPersonRefresh_AnOlderCookieIsTakenForAMomentOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.setPassword(w.dana)
		p := &app{world: w}
		p.signIn()
		old := &app{world: w, cookie: p.cookie}
		p.call(refreshPath, "")
		if a := old.call(refreshPath, "{}"); a.status != http.StatusOK || a.header.Get("Set-Cookie") != "" {
			t.Errorf("the second tab: %d %q", a.status, a.header.Get("Set-Cookie"))
		}
		w.clock.pass(30 * time.Second)
		if a := old.call(refreshPath, ""); a.status != http.StatusUnauthorized {
			t.Errorf("half a minute later: %d", a.status)
		}
		if a := p.call(refreshPath, ""); a.status != http.StatusUnauthorized {
			t.Errorf("the session of a cookie that two have goes on: %d", a.status)
		}
	})
}

func TestPersonSignIn_RefusesAlikeAndIsLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.setPassword(w.dana)
	p := &app{world: w}
	refused := map[string]bool{}
	for _, email := range []string{"dana@acme.example", "nobody@acme.example", "not an address"} {
		a := p.call(personPath, `{"email":"`+email+`","password":"wrong wrong wrong"}`)
		refused[a.bare()] = true
		if a.status != http.StatusUnauthorized || p.cookie != "" {
			t.Errorf("%s: %d %s", email, a.status, a.body)
		}
	}
	if len(refused) != 1 {
		t.Errorf("refusals are told apart: %v", refused)
	}
	limited := false
	for range 12 {
		a := p.call(personPath, `{"email":"dana@acme.example","password":"wrong wrong wrong"}`)
		limited = limited || a.status == http.StatusTooManyRequests && a.header.Get("Retry-After") != ""
	}
	if !limited {
		t.Error("nobody is slowed down")
	}
}

// A cookie alone lets a page of another site in: only the allowed ones may call.
func TestPersonRefresh_OnlyPagesOfAllowedOriginsMayCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.setPassword(w.dana)
	p := &app{world: w}
	p.signIn()
	for _, path := range []string{refreshPath, logoutPath, personPath} {
		a := w.send("POST", path, "", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Cookie", p.cookie)
		if a.status != http.StatusForbidden || a.header.Get("Access-Control-Allow-Origin") != "" || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
	}
	for origin, allowed := range map[string]string{appOrigin: appOrigin, "https://evil.example": "", "null": "", "": ""} {
		a := w.send("OPTIONS", refreshPath, "", "Origin", origin, "Access-Control-Request-Method", "POST")
		if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != allowed || !strings.Contains(a.header.Get("Vary"), "Origin") {
			t.Errorf("a preflight from %q: %d %v", origin, a.status, a.header)
		}
	}
	if a := p.call(refreshPath, ""); a.status != http.StatusOK {
		t.Errorf("the session was touched: %d", a.status)
	}
}

func TestPersonJWT_EndsWithThePersonAndHasTheRightsOfNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.setPassword(w.dana)
		p := &app{world: w}
		jwt, _ := p.signIn().fields(t)["accessToken"].(string)
		at := w.clock.Now()
		w.must(s.SetMemberDisabled(t.Context(), w.acme.ID, w.dana.UserID, &at, models.NewEvent(system(), models.MembershipDisabled, w.clock.Now())))
		if status := p.lists(jwt); status != http.StatusUnauthorized {
			t.Errorf("a member who was disabled: %d", status)
		}
		if a := p.call(refreshPath, ""); a.status != http.StatusUnauthorized {
			t.Errorf("and their cookie: %d", a.status)
		}
	})
}
