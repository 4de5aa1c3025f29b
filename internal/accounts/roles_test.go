package accounts_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
)

func TestRoles_CreateChangeDelete(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.last(t)
		_, err := w.CreatePermission(t.Context(), w.system, accounts.PermissionInput{Key: "reports.read", Name: "Read reports"})
		must(t, err)
		made, err := w.CreateRole(t.Context(), w.system, accounts.RoleInput{
			Key: "Reader", Name: "Reader", Description: "Reads.", Permissions: []string{"reports.read", "fe.secure.read.*", "reports.read"},
		})
		must(t, err)
		got, err := w.Role(t.Context(), w.system, made.ID)
		must(t, err)
		if got.Key != "Reader" || !slices.Equal(got.Permissions, []string{"fe.secure.read.*", "reports.read"}) {
			t.Errorf("%+v", got)
		}
		_, err = w.UpdateRole(t.Context(), w.system, made.ID, accounts.RoleInput{Key: "reader", Name: "Leser"})
		must(t, err)
		if got, _ = w.Role(t.Context(), w.system, made.ID); got.Name != "Leser" || len(got.Permissions) != 0 || !got.CreatedAt.Equal(made.CreatedAt) {
			t.Errorf("%+v", got)
		}
		must(t, w.DeleteRole(t.Context(), w.system, made.ID))
		if _, err := w.Role(t.Context(), w.system, made.ID); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
		var actions []models.Action
		for _, e := range w.events(t, before) {
			actions = append(actions, e.Action)
		}
		if !slices.Equal(actions, []models.Action{models.PermissionCreated, models.RoleCreated, models.RoleUpdated, models.RoleDeleted}) {
			t.Error(actions)
		}
	})
}

func TestRoles_BadFormsChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		viewer := w.role(t, "Viewer")
		before := w.last(t)
		for want, in := range map[string]accounts.RoleInput{
			"key required":                   {Name: "x"},
			"key key_format":                 {Key: "a b", Name: "x"},
			"key too_long":                   {Key: strings.Repeat("a", 65), Name: "x"},
			"key taken":                      {Key: "Admin", Name: "x"},
			"name required":                  {Key: "x"},
			"name too_long":                  {Key: "x", Name: strings.Repeat("a", 101)},
			"description too_long":           {Key: "x", Name: "x", Description: strings.Repeat("a", 301)},
			"description characters":         {Key: "x", Name: "x", Description: "\x00"},
			"permissions permission_unknown": {Key: "x", Name: "x", Permissions: []string{"fe.secure.*", "reports.*"}},
		} {
			if _, err := w.CreateRole(t.Context(), w.system, in); problem(err) != want {
				t.Errorf("create, %s: %v", want, err)
			}
			if _, err := w.UpdateRole(t.Context(), w.system, viewer.ID, in); problem(err) != want {
				t.Errorf("update, %s: %v", want, err)
			}
		}
		if got := w.events(t, before); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		if got := w.role(t, "Viewer"); got.Name != viewer.Name || !slices.Equal(got.Permissions, viewer.Permissions) {
			t.Errorf("%+v", got)
		}
	})
}

func TestRoleUse_CountsHolders(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, admin := w.tenant(t, "Acme"), w.role(t, "Admin")
		w.member(t, acme.ID, "dana@acme.example", admin.ID)
		use, err := w.RoleUse(t.Context(), w.system, admin.ID)
		must(t, err)
		if use.Members != 1 || use.Tokens != 0 {
			t.Errorf("%+v", use)
		}
		permissions, err := w.Permissions(t.Context(), w.system)
		must(t, err)
		i := slices.IndexFunc(permissions, func(p models.Permission) bool { return p.Key == "fe.secure.*" })
		use, err = w.PermissionUse(t.Context(), w.system, permissions[i].ID)
		must(t, err)
		if use.Roles != 1 || use.Members != 1 {
			t.Errorf("%+v", use)
		}
	})
}

func TestPermissions_BuiltInOnesStay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		noa := w.operator(t, "noa@vendor.example")
		permissions, err := w.Permissions(t.Context(), w.system)
		must(t, err)
		for _, p := range permissions {
			before := w.last(t)
			if _, err := w.UpdatePermission(t.Context(), noa, p.ID, accounts.PermissionInput{Key: "mine", Name: "x"}); problem(err) != " built_in" {
				t.Errorf("update %s: %v", p.Key, err)
			}
			if err := w.DeletePermission(t.Context(), noa, p.ID); problem(err) != " built_in" {
				t.Errorf("delete %s: %v", p.Key, err)
			}
			e := w.events(t, before)
			if len(e) != 2 || e[0].Outcome != models.Refused || e[1].Reason != "built_in" || e[1].TargetName != p.Key {
				t.Errorf("%s left %+v", p.Key, e)
			}
		}
		after, err := w.Permissions(t.Context(), w.system)
		must(t, err)
		if !slices.Equal(after, permissions) {
			t.Error("they changed")
		}
	})
}

func TestPermissions_RolesFollowAChangedKeyAndLoseADeletedOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, err := w.CreatePermission(t.Context(), w.system, accounts.PermissionInput{Key: "reports.read", Name: "Read reports"})
		must(t, err)
		_, err = w.CreatePermission(t.Context(), w.system, accounts.PermissionInput{Key: "reports.*", Name: "All reports"})
		must(t, err)
		_, err = w.CreateRole(t.Context(), w.system, accounts.RoleInput{Key: "Reader", Name: "Reader", Permissions: []string{"reports.read"}})
		must(t, err)
		for want, in := range map[string]accounts.PermissionInput{
			"key taken": {Key: "reports.*", Name: "x"}, "key wildcard": {Key: "reports.*.x", Name: "x"}, "name required": {Key: "x"},
		} {
			if _, err := w.UpdatePermission(t.Context(), w.system, p.ID, in); problem(err) != want {
				t.Errorf("%s: %v", want, err)
			}
			if _, err := w.CreatePermission(t.Context(), w.system, in); problem(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		_, err = w.UpdatePermission(t.Context(), w.system, p.ID, accounts.PermissionInput{Key: "reports.view", Name: "View reports"})
		must(t, err)
		if got := w.role(t, "Reader").Permissions; !slices.Equal(got, []string{"reports.view"}) {
			t.Error(got)
		}
		must(t, w.DeletePermission(t.Context(), w.system, p.ID))
		if got := w.role(t, "Reader").Permissions; len(got) != 0 {
			t.Error(got)
		}
	})
}
