package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestSettings_AreNotFoundBeforeBootstrapAndMadeOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if _, err := s.Settings(t.Context()); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("before: %v", err)
		}
		if err := s.UpdateSettings(t.Context(), models.SettingsChange{At: noon}, event(models.SettingsUpdated)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("update before: %v", err)
		}
		bootstrap(t, s)
		got, err := s.Settings(t.Context())
		ok(t, err)
		if got.TokenTTL != time.Hour || !got.M2MEnabled || string(got.KeyCheck) != "check" || !got.UpdatedAt.Equal(noon) {
			t.Errorf("got %+v", got)
		}
		made, err := s.Bootstrap(t.Context(), models.Settings{UpdatedAt: noon}, nil, nil, event(models.SettingsUpdated))
		if made || err != nil {
			t.Errorf("again: %t, %v", made, err)
		}
		wantEvents(t, s, models.SettingsUpdated)
	})
}

func TestUpdateSettings_ChangesWhatIsNamed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		bootstrap(t, s)
		want, err := s.Settings(t.Context())
		ok(t, err)
		update := func(change models.SettingsChange) {
			t.Helper()
			change.At = noon.Add(time.Hour)
			ok(t, s.UpdateSettings(t.Context(), change, event(models.SettingsUpdated)))
			want.UpdatedAt = change.At
			got, err := s.Settings(t.Context())
			ok(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		off, kind, hidden, permitted := false, models.AccessToken, models.Hidden, models.ByPermissions
		want.M2MEnabled = false
		update(models.SettingsChange{M2MEnabled: &off})
		want.Kind, want.APITokens, want.PersonalTokens = kind, hidden, permitted
		update(models.SettingsChange{Kind: &kind, APITokens: &hidden, PersonalTokens: &permitted})
		strange := models.Kind("Strange")
		err = s.UpdateSettings(t.Context(), models.SettingsChange{Kind: &strange, At: noon}, event(models.SettingsUpdated))
		if err == nil {
			t.Error("an unknown kind was written")
		}
	})
}

func TestTenant_ChangesReadBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		want := w.tenant
		ok(t, s.SetTenantM2M(t.Context(), want.ID, models.Off, models.AccessToken, event(models.TenantUpdated)))
		ok(t, s.SetTenantDisabled(t.Context(), want.ID, &noon, event(models.TenantDisabled)))
		want.M2M, want.Kind, want.DisabledAt = models.Off, models.AccessToken, &noon
		got, err := s.Tenant(t.Context(), want.ID)
		ok(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		ok(t, s.SetTenantDisabled(t.Context(), want.ID, nil, event(models.TenantEnabled)))
		if got, err := s.Tenant(t.Context(), want.ID); err != nil || got.Disabled() {
			t.Errorf("enabled: %+v, %v", got, err)
		}
		for name, err := range map[string]error{
			"m2m":     s.SetTenantM2M(t.Context(), newID(), models.On, "", event(models.TenantUpdated)),
			"disable": s.SetTenantDisabled(t.Context(), newID(), &noon, event(models.TenantDisabled)),
		} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s of no tenant: %v", name, err)
			}
		}
	})
}

func TestTenants_PagesByFoldedNameWithNumbers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, name := range []string{"zeta", "Beta", "beta", "Éta", "50%"} {
			w.addTenant(name)
		}
		used := w.apiToken("used")
		used.LastUsedAt = noon.Add(-time.Hour)
		w.add(used)
		w.add(w.personalToken(w.dana.ID, "p"))

		var got []string
		q := models.TenantQuery{Limit: 2}
		for {
			page, err := s.Tenants(t.Context(), q, noon)
			ok(t, err)
			if page.Total != 6 {
				t.Errorf("total %d", page.Total)
			}
			for _, row := range page.Rows {
				got = append(got, fmt.Sprintf("%s %d %d/%d", row.Name, row.Members, row.Used, row.Live))
			}
			if q.After = page.Next; page.Next == "" {
				break
			}
		}
		want := []string{"50% 0 0/0", "Acme 2 1/2", "Beta 0 0/0", "beta 0 0/0", "zeta 0 0/0", "Éta 0 0/0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		all, err := s.AllTenants(t.Context())
		ok(t, err)
		var names []string
		for _, tenant := range all {
			names = append(names, tenant.Name)
		}
		if diff := cmp.Diff([]string{"50%", "Acme", "Beta", "beta", "zeta", "Éta"}, names); diff != "" {
			t.Errorf("all (-want +got):\n%s", diff)
		}
		for search, want := range map[string]int{"ETA": 3, "éta": 1, "%": 1, w.tenant.ID: 1, "\x00": 0, "nothing": 0} {
			page, err := s.Tenants(t.Context(), models.TenantQuery{Search: search, Limit: 50}, noon)
			ok(t, err)
			if page.Total != want || len(page.Rows) != want {
				t.Errorf("search %q: %d rows of %d, want %d", search, len(page.Rows), page.Total, want)
			}
		}
	})
}

func TestRoles_ReadBackByFoldedNameWithPermissions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		got, err := s.Roles(t.Context())
		ok(t, err)
		w.editor.Permissions = []string{"reports.read", "reports.write"}
		if diff := cmp.Diff([]models.Role{w.admin, w.editor, w.reader}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}

		changed := w.editor
		changed.Key, changed.Name, changed.Description = "writer", "Writer", "writes"
		changed.Permissions, changed.UpdatedAt = []string{"reports.write"}, noon.Add(time.Hour)
		ok(t, s.UpdateRole(t.Context(), changed, event(models.RoleUpdated)))
		one, err := s.Role(t.Context(), w.editor.ID)
		ok(t, err)
		if diff := cmp.Diff(changed, one); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
	})
}

func TestRoles_RefuseTakenKeysAndUnknownPermissions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		fresh := models.Role{ID: newID(), Key: "admin", Name: "Other", CreatedAt: noon, UpdatedAt: noon}
		if err := s.CreateRole(t.Context(), fresh, event(models.RoleCreated)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a taken key: %v", err)
		}
		fresh.Key, fresh.Permissions = "fresh", []string{"reports.read", "no.such"}
		if err := s.CreateRole(t.Context(), fresh, event(models.RoleCreated)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an unknown permission: %v", err)
		}
		w.reader.Permissions = []string{"no.such"}
		if err := s.UpdateRole(t.Context(), w.reader, event(models.RoleUpdated)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an unknown permission in a change: %v", err)
		}
		if got, err := s.Role(t.Context(), w.reader.ID); err != nil || len(got.Permissions) != 1 {
			t.Errorf("the failed change left %v, %v", got.Permissions, err)
		}
		for name, err := range map[string]error{
			"role": second(s.Role(t.Context(), newID())), "use": second(s.RoleUse(t.Context(), newID())),
			"update": s.UpdateRole(t.Context(), fresh, event(models.RoleUpdated)),
			"delete": s.DeleteRole(t.Context(), newID(), event(models.RoleDeleted)),
		} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s of no role: %v", name, err)
			}
		}
	})
}

func TestUse_CountsWhoHoldsAndDeletionTakesItFromThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("both", w.editor.ID, w.reader.ID))
		gone := w.add(w.apiToken("gone", w.editor.ID))
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, gone.ID, "", noon, event(models.TokenDeleted)))
		permissions, err := s.Permissions(t.Context())
		ok(t, err)
		read := permissions[1]
		if read.Key != "reports.read" {
			t.Fatalf("permissions by key: %v", permissions)
		}

		use, err := s.RoleUse(t.Context(), w.editor.ID)
		ok(t, err)
		if want := (models.RoleUse{Roles: 1, Members: 1, Tokens: 1}); use != want {
			t.Errorf("role: %+v, want %+v", use, want)
		}
		demand := func(key string) func(models.Policy) (models.Policy, error) {
			return func(models.Policy) (models.Policy, error) { return models.Policy{CreatePermission: key}, nil }
		}
		ok(t, s.ChangePolicy(t.Context(), "", demand("reports.write"), event(models.SettingsUpdated)))
		ok(t, s.ChangePolicy(t.Context(), w.tenant.ID, demand("reports.read"), event(models.TenantUpdated)))
		use, err = s.PermissionUse(t.Context(), read.ID)
		ok(t, err)
		if want := (models.RoleUse{Roles: 2, Members: 1, Tokens: 1, Policies: 1}); use != want {
			t.Errorf("permission: %+v, want %+v", use, want)
		}

		ok(t, s.DeletePermission(t.Context(), read.ID, event(models.PermissionDeleted)))
		ok(t, s.DeleteRole(t.Context(), w.reader.ID, event(models.RoleDeleted)))
		c, err := s.CredentialByID(t.Context(), token.ID)
		ok(t, err)
		if diff := cmp.Diff(models.PermissionSet{"reports.write"}, c.Permissions); diff != "" {
			t.Errorf("permissions (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"editor"}, c.Roles); diff != "" {
			t.Errorf("roles (-want +got):\n%s", diff)
		}
	})
}

func TestPermissions_ReadBackAndRefuseTakenKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		bootstrap(t, s)
		p := models.Permission{ID: newID(), Key: "a.b", Name: "A", Description: "d", CreatedAt: noon, UpdatedAt: noon}
		ok(t, s.CreatePermission(t.Context(), p, event(models.PermissionCreated)))
		p.Name, p.UpdatedAt = "B", noon.Add(time.Hour)
		ok(t, s.UpdatePermission(t.Context(), p, event(models.PermissionUpdated)))
		got, err := s.Permission(t.Context(), p.ID)
		ok(t, err)
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		p.Key = "reports.read"
		if err := s.UpdatePermission(t.Context(), p, event(models.PermissionUpdated)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("a taken key: %v", err)
		}
		for name, err := range map[string]error{
			"permission": second(s.Permission(t.Context(), newID())), "use": second(s.PermissionUse(t.Context(), newID())),
			"delete": s.DeletePermission(t.Context(), newID(), event(models.PermissionDeleted)),
		} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s of no permission: %v", name, err)
			}
		}
	})
}

func TestSigningKeys_ReadBackOldestFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var want []models.SigningKey
		later := noon.Add(time.Hour)
		for i, key := range []models.SigningKey{
			{State: models.KeyRetired, ActivatedAt: &noon, RetiredAt: &later}, {State: models.KeyActive, ActivatedAt: &later}, {State: models.KeyNext},
		} {
			key.ID, key.Algorithm, key.Public, key.Sealed = newID(), "RS256", []byte(`{"kty":"RSA"}`), []byte{0, 1, 2}
			key.CreatedAt = noon.Add(time.Duration(i) * time.Second)
			want = append(want, key)
		}
		events := []models.Event{event(models.SigningKeyCreated), event(models.SigningKeyCreated), event(models.SigningKeyCreated)}
		ok(t, s.CreateSigningKeys(t.Context(), want, events))
		got, err := s.SigningKeys(t.Context())
		ok(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
