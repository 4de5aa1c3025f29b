package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// strangers are credentials that no route of the dialect's management takes.
func (b *bench) strangers() map[string][]string {
	b.t.Helper()
	ended := b.vendorKey()
	dead := b.vendorJWT(ended)
	_, err := b.vendors.Revoke(b.t.Context(), system(), ended.Key.ID)
	b.must(err)
	cookie, _ := b.visit(b.admin())
	key := b.mint(combination{models.API, models.AccessToken}, 0).Secret.Reveal()
	jwt := b.exchange(b.credentials())
	good := b.vendorToken()
	return map[string][]string{
		"nobody":                   nil,
		"a session of the portal":  cookie,
		"garbage":                  {"Authorization", "Bearer x"},
		"a JWT of nobody's":        {"X-Access-Token", "eyJhbGciOiJub25lIn0.e30."},
		"a JWT without its end":    {"X-Access-Token", good[:len(good)-4]},
		"a revoked key's JWT":      {"X-Access-Token", dead},
		"an access token":          {"Authorization", "Bearer " + key},
		"an access token, as such": {"X-API-KEY", key},
		"an exchanged JWT":         {"Authorization", "Bearer " + jwt},
		"a vendor key itself":      {"Authorization", "Bearer " + ended.Secret.Reveal()},
		"two that differ":          {"Authorization", "Bearer " + good, "X-Access-Token", dead},
		"one that is there twice":  {"X-Access-Token", good, "X-Access-Token", good},
		"Basic":                    {"Authorization", "Basic eDp5"},
	}
}

// Whoever shows nothing that counts is answered alike at every route for programs,
// before an id is looked up, and changes nothing.
func TestPrograms_StrangersAreRefusedAlikeEverywhere(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		strangers := b.strangers()
		paths := map[string]string{}
		for _, d := range programDoors() {
			paths[d.name()] = d.open(b).path
		}
		before := l.rows()
		b.news()
		for _, r := range w.server.Routes() {
			if !r.Access.ForPrograms() || r.Format != web.Frontegg {
				continue
			}
			path := paths[r.Method+" "+r.Path]
			if path == "" {
				path = address(r, b.dana.UserID)
			}
			first := ""
			for name, headers := range strangers {
				for _, at := range []string{path, address(r, models.NewID(b.clock.Now()))} {
					a := w.send(r.Method, at, "{}", append([]string{"Frontegg-Tenant-Id", b.acme.ID}, headers...)...)
					if first == "" {
						first = a.bare()
					}
					if a.status != http.StatusUnauthorized || a.bare() != first {
						l.t.Errorf("%s %s for %s: %d %s", r.Method, at, name, a.status, a.body)
					}
				}
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("strangers changed:\n%s", changed)
		}
		if events := b.news(); len(events) != 0 {
			l.t.Errorf("strangers left %+v", events)
		}
	})
}

// P11, of the vendor's programs: each change leaves an event in their name.
func TestPrograms_EachChangeIsWrittenDownInTheKeysName(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		for _, d := range programDoors() {
			e := d.open(b)
			headers, token := b.enter(e)
			b.news()
			a := b.pass(d, e, append(headers, "User-Agent", agent), token)
			events := b.news()
			if len(events) != 1 {
				l.t.Fatalf("%s left %+v", d.name(), events)
			}
			got := events[0]
			if got.ActorKind != models.Vendor || got.ActorID == "" || got.Outcome != models.Done || got.IP != "192.0.2.1" || got.UserAgent != agent || got.RequestID != a.header.Get("X-Request-Id") {
				l.t.Errorf("%s left %+v", d.name(), got)
			}
			if len(e.acting) > 0 && got.TenantID != b.acme.ID {
				l.t.Errorf("%s: the event is in the account %q", d.name(), got.TenantID)
			}
		}
	})
}

// P12, of programs: when it can't be told who asks, the answer is 503 everywhere,
// and a list that breaks off is never taken for a whole one.
func TestPrograms_NobodyIsLetInWhenLatchkeyCantTell(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		p := b.acts(models.Personal)
		before := l.rows()
		for _, r := range w.server.Routes() {
			if !r.Access.ForPrograms() || r.Format != web.Frontegg {
				continue
			}
			path := address(r, b.dana.UserID)
			storetest.FailNext(w.store, errGone)
			a := p.call(r.Method, path, "")
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || len(texts(a.fields(l.t)["errors"])) != 1 || strings.Contains(a.text(), "gone") {
				l.t.Errorf("%s %s: %d %s", r.Method, r.Path, a.status, a.body)
			}
			for passed := 1; r.Method == http.MethodGet; passed++ {
				happened := storetest.FailAfter(w.store, passed, errGone)
				a := p.call(r.Method, path, "")
				if !happened() {
					storetest.FailNext(w.store, nil)
					break
				}
				if a.status < http.StatusInternalServerError || strings.Contains(a.text(), "gone") {
					l.t.Errorf("%s with read %d failing: %d %s", r.Path, passed, a.status, a.body)
				}
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("something was changed:\n%s", changed)
		}
	})
}

// GET and DELETE come with a Content-Type and no body; a good vendor gets an
// answer in the dialect at every route, with the ids of others too.
func TestPrograms_EveryAnswerIsOfTheDialect(t *testing.T) {
	t.Parallel()
	onLedger(t, false, func(w *world, l *ledger) {
		b := newBench(w)
		p := b.acts(models.Personal)
		for _, r := range w.server.Routes() {
			if !r.Access.ForPrograms() || r.Format != web.Frontegg {
				continue
			}
			for _, id := range []string{b.hank.UserID, "x", "%00", "%ff", "..%2f..", strings.Repeat("a", 3000)} {
				a := p.call(r.Method, address(r, id), "")
				if a.status >= http.StatusInternalServerError || a.status >= 300 && a.status < 400 {
					l.t.Errorf("%s %s with %.20s: %d", r.Method, r.Path, id, a.status)
				}
				if a.status >= 400 && len(texts(a.fields(l.t)["errors"])) != 1 {
					l.t.Errorf("%s %s with %.20s: %d %s", r.Method, r.Path, id, a.status, a.body)
				}
			}
		}
	})
}
