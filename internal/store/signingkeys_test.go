package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func signingKey(id string, at time.Time) models.SigningKey {
	return models.SigningKey{ID: id, Algorithm: "RS256", State: models.KeyActive, Public: []byte("{}"), Sealed: []byte(id), CreatedAt: at}
}

func (w *world) rotateSigningKey(replaces, next string, at time.Time) error {
	return w.RotateSigningKey(w.t.Context(), replaces, signingKey(next, at), event(models.SigningKeyRotated))
}

// signed is an access token that is a JWT of a key.
func (w *world) signed(kid string, change func(*models.Token, *models.TokenSecret)) models.Token {
	w.t.Helper()
	token := w.personalToken(w.dana.ID, "signed by "+kid)
	secret := store.SecretFor(token)
	secret.KeyID = kid
	if change != nil {
		change(&token, &secret)
	}
	ok(w.t, w.CreateToken(w.t.Context(), token, secret, event(models.TokenCreated)))
	return token
}

func TestSigningKeys_OneIsActiveAndOnlyThatOneIsReplaced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ok(t, s.CreateSigningKey(t.Context(), signingKey("first", noon), event(models.SigningKeyCreated)))
		later := noon.Add(time.Hour)
		ok(t, w.rotateSigningKey("first", "second", later))
		for _, replaces := range []string{"first", "none", ""} {
			if err := w.rotateSigningKey(replaces, "third", later); !errors.Is(err, models.ErrConflict) {
				t.Errorf("in the place of %q: %v", replaces, err)
			}
		}
		keys, err := s.SigningKeys(t.Context())
		ok(t, err)
		if len(keys) != 2 || keys[0].State != models.KeyRetired || !keys[0].RetiredAt.Equal(later) || keys[1].State != models.KeyActive || keys[1].RetiredAt != nil {
			t.Errorf("%+v", keys)
		}
	})
}

func TestSignedTokens_CountsWhatIsNotOverForGood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		now := noon.Add(time.Hour)
		w.signed("first", nil)
		w.signed("first", func(t *models.Token, _ *models.TokenSecret) { t.ExpiresAt = now.Add(time.Microsecond) })
		w.signed("first", func(t *models.Token, _ *models.TokenSecret) { t.ExpiresAt = now })
		w.signed("first", func(_ *models.Token, s *models.TokenSecret) { s.EndsAt = now })
		deleted := w.signed("first", nil)
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, deleted.ID, w.dana.ID, noon, event(models.TokenDeleted)))
		w.signed("second", nil)
		w.add(w.apiToken("a key of ours"))
		for kid, want := range map[string]int{"first": 2, "second": 1, "third": 0, "": 0} {
			live, err := s.SignedTokens(t.Context(), kid, now)
			ok(t, err)
			about, more, err := s.SignedTokensAbout(t.Context(), kid, now)
			ok(t, err)
			if live != want || about != want || more {
				t.Errorf("%q: %d, about %d, more: %t, want %d", kid, live, about, more, want)
			}
		}
	})
}

func TestSignedTokensAbout_CountsToAHundredOfTheNewestThousand(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := crowded(t, s)
		w.signAll(100)
		w.wantAbout("few", noon, 100, false)
		w.wantAbout("many", noon, 100, true)
		w.wantAbout("few", models.NeverExpires, 0, false)
		w.wantAbout("many", models.NeverExpires, 0, true)
	})
}

// signAll lets the key "few" have signed as many tokens, the oldest, and the key
// "many" the others.
func (w *world) signAll(few int) {
	w.t.Helper()
	statement := fmt.Sprintf(`UPDATE token_secrets SET kid = CASE WHEN token_id < (SELECT token_id FROM token_secrets ORDER BY token_id LIMIT 1 OFFSET %d)
		THEN 'few' ELSE 'many' END`, few)
	ok(w.t, second(w.Pool().ExecContext(w.t.Context(), statement)))
	ok(w.t, second(w.Pool().ExecContext(w.t.Context(), "ANALYZE")))
}

func (w *world) wantAbout(kid string, now time.Time, wantLive int, wantMore bool) {
	w.t.Helper()
	live, more, err := w.SignedTokensAbout(w.t.Context(), kid, now)
	ok(w.t, err)
	if live != wantLive || more != wantMore {
		w.t.Errorf("%s: %d, more: %t", kid, live, more)
	}
}

func TestDropSigningKeys_LeavesWhatSignedALiveToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ok(t, s.CreateSigningKey(t.Context(), signingKey("first", noon), event(models.SigningKeyCreated)))
		ok(t, w.rotateSigningKey("first", "second", noon))
		ok(t, w.rotateSigningKey("second", "third", noon.Add(time.Hour)))
		token := w.signed("first", nil)
		drop := func(retired time.Time, want int) {
			t.Helper()
			dropped, err := s.DropSigningKeys(t.Context(), retired, noon.Add(2*time.Hour))
			ok(t, err)
			if dropped != want {
				t.Errorf("%d were dropped, want %d", dropped, want)
			}
		}
		drop(noon.Add(time.Hour-time.Microsecond), 0)
		drop(noon.Add(time.Hour), 1)
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, token.ID, w.dana.ID, noon, event(models.TokenDeleted)))
		drop(noon.Add(time.Hour), 1)
		keys, err := s.SigningKeys(t.Context())
		ok(t, err)
		if len(keys) != 1 || keys[0].ID != "third" {
			t.Errorf("%+v", keys)
		}
	})
}
