package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

const portalLinksPath = "/v1/portal-links"

// handOver gives the code of a link that lets the member in.
func (w *world) handOver(m models.Member) string {
	w.t.Helper()
	caller := models.Caller{Kind: models.Vendor, KeyID: w.vendorKey().Key.ID}
	code, _, err := w.signin.NewPortalLink(w.t.Context(), caller, m, "/workspace/tokens")
	w.must(err)
	return code.Reveal()
}

// link makes a portal link over the API and gives its path.
func (p program) link(body string) string {
	p.t.Helper()
	a := p.call("POST", portalLinksPath, body)
	address, _ := a.fields(p.t)["url"].(string)
	path, ours := strings.CutPrefix(address, publicURL)
	if a.status != http.StatusCreated || !ours {
		p.t.Fatalf("%d %s", a.status, a.body)
	}
	return path
}

func (b *bench) asksFor(user, page string) string {
	return fmt.Sprintf(`{"tenant":%q,"user":%q,"page":%q}`, b.acme.ID, user, page)
}

// A person who is signed in to the vendor's app comes to the portal's own page with
// one click, or with none where there is script, and is in the log with their name.
func TestPortalLinks_OpenThePortalAsThePerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.byKey()
		for _, row := range []struct{ user, page, leads string }{
			{b.dana.UserID, "api-tokens", "/workspace/tokens"},
			{"Dana@Acme.example", "/account/tokens", "/account/tokens"},
			{b.dana.UserID, "personal-tokens", "/account/tokens"},
			{b.dana.UserID, "security", "/account/security"},
			{b.dana.UserID, "token-policy", "/workspace/security"},
			{b.dana.UserID, "", "/"},
		} {
			b.news()
			made := p.with("User-Agent", agent).call("POST", portalLinksPath, b.asksFor(row.user, row.page))
			hasKeys(t, "a link", made.fields(t), []string{"expires_at", "url"})
			if made.status != http.StatusCreated || made.header.Get("Cache-Control") != "no-store" || made.fields(t)["expires_at"] != "2026-11-23T20:01:00.5Z" {
				t.Fatalf("%d %s", made.status, made.body)
			}
			path := strings.TrimPrefix(made.fields(t)["url"].(string), publicURL)
			if events := b.news(); len(events) != 1 || events[0].Action != models.PortalLinkCreated || events[0].ActorKind != models.Vendor || events[0].TargetID != b.dana.UserID || events[0].TenantID != b.acme.ID {
				t.Errorf("left %+v", events)
			}
			visitor := b.browser()
			visitor.open(path)
			visitor.says(http.StatusOK, "You continue as", "dana@acme.example", "Acme")
			if !strings.Contains(visitor.page.body, "data-at-once") || visitor.page.header.Get("Referrer-Policy") != "same-origin" || visitor.cookies["latchkey_session"] != "" {
				t.Errorf("%v %s", visitor.page.header, visitor.page.body)
			}
			a := visitor.submit("")
			if a.status != http.StatusSeeOther || a.header.Get("Location") != row.leads || visitor.page.status != http.StatusOK || visitor.cookies["latchkey_session"] == "" {
				t.Errorf("%s: %d %s, then %d", row.page, a.status, a.header.Get("Location"), visitor.page.status)
			}
			events := b.news()
			if len(events) != 2 || events[0].Action != models.PortalLinkUsed || events[1].Action != models.SignedIn {
				t.Fatalf("left %+v", events)
			}
			for _, e := range events {
				if e.ActorKind != models.Person || e.ActorID != b.dana.UserID || e.TenantID != b.acme.ID || e.IP != "192.0.2.1" || e.RequestID != a.header.Get("X-Request-Id") {
					t.Errorf("left %+v", e)
				}
			}
			if strings.Contains(b.log.String(), path) {
				t.Error("the log holds the address")
			}
		}
	})
}

// Programs that follow links ahead of people spend none, however often they look;
// of fifty who go on at once one comes in.
func TestPortalLinks_LookingSpendsNothingAndOneGoesOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		path := b.byKey().link(b.asksFor(b.dana.UserID, "api-tokens"))
		for _, method := range []string{"HEAD", "GET", "GET"} {
			if a := b.send(method, path, "", "Purpose", "prefetch"); a.status != http.StatusOK {
				t.Errorf("%s: %d", method, a.status)
			}
		}
		visitors := make([]*browser, 50)
		bodies := make([]string, len(visitors))
		for i := range visitors {
			visitors[i] = b.browser()
			visitors[i].open(path)
			_, fields := visitors[i].form("")
			bodies[i] = fields.Encode()
		}
		var in, ended atomic.Int64
		var all sync.WaitGroup
		for i, visitor := range visitors {
			all.Go(func() {
				switch a := visitor.request(http.MethodPost, path, bodies[i]); a.status {
				case http.StatusSeeOther:
					in.Add(1)
				case http.StatusNotFound:
					ended.Add(1)
				default:
					t.Errorf("%d %s", a.status, a.body)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 || ended.Load() != 49 {
			t.Errorf("%d came in, %d did not", in.Load(), ended.Load())
		}
	})
}

// Whatever a link opens nothing for, its page is the same, for whoever looks and
// for whoever goes on.
func TestPortalLinks_ThatOpenNothingAreAlike(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.byKey()
		token := b.browser()
		token.open("/sign-in")
		_, fields := token.form("")
		pages := map[string]bool{}
		refused := func(name, path string) {
			t.Helper()
			for method, body := range map[string]string{http.MethodGet: "", http.MethodPost: fields.Encode()} {
				a := token.request(method, path, body)
				speaks(t, name, a, "link.ended.portal")
				pages[a.bare()] = true
				if a.status != http.StatusNotFound || token.cookies["latchkey_session"] != "" {
					t.Errorf("%s, %s: %d", method, name, a.status)
				}
			}
		}
		used := p.link(b.asksFor(b.dana.UserID, ""))
		visitor := b.browser()
		visitor.open(used)
		visitor.submit("")
		refused("used", used)
		refused("unknown", "/portal-link/"+models.NewOpaque().Reveal())
		refused("of another sort", "/portal-link/"+b.invite(b.dana))
		refused("garbage", "/portal-link/x")
		expired := p.link(b.asksFor(b.dana.UserID, ""))
		b.clock.pass(time.Minute)
		refused("expired", expired)
		disabled := p.link(b.asksFor(b.cole.UserID, ""))
		b.must(b.accounts.DisableMember(t.Context(), system(), b.acme.ID, b.cole.UserID))
		refused("of somebody disabled meanwhile", disabled)
		key := b.vendorKey()
		ofKey := program{b, []string{"Authorization", "Bearer " + b.vendorJWT(key)}}.link(b.asksFor(b.dana.UserID, ""))
		_, err := b.vendors.Revoke(t.Context(), system(), key.Key.ID)
		b.must(err)
		refused("of a key that was revoked", ofKey)
		if len(pages) != 1 {
			t.Errorf("%d pages", len(pages))
		}
	})
}

// Whoever gets a link from a stranger sees as whom they would go on, and does
// nothing without being asked.
func TestPortalLinks_AskWhereSomebodyElseIsSignedIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		browser := b.as(b.cole)
		path := b.byKey().link(b.asksFor(b.dana.UserID, "security"))
		browser.open(path)
		browser.says(http.StatusOK, "This browser is signed in as", "cole@acme.example", "dana@acme.example")
		if strings.Contains(browser.page.body, "data-at-once") {
			t.Error("it does not ask")
		}
		browser.submit("")
		browser.says(http.StatusOK)
		if !strings.Contains(browser.page.body, "dana@acme.example") || strings.Contains(browser.page.body, "cole@acme.example") {
			t.Error("it is another who is signed in")
		}
		// A form of another site's goes nowhere.
		path = b.byKey().link(b.asksFor(b.dana.UserID, ""))
		for name, a := range map[string]answer{
			"without a token": browser.request(http.MethodPost, path, ""),
			"across sites":    browser.request(http.MethodPost, path, "", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"),
		} {
			if a.status != http.StatusForbidden {
				t.Errorf("%s: %d", name, a.status)
			}
		}
	})
}

// The vendor's key itself will do, in HTTP Basic, as everywhere in our own API; no
// person and no token of a customer's does.
func TestPortalLinks_AreMadeByTheVendorAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	b := newBench(w)
	key := b.vendorKey()
	program{b, []string{"Authorization", basic(key.ClientID, key.Secret.Reveal())}}.link(b.asksFor(b.dana.UserID, ""))
	if a := b.comes(b.dana).call("POST", portalLinksPath, b.asksFor(b.dana.UserID, "")); a.status != http.StatusForbidden {
		t.Errorf("a person: %d %s", a.status, a.body)
	}
	strangers := b.strangers()
	delete(strangers, "two that differ") // the header of the dialect is none here
	refused := map[string]bool{}
	for name, headers := range strangers {
		a := b.send("POST", portalLinksPath, b.asksFor(b.dana.UserID, ""), headers...)
		refused[a.bare()] = true
		if a.status != http.StatusUnauthorized || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if len(refused) != 1 {
		t.Errorf("strangers are told apart: %v", refused)
	}
}

// P12: when it can't be told, nobody comes in and the link is not spent for nothing.
func TestPortalLinks_LetNobodyInWhenLatchkeyCantTell(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.byKey()
		for passed := 0; ; passed++ {
			happened := storetest.FailAfter(s, passed, errGone)
			a := p.call("POST", portalLinksPath, b.asksFor(b.dana.UserID, ""))
			if !happened() {
				storetest.FailNext(s, nil)
				break
			}
			if a.status < http.StatusInternalServerError || strings.Contains(a.text(), "gone") {
				t.Errorf("made with read or write %d failing: %d %s", passed, a.status, a.body)
			}
		}
		path := p.link(b.asksFor(b.dana.UserID, ""))
		visitor := b.browser()
		visitor.open(path)
		_, fields := visitor.form("")
		for passed := 0; ; passed++ {
			happened := storetest.FailAfter(s, passed, errGone)
			a := visitor.request(http.MethodPost, path, fields.Encode())
			if !happened() {
				storetest.FailNext(s, nil)
				if a.status != http.StatusSeeOther || passed == 0 {
					t.Errorf("%d after %d reads and writes", a.status, passed)
				}
				break
			}
			if a.status != http.StatusServiceUnavailable || visitor.cookies["latchkey_session"] != "" {
				t.Errorf("used with read or write %d failing: %d", passed, a.status)
			}
		}
	})
}

// An app may take an account's admin at their word for an e-mail address. What that
// opens is this account, whoever the address belongs to.
func TestPortalLinks_OpenNoOtherAccountOfThePerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		path := b.byKey().link(fmt.Sprintf(`{"tenant":%q,"user":"hank@globex.example","provision":true,"name":"Mallory","roles":["Admin"]}`, b.acme.ID))
		visitor := b.browser()
		visitor.open(path)
		visitor.submit("")
		if visitor.open("/workspace/tokens"); visitor.page.status != http.StatusOK || strings.Contains(visitor.page.body, b.globex.ID) {
			t.Fatalf("%d %s", visitor.page.status, visitor.page.body)
		}
		b.news()
		_, fields := visitor.form("aside")
		fields.Set("tenant", b.globex.ID)
		if a := visitor.request(http.MethodPost, "/account/switch", fields.Encode()); a.status != http.StatusNotFound {
			t.Errorf("switched to another account: %d", a.status)
		}
		if events := b.news(); len(events) != 1 || events[0].Action != models.AccountSwitched || events[0].Outcome != models.Refused {
			t.Errorf("left %+v", events)
		}
		visitor.open("/workspace/tokens")
		visitor.says(http.StatusOK, "Acme")
	})
}
