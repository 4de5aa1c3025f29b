package handlers_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestSignIn_SetUpLinkMakesTheFirstOperatorOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		code, _, err := w.signin.EnsureSetupLink(t.Context())
		w.must(err)
		b := w.browser()
		b.open("/setup/" + code.Reveal())
		b.says(http.StatusOK, "Set up Latchkey")
		b.submit("", "name", "", "email", "noa", "password", "short")
		b.says(http.StatusUnprocessableEntity, "Name is required")
		b.submit("", "name", "Noa Brandt", "email", "noa", "password", "short")
		b.says(http.StatusUnprocessableEntity, "E-mail: Give a full e-mail address", "Password: Use at least 15 characters")
		if _, kept := b.form(""); kept.Get("name") != "Noa Brandt" || kept.Get("email") != "noa" || kept.Get("password") != "" {
			t.Errorf("kept %v", kept)
		}
		b.submit("", "name", "Noa Brandt", "email", "noa@vendor.example", "password", password)
		b.says(http.StatusOK, "Your password is set. Sign in with it.")
		if n, err := s.OperatorCount(t.Context()); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		b.submit("", "email", "NOA@vendor.example", "password", password)
		b.says(http.StatusOK, "M2M authentication")
		for _, other := range []string{code.Reveal(), "x", strings.Repeat("A", 43), "%00", "%ff"} {
			b.open("/setup/" + other)
			b.says(http.StatusNotFound)
		}
		b.open("/setup/" + code.Reveal())
		b.says(http.StatusNotFound, "This link has ended")
	})
}

func TestSignIn_PasswordLinkSetsAPasswordOnceAndEndsSessions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		before := w.as(w.dana)
		code, _, err := w.accounts.NewPasswordLink(t.Context(), system(), w.acme.ID, w.dana.UserID)
		w.must(err)
		b := w.browser()
		b.open("/password/" + code.Reveal())
		b.says(http.StatusOK, "Set your password")
		if _, fields := b.form(""); fields.Get("email") != "dana@acme.example" {
			t.Errorf("%v", fields)
		}
		b.submit("", "password", "")
		b.says(http.StatusUnprocessableEntity, "New password is required")
		b.submit("", "password", "dana@acme.example dana")
		b.says(http.StatusUnprocessableEntity, "Too easy to guess")
		if a := b.submit("", "password", "a quiet otter under ice", "email", "vic@acme.example"); a.header.Get("Location") != "/sign-in?notice=password" {
			t.Errorf("%d %v", a.status, a.header)
		}
		if before.open("/account/security"); before.title() != "Sign in to the Admin Portal" {
			t.Errorf("the earlier session goes on: %s", before.title())
		}
		b.submit("", "email", "dana@acme.example", "password", "a quiet otter under ice")
		b.says(http.StatusOK, "API Tokens")
		b.open("/password/" + code.Reveal())
		b.says(http.StatusNotFound, "This link has ended")
	})
}

func TestSignIn_EveryFailureHasOneAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.as(w.dana)
	ina := w.join1("ina@acme.example", w.acme.ID)
	w.as(ina)
	w.must(w.accounts.DisableUser(t.Context(), system(), ina.UserID))
	tom := w.join1("tom@acme.example", w.acme.ID) // no password yet
	bodies := map[string]bool{}
	for _, row := range [][2]string{
		{"dana@acme.example", "not the right password"}, {"nobody@acme.example", password}, {ina.User.Email, password},
		{tom.User.Email, password}, {"dana", password}, {"' OR 1=1 --", password}, {strings.Repeat("a", 300) + "@x", password},
	} {
		b := w.browser()
		b.signIn(row[0], row[1])
		b.says(http.StatusUnprocessableEntity, "E-mail or password is wrong.")
		if b.cookies["latchkey_session"] != "" {
			t.Errorf("%s has a session", row[0])
		}
		if _, kept := b.form(""); kept.Get("email") != row[0] || kept.Get("password") != "" {
			t.Errorf("kept %v", kept)
		}
		bodies[b.mainText()] = true
	}
	if len(bodies) != 1 {
		t.Errorf("%d different answers: %v", len(bodies), bodies)
	}
	b := w.browser()
	b.signIn("", "")
	b.says(http.StatusUnprocessableEntity, "E-mail is required", "Password is required")
}

func TestSignIn_TooManyFailuresWaitAndAKnownBrowserDoesNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	known := w.as(w.dana)
	b := w.browser()
	for n := 0; n < 40 && b.page.status != http.StatusTooManyRequests; n++ {
		b.signIn("dana@acme.example", "not the right password")
	}
	b.says(http.StatusTooManyRequests, "Too many wrong tries. Wait")
	if seconds, err := strconv.Atoi(b.page.header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 60 {
		t.Errorf("Retry-After %q", b.page.header.Get("Retry-After"))
	}
	delete(known.cookies, "latchkey_session")
	known.signIn("dana@acme.example", password)
	known.says(http.StatusOK, "API Tokens")
	w.clock.pass(16 * time.Minute)
	b.signIn("dana@acme.example", password)
	b.says(http.StatusOK, "API Tokens")
}

func TestSignIn_GoesOnWhereItWasAskedForAndNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	b := w.as(w.dana)
	delete(b.cookies, "latchkey_session")
	b.open("/account/tokens?q=a%26b")
	if b.title() != "Sign in to the Admin Portal" {
		t.Fatal(b.title())
	}
	if a := b.submit("", "email", "dana@acme.example", "password", password); a.header.Get("Location") != "/account/tokens?q=a%26b" {
		t.Errorf("%d %v", a.status, a.header)
	}
	b.says(http.StatusOK, "No token matches “a&b”")
	if a := b.request(http.MethodGet, "/sign-in?next=%2Faccount%2Fsecurity", ""); a.header.Get("Location") != "/account/security" {
		t.Errorf("signed in already: %d %v", a.status, a.header)
	}
	for _, next := range []string{"//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", "evil"} {
		c := w.browser()
		c.open("/sign-in?next=" + url.QueryEscape(next))
		if a := c.submit("", "email", "dana@acme.example", "password", password, "next", next); a.status != http.StatusSeeOther || a.header.Get("Location") != "/" {
			t.Errorf("%q leads to %q", next, a.header.Get("Location"))
		}
	}
}

func TestSignIn_HasANewSessionEachTimeAndSignOutEndsIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.as(w.dana)
		first := b.cookies["latchkey_session"]
		if a := b.request(http.MethodGet, "/sign-out", ""); a.status != http.StatusMethodNotAllowed {
			t.Errorf("GET: %d", a.status)
		}
		b.open("/account/security")
		if a := b.submit("aside"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/sign-in" {
			t.Errorf("%d %v", a.status, a.header)
		}
		if _, there := b.cookies["latchkey_session"]; there {
			t.Error("the cookie stays")
		}
		b.cookies["latchkey_session"] = first
		if b.open("/account/security"); b.title() != "Sign in to the Admin Portal" {
			t.Error("the session goes on at the server")
		}
		delete(b.cookies, "latchkey_session")
		b.signIn("dana@acme.example", password)
		if second := b.cookies["latchkey_session"]; second == "" || second == first {
			t.Error("the session is not a new one")
		}
	})
}

func TestSecurity_ChangesThePasswordAndEndsOtherSessions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := w.as(w.dana)
		b := w.browser()
		b.signIn("dana@acme.example", password)
		b.open("/account/security")
		for _, row := range []struct{ current, next, says string }{
			{"", "", "Current password is required"},
			{password, "short", "Use at least 15 characters"},
			{password, strings.Repeat("ab", 65), "Use at most 128 characters"},
			{password, password, "Choose one that differs from the current password"},
			{password, "password password password", "Too easy to guess"},
			{"not the right password", "a quiet otter under ice", "This is not your current password"},
		} {
			b.submit("", "current", row.current, "password", row.next)
			b.says(http.StatusUnprocessableEntity, row.says)
		}
		before := b.cookies["latchkey_session"]
		b.submit("", "current", password, "password", "a quiet otter under ice")
		b.says(http.StatusOK, "Privacy & Security", "Your password was changed. All other sessions have ended.")
		if b.cookies["latchkey_session"] == before {
			t.Error("the session is the old one")
		}
		if other.open("/account/security"); other.title() != "Sign in to the Admin Portal" {
			t.Error("the other session goes on")
		}
		other.signIn("dana@acme.example", password)
		other.says(http.StatusUnprocessableEntity, "E-mail or password is wrong.")
	})
}

func TestAccounts_SwitcherLeadsToOneSOwnAccountsOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.as(w.dana)
		if n := b.doc().Find("aside form[action='/account/switch']").Length(); n != 0 {
			t.Error("somebody in one account has a switcher")
		}
		// The form that would be there, for an account that is not dana's.
		_, fields := func() (string, url.Values) { b.open("/account/security"); return b.form("") }()
		for _, id := range []string{w.globex.ID, "x", "", w.acme.ID + "x"} {
			fields.Set("tenant", id)
			if a := b.request(http.MethodPost, "/account/switch", fields.Encode()); a.status != http.StatusNotFound || strings.Contains(a.text(), "Globex") {
				t.Errorf("%q: %d", id, a.status)
			}
		}
		w.join1("dana@acme.example", w.globex.ID, "Viewer")
		b.open("/workspace/tokens")
		if got := b.doc().Find("aside button[name=tenant]").Map(func(_ int, e *goquery.Selection) string { return e.Text() }); strings.Join(got, " ") != "Acme Globex" {
			t.Errorf("the switcher has %v", got)
		}
		fields.Set("tenant", w.globex.ID)
		b.page = b.follow(b.request(http.MethodPost, "/account/switch", fields.Encode()))
		b.says(http.StatusOK, "You now work in Globex.")
		if text := b.doc().Find("aside").Text(); b.doc().Find("aside button[aria-current]").Text() != "Globex" {
			t.Errorf("the sidebar says %q", text)
		}
		b.open("/workspace/tokens/new")
		b.says(http.StatusForbidden)
	})
}

func TestHome_OfSomebodyInNoAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	b := w.as(w.dana)
	w.must(w.accounts.RemoveMember(t.Context(), system(), w.acme.ID, w.dana.UserID))
	b.open("/")
	if b.title() == "Sign in to the Admin Portal" {
		b.signIn("dana@acme.example", password)
	}
	b.says(http.StatusOK, "You are in no account", "dana@acme.example")
	b.open("/workspace/tokens")
	b.says(http.StatusForbidden)
	w.join1("dana@acme.example", w.globex.ID, "Viewer")
	b.open("/")
	b.says(http.StatusOK, "Choose an account", "Globex")
	b.submit("", "tenant", w.globex.ID)
	b.says(http.StatusOK, "You now work in Globex.")
}

func TestErrors_AreToldInTheFrameOfWhoeverSeesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	nobody := w.browser()
	nobody.open("/no/such/page")
	nobody.says(http.StatusNotFound, "There is nothing here", "Sign in")
	b := w.as(w.dana)
	b.open("/no/such/page")
	b.says(http.StatusNotFound, "There is nothing here", "Go to the start page")
	if b.doc().Find("aside nav a").Length() == 0 {
		t.Error("the sidebar is gone")
	}
	b.page = b.request(http.MethodPost, "/workspace/tokens", "description=x")
	b.says(http.StatusForbidden, "This form is no longer valid")
	b.open("/account/security")
	_, fields := b.form("")
	b.page = b.request(http.MethodPost, "/workspace/tokens", fields.Encode()+"&description=a&description=b")
	b.says(http.StatusBadRequest, "This form can’t be read")
	b.page = b.request(http.MethodPost, "/workspace/tokens", fields.Encode()+"&description="+strings.Repeat("a", 1<<20))
	b.says(http.StatusRequestEntityTooLarge, "This is too large")
	b.page = b.request(http.MethodPost, "/workspace/tokens", fields.Encode()+"&description=x", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	b.says(http.StatusForbidden, "This was not sent from here")
	delete(b.cookies, "latchkey_session")
	b.page = b.request(http.MethodPost, "/workspace/tokens", fields.Encode())
	b.says(http.StatusForbidden, "You are signed out", "Sign in")
	if len(w.listed(models.API)) != 0 {
		t.Error("something was written")
	}
}
