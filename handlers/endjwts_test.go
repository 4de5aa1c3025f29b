package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// What ends the JWTs of a client leaves the client and its next ones alone, also in
// the same second.
func TestEndJWTs_EndsThoseBeforeAndNoLaterOnes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m, other := w.mint(combination{models.API, models.ClientCredentials}, 0), w.mint(combination{models.API, models.ClientCredentials}, 0)
		before := []string{w.granted(m), w.exchange(m)}
		bystander := w.granted(other)
		w.news()
		_, err := w.tokens.EndJWTs(t.Context(), callerOf(w.dana), models.API, m.Token.ID)
		w.must(err)
		if events := w.news(); len(events) != 1 || events[0].Action != models.JWTsEnded || events[0].TargetID != m.Token.ID {
			t.Errorf("events %+v", events)
		}
		after := []string{w.granted(m), w.exchange(m)}
		for i := range before {
			if a := w.bearer(before[i]); a.status != http.StatusUnauthorized {
				t.Errorf("one from before is answered %d", a.status)
			}
			w.inactive("one from before", before[i], w.vendorBasic())
			if a := w.bearer(after[i]); a.status != http.StatusOK {
				t.Errorf("one from after is answered %d", a.status)
			}
		}
		// Again in the same second: one that was made in between is from before, too.
		_, err = w.tokens.EndJWTs(t.Context(), callerOf(w.dana), models.API, m.Token.ID)
		w.must(err)
		for _, jwt := range after {
			if a := w.bearer(jwt); a.status != http.StatusUnauthorized {
				t.Errorf("one from between is answered %d", a.status)
			}
		}
		if a := w.bearer(w.granted(m)); a.status != http.StatusOK {
			t.Errorf("one from after both is answered %d", a.status)
		}
		if a := w.bearer(bystander); a.status != http.StatusOK {
			t.Errorf("another client's is answered %d", a.status)
		}
	})
}

// However often they are ended in one second, each JWT that is given is good: while none
// would be, the client is asked to come again.
func TestEndJWTs_ManyTimesAtOnceGivesNoJWTThatIsNotGood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		given, asked := 0, 0
		for range 60 {
			_, err := w.tokens.EndJWTs(t.Context(), callerOf(w.dana), models.API, m.Token.ID)
			w.must(err)
			a := w.grant(m)
			if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "" && a.fields(t)["error"] == "temporarily_unavailable" {
				asked++
				continue
			}
			given++
			if jwt, _ := a.fields(t)["access_token"].(string); a.status != http.StatusOK || w.bearer(jwt).status != http.StatusOK {
				t.Fatalf("the JWT after %d is not good: %d %s", given, a.status, a.body)
			}
		}
		if given < 30 || asked == 0 {
			t.Errorf("%d JWTs were given, %d times it asked to come again", given, asked)
		}
		if a := w.send(http.MethodPost, exchangePath, credentials(m.Token.ID, m.Secret.Reveal())); a.status != http.StatusServiceUnavailable {
			t.Errorf("the exchange is answered %d %s", a.status, a.body)
		}
		w.clock.pass(time.Minute)
		if a := w.bearer(w.granted(m)); a.status != http.StatusOK {
			t.Errorf("a minute later one is answered %d", a.status)
		}
	})
}
