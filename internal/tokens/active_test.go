package tokens_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

var vendor = models.Caller{Kind: models.Vendor, KeyID: "0192f0e0-0000-7000-8000-000000000000"}

func (w *world) active(in models.Context, tenantID string) []string {
	w.t.Helper()
	caller := vendor
	caller.TenantID = tenantID
	var all []string
	w.ok(w.Active(w.t.Context(), caller, in, func(subjects []string) error {
		all = append(all, subjects...)
		return nil
	}))
	slices.Sort(all)
	return all
}

func (w *world) lookUp(in models.Context, subject string) tokens.Verdict {
	w.t.Helper()
	verdict, err := w.LookUp(w.t.Context(), vendor, tokens.LookUpRequest{Context: in, Subject: subject, IP: "192.0.2.1", UserAgent: "sdk"})
	w.ok(err)
	return verdict
}

// The list of a context and the answers by id agree, whatever has become of a
// token, and it comes back where that can be undone.
func TestActive_ListsExactlyWhatALookUpLetsIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx := t.Context()
		api := w.mint(combinations[0], lasting(day)).Token.ID
		w.accessTokens(models.JWT)
		personal, other := w.mint(combinations[2]).Token.ID, w.mint(combinations[0], func(r *tokens.MintRequest) { r.Addresses = "203.0.113.0/24" }).Token.ID
		w.mint(combinations[1])
		w.mint(combinations[3])
		all := map[string]models.Context{api: models.API, other: models.API, personal: models.Personal}
		want := func(when string, live ...string) {
			t.Helper()
			for _, in := range []models.Context{models.API, models.Personal} {
				var expected []string
				for _, id := range live {
					if all[id] == in {
						expected = append(expected, id)
					}
				}
				slices.Sort(expected)
				if got := w.active(in, ""); !slices.Equal(got, expected) {
					t.Errorf("%s: %s lists %v, want %v", when, in, got, expected)
				}
				for id, of := range all {
					if got := w.lookUp(in, id).Allowed; got != (of == in && slices.Contains(live, id)) {
						t.Errorf("%s: %s of %s is let in: %v", when, in, id, got)
					}
				}
			}
		}
		want("at first", api, other, personal)
		if got := w.active(models.API, w.globex); len(got) != 0 {
			t.Errorf("Globex has %v", got)
		}
		if got := w.active(models.API, w.acme); len(got) != 2 {
			t.Errorf("Acme has %v", got)
		}
		_, err := w.Disable(ctx, w.asDana(), models.API, api)
		w.ok(err)
		want("disabled", other, personal)
		_, err = w.Enable(ctx, w.asDana(), models.API, api)
		w.ok(err)
		w.ok(s.SetMemberDisabled(ctx, w.acme, w.dana.ID, &start, event(models.MembershipDisabled)))
		want("member disabled", api, other)
		w.ok(s.SetMemberDisabled(ctx, w.acme, w.dana.ID, nil, event(models.MembershipEnabled)))
		w.ok(s.SetUserDisabled(ctx, w.dana.ID, &start, event(models.UserDisabled)))
		want("person disabled", api, other)
		w.ok(s.SetUserDisabled(ctx, w.dana.ID, nil, event(models.UserEnabled)))
		w.ok(s.SetTenantDisabled(ctx, w.acme, &start, event(models.TenantDisabled)))
		want("account disabled")
		w.ok(s.SetTenantDisabled(ctx, w.acme, nil, event(models.TenantEnabled)))
		w.ok(s.SetTenantM2M(ctx, w.acme, models.Off, "", event(models.TenantUpdated)))
		want("M2M off")
		w.ok(s.SetTenantM2M(ctx, w.acme, models.Inherited, "", event(models.TenantUpdated)))
		want("all on again", api, other, personal)
		w.clock.advance(day)
		want("expired", other, personal)
		_, err = w.Delete(ctx, w.asDana(), models.API, other)
		w.ok(err)
		want("deleted", personal)
		w.ok(s.RemoveMember(ctx, w.acme, w.dana.ID, "", start, event(models.MembershipRemoved)))
		want("person gone")
	})
}

// A rotated token has two live JWTs, each known by an id of its own, and the
// token's id never stands for another secret than its first.
func TestActive_EachSecretOfARotatedTokenIsKnownByItself(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.accessTokens(models.JWT)
		first := w.mint(combinations[0])
		id := first.Token.ID
		rotate := func() models.Secret {
			w.clock.advance(time.Minute)
			rotated, err := w.Rotate(t.Context(), w.asDana(), models.API, id, tokens.RotateRequest{Overlap: time.Hour})
			w.ok(err)
			return rotated.Secret
		}
		second, _ := payload(t, rotate())["sub"].(string)
		if got := w.active(models.API, ""); !slices.Equal(got, []string{id, second}) || second == id {
			t.Fatalf("%v are active, want %s and %s", got, id, second)
		}
		w.clock.advance(2 * time.Hour)
		w.accessTokens(models.Opaque)
		rotate()
		w.clock.advance(2 * time.Hour)
		// In force is a key, which has nothing to do with the JWT that had the id.
		if got := w.active(models.API, ""); len(got) != 0 {
			t.Errorf("%v are active", got)
		}
		for name, subject := range map[string]string{"the first JWT": id, "the second": second} {
			if verdict := w.lookUp(models.API, subject); verdict.Allowed || verdict.Reason != tokens.SecretEnded {
				t.Errorf("%s: %q", name, verdict.Reason)
			}
		}
		w.clock.advance(200 * day)
		_, err := s.PurgeTokens(t.Context(), w.clock.Now().Add(-90*day))
		w.ok(err)
		if got := w.active(models.API, ""); len(got) != 0 || w.lookUp(models.API, id).Allowed {
			t.Errorf("%v are active after a purge", got)
		}

		// The other way about: a key's token is known by its id for as long as a key of it lives.
		key := w.mint(combinations[0])
		id = key.Token.ID
		w.accessTokens(models.JWT)
		third, _ := payload(t, rotate())["sub"].(string)
		want := []string{id, third}
		if got := w.active(models.API, ""); !slices.Equal(got, want) || !w.lookUp(models.API, id).Allowed {
			t.Errorf("%v are active, want %v", got, want)
		}
		w.clock.advance(2 * time.Hour)
		if got := w.active(models.API, ""); !slices.Equal(got, []string{third}) || w.lookUp(models.API, id).Allowed {
			t.Errorf("%v are active, want %s", got, third)
		}
	})
}

func TestActive_PagesInsideAndIsForTheVendorOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var want []string
		for range 1001 {
			want = append(want, w.mint(combinations[2]).Token.ID)
			w.clock.advance(time.Millisecond)
		}
		slices.Sort(want)
		if got := w.active(models.Personal, ""); !slices.Equal(got, want) {
			t.Errorf("%d of %d are listed", len(got), len(want))
		}
		for _, caller := range []models.Caller{w.asDana(), {}, {Kind: models.Person, Operator: true, UserID: w.dana.ID}} {
			err := w.Active(t.Context(), caller, models.API, func([]string) error { return nil })
			_, err2 := w.LookUp(t.Context(), caller, tokens.LookUpRequest{Context: models.Personal, Subject: want[0]})
			if !errors.Is(err, models.ErrForbidden) || !errors.Is(err2, models.ErrForbidden) {
				t.Errorf("%s: %v, %v", caller.Kind, err, err2)
			}
		}
	})
}

// A look-up is answered with the rights of now, and counts as a use.
func TestLookUp_TellsTheRightsOfNowAndIsAUse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.accessTokens(models.JWT)
		id := w.mint(combinations[0]).Token.ID
		if v := w.lookUp(models.API, id); !slices.Equal(v.Roles, []string{"Editor"}) || !slices.Equal(v.Permissions, models.PermissionSet{"reports.read", "reports.write"}) {
			t.Errorf("%v %v", v.Roles, v.Permissions)
		}
		_, err := w.Update(t.Context(), vendorOf(w.acme), models.API, id, tokens.Update{RoleIDs: &[]string{w.roles["Reader"]}})
		w.ok(err)
		if v := w.lookUp(models.API, id); !slices.Equal(v.Roles, []string{"Reader"}) || !slices.Equal(v.Permissions, models.PermissionSet{"reports.read"}) {
			t.Errorf("%v %v", v.Roles, v.Permissions)
		}
		w.ok(w.Flush(t.Context()))
		row, err := w.Get(t.Context(), w.asDana(), models.API, id)
		w.ok(err)
		if !row.LastUsedAt.Equal(models.Stamp(w.clock.Now())) || row.LastUsedAgent != "sdk" {
			t.Errorf("last used at %s by %q", row.LastUsedAt, row.LastUsedAgent)
		}
		for _, subject := range []string{"", "x", newID(), w.acme} {
			if v := w.lookUp(models.API, subject); v.Allowed || v.Reason != tokens.Unknown {
				t.Errorf("%q: %+v", subject, v)
			}
		}
	})
}

func vendorOf(tenantID string) models.Caller {
	c := vendor
	c.TenantID = tenantID
	return c
}
