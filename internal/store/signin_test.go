package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestLinks_EndWhenTheyAreOverUsedOrReplaced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		first, _ := models.NewLink(models.PasswordLink, w.dana.ID, noon, time.Hour)
		link, _ := models.NewLink(models.PasswordLink, w.dana.ID, noon, time.Hour)
		ok(t, s.CreateLink(t.Context(), first, event(models.LinkCreated)))
		ok(t, s.CreateLink(t.Context(), link, event(models.LinkCreated)))
		got, err := s.Link(t.Context(), link.CodeHash, noon)
		ok(t, err)
		if got.UserID != w.dana.ID || got.Purpose != models.PasswordLink || !got.ExpiresAt.Equal(link.ExpiresAt) {
			t.Errorf("got %+v", got)
		}
		end := link.ExpiresAt
		for name, err := range map[string]error{
			"replaced":       second(s.Link(t.Context(), first.CodeHash, noon)),
			"over":           second(s.Link(t.Context(), link.CodeHash, end)),
			"unknown":        second(s.Link(t.Context(), digestOf("x"), noon)),
			"use over":       s.UsePasswordLink(t.Context(), link.CodeHash, "$argon2id$x", end, event(models.LinkUsed)),
			"use for set-up": s.UseSetupLink(t.Context(), link.CodeHash, models.User{}, noon, event(models.LinkUsed)),
		} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.signIn("x", w.dana.ID, "")
		ok(t, s.UsePasswordLink(t.Context(), link.CodeHash, "$argon2id$x", noon, event(models.LinkUsed)))
		wantSession(t, s, "x", false)
		if user, err := s.User(t.Context(), w.dana.ID); err != nil || user.PasswordHash != "$argon2id$x" {
			t.Errorf("hash %q, %v", user.PasswordHash, err)
		}
		if _, err := s.Link(t.Context(), link.CodeHash, noon); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("used: %v", err)
		}
	})
}

func TestUseSetupLink_OnlyForTheFirstOperator(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		bootstrap(t, s)
		earlier, _ := models.NewLink(models.SetupLink, "", noon, time.Hour)
		link, _ := models.NewLink(models.SetupLink, "", noon, time.Hour)
		ok(t, s.ReplaceSetupLink(t.Context(), earlier))
		ok(t, s.ReplaceSetupLink(t.Context(), link))
		operator := models.User{ID: newID(), Email: "o@latchkey.example", Name: "O", Operator: true, CreatedAt: noon}
		use := func(code []byte) error {
			return s.UseSetupLink(t.Context(), code, operator, noon, event(models.UserCreated))
		}
		if err := use(earlier.CodeHash); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a replaced link: %v", err)
		}
		ok(t, use(link.CodeHash))

		ok(t, s.ReplaceSetupLink(t.Context(), link))
		operator.ID, operator.Email = newID(), "p@latchkey.example"
		if err := use(link.CodeHash); !errors.Is(err, models.ErrConflict) {
			t.Errorf("with an operator already: %v", err)
		}
	})
}

func TestAttempts_LimitPausesAndStartsAgain(t *testing.T) {
	t.Parallel()
	const window, limit = 15 * time.Minute, 3
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := noon
		reserve := func(after time.Duration, want bool, failures int) models.Attempts {
			t.Helper()
			now = now.Add(after)
			got, passed, err := s.ReserveAttempt(t.Context(), "key", now, window, limit)
			ok(t, err)
			if passed != want || got.Failures != failures || got.Key != "key" {
				t.Errorf("at %s: passed %t with %d failures, want %t with %d", now.Sub(noon), passed, got.Failures, want, failures)
			}
			return got
		}
		for i := range limit {
			reserve(0, true, i+1)
		}
		got := reserve(time.Second-time.Microsecond, false, 3)
		if !got.LastFailure.Equal(noon) || !got.WindowStart.Equal(noon) {
			t.Errorf("a refused try was counted: %+v", got)
		}
		reserve(time.Microsecond, true, 4) // one second after the third
		reserve(time.Second, false, 4)
		reserve(time.Second, true, 5) // two after the fourth
		failures := 5
		for _, pause := range []time.Duration{4, 8, 16, 32, 60, 60} {
			reserve(pause*time.Second-time.Microsecond, false, failures)
			failures++
			reserve(time.Microsecond, true, failures)
		}
		// Another key is not touched, and the window's end forgets.
		if _, passed, err := s.ReserveAttempt(t.Context(), "other", now, window, limit); err != nil || !passed {
			t.Errorf("another key: %t, %v", passed, err)
		}
		now = noon.Add(window)
		fresh := reserve(0, true, 1)
		if !fresh.WindowStart.Equal(now) {
			t.Errorf("the window starts at %v", fresh.WindowStart)
		}
	})
}

func TestAttempts_AreReleasedOneByOneOrForgotten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		failures := func() int {
			t.Helper()
			got, _, err := s.ReserveAttempt(t.Context(), "key", noon, time.Minute, 10)
			ok(t, err)
			return got.Failures
		}
		failures()
		failures()
		ok(t, s.ReleaseAttempt(t.Context(), "key", false))
		if n := failures(); n != 2 {
			t.Errorf("after one was taken back: %d", n)
		}
		ok(t, s.ReleaseAttempt(t.Context(), "key", true))
		if n := failures(); n != 1 {
			t.Errorf("after all were forgotten: %d", n)
		}
		for range 3 {
			ok(t, s.ReleaseAttempt(t.Context(), "key", false))
		}
		if n := failures(); n != 1 {
			t.Errorf("counts go below none: %d", n)
		}
	})
}
