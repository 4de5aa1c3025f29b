package tokens_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

func text(s string) *string { return &s }

// facts are the parts of a token that Update changes.
func facts(row models.TokenRow) string {
	return fmt.Sprintf("%s|%s|%s|%v", row.Description, row.ContactID, row.Metadata, row.Addresses)
}

func TestUpdate_TheEventNamesThePartsThatDiffer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			minted := w.mint(c)
			for _, step := range []struct {
				update tokens.Update
				parts  string
				facts  string
			}{
				{tokens.Update{}, "", c.name + "||{}|[]"},
				{tokens.Update{Description: text(" nightly ")}, "description", "nightly||{}|[]"},
				{tokens.Update{Description: text("nightly"), Metadata: text(" { } "), ContactID: text(""), Addresses: text("\n")}, "", "nightly||{}|[]"},
				{
					tokens.Update{Description: text(""), Metadata: text(`{"a": 1}`), ContactID: &w.vic.ID, Addresses: text("192.0.2.7, ::1")},
					"addresses, contact, description, metadata", "|" + w.vic.ID + `|{"a":1}|[192.0.2.7/32 ::1/128]`,
				},
				{tokens.Update{Metadata: text(`{"a":1}`), Addresses: text("192.0.2.7/32\n::1")}, "", "|" + w.vic.ID + `|{"a":1}|[192.0.2.7/32 ::1/128]`},
				{tokens.Update{ContactID: &w.dana.ID}, "contact", "|" + w.dana.ID + `|{"a":1}|[192.0.2.7/32 ::1/128]`},
				{tokens.Update{ContactID: text(""), Addresses: text("")}, "addresses, contact", `||{"a":1}|[]`},
			} {
				before := w.lastEvent()
				updated, err := w.Update(t.Context(), w.asDana(), c.context, minted.Token.ID, step.update)
				w.ok(err)
				row, err := w.Get(t.Context(), w.asDana(), c.context, minted.Token.ID)
				w.ok(err)
				if facts(updated) != step.facts || facts(row) != step.facts {
					t.Errorf("%s: %s, answered %s, want %s", c.name, facts(row), facts(updated), step.facts)
				}
				if step.parts == "" {
					if events := w.events(before); len(events) != 0 {
						t.Errorf("%s: nothing differs, events %+v", c.name, events)
					}
					continue
				}
				if e := w.oneEvent(before); e.Action != models.TokenUpdated || e.Outcome != models.Done || e.Reason != step.parts || e.TargetID != row.ID || e.TargetName != row.Description {
					t.Errorf("%s: event %+v, want %s", c.name, e, step.parts)
				}
			}
		}
	})
}

func TestUpdate_EveryFaultIsNamedAtOnceAndNothingChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[0])
		before := w.lastEvent()
		bad := tokens.Update{Description: text(strings.Repeat("x", 201)), ContactID: &w.gus.ID, Metadata: text("nope"), Addresses: text("10.1.2.3/8")}
		wanted := "invalid input (description: too_long, metadata: metadata_json, addresses: address_bits, contact: unknown)"
		_, err := w.Update(t.Context(), w.asDana(), models.API, minted.Token.ID, bad)
		if err == nil || err.Error() != wanted {
			t.Errorf("update: %v", err)
		}
		_, err = w.Mint(t.Context(), w.asDana(), tokens.MintRequest{
			Context: models.API, Description: *bad.Description, ContactID: *bad.ContactID, Metadata: *bad.Metadata, Addresses: *bad.Addresses,
		})
		if err == nil || err.Error() != wanted {
			t.Errorf("mint: %v", err)
		}
		row, err := w.Get(t.Context(), w.asDana(), models.API, minted.Token.ID)
		w.ok(err)
		if events := w.events(before); len(events) != 0 || facts(row) != facts(minted.Token) {
			t.Errorf("%s, events %+v", facts(row), events)
		}
	})
}

func TestMint_TakesContactMetadataAndAddresses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, in := range []models.Context{models.API, models.Personal} {
			minted, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{
				Context: in, ContactID: w.vic.ID, Metadata: ` {"a" : 1} `, Addresses: "192.0.2.0/24\n192.0.2.0/24",
			})
			w.ok(err)
			row, err := w.Get(t.Context(), w.asDana(), in, minted.Token.ID)
			w.ok(err)
			if want := "|" + w.vic.ID + `|{"a":1}|[192.0.2.0/24]`; facts(row) != want || facts(minted.Token) != want {
				t.Errorf("%s: %s, answered %s", in, facts(row), facts(minted.Token))
			}
		}
	})
}

// Rule 10: whoever is not in the account is unknown there.
func TestUpdate_ContactIsAMemberNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[0])
		set := func(userID string) error {
			_, err := w.Update(t.Context(), w.asDana(), models.API, minted.Token.ID, tokens.Update{ContactID: &userID, Description: text(newID())})
			return err
		}
		w.ok(set(w.rae.ID))
		w.ok(s.RemoveMember(t.Context(), w.acme, w.rae.ID, "", start, event(models.MembershipRemoved)))
		w.ok(set(w.rae.ID)) // as the form sends it back
		w.ok(set(w.dana.ID))
		for _, id := range []string{w.rae.ID, w.gus.ID, newID(), strings.ToUpper(w.vic.ID), "\x00", "vic@acme.example"} {
			wantInvalid(t, set(id), "contact", "unknown")
		}
		people, err := w.Contacts(t.Context(), w.asDana(), models.API)
		w.ok(err)
		if len(people) != 2 || people[0].ID != w.dana.ID || people[1].ID != w.vic.ID {
			t.Errorf("contacts %+v", people)
		}
		_, err = w.Contacts(t.Context(), w.asVic(), models.API)
		wantError(t, err, models.ErrForbidden)
	})
}

func TestUpdate_APolicyThatDemandsAddressesGetsSome(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		free := w.mint(combinations[0])
		w.clock.advance(time.Minute)
		now := models.Stamp(w.clock.Now())
		step := models.Step[bool]{Value: true, SetAt: now, From: models.NeverExpires}
		w.setPolicy(w.acme, models.Policy{AddressesRequired: models.Rule[bool]{Steps: []models.Step[bool]{step}}})
		_, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: models.API})
		wantInvalid(t, err, "addresses", "policy_addresses")
		_, err = w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: models.API, Addresses: "10.1.2.3/8"})
		wantInvalid(t, err, "addresses", "address_bits")
		bound := w.mint(combinations[0], func(r *tokens.MintRequest) { r.Addresses = "192.0.2.0/24" })
		set := func(minted tokens.Minted, addresses string) error {
			_, err := w.Update(t.Context(), w.asDana(), models.API, minted.Token.ID, tokens.Update{Addresses: &addresses, Description: text(newID())})
			return err
		}
		wantInvalid(t, set(bound, ""), "addresses", "policy_addresses")
		for _, all := range []string{"::/0", "0.0.0.0/0", "10.0.0.0/8 128.0.0.0/1 0.0.0.0/1"} {
			wantInvalid(t, set(bound, all), "addresses", "policy_addresses_all")
		}
		w.ok(set(bound, "0.0.0.0/1 ::/1"))
		w.ok(set(free, ""))
		w.ok(set(free, "192.0.2.0/24"))
		w.ok(set(free, ""))
		step.From = now
		w.setPolicy(w.acme, models.Policy{AddressesRequired: models.Rule[bool]{Steps: []models.Step[bool]{step}}})
		verdict, err := w.Check(t.Context(), w.asDana(), models.API, free.Token.ID, "")
		w.ok(err)
		w.wantReason(verdict, tokens.Policy)
		w.ok(set(free, "")) // as the form for a description sends it
		w.ok(set(free, "192.0.2.0/24"))
		verdict, err = w.Check(t.Context(), w.asDana(), models.API, free.Token.ID, "")
		w.ok(err)
		w.wantReason(verdict, "")
		wantInvalid(t, set(free, ""), "addresses", "policy_addresses")
	})
}

func TestUpdate_ManyAtOnceEachChangeTheirPart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted, caller := w.mint(combinations[0]), w.asDana()
		updates := []tokens.Update{{Description: text("x")}, {Metadata: text(`{"x":1}`)}, {ContactID: &w.vic.ID}, {Addresses: text("::1")}}
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() {
				if _, err := w.Update(t.Context(), caller, models.API, minted.Token.ID, updates[i%len(updates)]); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		row, err := w.Get(t.Context(), caller, models.API, minted.Token.ID)
		w.ok(err)
		if want := "x|" + w.vic.ID + `|{"x":1}|[::1/128]`; facts(row) != want {
			t.Errorf("%s, want %s", facts(row), want)
		}
	})
}

func TestDisable_RefusesUntilEnabledAndJWTsToo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			minted := w.mint(c)
			var issued tokens.Exchanged
			if c.kind == models.ClientCredentials {
				issued, _ = w.exchange(minted)
			}
			want := func(reason tokens.Reason) {
				t.Helper()
				w.wantReason(w.use(minted), reason)
				if c.kind == models.ClientCredentials {
					w.wantReason(w.verifyJWT(issued.AccessToken), reason)
				}
			}
			for range 2 {
				before := w.lastEvent()
				for range 2 {
					row, err := w.Disable(t.Context(), w.asDana(), c.context, minted.Token.ID)
					w.ok(err)
					if !row.Disabled() || row.DisabledBy != w.dana.ID {
						t.Errorf("%s: disabled at %v by %q", c.name, row.DisabledAt, row.DisabledBy)
					}
				}
				if e := w.oneEvent(before); e.Action != models.TokenDisabled || e.TargetID != minted.Token.ID || e.ActorID != w.dana.ID {
					t.Errorf("%s: event %+v", c.name, e)
				}
				want(tokens.Disabled)
				before = w.lastEvent()
				for range 2 {
					row, err := w.Enable(t.Context(), w.asDana(), c.context, minted.Token.ID)
					w.ok(err)
					if row.Disabled() || row.DisabledBy != "" {
						t.Errorf("%s: still disabled by %q", c.name, row.DisabledBy)
					}
				}
				if e := w.oneEvent(before); e.Action != models.TokenEnabled {
					t.Errorf("%s: event %+v", c.name, e)
				}
				want("")
			}
			w.ok(w.Flush(t.Context()))
			if w.refusals(minted.Token.ID)["disabled"] == 0 {
				t.Errorf("%s: no refusal was counted", c.name)
			}
		}
	})
}

// Rule 4 of roles that a token gets later: what it holds already may stay.
func TestUpdate_OfRolesGivesNoMoreThanTheCallerHolds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		writer := w.addMember(w.acme, "wren@acme.example", "Writer")
		minted := w.mint(combinations[1])
		id := minted.Token.ID
		ids := func(keys ...string) *[]string { list := w.roleIDs(keys...); return &list }
		vendor := models.Caller{Kind: models.Vendor, KeyID: newID(), TenantID: w.acme}
		for _, step := range []struct {
			caller  models.Caller
			roles   *[]string
			problem string
			holds   []string
			event   string
		}{
			{w.as(writer, w.acme), ids("Editor", "Reader"), "", []string{"Editor", "Reader"}, "roles"},
			{w.as(writer, w.acme), ids("Reader", "Editor", "Reader"), "", []string{"Editor", "Reader"}, ""},
			{w.as(writer, w.acme), ids("Editor", "Admin"), "not_grantable", []string{"Editor", "Reader"}, "not_grantable"},
			{w.as(writer, w.acme), ids("Reader"), "", []string{"Reader"}, "roles"},
			{w.as(writer, w.acme), ids("Editor"), "not_grantable", []string{"Reader"}, "not_grantable"},
			{w.asDana(), &[]string{newID()}, "unknown", []string{"Reader"}, ""},
			{w.asDana(), &[]string{strings.ToUpper(w.roles["Reader"])}, "unknown", []string{"Reader"}, ""},
			{vendor, ids("Admin", "Viewer"), "", []string{"Admin", "Viewer"}, "roles"},
			{vendor, &[]string{}, "", nil, "roles"},
		} {
			before := w.lastEvent()
			_, err := w.Update(t.Context(), step.caller, models.API, id, tokens.Update{RoleIDs: step.roles, Description: text("")})
			var invalid *models.InvalidError
			if step.problem == "" && err != nil || step.problem != "" && (!errors.As(err, &invalid) || invalid.Problems[0].Field != "roles" || invalid.Problems[0].Key != step.problem) {
				t.Errorf("%v: %v, want %q", *step.roles, err, step.problem)
			}
			row, err := w.Get(t.Context(), w.asDana(), models.API, id)
			w.ok(err)
			var holds []string
			for _, r := range row.Roles {
				holds = append(holds, r.Key)
			}
			if !slices.Equal(holds, step.holds) {
				t.Errorf("the token holds %v, want %v", holds, step.holds)
			}
			events := w.events(before)
			if step.event == "" && len(events) == 1 && events[0].Reason == "description" {
				events = nil
			}
			if (step.event == "") != (len(events) == 0) || len(events) == 1 && !strings.HasSuffix(events[0].Reason, step.event) {
				t.Errorf("events %+v, want %q", events, step.event)
			}
		}
		personal := w.mint(combinations[3])
		_, err := w.Update(t.Context(), w.asDana(), models.Personal, personal.Token.ID, tokens.Update{RoleIDs: ids("Admin")})
		w.ok(err)
		_, err = w.Update(t.Context(), w.asDana(), models.API, id, tokens.Update{Kind: models.AccessToken, RoleIDs: ids()})
		if !errors.Is(err, models.ErrNotFound) {
			t.Errorf("of the other kind: %v", err)
		}
	})
}

func TestUpdate_NobodyGivesBackARoleThatIsTakenAwayMeanwhile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		writer := w.as(w.addMember(w.acme, "wren@acme.example", "Writer"), w.acme)
		minted := w.mint(combinations[1])
		none, kept := []string{}, w.roleIDs("Editor", "Reader")
		slow := w.over(meanwhile{s, func() {
			_, err := w.Update(t.Context(), w.asDana(), models.API, minted.Token.ID, tokens.Update{RoleIDs: &none})
			w.ok(err)
		}})
		_, err := slow.Update(t.Context(), writer, models.API, minted.Token.ID, tokens.Update{RoleIDs: &kept})
		wantError(t, err, models.ErrConflict)
		row, err := w.Get(t.Context(), w.asDana(), models.API, minted.Token.ID)
		w.ok(err)
		if len(row.Roles) != 0 {
			t.Errorf("the token holds %v", row.Roles)
		}
	})
}
