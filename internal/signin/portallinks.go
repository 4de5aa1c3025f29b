package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// PortalLinkLife is how long a portal link can be followed.
const PortalLinkLife = time.Minute

// portalLinkStore's PortalLink and UsePortalLink answer models.ErrNotFound for a
// link that opens nothing: never given out, used, ended, of somebody who may not
// come in, or of a vendor key that was revoked.
type portalLinkStore interface {
	CreatePortalLink(ctx context.Context, l models.PortalLink, event models.Event) error
	PortalLink(ctx context.Context, codeHash []byte, now time.Time) (models.Handover, error)
	UsePortalLink(ctx context.Context, codeHash []byte, sess models.Session, events ...models.Event) error
}

// NewPortalLink makes the code with which a browser comes in once, as a member of
// an account whom a program of the vendor's hands over, and leads it to a page of
// the portal. It says until when. models.ErrForbidden for any other caller.
//
// Whoever follows it needs no password, and gets a session of this account alone,
// which outlives the vendor key: a vendor's app may take the word of an account's
// admin for who somebody is, and that must open no other account.
func (s *Signin) NewPortalLink(ctx context.Context, caller models.Caller, m models.Member, page string) (models.Secret, time.Time, error) {
	if caller.Kind != models.Vendor {
		return models.Secret{}, time.Time{}, models.ErrForbidden
	}
	now, code := models.Stamp(s.now()), models.NewOpaque()
	link := models.PortalLink{
		CodeHash: models.HashOpaque(code.Reveal()), UserID: m.UserID, TenantID: m.TenantID, Page: page, KeyID: caller.KeyID,
		CreatedAt: now, ExpiresAt: now.Add(PortalLinkLife),
	}
	e := models.NewEvent(caller, models.PortalLinkCreated, now).About("user", m.UserID, m.User.Name).In(m.TenantID)
	if err := s.store.CreatePortalLink(ctx, link, e); err != nil {
		return models.Secret{}, time.Time{}, fmt.Errorf("make a portal link: %w", err)
	}
	return code, link.ExpiresAt, nil
}

// OpenPortalLink says whom a code lets in, and where. It changes nothing: what
// follows links ahead of people spends none. models.ErrNotFound when it lets
// nobody in, or nobody any more.
func (s *Signin) OpenPortalLink(ctx context.Context, code string) (models.Handover, error) {
	if len(code) != opaqueLen {
		return models.Handover{}, models.ErrNotFound
	}
	h, err := s.store.PortalLink(ctx, models.HashOpaque(code), models.Stamp(s.now()))
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return models.Handover{}, fmt.Errorf("read a portal link: %w", err)
	}
	return h, err
}

// UsePortalLink begins the session of a portal link's person in its account, and
// uses the link up; of several at once one does. It gives the page to go to.
// models.ErrNotFound as with OpenPortalLink.
func (s *Signin) UsePortalLink(ctx context.Context, code string, client Client) (SignedIn, string, error) {
	h, err := s.OpenPortalLink(ctx, code)
	if err != nil {
		return SignedIn{}, "", err
	}
	now, caller := models.Stamp(s.now()), client.caller()
	caller.Kind, caller.UserID, caller.TenantID = models.Person, h.User.ID, h.Tenant.ID
	session, cookie := newSession(h.User.ID, h.Tenant.ID, caller, now)
	session.Bound = true
	used := models.NewEvent(caller, models.PortalLinkUsed, now).About("user", h.User.ID, h.User.Name)
	in := models.NewEvent(caller, models.SignedIn, now).About("user", h.User.ID, h.User.Name)
	if err := s.store.UsePortalLink(ctx, h.Link.CodeHash, session, used, in); err != nil {
		return SignedIn{}, "", fmt.Errorf("use a portal link: %w", err)
	}
	h.User.LastSignInAt, h.User.LastSignInIP = &now, client.IP
	return SignedIn{User: h.User, Cookie: cookie, Session: session}, h.Link.Page, nil
}
