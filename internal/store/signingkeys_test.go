package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func signingKey(id string, state models.KeyState, at time.Time) models.SigningKey {
	key := models.SigningKey{ID: id, Algorithm: "RS256", State: state, Public: []byte("{}"), Sealed: []byte(id), CreatedAt: at}
	if state == models.KeyActive {
		key.ActivatedAt = &at
	}
	return key
}

func (w *world) createSigningKey(id string, state models.KeyState, at time.Time) error {
	w.t.Helper()
	return w.CreateSigningKeys(w.t.Context(), []models.SigningKey{signingKey(id, state, at)}, []models.Event{event(models.SigningKeyCreated)})
}

func (w *world) rotateSigningKey(replaces, next string, at time.Time) error {
	w.t.Helper()
	return w.RotateSigningKey(w.t.Context(), replaces, next, at, event(models.SigningKeyRotated))
}

// states are the keys' places in life, by id.
func (w *world) states() map[string]models.KeyState {
	w.t.Helper()
	keys, err := w.SigningKeys(w.t.Context())
	ok(w.t, err)
	states := map[string]models.KeyState{}
	for _, key := range keys {
		states[key.ID] = key.State
	}
	return states
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

func TestRotateSigningKey_TheNextTakesThePlaceOfTheActiveOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ok(t, w.createSigningKey("first", models.KeyActive, noon))
		ok(t, w.createSigningKey("second", models.KeyNext, noon))
		later := noon.Add(time.Hour)
		for _, pair := range [][2]string{{"second", "second"}, {"none", "second"}, {"first", "none"}, {"first", "first"}, {"first", ""}} {
			if err := w.rotateSigningKey(pair[0], pair[1], later); !errors.Is(err, models.ErrConflict) {
				t.Errorf("%q in the place of %q: %v", pair[1], pair[0], err)
			}
		}
		ok(t, w.rotateSigningKey("first", "second", later))
		if err := w.rotateSigningKey("first", "second", later); !errors.Is(err, models.ErrConflict) {
			t.Errorf("again: %v", err)
		}
		keys, err := s.SigningKeys(t.Context())
		ok(t, err)
		want := []models.SigningKey{signingKey("first", models.KeyRetired, noon), signingKey("second", models.KeyActive, noon)}
		want[0].ActivatedAt, want[0].RetiredAt, want[1].ActivatedAt = &noon, &later, &later
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestRetireSigningKey_EndsTheNextOneToo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := signingKey("other", models.KeyNext, noon)
		other.Algorithm = "ES256"
		ok(t, s.CreateSigningKeys(t.Context(), []models.SigningKey{other}, []models.Event{event(models.SigningKeyCreated)}))
		ok(t, w.createSigningKey("first", models.KeyActive, noon))
		ok(t, w.createSigningKey("second", models.KeyNext, noon))
		later := noon.Add(time.Hour)
		retire := func(id string) error {
			return s.RetireSigningKey(t.Context(), id, later, event(models.SigningKeyRetired))
		}
		for _, id := range []string{"none", "second", ""} {
			if err := retire(id); !errors.Is(err, models.ErrConflict) {
				t.Errorf("%q: %v", id, err)
			}
		}
		ok(t, retire("first"))
		if err := retire("first"); !errors.Is(err, models.ErrConflict) {
			t.Errorf("again: %v", err)
		}
		if diff := cmp.Diff(map[string]models.KeyState{"first": models.KeyRetired, "other": models.KeyNext}, w.states()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		keys, err := s.SigningKeys(t.Context())
		ok(t, err)
		for _, key := range keys {
			if key.ID == "first" && (key.RetiredAt == nil || !key.RetiredAt.Equal(later)) {
				t.Errorf("it was retired at %v", key.RetiredAt)
			}
		}
	})
}

func TestCreateSigningKeys_AllOrNone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ok(t, w.createSigningKey("first", models.KeyNext, noon))
		keys := []models.SigningKey{signingKey("second", models.KeyActive, noon), signingKey("third", models.KeyNext, noon)}
		if err := s.CreateSigningKeys(t.Context(), keys, []models.Event{event(models.SigningKeyCreated)}); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a second next key: %v", err)
		}
		if got := w.states(); len(got) != 1 || got["first"] != models.KeyNext {
			t.Errorf("%v", got)
		}
	})
}

func TestRemoveSigningKey_TheNextOneSignsInThePlaceOfTheActiveOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := signingKey("other", models.KeyNext, noon)
		other.Algorithm = "ES256"
		ok(t, s.CreateSigningKeys(t.Context(), []models.SigningKey{other}, []models.Event{event(models.SigningKeyCreated)}))
		for id, state := range map[string]models.KeyState{"old": models.KeyRetired, "first": models.KeyActive, "second": models.KeyNext} {
			ok(t, w.createSigningKey(id, state, noon))
		}
		remove := func(id string) error {
			t.Helper()
			return s.RemoveSigningKey(t.Context(), id, noon.Add(time.Hour), event(models.SigningKeyRemoved))
		}
		if err := remove("none"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("no key: %v", err)
		}
		ok(t, remove("old"))
		ok(t, remove("first"))
		if diff := cmp.Diff(map[string]models.KeyState{"second": models.KeyActive, "other": models.KeyNext}, w.states()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		keys, err := s.SigningKeys(t.Context())
		ok(t, err)
		for _, key := range keys {
			if key.ID == "second" && !key.ActivatedAt.Equal(noon.Add(time.Hour)) {
				t.Errorf("it signs from %v", key.ActivatedAt)
			}
		}
		ok(t, remove("second"))
		ok(t, remove("other"))
		if got := w.states(); len(got) != 0 {
			t.Errorf("%v", got)
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
		ok(t, w.createSigningKey("first", models.KeyActive, noon))
		for i, next := range [][2]string{{"first", "second"}, {"second", "third"}} {
			ok(t, w.createSigningKey(next[1], models.KeyNext, noon))
			ok(t, w.rotateSigningKey(next[0], next[1], noon.Add(time.Duration(i)*time.Hour)))
		}
		ok(t, w.createSigningKey("fourth", models.KeyNext, noon))
		token := w.signed("first", nil)
		drop := func(algorithm string, retired time.Time, want int) {
			t.Helper()
			dropped, err := s.DropSigningKeys(t.Context(), []string{"ES256", algorithm}, retired, noon.Add(2*time.Hour))
			ok(t, err)
			if dropped != want {
				t.Errorf("%d were dropped, want %d", dropped, want)
			}
		}
		drop("RS256", noon.Add(time.Hour-time.Microsecond), 0)
		drop("EdDSA", noon.Add(time.Hour), 0)
		drop("RS256", noon.Add(time.Hour), 1)
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, token.ID, w.dana.ID, noon, event(models.TokenDeleted)))
		drop("RS256", noon.Add(time.Hour), 1)
		if diff := cmp.Diff(map[string]models.KeyState{"third": models.KeyActive, "fourth": models.KeyNext}, w.states()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
