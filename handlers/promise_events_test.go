package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// realAddress fills the parameters of a pattern with ids that exist.
func realAddress(w *world, pattern, tokenID string) string {
	id := tokenID
	switch {
	case strings.HasPrefix(pattern, "/console/accounts"):
		id = w.acme.ID
	case strings.HasPrefix(pattern, "/console/roles"):
		id = w.roles["Editor"]
	}
	return parameter.ReplaceAllString(strings.ReplaceAll(pattern, ":userId", w.dana.UserID), id)
}

// since are the events after a number.
func (w *world) since(number int64) []models.Event {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), number, 50)
	w.must(err)
	return events
}

// errands runs a test at every door but those of programs, on both databases.
func errands(t *testing.T, test func(b *bench, d door, r web.Route)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		for _, d := range doors() {
			i := slices.IndexFunc(b.server.Routes(), func(r web.Route) bool { return r.Method+" "+r.Path == d.name() })
			if r := b.server.Routes()[i]; !unguarded(r) && !r.Access.ForPrograms() {
				test(b, d, r)
			}
		}
	})
}

// P11: each change and each sign-in leaves events with everything in them.
func TestP11_EachChangeLeavesItsEvents(t *testing.T) {
	errands(t, func(b *bench, d door, r web.Route) {
		e := d.open(b)
		headers, token := b.enter(e)
		before := b.lastEvent()
		a := b.pass(d, e, append(headers, "User-Agent", agent), token)
		events := b.since(before)
		if d.looks != (len(events) == 0) {
			b.t.Errorf("POST %s left %d events", d.route, len(events))
		}
		if d.looks {
			return
		}
		for i, got := range events {
			switch {
			case got.Number != before+1+int64(i), got.Outcome != models.Done, got.Action == "",
				got.IP != "192.0.2.1", got.UserAgent != agent, got.RequestID != a.header.Get("X-Request-Id"),
				!got.At.Equal(models.Stamp(b.clock.Now())), got.TargetKind == "", got.ActorKind != models.Person, got.ActorID == "":
				b.t.Errorf("POST %s left %+v", d.route, got)
			case e.who.userID != "" && got.ActorID != e.who.userID:
				b.t.Errorf("POST %s: the actor is %s", d.route, got.ActorID)
			case e.who.tenantID != "" && d.route != "/account/switch" && got.TenantID != e.who.tenantID,
				strings.HasPrefix(d.route, "/console/accounts/:id") && got.Action != models.UserCreated && !strings.Contains(d.route, "everywhere") &&
					!strings.HasSuffix(d.route, ":userId/delete") && !strings.Contains(e.path, "/"+got.TenantID):
				b.t.Errorf("POST %s: %s is in the account %q", d.route, got.Action, got.TenantID)
			}
			if got.TargetID == "" && got.Action != models.SettingsUpdated {
				b.t.Errorf("POST %s: %s is about nothing", d.route, got.Action)
			}
		}
		if r.Action != "" && !slices.ContainsFunc(events, func(got models.Event) bool { return got.Action == r.Action }) {
			b.t.Errorf("POST %s left no %s", d.route, r.Action)
		}
	})
}

// P11: a change that is refused to somebody known leaves one event, too.
func TestP11_EachRefusedChangeLeavesOneEvent(t *testing.T) {
	errands(t, func(b *bench, d door, r web.Route) {
		if r.Access == web.Public {
			return
		}
		e := d.open(b)
		headers, token := b.enter(e)
		for reason, send := range map[string]func() answer{
			"csrf": func() answer { return b.send(http.MethodPost, e.path, e.form.Encode(), headers...) },
			"cross_origin": func() answer {
				return b.send(http.MethodPost, e.path, d.body(e, token), append(headers, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")...)
			},
		} {
			before := b.lastEvent()
			a := send()
			events := b.since(before)
			if a.status != http.StatusForbidden || len(events) != 1 {
				b.t.Errorf("POST %s (%s): %d, events %+v", d.route, reason, a.status, events)
				continue
			}
			if got := events[0]; got.Outcome != models.Refused || got.Reason != reason || got.Action != r.Action || got.ActorID != e.who.userID || got.RequestID != a.header.Get("X-Request-Id") || got.IP == "" {
				b.t.Errorf("POST %s (%s): %+v", d.route, reason, got)
			}
		}
	})
}

// P12: whichever read or write of a change fails, the answer is an error and nothing was
// changed, or the change was made and the answer says so.
func TestP12_AChangeIsMadeWholeOrNotAtAll(t *testing.T) {
	errands(t, func(b *bench, d door, _ web.Route) {
		for passed := 0; ; passed++ {
			e := d.open(b)
			headers, token := b.enter(e)
			before := b.lastEvent()
			happened := storetest.FailAfter(b.store, passed, errGone)
			a := b.send(http.MethodPost, e.path, d.body(e, token), headers...)
			if !happened() {
				storetest.FailNext(b.store, nil)
				if a.status != d.done {
					b.t.Errorf("POST %s: %d", d.route, a.status)
				}
				return
			}
			done := slices.ContainsFunc(b.since(before), func(got models.Event) bool { return got.Outcome == models.Done })
			if done != (a.status == d.done) || !done && a.status < http.StatusInternalServerError {
				b.t.Errorf("POST %s with read or write %d failing: %d, changed is %v", d.route, passed, a.status, done)
			}
			if strings.Contains(a.text(), "gone") && !strings.Contains(a.body, "gone meanwhile") {
				b.t.Errorf("POST %s tells the cause", d.route)
			}
			if d.route == "/setup/:code" && done {
				return // there is an operator now
			}
		}
	})
}
