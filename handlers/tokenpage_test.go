package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	view "github.com/latchkey-dev/latchkey/views/portal"
)

// eachPlace runs a test as dana over both lists and both kinds, on both databases.
func eachPlace(t *testing.T, test func(w *world, b *browser, p place, kind models.Kind)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.as(w.dana)
		for _, p := range places() {
			for _, kind := range []models.Kind{models.AccessToken, models.ClientCredentials} {
				test(w, b, p, kind)
			}
		}
	})
}

// minted is a token made by the form, and the address of its page.
func (b *browser) minted(p place, kind models.Kind, more ...string) (m tokens.Minted, page string) {
	b.t.Helper()
	b.clock.pass(time.Second) // so that it is the newest
	b.must(b.accounts.SetTenantM2M(b.t.Context(), system(), b.acme.ID, models.Inherited, kind))
	b.open(p.path + "/new")
	b.submit("", append(b.filled(p, "CI pipeline"), more...)...)
	if b.page.status != http.StatusCreated {
		b.t.Fatalf("%d: %s", b.page.status, b.mainText())
	}
	m.Token, m.Secret = b.listed(p.context)[0], models.NewSecret(keyIn.FindString(b.page.body))
	return m, p.path + "/" + m.Token.ID
}

// works fails the test unless the token's secret is let in, or refused, as wanted.
func (b *browser) works(m tokens.Minted, want bool) {
	b.t.Helper()
	status := http.StatusUnauthorized
	if want {
		status = http.StatusOK
	}
	b.tryOut(m.Token.Kind, m.Secret.Reveal(), m.Token.ID, status)
}

// used calls with the token, from an address and with a program, and waits until the
// use is written.
func (b *browser) used(m tokens.Minted, address, agent string) {
	b.t.Helper()
	from := []string{"X-Forwarded-For", address, "User-Agent", agent}
	proxy := func(a answer) answer {
		if a.status != http.StatusOK {
			b.t.Fatalf("a call from %s: %d %s", address, a.status, a.body)
		}
		return a
	}
	if m.Token.Kind == models.AccessToken {
		proxy(b.sendFrom("10.0.0.1:4711", http.MethodGet, "/v1/whoami", "", append(from, "X-API-KEY", m.Secret.Reveal())...))
	} else {
		proxy(b.sendFrom("10.0.0.1:4711", http.MethodPost, exchangePath, credentials(m.Token.ID, m.Secret.Reveal()), from...))
	}
	b.must(b.tokens.Flush(b.t.Context()))
}

func TestTokenPage_ShowsWhatThereIsToKnow(t *testing.T) {
	eachPlace(t, func(w *world, b *browser, p place, kind models.Kind) {
		m, page := b.minted(p, kind, "contact", w.dana.UserID, "addresses", "203.0.113.0/24\r\n2001:db8:0::1", "metadata", `{"team": "platform"}`)
		b.used(m, "203.0.113.9", "deployer/4.2")
		w.clock.pass(3 * time.Minute)
		b.open(page)
		b.says(http.StatusOK, "CI pipeline", "Active", m.Token.ID, m.Token.Prefix+"_…"+m.Token.LastFour, "3 months", "3 minutes ago", "203.0.113.9", "deployer/4.2",
			"203.0.113.0/24", "2001:db8::1", `"team": "platform"`, "Dana generated it", "192.0.2.1", "Contact", "dana@acme.example", "Editor", "reports.read,", "reports.write")
		if p.context == models.Personal {
			b.says(http.StatusOK, "You, on Acme", "Your roles, now", "Admin", "fe.secure.*")
		}
		header := "X-API-KEY: $TOKEN"
		if kind == models.ClientCredentials {
			header = "Authorization: Bearer $TOKEN"
		}
		b.says(http.StatusOK, header)
		if keyIn.MatchString(b.page.body) {
			w.t.Error("the page shows a secret")
		}
		b.open(p.path)
		if n := b.doc().Find(`tbody a[href="` + page + `"]`).Length(); n != 1 {
			w.t.Errorf("%d ways from the list to the page", n)
		}
	})
}

func TestTokenPage_EditsWhatCanBeEdited(t *testing.T) {
	eachPlace(t, func(w *world, b *browser, p place, kind models.Kind) {
		m, page := b.minted(p, kind)
		b.open(page)
		b.follows("Edit")
		a := b.submit("", "description", "Deploys", "contact", w.dana.UserID, "addresses", " 203.0.113.7,2001:db8::/32 ", "metadata", "{ \"a\": 1.50 }")
		if a.status != http.StatusSeeOther || a.header.Get("Location") != page {
			w.t.Fatalf("%d %v %s", a.status, a.header, b.mainText())
		}
		b.says(http.StatusOK, "Deploys was saved.", "203.0.113.7", "2001:db8::/32", `"a": 1.50`, "Dana edited the allowed addresses, the contact, the description and the metadata")
		b.works(m, false)
		b.open(page + "/edit")
		_, fields := b.form("")
		if fields.Get("addresses") != "203.0.113.7\n2001:db8::/32" || fields.Get("metadata") != "{\n  \"a\": 1.50\n}" || fields.Get("contact") != w.dana.UserID {
			w.t.Errorf("the form comes back as %v", fields)
		}
		b.submit("", "description", " ")
		b.says(http.StatusUnprocessableEntity, "Description is required")
		b.submit("", "description", "CI", "contact", w.globex.ID, "addresses", "10.1.2.3/8", "metadata", "[]")
		b.says(http.StatusUnprocessableEntity, "3 things need your attention", "Did you mean 10.0.0.0/8?", "Write one JSON object", "no longer in the account")
		if _, kept := b.form(""); kept.Get("addresses") != "10.1.2.3/8" || kept.Get("metadata") != "[]" {
			w.t.Errorf("what was typed is lost: %v", kept)
		}
		b.open(page + "/edit")
		b.submit("", "contact", "", "addresses", "", "metadata", "")
		b.says(http.StatusOK, "Anywhere")
		b.works(m, true)
	})
}

func TestTokenPage_AFormThatWasOpenedBeforeChangesOnlyWhatItsPersonChanged(t *testing.T) {
	eachPlace(t, func(w *world, b *browser, p place, kind models.Kind) {
		_, page := b.minted(p, kind)
		b.open(page + "/edit")
		action, stale := b.form("")
		b.submit("", "addresses", "203.0.113.7\n2001:db8::/32", "metadata", `{"a":1}`)
		stale.Set("description", "Deploys")
		if a := b.request(http.MethodPost, action, stale.Encode()); a.status != http.StatusSeeOther {
			w.t.Fatalf("%d %s", a.status, a.body)
		}
		b.open(page + "/edit")
		_, fields := b.form("")
		if fields.Get("description") != "Deploys" || fields.Get("addresses") != "203.0.113.7\n2001:db8::/32" || fields.Get("metadata") != "{\n  \"a\": 1\n}" {
			w.t.Errorf("the token has %v", fields)
		}
		fields.Set("addresses", "203.0.113.7\r\n2001:db8::/32") // as browsers send lines
		fields.Set("description", " ")
		if a := b.request(http.MethodPost, action, fields.Encode()); a.status != http.StatusUnprocessableEntity {
			w.t.Fatalf("%d %s", a.status, a.body)
		}
		fields.Set("description", "Deploys")
		if a := b.request(http.MethodPost, action, fields.Encode()); a.status != http.StatusSeeOther {
			w.t.Fatalf("%d %s", a.status, a.body)
		}
	})
}

// follows goes where a link or button of the page's main part leads.
func (b *browser) follows(text string) {
	b.t.Helper()
	href := b.doc().Find(`main a:contains("`+text+`")`).First().AttrOr("href", "")
	if href == "" {
		b.t.Fatalf("no way to %q: %s", text, b.mainText())
	}
	b.open(href)
}

func TestTokenPage_RotatesWithOverlapAndEndsTheOld(t *testing.T) {
	eachPlace(t, func(w *world, b *browser, p place, kind models.Kind) {
		old, page := b.minted(p, kind)
		b.used(old, "203.0.113.9", "deployer/4.1")
		b.open(page)
		b.follows("Rotate")
		b.says(http.StatusOK, "In use: last used just now from 203.0.113.9", "deployer/4.1", "In 24 hours")
		action, fields := b.form("")
		a := b.submit("", "overlap", "168", "silence", "24")
		if a.status != http.StatusCreated || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Encoding") != "" {
			w.t.Fatalf("%d %v", a.status, a.header)
		}
		next := tokens.Minted{Token: old.Token, Secret: models.NewSecret(keyIn.FindString(a.body))}
		b.says(http.StatusCreated, "Your new secret", "The old one works until 30 November 2026 at 20:", "silent for 1 day", "Copy and save")
		b.works(old, true)
		b.works(next, true)
		b.used(next, "203.0.113.10", "deployer/4.2")

		b.page = b.request(http.MethodPost, action, fields.Encode())
		b.says(http.StatusConflict, "This rotation was already made", "can’t be shown again", "Open the token")
		if keyIn.MatchString(b.page.body) {
			w.t.Error("the secret is shown again")
		}
		b.open(page + "/rotate")
		b.says(http.StatusOK, "Rotation under way", "New secret", "Old secret", "203.0.113.9", "deployer/4.1", "203.0.113.10", "deployer/4.2", "or once silent for 1 day")
		b.follows("End the old now")
		b.says(http.StatusOK, "End the old secret of “CI pipeline” now?", "In use: last used", "203.0.113.9")
		if a := b.submit(""); a.status != http.StatusSeeOther || a.header.Get("Location") != page {
			w.t.Errorf("%d %v", a.status, a.header)
		}
		b.says(http.StatusOK, "What CI pipeline had before its rotation has ended.", "Dana ended the old secret", "Dana rotated the token")
		b.works(old, false)
		b.works(next, true)
		if b.open(page + "/rotate/end"); !strings.HasPrefix(b.title(), "CI pipeline") {
			w.t.Errorf("without a rotation there is %q", b.title())
		}
		w.must(w.tokens.Flush(w.t.Context()))
		b.open(page)
		b.says(http.StatusOK, "Refused in the last 7 days")
	})
}

func TestTokenPage_CancelsARotation(t *testing.T) {
	eachPlace(t, func(w *world, b *browser, p place, kind models.Kind) {
		old, page := b.minted(p, kind)
		b.open(page + "/rotate")
		a := b.submit("", "overlap", "1")
		next := tokens.Minted{Token: old.Token, Secret: models.NewSecret(keyIn.FindString(a.body))}
		b.open(page)
		b.follows("Cancel the rotation")
		b.says(http.StatusOK, "Cancel the rotation of “CI pipeline”?", "Never used")
		action, fields := b.form("")
		b.submit("")
		b.says(http.StatusOK, "What was in force before is so again.", "Dana cancelled the rotation")
		b.works(old, true)
		b.works(next, false)
		b.page = b.request(http.MethodPost, action, fields.Encode())
		b.says(http.StatusConflict, "This rotation is over", "Open the token")

		// Another rotation is not the one that somebody decided about.
		b.open(page + "/rotate")
		a = b.submit("", "overlap", "1")
		other := tokens.Minted{Token: old.Token, Secret: models.NewSecret(keyIn.FindString(a.body))}
		for _, act := range []string{"/rotate/cancel", "/rotate/end"} {
			b.page = b.request(http.MethodPost, page+act, fields.Encode())
			b.says(http.StatusConflict, "This rotation is over", "Nothing was changed")
		}
		b.works(old, true)
		b.works(other, true)
		b.open(page + "/rotate/cancel")
		b.submit("")

		// At once: nothing is left to end or cancel.
		b.open(page + "/rotate")
		b.submit("", "overlap", "0")
		b.says(http.StatusCreated, "The old one has ended.")
		b.works(old, false)
		if b.open(page); strings.Contains(b.mainText(), "Rotation under way") {
			w.t.Error("a rotation at once is under way")
		}
	})
}

func TestTokenPage_OfTwoRotationsOneWins(t *testing.T) {
	eachPlace(t, func(w *world, b *browser, p place, kind models.Kind) {
		m, page := b.minted(p, kind)
		var forms []url.Values
		for range 2 {
			b.open(page + "/rotate")
			_, fields := b.form("")
			forms = append(forms, fields)
		}
		if a := b.request(http.MethodPost, page+"/rotate", forms[0].Encode()); a.status != http.StatusCreated {
			w.t.Fatalf("%d", a.status)
		}
		b.page = b.request(http.MethodPost, page+"/rotate", forms[1].Encode())
		b.says(http.StatusConflict, "Somebody else was quicker")
		secrets, err := w.store.TokenSecrets(w.t.Context(), m.Token.ID)
		if err != nil || len(secrets) != 2 {
			w.t.Errorf("%d secrets, %v", len(secrets), err)
		}
	})
}

func TestTokenPage_DisablesAndEnables(t *testing.T) {
	eachPlace(t, func(w *world, b *browser, p place, kind models.Kind) {
		m, page := b.minted(p, kind)
		b.open(page)
		b.follows("Disable")
		b.says(http.StatusOK, "Disable “CI pipeline”?", "Never used")
		b.submit("")
		b.says(http.StatusOK, "CI pipeline was disabled.", "Disabled just now by Dana", "Dana disabled it")
		b.works(m, false)
		if b.open(page + "/disable"); !strings.HasPrefix(b.title(), "CI pipeline") {
			w.t.Errorf("a disabled token is asked about: %q", b.title())
		}
		b.open(page)
		if a := b.submit("main header"); a.status != http.StatusSeeOther {
			w.t.Errorf("%d", a.status)
		}
		b.says(http.StatusOK, "CI pipeline was enabled.", "Active", "Dana enabled it")
		b.works(m, true)
	})
}

func TestTokenPage_EndsTheJWTsThatWereIssued(t *testing.T) {
	eachPlace(t, func(w *world, b *browser, p place, kind models.Kind) {
		m, page := b.minted(p, kind)
		b.open(page)
		if kind == models.AccessToken {
			if strings.Contains(b.mainText(), "End its JWTs") {
				w.t.Error("the JWTs of an access token are to be ended")
			}
			if b.open(page + "/end-jwts"); !strings.HasPrefix(b.title(), "CI pipeline") {
				w.t.Errorf("an access token is asked about: %q", b.title())
			}
			return
		}
		shown := func(jwt string) int { return w.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+jwt).status }
		jwt := w.exchange(m)
		if status := shown(jwt); status != http.StatusOK {
			w.t.Fatalf("a JWT answers %d", status)
		}
		b.follows("End its JWTs")
		b.says(http.StatusOK, "End the JWTs of “CI pipeline”?", "The credentials go on", "at most 1 hour from now")
		if status := shown(jwt); status != http.StatusOK {
			w.t.Errorf("asked about, a JWT answers %d", status)
		}
		b.submit("")
		b.says(http.StatusOK, "The JWTs of CI pipeline were ended.", "Active", "Dana ended all its JWTs")
		if status := shown(jwt); status != http.StatusUnauthorized {
			w.t.Errorf("an ended JWT answers %d", status)
		}
		w.clock.pass(time.Second)
		if status := shown(w.exchange(m)); status != http.StatusOK {
			w.t.Errorf("a JWT of after that answers %d", status)
		}
	})
}

func TestTokenPage_TestSaysWhetherItWorksOrWhyNot(t *testing.T) {
	eachPlace(t, func(w *world, b *browser, p place, kind models.Kind) {
		_, page := b.minted(p, kind, "expires", "7")
		before := w.done()
		test := func(says ...string) {
			w.t.Helper()
			b.open(page)
			if n := b.doc().Find(`main form[method="get"]`).Length(); n != 1 {
				w.t.Fatalf("%d tests", n)
			}
			b.open(page + "?check=1")
			b.says(http.StatusOK, append(says, "Test again")...)
		}
		works := "Works, acts as: Editor"
		if p.context == models.Personal {
			works = "Works, acts as you: Admin, Editor"
		}
		test(works)
		w.must(w.tokens.Flush(w.t.Context()))
		if b.open(page); w.done() != before || strings.Contains(b.mainText(), "Refused") || !strings.Contains(b.mainText(), "Never used") {
			w.t.Error("the test leaves a trace")
		}
		edit := func(values ...string) {
			b.open(page + "/edit")
			b.submit("", values...)
		}
		edit("addresses", "192.0.2.0/24")
		test(works, "It works from 192.0.2.0/24 only. Your own address, 192.0.2.1, is among them.")
		edit("addresses", "10.0.0.0/8 10.1.0.0/16 10.2.0.0/16 10.3.0.0/16")
		test(works, "10.2.0.0/16 and 1 more network only. From your own address, 192.0.2.1, it is refused.")
		w.must(w.accounts.SetTenantM2M(w.t.Context(), system(), w.acme.ID, models.Off, ""))
		test("Refused: M2M authentication is off for Acme.")
		w.must(w.accounts.SetTenantM2M(w.t.Context(), system(), w.acme.ID, models.Inherited, ""))
		b.open(page + "/disable")
		b.submit("")
		test("Refused: it is disabled. Enable it, and it works again.")
		w.clock.pass(8 * 24 * time.Hour)
		b.signIn(w.dana.User.Email, password)
		test("Refused: it expired yesterday", "generate another token")
		if b.open(page + "/rotate"); !strings.HasPrefix(b.title(), "CI pipeline") {
			w.t.Errorf("an expired token is to be rotated: %q", b.title())
		}
	})
}

func TestTokenPage_OffersWhatTheRightsAllow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	m := w.mint(combination{models.API, models.ClientCredentials}, 0)
	page := "/workspace/tokens/" + m.Token.ID
	vic := w.as(w.join1("vic@acme.example", w.acme.ID, "Viewer"))
	vic.open(page)
	vic.says(http.StatusOK, "test", m.Token.ID, "Last uses", "Events")
	if n := vic.doc().Find(`main form[method="post"], main a[href^="` + page + `"]`).Length(); n != 0 {
		t.Errorf("%d ways to change what a viewer may only read", n)
	}
	vic.open("/account/tokens")
	vic.open("/workspace/tokens/" + m.Token.ID + "/edit")
	vic.says(http.StatusForbidden, "You may not do this")
	for _, id := range w.foreignTokens() {
		for _, p := range places() {
			for _, act := range []string{"", "/edit", "/rotate", "/rotate/end", "/rotate/cancel", "/end-jwts", "/disable", "/delete"} {
				dana := w.as(w.dana)
				if dana.open(p.path + "/" + id + act); dana.page.status != http.StatusNotFound {
					t.Errorf("%s of another account: %d", act, dana.page.status)
				}
			}
		}
	}
}

// Whoever sees a secret has its rights: nobody rotates to more than they hold.
func TestTokenPage_RotatesNothingThatHoldsMoreThanThePerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.AccessToken}, 0)
		b := w.as(w.join1("eve@acme.example", w.acme.ID, "Admin")) // an admin without Editor's rights
		before := w.done()
		b.open("/workspace/tokens/" + m.Token.ID + "/rotate")
		b.submit("")
		b.says(http.StatusUnprocessableEntity, "It has rights that you don’t hold")
		if w.done() != before || keyIn.MatchString(b.page.body) {
			t.Error("the token was rotated")
		}
		b.open("/workspace/tokens/" + m.Token.ID)
		b.says(http.StatusOK, "tried to rotate the token and was refused")
	})
}

// A reason that the engine gives and the page does not know would be told as a word of
// ours.
func TestTokenPage_EveryReasonHasItsSentence(t *testing.T) {
	t.Parallel()
	for _, reason := range []tokens.Reason{
		tokens.Revoked, tokens.Expired, tokens.SecretEnded, tokens.TenantDisabled, tokens.UserGone, tokens.UserDisabled, tokens.M2MDisabled,
		tokens.Disabled, tokens.AddressNotAllowed, tokens.Policy,
	} {
		var page strings.Builder
		off := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
		in := view.TokenInput{Account: "Acme", Reason: string(reason), Checked: true, Now: off}
		in.DisabledAt, in.Refusals = &off, []models.Refusal{{Reason: string(reason), Count: 2}}
		err := view.TokenPage(view.Token(t.Context(), in)).Render(t.Context(), &page)
		if err != nil || !strings.Contains(page.String(), "Refused: ") || strings.Contains(page.String(), "no sentence here") || strings.Contains(page.String(), "</b> "+string(reason)) && reason != tokens.Revoked {
			t.Errorf("%s has no sentence: %v", reason, err)
		}
	}
}
