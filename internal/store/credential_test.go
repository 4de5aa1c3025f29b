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

func TestCredential_OfAnAPITokenHasItsOwnRoles(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.add(w.apiToken("other", w.admin.ID))
		token := w.add(w.apiToken("Nightly export", w.editor.ID, w.reader.ID))

		got, err := s.CredentialByDigest(t.Context(), digestOf(token.ID))
		ok(t, err)
		settings, err := s.Settings(t.Context())
		ok(t, err)
		slices.Sort(token.RoleIDs)
		want := models.Credential{
			Token: token, Secret: store.SecretFor(token), Tenant: w.tenant, Settings: settings,
			Roles: []string{"editor", "reader"}, Permissions: models.PermissionSet{"reports.read", "reports.write"},
			Held: []models.HeldRole{
				{Key: "editor", Permissions: []string{"reports.read", "reports.write"}}, {Key: "reader", Permissions: []string{"reports.read"}},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by digest (-want +got):\n%s", diff)
		}
		got, err = s.CredentialByID(t.Context(), token.ID)
		ok(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by id (-want +got):\n%s", diff)
		}
		got, err = s.CredentialBySecret(t.Context(), want.Secret.ID)
		ok(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by secret (-want +got):\n%s", diff)
		}
	})
}

func TestCredential_OfAPersonalTokenHasTheOwnersRolesNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.personalToken(w.dana.ID, "laptop"))

		got, err := s.CredentialByDigest(t.Context(), digestOf(token.ID))
		ok(t, err)
		roleIDs := []string{w.admin.ID, w.editor.ID}
		slices.Sort(roleIDs)
		want := &models.Membership{TenantID: w.tenant.ID, UserID: w.dana.ID, RoleIDs: roleIDs, CreatedAt: noon}
		if diff := cmp.Diff(want, got.Membership); diff != "" {
			t.Errorf("membership (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(&w.dana, got.Owner); diff != "" {
			t.Errorf("owner (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"admin", "editor"}, got.Roles); diff != "" {
			t.Errorf("roles (-want +got):\n%s", diff)
		}
		if len(got.Token.RoleIDs) != 0 {
			t.Errorf("a personal token has roles of its own: %v", got.Token.RoleIDs)
		}

		ok(t, s.SetMemberRoles(t.Context(), w.tenant.ID, w.dana.ID, []string{w.reader.ID}, event(models.MembershipUpdated)))
		got, err = s.CredentialByDigest(t.Context(), digestOf(token.ID))
		ok(t, err)
		if diff := cmp.Diff(models.PermissionSet{"reports.read"}, got.Permissions); diff != "" {
			t.Errorf("permissions after the change (-want +got):\n%s", diff)
		}
	})
}

func TestCredential_WithoutRolesHasEmptySets(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("bare"))
		got, err := s.CredentialByDigest(t.Context(), digestOf(token.ID))
		ok(t, err)
		if got.Roles == nil || len(got.Roles) != 0 || got.Permissions == nil || len(got.Permissions) != 0 {
			t.Errorf("roles %v, permissions %v, want both empty and not nil", got.Roles, got.Permissions)
		}
	})
}

func TestCredential_RevokedIsFoundWithItsState(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("old"))
		at := noon.Add(time.Minute)
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, token.ID, w.dana.ID, at, event(models.TokenDeleted)))
		got, err := s.CredentialByDigest(t.Context(), digestOf(token.ID))
		ok(t, err)
		if got.Token.RevokedAt == nil || !got.Token.RevokedAt.Equal(at) || got.Token.RevokedBy != w.dana.ID {
			t.Errorf("revoked at %v by %q", got.Token.RevokedAt, got.Token.RevokedBy)
		}
	})
}

func TestCredential_OwnerAndMembershipAreNilWhenGone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		danas, vics := w.add(w.personalToken(w.dana.ID, "a")), w.add(w.personalToken(w.vic.ID, "b"))
		ok(t, s.RemoveMember(t.Context(), w.tenant.ID, w.dana.ID, w.vic.ID, noon, event(models.MembershipRemoved)))
		ok(t, s.DeleteUser(t.Context(), w.vic.ID, "", noon, event(models.UserDeleted)))

		got, err := s.CredentialByDigest(t.Context(), digestOf(danas.ID))
		ok(t, err)
		if got.Owner == nil || got.Membership != nil {
			t.Errorf("removed: owner %v, membership %v", got.Owner, got.Membership)
		}
		got, err = s.CredentialByDigest(t.Context(), digestOf(vics.ID))
		ok(t, err)
		if got.Owner != nil || got.Membership != nil {
			t.Errorf("deleted: owner %v, membership %v", got.Owner, got.Membership)
		}
	})
}

func TestCredential_UnknownIsNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		newWorld(t, s)
		_, err := s.CredentialByDigest(t.Context(), digestOf("nobody's"))
		if !errors.Is(err, models.ErrNotFound) {
			t.Errorf("by digest: %v", err)
		}
		for _, id := range []string{newID(), "", "x", "a\x00b", "a\xffb"} {
			if _, err := s.CredentialByID(t.Context(), id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("by id %q: %v", id, err)
			}
		}
	})
}
