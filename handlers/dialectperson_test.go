package handlers_test

import (
	"fmt"
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
	// device is the cookie of a browser that signed in before.
	device string
}

func (p *app) call(path, body string, headers ...string) answer {
	p.t.Helper()
	headers = append([]string{"Origin", appOrigin, "Content-Type", "application/json", "Sec-Fetch-Site", "cross-site"}, headers...)
	for _, cookie := range []string{p.cookie, p.device} {
		if cookie != "" {
			headers = append(headers, "Cookie", cookie)
		}
	}
	a := p.send("POST", path, body, headers...)
	for _, set := range a.header.Values("Set-Cookie") {
		cookie, _, _ := strings.Cut(set, ";")
		switch {
		case strings.HasPrefix(cookie, "latchkey_device="):
			p.device = cookie
		case strings.HasSuffix(cookie, "="):
			p.cookie = ""
		default:
			p.cookie = cookie
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
		set := a.header.Values("Set-Cookie")[1] // the first is the browser's own
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

// Whoever copied a cookie goes on with it until the person sends theirs: however
// often it was rotated in between, that ends the session, and is told.
func TestPersonRefresh_ACopyOfACookieIsNoticedHoweverOld(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.setPassword(w.dana)
		for _, path := range []string{refreshPath, logoutPath} {
			p := &app{world: w}
			p.signIn()
			thief := &app{world: w, cookie: p.cookie}
			for range 3 {
				w.clock.pass(time.Hour)
				if a := thief.call(refreshPath, ""); a.status != http.StatusOK {
					t.Fatalf("the copy: %d %s", a.status, a.body)
				}
			}
			p.call(path, "")
			if a := thief.call(refreshPath, ""); a.status != http.StatusUnauthorized {
				t.Errorf("the copy goes on after %s: %d", path, a.status)
			}
			told := w.news()
			if last := told[len(told)-1]; last.Action != models.SignedOut || last.Reason != "cookie_reused" || last.TargetID != w.dana.UserID {
				t.Errorf("%s: told as %+v", path, last)
			}
		}
	})
}

func TestPersonRefresh_WhatIsNoCookieEndsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.setPassword(w.dana)
	p := &app{world: w}
	p.signIn()
	name, value, _ := strings.Cut(p.cookie, "=")
	series, rest := value[:models.OpaqueLength], value[models.OpaqueLength:]
	for _, wrong := range []string{series, rest, rest + series, series + "x", series + rest[1:] + "*", value + "A", models.NewOpaque().Reveal() + rest} {
		if a := w.send("POST", refreshPath, "", "Cookie", name+"="+wrong); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", wrong, a.status, a.body)
		}
	}
	if a := p.call(refreshPath, ""); a.status != http.StatusOK {
		t.Errorf("the session was touched: %d", a.status)
	}
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

// A page of another site needs cookies that are sent across sites, which browsers
// take over https only.
func TestPersonSignIn_CookiesAreSentWhereTheSettingSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.setPassword(w.dana)
	cookies := func(sameSite models.SameSite) string {
		t.Helper()
		w.must(w.store.UpdateSettings(t.Context(), models.SettingsChange{CookieSameSite: &sameSite, At: w.clock.Now()}, models.NewEvent(system(), models.SettingsUpdated, w.clock.Now())))
		a := w.send("POST", personPath, `{"email":"dana@acme.example","password":"`+password+`"}`)
		said := []string{}
		for _, c := range (&http.Response{Header: a.header}).Cookies() {
			said = append(said, fmt.Sprint(map[http.SameSite]string{2: "Lax", 3: "Strict", 4: "None"}[c.SameSite], " ", c.Secure, " ", c.HttpOnly))
		}
		return strings.Join(said, ", ")
	}
	for _, row := range []struct {
		sameSite    models.SameSite
		http, https string
	}{
		{models.SameSiteLax, "Lax false true, Lax false true", "Lax true true, Lax true true"},
		{models.SameSiteNone, "Lax false true, Lax false true", "None true true, None true true"},
		{models.SameSiteStrict, "Strict false true, Strict false true", "Strict true true, Strict true true"},
	} {
		w.join()
		if got := cookies(row.sameSite); got != row.http {
			t.Errorf("%s over http: %s", row.sameSite, got)
		}
		w.overHTTPS()
		if got := cookies(row.sameSite); got != row.https {
			t.Errorf("%s over https: %s", row.sameSite, got)
		}
	}
}

// P16: whoever guesses from elsewhere locks nobody out of a browser that signed in
// before, in the portal or on a page of the vendor's own.
func TestPersonSignIn_NobodyIsLockedOutOfTheirOwnBrowser(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		portal := w.as(w.dana)
		known := &app{world: w}
		known.signIn()
		fromPortal := &app{world: w, device: "latchkey_device=" + portal.cookies["latchkey_device"]}
		stranger := &app{world: w}
		for range 11 {
			stranger.call(personPath, `{"email":"dana@acme.example","password":"wrong wrong wrong"}`)
		}
		right := `{"email":"DANA@acme.example","password":"` + password + `"}`
		for name, row := range map[string]struct {
			page *app
			want int
		}{
			"a stranger's browser": {stranger, http.StatusTooManyRequests}, "their own": {known, http.StatusOK}, "the portal's": {fromPortal, http.StatusOK},
			"one with a cookie that we did not sign": {&app{world: w, device: known.device + "x"}, http.StatusTooManyRequests},
		} {
			if a := row.page.call(personPath, right); a.status != row.want {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		if portal.cookies["latchkey_device"] == "" || known.device == "" || stranger.device != "" {
			t.Errorf("cookies %q, %q, %q", portal.cookies["latchkey_device"], known.device, stranger.device)
		}
	})
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

// Frontegg's portal asks for more than is served: it goes on where it can read that
// there is nothing, and has to be let ask first.
func TestDialect_PagesOfAllowedOriginsReadThatNothingIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	paths := map[string]bool{
		"/identity/resources/sso/v2": true, "/frontegg/team/resources/sso/v1/configurations": true, "/frontegg/nothing": true,
		"/v1/nothing": false, "/nothing": false, "/console/nothing": false,
	}
	for path, dialect := range paths {
		for origin, allowed := range map[string]bool{appOrigin: dialect, "https://evil.example": false} {
			want := map[bool]string{true: origin}[allowed]
			if a := w.send("GET", path, "", "Origin", origin); a.status != http.StatusNotFound || a.header.Get("Access-Control-Allow-Origin") != want {
				t.Errorf("GET %s from %s: %d %v", path, origin, a.status, a.header)
			}
			a := w.send("OPTIONS", path, "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
			told := a.header.Get("Access-Control-Allow-Origin") == want && (a.header.Get("Access-Control-Allow-Headers") != "") == allowed
			if status := map[bool]int{true: http.StatusNoContent, false: http.StatusNotFound}[dialect]; a.status != status || !told {
				t.Errorf("a preflight of %s from %s: %d %v", path, origin, a.status, a.header)
			}
		}
	}
	if a := w.send("PUT", "/identity/resources/roles/v1", "", "Origin", appOrigin); a.status != http.StatusMethodNotAllowed || a.header.Get("Access-Control-Allow-Origin") != appOrigin {
		t.Errorf("a method that is not served: %d %v", a.status, a.header)
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
