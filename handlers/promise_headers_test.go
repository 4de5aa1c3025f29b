package handlers_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/handlers"
	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// overHTTPS is the same server at a public address with https.
func (w *world) overHTTPS() {
	w.t.Helper()
	public, err := url.Parse("https://portal.example.com")
	w.must(err)
	w.server, err = handlers.New(handlers.Config{
		Store: w.store, Tokens: w.tokens, Accounts: w.accounts, SignIn: w.signin, Vendors: w.vendors, Browsers: w.browsers, Keys: w.keys,
		PublicURL: public, CookieKey: bytes.Repeat([]byte{4}, 32), DialectPrefix: "/frontegg", Now: w.clock.Now,
	})
	w.must(err)
}

// Every answer has the policy and its companions, whatever went wrong; over https HSTS
// too; and what a signed-in person gets is kept by nobody.
func TestHeaders_AreOnEveryAnswerOfTheProduct(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		d.overHTTPS()
		dana := d.dan()
		dana.headers = append(dana.headers, "Cookie", strings.Replace(dana.headers[3], "latchkey_session", "__Host-latchkey_session", 1))
		broken := func(path string) answer {
			storetest.FailAfter(d.store, 1, errGone)
			return dana.get(path)
		}
		for name, row := range map[string]struct {
			answer answer
			status int
			kept   string
		}{
			"page":                  {dana.get("/workspace/tokens"), 200, ""},
			"sign-in":               {d.send("GET", "/sign-in", ""), 200, ""},
			"created":               {dana.generate(places()[0]), 201, ""},
			"redirect":              {dana.get("/"), 303, ""},
			"to sign-in":            {d.send("GET", "/workspace/tokens", ""), 303, ""},
			"bad query":             {dana.get("/workspace/tokens?q=%zz"), 400, ""},
			"no session":            {d.send("POST", "/workspace/tokens", ""), 403, ""},
			"no form token":         {dana.send("POST", "/workspace/tokens", "", dana.headers...), 403, ""},
			"not found":             {dana.get("/nothing"), 404, ""},
			"not an operator":       {dana.get("/console/roles"), 404, ""},
			"another's token":       {dana.get("/workspace/tokens/x/delete"), 404, ""},
			"method":                {dana.send("PUT", "/workspace/tokens", "", dana.headers...), 405, ""},
			"twice":                 {func() answer { dana.generate(places()[0], "x", "y"); return dana.twice() }(), 409, ""},
			"too large":             {dana.post("/workspace/tokens", "description", strings.Repeat("a", 1<<20)), 413, ""},
			"too large a sign-out":  {dana.send("POST", "/sign-out", "a="+strings.Repeat("a", 70<<10), dana.headers...), 413, ""},
			"invalid":               {dana.post("/workspace/tokens"), 422, ""},
			"fault":                 {broken("/workspace/tokens/new"), 500, ""},
			"could not load":        {broken("/workspace/tokens"), 503, ""},
			"health":                {d.send("GET", "/healthz", ""), 200, ""},
			"style":                 {d.send("GET", styleOf(d.send("GET", "/sign-in", "").body), ""), 200, "public, max-age=31536000, immutable"},
			"no such style":         {d.send("GET", "/static/app.css", ""), 404, ""},
			"keys":                  {d.send("GET", "/.well-known/jwks.json", ""), 200, "public, max-age=60"},
			"where tokens are from": {d.send("GET", resourcePath, ""), 200, "public, max-age=60"},
			"gateway":               {d.send("GET", authorizePath, "", "X-API-KEY", d.mint(combinations()[0], 0).Secret.Reveal()), 200, ""},
			"gateway of nobody":     {d.send("GET", authorizePath, ""), 401, ""},
			"gateway's fault":       {d.send("GET", authorizePath+"?roles=a", ""), 403, ""},
			"whoami of nobody":      {d.send("GET", "/v1/whoami", ""), 401, ""},
			"two credentials":       {d.send("GET", "/v1/whoami", "", "X-API-KEY", "a", "Authorization", "Bearer b"), 400, ""},
			"no such api":           {d.send("GET", "/v1/nothing", ""), 404, ""},
			"method of the api":     {d.send("DELETE", "/v1/whoami", ""), 405, ""},
			"exchange":              {d.send("POST", exchangePath, "{}"), 400, ""},
			"exchange, too large":   {d.send("POST", exchangePath, strings.Repeat("a", 1<<20)), 413, ""},
			"no such exchange":      {d.send("POST", "/frontegg/nothing", ""), 404, ""},
		} {
			h := row.answer.header
			if row.answer.status != row.status {
				t.Errorf("%s: %d, want %d", name, row.answer.status, row.status)
			}
			policy := h.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, part) || strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "unsafe-eval") {
					t.Errorf("%s: policy %q", name, policy)
				}
			}
			want := row.kept
			if want == "" {
				want = "no-store"
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" || h.Get("Strict-Transport-Security") == "" || h.Get("Cache-Control") != want {
				t.Errorf("%s: %v", name, h)
			}
		}
	})
}

// twice sends one form two times and gives the second answer.
func (s *seat) twice() answer {
	s.t.Helper()
	form := append(s.filled(places()[0], "Twice"), "expires", "7", "form", "the same")
	s.post("/workspace/tokens", form...)
	return s.post("/workspace/tokens", form...)
}

func styleOf(page string) string {
	_, rest, _ := strings.Cut(page, `rel="stylesheet" href="`)
	style, _, _ := strings.Cut(rest, `"`)
	return style
}

// Over https every cookie is Secure, HttpOnly, Lax and of this very host; a cookie
// under the name for plain http counts for nothing.
func TestCookies_OverHTTPSAreOfThisHostOnly(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		d.setPassword(d.dana)
		d.overHTTPS()
		b := d.browser()
		b.open("/sign-in")
		form := b.page
		signedIn := b.submit("", "email", d.dana.User.Email, "password", password)
		session := b.cookies["__Host-latchkey_session"]
		b.open("/account/security")
		out := b.submit("aside")
		names := map[string]bool{}
		for _, a := range []answer{form, signedIn, out} {
			for _, c := range (&http.Response{Header: a.header}).Cookies() {
				names[c.Name] = true
				if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
					t.Errorf("%s", c)
				}
			}
		}
		if len(names) != 3 || session == "" {
			t.Errorf("cookies %v", names)
		}
		b.signIn(d.dana.User.Email, password)
		session = b.cookies["__Host-latchkey_session"]
		for name, want := range map[string]int{"__Host-latchkey_session": http.StatusOK, "latchkey_session": http.StatusSeeOther} {
			if a := d.send("GET", "/account/security", "", "Cookie", name+"="+session); a.status != want {
				t.Errorf("%s: %d", name, a.status)
			}
		}
	})
}

// A visitor makes no row, whatever page or form they try without an e-mail and a
// password; and no program's garbage makes one (P11).
func TestP11_VisitorsAndGarbageMakeNoRow(t *testing.T) {
	eachRaw(t, func(t *testing.T, w *world, db *raw) {
		before := db.counts()
		nobody := w.sit(walker{name: "nobody"})
		for _, r := range w.server.Routes() {
			for _, id := range []string{"x", models.NewOpaque().Reveal()} {
				w.send(r.Method, address(r, id), "csrf=x&email=a@b.example&password=x", nobody.headers...)
				w.send(r.Method, address(r, id), "", "X-API-KEY", "x", "Cookie", "latchkey_session="+models.NewOpaque().Reveal())
			}
		}
		b := w.browser()
		b.open("/sign-in")
		b.submit("", "email", "", "password", "")
		for _, secret := range []string{"", "garbage", strings.Repeat("x", 5000), m2m.NewKey("lk", m2m.ClientSecret).Reveal(), m2m.NewKey("lk", m2m.AccessToken).Reveal()} {
			w.send("GET", "/v1/whoami", "", "X-API-KEY", secret)
			w.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+secret)
			w.send("POST", authorizePath, "", "X-API-KEY", secret)
			w.send("POST", exchangePath, credentials(w.acme.ID, secret))
			w.send("POST", exchangePath, credentials(secret, secret))
		}
		w.must(w.tokens.Flush(t.Context()))
		after := db.counts()
		for table, rows := range after {
			if rows != before[table] {
				t.Errorf("%s had %d rows and has %d", table, before[table], rows)
			}
		}
	})
}

// P11: refused verifications of a known token are counted by reason and minute, and
// make no event.
func TestP11_RefusedVerificationsAreCounted(t *testing.T) {
	eachRaw(t, func(t *testing.T, w *world, db *raw) {
		f := w.four()
		w.must(w.accounts.UpdateM2M(t.Context(), system(), accounts.M2MInput{Kind: models.AccessToken, Format: models.Opaque}))
		events := len(db.table("events"))
		for range 3 {
			f.work("off", models.API, false)
		}
		client := f.minted[combinations()[1]]
		w.send("POST", exchangePath, credentials(client.Token.ID, f.minted[combinations()[3]].Secret.Reveal()))
		w.must(w.tokens.Flush(t.Context()))
		counted := map[string]bool{}
		for _, line := range db.table("token_refusals") {
			for _, c := range combinations()[:2] {
				if strings.Contains(line, f.minted[c].Token.ID) {
					_, reason, _ := strings.Cut(line, "reason=")
					_, count, _ := strings.Cut(line, "count=")
					counted[string(c.kind)+" "+strings.Fields(reason)[0]+" "+strings.Fields(count)[0]] = true
				}
			}
		}
		for _, want := range []string{"AccessToken m2m_disabled 6", "ClientCredentials m2m_disabled 9", "ClientCredentials wrong_secret 1"} {
			if !counted[want] {
				t.Errorf("counted %v, want %s", counted, want)
			}
		}
		if n := len(db.table("events")); n != events {
			t.Errorf("%d events more", n-events)
		}
	})
}

// P16 and P11: sign-ins answered 429 are not written one by one.
func TestP16_FailuresCountAndTheRightBrowserIsNeverLockedOut(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		known := d.as(d.dana)
		delete(known.cookies, "latchkey_session")
		b, wrong := d.browser(), func(b *browser) answer {
			b.open("/sign-in")
			return b.submit("", "email", "DANA@acme.example ", "password", "not the right password")
		}
		for n := range 10 {
			if a := wrong(b); a.status != http.StatusUnprocessableEntity {
				t.Fatalf("failure %d: %d", n+1, a.status)
			}
		}
		last := d.lastEvent()
		for range 5 {
			if a := wrong(d.browser()); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "1" {
				t.Fatalf("%d, wait %q", a.status, a.header.Get("Retry-After"))
			}
		}
		if d.lastEvent() != last {
			t.Error("sign-ins answered 429 are written one by one")
		}
		d.clock.pass(1e9)
		if a := wrong(b); a.status != http.StatusUnprocessableEntity {
			t.Errorf("after its wait: %d", a.status)
		}
		if a := wrong(b); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "2" {
			t.Errorf("%d, wait %q", a.status, a.header.Get("Retry-After"))
		}
		stranger := d.browser()
		stranger.signIn("dana@acme.example", password)
		stranger.says(http.StatusTooManyRequests)
		known.signIn("dana@acme.example", password)
		known.says(http.StatusOK, "API Tokens")
		vic := d.join1("vic@acme.example", d.acme.ID, "Viewer")
		d.setPassword(vic)
		other := d.browser()
		other.signIn("vic@acme.example", password)
		other.says(http.StatusOK, "API Tokens")
	})
}
