package tokens_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

func TestDetail_HasWhatWasDoneAndWhatWasRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			w.clock.set(start)
			minted := w.mint(c, func(r *tokens.MintRequest) { r.ContactID = w.vic.ID })
			fresh := w.rotate(minted, tokens.RotateRequest{Overlap: time.Hour})
			w.use(minted)
			w.use(fresh)
			_, err := w.Disable(t.Context(), w.asDana(), c.context, minted.Token.ID)
			w.ok(err)
			w.use(fresh)
			w.ok(w.Flush(t.Context()))
			got, err := w.Detail(t.Context(), w.asDana(), c.context, minted.Token.ID)
			w.ok(err)
			if len(got.Secrets) != 2 || got.Secrets[0].LastFour != fresh.Token.LastFour || !got.Secrets[1].Used() {
				t.Errorf("%s: secrets %+v", c.name, got.Secrets)
			}
			if wanted := map[models.Kind]int{models.AccessToken: 2, models.ClientCredentials: 4}[c.kind]; len(got.Uses) != wanted {
				t.Errorf("%s: %d uses", c.name, len(got.Uses))
			}
			var actions []models.Action
			for _, e := range got.Events {
				actions = append(actions, e.Action)
			}
			if fmt.Sprint(actions) != "[token.disabled token.rotated token.created]" {
				t.Errorf("%s: events %v", c.name, actions)
			}
			if len(got.Refusals) != 1 || got.Refusals[0].Reason != string(tokens.Disabled) || got.Refusals[0].Count != 1 {
				t.Errorf("%s: refusals %+v", c.name, got.Refusals)
			}
			if got.Contact == nil || got.Contact.Email != w.vic.Email || got.EventActors[got.DisabledBy].Name != w.dana.Name {
				t.Errorf("%s: contact %+v, people %+v", c.name, got.Contact, got.EventActors)
			}
		}
	})
}

func TestDetail_IsForThoseWhoMayReadTheList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, in := range []models.Context{models.API, models.Personal} {
			minted := w.mint(combination{"x", in, models.AccessToken})
			other := map[models.Context]models.Context{models.API: models.Personal, models.Personal: models.API}[in]
			viewer := map[models.Context]error{models.API: nil, models.Personal: models.ErrNotFound}[in]
			for _, ask := range []struct {
				caller models.Caller
				in     models.Context
				id     string
				want   error
			}{
				{w.asDana(), in, minted.Token.ID, nil},
				{w.asVic(), in, minted.Token.ID, viewer},
				{w.as(w.rae, w.acme), in, minted.Token.ID, models.ErrForbidden},
				{w.asGus(), in, minted.Token.ID, models.ErrNotFound},
				{w.asDana(), other, minted.Token.ID, models.ErrNotFound},
				{w.asDana(), in, newID(), models.ErrNotFound},
				{w.asDana(), in, "\xff", models.ErrNotFound},
			} {
				_, err := w.Detail(t.Context(), ask.caller, ask.in, ask.id)
				wantError(t, err, ask.want)
				_, err = w.Check(t.Context(), ask.caller, ask.in, ask.id, "")
				wantError(t, err, ask.want)
			}
			w.ok(w.drop(minted))
			_, err := w.Detail(t.Context(), w.asDana(), in, minted.Token.ID)
			wantError(t, err, models.ErrNotFound)
		}
	})
}

func TestCheck_SaysWhatASecretInForceWouldBeAnswered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			w.clock.set(start)
			minted := w.mint(c, lasting(time.Hour), func(r *tokens.MintRequest) { r.Addresses = "192.0.2.0/24 2001:db8::/32" })
			check := func(ip string, want tokens.Reason) {
				t.Helper()
				verdict, err := w.Check(t.Context(), w.asDana(), c.context, minted.Token.ID, ip)
				w.ok(err)
				w.wantReason(w.sound(verdict), want)
				if verdict.Allowed && len(verdict.Roles) == 0 {
					t.Errorf("%s: acts as nobody", c.name)
				}
			}
			check("", "")
			check("192.0.2.9", "")
			check("::ffff:192.0.2.9", "")
			check("2001:db8::5", "")
			check("198.51.100.1", tokens.AddressNotAllowed)
			check("2001:db9::5", tokens.AddressNotAllowed)
			for _, ip := range []string{"here", "192.0.2", "192.0.2.0/24", "\x00"} {
				_, err := w.Check(t.Context(), w.asDana(), c.context, minted.Token.ID, ip)
				wantInvalid(t, err, "ip", "address")
			}
			w.rotate(minted, tokens.RotateRequest{})
			check("", "")
			_, err := w.Disable(t.Context(), w.asDana(), c.context, minted.Token.ID)
			w.ok(err)
			check("", tokens.Disabled)
			check("198.51.100.1", tokens.Disabled)
			w.clock.advance(time.Hour)
			check("", tokens.Expired)
			w.ok(w.Flush(t.Context()))
			got, err := w.Detail(t.Context(), w.asDana(), c.context, minted.Token.ID)
			w.ok(err)
			if got.Used() || len(got.Uses) != 0 || len(got.Refusals) != 0 {
				t.Errorf("%s: a check left traces: %+v %+v", c.name, got.Uses, got.Refusals)
			}
		}
	})
}
