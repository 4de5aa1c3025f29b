package signin

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

func TestSignIn_FromTheTenthFailureOnWaitsDouble(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 10 {
			if _, err := w.try(t, danaEmail, "wrong", "", home); !errors.Is(err, models.ErrUnauthenticated) {
				t.Fatalf("try %d: %v", i+1, err)
			}
		}
		before := w.last(t)
		w.hashes.Store(0)
		for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
			wait *= time.Second
			for _, password := range []string{"wrong", danaPassword} {
				if _, err := w.try(t, danaEmail, password, "", home); limited(err) != wait {
					t.Fatalf("%v, want to wait %s", err, wait)
				}
			}
			w.after(wait - time.Millisecond)
			if _, err := w.try(t, danaEmail, "wrong", "", home); limited(err) != time.Second {
				t.Fatalf("too early: %v", err)
			}
			if n, ok := w.hashed(0); !ok || len(w.events(t, before)) != 0 {
				t.Fatalf("limited tries left %d hashes and %d events", n, len(w.events(t, before)))
			}
			w.after(time.Millisecond)
			if _, err := w.try(t, danaEmail, "wrong", "", home); !errors.Is(err, models.ErrUnauthenticated) {
				t.Fatal(err)
			}
			w.hashes.Store(0)
			before = w.last(t)
		}
		w.after(time.Minute)
		w.in(t)
		// The right password clears the count: ten more wrong ones are judged.
		for i := range 10 {
			if _, err := w.try(t, danaEmail, "wrong", "", home); !errors.Is(err, models.ErrUnauthenticated) {
				t.Fatalf("try %d after the right one: %v", i+1, err)
			}
		}
	})
}

func TestSignIn_FailuresAreForgottenAfterTheWindow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 10 {
			w.try(t, danaEmail, "wrong", "", home)
		}
		w.after(15 * time.Minute)
		for i := range 10 {
			if _, err := w.try(t, danaEmail, "wrong", "", home); !errors.Is(err, models.ErrUnauthenticated) {
				t.Fatalf("try %d: %v", i+1, err)
			}
		}
	})
}

func TestSignIn_NobodyLocksAKnownBrowserOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 150 {
			w.try(t, fmt.Sprintf("nobody%d@acme.example", i), "wrong", "", home)
		}
		for range 20 {
			w.try(t, danaEmail, "wrong", "", Client{IP: "198.51.100.7"})
		}
		if _, err := w.try(t, danaEmail, danaPassword, "", Client{IP: "198.51.100.8"}); limited(err) == 0 {
			t.Errorf("an unknown browser: %v", err)
		}
		if _, err := w.try(t, danaEmail, danaPassword, "", home); limited(err) == 0 {
			t.Errorf("an unknown browser at the address: %v", err)
		}
		for range 3 {
			if _, err := w.try(t, danaEmail, danaPassword, "device-1", home); err != nil {
				t.Errorf("a known browser: %v", err)
			}
		}
	})
}

func TestSignIn_AKnownBrowserHasALimitOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 10 {
			w.try(t, danaEmail, "wrong", "device-1", home)
		}
		if _, err := w.try(t, danaEmail, danaPassword, "device-1", home); limited(err) != time.Second {
			t.Errorf("the browser itself: %v", err)
		}
		for _, browser := range []string{"device-2", ""} {
			if _, err := w.try(t, danaEmail, danaPassword, browser, home); err != nil {
				t.Errorf("browser %q: %v", browser, err)
			}
		}
	})
}

func TestSignIn_AddressIsLimitedFromTheHundredthFailure(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		from := func(i int) Client { return Client{IP: fmt.Sprintf("2001:db8:4f:1::%x", i+1)} }
		for i := range 100 {
			if _, err := w.try(t, fmt.Sprintf("nobody%d@acme.example", i), "wrong", "", from(i)); !errors.Is(err, models.ErrUnauthenticated) {
				t.Fatalf("try %d: %v", i+1, err)
			}
		}
		if _, err := w.try(t, danaEmail, danaPassword, "", from(500)); limited(err) != time.Second {
			t.Errorf("the same /64: %v", err)
		}
		if _, err := w.try(t, danaEmail, danaPassword, "", Client{IP: "2001:db8:4f:2::1"}); err != nil {
			t.Errorf("the next /64: %v", err)
		}
	})
}

func TestSignIn_ARightPasswordPaysForNoGuessesAtOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		judged := 0
		for i := range 120 {
			w.try(t, danaEmail, danaPassword, "", home)
			_, err := w.try(t, fmt.Sprintf("nobody%d@acme.example", i), "wrong", "", home)
			if limited(err) > 0 {
				break
			}
			judged++
		}
		if judged != 100 {
			t.Errorf("%d guesses were judged", judged)
		}
	})
}

func TestSignIn_FiftyGuessesAtOnceAreJudgedTenTimes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, errs := together(50, func(i int) error {
			_, err := w.try(t, danaEmail, "wrong", "", Client{IP: fmt.Sprintf("198.51.100.%d", i)})
			return err
		})
		judged := 0
		for _, err := range errs {
			switch {
			case errors.Is(err, models.ErrUnauthenticated):
				judged++
			case limited(err) == 0:
				t.Error(err)
			}
		}
		if n := w.hashes.Load(); judged != 10 || n != 10 {
			t.Errorf("%d judged with %d hashes", judged, n)
		}
	})
}
