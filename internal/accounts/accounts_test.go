package accounts_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// world is a new environment on a real database with a clock that stands.
type world struct {
	*accounts.Accounts
	store  *store.Store
	now    time.Time
	system models.Caller
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := &world{
			store: s, now: time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC),
			system: models.Caller{Kind: models.System},
		}
		var err error
		w.Accounts, err = accounts.New(accounts.Config{
			Store: s, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler),
		})
		must(t, err)
		must(t, w.Bootstrap(t.Context(), accounts.Initial{TokenPrefix: "lk", KeyCheck: []byte("check")}))
		test(t, w)
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// problem is the only problem of err as "field key", or err's own text.
func problem(err error) string {
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok && len(invalid.Problems) == 1 {
		return invalid.Problems[0].Field + " " + invalid.Problems[0].Key
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

func (w *world) tenant(t *testing.T, name string) models.Tenant {
	t.Helper()
	tenant, err := w.CreateTenant(t.Context(), w.system, name)
	must(t, err)
	return tenant
}

func (w *world) member(t *testing.T, tenantID, email string, roleIDs ...string) (models.Member, models.Secret) {
	t.Helper()
	m, code, err := w.CreateMember(t.Context(), w.system, accounts.NewMember{
		TenantID: tenantID, Email: email, Name: "Dana Levi", RoleIDs: roleIDs,
	})
	must(t, err)
	return m, code
}

func (w *world) operator(t *testing.T, email string) models.Caller {
	t.Helper()
	u := models.User{ID: newID(t), Email: email, Name: "Noa Brandt", Operator: true, CreatedAt: w.now}
	must(t, w.store.CreateUser(t.Context(), u, models.NewEvent(w.system, models.UserCreated, w.now)))
	return models.Caller{Kind: models.Person, UserID: u.ID, Name: u.Name, Email: email, Operator: true}
}

func (w *world) role(t *testing.T, key string) models.Role {
	t.Helper()
	roles, err := w.Roles(t.Context(), w.system)
	must(t, err)
	i := slices.IndexFunc(roles, func(r models.Role) bool { return r.Key == key })
	if i < 0 {
		t.Fatalf("no role %s", key)
	}
	return roles[i]
}

// events are those written since before, a number.
func (w *world) events(t *testing.T, before int64) []models.Event {
	t.Helper()
	events, err := w.store.Events(t.Context(), before, 1000)
	must(t, err)
	return events
}

func (w *world) last(t *testing.T) int64 {
	t.Helper()
	events := w.events(t, 0)
	if len(events) == 0 {
		return 0
	}
	return events[len(events)-1].Number
}

func newID(t *testing.T) string {
	t.Helper()
	id, err := uuid.NewV7()
	must(t, err)
	return id.String()
}

// verb is one call of the package, on whatever ids.
type verb struct {
	name string
	// changes tells a change from a read.
	changes bool
	call    func(ctx context.Context, w *world, c models.Caller, tenantID, id string) error
}

var verbs = []verb{
	{"UpdateM2M", true, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		return w.UpdateM2M(ctx, c, accounts.M2MInput{Kind: models.AccessToken, Format: models.Opaque})
	}},
	{"UpdateModules", true, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		return w.UpdateModules(ctx, c, new(models.Hidden), new(models.Hidden))
	}},
	{"Policy", false, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		_, err := w.Policy(ctx, c)
		return err
	}},
	{"SetPolicy", true, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		_, err := w.SetPolicy(ctx, c, accounts.PolicyInput{}, accounts.PolicyStart{})
		return err
	}},
	{"Impact", false, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		_, err := w.Impact(ctx, c)
		return err
	}},
	{"TenantImpact", false, func(ctx context.Context, w *world, c models.Caller, tenantID, _ string) error {
		_, err := w.TenantImpact(ctx, c, tenantID)
		return err
	}},
	{"Tenants", false, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		_, err := w.Tenants(ctx, c, models.TenantQuery{})
		return err
	}},
	{"Tenant", false, func(ctx context.Context, w *world, c models.Caller, tenantID, _ string) error {
		_, err := w.Tenant(ctx, c, tenantID)
		return err
	}},
	{"CreateTenant", true, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		_, err := w.CreateTenant(ctx, c, "Initech")
		return err
	}},
	{"SetTenantM2M", true, func(ctx context.Context, w *world, c models.Caller, tenantID, _ string) error {
		return w.SetTenantM2M(ctx, c, tenantID, models.Off, models.AccessToken)
	}},
	{"DisableTenant", true, func(ctx context.Context, w *world, c models.Caller, tenantID, _ string) error {
		return w.DisableTenant(ctx, c, tenantID)
	}},
	{"EnableTenant", true, func(ctx context.Context, w *world, c models.Caller, tenantID, _ string) error {
		return w.EnableTenant(ctx, c, tenantID)
	}},
	{"Members", false, func(ctx context.Context, w *world, c models.Caller, tenantID, _ string) error {
		_, err := w.Members(ctx, c, tenantID)
		return err
	}},
	{"Member", false, func(ctx context.Context, w *world, c models.Caller, tenantID, id string) error {
		_, err := w.Member(ctx, c, tenantID, id)
		return err
	}},
	{"CreateMember", true, func(ctx context.Context, w *world, c models.Caller, tenantID, _ string) error {
		_, _, err := w.CreateMember(ctx, c, accounts.NewMember{TenantID: tenantID, Email: "new@acme.example", Name: "New"})
		return err
	}},
	{"SetMemberRoles", true, func(ctx context.Context, w *world, c models.Caller, tenantID, id string) error {
		return w.SetMemberRoles(ctx, c, tenantID, id, nil)
	}},
	{"DisableMember", true, func(ctx context.Context, w *world, c models.Caller, tenantID, id string) error {
		return w.DisableMember(ctx, c, tenantID, id)
	}},
	{"EnableMember", true, func(ctx context.Context, w *world, c models.Caller, tenantID, id string) error {
		return w.EnableMember(ctx, c, tenantID, id)
	}},
	{"RemoveMember", true, func(ctx context.Context, w *world, c models.Caller, tenantID, id string) error {
		return w.RemoveMember(ctx, c, tenantID, id)
	}},
	{"NewPasswordLink", true, func(ctx context.Context, w *world, c models.Caller, tenantID, id string) error {
		_, _, err := w.NewPasswordLink(ctx, c, tenantID, id)
		return err
	}},
	{"DisableUser", true, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		return w.DisableUser(ctx, c, id)
	}},
	{"EnableUser", true, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		return w.EnableUser(ctx, c, id)
	}},
	{"DeleteUser", true, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		return w.DeleteUser(ctx, c, id)
	}},
	{"Roles", false, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		_, err := w.Roles(ctx, c)
		return err
	}},
	{"Role", false, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		_, err := w.Role(ctx, c, id)
		return err
	}},
	{"RoleUse", false, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		_, err := w.RoleUse(ctx, c, id)
		return err
	}},
	{"CreateRole", true, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		_, err := w.CreateRole(ctx, c, accounts.RoleInput{Key: "New", Name: "New"})
		return err
	}},
	{"UpdateRole", true, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		_, err := w.UpdateRole(ctx, c, id, accounts.RoleInput{Key: "New", Name: "New"})
		return err
	}},
	{"DeleteRole", true, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		return w.DeleteRole(ctx, c, id)
	}},
	{"Permissions", false, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		_, err := w.Permissions(ctx, c)
		return err
	}},
	{"Permission", false, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		_, err := w.Permission(ctx, c, id)
		return err
	}},
	{"PermissionUse", false, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		_, err := w.PermissionUse(ctx, c, id)
		return err
	}},
	{"CreatePermission", true, func(ctx context.Context, w *world, c models.Caller, _, _ string) error {
		_, err := w.CreatePermission(ctx, c, accounts.PermissionInput{Key: "new", Name: "New"})
		return err
	}},
	{"UpdatePermission", true, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		_, err := w.UpdatePermission(ctx, c, id, accounts.PermissionInput{Key: "new", Name: "New"})
		return err
	}},
	{"DeletePermission", true, func(ctx context.Context, w *world, c models.Caller, _, id string) error {
		return w.DeletePermission(ctx, c, id)
	}},
}

func TestEveryVerb_RefusesWhoMayNotUseTheConsole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		dana, _ := w.member(t, acme.ID, "dana@acme.example", w.role(t, "Admin").ID)
		admin := models.Caller{
			Kind: models.Person, UserID: dana.UserID, TenantID: acme.ID, IP: "203.0.113.9", RequestID: "r1",
			Permissions: models.PermissionSet{"fe.secure.*"},
		}
		for _, v := range verbs {
			before := w.last(t)
			if err := v.call(t.Context(), w, models.Caller{Kind: models.Anyone, Operator: true}, acme.ID, dana.UserID); !errors.Is(err, models.ErrForbidden) {
				t.Errorf("%s by nobody: %v", v.name, err)
			}
			if got := w.events(t, before); len(got) != 0 {
				t.Errorf("%s by nobody left %v", v.name, got)
			}
			if err := v.call(t.Context(), w, admin, acme.ID, dana.UserID); !errors.Is(err, models.ErrForbidden) {
				t.Errorf("%s by an account's admin: %v", v.name, err)
			}
			got := w.events(t, before)
			if !v.changes {
				if len(got) != 0 {
					t.Errorf("%s left %v", v.name, got)
				}
				continue
			}
			if len(got) != 1 || got[0].Outcome != models.Refused || got[0].Reason != "not_operator" ||
				got[0].ActorID != dana.UserID || got[0].TenantID != acme.ID || got[0].IP != "203.0.113.9" || got[0].RequestID != "r1" {
				t.Errorf("%s left %+v", v.name, got)
			}
		}
	})
}

func TestEveryVerb_AnIDThatIsNoneIsUnknown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		for _, id := range []string{"", "x", "\x00", "\xff", newID(t), "' OR 1=1 --", "0198A7C4-5D0E-7C3A-9F1B-2F6D3C1E8A90"} {
			before := w.last(t)
			for _, v := range verbs {
				switch v.name {
				case "UpdateM2M", "UpdateModules", "Policy", "SetPolicy", "Impact", "Tenants", "CreateTenant", "Roles", "CreateRole", "Permissions", "CreatePermission":
					continue
				}
				if err := v.call(t.Context(), w, w.system, id, id); !errors.Is(err, models.ErrNotFound) {
					t.Errorf("%s of %q: %v", v.name, id, err)
				}
			}
			for _, v := range verbs {
				switch v.name {
				case "Member", "SetMemberRoles", "DisableMember", "EnableMember", "RemoveMember", "NewPasswordLink":
					if err := v.call(t.Context(), w, w.system, acme.ID, id); !errors.Is(err, models.ErrNotFound) {
						t.Errorf("%s of user %q: %v", v.name, id, err)
					}
				}
			}
			if got := w.events(t, before); len(got) != 0 {
				t.Errorf("%q left %v", id, got)
			}
		}
	})
}

// together runs fn n times at once and counts the results without an error.
func together(n int, fn func(i int) error) (won int, errs []error) {
	var all sync.WaitGroup
	errs = make([]error, n)
	for i := range n {
		all.Go(func() { errs[i] = fn(i) })
	}
	all.Wait()
	for _, err := range errs {
		if err == nil {
			won++
		}
	}
	return won, errs
}
