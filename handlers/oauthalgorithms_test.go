package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// onAlgorithms runs a test on both databases for each algorithm that OAuth's JWTs may be
// signed with, its keys known already.
func onAlgorithms(t *testing.T, algorithms []string, test func(t *testing.T, w *world, algorithm string)) {
	t.Helper()
	for _, algorithm := range algorithms {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				w.algorithm = algorithm
				w.join()
				w.clock.pass(signing.PublishedFor + time.Second)
				test(t, w, algorithm)
			})
		})
	}
}

// Whatever algorithm OAuth's JWTs have, they are good everywhere, and the dialect's
// stay RS256. With RS256 one key signs both, and none passes for the other.
func TestOAuthToken_OfEveryAlgorithmIsGoodEverywhere(t *testing.T) {
	t.Parallel()
	onAlgorithms(t, []string{"RS256", "EdDSA"}, func(t *testing.T, w *world, algorithm string) {
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		jwt, dialect := w.granted(m), w.exchange(m)
		if head := unpacked(t, jwt, 0); head["alg"] != algorithm || head["typ"] != "at+jwt" {
			t.Errorf("header %v", head)
		}
		if head := unpacked(t, dialect, 0); head["alg"] != "RS256" || head["typ"] != "JWT" {
			t.Errorf("the dialect's header %v", head)
		}
		vendor := w.vendorBasic()
		for _, good := range []string{jwt, dialect} {
			if a := w.bearer(good); a.status != http.StatusOK {
				t.Errorf("%d %s", a.status, a.body)
			}
			if a := w.introspect(good, vendor); a.fields(t)["active"] != true {
				t.Errorf("introspected as %s", a.body)
			}
			if a := w.send(http.MethodGet, "/v1/whoami", "", "X-API-KEY", good); a.status != http.StatusUnauthorized {
				t.Errorf("as a key: %d", a.status)
			}
		}
		for name, bad := range w.misissued(t, unpacked(t, jwt, 1)) {
			if a := w.bearer(bad); a.status != http.StatusUnauthorized {
				t.Errorf("%s: %d", name, a.status)
			}
		}
		w.revoke(jwt, vendor)
		w.inactive("revoked", jwt, vendor)
	})
}
