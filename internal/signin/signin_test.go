package signin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	danaEmail    = "dana@acme.example"
	danaPassword = "teapot gravel anvil"
	nextPassword = "wooden spoon in the attic"
)

var home = Client{IP: "203.0.113.9", UserAgent: "Firefox", RequestID: "r1"}

// world is a database with one account and one person in it, a clock that
// stands, and hashes that cost nothing and are counted.
type world struct {
	*Signin
	store  *store.Store
	clock  atomic.Pointer[time.Time]
	hashes atomic.Int64
	tenant models.Tenant
	dana   models.User
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := &world{store: s}
		w.at(time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC))
		var err error
		w.Signin, err = New(Config{Store: s, LimitKey: make([]byte, 32), Now: w.time})
		must(t, err)
		w.hasher = cheapHasher(&w.hashes)
		made, err := s.Bootstrap(t.Context(), models.Settings{
			ClientID: "c", Kind: models.ClientCredentials, TokenPrefix: "lk", APITokens: models.Always, PersonalTokens: models.Always,
			TokenTTL: time.Hour, AccessTokenFormat: models.Opaque, RefreshTTL: time.Hour, CookieSameSite: models.SameSiteLax, KeyCheck: []byte("k"), UpdatedAt: w.time(),
		}, nil, nil, w.event(models.SettingsUpdated))
		if err != nil || !made {
			t.Fatal(made, err)
		}
		w.tenant = w.account(t, "Acme")
		w.dana = w.person(t, danaEmail, danaPassword)
		w.join(t, w.dana, w.tenant)
		w.hashes.Store(0)
		test(t, w)
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) time() time.Time                    { return *w.clock.Load() }
func (w *world) at(t time.Time)                     { w.clock.Store(&t) }
func (w *world) after(d time.Duration)              { w.at(w.time().Add(d)) }
func (w *world) event(a models.Action) models.Event { return models.NewEvent(system, a, w.time()) }
func (w *world) hashed(n int64) (int64, bool)       { got := w.hashes.Swap(0); return got, got == n }

var system = models.Caller{Kind: models.System}

func (w *world) account(t *testing.T, name string) models.Tenant {
	t.Helper()
	tenant := models.Tenant{ID: models.NewID(w.time()), Name: name, M2M: models.Inherited, CreatedAt: w.time()}
	must(t, w.store.CreateTenant(t.Context(), tenant, w.event(models.TenantCreated)))
	return tenant
}

// person has no password when it is empty.
func (w *world) person(t *testing.T, email, password string) models.User {
	t.Helper()
	u := models.User{ID: models.NewID(w.time()), Email: email, Name: "Dana Levi", CreatedAt: w.time()}
	if password != "" {
		hash, err := w.hasher.Hash(t.Context(), models.NewSecret(password))
		must(t, err)
		u.PasswordHash = hash
	}
	must(t, w.store.CreateUser(t.Context(), u, w.event(models.UserCreated)))
	return u
}

func (w *world) join(t *testing.T, u models.User, tenant models.Tenant) {
	t.Helper()
	m := models.Membership{TenantID: tenant.ID, UserID: u.ID, CreatedAt: w.time()}
	must(t, w.store.CreateMember(t.Context(), nil, m, nil, w.event(models.MembershipCreated)))
}

func (w *world) try(t *testing.T, email, password, browser string, c Client) (SignedIn, error) {
	return w.SignIn(t.Context(), SignInRequest{Email: email, Password: models.NewSecret(password), KnownBrowser: browser, Client: c})
}

func (w *world) in(t *testing.T) SignedIn {
	t.Helper()
	in, err := w.try(t, danaEmail, danaPassword, "", home)
	must(t, err)
	return in
}

func (w *world) events(t *testing.T, after int64) []models.Event {
	t.Helper()
	events, err := w.store.Events(t.Context(), after, 1000)
	must(t, err)
	return events
}

func (w *world) last(t *testing.T) int64 {
	t.Helper()
	events := w.events(t, 0)
	return events[len(events)-1].Number
}

// limited is how long err asks to wait, 0 for any other error.
func limited(err error) time.Duration {
	if l, ok := errors.AsType[*models.LimitedError](err); ok {
		return l.RetryAfter
	}
	return 0
}

// problems is "field key" of each problem of err, or err's own text.
func problems(err error) string {
	invalid, ok := errors.AsType[*models.InvalidError](err)
	if !ok {
		return fmt.Sprint(err)
	}
	var all []string
	for _, p := range invalid.Problems {
		all = append(all, p.Field+" "+p.Key)
	}
	return strings.Join(all, ", ")
}

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

func TestSignIn_RightPasswordBeginsASession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.last(t)
		in, err := w.try(t, "  DANA@Acme.example ", danaPassword, "", home)
		must(t, err)
		if in.User.ID != w.dana.ID || len(in.Cookie.Reveal()) != 43 || len(in.Session.CSRF) != 32 ||
			!slices.Equal(in.Session.IDHash, models.HashOpaque(in.Cookie.Reveal())) || in.Session.TenantID != w.tenant.ID {
			t.Errorf("%+v", in.Session)
		}
		id, err := w.Identify(t.Context(), in.Cookie)
		must(t, err)
		if id.User.ID != w.dana.ID || id.Tenant == nil || id.Tenant.ID != w.tenant.ID || id.User.LastSignInAt == nil || id.User.LastSignInIP != home.IP {
			t.Errorf("%+v", id)
		}
		e := w.events(t, before)
		if len(e) != 1 || e[0].Action != models.SignedIn || e[0].Outcome != models.Done || e[0].ActorID != w.dana.ID ||
			e[0].TenantID != w.tenant.ID || e[0].IP != home.IP || e[0].UserAgent != home.UserAgent || e[0].RequestID != "r1" {
			t.Errorf("%+v", e)
		}
		if n, ok := w.hashed(1); !ok {
			t.Errorf("%d hashes", n)
		}
	})
}

func TestSignIn_EveryRefusalIsOneAnswerAfterTheSameWork(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.person(t, "vic@acme.example", "")
		rae := w.person(t, "rae@acme.example", danaPassword)
		now := w.time()
		must(t, w.store.SetUserDisabled(t.Context(), rae.ID, &now, w.event(models.UserDisabled)))
		gone := w.person(t, "gone@acme.example", danaPassword)
		must(t, w.store.DeleteUser(t.Context(), gone.ID, "", now, w.event(models.UserDeleted)))
		w.hashes.Store(0)
		for _, c := range []struct{ name, email, password, reason string }{
			{"wrong password", danaEmail, "wrong", "wrong_password"},
			{"empty password", danaEmail, "", "wrong_password"},
			{"password with a space more", danaEmail, danaPassword + " ", "wrong_password"},
			{"unknown e-mail", "nobody@acme.example", danaPassword, "unknown_email"},
			{"deleted person", "gone@acme.example", danaPassword, "unknown_email"},
			{"no e-mail", "", danaPassword, "unknown_email"},
			{"e-mail with NUL", "dana\x00@acme.example", danaPassword, "unknown_email"},
			{"e-mail that is not UTF-8", "dana\xff@acme.example", danaPassword, "unknown_email"},
			{"long e-mail", strings.Repeat("a", 60000) + "@acme.example", danaPassword, "unknown_email"},
			{"person without a password", "vic@acme.example", danaPassword, "no_password"},
			{"person without a password, none given", "vic@acme.example", "", "no_password"},
			{"disabled person", "rae@acme.example", danaPassword, "user_disabled"},
		} {
			before := w.last(t)
			_, err := w.try(t, c.email, c.password, "", home)
			if !errors.Is(err, models.ErrUnauthenticated) || err.Error() != models.ErrUnauthenticated.Error() {
				t.Errorf("%s: %v", c.name, err)
			}
			if n, ok := w.hashed(1); !ok {
				t.Errorf("%s: %d hashes", c.name, n)
			}
			e := w.events(t, before)
			if len(e) != 1 || e[0].Outcome != models.Refused || e[0].Action != models.SignedIn || e[0].Reason != c.reason || e[0].IP != home.IP {
				t.Errorf("%s: %+v", c.name, e)
				continue
			}
			if known := c.reason != "unknown_email"; known != (e[0].TargetID != "") || strings.Contains(fmt.Sprintf("%+v", e[0]), "@") {
				t.Errorf("%s: %+v", c.name, e[0])
			}
		}
	})
}

func TestSignIn_BusyIsNoFailure(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.hasher.wait = time.Nanosecond
		w.hasher.slots <- struct{}{}
		w.hasher.slots <- struct{}{}
		before := w.last(t)
		for range 30 {
			if _, err := w.try(t, danaEmail, danaPassword, "", home); !errors.Is(err, models.ErrBusy) {
				t.Fatal(err)
			}
		}
		<-w.hasher.slots
		w.in(t)
		if e := w.events(t, before); len(e) != 1 {
			t.Errorf("%+v", e)
		}
	})
}

func TestSignIn_OlderHashIsMadeAnewWithoutEndingSessions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		older := cost{memory: 64, passes: 1, threads: 1}
		salt := make([]byte, saltBytes)
		old := encode(older, salt, w.hasher.derive([]byte(danaPassword), salt, older))
		must(t, w.store.NotePasswordHash(t.Context(), w.dana.ID, w.dana.PasswordHash, old))
		first := w.in(t)
		u, err := w.store.User(t.Context(), w.dana.ID)
		must(t, err)
		if !strings.HasPrefix(u.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("%q", u.PasswordHash)
		}
		w.in(t)
		if _, err := w.Identify(t.Context(), first.Cookie); err != nil {
			t.Errorf("the session that was there: %v", err)
		}
	})
}

func TestAttempts_HoldNoEMailAndNoAddress(t *testing.T) {
	t.Parallel()
	s := &Signin{limitKey: make([]byte, 32)}
	for _, try := range s.signInKeys(SignInRequest{Email: danaEmail, Client: home}) {
		if len(try.key) != 64 || strings.Contains(try.key, "@") || strings.Contains(try.key, "203") && strings.Contains(try.key, ".") {
			t.Errorf("key %q", try.key)
		}
	}
}
