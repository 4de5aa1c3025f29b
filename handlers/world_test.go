package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/handlers"
	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/browsers"
	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const publicURL = "http://portal.example.com"

// clock is the time of a world, moved by its test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a whole Latchkey over a real database, joined by the constructor
// that serve uses, with two accounts and their people.
type world struct {
	t        testing.TB
	server   *web.Server
	store    *store.Store
	tokens   *tokens.Tokens
	accounts *accounts.Accounts
	signin   *signin.Signin
	vendors  *vendors.Vendors
	browsers *browsers.Browsers
	keys     *signing.Keys
	// algorithm is what the JWTs of OAuth are signed with; empty for the usual one.
	algorithm string
	// fetch is how clients' key sets are had; at first nobody is called for one.
	fetch    proofs.Fetch
	proofs   *proofs.Proofs
	clock    *clock
	log      *logBuffer
	roles    map[string]string
	acme     models.Tenant
	globex   models.Tenant
	dana     models.Member
	settings models.Settings
	// seen is the last event that was counted, changes those that were made.
	seen    int64
	changes int
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func system() models.Caller { return models.Caller{Kind: models.System} }

func newWorld(t testing.TB, s *store.Store) *world {
	t.Helper()
	w := &world{
		t: t, store: s, log: &logBuffer{}, roles: map[string]string{}, fetch: proofs.Fetch{Allow: callsNobody},
		clock: &clock{now: time.Date(2026, 11, 23, 20, 0, 0, 500e6, time.UTC)},
	}
	keys, err := signingKeys()
	w.must(err)
	keys = slices.Clone(keys)
	var events []models.Event
	for i := range keys {
		keys[i].CreatedAt = models.Stamp(w.clock.Now())
		if keys[i].ActivatedAt != nil {
			keys[i].ActivatedAt = &keys[i].CreatedAt
		}
		events = append(events, models.NewEvent(system(), models.SigningKeyCreated, keys[i].CreatedAt).About("signing_key", keys[i].ID, keys[i].Algorithm))
	}
	w.must(s.CreateSigningKeys(t.Context(), keys, events))
	w.join()
	w.settle()
	return w
}

// signingKeys are those of every world, made once: making them takes longer than most
// tests.
var signingKeys = sync.OnceValues(func() ([]models.SigningKey, error) {
	var kept memoryKeys
	keys, err := signing.New(signing.Config{Store: &kept, SealKey: sealKey})
	if err != nil {
		return nil, err
	}
	err = keys.Ensure(context.Background())
	return kept.keys, err
})

// sealKey seals the signing keys of all worlds.
var sealKey = bytes.Repeat([]byte{1}, 32)

// memoryKeys keeps the keys that are made.
type memoryKeys struct {
	signing.Store
	keys []models.SigningKey
}

func (m *memoryKeys) SigningKeys(context.Context) ([]models.SigningKey, error) { return m.keys, nil }

func (m *memoryKeys) CreateSigningKeys(_ context.Context, keys []models.SigningKey, _ []models.Event) error {
	m.keys = append(m.keys, keys...)
	return nil
}

// callsNobody is for fetches of clients' key sets.
func callsNobody(netip.AddrPort) bool { return false }

func (w *world) join() {
	w.t.Helper()
	ctx := w.t.Context()
	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }
	var err error
	w.accounts, err = accounts.New(accounts.Config{Store: w.store, Now: w.clock.Now})
	w.must(err)
	w.must(w.accounts.Bootstrap(ctx, accounts.Initial{TokenPrefix: "lk", KeyCheck: key(9)}))
	w.keys, err = signing.New(signing.Config{Store: w.store, SealKey: sealKey, OAuthAlgorithm: w.algorithm, Now: w.clock.Now})
	w.must(err)
	w.must(w.keys.Ensure(ctx))
	w.signin, err = signin.New(signin.Config{Store: w.store, LimitKey: key(2), Now: w.clock.Now})
	w.must(err)
	w.vendors, err = vendors.New(vendors.Config{Store: w.store, Signer: w.keys, Pepper: key(3), Issuer: publicURL, Now: w.clock.Now})
	w.must(err)
	w.browsers, err = browsers.New(browsers.Config{Store: w.store, Signer: w.keys, Issuer: publicURL, Now: w.clock.Now})
	w.must(err)
	w.proofs, err = proofs.New(proofs.Config{Store: w.store, Issuer: publicURL, Fetch: w.fetch, Now: w.clock.Now})
	w.must(err)
	w.tokens, err = tokens.New(tokens.Config{Store: w.store, Keys: w.keys, Proofs: w.proofs, Pepper: key(3), Issuer: publicURL, Now: w.clock.Now})
	w.must(err)
	public, err := url.Parse(publicURL)
	w.must(err)
	w.server, err = handlers.New(handlers.Config{
		Store: w.store, Tokens: w.tokens, Accounts: w.accounts, SignIn: w.signin, Vendors: w.vendors, Browsers: w.browsers, Keys: w.keys,
		PublicURL: public, CookieKey: key(4), DialectPrefix: "/frontegg",
		AllowedOrigins: []string{"https://app.vendor.example"},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Log:            slog.New(slog.NewJSONHandler(w.log, nil)), Now: w.clock.Now,
	})
	w.must(err)
}

// settle makes the accounts, the roles and dana, who may do everything in Acme.
func (w *world) settle() {
	w.t.Helper()
	ctx := w.t.Context()
	for _, key := range []string{"reports.read", "reports.write"} {
		_, err := w.accounts.CreatePermission(ctx, system(), accounts.PermissionInput{Key: key, Name: key})
		w.must(err)
	}
	_, err := w.accounts.CreateRole(ctx, system(), accounts.RoleInput{Key: "Editor", Name: "Editor", Permissions: []string{"reports.read", "reports.write"}})
	w.must(err)
	roles, err := w.accounts.Roles(ctx, system())
	w.must(err)
	for _, r := range roles {
		w.roles[r.Key] = r.ID
	}
	w.acme, err = w.accounts.CreateTenant(ctx, system(), "Acme")
	w.must(err)
	w.globex, err = w.accounts.CreateTenant(ctx, system(), "Globex")
	w.must(err)
	w.dana = w.join1("dana@acme.example", w.acme.ID, "Admin", "Editor")
	w.settings, err = w.store.Settings(ctx)
	w.must(err)
}

// join1 makes a person of an account, with roles.
func (w *world) join1(email, tenantID string, roles ...string) models.Member {
	w.t.Helper()
	var ids []string
	for _, key := range roles {
		ids = append(ids, w.roles[key])
	}
	m, _, err := w.accounts.CreateMember(w.t.Context(), system(), accounts.NewMember{
		TenantID: tenantID, Email: email, Name: strings.ToUpper(email[:1]) + email[1:4], RoleIDs: ids,
	})
	w.must(err)
	return m
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// combination is one of the four sorts of token.
type combination struct {
	context models.Context
	kind    models.Kind
}

func combinations() []combination {
	return []combination{
		{models.API, models.AccessToken}, {models.API, models.ClientCredentials},
		{models.Personal, models.AccessToken}, {models.Personal, models.ClientCredentials},
	}
}

// mint makes a token as dana, in Acme, that lives for ttl (0: for ever).
func (w *world) mint(c combination, ttl time.Duration) tokens.Minted {
	w.t.Helper()
	ctx := w.t.Context()
	w.must(w.accounts.SetTenantM2M(ctx, system(), w.acme.ID, models.Inherited, c.kind))
	caller := models.Caller{Kind: models.Person, UserID: w.dana.UserID, TenantID: w.acme.ID}
	for _, r := range w.dana.Roles {
		caller.Permissions = append(caller.Permissions, r.Permissions...)
	}
	r := tokens.MintRequest{Context: c.context, Description: "test", ExpiresIn: ttl}
	if c.context == models.API {
		r.RoleIDs = []string{w.roles["Editor"]}
	}
	minted, err := w.tokens.Mint(ctx, caller, r)
	w.must(err)
	return minted
}

// sow makes a token of the member's.
func (w *world) sow(m models.Member, in models.Context, kind models.Kind, description string, life time.Duration, roles ...string) tokens.Minted {
	w.t.Helper()
	w.must(w.accounts.SetTenantM2M(w.t.Context(), system(), m.TenantID, models.Inherited, kind))
	r := tokens.MintRequest{Context: in, Description: description, ExpiresIn: life}
	for _, key := range roles {
		r.RoleIDs = append(r.RoleIDs, w.roles[key])
	}
	minted, err := w.tokens.Mint(w.t.Context(), callerOf(m), r)
	w.must(err)
	return minted
}

// callerOf is the member as the engine knows them.
func callerOf(m models.Member) models.Caller {
	caller := models.Caller{Kind: models.Person, UserID: m.UserID, TenantID: m.TenantID}
	for _, r := range m.Roles {
		caller.Permissions = append(caller.Permissions, r.Permissions...)
	}
	return caller
}

// begin starts to delete a token that was made for it, as one of many; nobody works at
// that by itself.
func (w *world) begin(m models.Member, in models.Context) models.Bulk {
	w.t.Helper()
	var roles []string
	if in == models.API {
		roles = []string{"Viewer"}
	}
	made := w.sow(m, in, models.AccessToken, "one of many", 0, roles...)
	b, err := w.tokens.StartBulk(w.t.Context(), callerOf(m), tokens.BulkRequest{
		Context: in, Action: models.BulkDelete, IDs: []string{made.Token.ID}, FormID: models.NewOpaque().Reveal(),
	}, "1")
	w.must(err)
	return b
}

// answer is what a program gets.
type answer struct {
	status int
	header http.Header
	body   string
}

// fields is the body as a JSON object.
func (a answer) fields(t testing.TB) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(a.body), &fields); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return fields
}

// send sends a request; headers alternate names and values.
func (w *world) send(method, target, body string, headers ...string) answer {
	w.t.Helper()
	return w.sendFrom("192.0.2.1:1234", method, target, body, headers...)
}

// sendFrom sends it from an address and port.
func (w *world) sendFrom(peer, method, target, body string, headers ...string) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host, r.RemoteAddr = "portal.example.com", peer
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	res := recorder.Result()
	text, err := io.ReadAll(res.Body)
	w.must(err)
	return answer{res.StatusCode, res.Header, string(text)}
}

// secretID is the id of the secret of a token that was never rotated.
func (w *world) secretID(m tokens.Minted) string {
	w.t.Helper()
	secrets, err := w.store.TokenSecrets(w.t.Context(), m.Token.ID)
	w.must(err)
	return secrets[0].ID
}

const exchangePath = "/identity/resources/auth/v1/api-token"

// exchange gives the JWT for client credentials.
func (w *world) exchange(m tokens.Minted) string {
	w.t.Helper()
	a := w.send("POST", exchangePath, credentials(m.Token.ID, m.Secret.Reveal()))
	jwt, _ := a.fields(w.t)["accessToken"].(string)
	if a.status != http.StatusOK || jwt == "" {
		w.t.Fatalf("exchange: %d %s", a.status, a.body)
	}
	return jwt
}

func credentials(id, secret string) string {
	body, _ := json.Marshal(map[string]string{"clientId": id, "secret": secret})
	return string(body)
}

// whoami asks with whatever the token's kind is shown by.
func (w *world) whoami(m tokens.Minted) answer {
	w.t.Helper()
	if m.Token.Kind == models.AccessToken {
		return w.send("GET", "/v1/whoami", "", "X-API-KEY", m.Secret.Reveal())
	}
	return w.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+w.exchange(m))
}

func texts(v any) []string {
	list, _ := v.([]any)
	out := []string{}
	for _, e := range list {
		s, _ := e.(string)
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}
