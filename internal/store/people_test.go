package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func names(members []models.Member) []string {
	var out []string
	for _, m := range members {
		out = append(out, m.User.Email)
	}
	return out
}

func TestMembers_AreListedWithRolesTokensAndLink(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.addMember(w.addTenant("Globex").ID, "gil@globex.example")
		w.addMember(w.tenant.ID, "Émile@acme.example")
		w.add(w.personalToken(w.dana.ID, "live"))
		expired := w.personalToken(w.dana.ID, "expired")
		expired.ExpiresAt = noon
		w.add(expired)
		link, _ := models.NewLink(models.PasswordLink, w.vic.ID, noon, time.Hour)
		ok(t, s.CreateLink(t.Context(), link, event(models.LinkCreated)))

		members, err := s.Members(t.Context(), w.tenant.ID, noon)
		ok(t, err)
		want := []string{"dana@acme.example", "vic@acme.example", "Émile@acme.example"}
		if diff := cmp.Diff(want, names(members)); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		dana, vic := members[0], members[1]
		if dana.PersonalTokens != 1 || dana.LinkExpiresAt != nil || len(dana.Roles) != 2 || dana.Roles[0].Name != "Admin" {
			t.Errorf("dana: %+v", dana)
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values([]string{w.admin.ID, w.editor.ID})), dana.RoleIDs); diff != "" {
			t.Errorf("dana's roles (-want +got):\n%s", diff)
		}
		if vic.LinkExpiresAt == nil || !vic.LinkExpiresAt.Equal(noon.Add(time.Hour)) || len(vic.Roles) != 0 {
			t.Errorf("vic: %+v", vic)
		}
		one, err := s.Member(t.Context(), w.tenant.ID, w.vic.ID, noon.Add(time.Hour))
		ok(t, err)
		vic.LinkExpiresAt = nil // it has ended by then
		if diff := cmp.Diff(vic, one); diff != "" {
			t.Errorf("one of them (-want +got):\n%s", diff)
		}
	})
}

func TestMember_OfAnotherTenantIsNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		globex := w.addTenant("Globex")
		for _, id := range []string{w.dana.ID, newID(), "", "\x00"} {
			if _, err := s.Member(t.Context(), globex.ID, id, noon); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("member %q: %v", id, err)
			}
		}
		at := noon
		for name, err := range map[string]error{
			"roles":   s.SetMemberRoles(t.Context(), globex.ID, w.dana.ID, nil, event(models.MembershipUpdated)),
			"disable": s.SetMemberDisabled(t.Context(), globex.ID, w.dana.ID, &at, event(models.MembershipDisabled)),
			"remove":  s.RemoveMember(t.Context(), globex.ID, w.dana.ID, "", noon, event(models.MembershipRemoved)),
			"create": s.CreateMember(t.Context(), nil, models.Membership{TenantID: newID(), UserID: w.dana.ID, CreatedAt: noon}, nil,
				event(models.MembershipCreated)),
			"nobody": s.CreateMember(t.Context(), nil, models.Membership{TenantID: globex.ID, UserID: newID(), CreatedAt: noon}, nil,
				event(models.MembershipCreated)),
			"role": s.SetMemberRoles(t.Context(), w.tenant.ID, w.dana.ID, []string{newID()}, event(models.MembershipUpdated)),
		} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		dana, err := s.Member(t.Context(), w.tenant.ID, w.dana.ID, noon)
		ok(t, err)
		if len(dana.RoleIDs) != 2 {
			t.Errorf("a failed change of roles left %v", dana.RoleIDs)
		}
	})
}

func TestCreateMember_NewOrExistingPerson(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		globex := w.addTenant("Globex")
		membership := models.Membership{TenantID: globex.ID, UserID: w.dana.ID, RoleIDs: []string{w.reader.ID}, CreatedAt: noon}
		link, _ := models.NewLink(models.PasswordLink, w.dana.ID, noon, time.Hour)
		ok(t, s.CreateMember(t.Context(), nil, membership, &link, event(models.MembershipCreated)))
		got, err := s.Member(t.Context(), globex.ID, w.dana.ID, noon)
		ok(t, err)
		if got.User.Email != w.dana.Email || len(got.Roles) != 1 || got.LinkExpiresAt == nil {
			t.Errorf("got %+v", got)
		}

		err = s.CreateMember(t.Context(), nil, membership, nil, event(models.MembershipCreated))
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("a member already: %v", err)
		}
		twin := models.User{ID: newID(), Email: "DANA@acme.example", Name: "Twin", CreatedAt: noon}
		membership.UserID = twin.ID
		err = s.CreateMember(t.Context(), &twin, membership, nil, event(models.MembershipCreated))
		if !errors.Is(err, models.ErrConflict) {
			t.Errorf("the address is taken: %v", err)
		}
		if _, err := s.User(t.Context(), twin.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("half a member was left: %v", err)
		}
	})
}

func TestSetMemberRoles_ReplacesThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, want := range [][]string{{w.reader.ID}, {}, {w.admin.ID}} {
			ok(t, s.SetMemberRoles(t.Context(), w.tenant.ID, w.dana.ID, append(want, want...), event(models.MembershipUpdated)))
			got, err := s.Member(t.Context(), w.tenant.ID, w.dana.ID, noon)
			ok(t, err)
			if !slices.Equal(got.RoleIDs, want) {
				t.Errorf("roles %v, want %v", got.RoleIDs, want)
			}
		}
	})
}

func TestRolesOf_AreThoseOfEachAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		globex, other := w.addTenant("Globex"), w.addTenant("Initech")
		for _, tenant := range []models.Tenant{globex, other} {
			m := models.Membership{TenantID: tenant.ID, UserID: w.dana.ID, CreatedAt: noon}
			ok(t, s.CreateMember(t.Context(), nil, m, nil, event(models.MembershipCreated)))
		}
		ok(t, s.SetMemberRoles(t.Context(), globex.ID, w.dana.ID, []string{w.reader.ID}, event(models.MembershipUpdated)))
		got, err := s.RolesOf(t.Context(), w.dana.ID)
		ok(t, err)
		want := map[string][]string{w.tenant.ID: slices.Sorted(slices.Values([]string{w.admin.ID, w.editor.ID})), globex.ID: {w.reader.ID}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestRemoveMember_EndsWhatIsTheirsThere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		globex := w.addTenant("Globex")
		ok(t, s.CreateMember(t.Context(), nil, models.Membership{TenantID: globex.ID, UserID: w.dana.ID, CreatedAt: noon}, nil,
			event(models.MembershipCreated)))
		here, there, api := w.personalToken(w.dana.ID, "here"), w.personalToken(w.dana.ID, "there"), w.apiToken("made by her")
		there.TenantID = globex.ID
		for _, token := range []models.Token{here, there, api} {
			w.add(token)
		}
		vics := w.add(w.personalToken(w.vic.ID, "vic's"))
		w.signIn("here", w.dana.ID, w.tenant.ID)
		w.signIn("there", w.dana.ID, globex.ID)

		at := noon.Add(time.Minute)
		ok(t, s.RemoveMember(t.Context(), w.tenant.ID, w.dana.ID, w.vic.ID, at, event(models.MembershipRemoved)))
		revoked := map[string]bool{here.ID: true, there.ID: false, api.ID: false, vics.ID: false}
		for id, want := range revoked {
			c, err := s.CredentialByID(t.Context(), id)
			ok(t, err)
			if got := c.Token.RevokedAt != nil; got != want {
				t.Errorf("%s: revoked %t, want %t", c.Token.Description, got, want)
			}
			if want && (!c.Token.RevokedAt.Equal(at) || c.Token.RevokedBy != w.vic.ID) {
				t.Errorf("revoked at %v by %s", c.Token.RevokedAt, c.Token.RevokedBy)
			}
		}
		wantSession(t, s, "here", false)
		wantSession(t, s, "there", true)
		if _, err := s.User(t.Context(), w.dana.ID); err != nil {
			t.Errorf("the person is gone: %v", err)
		}
	})
}

func TestDeleteUser_EndsAllThatIsTheirs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.personalToken(w.dana.ID, "hers"))
		w.signIn("x", w.dana.ID, w.tenant.ID)
		link, _ := models.NewLink(models.PasswordLink, w.dana.ID, noon, time.Hour)
		ok(t, s.CreateLink(t.Context(), link, event(models.LinkCreated)))
		ok(t, s.DeleteUser(t.Context(), w.dana.ID, w.vic.ID, noon, event(models.UserDeleted)))

		for name, err := range map[string]error{
			"user":     second(s.User(t.Context(), w.dana.ID)),
			"by email": second(s.UserByEmail(t.Context(), w.dana.Email)),
			"member":   second(s.Member(t.Context(), w.tenant.ID, w.dana.ID, noon)),
			"token":    second(s.Token(t.Context(), w.tenant.ID, token.ID)),
			"link":     second(s.Link(t.Context(), link.CodeHash, noon)),
			"twice":    s.DeleteUser(t.Context(), w.dana.ID, "", noon, event(models.UserDeleted)),
			"password": s.SetPassword(t.Context(), w.dana.ID, "$argon2id$x", nil, event(models.PasswordChanged)),
			"disable":  s.SetUserDisabled(t.Context(), w.dana.ID, &noon, event(models.UserDisabled)),
			"new link": s.CreateLink(t.Context(), link, event(models.LinkCreated)),
		} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		wantSession(t, s, "x", false)
		again := models.User{ID: newID(), Email: w.dana.Email, Name: "Another", CreatedAt: noon}
		ok(t, s.CreateUser(t.Context(), again, event(models.UserCreated)))
	})
}

func TestUsers_AddressesAreComparedFolded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		user := models.User{
			ID: newID(), Email: "E\u0301mile@Acme.example", Name: "Émile", PasswordHash: "$argon2id$v=19$x",
			Operator: true, CreatedAt: noon, LastSignInIP: "192.0.2.1",
		}
		ok(t, s.CreateUser(t.Context(), user, event(models.UserCreated)))
		got, err := s.UserByEmail(t.Context(), "émile@acme.EXAMPLE")
		ok(t, err)
		if diff := cmp.Diff(user, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		user.ID = newID()
		user.Email = "ÉMILE@acme.example"
		if err := s.CreateUser(t.Context(), user, event(models.UserCreated)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("the same address: %v", err)
		}
		user.Email, user.PasswordHash = "other@acme.example", "correct horse battery staple"
		if err := s.CreateUser(t.Context(), user, event(models.UserCreated)); err == nil {
			t.Error("a password in the clear was written")
		}
		if n, err := s.OperatorCount(t.Context()); err != nil || n != 1 {
			t.Errorf("%d operators, %v", n, err)
		}
		if _, err := w.UserByEmail(t.Context(), ""); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("no address: %v", err)
		}
	})
}

// second is the error of a call whose answer doesn't matter.
func second[T any](_ T, err error) error { return err }
