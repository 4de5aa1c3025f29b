package vendors_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const issuer = "https://portal.vendor.example"

// world is an environment with an operator, and a clock that the test moves.
type world struct {
	*vendors.Vendors
	t        *testing.T
	store    *store.Store
	keys     *signing.Keys
	now      time.Time
	operator models.Caller
	clientID string
}

func newWorld(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := &world{t: t, store: s, now: time.Date(2026, 11, 23, 14, 0, 0, 123456000, time.UTC), clientID: "0190f7e2-0000-7000-8000-000000000001"}
	event := models.NewEvent(models.Caller{Kind: models.System}, models.SettingsUpdated, w.now)
	_, err := s.Bootstrap(t.Context(), models.Settings{
		ClientID: w.clientID, M2MEnabled: true, Kind: models.ClientCredentials, TokenPrefix: "acme", APITokens: models.Always,
		PersonalTokens: models.Always, TokenTTL: time.Hour, AccessTokenFormat: models.Opaque, RefreshTTL: time.Hour,
		CookieSameSite: models.SameSiteLax, KeyCheck: []byte("x"), UpdatedAt: w.now,
	}, nil, nil, event)
	w.ok(err)
	user := models.User{ID: models.NewID(w.now), Email: "noa@vendor.example", Name: "Noa", Operator: true, CreatedAt: w.now}
	w.ok(s.CreateUser(t.Context(), user, event))
	w.operator = models.Caller{Kind: models.Person, UserID: user.ID, Name: "Noa", Operator: true}
	w.keys, err = signing.New(signing.Config{Store: s, SealKey: bytes.Repeat([]byte{1}, 32), Now: w.clock})
	w.ok(err)
	w.ok(w.keys.Ensure(t.Context()))
	w.Vendors = w.over(s)
	return w
}

func (w *world) clock() time.Time { return w.now }

// over is the same over another view of the store.
func (w *world) over(s vendors.Store) *vendors.Vendors {
	w.t.Helper()
	v, err := vendors.New(vendors.Config{Store: s, Signer: w.keys, Pepper: bytes.Repeat([]byte{2}, 32), Issuer: issuer, Now: w.clock})
	w.ok(err)
	return v
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantError(err, want error) {
	w.t.Helper()
	if !errors.Is(err, want) {
		w.t.Errorf("%v, want %v", err, want)
	}
}

func (w *world) create(name string) vendors.Minted {
	w.t.Helper()
	minted, err := w.Create(w.t.Context(), w.operator, name, "")
	w.ok(err)
	return minted
}

func (w *world) request(secret models.Secret) vendors.Request {
	return vendors.Request{ClientID: w.clientID, Secret: secret, Client: models.Caller{Kind: models.Anyone, IP: "192.0.2.1", UserAgent: "node"}}
}

func (w *world) signIn(secret models.Secret) (models.Secret, error) {
	w.t.Helper()
	got, err := w.SignIn(w.t.Context(), w.request(secret))
	return got.Token, err
}

// works tells how a JWT is taken.
func (w *world) works(jwt models.Secret) error {
	w.t.Helper()
	_, err := w.CallerOfJWT(w.t.Context(), jwt, models.Caller{})
	return err
}

func (w *world) lastEvent() models.Event {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), 0, 1000)
	w.ok(err)
	return events[len(events)-1]
}

func TestSignIn_GivesAJWTForADayThatSaysWhoAsks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.create("Billing app")
		if !strings.HasPrefix(minted.Secret.Reveal(), "acme_vk_") || minted.ClientID != w.clientID {
			t.Fatalf("%+v", minted)
		}
		got, err := w.SignIn(t.Context(), w.request(minted.Secret))
		w.ok(err)
		if got.ExpiresIn != 24*time.Hour {
			t.Errorf("lives %s", got.ExpiresIn)
		}
		caller, err := w.CallerOfJWT(t.Context(), got.Token, models.Caller{IP: "192.0.2.9"})
		w.ok(err)
		if caller.Kind != models.Vendor || caller.KeyID != minted.Key.ID || caller.Name != "Billing app" || caller.IP != "192.0.2.9" || caller.UserID != "" {
			t.Errorf("%+v", caller)
		}
		byKey, err := w.CallerOfKey(t.Context(), w.request(minted.Secret))
		w.ok(err)
		if byKey.KeyID != minted.Key.ID {
			t.Errorf("%+v", byKey)
		}
		row, err := w.Key(t.Context(), w.operator, minted.Key.ID)
		w.ok(err)
		if last, used := row.LastUsed(); !used || last.LastUsedIP != "192.0.2.1" {
			t.Errorf("last used: %+v", last)
		}
		w.now = w.now.Add(24*time.Hour - time.Second)
		w.ok(w.works(got.Token))
		w.now = w.now.Add(time.Second)
		w.wantError(w.works(got.Token), models.ErrUnauthenticated)
	})
}

func TestSignIn_RefusesAllElseAlike(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.create("Billing app")
		other := w.request(minted.Secret)
		other.ClientID = models.NewID(w.now)
		wrong := models.NewSecret(strings.Replace(minted.Secret.Reveal(), "_vk_", "_at_", 1))
		for name, r := range map[string]vendors.Request{
			"another client id": other, "no client id": {Secret: minted.Secret}, "garbage": w.request(models.NewSecret("x")),
			"a key of another kind": w.request(wrong), "nothing": w.request(models.Secret{}),
		} {
			if _, err := w.SignIn(t.Context(), r); !errors.Is(err, models.ErrUnauthenticated) {
				t.Errorf("%s: %v", name, err)
			}
		}
		forged, err := w.keys.Sign(t.Context(), map[string]any{"type": "tenantApiToken", "iss": issuer, "secretId": minted.Key.Secrets[0].ID, "exp": w.now.Add(time.Hour).Unix(), "vendorId": w.clientID})
		w.ok(err)
		elsewhere, err := w.keys.Sign(t.Context(), map[string]any{"type": "vendor", "iss": "https://other.example", "secretId": minted.Key.Secrets[0].ID, "exp": w.now.Add(time.Hour).Unix(), "vendorId": w.clientID})
		w.ok(err)
		for name, jwt := range map[string]string{"of another type": forged, "of another issuer": elsewhere, "garbage": "x", "the key itself": minted.Secret.Reveal()} {
			if err := w.works(models.NewSecret(jwt)); !errors.Is(err, models.ErrUnauthenticated) {
				t.Errorf("JWT %s: %v", name, err)
			}
		}
	})
}

func TestRevoke_EndsTheKeyAndItsJWTsAndIsRemembered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted, kept := w.create("Old app"), w.create("New app")
		jwt, err := w.signIn(minted.Secret)
		w.ok(err)
		keptJWT, err := w.signIn(kept.Secret)
		w.ok(err)
		_, err = w.Revoke(t.Context(), w.operator, minted.Key.ID)
		w.ok(err)
		w.wantError(w.works(jwt), models.ErrUnauthenticated)
		w.ok(w.works(keptJWT))
		_, err = w.signIn(minted.Secret)
		w.wantError(err, models.ErrUnauthenticated)
		if e := w.lastEvent(); e.Action != models.VendorKeyRefused || e.Outcome != models.Refused || e.Reason != "revoked" || e.ActorKind != models.Vendor || e.ActorID != minted.Key.ID {
			t.Errorf("%+v", e)
		}
		_, err = w.Revoke(t.Context(), w.operator, minted.Key.ID)
		w.wantError(err, models.ErrNotFound)
	})
}

// A forgotten program shows a dead key for days: that is told once an hour.
func TestSignIn_RefusalsOfAKeyAreWrittenDownOnceAnHour(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted, other := w.create("Old app"), w.create("Older app")
		for _, id := range []string{minted.Key.ID, other.Key.ID} {
			_, err := w.Revoke(t.Context(), w.operator, id)
			w.ok(err)
		}
		before := w.lastEvent().Number
		try := func(secret models.Secret) {
			t.Helper()
			_, err := w.signIn(secret)
			w.wantError(err, models.ErrUnauthenticated)
			_, err = w.CallerOfKey(t.Context(), w.request(secret))
			w.wantError(err, models.ErrUnauthenticated)
		}
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() { try(minted.Secret) })
		}
		wait.Wait()
		w.now = w.now.Add(time.Hour - time.Microsecond)
		try(minted.Secret)
		if got := w.lastEvent().Number - before; got != 1 {
			t.Errorf("%d events within the hour", got)
		}
		try(other.Secret)
		w.now = w.now.Add(time.Microsecond)
		try(minted.Secret)
		if got := w.lastEvent().Number - before; got != 3 {
			t.Errorf("%d events of two keys after an hour", got)
		}
	})
}

// useCounter counts how often a use is to be noted.
type useCounter struct {
	*store.Store
	notes int
}

func (c *useCounter) NoteVendorUse(ctx context.Context, secretID string, at time.Time, ip, userAgent string) error {
	c.notes++
	return c.Store.NoteVendorUse(ctx, secretID, at, ip, userAgent)
}

// However a program shows its key, the use is noted, and the database is left
// alone for the minute after it.
func TestLastUsed_IsNotedOnceAMinuteByEveryWay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		counter := &useCounter{Store: s}
		counted := w.over(counter)
		minted := w.create("Billing app")
		jwt, err := w.signIn(minted.Secret)
		w.ok(err)
		for way, use := range map[string]func() error{
			"sign-in": func() error { _, err := counted.SignIn(t.Context(), w.request(minted.Secret)); return err },
			"Basic":   func() error { _, err := counted.CallerOfKey(t.Context(), w.request(minted.Secret)); return err },
			"JWT": func() error {
				_, err := counted.CallerOfJWT(t.Context(), jwt, w.request(minted.Secret).Client)
				return err
			},
		} {
			w.now, counter.notes = w.now.Add(time.Hour), 0
			used := w.now
			for range 5 {
				w.ok(use())
				w.now = w.now.Add(15 * time.Second)
			}
			if counter.notes != 1 {
				t.Errorf("%s: noted %d times in a minute", way, counter.notes)
			}
			row, err := w.Key(t.Context(), w.operator, minted.Key.ID)
			w.ok(err)
			if last, _ := row.LastUsed(); !last.LastUsedAt.Equal(used) || last.LastUsedIP != "192.0.2.1" || last.LastUsedAgent != "node" {
				t.Errorf("%s: %+v, want %s", way, last, used)
			}
		}
	})
}

// endOnPurge ends Run once it has purged.
type endOnPurge struct {
	*store.Store
	end func()
}

func (e *endOnPurge) PurgeVendorKeys(ctx context.Context, before time.Time) (int, error) {
	defer e.end()
	return e.Store.PurgeVendorKeys(ctx, before)
}

// Rule 13: 90 days after a key was revoked nothing is left but the events.
func TestRun_PurgesWhatWasRevokedNinetyDaysAgo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old, fresh, lives := w.create("Old app"), w.create("App"), w.create("New app")
		revoke := func(key vendors.Minted) {
			t.Helper()
			_, err := w.Revoke(t.Context(), w.operator, key.Key.ID)
			w.ok(err)
		}
		revoke(old)
		w.now = w.now.Add(24 * time.Hour)
		revoke(fresh)
		w.now = w.now.Add(89*24*time.Hour + time.Second)
		ctx, end := context.WithCancel(t.Context())
		w.ok(w.over(&endOnPurge{Store: s, end: end}).Run(ctx))
		for secret, want := range map[string]bool{old.Key.Secrets[0].ID: false, fresh.Key.Secrets[0].ID: true, lives.Key.Secrets[0].ID: true} {
			_, err := s.VendorCredentialBySecret(t.Context(), secret)
			if kept := err == nil; kept != want {
				t.Errorf("kept %v, want %v: %v", kept, want, err)
			}
		}
		_, err := w.signIn(lives.Secret)
		w.ok(err)
	})
}

func TestRotate_TheOldSecretLivesOnAndItsJWTsEndWithIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		first := w.create("App")
		before, err := w.signIn(first.Secret)
		w.ok(err)
		rotate := func(overlap time.Duration, replaces string) (vendors.Minted, error) {
			return w.Rotate(t.Context(), w.operator, first.Key.ID, vendors.RotateRequest{Overlap: overlap, Replaces: replaces})
		}
		_, err = rotate(30*time.Minute, first.Key.Secrets[0].ID)
		if invalid, ok := errors.AsType[*models.InvalidError](err); !ok || invalid.Problems[0].Field != "overlap" {
			t.Errorf("an overlap that is not offered: %v", err)
		}
		next, err := rotate(time.Hour, first.Key.Secrets[0].ID)
		w.ok(err)
		_, err = rotate(time.Hour, next.Key.Secrets[0].ID)
		w.wantError(err, models.ErrConflict)
		for _, secret := range []models.Secret{first.Secret, next.Secret} {
			_, err := w.signIn(secret)
			w.ok(err)
		}
		during, err := w.SignIn(t.Context(), w.request(first.Secret))
		w.ok(err)
		if during.ExpiresIn > time.Hour {
			t.Errorf("a JWT outlives its secret: %s", during.ExpiresIn)
		}
		w.ok(w.works(before))
		w.now = w.now.Add(time.Hour)
		w.wantError(w.works(before), models.ErrUnauthenticated)
		_, err = w.signIn(first.Secret)
		w.wantError(err, models.ErrUnauthenticated)
		_, err = w.signIn(next.Secret)
		w.ok(err)
		last, err := rotate(time.Hour, next.Key.Secrets[0].ID)
		w.ok(err)
		_, err = w.EndOld(t.Context(), w.operator, first.Key.ID)
		w.ok(err)
		if e := w.lastEvent(); e.Action != models.VendorSecretEnded || e.Outcome != models.Done || e.Reason != "" || e.TargetID != first.Key.ID {
			t.Errorf("%+v", e)
		}
		_, err = w.signIn(next.Secret)
		w.wantError(err, models.ErrUnauthenticated)
		_, err = w.signIn(last.Secret)
		w.ok(err)
	})
}

func TestKeys_AreManagedByOperatorsAndNeverByKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.create("App")
		person := w.operator
		person.Operator = false
		vendor, err := w.CallerOfKey(t.Context(), w.request(minted.Secret))
		w.ok(err)
		for name, caller := range map[string]models.Caller{"a person": person, "a key": vendor, "nobody": {Kind: models.Anyone}} {
			_, list := w.Keys(t.Context(), caller)
			_, one := w.Key(t.Context(), caller, minted.Key.ID)
			_, create := w.Create(t.Context(), caller, "x", "")
			_, rotate := w.Rotate(t.Context(), caller, minted.Key.ID, vendors.RotateRequest{Replaces: minted.Key.Secrets[0].ID})
			_, end := w.EndOld(t.Context(), caller, minted.Key.ID)
			_, revoke := w.Revoke(t.Context(), caller, minted.Key.ID)
			for i, err := range []error{list, one, create, rotate, end, revoke} {
				if !errors.Is(err, models.ErrForbidden) {
					t.Errorf("%s, verb %d: %v", name, i, err)
				}
			}
			if e := w.lastEvent(); caller.Kind != models.Anyone && (e.Action != models.VendorKeyRevoked || e.Outcome != models.Refused) {
				t.Errorf("%s: %+v", name, e)
			}
		}
		for name, key := range map[string]string{"": "required", "  ": "required", strings.Repeat("é", 101): "too_long", "a\x00b": "characters"} {
			_, err := w.Create(t.Context(), w.operator, name, "")
			if invalid, ok := errors.AsType[*models.InvalidError](err); !ok || invalid.Problems[0].Key != key {
				t.Errorf("name %q: %v", name, err)
			}
		}
		rows, err := w.Keys(t.Context(), w.operator)
		w.ok(err)
		if len(rows) != 1 || rows[0].CreatorName != "Noa" {
			t.Errorf("%+v", rows)
		}
	})
}
