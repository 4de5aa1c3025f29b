package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

type sessionStore interface {
	CreateSession(ctx context.Context, sess models.Session, event models.Event) error
	Identity(ctx context.Context, idHash []byte, now time.Time, idle time.Duration) (models.Identity, error)
	// UserTenants are the accounts that the person may use, by name: enabled
	// ones in which the membership is enabled.
	UserTenants(ctx context.Context, userID string) ([]models.Tenant, error)
	NoteSeen(ctx context.Context, idHash []byte, at time.Time) error
	SetSessionTenant(ctx context.Context, idHash []byte, tenantID string, event models.Event) error
	SetFlash(ctx context.Context, idHash []byte, flash string) error
	TakeFlash(ctx context.Context, idHash []byte) (string, error)
	EndSession(ctx context.Context, idHash []byte, event models.Event) error
	PurgeSessions(ctx context.Context, now time.Time, idle time.Duration) (int, error)
}

// opaqueLen is the length of a cookie's or one-time link's value.
const opaqueLen = 43

// newSession is a session of the person's with an id that nobody had before.
func newSession(userID, tenantID string, c models.Caller, now time.Time) (models.Session, models.Secret) {
	cookie := models.NewOpaque()
	csrf := make([]byte, 32)
	rand.Read(csrf)
	return models.Session{
		IDHash: models.HashOpaque(cookie.Reveal()), UserID: userID, TenantID: tenantID, CSRF: csrf,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: models.Stamp(now.Add(SessionLife)),
		IP: c.IP, UserAgent: c.UserAgent,
	}, cookie
}

// begin starts the session of a person who showed the right password.
func (s *Signin) begin(ctx context.Context, user models.User, client Client, now time.Time) (SignedIn, error) {
	tenants, err := s.store.UserTenants(ctx, user.ID)
	if err != nil {
		return SignedIn{}, fmt.Errorf("list accounts of user %s: %w", user.ID, err)
	}
	tenantID := ""
	if len(tenants) > 0 {
		tenantID = tenants[0].ID
	}
	caller := client.caller()
	caller.Kind, caller.UserID, caller.TenantID = models.Person, user.ID, tenantID
	session, cookie := newSession(user.ID, tenantID, caller, now)
	e := models.NewEvent(caller, models.SignedIn, now).About("user", user.ID, user.Name)
	if err := s.store.CreateSession(ctx, session, e); err != nil {
		return SignedIn{}, fmt.Errorf("begin a session: %w", err)
	}
	user.LastSignInAt, user.LastSignInIP = &now, client.IP
	return SignedIn{User: user, Cookie: cookie, Session: session}, nil
}

// Identify says whose session a cookie is, with everything as it is now.
// models.ErrUnauthenticated when it is nobody's, or no longer; any other error
// means that it can't be told. That the session was seen is written at most
// once a minute.
func (s *Signin) Identify(ctx context.Context, cookie models.Secret) (models.Identity, error) {
	value := cookie.Reveal()
	if len(value) != opaqueLen {
		return models.Identity{}, models.ErrUnauthenticated
	}
	now := models.Stamp(s.now())
	id, err := s.store.Identity(ctx, models.HashOpaque(value), now, SessionIdle)
	if errors.Is(err, models.ErrNotFound) {
		return models.Identity{}, models.ErrUnauthenticated
	}
	if err != nil {
		return models.Identity{}, fmt.Errorf("read a session: %w", err)
	}
	if now.Sub(id.Session.LastSeenAt) >= seenEvery {
		if err := s.store.NoteSeen(ctx, id.Session.IDHash, now); err != nil {
			// The session is good all the same; it only idles out sooner.
			s.log.WarnContext(ctx, "session not noted as seen", "error", err)
		} else {
			id.Session.LastSeenAt = now
		}
	}
	return id, nil
}

// SignOut ends the session on the server. Ending it twice is no fault.
func (s *Signin) SignOut(ctx context.Context, caller models.Caller, sess models.Session) error {
	e := models.NewEvent(caller, models.SignedOut, models.Stamp(s.now())).About("user", sess.UserID, caller.Name)
	err := s.store.EndSession(ctx, sess.IDHash, e)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// SwitchAccount makes another of the person's accounts the active one.
// models.ErrNotFound for any other account, existing or not.
func (s *Signin) SwitchAccount(ctx context.Context, caller models.Caller, identity models.Identity, tenantID string) error {
	e := models.NewEvent(caller, models.AccountSwitched, models.Stamp(s.now()))
	i := slices.IndexFunc(identity.Accounts, func(t models.Tenant) bool { return t.ID == tenantID })
	if i < 0 {
		// The id is left out: it may name an account that isn't theirs to know.
		if err := s.store.AppendEvent(ctx, e.About("tenant", "", "").Refuse("not_a_member")); err != nil {
			return fmt.Errorf("note a refused switch: %w", err)
		}
		return models.ErrNotFound
	}
	e = e.About("tenant", tenantID, identity.Accounts[i].Name).In(tenantID)
	if err := s.store.SetSessionTenant(ctx, identity.Session.IDHash, tenantID, e); err != nil {
		return fmt.Errorf("switch to account %s: %w", tenantID, err)
	}
	return nil
}

// SetFlash keeps a message for the session's next page.
func (s *Signin) SetFlash(ctx context.Context, sess models.Session, text string) error {
	if err := s.store.SetFlash(ctx, sess.IDHash, text); err != nil {
		return fmt.Errorf("keep a message: %w", err)
	}
	return nil
}

// TakeFlash gives the message and forgets it; empty when there is none. A
// session without a message costs no read.
func (s *Signin) TakeFlash(ctx context.Context, sess models.Session) (string, error) {
	if sess.Flash == "" {
		return "", nil
	}
	text, err := s.store.TakeFlash(ctx, sess.IDHash)
	if err != nil {
		return "", fmt.Errorf("take a message: %w", err)
	}
	return text, nil
}
