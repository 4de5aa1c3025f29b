package signing_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// retirements counts the keys that were retired since no setting used them, by algorithm.
func retirements(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	events, err := s.Events(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, event := range events {
		if event.Action == models.SigningKeyRetired {
			counts[event.TargetName]++
		}
	}
	return counts
}

func TestTend_RetiresTheKeysOfASettingOfBefore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		jwt := signAccessToken(t, replica(t, s, e), "ES256")
		e.pass(time.Second)
		keys := ready(t, signing.Config{Store: s, OAuthAlgorithm: "EdDSA", Now: e.Now})
		other := ready(t, signing.Config{Store: s, OAuthAlgorithm: "EdDSA", Now: e.Now})
		e.pass(signing.UnusedFor - time.Microsecond)
		tend(t, keys)
		wantOrder(t, keys, "RS256 active", "EdDSA active", "ES256 active", "EdDSA next", "RS256 next", "ES256 next")
		e.pass(time.Microsecond)
		tend(t, keys, other)
		wantOrder(t, keys, "RS256 active", "EdDSA active", "EdDSA next", "RS256 next", "ES256 retired")
		if counts := retirements(t, s); len(counts) != 1 || counts["ES256"] != 1 {
			t.Errorf("retired: %v", counts)
		}
		for _, step := range []struct {
			passed time.Duration
			want   error
		}{{models.LongestJWT, nil}, {2 * time.Minute, signing.ErrBadSignature}} {
			e.pass(step.passed)
			tend(t, keys)
			if err := keys.ParseEither(t.Context(), jwt, nil, &object{}); !errors.Is(err, step.want) {
				t.Errorf("%s after: %v, want %v", step.passed, err, step.want)
			}
		}
		wantOrder(t, keys, "RS256 active", "EdDSA active", "EdDSA next", "RS256 next")
	})
}

// RS256 signs since ever: a change to it is no sign of how long ago that was.
func TestTend_RetiresTheKeysOfASettingOfBeforeForRS256(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		replica(t, s, e)
		e.pass(10 * signing.UnusedFor)
		keys := ready(t, signing.Config{Store: s, OAuthAlgorithm: "RS256", Now: e.Now})
		tend(t, keys)
		wantOrder(t, keys, "RS256 active", "ES256 active", "RS256 next", "ES256 next")
		e.pass(signing.UnusedFor)
		tend(t, keys)
		wantOrder(t, keys, "RS256 active", "RS256 next", "ES256 retired")
	})
}

func TestTend_ReplicasOfTwoSettingsComeToRest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		replicas := []*signing.Keys{replica(t, s, e), ready(t, signing.Config{Store: s, OAuthAlgorithm: "EdDSA", Now: e.Now})}
		for range 80 {
			e.pass(signing.UnusedFor / 8)
			tend(t, replicas...)
			for i, algorithm := range []string{"ES256", "EdDSA"} {
				jwt, err := replicas[i].SignAccessToken(t.Context(), object{"sub": "c"})
				if err != nil {
					t.Fatal(err)
				}
				if err := replicas[1-i].ParseEither(t.Context(), jwt, nil, &object{}); err != nil {
					t.Errorf("%s: %v", algorithm, err)
				}
			}
		}
		if counts := retirements(t, s); counts["ES256"] > 1 || counts["EdDSA"] > 1 {
			t.Errorf("retired again and again: %v", counts)
		}
		signAccessToken(t, replicas[0], "ES256")
		signAccessToken(t, replicas[1], "EdDSA")
	})
}

func TestRotate_RefusesAKeyThatNoSettingUses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		before := replica(t, s, e)
		after := ready(t, signing.Config{Store: s, OAuthAlgorithm: "EdDSA", Now: e.Now})
		e.pass(publication)
		unused := keyIn(t, after, "ES256", models.KeyActive)
		if _, err := after.Rotate(t.Context(), system(), unused); !errors.Is(err, models.ErrConflict) {
			t.Errorf("Rotate = %v", err)
		}
		if got := keyIn(t, after, "ES256", models.KeyActive); got != unused {
			t.Error("it was replaced")
		}
		if _, err := before.Rotate(t.Context(), system(), unused); err != nil {
			t.Errorf("where it is used: %v", err)
		}
	})
}

// Whoever changes keys may have another setting than the server's.
func TestRotateAndRemove_BringNoAlgorithmIntoTheSet(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		server := ready(t, signing.Config{Store: s, OAuthAlgorithm: "EdDSA", Now: e.Now})
		e.pass(publication)
		stranger, err := signing.New(signing.Config{Store: s, SealKey: sealKey, Now: e.Now})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stranger.Rotate(t.Context(), system(), keyIn(t, server, "RS256", models.KeyActive)); err != nil {
			t.Error(err)
		}
		if err := stranger.Remove(t.Context(), system(), keyIn(t, server, "RS256", models.KeyActive)); err != nil {
			t.Error(err)
		}
		if err := stranger.Remove(t.Context(), system(), keyIn(t, server, "EdDSA", models.KeyNext)); err != nil {
			t.Error(err)
		}
		want := []string{"EdDSA active", "RS256 active", "RS256 next", "RS256 retired"}
		if got := places(t, s); !slices.Equal(got, want) {
			t.Errorf("kept: %v, want %v", got, want)
		}
	})
}

func TestRotateAndRemove_WithoutAnyKeySayThatThereIsNone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		keys := newKeys(t, s, sealKey)
		if _, err := keys.Rotate(t.Context(), system(), "none"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("Rotate = %v", err)
		}
		if err := keys.Remove(t.Context(), system(), "none"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("Remove = %v", err)
		}
		if got := places(t, s); len(got) != 0 {
			t.Errorf("kept: %v", got)
		}
	})
}

// Two removals elsewhere may fall between the look for missing keys and the look for a
// due one. The clock is asked in between.
func TestTend_SurvivesThatTheOAuthKeyIsRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		var asked atomic.Int64
		var meanwhile func()
		keys := ready(t, signing.Config{Store: s, Now: func() time.Time {
			if asked.Add(1) == 2 && meanwhile != nil {
				meanwhile()
			}
			return e.Now()
		}})
		e.pass(signing.RotatedEvery)
		meanwhile = func() {
			for _, state := range []models.KeyState{models.KeyNext, models.KeyActive} {
				event := models.NewEvent(system(), models.SigningKeyRemoved, e.Now())
				if err := s.RemoveSigningKey(t.Context(), keyIn(t, keys, "ES256", state), e.Now(), event); err != nil {
					t.Error(err)
				}
			}
			if err := keys.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
		}
		asked.Store(0)
		tend(t, keys)
		if asked.Load() < 2 || !slices.Equal(places(t, s), []string{"RS256 active", "RS256 next"}) {
			t.Errorf("the clock was asked %d times; kept: %v", asked.Load(), places(t, s))
		}
		tend(t, keys)
		if got := places(t, s); !slices.Equal(got, firstPlaces) {
			t.Errorf("kept: %v", got)
		}
	})
}
