package signing_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/models"
)

var errFire = errors.New("disk on fire")

// A stranger who makes up key ids costs the database one read a second.
func TestParse_UnknownKeysAreLookedForOnceASecond(t *testing.T) {
	t.Parallel()
	kept, e := &memory{}, newEra()
	keys := replica(t, kept, e)
	stranger := sign(t, readyKeys(t, &memory{}))
	before := kept.countReads()
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if err := keys.Parse(t.Context(), stranger, &object{}); !errors.Is(err, signing.ErrBadSignature) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := kept.countReads() - before; got != 1 {
		t.Errorf("50 JWTs of a stranger caused %d reads", got)
	}
	for range 2 { // as Run does
		e.pass(time.Second / 2)
		if err := keys.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	kept.fail(errFire)
	before = kept.countReads()
	for range 50 {
		if err := keys.Parse(t.Context(), stranger, &object{}); !errors.Is(err, errFire) {
			t.Errorf("refused though it could not tell: %v", err)
		}
	}
	if got := kept.countReads() - before; got != 1 {
		t.Errorf("50 JWTs of a stranger caused %d reads of an ill database", got)
	}
}

// What another replica did a second ago is known here, or nothing is answered.
func TestKeys_AreReadAgainAfterASecond(t *testing.T) {
	t.Parallel()
	kept, e := &memory{}, newEra()
	keys := replica(t, kept, e)
	jwt, accessToken := sign(t, keys), signAccessToken(t, keys, "ES256")
	acts := map[string]func() error{
		"Sign":            func() error { return second(keys.Sign(t.Context(), object{})) },
		"SignAccessToken": func() error { return second(keys.SignAccessToken(t.Context(), object{})) },
		"Parse":           func() error { return keys.Parse(t.Context(), jwt, &object{}) },
		"ParseEither":     func() error { return keys.ParseEither(t.Context(), accessToken, nil, &object{}) },
		"JWKS":            func() error { return second(keys.JWKS(t.Context())) },
		"PublicKey":       func() error { return second(keys.PublicKey(t.Context())) },
	}
	for name, act := range acts {
		before := kept.countReads()
		for _, step := range []struct {
			passed time.Duration
			reads  int
		}{{time.Second - 1, 0}, {1, 1}, {0, 1}, {-1, 2}} { // the clock that is set back, too
			e.pass(step.passed)
			if err := act(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if got := kept.countReads() - before; got != step.reads {
				t.Errorf("%s: %d reads, want %d", name, got, step.reads)
			}
		}
		e.pass(time.Second)
		kept.fail(errFire)
		for range 2 {
			if err := act(); !errors.Is(err, errFire) {
				t.Errorf("%s with keys that nobody can vouch for: %v", name, err)
			}
		}
		kept.fail(nil)
		if err := act(); err != nil {
			t.Errorf("%s after it was mended: %v", name, err)
		}
	}
}

// With Run running the keys are at hand, and no request reads them.
func TestRun_SparesRequestsTheReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &memory{}
		keys := readyKeys(t, kept)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- keys.Run(ctx) }()
		for range 100 {
			time.Sleep(70 * time.Millisecond) // the bubble's clock, not ours
			synctest.Wait()
			before := kept.countReads()
			if err := keys.Parse(t.Context(), sign(t, keys), &object{}); err != nil {
				t.Error(err)
			}
			if got := kept.countReads() - before; got != 0 {
				t.Errorf("%d reads", got)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A server that runs for longer than its key signs replaces it by itself.
func TestRun_ReplacesTheOAuthKeyWithinAnHourOfItsTime(t *testing.T) {
	t.Parallel()
	for _, algorithm := range scheduled {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { runPastTheTime(t, algorithm) })
		})
	}
}

func runPastTheTime(t *testing.T, algorithm string) {
	e := newEra()
	keys := ready(t, signing.Config{Store: turning{&memory{}}, OAuthAlgorithm: algorithm, Now: e.Now})
	old, next := keyIn(t, keys, algorithm, models.KeyActive), keyIn(t, keys, algorithm, models.KeyNext)
	rs256 := signing.KeyID(sign(t, keys))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- keys.Run(ctx) }()
	for i, want := range []string{old, next, next} {
		time.Sleep(time.Hour) // the bubble's clock
		synctest.Wait()
		if got := signing.KeyID(signAccessToken(t, keys, algorithm)); got != want {
			t.Errorf("after %d hours %s signs, want %s", i+1, got, want)
		}
		if i == 0 {
			e.pass(signing.RotatedEvery)
		}
	}
	if signing.KeyID(sign(t, keys)) != rs256 {
		t.Error("the RS256 key was replaced")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// turning is a memory that rotates, and keeps what is retired. No access token is one
// of its keys'.
type turning struct{ *memory }

func (m turning) RotateSigningKey(_ context.Context, replaces, next string, at time.Time, _ models.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.rows {
		switch row := &m.rows[i]; row.ID {
		case replaces:
			row.State, row.Sealed, row.RetiredAt = models.KeyRetired, nil, &at
		case next:
			row.State, row.ActivatedAt = models.KeyActive, &at
		}
	}
	return nil
}

func (turning) SignedTokensAbout(context.Context, string, time.Time) (live int, more bool, err error) {
	return 0, false, nil
}

func (turning) DropSigningKeys(context.Context, []string, time.Time, time.Time) (int, error) {
	return 0, nil
}

// One reads for all who wait, also where that fails.
func TestKeys_WhoWaitsSharesTheReading(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{"read": nil, "failed": errFire} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				kept := &slow{memory: &memory{}, hold: make(chan struct{})}
				keys := readyKeys(t, kept)
				jwt := sign(t, keys)
				time.Sleep(time.Second) // the bubble's clock
				before := kept.countReads()
				kept.slow.Store(true)
				errs := make(chan error, 50)
				for range cap(errs) {
					go func() { errs <- keys.Parse(t.Context(), jwt, &object{}) }()
				}
				synctest.Wait()
				kept.fail(want)
				close(kept.hold)
				for range cap(errs) {
					if err := <-errs; !errors.Is(err, want) {
						t.Errorf("%v, want %v", err, want)
					}
				}
				if got := kept.countReads() - before; got != 1 {
					t.Errorf("%d reads", got)
				}
			})
		})
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

// A database that neither answers nor fails makes nobody wait for good, while Run runs.
func TestKeys_ThatCantBeReadAreAnErrorInSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &slow{memory: &memory{}, hold: make(chan struct{})}
		keys := readyKeys(t, kept)
		jwt := sign(t, keys)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- keys.Run(ctx) }()
		synctest.Wait()
		kept.slow.Store(true)
		time.Sleep(2 * time.Second) // the bubble's clock
		asked := time.Now()
		if err := keys.Parse(t.Context(), jwt, &object{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want that it took too long", err)
		}
		if waited := time.Since(asked); waited > 6*time.Second {
			t.Errorf("somebody waited for %s", waited)
		}
		close(kept.hold)
		if err := keys.Parse(t.Context(), jwt, &object{}); err != nil {
			t.Errorf("once it answers again: %v", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
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
