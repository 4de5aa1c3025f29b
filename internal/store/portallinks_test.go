package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// handOver makes a link for dana in the world's account.
func (w *world) handOver(code string) models.PortalLink {
	w.t.Helper()
	key, _ := w.vendorKey("App")
	link := models.PortalLink{
		CodeHash: digestOf(code), UserID: w.dana.ID, TenantID: w.tenant.ID, Page: "/workspace/tokens", KeyID: key.ID,
		CreatedAt: noon, ExpiresAt: noon.Add(time.Minute),
	}
	ok(w.t, w.CreatePortalLink(w.t.Context(), link, event(models.PortalLinkCreated)))
	return link
}

// use spends the link at a time, for a session of its own.
func (w *world) use(link models.PortalLink, at time.Time) error {
	session := models.Session{
		IDHash: digestOf(newID()), UserID: link.UserID, TenantID: link.TenantID, CSRF: make([]byte, 32), CreatedAt: at, LastSeenAt: at, ExpiresAt: at.Add(time.Hour),
	}
	return w.UsePortalLink(w.t.Context(), link.CodeHash, session, event(models.PortalLinkUsed), event(models.SignedIn))
}

func TestPortalLinks_OpenOnceAndForAMinute(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		link := w.handOver("code")
		got, err := s.PortalLink(t.Context(), link.CodeHash, link.ExpiresAt.Add(-time.Microsecond))
		ok(t, err)
		if got.Link.Page != link.Page || got.Link.KeyID != link.KeyID || got.User.Email != w.dana.Email || got.Tenant.Name != w.tenant.Name {
			t.Errorf("%+v", got)
		}
		_, read := s.PortalLink(t.Context(), link.CodeHash, link.ExpiresAt)
		_, unknown := s.PortalLink(t.Context(), digestOf("another"), noon)
		for name, err := range map[string]error{"read at its end": read, "unknown": unknown, "used at its end": w.use(link, link.ExpiresAt)} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		wantOneWinner(t, atOnce(crush, func(int) error { return w.use(link, noon) }), models.ErrNotFound)
		if _, err := s.PortalLink(t.Context(), link.CodeHash, noon); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("read once it is used: %v", err)
		}
	})
}

func TestPortalLinks_OpenNothingForWhoMayNotComeIn(t *testing.T) {
	t.Parallel()
	at := noon
	for name, before := range map[string]func(w *world, l models.PortalLink) error{
		"account disabled": func(w *world, l models.PortalLink) error {
			return w.SetTenantDisabled(w.t.Context(), l.TenantID, &at, event(models.TenantDisabled))
		},
		"person disabled": func(w *world, l models.PortalLink) error {
			return w.SetUserDisabled(w.t.Context(), l.UserID, &at, event(models.UserDisabled))
		},
		"person deleted": func(w *world, l models.PortalLink) error {
			return w.DeleteUser(w.t.Context(), l.UserID, "", at, event(models.UserDeleted))
		},
		"membership disabled": func(w *world, l models.PortalLink) error {
			return w.SetMemberDisabled(w.t.Context(), l.TenantID, l.UserID, &at, event(models.MembershipDisabled))
		},
		"membership removed": func(w *world, l models.PortalLink) error {
			return w.RemoveMember(w.t.Context(), l.TenantID, l.UserID, "", at, event(models.MembershipRemoved))
		},
		"key revoked": func(w *world, l models.PortalLink) error {
			return w.RevokeVendorKey(w.t.Context(), l.KeyID, "", at, event(models.VendorKeyRevoked))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				link := w.handOver("code")
				ok(t, before(w, link))
				if _, err := s.PortalLink(t.Context(), link.CodeHash, noon); !errors.Is(err, models.ErrNotFound) {
					t.Errorf("read: %v", err)
				}
				if err := w.use(link, noon); !errors.Is(err, models.ErrNotFound) {
					t.Errorf("used: %v", err)
				}
			})
		})
	}
}

func TestPortalLinks_OperatorsComeInByTheirPassword(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		link := w.handOver("code")
		operator := models.User{ID: newID(), Email: "noa@vendor.example", Name: "Noa", Operator: true, CreatedAt: noon}
		ok(t, s.CreateUser(t.Context(), operator, event(models.UserCreated)))
		ok(t, s.CreateMember(t.Context(), nil, models.Membership{TenantID: w.tenant.ID, UserID: operator.ID, CreatedAt: noon}, nil, event(models.MembershipCreated)))
		link.CodeHash, link.UserID = digestOf("operator's"), operator.ID
		ok(t, s.CreatePortalLink(t.Context(), link, event(models.PortalLinkCreated)))
		if err := w.use(link, noon); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("used: %v", err)
		}
	})
}
