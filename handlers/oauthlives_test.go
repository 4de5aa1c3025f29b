package handlers_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// The environment says how long JWTs live, those of OAuth as those of the dialect.
func TestOAuthToken_LivesAsLongAsTheEnvironmentSays(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		before := w.granted(m)
		if a := newBench(w).byKey().call("POST", configurationPath, `{"defaultTokenExpiration":300}`); a.status != http.StatusCreated {
			l.t.Fatalf("%d %s", a.status, a.body)
		}
		got := w.grant(m).fields(l.t)
		jwt, _ := got["access_token"].(string)
		claims := unpacked(l.t, jwt, 1)
		if now := float64(w.clock.Now().Unix()); got["expires_in"] != 300.0 || claims["iat"] != now || claims["exp"] != now+300 {
			l.t.Errorf("for %v seconds: %v", got["expires_in"], claims)
		}
		w.clock.pass(5 * time.Minute)
		if a := w.bearer(jwt); a.status != http.StatusUnauthorized {
			l.t.Errorf("after its end: %d", a.status)
		}
		if a := w.bearer(before); a.status != http.StatusOK {
			l.t.Errorf("one that was made before: %d %s", a.status, a.body)
		}
	})
}

// What has ended by itself is not ended again: whoever asks is told 200, and nothing is
// written that would have to be kept.
func TestRevocation_OfAJWTThatExpiredIsDoneAndWritesNothing(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		ended := []string{w.granted(m), w.exchange(m)}
		vendor := w.vendorBasic()
		w.clock.pass(time.Hour)
		w.revoke("x", vendor) // its key's first use is written
		before := l.rows()
		for _, jwt := range ended {
			for _, who := range []string{clientBasic(m.Token.ID, m.Secret.Reveal()), vendor} {
				w.revoke(jwt, who)
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("it wrote:\n%s", changed)
		}
	})
}
