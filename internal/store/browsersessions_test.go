package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func (w *world) browse(userID, tenantID string) models.BrowserSession {
	w.t.Helper()
	id := newID()
	b := models.BrowserSession{
		ID: id, SeriesHash: digestOf("series of " + id), Hash: digestOf(id), RotatedAt: noon, UserID: userID, TenantID: tenantID, CreatedAt: noon, ExpiresAt: noon.Add(time.Hour),
		IP: "192.0.2.1", UserAgent: "browser",
	}
	ok(w.t, w.CreateBrowserSession(w.t.Context(), b, event(models.SignedIn)))
	return b
}

func TestBrowserSessions_RotateOnceAndRememberTheOneBefore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.browse(w.dana.ID, w.tenant.ID)
		wantOneWinner(t, atOnce(5, func(i int) error {
			return s.RotateBrowserSession(t.Context(), b.ID, b.Hash, digestOf(string(rune('a'+i))), noon)
		}), models.ErrConflict)
		got, err := s.BrowserSessionBySeries(t.Context(), b.SeriesHash, noon)
		ok(t, err)
		if string(got.PreviousHash) != string(b.Hash) || string(got.Hash) == string(b.Hash) || got.UserID != w.dana.ID {
			t.Errorf("%+v", got)
		}
		if _, err := s.BrowserSessionBySeries(t.Context(), got.Hash, noon); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("found by the whole cookie: %v", err)
		}
		if _, err := s.BrowserSessionBySeries(t.Context(), b.SeriesHash, b.ExpiresAt); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestBrowserSessions_EndAsOthersDo(t *testing.T) {
	t.Parallel()
	at := noon
	for name, end := range map[string]func(w *world) error{
		"account disabled": func(w *world) error {
			return w.SetTenantDisabled(w.t.Context(), w.tenant.ID, &at, event(models.TenantDisabled))
		},
		"person disabled": func(w *world) error {
			return w.SetUserDisabled(w.t.Context(), w.dana.ID, &at, event(models.UserDisabled))
		},
		"password set": func(w *world) error {
			return w.SetPassword(w.t.Context(), w.dana.ID, "$argon2id$x", nil, event(models.PasswordChanged))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				b := w.browse(w.dana.ID, w.tenant.ID)
				identity, err := s.BrowserIdentity(t.Context(), b.ID, noon)
				ok(t, err)
				if identity.User.ID != w.dana.ID || identity.Tenant == nil || identity.Tenant.ID != w.tenant.ID || len(identity.Permissions) == 0 {
					t.Errorf("%+v", identity)
				}
				ok(t, end(w))
				if _, err := s.BrowserIdentity(t.Context(), b.ID, noon); !errors.Is(err, models.ErrNotFound) {
					t.Errorf("goes on: %v", err)
				}
				if _, err := s.BrowserSessionBySeries(t.Context(), b.SeriesHash, noon); !errors.Is(err, models.ErrNotFound) {
					t.Errorf("its cookie is taken: %v", err)
				}
			})
		})
	}
}
