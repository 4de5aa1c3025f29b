package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// statementsOf counts what a call asks of the database.
func statementsOf(t *testing.T, s *store.Store, call func()) int {
	t.Helper()
	return len(s.Record(t, call))
}

// readLog makes a store read the change log at its next look-up: it has written.
func readLog(t *testing.T, s *store.Store) {
	t.Helper()
	_, err := s.PurgeRevokedJWTs(t.Context(), time.Unix(0, 0))
	ok(t, err)
}

func TestCredential_ThatIsUnchangedIsReadOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("Nightly export", w.editor.ID))
		secretID, hash := store.SecretFor(token).ID, digestOf("a JWT")
		for name, read := range map[string]func(context.Context) (models.Credential, error){
			"by digest": func(ctx context.Context) (models.Credential, error) {
				return s.CredentialByDigest(ctx, digestOf(token.ID))
			},
			"by secret": func(ctx context.Context) (models.Credential, error) { return s.CredentialBySecret(ctx, secretID) },
			"of a JWT":  func(ctx context.Context) (models.Credential, error) { return s.CredentialOfJWT(ctx, secretID, hash) },
		} {
			first, err := read(t.Context())
			ok(t, err)
			if n := statementsOf(t, s, func() {
				for range 100 {
					again, err := read(t.Context())
					ok(t, err)
					if diff := cmp.Diff(first, again); diff != "" {
						t.Errorf("%s (-first +again):\n%s", name, diff)
					}
				}
			}); n > 10 { // those of the log
				t.Errorf("%s: %d statements for 100 reads", name, n)
			}
			readLog(t, s)
			if n := statementsOf(t, s, func() {
				_, err := read(t.Context())
				ok(t, err)
			}); n != 1 {
				t.Errorf("%s: %d statements after a write that changed nothing, want the log alone", name, n)
			}
		}
	})
}

// A use leaves no event, so what a use is judged by is read each time.
func TestCredential_ThatEndsBySilenceIsReadEachTime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.apiToken("silent")
		secret := store.SecretFor(token)
		ok(t, s.CreateToken(t.Context(), token, secret, event(models.TokenCreated)))
		next := secret
		next.ID, next.Digest = newID(), digestOf("next")
		ok(t, s.RotateToken(t.Context(), models.Rotation{
			TenantID: w.tenant.ID, Replaces: secret.ID, EndsAt: models.NeverExpires, Silence: time.Hour, Secret: next,
		}, event(models.TokenRotated)))
		for i := range 3 {
			at := noon.Add(time.Duration(i) * time.Minute)
			ok(t, s.NoteUses(t.Context(), []models.TokenUse{{TokenID: token.ID, SecretID: secret.ID, At: at, IP: "192.0.2.1", UserAgent: "curl"}}))
			got, err := s.CredentialByDigest(t.Context(), secret.Digest)
			ok(t, err)
			if !got.Secret.LastUsedAt.Equal(at) {
				t.Errorf("last used at %v, want %v", got.Secret.LastUsedAt, at)
			}
		}
	})
}

// A look-up that begins while a change is made finds it or not; one that begins after
// it was made always does.
func TestCredential_IsTheNewOneOnceAChangeIsMade(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		stop := make(chan struct{})
		stopped := sync.OnceFunc(func() { close(stop) })
		defer stopped()
		readers := make(chan error, 4)
		for range 4 {
			go func() {
				for {
					select {
					case <-stop:
						readers <- nil
						return
					default:
						if _, err := s.CredentialByDigest(t.Context(), digestOf(token.ID)); err != nil {
							readers <- err
							return
						}
					}
				}
			}()
		}
		for i := range 200 {
			disabled := i%2 == 0
			at, change := (*time.Time)(nil), event(models.TokenEnabled)
			if disabled {
				at, change = &noon, event(models.TokenDisabled)
			}
			if i%4 < 2 {
				change = change.About("token", token.ID, "x")
			}
			ok(t, s.SetTokenDisabled(t.Context(), w.tenant.ID, token.ID, at, w.dana.ID, change))
			got, err := s.CredentialByDigest(t.Context(), digestOf(token.ID))
			ok(t, err)
			if got.Token.Disabled() != disabled {
				t.Fatalf("change %d: disabled is %v", i, got.Token.Disabled())
			}
		}
		stopped()
		for range 4 {
			ok(t, <-readers)
		}
	})
}

// Within a second another replica knows of a change, although nothing tells it to look.
func TestCredential_IsTheNewOneOnEveryReplicaWithinASecond(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		one, other := storetest.Open(t, url), storetest.Open(t, url)
		w := newWorld(t, one)
		token := w.add(w.apiToken("x"))
		disabledAt := func(ctx context.Context) bool {
			got, err := other.CredentialByDigest(ctx, digestOf(token.ID))
			ok(t, err)
			return got.Token.Disabled()
		}
		if disabledAt(t.Context()) {
			t.Fatal("disabled at first")
		}
		ok(t, one.SetTokenDisabled(t.Context(), w.tenant.ID, token.ID, &noon, w.dana.ID, event(models.TokenDisabled).About("token", token.ID, "x")))
		for changed := time.Now(); ; {
			asked := time.Now()
			if disabledAt(t.Context()) {
				break
			}
			if asked.Sub(changed) >= time.Second {
				t.Fatal("a replica that was asked a second later doesn't know")
			}
		}
	})
}

// A database that hangs makes nobody wait for longer than that.
func TestCredential_IsReadWithinTwoSecondsOrNotAtAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	token := w.add(w.apiToken("x"))
	for name, read := range map[string]func() error{
		"by digest": func() error { _, err := w.CredentialByDigest(t.Context(), digestOf(token.ID)); return err },
		"by id":     func() error { _, err := w.CredentialByID(t.Context(), token.ID); return err },
	} {
		before := time.Now()
		ends, bounded := w.DeadlineOfReads(func() { ok(t, read()) })
		if !bounded || ends.Sub(before) > 3*time.Second {
			t.Errorf("%s: bounded is %v, for %v", name, bounded, ends.Sub(before))
		}
	}
}

// Rule 12: the cache is not asked by whoever is gone, nor stands in for a database that
// fails.
func TestCredential_ThatIsKnownIsNoAnswerToAFault(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		read := func(ctx context.Context) error {
			_, err := s.CredentialByDigest(ctx, digestOf(token.ID))
			return err
		}
		ok(t, read(t.Context()))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := read(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("with the request gone: %v", err)
		}
		broken := fmt.Errorf("broken")
		storetest.FailNext(s, broken)
		if err := read(t.Context()); !errors.Is(err, broken) {
			t.Errorf("with a fault: %v", err)
		}
	})
}

func TestCredential_IsReadEachTimeWhereNothingIsKept(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		w := newWorld(t, storetest.Open(t, url))
		token := w.add(w.apiToken("x"))
		s, err := store.Open(t.Context(), store.Config{URL: url, Uncached: true})
		ok(t, err)
		t.Cleanup(func() { ok(t, s.Close()) })
		if n := statementsOf(t, s, func() {
			for range 3 {
				_, err := s.CredentialByDigest(t.Context(), digestOf(token.ID))
				ok(t, err)
			}
		}); n != 3 {
			t.Errorf("%d statements for 3 reads", n)
		}
	})
}
