package signing_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// era is a clock that the test moves.
type era struct {
	mu  sync.Mutex
	now time.Time
}

func newEra() *era { return &era{now: time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)} }

func (e *era) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

func (e *era) pass(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(d)
}

// replica is one of several on the same store and clock.
func replica(t *testing.T, s signing.Store, e *era) *signing.Keys {
	t.Helper()
	keys, err := signing.New(signing.Config{Store: s, SealKey: sealKey, Now: e.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	return keys
}

func system() models.Caller { return models.Caller{Kind: models.System} }

// kids are the ids of the published keys, in order.
func kids(t *testing.T, keys *signing.Keys) []string {
	t.Helper()
	set, err := keys.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]string, len(set.Keys))
	for i, key := range set.Keys {
		ids[i] = key.KeyID
	}
	return ids
}

func sign(t *testing.T, keys *signing.Keys) string {
	t.Helper()
	jwt, err := keys.Sign(t.Context(), object{"sub": "c"})
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

func rotate(t *testing.T, keys *signing.Keys) models.SigningKey {
	t.Helper()
	key, err := keys.Rotate(t.Context(), system(), kids(t, keys)[0])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestRotate_NewKeySignsAtOnceAndTheOldVerifiesBehindIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys := replica(t, s, e)
		before, old := sign(t, keys), kids(t, keys)[0]
		e.pass(time.Minute)
		key := rotate(t, keys)
		after := sign(t, keys)
		if signing.KeyID(before) != old || signing.KeyID(after) != key.ID || key.ID == old {
			t.Errorf("signed by %s, then by %s", signing.KeyID(before), signing.KeyID(after))
		}
		if got := kids(t, keys); len(got) != 2 || got[0] != key.ID || got[1] != old {
			t.Errorf("published: %v", got)
		}
		for _, jwt := range []string{before, after} {
			if err := keys.Parse(t.Context(), jwt, &object{}); err != nil {
				t.Error(err)
			}
		}
		rows, err := keys.List(t.Context(), system())
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 2 || rows[0].ID != key.ID || rows[0].State != models.KeyActive || rows[0].Sealed != nil ||
			rows[1].State != models.KeyRetired || rows[1].RetiredAt == nil || !rows[1].RetiredAt.Equal(e.Now()) {
			t.Errorf("%+v", rows)
		}
		events, err := s.Events(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if last := events[len(events)-1]; last.Action != models.SigningKeyRotated || last.TargetID != key.ID || last.Outcome != models.Done {
			t.Errorf("%+v", last)
		}
	})
}

// Frontegg's SDKs strip the two lines around the key and take the rest for base64.
func TestPublicKey_IsThePEMOfTheKeyThatSigns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		keys := replica(t, s, newEra())
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
			rotate(t, keys)
		}
	})
}

func TestRotate_OfTwoAtOnceOneWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		replicas := []*signing.Keys{replica(t, s, e), replica(t, s, e)}
		old := kids(t, replicas[0])[0]
		var wait sync.WaitGroup
		errs := make([]error, 2)
		for i, keys := range replicas {
			wait.Go(func() { _, errs[i] = keys.Rotate(t.Context(), system(), old) })
		}
		wait.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), models.ErrConflict) {
			t.Errorf("%v", errs)
		}
		if rows, err := s.SigningKeys(t.Context()); err != nil || len(rows) != 2 {
			t.Errorf("%d keys, %v", len(rows), err)
		}
	})
}

func TestRotate_OtherReplicasLearnOfTheKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		here, there, third := replica(t, s, e), replica(t, s, e), replica(t, s, e)
		key := rotate(t, here)
		if err := there.Parse(t.Context(), sign(t, here), &object{}); err != nil {
			t.Errorf("a JWT of the new key: %v", err)
		}
		if err := third.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, keys := range []*signing.Keys{there, third} {
			if kids(t, keys)[0] != key.ID || signing.KeyID(sign(t, keys)) != key.ID {
				t.Error("a replica goes on with the old key")
			}
		}
	})
}

func TestRotate_IsForOperatorsAndTheCommandLine(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		keys := replica(t, s, newEra())
		for name, caller := range map[string]models.Caller{
			"a person": {Kind: models.Person, UserID: "u"}, "a vendor key": {Kind: models.Vendor, KeyID: "k"}, "nobody": {Kind: models.Anyone},
		} {
			_, err := keys.Rotate(t.Context(), caller, kids(t, keys)[0])
			if _, listed := keys.List(t.Context(), caller); !errors.Is(err, models.ErrForbidden) || !errors.Is(listed, models.ErrForbidden) {
				t.Errorf("%s: %v, %v", name, err, listed)
			}
		}
		events, err := s.Events(t.Context(), 1, 10)
		if err != nil || len(events) != 2 || events[0].Outcome != models.Refused || events[0].Action != models.SigningKeyRotated {
			t.Errorf("%+v %v", events, err)
		}
		if len(kids(t, keys)) != 1 {
			t.Error("a key was made")
		}
	})
}

// A stranger who makes up key ids costs the database one read a second.
func TestParse_UnknownKeysAreLookedForOnceASecond(t *testing.T) {
	t.Parallel()
	kept, e := &memory{}, newEra()
	keys := replica(t, kept, e)
	stranger := sign(t, readyKeys(t, &memory{}))
	reads := func() int {
		kept.mu.Lock()
		defer kept.mu.Unlock()
		return kept.reads
	}
	before := reads()
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if err := keys.Parse(t.Context(), stranger, &object{}); !errors.Is(err, signing.ErrBadSignature) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := reads() - before; got != 1 {
		t.Errorf("50 JWTs of a stranger caused %d reads", got)
	}
	e.pass(time.Second)
	kept.mu.Lock()
	kept.err = errors.New("disk on fire")
	kept.mu.Unlock()
	before = reads()
	for range 50 {
		if err := keys.Parse(t.Context(), stranger, &object{}); err == nil || errors.Is(err, signing.ErrBadSignature) {
			t.Errorf("refused though it could not tell: %v", err)
		}
	}
	if got := reads() - before; got != 1 {
		t.Errorf("50 JWTs of a stranger caused %d reads of an ill database", got)
	}
}

// Somebody who hangs up takes nothing from those who ask beside them, nor waits
// for them.
func TestParse_WhoWaitsForTheKeysMayLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &slow{memory: &memory{}, hold: make(chan struct{})}
		keys, stranger := readyKeys(t, kept), sign(t, readyKeys(t, &memory{}))
		kept.slow.Store(true)
		ctx, leave := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		for range 2 {
			go func() { errs <- keys.Parse(ctx, stranger, &object{}) }()
		}
		synctest.Wait() // one reads, the other waits for it
		leave()
		synctest.Wait()
		if len(errs) != 1 || !errors.Is(<-errs, context.Canceled) {
			t.Error("who waited did not leave alone")
		}
		close(kept.hold)
		if err := <-errs; !errors.Is(err, signing.ErrBadSignature) {
			t.Errorf("the reading ended with who asked for it: %v", err)
		}
	})
}

// slow is a store that reads only once hold is closed.
type slow struct {
	*memory
	slow atomic.Bool
	hold chan struct{}
}

func (s *slow) SigningKeys(ctx context.Context) ([]models.SigningKey, error) {
	if s.slow.Load() {
		select {
		case <-s.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.memory.SigningKeys(ctx)
}

// Whatever life JWTs have today, one was given another when the key signed it.
func TestDrop_RetiredKeyIsKeptForAsLongAsAJWTOfItMayLive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		keys, other := replica(t, s, e), replica(t, s, e)
		jwt := sign(t, keys)
		rotate(t, keys)
		for _, step := range []struct {
			passed time.Duration
			want   error
		}{{models.LongestJWT, nil}, {2 * time.Minute, signing.ErrBadSignature}} {
			e.pass(step.passed)
			if err := keys.Drop(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := other.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, k := range []*signing.Keys{keys, other} {
				if err := k.Parse(t.Context(), jwt, &object{}); !errors.Is(err, step.want) {
					t.Errorf("after %s: %v, want %v", step.passed, err, step.want)
				}
			}
		}
		if len(kids(t, keys)) != 1 || len(kids(t, other)) != 1 {
			t.Error("the dropped key is still published")
		}
	})
}
