package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/models"
)

// P5: a token is expired when now >= expires_at, to the microsecond; it stays listed
// until it is deleted, and no JWT outlives its credentials.
func TestP5_ExpiryIsExactAndExpiredTokensStayListed(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		dana := d.dan()
		for _, p := range places() {
			d.must(d.accounts.SetTenantM2M(t.Context(), system(), d.acme.ID, models.Inherited, models.AccessToken))
			a := dana.post(p.path, append(d.filled(p, "A day"), "expires", "1", "form", "f"+p.path)...)
			key := keyIn.FindString(a.body)
			row := d.listed(p.context)[0]
			if a.status != http.StatusCreated || key == "" || !row.ExpiresAt.Equal(row.CreatedAt.Add(24*time.Hour)) {
				t.Fatalf("%d, ends %s", a.status, row.ExpiresAt)
			}
			d.must(d.accounts.SetTenantM2M(t.Context(), system(), d.acme.ID, models.Inherited, models.ClientCredentials))
			client := d.mint(combination{p.context, models.ClientCredentials}, 24*time.Hour)
			whoami := func(headers ...string) answer { return d.send("GET", "/v1/whoami", "", headers...) }

			d.clock.pass(row.ExpiresAt.Sub(d.clock.Now()) - time.Minute)
			jwt := d.exchange(client)
			d.clock.pass(row.ExpiresAt.Sub(d.clock.Now()) - time.Microsecond)
			if a := whoami("X-API-KEY", key); a.status != http.StatusOK {
				t.Errorf("a microsecond before its end: %d", a.status)
			}
			d.clock.pass(time.Microsecond)
			for name, a := range map[string]answer{"key": whoami("X-API-KEY", key), "JWT": whoami("Authorization", "Bearer "+jwt)} {
				if a.status != http.StatusUnauthorized || a.fields(t)["detail"] != "The token has expired." {
					t.Errorf("%s at its end: %d %s", name, a.status, a.body)
				}
			}
			if a := d.send("POST", exchangePath, credentials(client.Token.ID, client.Secret.Reveal())); a.status != http.StatusUnauthorized {
				t.Errorf("exchange at the end: %d", a.status)
			}
			d.clock.pass(48 * time.Hour)
			if page := d.dan().get(p.path); !strings.Contains(page.body, row.ID) || !strings.Contains(page.body, "Expired 2 days ago") {
				t.Error("the expired token is not listed as such")
			}
			dana = d.dan()
		}
	})
}

var keyIn = regexp.MustCompile(`lk_(at|cs)_[0-9A-Za-z]{49}`)

// P6: a secret is in one response and kept nowhere: not in a row, not in the file, not
// in the log. The same holds for passwords, one-time codes and session ids.
func TestP6_NothingOfASecretIsKept(t *testing.T) {
	eachRaw(t, func(t *testing.T, w *world, db *raw) {
		secrets := map[string]string{"password": password, "link": w.invite(w.dana)}
		b := w.browser()
		b.open("/password/" + secrets["link"])
		b.submit("", "password", password)
		b.signIn("dana@acme.example", "wrong "+password)
		b.signIn("dana@acme.example", password)
		code, _, err := w.signin.EnsureSetupLink(t.Context())
		w.must(err)
		secrets["set-up link"], secrets["session"] = code.Reveal(), b.cookies["latchkey_session"]
		b.open("/setup/" + code.Reveal())
		answers := map[string]int{}
		for _, p := range places() {
			for _, kind := range []models.Kind{models.AccessToken, models.ClientCredentials} {
				w.must(w.accounts.SetTenantM2M(t.Context(), system(), w.acme.ID, models.Inherited, kind))
				b.open(p.path + "/new")
				b.submit("", w.filled(p, "A secret")...)
				secret, id := keyIn.FindString(b.page.body), w.listed(p.context)[0].ID
				secrets[p.path+string(kind)] = secret
				answers[secret]++
				jwt, _ := w.send("POST", exchangePath, credentials(id, secret)).fields(t)["accessToken"].(string)
				if kind == models.ClientCredentials {
					secrets["JWT at "+p.path] = jwt
				}
				b.open(p.path + "/" + id + "/rotate")
				b.submit("")
				next := keyIn.FindString(b.page.body)
				secrets["rotated at "+p.path+string(kind)] = next
				answers[next]++
				for _, a := range []answer{
					// Where people and programs put secrets by mistake.
					b.open(p.path + "?q=" + secret), b.open("/no/such/" + secret), b.open("/account/tokens?after=" + secret),
					b.open(p.path + "/" + secret + "/delete"), b.open("/password/" + secret), b.open("/sign-in?next=/" + secret),
					w.send("GET", "/v1/whoami?access_token="+secret, ""), w.send("GET", "/v1/whoami", "", "X-API-KEY", secret),
					w.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+secret, "User-Agent", "curl"),
					w.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+jwt),
					w.send("POST", exchangePath, `{"clientId":"`+secret+`","secret":"`+secret+`x"}`),
					w.send("POST", exchangePath+"?secret="+secret, `{"clientId":7,"secret":"`+secret+`"`),
					b.open(p.path), b.open(p.path + "/" + id + "?check=1"), b.open(p.path + "/" + id + "/rotate/end"), b.submit(""),
					b.open(p.path + "/" + id + "/delete"), b.submit(""),
				} {
					for _, secret := range []string{secret, next} {
						if strings.Contains(a.body+strings.Join(a.header.Values("Set-Cookie"), "\n"), secret) {
							answers[secret]++
						}
					}
				}
			}
		}
		for secret, n := range answers {
			if n != 1 {
				t.Errorf("%s is in %d answers", secret[:6], n)
			}
		}
		w.must(w.tokens.Flush(t.Context()))
		kept, log := db.everything(), w.log.String()
		for name, secret := range secrets {
			if len(secret) < 20 {
				t.Fatalf("%s: no secret", name)
			}
			body, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(secret, "lk_at_"), "lk_cs_"), ".")
			if name[:3] == "JWT" {
				body = secret[strings.LastIndex(secret, ".")+1:]
			}
			for place, text := range map[string]string{"the database": kept, "the log": log} {
				if strings.Contains(text, secret) || strings.Contains(text, body) || strings.Contains(text, url.QueryEscape(secret)) {
					t.Errorf("%s is in %s", name, place)
				}
			}
		}
		if strings.Contains(log, "?") || strings.Contains(log, "no/such") {
			t.Error("the log holds an address")
		}
	})
}

// P6: a q that parses as a key is answered 400, wherever there is a q, and leads
// nowhere with it.
func TestP6_AKeyInAnAddressIsRefused(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		key := d.mint(combination{models.API, models.AccessToken}, 0).Secret.Reveal()
		dana, nobody := d.dan(), d.sit(walker{name: "nobody"})
		for _, who := range []*seat{dana, {world: d.world, who: walker{name: "operator"}, headers: d.headers, token: d.token}, nobody} {
			for _, r := range d.server.Routes() {
				if r.Method != http.MethodGet || unguarded(r) || r.Access.ForPrograms() || strings.Contains(r.Path, ":") {
					continue
				}
				for _, q := range []string{key, "%20" + key + "+", strings.ToUpper(key[:3]) + key[3:]} {
					a := who.get(r.Path + "?q=" + q)
					parses := q[:3] != "LK_"
					refused := a.status == http.StatusBadRequest && strings.Contains(a.body, "Don’t put a secret in the address")
					if admitted := judged(r, who.who) == 0; parses && admitted && !refused {
						t.Errorf("%s %s: %d", who.who.name, r.Path, a.status)
					}
					if parses && (strings.Contains(a.body, key) || strings.Contains(a.header.Get("Location"), key)) {
						t.Errorf("%s %s: %d repeats the key", who.who.name, r.Path, a.status)
					}
				}
			}
		}
	})
}

// P8: what has a lifetime ends at its end, on the server, to the microsecond.
func TestP8_LifetimesEndOnTheServer(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.setPassword(d.dana)
		signIn := func() *seat {
			in, err := d.signin.SignIn(ctx, signin.SignInRequest{Email: d.dana.User.Email, Password: models.NewSecret(password)})
			d.must(err)
			return &seat{world: d.world, headers: []string{"Cookie", "latchkey_session=" + in.Cookie.Reveal()}}
		}
		idle, busy := signIn(), signIn()
		began := d.clock.Now()
		d.clock.pass(12*time.Hour - time.Microsecond)
		if !busy.in() {
			t.Fatal("a session that was not used for less than 12 hours has ended")
		}
		d.clock.pass(time.Microsecond)
		if idle.in() || !busy.in() {
			t.Error("idle for 12 hours, it goes on")
		}
		for d.clock.Now().Add(11 * time.Hour).Before(began.Add(7 * 24 * time.Hour)) {
			d.clock.pass(11 * time.Hour)
			if !busy.in() {
				t.Fatalf("ended after %s", d.clock.Now().Sub(began))
			}
		}
		// Times are kept in microseconds.
		end := began.Truncate(time.Microsecond).Add(7 * 24 * time.Hour)
		d.clock.pass(end.Sub(d.clock.Now()) - time.Microsecond)
		if !busy.in() {
			t.Error("ended before its seven days")
		}
		d.clock.pass(time.Microsecond)
		if busy.in() {
			t.Error("after seven days it goes on")
		}

		link := func(path string, life time.Duration) {
			t.Helper()
			d.clock.pass(life - time.Microsecond)
			if a := d.send("GET", path, ""); a.status != http.StatusOK {
				t.Errorf("%s before its end: %d", path, a.status)
			}
			d.clock.pass(time.Microsecond)
			if a := d.send("GET", path, ""); a.status != http.StatusNotFound {
				t.Errorf("%s at its end: %d", path, a.status)
			}
		}
		link("/password/"+d.invite(d.dana), 24*time.Hour)

		a := d.send("POST", exchangePath, func() string {
			m := d.mint(combination{models.API, models.ClientCredentials}, 0)
			return credentials(m.Token.ID, m.Secret.Reveal())
		}())
		jwt, _ := a.fields(t)["accessToken"].(string)
		whole := d.clock.Now().Truncate(time.Second)
		if a.fields(t)["expiresIn"] != 3600.0 || a.fields(t)["expires"] != whole.Add(time.Hour).Format(http.TimeFormat) {
			t.Errorf("%s", a.body)
		}
		d.clock.pass(whole.Add(time.Hour).Sub(d.clock.Now()) - time.Microsecond)
		if a := d.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+jwt); a.status != http.StatusOK {
			t.Errorf("a JWT before its end: %d", a.status)
		}
		d.clock.pass(time.Microsecond)
		if a := d.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+jwt); a.status != http.StatusUnauthorized {
			t.Errorf("a JWT at its end: %d", a.status)
		}
	})
}

// P8: the set-up link is good for one hour, and a start makes a new one.
func TestP8_SetUpLinkEndsAfterAnHourAndAtTheNextStart(t *testing.T) {
	eachRaw(t, func(t *testing.T, w *world, _ *raw) {
		setup := func() string {
			code, needed, err := w.signin.EnsureSetupLink(t.Context())
			w.must(err)
			if !needed {
				t.Fatal("no link")
			}
			return "/setup/" + code.Reveal()
		}
		status := func(path string) int { return w.send("GET", path, "").status }
		first := setup()
		second := setup()
		if status(first) != http.StatusNotFound || status(second) != http.StatusOK {
			t.Error("the link of an earlier start goes on")
		}
		w.clock.pass(time.Hour - time.Microsecond)
		if status(second) != http.StatusOK {
			t.Error("ended within its hour")
		}
		w.clock.pass(time.Microsecond)
		if status(second) != http.StatusNotFound {
			t.Error("after an hour it goes on")
		}
	})
}
