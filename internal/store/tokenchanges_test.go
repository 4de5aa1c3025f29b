package store_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestUpdateToken_ChangesTheNamedPartsOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.apiToken("Before", w.editor.ID)
		token.Metadata, token.ContactID = `{"team":"a"}`, w.vic.ID
		token.Addresses = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		w.add(token)
		want, err := s.Token(t.Context(), w.tenant.ID, token.ID)
		ok(t, err)
		text := func(s string) *string { return &s }
		for _, step := range []struct {
			change models.TokenChange
			expect func()
		}{
			{models.TokenChange{Description: text("Äfter")}, func() { want.Description = "Äfter" }},
			{models.TokenChange{ContactID: text("")}, func() { want.ContactID = "" }},
			{models.TokenChange{ContactID: text(w.dana.ID)}, func() { want.ContactID = w.dana.ID }},
			{models.TokenChange{Metadata: text("{}")}, func() { want.Metadata = "{}" }},
			{models.TokenChange{Addresses: &[]netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}}, func() {
				want.Addresses = []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}
			}},
			{models.TokenChange{Addresses: &[]netip.Prefix{}}, func() { want.Addresses = nil }},
		} {
			ok(t, s.UpdateToken(t.Context(), w.tenant.ID, token.ID, step.change, event(models.TokenUpdated)))
			step.expect()
			got, err := s.Token(t.Context(), w.tenant.ID, token.ID)
			ok(t, err)
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		page, err := s.Tokens(t.Context(), models.TokenQuery{TenantID: w.tenant.ID, Context: models.API, TokenFilter: models.TokenFilter{Search: "äFT"}, Now: noon, Limit: 50})
		ok(t, err)
		if len(page.Rows) != 1 {
			t.Error("the new description is not found")
		}
	})
}

func TestRaces_UpdatesOfDifferentPartsAllLast(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		description, metadata, networks := "y", `{"a":1}`, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		changes := []models.TokenChange{{Description: &description}, {Metadata: &metadata}, {ContactID: &w.vic.ID}, {Addresses: &networks}}
		for _, err := range atOnce(crush, func(i int) error {
			return s.UpdateToken(t.Context(), w.tenant.ID, token.ID, changes[i%len(changes)], event(models.TokenUpdated))
		}) {
			ok(t, err)
		}
		got, err := s.Token(t.Context(), w.tenant.ID, token.ID)
		ok(t, err)
		if got.Description != "y" || got.Metadata != metadata || got.ContactID != w.vic.ID || len(got.Addresses) != 1 {
			t.Errorf("left: %+v", got.Token)
		}
	})
}

func TestSetTokenDisabled_TwiceLeavesOneEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		before, err := s.Counter(t.Context())
		ok(t, err)
		for i, at := range []*time.Time{&noon, nil} {
			for _, err := range atOnce(crush, func(k int) error {
				return s.SetTokenDisabled(t.Context(), w.tenant.ID, token.ID, at, fmt.Sprint(k), event(models.TokenDisabled))
			}) {
				ok(t, err)
			}
			got, err := s.Token(t.Context(), w.tenant.ID, token.ID)
			ok(t, err)
			if got.Disabled() != (at != nil) || got.DisabledBy == "" {
				t.Errorf("disabled at %v by %q", got.DisabledAt, got.DisabledBy)
			}
			if after, err := s.Counter(t.Context()); err != nil || after != before+int64(i)+1 {
				t.Errorf("events %d → %d, %v", before, after, err)
			}
		}
	})
}

// Whoever may keep a role that the token holds must not give it back once it is
// taken away.
func TestUpdateToken_OtherRolesOnlyInThePlaceOfThoseThatWereSeen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x", w.editor.ID, w.admin.ID))
		update := func(held []string, roles ...string) error {
			change := models.TokenChange{RoleIDs: &roles, HeldRoleIDs: held}
			return s.UpdateToken(t.Context(), w.tenant.ID, token.ID, change, event(models.TokenUpdated))
		}
		both := []string{w.admin.ID, w.editor.ID}
		for _, stale := range [][]string{nil, {w.admin.ID}, {w.admin.ID, w.reader.ID}, append(both, w.reader.ID)} {
			if err := update(stale, w.reader.ID); !errors.Is(err, models.ErrConflict) {
				t.Errorf("after %d roles were seen: %v", len(stale), err)
			}
		}
		wantOneWinner(t, atOnce(crush, func(i int) error {
			if i%2 == 0 {
				return update(both, w.editor.ID)
			}
			return update(both, w.reader.ID)
		}), models.ErrConflict)
		if roles := textsOf(t, s, "SELECT role_id FROM token_roles"); len(roles) != 1 {
			t.Errorf("%d roles", len(roles))
		}
	})
}
