package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// about is an event of somebody's about a token.
func (w *world) about(token models.Token, by models.User, action models.Action) models.Event {
	caller := models.Caller{Kind: models.Person, UserID: by.ID, TenantID: token.TenantID}
	return models.NewEvent(caller, action, noon).About("token", token.ID, token.Description)
}

func (w *world) detail(token models.Token, now time.Time) models.TokenDetail {
	w.t.Helper()
	detail, err := w.TokenDetail(w.t.Context(), token.TenantID, token.ID, now)
	ok(w.t, err)
	return detail
}

func TestTokenDetail_HasAllThatThePageShows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.apiToken("x", w.reader.ID)
		token.ContactID = w.vic.ID
		ok(t, s.CreateToken(t.Context(), token, store.SecretFor(token), w.about(token, w.dana, models.TokenCreated)))
		other := w.add(w.apiToken("other"))
		r := w.rotation(token, "newx", time.Hour)
		ok(t, s.RotateToken(t.Context(), r, w.about(token, w.vic, models.TokenRotated)))
		ok(t, s.NoteUses(t.Context(), []models.TokenUse{
			{TokenID: token.ID, SecretID: token.ID, At: noon, IP: "192.0.2.1", UserAgent: "a"},
			{TokenID: token.ID, SecretID: r.Secret.ID, At: noon.Add(time.Second), IP: "192.0.2.1", UserAgent: "a"},
			{TokenID: other.ID, SecretID: other.ID, At: noon, IP: "192.0.2.9", UserAgent: "z"},
		}))
		week := noon.Truncate(time.Minute).Add(-7 * 24 * time.Hour)
		ok(t, s.NoteRefusals(t.Context(), []models.Refusal{
			{TokenID: token.ID, Reason: "disabled", Minute: noon, Count: 2},
			{TokenID: token.ID, Reason: "expired", Minute: week, Count: 100},
			{TokenID: token.ID, Reason: "expired", Minute: week.Add(time.Minute), Count: 3},
			{TokenID: token.ID, Reason: "expired", Minute: noon.Add(-time.Hour), Count: 4},
			{TokenID: other.ID, Reason: "revoked", Minute: noon, Count: 9},
		}))
		got := w.detail(token, noon.Add(time.Minute))
		if len(got.Secrets) != 2 || got.Secrets[0].ID != r.Secret.ID || got.Secrets[1].ID != token.ID || got.Secrets[0].Digest != nil || got.Secrets[1].Digest != nil {
			t.Errorf("secrets %+v", got.Secrets)
		}
		if len(got.Uses) != 2 || got.Uses[0].SecretID != r.Secret.ID || got.Uses[1].SecretID != token.ID {
			t.Errorf("uses %+v", got.Uses)
		}
		if len(got.Events) != 2 || got.Events[0].Action != models.TokenRotated || got.Events[1].Action != models.TokenCreated {
			t.Errorf("events %+v", got.Events)
		}
		minute := noon.Truncate(time.Minute)
		refusals := []models.Refusal{
			{TokenID: token.ID, Reason: "disabled", Minute: minute, Count: 2},
			{TokenID: token.ID, Reason: "expired", Minute: minute.Add(-time.Hour), Count: 7},
		}
		if diff := cmp.Diff(refusals, got.Refusals); diff != "" {
			t.Errorf("refusals (-want +got):\n%s", diff)
		}
		known := func(u models.User) models.User { return models.User{ID: u.ID, Name: u.Name, Email: u.Email} }
		people := map[string]models.User{w.dana.ID: known(w.dana), w.vic.ID: known(w.vic)}
		if diff := cmp.Diff(people, got.EventActors); diff != "" || got.Contact == nil || *got.Contact != people[w.vic.ID] {
			t.Errorf("contact %+v, people (-want +got):\n%s", got.Contact, diff)
		}
		if len(got.Roles) != 1 || len(got.Roles[0].Permissions) != 1 || got.CreatorEmail != w.dana.Email {
			t.Errorf("roles %+v, made by %s", got.Roles, got.CreatorEmail)
		}
		if got := w.detail(token, noon.Add(time.Hour)); len(got.Secrets) != 1 || got.Secrets[0].ID != r.Secret.ID {
			t.Errorf("after the overlap: %+v", got.Secrets)
		}
	})
}

// Rule 10: what somebody in another account tries on an id that they guessed is
// in their log, not on the token's page.
func TestTokenDetail_ShowsNothingOfAnotherAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token, globex := w.add(w.apiToken("x")), w.addTenant("Globex")
		gus := w.addMember(globex.ID, "gus@globex.example")
		ok(t, s.AppendEvent(t.Context(), w.about(token, gus, models.TokenDeleted).In(globex.ID).Refuse("permission")))
		other := w.about(token, w.dana, models.UserCreated)
		other.TargetKind = "user"
		ok(t, s.AppendEvent(t.Context(), other))
		ok(t, s.AppendEvent(t.Context(), w.about(token, w.vic, models.TokenDeleted).Refuse("permission")))
		got := w.detail(token, noon)
		if len(got.Events) != 1 || got.Events[0].ActorID != w.vic.ID || len(got.EventActors) != 1 {
			t.Errorf("events %+v of %+v", got.Events, got.EventActors)
		}
	})
}

func TestTokenDetail_WhoLeftIsANameOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		globex := w.addTenant("Globex")
		ok(t, s.CreateMember(t.Context(), nil, models.Membership{TenantID: globex.ID, UserID: w.dana.ID, CreatedAt: noon}, nil, event(models.MembershipCreated)))
		token := w.apiToken("x")
		token.ContactID, token.DisabledAt, token.DisabledBy = w.vic.ID, &noon, w.dana.ID
		w.add(token)
		ok(t, s.RemoveMember(t.Context(), w.tenant.ID, w.dana.ID, "", noon, event(models.MembershipRemoved)))
		ok(t, s.DeleteUser(t.Context(), w.vic.ID, "", noon, event(models.UserDeleted)))
		got := w.detail(token, noon)
		want := map[string]models.User{w.dana.ID: {ID: w.dana.ID, Name: w.dana.Name}, w.vic.ID: {ID: w.vic.ID, Name: w.vic.Name}}
		if diff := cmp.Diff(want, got.EventActors); diff != "" || got.CreatorName != w.dana.Name || got.CreatorEmail != "" {
			t.Errorf("made by %q %q, people (-want +got):\n%s", got.CreatorName, got.CreatorEmail, diff)
		}
		if got.Contact == nil || *got.Contact != want[w.vic.ID] {
			t.Errorf("contact %+v", got.Contact)
		}
	})
}

func TestTokenDetail_CostsTheSameHoweverMuchThereIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		small, big := w.apiToken("small", w.reader.ID), w.apiToken("big", w.reader.ID, w.editor.ID, w.admin.ID)
		small.ContactID, big.ContactID = w.vic.ID, w.vic.ID
		w.add(small)
		w.add(big)
		ok(t, w.rotate(w.rotation(big, "newx", time.Hour)))
		var uses []models.TokenUse
		var refusals []models.Refusal
		for i := range 120 {
			person := w.dana
			if i < 5 {
				person = w.addMember(w.tenant.ID, fmt.Sprintf("p%d@acme.example", i))
			}
			ok(t, s.AppendEvent(t.Context(), w.about(big, person, models.TokenUpdated)))
			uses = append(uses, models.TokenUse{TokenID: big.ID, SecretID: big.ID, At: noon, IP: "192.0.2.1", UserAgent: fmt.Sprint(i)})
			refusals = append(refusals, models.Refusal{TokenID: big.ID, Reason: "disabled", Minute: noon.Add(time.Duration(-i) * time.Minute), Count: 1})
		}
		ok(t, s.NoteUses(t.Context(), uses))
		ok(t, s.NoteRefusals(t.Context(), refusals))
		var got models.TokenDetail
		few := s.Record(t, func() { w.detail(small, noon) })
		many := s.Record(t, func() { got = w.detail(big, noon) })
		if len(few) != len(many) || len(many) > 11 {
			t.Errorf("%d queries, and %d for a token of which little is known", len(many), len(few))
			for _, q := range many {
				t.Log(q.SQL)
			}
		}
		if len(got.Events) != 50 || len(got.Uses) != 20 || len(got.Refusals) != 1 || got.Refusals[0].Count != 120 {
			t.Errorf("%d events, %d uses, refusals %+v", len(got.Events), len(got.Uses), got.Refusals)
		}
	})
}

func TestContacts_AreMembersWhoCanBeAsked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.addMember(w.addTenant("Globex").ID, "gus@globex.example")
		out, gone, off := w.addMember(w.tenant.ID, "out@acme.example"), w.addMember(w.tenant.ID, "gone@acme.example"), w.addMember(w.tenant.ID, "off@acme.example")
		ok(t, s.RemoveMember(t.Context(), w.tenant.ID, gone.ID, "", noon, event(models.MembershipRemoved)))
		ok(t, s.SetMemberDisabled(t.Context(), w.tenant.ID, out.ID, &noon, event(models.MembershipDisabled)))
		ok(t, s.SetUserDisabled(t.Context(), off.ID, &noon, event(models.UserDisabled)))
		got, err := s.Contacts(t.Context(), w.tenant.ID)
		ok(t, err)
		var names []string
		for _, u := range got {
			names = append(names, u.Email)
		}
		if text := strings.Join(names, " "); text != "dana@acme.example vic@acme.example" {
			t.Errorf("contacts %s", text)
		}
		if want := (models.User{ID: w.vic.ID, Name: w.vic.Name, Email: w.vic.Email}); got[1] != want {
			t.Errorf("of a contact is known %+v", got[1])
		}
	})
}

// The log grows for ever; a token's page finds its own lines by index, and reads
// the latest without sorting.
func TestTokenDetail_ReadsItsEventsByIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		for _, statement := range []string{
			`INSERT INTO events (number, at, action, outcome, reason, actor_kind, actor_id, target_kind, target_id, target_name, tenant_id, ip, user_agent, request_id)
			WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
			SELECT i, '2026-03-04 12:00:00.000000Z', 'token.updated', 'done', '', 'system', '', 'token',
				CASE WHEN i % 50 = 0 THEN '` + token.ID + `' ELSE 'token ' || i END, '', '` + w.tenant.ID + `', '', '', '' FROM n`,
			"ANALYZE",
		} {
			_, err := s.Pool().ExecContext(t.Context(), statement)
			ok(t, err)
		}
		asked := 0
		for _, statement := range s.Record(t, func() { w.detail(token, noon) }) {
			if !strings.Contains(statement.SQL, "target_id") {
				continue
			}
			asked++
			if plan := planOf(t, s, statement); !strings.Contains(plan, "events_by_target") || sorted.MatchString(plan) {
				t.Errorf("%s\n%s", statement.SQL, plan)
			}
		}
		if asked != 1 {
			t.Errorf("%d queries of events", asked)
		}
	})
}

func TestTokenDetail_RolesOfAPersonalTokenAreItsOwnersNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.personalToken(w.dana.ID, "mine"))
		member, err := s.Member(t.Context(), token.TenantID, token.UserID, noon)
		ok(t, err)
		if diff := cmp.Diff(member.Roles, w.detail(token, noon).Roles); diff != "" || len(member.Roles) == 0 {
			t.Errorf("of %d roles (-want +got):\n%s", len(member.Roles), diff)
		}
	})
}
