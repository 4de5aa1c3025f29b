package accounts_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/models"
)

func TestCreateTenant_InheritsEverything(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.last(t)
		made := w.tenant(t, "  Acme ")
		got, err := w.Tenant(t.Context(), w.system, made.ID)
		must(t, err)
		if got.Name != "Acme" || got.M2M != models.Inherited || got.Kind != "" || got.Disabled() || !got.CreatedAt.Equal(w.now) {
			t.Errorf("%+v", got)
		}
		events := w.events(t, before)
		if len(events) != 1 || events[0].Action != models.TenantCreated || events[0].TenantID != made.ID || events[0].TargetName != "Acme" {
			t.Errorf("%+v", events)
		}
	})
}

func TestCreateTenant_BadNamesChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.last(t)
		for name, want := range map[string]string{
			"": "name required", " \t ": "name required", strings.Repeat("a", 101): "name too_long",
			"Ac\x00me": "name characters", "Ac\xffme": "name characters", "Ac\nme": "name characters",
		} {
			if _, err := w.CreateTenant(t.Context(), w.system, name); problem(err) != want {
				t.Errorf("%q: %v", name, err)
			}
		}
		if got := w.events(t, before); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

func TestSetTenantM2M_OverridesEitherWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		for _, c := range []struct {
			m2m  models.Inherit
			kind models.Kind
			want string
		}{
			{models.Off, models.AccessToken, ""}, {models.On, models.ClientCredentials, ""}, {models.Inherited, "", ""},
			{"maybe", "", "m2m unknown_switch"}, {"", "", "m2m unknown_switch"}, {models.On, "Password", "kind unknown_kind"},
		} {
			before, _ := w.Tenant(t.Context(), w.system, acme.ID)
			err := w.SetTenantM2M(t.Context(), w.system, acme.ID, c.m2m, c.kind)
			if problem(err) != c.want {
				t.Errorf("%s, %s: %v", c.m2m, c.kind, err)
			}
			got, _ := w.Tenant(t.Context(), w.system, acme.ID)
			if c.want == "" && (got.M2M != c.m2m || got.Kind != c.kind) || c.want != "" && !cmp.Equal(got, before) {
				t.Errorf("%s, %s: is %+v", c.m2m, c.kind, got)
			}
		}
	})
}

func TestDisableTenant_TwiceIsOneChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		before := w.last(t)
		for _, step := range []struct {
			do       func() error
			disabled bool
			events   int
		}{
			{func() error { return w.DisableTenant(t.Context(), w.system, acme.ID) }, true, 1},
			{func() error { return w.DisableTenant(t.Context(), w.system, acme.ID) }, true, 1},
			{func() error { return w.EnableTenant(t.Context(), w.system, acme.ID) }, false, 2},
			{func() error { return w.EnableTenant(t.Context(), w.system, acme.ID) }, false, 2},
		} {
			must(t, step.do())
			got, err := w.Tenant(t.Context(), w.system, acme.ID)
			must(t, err)
			if got.Disabled() != step.disabled || len(w.events(t, before)) != step.events {
				t.Errorf("disabled %t after %d events", got.Disabled(), len(w.events(t, before)))
			}
		}
	})
}

func TestTenants_PagesAndSearches(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 7 {
			w.tenant(t, fmt.Sprintf("Account %d", i))
		}
		seen := 0
		q := models.TenantQuery{Limit: 3}
		for {
			page, err := w.Tenants(t.Context(), w.system, q)
			must(t, err)
			seen += len(page.Rows)
			if q.After = page.Next; page.Next == "" {
				break
			}
		}
		if seen != 7 {
			t.Errorf("%d seen", seen)
		}
		for _, limit := range []int{-1, 0, 1 << 30} {
			page, err := w.Tenants(t.Context(), w.system, models.TenantQuery{Limit: limit, Search: "ACCOUNT 3"})
			must(t, err)
			if len(page.Rows) != 1 || page.Rows[0].Name != "Account 3" {
				t.Errorf("%+v", page)
			}
		}
		for _, after := range []string{newID(t), "nonsense", "\x00", strings.ToUpper(newID(t))} {
			if _, err := w.Tenants(t.Context(), w.system, models.TenantQuery{After: after}); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("after %q: %v", after, err)
			}
		}
		for search, want := range map[string]string{"\x00": "q characters", "\xff": "q characters", strings.Repeat("a", 201): "q too_long"} {
			if _, err := w.Tenants(t.Context(), w.system, models.TenantQuery{Search: search}); problem(err) != want {
				t.Errorf("%q: %v", search, err)
			}
		}
	})
}
