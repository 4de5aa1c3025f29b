package tokens_test

import (
	"sync"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

func (w *world) refresh(token models.Secret) (tokens.Exchanged, tokens.Verdict) {
	w.t.Helper()
	exchanged, verdict, err := w.Refresh(w.t.Context(), tokens.RefreshRequest{Token: token, IP: "198.51.100.3", UserAgent: "sdk"})
	w.ok(err)
	w.sound(verdict)
	if verdict.Allowed == exchanged.AccessToken.Empty() || verdict.Allowed == exchanged.RefreshToken.Empty() {
		w.t.Fatalf("allowed is %v: %+v", verdict.Allowed, exchanged)
	}
	return exchanged, verdict
}

func TestRefresh_RenewsOnceWithTheRightsOfNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range []combination{combinations[1], combinations[3]} {
			minted := w.mint(c)
			first, _ := w.exchange(minted)
			w.clock.advance(2 * time.Hour)
			w.wantReason(w.verifyJWT(first.AccessToken), tokens.Expired)
			second, verdict := w.refresh(first.RefreshToken)
			w.wantReason(verdict, "")
			w.wantReason(w.verifyJWT(second.AccessToken), "")
			if second.ExpiresIn != time.Hour {
				t.Errorf("%s: lives %s", c.name, second.ExpiresIn)
			}
			third, verdict := w.refresh(second.RefreshToken)
			w.wantReason(verdict, "")
			w.wantReason(w.verifyJWT(third.AccessToken), "")
		}
	})
}

func TestRefresh_OneThatWasUsedEndsItsOwnChainAndIsRememberedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[1])
		first, _ := w.exchange(minted)
		apart, _ := w.exchange(minted)
		second, _ := w.refresh(first.RefreshToken)
		before := w.lastEvent()
		for _, token := range []models.Secret{first.RefreshToken, second.RefreshToken, first.RefreshToken} {
			_, verdict := w.refresh(token)
			w.wantReason(verdict, tokens.RefreshSpent)
		}
		events := w.events(before)
		if len(events) != 1 || events[0].Action != models.RefreshReused || events[0].TargetID != minted.Token.ID || events[0].TenantID != w.acme {
			t.Errorf("%+v", events)
		}
		if _, verdict := w.refresh(apart.RefreshToken); !verdict.Allowed {
			t.Errorf("another exchange's: %s", verdict.Reason)
		}
		w.wantReason(w.verifyJWT(second.AccessToken), "")
	})
}

func TestRefresh_IsRefusedWithWhateverItRenews(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for name, row := range map[string]struct {
			end    func(m tokens.Minted)
			reason tokens.Reason
		}{
			"deleted": {func(m tokens.Minted) {
				_, err := w.Delete(t.Context(), w.asDana(), models.API, m.Token.ID)
				w.ok(err)
			}, tokens.Revoked},
			"disabled": {func(m tokens.Minted) {
				_, err := w.Disable(t.Context(), w.asDana(), models.API, m.Token.ID)
				w.ok(err)
			}, tokens.Disabled},
			"rotated without an overlap": {func(m tokens.Minted) {
				_, err := w.Rotate(t.Context(), w.asDana(), models.API, m.Token.ID, tokens.RotateRequest{})
				w.ok(err)
			}, tokens.SecretEnded},
		} {
			minted := w.mint(combinations[1])
			exchanged, _ := w.exchange(minted)
			row.end(minted)
			if _, verdict := w.refresh(exchanged.RefreshToken); verdict.Reason != row.reason {
				t.Errorf("%s: %q", name, verdict.Reason)
			}
		}
		minted := w.mint(combinations[1], lasting(time.Hour))
		exchanged, _ := w.exchange(minted)
		w.clock.advance(40 * time.Minute)
		renewed, _ := w.refresh(exchanged.RefreshToken)
		if renewed.ExpiresIn > 20*time.Minute {
			t.Errorf("the JWT outlives the credentials: %s", renewed.ExpiresIn)
		}
		w.clock.advance(20 * time.Minute)
		_, verdict := w.refresh(renewed.RefreshToken)
		if verdict.Allowed {
			t.Error("the refresh token outlives the credentials")
		}
		lasts, _ := w.exchange(w.mint(combinations[1]))
		w.clock.advance(30 * 24 * time.Hour)
		_, verdict = w.refresh(lasts.RefreshToken)
		w.wantReason(verdict, tokens.RefreshExpired)
		for _, other := range []models.Secret{models.NewSecret("x"), minted.Secret, lasts.AccessToken, {}} {
			if _, verdict := w.refresh(other); verdict.Allowed || verdict.Reason == "" {
				t.Errorf("%+v", verdict)
			}
		}
	})
}

func TestExchange_TheNewestHundredRefreshTokensLiveAlsoWhenManyAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[1])
		first, _ := w.exchange(minted)
		w.clock.advance(time.Second)
		var made []models.Secret
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 2 {
			for range 50 {
				all.Go(func() {
					exchanged, _, err := w.Exchange(t.Context(), tokens.ExchangeRequest{ClientID: minted.Token.ID, Secret: minted.Secret, IP: "198.51.100.3"})
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Error(err)
					}
					made = append(made, exchanged.RefreshToken)
				})
			}
			all.Wait()
			w.clock.advance(time.Second)
		}
		_, verdict := w.refresh(first.RefreshToken)
		w.wantReason(verdict, tokens.Unknown)
		for i, token := range made {
			if _, verdict := w.refresh(token); !verdict.Allowed {
				t.Errorf("number %d of the newest hundred: %s", i, verdict.Reason)
			}
		}
	})
}

func TestRefresh_OneThatMakesRoomMeanwhileIsNoReuse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[1])
		exchanged, _ := w.exchange(minted)
		before := w.lastEvent()
		w.Tokens = w.over(meanwhile{s, func() {
			newer := models.RefreshToken{
				ID: newID(), Digest: make([]byte, 32), TokenID: minted.Token.ID, SecretID: w.secretOf(minted).ID, Chain: newID(),
				CreatedAt: start, ExpiresAt: start.Add(time.Hour),
			}
			w.ok(s.CreateRefreshToken(t.Context(), newer, 1))
		}})
		_, verdict := w.refresh(exchanged.RefreshToken)
		w.wantReason(verdict, tokens.RefreshSpent)
		if events := w.events(before); len(events) != 0 {
			t.Errorf("%+v", events)
		}
	})
}
