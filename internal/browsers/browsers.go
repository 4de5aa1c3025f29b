package browsers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// Grace is how long the cookie before is still taken: a second tab that was
// loaded at the same time sends it.
const Grace = 30 * time.Second

// Store keeps browsers' sessions.
type Store interface {
	Settings(ctx context.Context) (models.Settings, error)
	UserTenants(ctx context.Context, userID string) ([]models.Tenant, error)
	Member(ctx context.Context, tenantID, userID string, now time.Time) (models.Member, error)
	CreateBrowserSession(ctx context.Context, b models.BrowserSession, event models.Event) error
	BrowserSessionBySeries(ctx context.Context, seriesHash []byte, now time.Time) (models.BrowserSession, error)
	RotateBrowserSession(ctx context.Context, id string, hash, next []byte, now time.Time) error
	BrowserIdentity(ctx context.Context, id string, now time.Time) (models.Identity, error)
	AppendEvent(ctx context.Context, event models.Event) error
	SetBrowserTenant(ctx context.Context, id, tenantID string, event models.Event) error
	EndBrowserSession(ctx context.Context, id string, event models.Event) error
}

// Signer signs JWTs and checks their signatures, as internal/signing does.
type Signer interface {
	Sign(ctx context.Context, claims any) (string, error)
	Parse(ctx context.Context, jwt string, into any) error
}

// Config is what New needs.
type Config struct {
	// Store and Signer are required.
	Store  Store
	Signer Signer
	// Issuer is the iss of JWTs: the public URL, without a trailing slash. Required.
	Issuer string
	// Now is the clock, nil for time.Now.
	Now func() time.Time
}

// Browsers is safe for concurrent use. The zero value isn't useful.
type Browsers struct {
	store  Store
	signer Signer
	issuer string
	now    func() time.Time
}

// New checks the configuration.
func New(cfg Config) (*Browsers, error) {
	if cfg.Store == nil || cfg.Signer == nil || cfg.Issuer == "" {
		return nil, errors.New("browsers: Store, Signer and Issuer are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Browsers{store: cfg.Store, signer: cfg.Signer, issuer: cfg.Issuer, now: cfg.Now}, nil
}

// SignedIn is a person with a JWT.
type SignedIn struct {
	Identity models.Identity
	// Roles are those on the account that the person works in.
	Roles       []models.Role
	AccessToken models.Secret
	// ExpiresIn is the JWT's life in whole seconds, ExpiresAt its end.
	ExpiresIn time.Duration
	ExpiresAt time.Time
	// Cookie is the next refresh cookie, empty where the one that was sent stays;
	// CookieEnds is when the session is over at the latest.
	Cookie     models.Secret
	CookieEnds time.Time
}

// Begin starts the session of a person whose password was right, in the first
// account, by name, that they may use. It lasts for the RefreshTTL of that moment
// (defaultRefreshTokenExpiration), used or not: Frontegg's clients are configured by
// that and expect it, so the limits of the portal's own sessions don't hold here.
// models.ErrNotFound when they were disabled or deleted in between.
func (b *Browsers) Begin(ctx context.Context, user models.User, client models.Caller) (SignedIn, error) {
	now := models.Stamp(b.now())
	settings, err := b.store.Settings(ctx)
	if err != nil {
		return SignedIn{}, fmt.Errorf("begin a browser's session: %w", err)
	}
	tenants, err := b.store.UserTenants(ctx, user.ID)
	if err != nil {
		return SignedIn{}, fmt.Errorf("begin a browser's session: %w", err)
	}
	cookie := newCookie(models.NewOpaque().Reveal())
	session := models.BrowserSession{
		ID: models.NewID(now), SeriesHash: models.HashOpaque(seriesOf(cookie)), Hash: models.HashOpaque(cookie.Reveal()),
		RotatedAt: now, UserID: user.ID, CreatedAt: now, ExpiresAt: now.Add(settings.RefreshTTL), IP: client.IP, UserAgent: client.UserAgent,
	}
	if len(tenants) > 0 {
		session.TenantID = tenants[0].ID
	}
	client.Kind, client.UserID, client.TenantID = models.Person, user.ID, session.TenantID
	event := models.NewEvent(client, models.SignedIn, now).About("user", user.ID, user.Name)
	if err := b.store.CreateBrowserSession(ctx, session, event); err != nil {
		return SignedIn{}, fmt.Errorf("begin a browser's session: %w", err)
	}
	in, err := b.tokenFor(ctx, session, now)
	in.Cookie = cookie
	return in, err
}

// Refresh gives another JWT for a refresh cookie, and the next cookie in its
// place. The cookie before is taken for Grace, and gets none: the browser has
// the next one already. Any that is older ends the session, which leaves an
// event: two have it. Or the answer with the next one was lost, and the browser
// comes back later than Grace: that looks the same, and the person signs in again.
// models.ErrUnauthenticated for anything that is no living session's; every other
// error means that Latchkey could not tell.
func (b *Browsers) Refresh(ctx context.Context, cookie models.Secret, client models.Caller) (SignedIn, error) {
	now := models.Stamp(b.now())
	session, err := b.sessionOf(ctx, cookie, client, now)
	if err != nil {
		return SignedIn{}, err
	}
	in, err := b.tokenFor(ctx, session, now)
	if err != nil {
		return SignedIn{}, err
	}
	shown := models.HashOpaque(cookie.Reveal())
	if !bytes.Equal(shown, session.Hash) {
		return in, nil
	}
	next := newCookie(seriesOf(cookie))
	err = b.store.RotateBrowserSession(ctx, session.ID, shown, models.HashOpaque(next.Reveal()), now)
	if errors.Is(err, models.ErrConflict) {
		return in, nil // another tab was quicker: the browser has its cookie
	}
	if err != nil {
		return SignedIn{}, fmt.Errorf("rotate a browser's session: %w", err)
	}
	in.Cookie = next
	return in, nil
}

// SignOut ends the session of a refresh cookie. Ending it twice, or one that
// never was, is no fault.
func (b *Browsers) SignOut(ctx context.Context, cookie models.Secret, client models.Caller) error {
	now := models.Stamp(b.now())
	session, err := b.sessionOf(ctx, cookie, client, now)
	if errors.Is(err, models.ErrUnauthenticated) {
		return nil
	}
	if err != nil {
		return err
	}
	client.Kind, client.UserID, client.TenantID = models.Person, session.UserID, session.TenantID
	event := models.NewEvent(client, models.SignedOut, now).About("user", session.UserID, "")
	if err := b.store.EndBrowserSession(ctx, session.ID, event); err != nil && !errors.Is(err, models.ErrNotFound) {
		return fmt.Errorf("end a browser's session: %w", err)
	}
	return nil
}

// Identify says whose a JWT of this package is, with everything as it is now,
// and the id of the session. Errors are those of Refresh. It writes nothing.
func (b *Browsers) Identify(ctx context.Context, jwt models.Secret) (models.Identity, string, error) {
	var claims m2m.UserClaims
	err := b.signer.Parse(ctx, jwt.Reveal(), &claims)
	if errors.Is(err, signing.ErrBadSignature) || errors.Is(err, signing.ErrBadClaims) {
		return models.Identity{}, "", models.ErrUnauthenticated
	}
	if err != nil {
		return models.Identity{}, "", fmt.Errorf("verify a person's JWT: %w", err)
	}
	now := models.Stamp(b.now())
	if claims.Type != m2m.UserToken || claims.Issuer != b.issuer || !now.Before(claims.ExpiresAt.Time()) || !models.ValidID(claims.SessionID) {
		return models.Identity{}, "", models.ErrUnauthenticated
	}
	identity, err := b.identity(ctx, claims.SessionID, now)
	if err != nil {
		return models.Identity{}, "", err
	}
	// A JWT of another account, from before a switch, has no rights in this one.
	if identity.User.ID != claims.Subject || identity.Session.TenantID != claims.TenantID || identity.Settings.ClientID != claims.Audience {
		return models.Identity{}, "", models.ErrUnauthenticated
	}
	return identity, claims.SessionID, nil
}

// Switch lets the session work in another account of its person's, with a JWT
// for it. models.ErrNotFound for any other account, existing or not.
func (b *Browsers) Switch(ctx context.Context, caller models.Caller, identity models.Identity, sessionID, tenantID string) error {
	event := models.NewEvent(caller, models.AccountSwitched, models.Stamp(b.now()))
	i := slices.IndexFunc(identity.Accounts, func(t models.Tenant) bool { return t.ID == tenantID })
	if i < 0 {
		// The id is left out: it may name an account that isn't theirs to know.
		if err := b.store.AppendEvent(ctx, event.About("tenant", "", "").Refuse("not_a_member")); err != nil {
			return fmt.Errorf("note a refused switch: %w", err)
		}
		return models.ErrNotFound
	}
	event = event.About("tenant", tenantID, identity.Accounts[i].Name).In(tenantID)
	if err := b.store.SetBrowserTenant(ctx, sessionID, tenantID, event); err != nil {
		return fmt.Errorf("switch to account %s: %w", tenantID, err)
	}
	return nil
}

// sessionOf is the session of its cookie in force or, for Grace, of the one
// before. Any other cookie of its series ends it.
func (b *Browsers) sessionOf(ctx context.Context, cookie models.Secret, client models.Caller, now time.Time) (models.BrowserSession, error) {
	series := seriesOf(cookie)
	if series == "" {
		return models.BrowserSession{}, models.ErrUnauthenticated
	}
	session, err := b.store.BrowserSessionBySeries(ctx, models.HashOpaque(series), now)
	if errors.Is(err, models.ErrNotFound) {
		return session, models.ErrUnauthenticated
	}
	if err != nil {
		return session, fmt.Errorf("look for a browser's session: %w", err)
	}
	shown := models.HashOpaque(cookie.Reveal())
	if bytes.Equal(shown, session.Hash) || bytes.Equal(shown, session.PreviousHash) && now.Sub(session.RotatedAt) < Grace {
		return session, nil
	}
	event := models.NewEvent(client, models.SignedOut, now).About("user", session.UserID, "").In(session.TenantID)
	event.Reason = "cookie_reused"
	if err := b.store.EndBrowserSession(ctx, session.ID, event); err != nil && !errors.Is(err, models.ErrNotFound) {
		return session, fmt.Errorf("end a browser's session: %w", err)
	}
	return session, models.ErrUnauthenticated
}

func (b *Browsers) identity(ctx context.Context, sessionID string, now time.Time) (models.Identity, error) {
	identity, err := b.store.BrowserIdentity(ctx, sessionID, now)
	if errors.Is(err, models.ErrNotFound) {
		return identity, models.ErrUnauthenticated
	}
	if err != nil {
		return identity, fmt.Errorf("read a browser's session: %w", err)
	}
	return identity, nil
}

// tokenFor gives a JWT with the rights of now; never one that outlives the
// session.
func (b *Browsers) tokenFor(ctx context.Context, session models.BrowserSession, now time.Time) (SignedIn, error) {
	identity, err := b.identity(ctx, session.ID, now)
	if err != nil {
		return SignedIn{}, err
	}
	issued := now.Truncate(time.Second)
	expires := issued.Add(identity.Settings.TokenTTL)
	if session.ExpiresAt.Before(expires) {
		expires = session.ExpiresAt.Truncate(time.Second)
	}
	in := SignedIn{Identity: identity, ExpiresIn: expires.Sub(issued), ExpiresAt: expires, CookieEnds: session.ExpiresAt}
	if identity.Tenant != nil {
		member, err := b.store.Member(ctx, identity.Tenant.ID, identity.User.ID, now)
		if err != nil {
			return SignedIn{}, fmt.Errorf("read the roles of user %s: %w", identity.User.ID, err)
		}
		in.Roles = member.Roles
	}
	jwt, err := b.signer.Sign(ctx, b.claims(session.ID, in, issued, expires))
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign a person's JWT: %w", err)
	}
	in.AccessToken = models.NewSecret(jwt)
	return in, nil
}

func (b *Browsers) claims(sessionID string, in SignedIn, issued, expires time.Time) m2m.UserClaims {
	user, settings := in.Identity.User, in.Identity.Settings
	claims := m2m.UserClaims{
		Subject: user.ID, Name: user.Name, Email: user.Email, EmailVerified: true, Metadata: map[string]any{}, SessionID: sessionID,
		TenantID: in.Identity.Session.TenantID, TenantIDs: []string{}, Type: m2m.UserToken,
		ApplicationID: settings.ClientID, Audience: settings.ClientID, Issuer: b.issuer,
		IssuedAt: m2m.NumericDate(issued.Unix()), ExpiresAt: m2m.NumericDate(expires.Unix()),
	}
	for _, tenant := range in.Identity.Accounts {
		claims.TenantIDs = append(claims.TenantIDs, tenant.ID)
	}
	if settings.RolesInJWT {
		claims.Roles = []string{}
		for _, role := range in.Roles {
			claims.Roles = append(claims.Roles, role.Key)
		}
	}
	if settings.PermissionsInJWT {
		claims.Permissions = append([]string{}, in.Identity.Permissions...)
	}
	return claims
}
