package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// crush is how many try at once.
const crush = 50

// wantOneWinner wants one nil and the rest of one kind.
func wantOneWinner(t *testing.T, errs []error, losers error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, losers):
			t.Errorf("a loser got %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d winners: %s", won, describe(errs))
	}
}

func TestRaces_OneFormMakesOneToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		form := newID()
		wantOneWinner(t, atOnce(crush, func(i int) error {
			token := w.apiToken(fmt.Sprint(i), w.editor.ID)
			if i%2 == 0 {
				token = w.personalToken(w.dana.ID, fmt.Sprint(i))
			}
			token.FormID = form
			return s.CreateToken(t.Context(), token, store.SecretFor(token), event(models.TokenCreated))
		}), models.ErrConflict)
		if got := textsOf(t, s, "SELECT id FROM tokens"); len(got) != 1 {
			t.Errorf("%d tokens", len(got))
		}
	})
}

func TestRaces_OneRevocationWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		wantOneWinner(t, atOnce(crush, func(int) error {
			return s.RevokeToken(t.Context(), w.tenant.ID, token.ID, w.dana.ID, noon, event(models.TokenDeleted))
		}), models.ErrNotFound)
	})
}

func TestRaces_OnePasswordLinkSetsOnePassword(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		link, _ := models.NewLink(models.PasswordLink, w.dana.ID, noon, 24*time.Hour)
		ok(t, s.CreateLink(t.Context(), link, event(models.LinkCreated)))
		wantOneWinner(t, atOnce(crush, func(i int) error {
			return s.UsePasswordLink(t.Context(), link.CodeHash, fmt.Sprintf("$argon2id$%d", i), noon, event(models.LinkUsed))
		}), models.ErrNotFound)
	})
}

func TestRaces_OneSetupLinkMakesOneOperator(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		bootstrap(t, s)
		link, _ := models.NewLink(models.SetupLink, "", noon, time.Hour)
		ok(t, s.ReplaceSetupLink(t.Context(), link))
		wantOneWinner(t, atOnce(crush, func(i int) error {
			operator := models.User{ID: newID(), Email: fmt.Sprintf("o%d@latchkey.example", i), Name: "O", Operator: true, CreatedAt: noon}
			return s.UseSetupLink(t.Context(), link.CodeHash, operator, noon, event(models.UserCreated))
		}), models.ErrNotFound)
		if n, err := s.OperatorCount(t.Context()); err != nil || n != 1 {
			t.Errorf("%d operators, %v", n, err)
		}
	})
}

func TestRaces_ReplicasLeaveOneSetupLink(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		bootstrap(t, s)
		for _, err := range atOnce(crush, func(int) error {
			link, _ := models.NewLink(models.SetupLink, "", noon, time.Hour)
			return s.ReplaceSetupLink(t.Context(), link)
		}) {
			ok(t, err)
		}
		if n := len(textsOf(t, s, "SELECT purpose FROM links")); n != 1 {
			t.Errorf("%d links", n)
		}
	})
}

func TestRaces_OneBootstrapWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		made := make([]bool, crush)
		for _, err := range atOnce(crush, func(i int) (err error) {
			settings := models.Settings{
				ClientID: newID(), Kind: models.ClientCredentials, TokenPrefix: "lk", APITokens: models.Always,
				PersonalTokens: models.Always, TokenTTL: time.Hour, AccessTokenFormat: models.Opaque, RefreshTTL: time.Hour, CookieSameSite: models.SameSiteLax, KeyCheck: []byte("x"), UpdatedAt: noon,
			}
			permission := models.Permission{ID: newID(), Key: "a.b", CreatedAt: noon, UpdatedAt: noon}
			made[i], err = s.Bootstrap(t.Context(), settings, []models.Permission{permission}, nil, event(models.SettingsUpdated))
			return err
		}) {
			ok(t, err)
		}
		wantTrue(t, made, 1)
		if events, err := s.Counter(t.Context()); err != nil || events != 1 {
			t.Errorf("%d events, %v", events, err)
		}
	})
}

func TestRaces_OneSigningKeyOfAStateAndAlgorithm(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, state := range []models.KeyState{models.KeyActive, models.KeyNext} {
			wantOneWinner(t, atOnce(crush, func(i int) error { return w.createSigningKey(newID(), state, noon) }), models.ErrConflict)
		}
	})
}

func TestRaces_OfRotationsAndRemovalsOneIsLeftThatSigns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ok(t, w.createSigningKey("first", models.KeyActive, noon))
		ok(t, w.createSigningKey("second", models.KeyNext, noon))
		for _, err := range atOnce(crush, func(i int) error {
			if i%2 == 0 {
				return s.RotateSigningKey(t.Context(), "first", "second", noon, event(models.SigningKeyRotated))
			}
			return s.RemoveSigningKey(t.Context(), "first", noon, event(models.SigningKeyRemoved))
		}) {
			if err != nil && !errors.Is(err, models.ErrConflict) && !errors.Is(err, models.ErrNotFound) {
				t.Error(err)
			}
		}
		keys, err := s.SigningKeys(t.Context())
		ok(t, err)
		if len(keys) != 1 || keys[0].ID != "second" || keys[0].State != models.KeyActive {
			t.Errorf("%+v", keys)
		}
	})
}

func TestRaces_GuessesAtOnceDoNotSlipPastTheLimit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		passed := make([]bool, crush)
		for _, err := range atOnce(crush, func(i int) (err error) {
			_, passed[i], err = s.ReserveAttempt(t.Context(), "key", noon, 15*time.Minute, 10)
			return err
		}) {
			ok(t, err)
		}
		wantTrue(t, passed, 10)
	})
}

func TestRaces_AFlashIsTakenOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		sess := w.signIn("x", w.dana.ID, w.tenant.ID)
		ok(t, s.SetFlash(t.Context(), sess.IDHash, "saved"))
		taken := make([]bool, crush)
		for _, err := range atOnce(crush, func(i int) error {
			flash, err := s.TakeFlash(t.Context(), sess.IDHash)
			taken[i] = flash == "saved"
			return err
		}) {
			ok(t, err)
		}
		wantTrue(t, taken, 1)
	})
}

// A removal and new tokens of the removed person: whatever comes first, no live
// token is left.
func TestRaces_ARemovedMemberIsLeftWithoutTokens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, err := range atOnce(crush, func(i int) error {
			if i == crush/2 {
				return s.RemoveMember(t.Context(), w.tenant.ID, w.dana.ID, "", noon, event(models.MembershipRemoved))
			}
			token := w.personalToken(w.dana.ID, "x")
			err := s.CreateToken(t.Context(), token, store.SecretFor(token), event(models.TokenCreated))
			if errors.Is(err, models.ErrNotFound) {
				return nil
			}
			return err
		}) {
			ok(t, err)
		}
		if page := w.list(models.TokenQuery{Context: models.Personal, UserID: w.dana.ID}); len(page.Rows) != 0 {
			t.Errorf("%d live tokens", len(page.Rows))
		}
	})
}

func wantTrue(t *testing.T, got []bool, want int) {
	t.Helper()
	n := 0
	for _, b := range got {
		if b {
			n++
		}
	}
	if n != want {
		t.Errorf("%d of %d, want %d", n, len(got), want)
	}
}
