package tokens

import (
	"context"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// IntrospectRequest is a token that a resource server was shown (RFC 7662).
type IntrospectRequest struct {
	Token models.Secret
	// ClientIP is from where it was shown, empty where the resource server doesn't say:
	// a token that may be used from some networks only is refused then.
	ClientIP string
	// UserAgent is that of whoever asks.
	UserAgent string
}

// Introspected is what a token is. The zero one is inactive.
type Introspected struct {
	Verdict
	// Claims are those of a JWT; of an access token only what JWTs have too: IssuedAt is
	// when it was made.
	Claims m2m.OAuthClaims
}

// Introspect judges an access token or JWT for a resource server. It tells a client
// about tokens of its own account only, and the vendor about all. Whatever else is
// shown is inactive: one answer for what is no good, what is somebody else's, and
// what is no token at all. It writes nothing, like VerifyKey; models.ErrForbidden for
// any other caller. An error means that Latchkey could not tell.
//
// For whom a JWT was made is for the resource server to check: it is told, in
// Claims.Audience.
func (t *Tokens) Introspect(ctx context.Context, caller models.Caller, r IntrospectRequest) (Introspected, error) {
	if caller.Kind != models.Vendor && caller.Kind != models.Client {
		return Introspected{}, models.ErrForbidden
	}
	shown, err := t.findAny(ctx, r.Token)
	if err != nil {
		return Introspected{}, fmt.Errorf("introspect: %w", err)
	}
	if !shown.known || !concerns(caller, shown.credential.Token) {
		return Introspected{}, nil
	}
	now := t.now()
	reason, end := shown.judge(r.ClientIP, now)
	verdict := t.conclude(shown, reason, end, VerifyRequest{IP: r.ClientIP, UserAgent: r.UserAgent}, now)
	if !verdict.Allowed {
		return Introspected{Verdict: verdict}, nil
	}
	return Introspected{Verdict: verdict, Claims: shown.claims(t.issuer, verdict)}, nil
}

// concerns tells whether a token is the caller's business.
func concerns(caller models.Caller, token models.Token) bool {
	return caller.Kind == models.Vendor || token.TenantID == caller.TenantID
}

// findAny finds what any verification takes: an access token or a JWT of either dialect.
func (t *Tokens) findAny(ctx context.Context, secret models.Secret) (found, error) {
	if _, err := m2m.ParseKey(secret.Reveal()); err == nil {
		return t.findAccessToken(ctx, secret)
	}
	jwt, err := t.findJWT(ctx, secret)
	if err != nil || jwt.known || jwt.reason != WrongKind {
		return jwt, err
	}
	return t.findAccessJWT(ctx, secret)
}

// claims are what there is to tell of what was found good.
func (f found) claims(issuer string, v Verdict) m2m.OAuthClaims {
	token := v.Credential.Token
	c := m2m.OAuthClaims{
		Issuer: issuer, Subject: token.ID, ClientID: token.ID, TenantID: token.TenantID, UserID: token.UserID,
		Roles: append([]string{}, v.Roles...), Permissions: append([]string{}, v.Permissions...), IssuedAt: m2m.NumericDate(token.CreatedAt.Unix()),
	}
	if v.ExpiresAt.Before(models.NeverExpires) {
		c.ExpiresAt = m2m.NumericDate(v.ExpiresAt.Truncate(time.Second).Unix())
	}
	if f.jwt != nil {
		c.Audience, c.ID, c.IssuedAt = f.jwt.audience, f.jwt.id, m2m.NumericDate(f.jwt.issuedAt.Unix())
		if c.Audience == nil {
			c.Audience = m2m.Audience{v.Credential.Settings.ClientID}
		}
		if f.jwt.jkt != "" {
			c.Confirmation = &m2m.Confirmation{JKT: f.jwt.jkt}
		}
	}
	return c
}
