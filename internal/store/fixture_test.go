package store_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// noon is when the tests happen.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 123456000, time.UTC)

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// digestOf is a digest as callers make them: 32 bytes.
func digestOf(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

func event(action models.Action) models.Event {
	return models.NewEvent(models.Caller{Kind: models.System}, action, noon)
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a bootstrapped store with one account of two people.
type world struct {
	*store.Store
	t         testing.TB
	tenant    models.Tenant
	dana, vic models.User
	admin     models.Role // fe.secure.*
	editor    models.Role // reports.read, reports.write
	reader    models.Role // reports.read
}

func bootstrap(t testing.TB, s *store.Store) []models.Role {
	t.Helper()
	var permissions []models.Permission
	for _, key := range []string{"fe.secure.*", "reports.read", "reports.write"} {
		permissions = append(permissions, models.Permission{ID: newID(), Key: key, Name: key, CreatedAt: noon, UpdatedAt: noon})
	}
	role := func(key, name string, permissions ...string) models.Role {
		return models.Role{ID: newID(), Key: key, Name: name, Permissions: permissions, CreatedAt: noon, UpdatedAt: noon}
	}
	roles := []models.Role{
		role("admin", "Admin", "fe.secure.*"),
		role("editor", "Editor", "reports.write", "reports.read"),
		role("reader", "éreader", "reports.read"),
	}
	made, err := s.Bootstrap(t.Context(), models.Settings{
		ClientID: newID(), M2MEnabled: true, Kind: models.ClientCredentials, TokenPrefix: "lk",
		APITokens: models.Always, PersonalTokens: models.Always, TokenTTL: time.Hour, AccessTokenFormat: models.Opaque, RefreshTTL: 720 * time.Hour, CookieSameSite: models.SameSiteLax, RolesInJWT: true, PermissionsInJWT: true,
		KeyCheck: []byte("check"), UpdatedAt: noon,
	}, permissions, roles, event(models.SettingsUpdated))
	ok(t, err)
	if !made {
		t.Fatal("there were settings already")
	}
	return roles
}

func newWorld(t testing.TB, s *store.Store) *world {
	t.Helper()
	roles := bootstrap(t, s)
	w := &world{Store: s, t: t, admin: roles[0], editor: roles[1], reader: roles[2]}
	w.tenant = w.addTenant("Acme")
	w.dana = w.addMember(w.tenant.ID, "dana@acme.example", w.admin.ID, w.editor.ID)
	w.vic = w.addMember(w.tenant.ID, "vic@acme.example")
	return w
}

func (w *world) addTenant(name string) models.Tenant {
	w.t.Helper()
	tenant := models.Tenant{ID: newID(), Name: name, M2M: models.Inherited, CreatedAt: noon}
	ok(w.t, w.CreateTenant(w.t.Context(), tenant, event(models.TenantCreated)))
	return tenant
}

func (w *world) addMember(tenantID, email string, roleIDs ...string) models.User {
	w.t.Helper()
	user := models.User{ID: newID(), Email: email, Name: "Name of " + email, CreatedAt: noon}
	membership := models.Membership{TenantID: tenantID, UserID: user.ID, RoleIDs: roleIDs, CreatedAt: noon}
	ok(w.t, w.CreateMember(w.t.Context(), &user, membership, nil, event(models.UserCreated), event(models.MembershipCreated)))
	return user
}

// apiToken is a token of the account, not yet stored.
func (w *world) apiToken(description string, roleIDs ...string) models.Token {
	id := newID()
	return models.Token{
		ID: id, TenantID: w.tenant.ID, Context: models.API, Kind: models.ClientCredentials, Description: description,
		Prefix: "lk_cs", LastFour: "wxyz", RoleIDs: roleIDs, CreatedBy: w.dana.ID,
		CreatedAt: noon, ExpiresAt: models.NeverExpires, LastUsedAt: models.NeverUsed, FormID: newID(), Metadata: "{}",
	}
}

func (w *world) personalToken(userID, description string) models.Token {
	token := w.apiToken(description)
	token.Context, token.Kind, token.UserID, token.CreatedBy = models.Personal, models.AccessToken, userID, userID
	return token
}

func (w *world) add(token models.Token) models.Token {
	w.t.Helper()
	ok(w.t, w.CreateToken(w.t.Context(), token, store.SecretFor(token), event(models.TokenCreated)))
	return token
}

// session is a session of the person's in an account, not yet stored.
func session(name, userID, tenantID string) models.Session {
	return models.Session{
		IDHash: digestOf("session " + name), UserID: userID, TenantID: tenantID, CSRF: digestOf("csrf " + name),
		CreatedAt: noon, LastSeenAt: noon, ExpiresAt: noon.Add(7 * 24 * time.Hour), IP: "192.0.2.1", UserAgent: "test",
	}
}

func (w *world) signIn(name, userID, tenantID string) models.Session {
	w.t.Helper()
	s := session(name, userID, tenantID)
	ok(w.t, w.CreateSession(w.t.Context(), s, event(models.SignedIn)))
	return s
}

// atOnce runs n calls at the same time and gives their errors.
func atOnce(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	done := make(chan struct{})
	for i := range n {
		go func() {
			<-start
			errs[i] = call(i)
			done <- struct{}{}
		}()
	}
	close(start)
	for range n {
		<-done
	}
	return errs
}

func describe(errs []error) string {
	counts := map[string]int{}
	for _, err := range errs {
		counts[fmt.Sprint(err)]++
	}
	return fmt.Sprint(counts)
}
