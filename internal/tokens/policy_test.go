package tokens_test

import (
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

const day = 24 * time.Hour

// setPolicy replaces a policy, the environment's when tenantID is empty.
func (w *world) setPolicy(tenantID string, p models.Policy) {
	w.t.Helper()
	w.ok(w.store.ChangePolicy(w.t.Context(), tenantID, func(models.Policy) (models.Policy, error) { return p, nil }, event(models.TenantUpdated)))
}

// atMost is a longest life, set a moment ago by the world's clock.
func (w *world) atMost(life time.Duration, from time.Time) models.Policy {
	return models.Policy{MaxLife: models.Rule[time.Duration]{}.Save(life, from, models.Stamp(w.clock.Now()))}
}

func TestMint_NoLongerThanThePoliciesAllow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.setPolicy("", w.atMost(90*day, models.NeverExpires))
		w.setPolicy(w.acme, w.atMost(30*day, models.NeverExpires))
		for _, caller := range []models.Caller{w.asDana(), commandLine(w.dana, w.acme)} {
			for life, fits := range map[time.Duration]bool{
				time.Minute: true, 30 * day: true, 30*day + time.Minute: false, 90 * day: false, 0: false,
			} {
				_, err := w.Mint(t.Context(), caller, tokens.MintRequest{Context: models.API, ExpiresIn: life})
				if fits {
					w.ok(err)
				} else {
					wantInvalid(t, err, "expires", "policy_life")
				}
			}
		}
		_, err := w.Mint(t.Context(), w.asGus(), tokens.MintRequest{Context: models.Personal, ExpiresIn: 90 * day})
		w.ok(err)
		_, err = w.Mint(t.Context(), w.asGus(), tokens.MintRequest{Context: models.Personal, ExpiresIn: 91 * day})
		wantInvalid(t, err, "expires", "policy_life")
	})
}

func TestMint_OnlyWhoHoldsThePermissionThatAPolicyNames(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		wes := w.addMember(w.acme, "wes@acme.example", "Writer")
		w.setPolicy("", models.Policy{CreatePermission: "reports.read"})
		w.setPolicy(w.acme, models.Policy{CreatePermission: "reports.write"})
		before := w.lastEvent()
		for _, in := range []models.Context{models.API, models.Personal} {
			_, err := w.Mint(t.Context(), w.as(wes, w.acme), tokens.MintRequest{Context: in})
			wantError(t, err, models.ErrForbidden)
		}
		for _, e := range w.events(before) {
			if e.Action != models.TokenCreated || e.Outcome != models.Refused || e.Reason != "policy_permission" {
				t.Errorf("event %+v", e)
			}
		}
		for _, caller := range []models.Caller{w.asDana(), w.asGus(), commandLine(wes, w.acme)} {
			_, err := w.Mint(t.Context(), caller, tokens.MintRequest{Context: models.API})
			w.ok(err)
		}
	})
}

func TestVerify_TokensThatAPolicyNoLongerLetsLive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			old, unlike := w.mint(c), w.mint(c, lasting(5*day))
			w.clock.advance(10 * day)
			w.setPolicy("", models.Policy{})
			late := w.mint(c, lasting(2*day))
			w.wantReason(w.use(old), "")
			w.setPolicy("", w.atMost(7*day, models.Stamp(w.clock.Now())))
			w.wantReason(w.use(old), tokens.Policy)
			// What has ended by itself has: the holder may be told so.
			w.wantReason(w.use(unlike), tokens.Expired)
			w.wantReason(w.use(late), "")
			// The account's switch of its own would not help; a looser policy does.
			w.setPolicy(w.acme, w.atMost(365*day, models.Stamp(w.clock.Now())))
			w.wantReason(w.use(old), tokens.Policy)
			w.setPolicy("", models.Policy{})
			w.wantReason(w.use(old), "")
			w.ok(w.Flush(t.Context()))
			if n := w.refusals(old.Token.ID)[string(tokens.Policy)]; n != 2 {
				t.Errorf("%s: %d refusals are counted", c.name, n)
			}
			w.setPolicy(w.acme, models.Policy{})
		}
	})
}

func TestVerify_TokensFromAnywhereWhileAddressesAreRequired(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			minted := w.mint(c)
			w.clock.advance(time.Minute)
			soon := models.Stamp(w.clock.Now()).Add(day)
			w.setPolicy(w.acme, models.Policy{AddressesRequired: models.Rule[bool]{}.Save(true, soon, soon.Add(-day))})
			w.wantReason(w.use(minted), "")
			w.clock.advance(day)
			w.wantReason(w.use(minted), tokens.Policy)
			w.setPolicy(w.acme, models.Policy{})
		}
	})
}

// A JWT that outlived what it was made from could not be called back by a
// resource server that judges it locally.
func TestExchange_NotBeyondTheEndThatAPolicySets(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[1])
		w.clock.advance(day)
		for name, row := range map[string]struct {
			policy models.Policy
			end    time.Time
		}{
			"by age":  {w.atMost(day+10*time.Minute, models.Stamp(w.clock.Now())), minted.Token.CreatedAt.Add(day + 10*time.Minute)},
			"a date":  {w.atMost(time.Hour, models.Stamp(w.clock.Now().Add(20*time.Minute))), w.clock.Now().Add(20 * time.Minute)},
			"neither": {w.atMost(time.Hour, models.NeverExpires), w.clock.Now().Add(time.Hour)},
		} {
			w.setPolicy("", row.policy)
			exchanged, verdict := w.exchange(minted)
			w.wantReason(verdict, "")
			if want := row.end.Truncate(time.Second); exchanged.ExpiresAt.After(row.end) || exchanged.ExpiresAt.Before(want.Add(-time.Second)) {
				t.Errorf("%s: the JWT ends %s, want %s", name, exchanged.ExpiresAt, want)
			}
		}
	})
}

func TestVerifyKey_SaysWhenAPolicyEndsTheToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[0])
		w.setPolicy("", w.atMost(7*day, models.Stamp(w.clock.Now())))
		if got, want := w.verifyKey(minted.Secret).ExpiresAt, minted.Token.CreatedAt.Add(7*day); !got.Equal(want) {
			t.Errorf("ends %s, want %s", got, want)
		}
	})
}
