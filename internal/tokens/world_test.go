package tokens_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const issuer = "https://tokens.example"

// start is when the tests begin: with a fraction, for iat is to be rounded down.
var start = time.Date(2026, 11, 23, 12, 0, 30, 250_000_000, time.UTC)

// clock is a time that only tests move.
type clock struct{ now atomic.Pointer[time.Time] }

func (c *clock) Now() time.Time          { return *c.now.Load() }
func (c *clock) set(t time.Time)         { c.now.Store(&t) }
func (c *clock) advance(d time.Duration) { c.set(c.Now().Add(d)) }

// sharedKeys are one set for all tests: making one takes a while.
var sharedKeys = sync.OnceValues(func() (*signing.Keys, error) {
	keys, err := signing.New(signing.Config{Store: &memoryKeys{}, SealKey: make([]byte, 32)})
	if err != nil {
		return nil, err
	}
	return keys, keys.Ensure(context.Background())
})

type memoryKeys struct {
	signing.Store
	rows []models.SigningKey
}

func (m *memoryKeys) SigningKeys(context.Context) ([]models.SigningKey, error) { return m.rows, nil }
func (m *memoryKeys) CreateSigningKeys(_ context.Context, keys []models.SigningKey, _ []models.Event) error {
	m.rows = append(m.rows, keys...)
	return nil
}

// world is two accounts. In Acme are dana (Admin and Editor), vic (Viewer) and
// rae (Reader); in Globex is gus (Admin).
type world struct {
	*tokens.Tokens
	t        testing.TB
	store    *store.Store
	keys     *signing.Keys
	clock    *clock
	clientID string
	// acme and globex are ids.
	acme, globex        string
	dana, vic, rae, gus models.User
	// roles are ids by key.
	roles map[string]string
}

var pepper = bytes.Repeat([]byte{3}, 32)

func newWorld(t testing.TB, s *store.Store) *world {
	t.Helper()
	keys, err := sharedKeys()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: s, keys: keys, clock: &clock{}, clientID: newID(), roles: map[string]string{}}
	w.clock.set(start)
	w.Tokens = w.over(s)

	var permissions []models.Permission
	for _, key := range []string{
		"fe.secure.*", "fe.secure.read.*", "fe.secure.write.*", "fe.secure.delete.*",
		models.ReadTenantTokens, models.WriteTenantTokens, models.DeleteTenantTokens,
		models.ReadUserTokens, models.WriteUserTokens, models.DeleteUserTokens,
		"reports.read", "reports.write",
	} {
		permissions = append(permissions, models.Permission{ID: newID(), Key: key, Name: key, CreatedAt: start, UpdatedAt: start})
	}
	var roles []models.Role
	for _, r := range []models.Role{
		{Key: "Admin", Permissions: []string{"fe.secure.*"}},
		{Key: "Viewer", Permissions: []string{"fe.secure.read.*"}},
		{Key: "Editor", Permissions: []string{"reports.read", "reports.write"}},
		{Key: "Reader", Permissions: []string{"reports.read"}},
		{Key: "Writer", Permissions: []string{models.WriteTenantTokens, models.WriteUserTokens, "reports.read"}},
	} {
		r.ID, r.Name, r.CreatedAt, r.UpdatedAt = newID(), r.Key, start, start
		w.roles[r.Key] = r.ID
		roles = append(roles, r)
	}
	made, err := s.Bootstrap(t.Context(), models.Settings{
		ClientID: w.clientID, M2MEnabled: true, Kind: models.AccessToken, TokenPrefix: "lk",
		APITokens: models.Always, PersonalTokens: models.Always, TokenTTL: time.Hour, AccessTokenFormat: models.Opaque, RefreshTTL: 720 * time.Hour, CookieSameSite: models.SameSiteLax, RolesInJWT: true, PermissionsInJWT: true,
		KeyCheck: []byte("check"), UpdatedAt: start,
	}, permissions, roles, event(models.SettingsUpdated))
	w.ok(err)
	if !made {
		t.Fatal("the store was not empty")
	}
	w.acme, w.globex = w.addTenant("Acme"), w.addTenant("Globex")
	w.dana = w.addMember(w.acme, "dana@acme.example", "Admin", "Editor")
	w.vic = w.addMember(w.acme, "vic@acme.example", "Viewer")
	w.rae = w.addMember(w.acme, "rae@acme.example", "Reader")
	w.gus = w.addMember(w.globex, "gus@globex.example", "Admin", "Editor")
	return w
}

// over is the token server over another view of the store.
func (w *world) over(s tokens.Store) *tokens.Tokens {
	w.t.Helper()
	checker, err := proofs.New(proofs.Config{Store: w.store, Issuer: issuer, Now: w.clock.Now})
	w.ok(err)
	server, err := tokens.New(tokens.Config{Store: s, Keys: w.keys, Proofs: checker, Pepper: pepper, Issuer: issuer, Now: w.clock.Now})
	w.ok(err)
	return server
}

// meanwhile lets another replica do something between what a verb reads and
// what it writes.
type meanwhile struct {
	*store.Store
	do func()
}

func (m meanwhile) SpendRefreshToken(ctx context.Context, id string, next models.RefreshToken) error {
	m.do()
	return m.Store.SpendRefreshToken(ctx, id, next)
}

func (m meanwhile) UpdateToken(ctx context.Context, tenantID, id string, change models.TokenChange, event models.Event) error {
	m.do()
	return m.Store.UpdateToken(ctx, tenantID, id, change, event)
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func event(a models.Action) models.Event {
	return models.NewEvent(models.Caller{Kind: models.System}, a, start)
}

func (w *world) addTenant(name string) string {
	w.t.Helper()
	tenant := models.Tenant{ID: newID(), Name: name, M2M: models.Inherited, CreatedAt: start}
	w.ok(w.store.CreateTenant(w.t.Context(), tenant, event(models.TenantCreated)))
	return tenant.ID
}

func (w *world) addMember(tenantID, email string, roles ...string) models.User {
	w.t.Helper()
	user := models.User{ID: newID(), Email: email, Name: "Name of " + email, CreatedAt: start}
	w.join(&user, tenantID, user.ID, roles...)
	return user
}

func (w *world) join(newUser *models.User, tenantID, userID string, roles ...string) {
	w.t.Helper()
	membership := models.Membership{TenantID: tenantID, UserID: userID, RoleIDs: w.roleIDs(roles...), CreatedAt: start}
	w.ok(w.store.CreateMember(w.t.Context(), newUser, membership, nil, event(models.MembershipCreated)))
}

func (w *world) roleIDs(keys ...string) []string {
	ids := []string{}
	for _, key := range keys {
		ids = append(ids, w.roles[key])
	}
	return ids
}

// as is the person on an account, with the rights that they have there now.
func (w *world) as(user models.User, tenantID string) models.Caller {
	w.t.Helper()
	member, err := w.store.Member(w.t.Context(), tenantID, user.ID, w.clock.Now())
	w.ok(err)
	caller := models.Caller{
		Kind: models.Person, UserID: user.ID, Name: user.Name, Email: user.Email, TenantID: tenantID,
		IP: "192.0.2.7", UserAgent: "browser", RequestID: "request-1",
	}
	for _, role := range member.Roles {
		caller.Permissions = append(caller.Permissions, role.Permissions...)
	}
	return caller
}

func (w *world) asDana() models.Caller { w.t.Helper(); return w.as(w.dana, w.acme) }
func (w *world) asVic() models.Caller  { w.t.Helper(); return w.as(w.vic, w.acme) }
func (w *world) asGus() models.Caller  { w.t.Helper(); return w.as(w.gus, w.globex) }

// commandLine is Latchkey's own, acting for a person on an account.
func commandLine(user models.User, tenantID string) models.Caller {
	return models.Caller{Kind: models.System, UserID: user.ID, TenantID: tenantID}
}

// combination is one of the four sorts of token.
type combination struct {
	name    string
	context models.Context
	kind    models.Kind
}

var combinations = []combination{
	{"API access token", models.API, models.AccessToken},
	{"API client credentials", models.API, models.ClientCredentials},
	{"personal access token", models.Personal, models.AccessToken},
	{"personal client credentials", models.Personal, models.ClientCredentials},
}

// mint makes dana's token of any sort, with the role Editor if it holds roles.
func (w *world) mint(c combination, change ...func(*tokens.MintRequest)) tokens.Minted {
	w.t.Helper()
	r := tokens.MintRequest{Context: c.context, Kind: c.kind, Description: c.name}
	if c.context == models.API {
		r.RoleIDs = w.roleIDs("Editor")
	}
	for _, f := range change {
		f(&r)
	}
	minted, err := w.Mint(w.t.Context(), commandLine(w.dana, w.acme), r)
	w.ok(err)
	return minted
}

// secretOf is what is kept of a token's secret in force.
func (w *world) secretOf(minted tokens.Minted) models.TokenSecret {
	w.t.Helper()
	secrets, err := w.store.TokenSecrets(w.t.Context(), minted.Token.ID)
	w.ok(err)
	return secrets[0]
}

func lasting(d time.Duration) func(*tokens.MintRequest) {
	return func(r *tokens.MintRequest) { r.ExpiresIn = d }
}

func (w *world) verifyKey(secret models.Secret) tokens.Verdict {
	w.t.Helper()
	verdict, err := w.VerifyKey(w.t.Context(), tokens.VerifyRequest{Credential: secret, IP: "198.51.100.1", UserAgent: "curl"})
	w.ok(err)
	return w.sound(verdict)
}

func (w *world) verifyJWT(jwt models.Secret) tokens.Verdict {
	w.t.Helper()
	verdict, err := w.VerifyJWT(w.t.Context(), tokens.VerifyRequest{Credential: jwt, IP: "198.51.100.2", UserAgent: "go"})
	w.ok(err)
	return w.sound(verdict)
}

func (w *world) exchange(minted tokens.Minted) (tokens.Exchanged, tokens.Verdict) {
	w.t.Helper()
	return w.exchangePair(minted.Token.ID, minted.Secret)
}

func (w *world) exchangePair(clientID string, secret models.Secret) (tokens.Exchanged, tokens.Verdict) {
	w.t.Helper()
	exchanged, verdict, err := w.Exchange(w.t.Context(), tokens.ExchangeRequest{
		ClientID: clientID, Secret: secret, IP: "198.51.100.3", UserAgent: "sdk",
	})
	w.ok(err)
	w.sound(verdict)
	if verdict.Allowed == exchanged.AccessToken.Empty() {
		w.t.Fatalf("allowed is %v and there is a JWT: %v", verdict.Allowed, !exchanged.AccessToken.Empty())
	}
	return exchanged, verdict
}

// sound checks what holds for every verdict.
func (w *world) sound(v tokens.Verdict) tokens.Verdict {
	w.t.Helper()
	if v.Allowed != (v.Reason == "") {
		w.t.Fatalf("allowed is %v with the reason %q", v.Allowed, v.Reason)
	}
	if !v.Allowed && (len(v.Roles) > 0 || len(v.Permissions) > 0 || len(v.Credential.Permissions) > 0) {
		w.t.Fatalf("a refusal comes with rights: %v %v", v.Roles, v.Permissions)
	}
	if v.Credential.Secret.Digest != nil {
		w.t.Fatal("a verdict holds a digest")
	}
	return v
}

// use uses a token of any sort the way its kind is used, from end to end, and
// gives the last verdict.
func (w *world) use(minted tokens.Minted) tokens.Verdict {
	w.t.Helper()
	if minted.Token.Kind == models.AccessToken {
		return w.verifyKey(minted.Secret)
	}
	exchanged, verdict := w.exchange(minted)
	if !verdict.Allowed {
		return verdict
	}
	return w.verifyJWT(exchanged.AccessToken)
}

func (w *world) wantReason(got tokens.Verdict, want tokens.Reason) {
	w.t.Helper()
	if got.Reason != want || got.Allowed != (want == "") {
		w.t.Errorf("reason %q, want %q", got.Reason, want)
	}
}

// events are those after a number, with the number of the last.
func (w *world) events(after int64) []models.Event {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), after, 1000)
	w.ok(err)
	return events
}

func (w *world) lastEvent() int64 {
	w.t.Helper()
	events := w.events(0)
	return events[len(events)-1].Number
}

// oneEvent is the only event after a number.
func (w *world) oneEvent(after int64) models.Event {
	w.t.Helper()
	events := w.events(after)
	if len(events) != 1 {
		w.t.Fatalf("%d events, want one: %+v", len(events), events)
	}
	return events[0]
}

func (w *world) refusals(tokenID string) map[string]int {
	w.t.Helper()
	rows, err := w.store.Refusals(w.t.Context(), tokenID, start.Add(-time.Hour))
	w.ok(err)
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.Reason] += r.Count
	}
	return counts
}

// wantInvalid checks that err is about one field and for one reason.
func wantInvalid(t testing.TB, err error, field, key string) {
	t.Helper()
	invalid, ok := errors.AsType[*models.InvalidError](err)
	if !ok || len(invalid.Problems) != 1 || invalid.Problems[0].Field != field || invalid.Problems[0].Key != key {
		t.Errorf("error %v, want %s: %s", err, field, key)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}
