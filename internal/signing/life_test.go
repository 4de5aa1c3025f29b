package signing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func tend(t *testing.T, replicas ...*signing.Keys) {
	t.Helper()
	for _, keys := range replicas {
		if err := keys.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// scheduled are the algorithms whose keys Tend replaces.
var scheduled = []string{"ES256", "EdDSA"}

// eachScheduled runs test on either database with keys of each algorithm.
func eachScheduled(t *testing.T, test func(t *testing.T, cfg signing.Config, e *era)) {
	t.Helper()
	for _, algorithm := range scheduled {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				e := newEra()
				test(t, signing.Config{Store: s, OAuthAlgorithm: algorithm, Now: e.Now}, e)
			})
		})
	}
}

func TestTend_ReplacesTheOAuthKeyEvery90DaysAndRS256Never(t *testing.T) {
	t.Parallel()
	eachScheduled(t, func(t *testing.T, cfg signing.Config, e *era) {
		replicas := []*signing.Keys{ready(t, cfg), ready(t, cfg)}
		keys, algorithm := replicas[0], cfg.OAuthAlgorithm
		rs256 := keyIn(t, keys, "RS256", models.KeyActive)
		for range 3 {
			old, next := keyIn(t, keys, algorithm, models.KeyActive), keyIn(t, keys, algorithm, models.KeyNext)
			wantScheduled(t, keys, old, e.Now().Add(signing.RotatedEvery))
			e.pass(signing.RotatedEvery - time.Microsecond)
			tend(t, replicas...)
			if got := keyIn(t, keys, algorithm, models.KeyActive); got != old {
				t.Errorf("replaced a microsecond early")
			}
			e.pass(time.Microsecond)
			tend(t, replicas...)
			if got := keyIn(t, keys, algorithm, models.KeyActive); got != next {
				t.Errorf("%s signs, want the next one", got)
			}
		}
		if got := keyIn(t, keys, "RS256", models.KeyActive); got != rs256 {
			t.Error("the RS256 key was replaced")
		}
	})
}

// wantScheduled checks that one key alone is to be replaced, and when; with no kid none is.
func wantScheduled(t *testing.T, keys *signing.Keys, kid string, at time.Time) {
	t.Helper()
	rows, err := keys.List(t.Context(), system())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if planned := row.RotatesAt != nil; planned != (row.ID == kid) || planned && !row.RotatesAt.Equal(at) {
			t.Errorf("%s rotates at %v, want %q at %v alone", place(row.SigningKey), row.RotatesAt, kid, at)
		}
	}
}

// A key that was kept from being published has not been known for long enough when its
// time comes.
func TestTend_WaitsForAKeyThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys := replica(t, s, e)
		old := keyIn(t, keys, "ES256", models.KeyActive)
		e.pass(signing.RotatedEvery)
		if err := keys.Remove(t.Context(), system(), keyIn(t, keys, "ES256", models.KeyNext)); err != nil {
			t.Fatal(err)
		}
		tend(t, keys)
		if got := keyIn(t, keys, "ES256", models.KeyActive); got != old {
			t.Error("a key signs that nobody knows")
		}
		e.pass(publication)
		tend(t, keys)
		if got := keyIn(t, keys, "ES256", models.KeyActive); got == old {
			t.Error("the key is not replaced once it may be")
		}
	})
}

func TestTend_RS256IsRotatedByHandAloneWhereItSignsAllJWTs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys := ready(t, signing.Config{Store: s, OAuthAlgorithm: "RS256", Now: e.Now})
		kid := signing.KeyID(signAccessToken(t, keys, "RS256"))
		wantScheduled(t, keys, "", time.Time{})
		e.pass(2 * signing.RotatedEvery)
		tend(t, keys)
		if signing.KeyID(signAccessToken(t, keys, "RS256")) != kid || signing.KeyID(sign(t, keys)) != kid {
			t.Error("it was replaced by itself")
		}
		wantOrder(t, keys, "RS256 active", "RS256 next")
		rotate(t, keys, e, "RS256")
		if signing.KeyID(signAccessToken(t, keys, "RS256")) == kid {
			t.Error("it was not replaced by hand")
		}
	})
}

// Whatever life JWTs have today, one was given another when the key signed it.
func TestTend_DropsARetiredKeyOnceNoJWTOfItCanLive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys, other := replica(t, s, e), replica(t, s, e)
		jwt, accessToken := sign(t, keys), signAccessToken(t, keys, "ES256")
		rotate(t, keys, e, "RS256")
		rotate(t, keys, e, "ES256")
		for _, step := range []struct {
			passed time.Duration
			want   error
		}{{models.LongestJWT - publication, nil}, {publication + 2*time.Minute, signing.ErrBadSignature}} {
			e.pass(step.passed)
			tend(t, keys)
			for _, k := range []*signing.Keys{keys, other} {
				if err := k.Parse(t.Context(), jwt, &object{}); !errors.Is(err, step.want) {
					t.Errorf("after %s: %v, want %v", step.passed, err, step.want)
				}
				if err := k.ParseEither(t.Context(), accessToken, nil, &object{}); !errors.Is(err, step.want) {
					t.Errorf("after %s: %v, want %v", step.passed, err, step.want)
				}
			}
		}
		if got := places(t, s); !slices.Equal(got, firstPlaces) || len(kids(t, other)) != 4 {
			t.Errorf("kept: %v, published: %v", got, kids(t, other))
		}
	})
}

// An older release had RS256 alone. The migration notes that its key signs since it was
// made; of one that it makes when it comes back for a while nobody notes anything.
func TestEnsure_UpgradeSignsWithTheOldKeyUntilTheNewOneIsKnown(t *testing.T) {
	t.Parallel()
	for name, noted := range map[string]bool{"migrated": true, "made since": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			upgraded(t, noted)
		})
	}
}

func upgraded(t *testing.T, noted bool) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		kept := &memory{}
		replica(t, kept, e)
		old := kept.rows[slices.IndexFunc(kept.rows, func(k models.SigningKey) bool { return place(k) == "RS256 active" })]
		if old.ActivatedAt = nil; noted {
			old.ActivatedAt = &old.CreatedAt
		}
		created := models.NewEvent(system(), models.SigningKeyCreated, old.CreatedAt)
		if err := s.CreateSigningKeys(t.Context(), []models.SigningKey{old}, []models.Event{created}); err != nil {
			t.Fatal(err)
		}
		e.pass(signing.RotatedEvery)
		keys, other := replica(t, s, e), replica(t, s, e)
		if got := places(t, s); !slices.Equal(got, firstPlaces) {
			t.Errorf("kept: %v", got)
		}
		fresh := keyIn(t, keys, "ES256", models.KeyActive)
		for _, passed := range []time.Duration{0, publication - time.Microsecond} {
			e.pass(passed)
			for _, k := range []*signing.Keys{keys, other} {
				if jwt := signAccessToken(t, k, "RS256"); signing.KeyID(jwt) != old.ID || signing.KeyID(sign(t, k)) != old.ID {
					t.Errorf("signed by %s, want %s", signing.KeyID(jwt), old.ID)
				}
			}
			wantOrder(t, keys, "RS256 active", "ES256 active", "RS256 next", "ES256 next")
		}
		e.pass(time.Microsecond)
		before := signAccessToken(t, keys, "ES256")
		if signing.KeyID(before) != fresh || signing.KeyID(sign(t, keys)) != old.ID {
			t.Error("the new key does not sign")
		}
		if err := other.ParseEither(t.Context(), before, nil, &object{}); err != nil {
			t.Error(err)
		}
	})
}

func TestEnsure_AnotherSettingSignsWithTheOldKeyUntilTheNewOneIsKnown(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		before := replica(t, s, e)
		old := signAccessToken(t, before, "ES256")
		after := ready(t, signing.Config{Store: s, OAuthAlgorithm: "EdDSA", Now: e.Now})
		signAccessToken(t, after, "ES256")
		e.pass(publication)
		jwt := signAccessToken(t, after, "EdDSA")
		tend(t, before, after)
		signAccessToken(t, before, "ES256") // a replica that is yet to be changed over
		for _, k := range []*signing.Keys{before, after} {
			for _, jwt := range []string{old, jwt} {
				if err := k.ParseEither(t.Context(), jwt, nil, &object{}); err != nil {
					t.Error(err)
				}
			}
		}
		rows, err := after.List(t.Context(), system())
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if row.InUse != (row.Algorithm != "ES256") {
				t.Errorf("%s: in use: %t", place(row.SigningKey), row.InUse)
			}
		}
		wantScheduled(t, after, keyIn(t, after, "EdDSA", models.KeyActive), e.Now().Add(signing.RotatedEvery))
		for _, state := range []models.KeyState{models.KeyNext, models.KeyActive} {
			if err := after.Remove(t.Context(), system(), keyIn(t, after, "ES256", state)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
