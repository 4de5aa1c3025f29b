package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func refreshToken(token models.Token, at time.Time) models.RefreshToken {
	id := models.NewID(at)
	return models.RefreshToken{
		ID: id, Digest: digestOf(id), TokenID: token.ID, SecretID: token.ID, Chain: id, CreatedAt: at, ExpiresAt: at.Add(time.Hour),
	}
}

// alive counts what the digests of refresh tokens still find alive; some may
// never have been made.
func (w *world) alive(tokens []models.RefreshToken, now time.Time) (n int) {
	w.t.Helper()
	for _, r := range tokens {
		got, err := w.RefreshTokenByDigest(w.t.Context(), r.Digest)
		if errors.Is(err, models.ErrNotFound) {
			continue
		}
		ok(w.t, err)
		if got.SpentAt == nil && got.EndedAt == nil && !got.Expired(now) {
			n++
		}
	}
	return n
}

func TestRefreshTokens_TheNewestStayAliveAlsoWhenManyAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("client", w.editor.ID))
		other := w.add(w.apiToken("other", w.editor.ID))
		elsewhere := refreshToken(other, noon)
		ok(t, s.CreateRefreshToken(t.Context(), elsewhere, 10))
		made := make([]models.RefreshToken, 30)
		for i := range made {
			made[i] = refreshToken(token, noon.Add(time.Duration(i)*time.Millisecond))
		}
		for _, err := range atOnce(len(made), func(i int) error { return s.CreateRefreshToken(t.Context(), made[i], 10) }) {
			ok(t, err)
		}
		if n := w.alive(made, noon); n != 10 {
			t.Errorf("%d are alive, want 10", n)
		}
		last := refreshToken(token, noon.Add(time.Minute))
		ok(t, s.CreateRefreshToken(t.Context(), last, 10))
		if kept := textsOf(t, s, "SELECT id FROM refresh_tokens WHERE token_id = '"+token.ID+"'"); len(kept) != 10 {
			t.Errorf("%d rows are kept", len(kept))
		}
		if n := w.alive(append(made, last), noon); n != 10 || w.alive([]models.RefreshToken{last, elsewhere}, noon) != 2 {
			t.Errorf("%d are alive after one more", n)
		}
	})
}

func TestRefreshTokens_AreSpentOnceAndEndByTheChain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("client", w.editor.ID))
		first, apart := refreshToken(token, noon), refreshToken(token, noon)
		ok(t, s.CreateRefreshToken(t.Context(), first, 100))
		ok(t, s.CreateRefreshToken(t.Context(), apart, 100))
		next := make([]models.RefreshToken, 5)
		for i := range next {
			next[i] = refreshToken(token, noon.Add(time.Second))
			next[i].Chain = first.Chain
		}
		errs := atOnce(len(next), func(i int) error { return s.SpendRefreshToken(t.Context(), first.ID, next[i]) })
		wantOneWinner(t, errs, models.ErrConflict)
		won := slices.Index(errs, nil)
		if w.alive([]models.RefreshToken{first}, noon) != 0 || w.alive([]models.RefreshToken{next[won], apart}, noon) != 2 {
			t.Fatalf("spent by %d", won)
		}
		before, err := s.Counter(t.Context())
		ok(t, err)
		for _, err := range atOnce(5, func(int) error {
			return s.EndRefreshChain(t.Context(), token.ID, first.Chain, noon.Add(time.Minute), event(models.RefreshReused))
		}) {
			ok(t, err)
		}
		if after, err := s.Counter(t.Context()); err != nil || after != before+1 {
			t.Errorf("%d events, %v", after-before, err)
		}
		if w.alive([]models.RefreshToken{next[won]}, noon) != 0 || w.alive([]models.RefreshToken{apart}, noon) != 1 {
			t.Error("a chain that ends takes the wrong ones along")
		}
		if err := s.SpendRefreshToken(t.Context(), next[won].ID, refreshToken(token, noon)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("one that has ended is spent: %v", err)
		}
	})
}

// Whichever comes first: on PostgreSQL the one who waits must see what the other added.
func TestRefreshTokens_OneThatIsUsedWhileItEndsLeavesNoneTooMany(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		end   func(s *store.Store, first, another models.RefreshToken) error
		alive int
	}{
		"by a reuse": {func(s *store.Store, first, _ models.RefreshToken) error {
			return s.EndRefreshChain(t.Context(), first.TokenID, first.Chain, noon, event(models.RefreshReused))
		}, 0},
		"by an exchange at the limit": {func(s *store.Store, _, another models.RefreshToken) error {
			return s.CreateRefreshToken(t.Context(), another, 1)
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				for range crush {
					token := w.add(w.apiToken("client", w.editor.ID))
					first, next, another := refreshToken(token, noon), refreshToken(token, noon), refreshToken(token, noon)
					next.Chain = first.Chain
					ok(t, s.CreateRefreshToken(t.Context(), first, 1))
					errs := atOnce(2, func(i int) error {
						if i == 0 {
							return s.SpendRefreshToken(t.Context(), first.ID, next)
						}
						return row.end(s, first, another)
					})
					ok(t, errs[1])
					if errs[0] != nil && !errors.Is(errs[0], models.ErrNotFound) {
						t.Fatal(errs[0])
					}
					if n := w.alive([]models.RefreshToken{first, next, another}, noon); n != row.alive {
						t.Fatalf("%d are alive, want %d (%s)", n, row.alive, describe(errs))
					}
				}
			})
		})
	}
}

// A replica whose clock is slow gives ids that sort before those of the others.
func TestRefreshTokens_TheOneThatIsMadeStaysAlive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("client", w.editor.ID))
		var made []models.RefreshToken
		for range 3 {
			made = append(made, refreshToken(token, noon))
			ok(t, s.CreateRefreshToken(t.Context(), made[len(made)-1], 3))
		}
		late := refreshToken(token, noon.Add(-time.Second))
		ok(t, s.CreateRefreshToken(t.Context(), late, 3))
		if w.alive([]models.RefreshToken{late}, noon) != 1 || w.alive(made, noon) != 2 {
			t.Error("an exchange hands out a refresh token that is dead")
		}
	})
}

func TestPurgeSessions_TakesRefreshTokensThatAreOverSomeAtATime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("client", w.editor.ID))
		tokens := make([]models.RefreshToken, store.PurgedAtOnce+100)
		for i := range tokens {
			tokens[i] = refreshToken(token, noon.Add(-time.Hour))
		}
		good := refreshToken(token, noon)
		ok(t, s.AddRefreshTokens(t.Context(), append(tokens, good)))

		const sessionsAndSome = 2
		broken := errors.New("broken")
		storetest.FailAfter(s, sessionsAndSome, broken)
		if n, err := s.PurgeSessions(t.Context(), noon, idle); n != store.PurgedAtOnce || !errors.Is(err, broken) {
			t.Errorf("the first ones: purged %d, %v", n, err)
		}
		if n, err := s.PurgeSessions(t.Context(), noon, idle); n != 100 || err != nil {
			t.Errorf("the rest: purged %d, %v", n, err)
		}
		if left := textsOf(t, s, "SELECT id FROM refresh_tokens"); len(left) != 1 || left[0] != good.ID {
			t.Errorf("left: %v", left)
		}
	})
}
