package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

const idle = 12 * time.Hour

// wantSession looks a session up at noon, as the cookie's bearer would.
func wantSession(t *testing.T, s *store.Store, name string, want bool) {
	t.Helper()
	_, err := s.Identity(t.Context(), digestOf("session "+name), noon, idle)
	if want && err != nil {
		t.Errorf("session %q: %v", name, err)
	}
	if !want && !errors.Is(err, models.ErrNotFound) {
		t.Errorf("session %q still stands: %v", name, err)
	}
}

func TestIdentity_HasAllThatAPageNeeds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		globex, initech := w.addTenant("globex"), w.addTenant("Initech")
		w.addTenant("Strangers")
		for _, tenant := range []models.Tenant{globex, initech} {
			ok(t, s.CreateMember(t.Context(), nil, models.Membership{TenantID: tenant.ID, UserID: w.dana.ID, CreatedAt: noon}, nil,
				event(models.MembershipCreated)))
		}
		ok(t, s.SetMemberDisabled(t.Context(), initech.ID, w.dana.ID, &noon, event(models.MembershipDisabled)))
		sess := w.signIn("x", w.dana.ID, w.tenant.ID)

		got, err := s.Identity(t.Context(), sess.IDHash, noon.Add(time.Hour), idle)
		ok(t, err)
		settings, err := s.Settings(t.Context())
		ok(t, err)
		dana := w.dana
		dana.LastSignInAt, dana.LastSignInIP = &noon, "192.0.2.1"
		want := models.Identity{
			Session: sess, User: dana, Tenant: &w.tenant, Accounts: []models.Tenant{w.tenant, globex},
			Permissions: models.PermissionSet{"fe.secure.*", "reports.read", "reports.write"}, Settings: settings,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestIdentity_EndsAtEitherLimitExactly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		sess := w.signIn("x", w.dana.ID, "")
		at := func(now time.Time) error { return second(s.Identity(t.Context(), sess.IDHash, now, idle)) }
		ok(t, at(noon.Add(idle-time.Microsecond)))
		if err := at(noon.Add(idle)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("idle for long enough: %v", err)
		}
		end := sess.ExpiresAt
		ok(t, s.NoteSeen(t.Context(), sess.IDHash, end.Add(-time.Second)))
		ok(t, s.NoteSeen(t.Context(), sess.IDHash, noon)) // an earlier one comes late
		ok(t, at(end.Add(-time.Microsecond)))
		if err := at(end); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("at its absolute end: %v", err)
		}
		ok(t, s.NoteSeen(t.Context(), digestOf("no session"), noon))
	})
}

func TestIdentity_EndsWhenPersonAccountOrMembershipIsRefused(t *testing.T) {
	t.Parallel()
	at := noon
	for name, refuse := range map[string]func(w *world) error{
		"person": func(w *world) error {
			return w.SetUserDisabled(w.t.Context(), w.dana.ID, &at, event(models.UserDisabled))
		},
		"account": func(w *world) error {
			return w.SetTenantDisabled(w.t.Context(), w.tenant.ID, &at, event(models.TenantDisabled))
		},
		"membership": func(w *world) error {
			return w.SetMemberDisabled(w.t.Context(), w.tenant.ID, w.dana.ID, &at, event(models.MembershipDisabled))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				w.signIn("x", w.dana.ID, w.tenant.ID)
				w.signIn("vic", w.vic.ID, "")
				ok(t, refuse(w))
				wantSession(t, s, "x", false)
				wantSession(t, s, "vic", true)
				if left := textsOf(t, s, "SELECT user_id FROM sessions"); len(left) != 1 {
					t.Errorf("%d sessions are kept", len(left))
				}
			})
		})
	}
}

func TestIdentity_IsNotRevivedByEnabling(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.signIn("x", w.dana.ID, w.tenant.ID)
		ok(t, s.SetUserDisabled(t.Context(), w.dana.ID, &noon, event(models.UserDisabled)))
		if err := s.CreateSession(t.Context(), session("y", w.dana.ID, ""), event(models.SignedIn)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a disabled person signed in: %v", err)
		}
		ok(t, s.SetUserDisabled(t.Context(), w.dana.ID, nil, event(models.UserEnabled)))
		wantSession(t, s, "x", false)
		user, err := s.User(t.Context(), w.dana.ID)
		ok(t, err)
		if user.Disabled() {
			t.Error("still disabled")
		}
	})
}

func TestSetSessionTenant_OnlyWhereThePersonMayWork(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		globex, strangers := w.addTenant("Globex"), w.addTenant("Strangers")
		ok(t, s.CreateMember(t.Context(), nil, models.Membership{TenantID: globex.ID, UserID: w.dana.ID, CreatedAt: noon}, nil,
			event(models.MembershipCreated)))
		sess := w.signIn("x", w.dana.ID, w.tenant.ID)
		to := func(tenantID string) error {
			return s.SetSessionTenant(t.Context(), sess.IDHash, tenantID, event(models.AccountSwitched))
		}
		for _, id := range []string{strangers.ID, newID(), "\x00"} {
			if err := to(id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("to %q: %v", id, err)
			}
		}
		for _, id := range []string{globex.ID, "", w.tenant.ID} {
			ok(t, to(id))
			identity, err := s.Identity(t.Context(), sess.IDHash, noon, idle)
			ok(t, err)
			if identity.Session.TenantID != id {
				t.Errorf("works in %q, want %q", identity.Session.TenantID, id)
			}
		}
		ok(t, s.SetTenantDisabled(t.Context(), globex.ID, &noon, event(models.TenantDisabled)))
		if err := to(globex.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("to a disabled account: %v", err)
		}
	})
}

func TestEndSession_Once(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		sess := w.signIn("x", w.dana.ID, "")
		ok(t, s.EndSession(t.Context(), sess.IDHash, event(models.SignedOut)))
		wantSession(t, s, "x", false)
		if err := s.EndSession(t.Context(), sess.IDHash, event(models.SignedOut)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("again: %v", err)
		}
	})
}

func TestFlash_IsShownOnceAndWritesOnlyThen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		sess := w.signIn("x", w.dana.ID, "")
		ok(t, s.SetFlash(t.Context(), sess.IDHash, "first"))
		ok(t, s.SetFlash(t.Context(), sess.IDHash, "saved"))
		for _, want := range []string{"saved", "", ""} {
			if got, err := s.TakeFlash(t.Context(), sess.IDHash); err != nil || got != want {
				t.Errorf("took %q, %v, want %q", got, err, want)
			}
		}
		ok(t, s.SetFlash(t.Context(), digestOf("no session"), "x"))
	})
}

func TestSetPassword_EndsSessionsAndLinksAndKeepsTheNewOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.signIn("old", w.dana.ID, w.tenant.ID)
		w.signIn("other", w.dana.ID, "")
		w.signIn("vic", w.vic.ID, "")
		link, _ := models.NewLink(models.PasswordLink, w.dana.ID, noon, time.Hour)
		ok(t, s.CreateLink(t.Context(), link, event(models.LinkCreated)))
		keep := session("new", w.dana.ID, w.tenant.ID)
		ok(t, s.SetPassword(t.Context(), w.dana.ID, "$argon2id$new", &keep, event(models.PasswordChanged)))
		for name, want := range map[string]bool{"old": false, "other": false, "new": true, "vic": true} {
			wantSession(t, s, name, want)
		}
		if _, err := s.Link(t.Context(), link.CodeHash, noon); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the open link: %v", err)
		}
		user, err := s.User(t.Context(), w.dana.ID)
		ok(t, err)
		if user.PasswordHash != "$argon2id$new" {
			t.Errorf("hash %q", user.PasswordHash)
		}
	})
}

func TestPurgeSessions_RemovesWhatIsOver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		sleepy, ended := session("idle", w.dana.ID, ""), session("ended", w.dana.ID, "")
		sleepy.LastSeenAt, ended.ExpiresAt = noon.Add(-idle), noon
		for _, sess := range []models.Session{session("good", w.dana.ID, ""), sleepy, ended} {
			ok(t, s.CreateSession(t.Context(), sess, event(models.SignedIn)))
		}
		open, _ := models.NewLink(models.PasswordLink, w.dana.ID, noon, time.Hour)
		over, _ := models.NewLink(models.PasswordLink, w.vic.ID, noon.Add(-time.Hour), time.Hour)
		ok(t, s.CreateLink(t.Context(), open, event(models.LinkCreated)))
		ok(t, s.CreateLink(t.Context(), over, event(models.LinkCreated)))
		for key, at := range map[string]time.Time{"old": noon.Add(-24 * time.Hour), "new": noon.Add(-23 * time.Hour)} {
			_, _, err := s.ReserveAttempt(t.Context(), key, at, time.Minute, 10)
			ok(t, err)
		}
		n, err := s.PurgeSessions(t.Context(), noon, idle)
		ok(t, err)
		if n != 4 {
			t.Errorf("purged %d rows, want 2 sessions, 1 link, 1 count", n)
		}
		wantSession(t, s, "good", true)
		ok(t, second(s.Link(t.Context(), open.CodeHash, noon)))
		if keys := textsOf(t, s, "SELECT key FROM attempts"); len(keys) != 1 || keys[0] != "new" {
			t.Errorf("counts left: %v", keys)
		}
	})
}
