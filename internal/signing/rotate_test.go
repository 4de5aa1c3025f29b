package signing_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestRotate_TheNextKeySignsAtOnceAndTheOldVerifiesBehindIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys := replica(t, s, e)
		before, old, next := sign(t, keys), keyIn(t, keys, "RS256", models.KeyActive), keyIn(t, keys, "RS256", models.KeyNext)
		key := rotate(t, keys, e, "RS256")
		after := sign(t, keys)
		if signing.KeyID(before) != old || signing.KeyID(after) != next || key.ID != next || key.State != models.KeyActive {
			t.Errorf("signed by %s, then by %s; rotated to %+v", signing.KeyID(before), signing.KeyID(after), key)
		}
		for _, jwt := range []string{before, after} {
			if err := keys.Parse(t.Context(), jwt, &object{}); err != nil {
				t.Error(err)
			}
		}
		wantOrder(t, keys, "RS256 active", "ES256 active", "RS256 next", "ES256 next", "RS256 retired")
		rows, err := keys.List(t.Context(), system())
		if err != nil {
			t.Fatal(err)
		}
		if last := rows[4]; last.ID != old || last.Sealed != nil || last.RetiredAt == nil || !last.RetiredAt.Equal(e.Now()) || !rows[0].SignsFrom().Equal(e.Now()) {
			t.Errorf("%+v", rows)
		}
		events, err := s.Events(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		events = events[len(events)-2:]
		if rotated := events[0]; rotated.Action != models.SigningKeyRotated || rotated.TargetID != key.ID || rotated.Outcome != models.Done {
			t.Errorf("%+v", rotated)
		}
		if made := events[1]; made.Action != models.SigningKeyCreated || made.TargetID != keyIn(t, keys, "RS256", models.KeyNext) {
			t.Errorf("%+v", made)
		}
	})
}

// Access tokens of before verify as well, and the RS256 key stays.
func TestRotate_TheNextOAuthKeySignsAccessTokensAtOnce(t *testing.T) {
	t.Parallel()
	eachScheduled(t, func(t *testing.T, cfg signing.Config, e *era) {
		keys, algorithm := ready(t, cfg), cfg.OAuthAlgorithm
		before, next := signAccessToken(t, keys, algorithm), keyIn(t, keys, algorithm, models.KeyNext)
		rs256 := keyIn(t, keys, "RS256", models.KeyActive)
		key := rotate(t, keys, e, algorithm)
		after := signAccessToken(t, keys, algorithm)
		if signing.KeyID(after) != next || key.ID != next || key.Algorithm != algorithm || key.State != models.KeyActive {
			t.Errorf("signed by %s, rotated to %+v, want %s", signing.KeyID(after), key, next)
		}
		for _, jwt := range []string{before, after} {
			if err := keys.ParseEither(t.Context(), jwt, nil, &object{}); err != nil {
				t.Error(err)
			}
		}
		if signing.KeyID(sign(t, keys)) != rs256 {
			t.Error("the RS256 key was replaced")
		}
		wantOrder(t, keys, "RS256 active", algorithm+" active", algorithm+" next", "RS256 next", algorithm+" retired")
		wantScheduled(t, keys, next, e.Now().Add(signing.RotatedEvery))
	})
}

// wantOrder checks the places of the published keys, and that the list has them in the
// same order.
func wantOrder(t *testing.T, keys *signing.Keys, want ...string) {
	t.Helper()
	rows, err := keys.List(t.Context(), system())
	if err != nil {
		t.Fatal(err)
	}
	var got, ids []string
	for _, row := range rows {
		got, ids = append(got, place(row.SigningKey)), append(ids, row.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("keys = %v, want %v", got, want)
	}
	if published := kids(t, keys); !slices.Equal(published, ids) {
		t.Errorf("published %v, listed %v", published, ids)
	}
}

// Frontegg's SDKs strip the two lines around the key and take the rest for base64.
func TestPublicKey_IsThePEMOfTheKeyThatSigns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys := replica(t, s, e)
		for range 2 {
			text, err := keys.PublicKey(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			block, rest := pem.Decode([]byte(text))
			if block == nil || len(rest) != 0 || len(block.Headers) != 0 || !strings.HasPrefix(text, "-----BEGIN PUBLIC KEY-----\n") || strings.Contains(text, "\r") {
				t.Fatalf("%q", text)
			}
			public, err := x509.ParsePKIXPublicKey(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			jwt, err := jose.ParseSigned(sign(t, keys), []jose.SignatureAlgorithm{jose.RS256})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := jwt.Verify(public); err != nil {
				t.Error(err)
			}
			rotate(t, keys, e, "RS256")
		}
	})
}

// Whoever keeps the key set for as long as they may knows every key that signs.
func TestRotate_AKeySignsOnceItWasPublishedForLongEnough(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys := replica(t, s, e)
		first, made := keyIn(t, keys, "ES256", models.KeyActive), e.Now()
		for range 2 {
			_, err := keys.Rotate(t.Context(), system(), keyIn(t, keys, "ES256", models.KeyActive))
			var early *signing.EarlyError
			if !errors.As(err, &early) || !early.From.Equal(made.Add(publication)) {
				t.Fatalf("Rotate = %v", err)
			}
			e.pass(publication - time.Microsecond)
			if _, err := keys.Rotate(t.Context(), system(), keyIn(t, keys, "ES256", models.KeyActive)); !errors.As(err, &early) {
				t.Errorf("a microsecond before %s: %v", early.From, err)
			}
			e.pass(time.Microsecond)
			if _, err := keys.Rotate(t.Context(), system(), keyIn(t, keys, "ES256", models.KeyActive)); err != nil {
				t.Error(err)
			}
			made = e.Now()
		}
		if signing.KeyID(signAccessToken(t, keys, "ES256")) == first {
			t.Error("the first key signs")
		}
		wantOrder(t, keys, "RS256 active", "ES256 active", "ES256 next", "RS256 next", "ES256 retired", "ES256 retired")
	})
}

func TestRotate_OfFiftyAtOnceOneWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		replicas := []*signing.Keys{replica(t, s, e), replica(t, s, e)}
		old := keyIn(t, replicas[0], "ES256", models.KeyActive)
		e.pass(publication)
		var wait sync.WaitGroup
		errs := make([]error, 50)
		for i := range errs {
			wait.Go(func() { _, errs[i] = replicas[i%2].Rotate(t.Context(), system(), old) })
		}
		wait.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, models.ErrConflict) {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d rotations", won)
		}
		if got := places(t, s); !slices.Equal(got, []string{"ES256 active", "ES256 next", "ES256 retired", "RS256 active", "RS256 next"}) {
			t.Errorf("kept: %v", got)
		}
	})
}

func TestRotate_OtherReplicasLearnOfTheKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		here, there := replica(t, s, e), replica(t, s, e)
		key := rotate(t, here, e, "RS256")
		if err := there.Parse(t.Context(), sign(t, here), &object{}); err != nil {
			t.Errorf("a JWT of the new key: %v", err)
		}
		e.pass(time.Second)
		if kids(t, there)[0] != key.ID || signing.KeyID(sign(t, there)) != key.ID {
			t.Error("a replica goes on with the old key")
		}
		if !slices.Equal(kids(t, here), kids(t, there)) {
			t.Error("two replicas publish different keys")
		}
	})
}

func TestRemove_ItsJWTsAreRefusedEverywhereWithinASecond(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		here, there := replica(t, s, e), replica(t, s, e)
		for _, algorithm := range []string{"RS256", "ES256"} {
			parse := func(k *signing.Keys, ctx context.Context, jwt string, into any) error {
				return k.ParseEither(ctx, jwt, into, into)
			}
			jwt := sign(t, here)
			if algorithm == "ES256" {
				jwt = signAccessToken(t, here, algorithm)
			}
			next := keyIn(t, here, algorithm, models.KeyNext)
			if err := here.Remove(t.Context(), system(), signing.KeyID(jwt)); err != nil {
				t.Fatal(err)
			}
			if err := parse(here, t.Context(), jwt, &object{}); !errors.Is(err, signing.ErrBadSignature) {
				t.Errorf("%s, here: %v", algorithm, err)
			}
			if slices.Contains(kids(t, here), signing.KeyID(jwt)) {
				t.Errorf("%s: it is still published", algorithm)
			}
			if got := keyIn(t, here, algorithm, models.KeyActive); got != next {
				t.Errorf("%s: %s signs now, not the next one", algorithm, got)
			}
			e.pass(time.Second)
			if err := parse(there, t.Context(), jwt, &object{}); !errors.Is(err, signing.ErrBadSignature) {
				t.Errorf("%s, there after a second: %v", algorithm, err)
			}
			if slices.Contains(kids(t, there), signing.KeyID(jwt)) {
				t.Errorf("%s: it is still published there", algorithm)
			}
		}
		if got := places(t, s); !slices.Equal(got, firstPlaces) {
			t.Errorf("kept: %v", got)
		}
		signAccessToken(t, there, "ES256")
		if err := here.Parse(t.Context(), sign(t, there), &object{}); err != nil {
			t.Error(err)
		}
	})
}

func TestRemove_ARetiredOrNextKeyLeavesTheOneThatSigns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys := replica(t, s, e)
		before := signAccessToken(t, keys, "ES256")
		active := rotate(t, keys, e, "ES256").ID
		after := signAccessToken(t, keys, "ES256")
		next := keyIn(t, keys, "ES256", models.KeyNext)
		for _, kid := range []string{signing.KeyID(before), next} {
			if err := keys.Remove(t.Context(), system(), kid); err != nil {
				t.Fatal(err)
			}
			if err := keys.Remove(t.Context(), system(), kid); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("again: %v", err)
			}
		}
		if err := keys.ParseEither(t.Context(), before, nil, &object{}); !errors.Is(err, signing.ErrBadSignature) {
			t.Errorf("of the removed key: %v", err)
		}
		if err := keys.ParseEither(t.Context(), after, nil, &object{}); err != nil || signing.KeyID(signAccessToken(t, keys, "ES256")) != active {
			t.Errorf("the key that signs was changed: %v", err)
		}
		if got := places(t, s); !slices.Equal(got, firstPlaces) || keyIn(t, keys, "ES256", models.KeyNext) == next {
			t.Errorf("kept: %v", got)
		}
		events, err := s.Events(t.Context(), 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		removed := slices.DeleteFunc(events, func(e models.Event) bool { return e.Action != models.SigningKeyRemoved })
		if len(removed) != 2 || removed[0].TargetID != signing.KeyID(before) || removed[1].TargetID != next {
			t.Errorf("%+v", removed)
		}
	})
}

// Removed is removed, also where the rest can't be read: then nothing is answered.
func TestRemove_WithoutReadingTheRestNothingIsAnswered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		kept := &deaf{Store: s}
		keys := replica(t, kept, newEra())
		jwt := sign(t, keys)
		kept.after = true
		if err := keys.Remove(t.Context(), system(), signing.KeyID(jwt)); err != nil {
			t.Fatal(err)
		}
		if err := keys.Parse(t.Context(), jwt, &object{}); !errors.Is(err, errFire) {
			t.Errorf("Parse = %v", err)
		}
		kept.deaf = false
		if err := keys.Parse(t.Context(), jwt, &object{}); !errors.Is(err, signing.ErrBadSignature) {
			t.Errorf("Parse = %v", err)
		}
		if err := keys.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := places(t, s); !slices.Equal(got, firstPlaces) {
			t.Errorf("kept: %v", got)
		}
	})
}

// deaf is a store that gives no keys any more after a removal.
type deaf struct {
	*store.Store
	after, deaf bool
}

func (d *deaf) RemoveSigningKey(ctx context.Context, id string, at time.Time, event models.Event) error {
	d.deaf = d.after
	return d.Store.RemoveSigningKey(ctx, id, at, event)
}

func (d *deaf) SigningKeys(ctx context.Context) ([]models.SigningKey, error) {
	if d.deaf {
		return nil, errFire
	}
	return d.Store.SigningKeys(ctx)
}

func TestRotate_AndRemoveAreForOperatorsAndTheCommandLine(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys := replica(t, s, e)
		e.pass(publication)
		before, kid := kids(t, keys), keyIn(t, keys, "RS256", models.KeyActive)
		for name, caller := range map[string]models.Caller{
			"a person": {Kind: models.Person, UserID: "u"}, "a vendor key": {Kind: models.Vendor, KeyID: "k"},
			"a client": {Kind: models.Client, ClientID: "c"}, "nobody": {Kind: models.Anyone},
		} {
			for act, err := range map[string]error{
				"Rotate": second(keys.Rotate(t.Context(), caller, kid)), "Remove": keys.Remove(t.Context(), caller, kid),
				"List": second(keys.List(t.Context(), caller)), "Key": second(keys.Key(t.Context(), caller, kid)),
			} {
				if !errors.Is(err, models.ErrForbidden) {
					t.Errorf("%s: %s = %v", name, act, err)
				}
			}
		}
		events, err := s.Events(t.Context(), int64(len(before)), 10)
		if err != nil || len(events) != 4 {
			t.Fatalf("%+v %v", events, err)
		}
		for _, event := range events {
			if event.Outcome != models.Refused || event.Action != models.SigningKeyRotated && event.Action != models.SigningKeyRemoved {
				t.Errorf("%+v", event)
			}
		}
		if !slices.Equal(kids(t, keys), before) {
			t.Error("a key was made, moved or removed")
		}
	})
}
