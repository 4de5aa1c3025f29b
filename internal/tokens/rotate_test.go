package tokens_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// rotate rotates one of dana's tokens.
func (w *world) rotate(minted tokens.Minted, r tokens.RotateRequest) tokens.Minted {
	w.t.Helper()
	rotated, err := w.Rotate(w.t.Context(), w.asDana(), minted.Token.Context, minted.Token.ID, r)
	w.ok(err)
	return rotated
}

func TestRotate_TheOldSecretLivesForTheOverlapAndTheNewOneOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			for _, overlap := range []time.Duration{0, time.Minute, time.Hour, 7 * 24 * time.Hour} {
				w.clock.set(start)
				old := w.mint(c)
				before := w.lastEvent()
				fresh := w.rotate(old, tokens.RotateRequest{Overlap: overlap})
				if e := w.oneEvent(before); e.Action != models.TokenRotated || e.TargetID != old.Token.ID || e.TargetName != c.name || e.ActorID != w.dana.ID || e.TenantID != w.acme {
					t.Errorf("%s: event %+v", c.name, e)
				}
				if fresh.Token.ID != old.Token.ID || fresh.Secret == old.Secret || !strings.HasSuffix(fresh.Secret.Reveal(), fresh.Token.LastFour) {
					t.Errorf("%s: rotated to %+v", c.name, fresh.Token.Token)
				}
				w.wantReason(w.use(fresh), "")
				if overlap > 0 {
					w.wantReason(w.use(old), "")
					w.clock.advance(overlap - time.Second)
					w.wantReason(w.use(old), "")
					w.clock.advance(time.Second)
				}
				w.wantReason(w.use(old), tokens.SecretEnded)
				w.wantReason(w.use(fresh), "")
				w.clock.advance(365 * 24 * time.Hour)
				w.wantReason(w.use(fresh), "")
				w.ok(w.Flush(t.Context()))
				if got := w.refusals(old.Token.ID)["secret_ended"]; got != 1 {
					t.Errorf("%s: %d refusals", c.name, got)
				}
			}
		}
	})
}

func TestRotate_TheOldSecretNeverOutlivesTheToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			w.clock.set(start)
			old := w.mint(c, lasting(time.Hour))
			if fresh := w.rotate(old, tokens.RotateRequest{Overlap: 24 * time.Hour}); !fresh.OldEndsAt.Equal(old.Token.ExpiresAt) {
				t.Errorf("%s: tells that the old one ends at %s", c.name, fresh.OldEndsAt)
			}
			secrets, err := s.TokenSecrets(t.Context(), old.Token.ID)
			w.ok(err)
			for _, secret := range secrets {
				if secret.ReplacedAt != nil && !secret.EndsAt.Equal(old.Token.ExpiresAt) {
					t.Errorf("%s: the old one ends at %s, the token at %s", c.name, secret.EndsAt, old.Token.ExpiresAt)
				}
			}
		}
	})
}

// A JWT is made from one secret and ends with it.
func TestRotate_JWTsEndWithTheSecretTheyWereExchangedFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range []combination{combinations[1], combinations[3]} {
			w.clock.set(start)
			old := w.mint(c)
			before, _ := w.exchange(old)
			fresh := w.rotate(old, tokens.RotateRequest{Overlap: 30 * time.Minute})
			during, _ := w.exchange(old)
			after, _ := w.exchange(fresh)
			if end := models.Stamp(start).Add(30 * time.Minute); during.ExpiresAt.After(end) || end.Sub(during.ExpiresAt) >= time.Second {
				t.Errorf("%s: a JWT of the old secret ends at %s, the secret at %s", c.name, during.ExpiresAt, end)
			}
			if got := w.verifyJWT(before.AccessToken).ExpiresAt; got.After(start.Add(30 * time.Minute)) {
				t.Errorf("%s: a JWT from before is good until %s", c.name, got)
			}
			w.wantReason(w.verifyJWT(during.AccessToken), "")
			_, err := w.EndOldSecret(t.Context(), w.asDana(), c.context, old.Token.ID)
			w.ok(err)
			w.wantReason(w.verifyJWT(before.AccessToken), tokens.SecretEnded)
			w.wantReason(w.verifyJWT(during.AccessToken), tokens.SecretEnded)
			w.wantReason(w.verifyJWT(after.AccessToken), "")
		}
	})
}

func TestEndOldSecret_EndsItAtOnceAndOnlyIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			old := w.mint(c)
			end := func() error {
				_, err := w.EndOldSecret(t.Context(), w.asDana(), c.context, old.Token.ID)
				return err
			}
			wantError(t, end(), models.ErrConflict)
			fresh := w.rotate(old, tokens.RotateRequest{Overlap: time.Hour})
			before := w.lastEvent()
			w.ok(end())
			if e := w.oneEvent(before); e.Action != models.SecretEnded || e.TargetID != old.Token.ID {
				t.Errorf("%s: event %+v", c.name, e)
			}
			w.wantReason(w.use(old), tokens.SecretEnded)
			w.wantReason(w.use(fresh), "")
			wantError(t, end(), models.ErrConflict)
			w.rotate(old, tokens.RotateRequest{Overlap: time.Hour})
		}
	})
}

func TestCancelRotation_GoesBackToTheOldSecretForGood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			w.clock.set(start)
			old := w.mint(c)
			cancel := func() (models.TokenRow, error) {
				return w.CancelRotation(t.Context(), w.asDana(), c.context, old.Token.ID)
			}
			_, err := cancel()
			wantError(t, err, models.ErrConflict)
			fresh := w.rotate(old, tokens.RotateRequest{Overlap: time.Hour, Silence: time.Minute})
			before := w.lastEvent()
			row, err := cancel()
			w.ok(err)
			if e := w.oneEvent(before); e.Action != models.RotationCancelled || e.TargetID != old.Token.ID {
				t.Errorf("%s: event %+v", c.name, e)
			}
			if row.LastFour != old.Token.LastFour || row.Prefix != old.Token.Prefix {
				t.Errorf("%s: told by %s…%s", c.name, row.Prefix, row.LastFour)
			}
			w.wantReason(w.use(fresh), tokens.SecretEnded)
			w.clock.advance(365 * 24 * time.Hour)
			w.wantReason(w.use(old), "")
			_, err = cancel()
			wantError(t, err, models.ErrConflict)
			again := w.rotate(old, tokens.RotateRequest{Overlap: time.Hour})
			w.clock.advance(time.Hour)
			_, err = cancel()
			wantError(t, err, models.ErrConflict)
			w.wantReason(w.use(old), tokens.SecretEnded)
			w.wantReason(w.use(again), "")
		}
	})
}

func TestRotate_OneAtATime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old := w.mint(combinations[0])
		fresh := w.rotate(old, tokens.RotateRequest{Overlap: time.Hour})
		before := w.lastEvent()
		_, err := w.Rotate(t.Context(), w.asDana(), models.API, old.Token.ID, tokens.RotateRequest{})
		wantError(t, err, models.ErrConflict)
		if events := w.events(before); len(events) != 0 {
			t.Errorf("events %+v", events)
		}
		w.wantReason(w.use(old), "")
		w.wantReason(w.use(fresh), "")
		w.clock.advance(time.Hour)
		w.rotate(old, tokens.RotateRequest{})
	})
}

// Whoever decides about the secret that they see must not end one that somebody
// else was given a moment ago.
func TestRotate_ReplacesTheSecretThatWasSeenOrNone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old := w.mint(combinations[0])
		seen := w.secretOf(old).ID
		fresh := w.rotate(old, tokens.RotateRequest{Replaces: seen})
		for _, replaces := range []string{seen, newID(), "\x00"} {
			_, err := w.Rotate(t.Context(), w.asDana(), models.API, old.Token.ID, tokens.RotateRequest{Replaces: replaces})
			wantError(t, err, models.ErrConflict)
		}
		w.wantReason(w.use(fresh), "")
	})
}

func TestRotate_OfFiftyAtOnceOneWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, overlap := range []time.Duration{0, time.Hour} {
			old, caller := w.mint(combinations[0]), w.asDana()
			seen, before := w.secretOf(old).ID, w.lastEvent()
			won := make([]tokens.Minted, 50)
			errs := make([]error, len(won))
			var wait sync.WaitGroup
			for i := range won {
				wait.Go(func() {
					won[i], errs[i] = w.Rotate(t.Context(), caller, models.API, old.Token.ID, tokens.RotateRequest{Overlap: overlap, Replaces: seen, FormID: fmt.Sprint(i)})
				})
			}
			wait.Wait()
			winners := 0
			for i, err := range errs {
				if err != nil {
					wantError(t, err, models.ErrConflict)
					if !won[i].Secret.Empty() {
						t.Error("a loser was given a secret")
					}
					continue
				}
				winners++
				w.wantReason(w.use(won[i]), "")
			}
			if winners != 1 {
				t.Errorf("%d of them won", winners)
			}
			w.oneEvent(before)
		}
	})
}

func TestRotate_AFormRotatesOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old := w.mint(combinations[0])
		byForm := func(caller models.Caller, in models.Context, form string) (models.TokenSecret, error) {
			return w.SecretByFormID(t.Context(), caller, in, old.Token.ID, form)
		}
		_, err := byForm(w.asDana(), models.API, "form-1")
		wantError(t, err, models.ErrNotFound)
		fresh := w.rotate(old, tokens.RotateRequest{FormID: "form-1"})
		_, err = w.Rotate(t.Context(), w.asDana(), models.API, old.Token.ID, tokens.RotateRequest{FormID: "form-1"})
		wantError(t, err, models.ErrConflict)
		got, err := byForm(w.asDana(), models.API, "form-1")
		w.ok(err)
		if got.LastFour != fresh.Token.LastFour || got.Digest != nil {
			t.Errorf("by form: %+v", got)
		}
		w.wantReason(w.use(fresh), "")
		// Another person's form of the same id is another form.
		wes := w.addMember(w.acme, "wes@acme.example", "Admin", "Editor")
		_, err = byForm(w.as(wes, w.acme), models.API, "form-1")
		wantError(t, err, models.ErrNotFound)
		_, err = w.Rotate(t.Context(), w.as(wes, w.acme), models.API, old.Token.ID, tokens.RotateRequest{FormID: "form-1"})
		w.ok(err)
		_, err = byForm(w.asVic(), models.API, "form-1")
		wantError(t, err, models.ErrForbidden)
		_, err = byForm(w.asDana(), models.Personal, "form-1")
		wantError(t, err, models.ErrNotFound)
		_, err = byForm(w.asGus(), models.API, "form-1")
		wantError(t, err, models.ErrNotFound)
	})
}

func TestRotate_TimesThatNoSecretCanHave(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old := w.mint(combinations[0])
		for _, bad := range []struct {
			overlap, silence time.Duration
			field            string
		}{
			{-time.Minute, 0, "overlap"},
			{time.Minute - 1, 0, "overlap"},
			{7*24*time.Hour + 1, 0, "overlap"},
			{1<<63 - 1, 0, "overlap"},
			{-1 << 63, 0, "overlap"},
			{0, time.Hour, "silence"},
			{time.Hour, time.Hour + time.Second, "silence"},
			{time.Hour, time.Minute - time.Second, "silence"},
			{time.Hour, -time.Minute, "silence"},
			{time.Hour, 90*time.Second + time.Millisecond, "silence"},
		} {
			before := w.lastEvent()
			_, err := w.Rotate(t.Context(), w.asDana(), models.API, old.Token.ID, tokens.RotateRequest{Overlap: bad.overlap, Silence: bad.silence})
			wantInvalid(t, err, bad.field, "out_of_range")
			if events := w.events(before); len(events) != 0 {
				t.Errorf("events %+v", events)
			}
		}
		w.wantReason(w.use(old), "")
	})
}

// Silence is judged as it is written down, which other replicas do a little
// later: nobody who uses the old secret in time is refused for that.
func TestRotate_ASilentSecretEndsByItself(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := *w
		other.Tokens = w.over(s)
		for _, c := range combinations {
			w.clock.set(start)
			old := w.mint(c)
			w.use(old)
			w.clock.advance(time.Minute)
			fresh := w.rotate(old, tokens.RotateRequest{Overlap: 24 * time.Hour, Silence: time.Hour})
			for range 3 {
				w.clock.advance(time.Hour - time.Second)
				w.wantReason(other.use(old), "")
				// The use still waits in the other's memory.
				w.clock.advance(30 * time.Second)
				w.wantReason(w.use(old), "")
				w.ok(other.Flush(t.Context()))
				w.ok(w.Flush(t.Context()))
			}
			w.clock.advance(time.Hour + models.SilenceSlack)
			w.wantReason(w.use(old), tokens.SecretEnded)
			w.wantReason(other.use(old), tokens.SecretEnded)
			w.ok(w.Flush(t.Context()))
			w.wantReason(w.use(old), tokens.SecretEnded)
			w.wantReason(w.use(fresh), "")
			_, err := w.CancelRotation(t.Context(), w.asDana(), c.context, old.Token.ID)
			wantError(t, err, models.ErrConflict)
			w.rotate(old, tokens.RotateRequest{})
		}
	})
}

func TestRotate_UsedAllTheTimeASecretEndsWithTheOverlap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old := w.mint(combinations[0])
		w.rotate(old, tokens.RotateRequest{Overlap: time.Hour, Silence: time.Hour})
		for range 59 {
			w.clock.advance(time.Minute)
			w.wantReason(w.use(old), "")
			w.ok(w.Flush(t.Context()))
		}
		w.clock.advance(time.Minute)
		w.wantReason(w.use(old), tokens.SecretEnded)
	})
}

func TestExchange_AJWTEndsBeforeItsSecretCouldFallSilent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old := w.mint(combinations[1])
		w.rotate(old, tokens.RotateRequest{Overlap: time.Hour, Silence: 10 * time.Minute})
		w.clock.advance(5 * time.Minute)
		exchanged, _ := w.exchange(old)
		if most := w.clock.Now().Add(10*time.Minute + models.SilenceSlack); exchanged.ExpiresAt.After(most) || most.Sub(exchanged.ExpiresAt) > time.Second {
			t.Errorf("ends at %s, want %s", exchanged.ExpiresAt, most)
		}
	})
}
