package tokens

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// Reason says why a credential is refused. Only Expired may be told to whoever
// holds it; the rest are for logs and counters.
type Reason string

const (
	// Malformed is text that no key of ours and no JWT of ours can be.
	Malformed Reason = "malformed"
	// Unknown is a well-formed credential that was never given out, or a wrong secret.
	Unknown Reason = "unknown"
	Revoked Reason = "revoked"
	Expired Reason = "expired"
	// SecretEnded is a secret that a rotation replaced and that lives no longer,
	// or a JWT that it was exchanged for.
	SecretEnded Reason = "secret_ended"
	// Disabled is a token that is switched off.
	Disabled Reason = "disabled"
	// AddressNotAllowed is a client outside of the networks that the token may
	// be used from.
	AddressNotAllowed Reason = "address_not_allowed"
	// Policy is a token that a policy of its account or of the environment no
	// longer lets live: it is too old, or may be used from anywhere.
	Policy Reason = "policy"
	// TenantDisabled is an account that an operator disabled.
	TenantDisabled Reason = "tenant_disabled"
	// UserGone is an owner who left the account or was deleted.
	UserGone Reason = "user_gone"
	// UserDisabled is an owner who is disabled, here or everywhere.
	UserDisabled Reason = "user_disabled"
	// M2MDisabled is an account for which M2M authentication is off.
	M2MDisabled Reason = "m2m_disabled"
	// WrongKind is a credential of ours in a place that takes another kind.
	WrongKind Reason = "wrong_kind"
)

// wrongSecret is counted, never told: to the caller it is Unknown.
const wrongSecret = "wrong_secret"

// VerifyRequest is a credential that somebody showed, and from where.
type VerifyRequest struct {
	Credential models.Secret
	IP         string
	UserAgent  string
}

// Verdict is the answer to "who is this, and what may it do?". The zero Verdict
// allows nothing.
type Verdict struct {
	Allowed bool
	// Reason is empty when Allowed.
	Reason Reason
	// Credential is set when it is known, refused or not; its secret's Digest is left out.
	Credential models.Credential
	// ExpiresAt is the end of what was shown: of the JWT, or of the access
	// token or its secret, by itself or by a policy; models.NeverExpires for one
	// without an end.
	ExpiresAt time.Time
	// Roles and Permissions are keys, sorted, in force now; empty unless
	// Allowed. A JWT's are its claims ∩ the rights now; where the claims were left
	// out, the rights now.
	Roles       []string
	Permissions models.PermissionSet
}

// VerifyKey judges what was sent in X-API-KEY: access tokens only, keys and JWTs
// alike. It writes nothing; uses and refusals are written later, many at a time. An
// error means that Latchkey could not tell.
func (t *Tokens) VerifyKey(ctx context.Context, r VerifyRequest) (Verdict, error) {
	key, err := m2m.ParseKey(r.Credential.Reveal())
	if err != nil {
		return t.verifyAccessJWT(ctx, r)
	}
	if key.Kind != m2m.AccessToken {
		return Verdict{Reason: WrongKind}, nil
	}
	digest := t.digest(key.Reveal())
	credential, err := t.store.CredentialByDigest(ctx, digest)
	if errors.Is(err, models.ErrNotFound) {
		return Verdict{Reason: Unknown}, nil
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("verify key: %w", err)
	}
	// The database found it by equality already; this holds even if its idea
	// of equality is another one day.
	if !hmac.Equal(digest, credential.Secret.Digest) {
		return Verdict{Reason: Unknown}, nil
	}
	return t.judgeAccess(credential, r), nil
}

// VerifyJWT judges what was sent as Bearer: JWTs that client credentials were
// exchanged for, by this environment. It writes nothing, like VerifyKey.
func (t *Tokens) VerifyJWT(ctx context.Context, r VerifyRequest) (Verdict, error) {
	if _, err := m2m.ParseKey(r.Credential.Reveal()); err == nil {
		return Verdict{Reason: WrongKind}, nil
	}
	var claims m2m.Claims
	err := t.keys.Parse(ctx, r.Credential.Reveal(), &claims)
	switch {
	case errors.Is(err, signing.ErrBadSignature):
		return Verdict{Reason: Malformed}, nil
	case errors.Is(err, signing.ErrBadClaims):
		return Verdict{Reason: WrongKind}, nil
	case err != nil:
		return Verdict{}, fmt.Errorf("verify JWT: %w", err)
	}
	if claims.Issuer != t.issuer || contextOf(claims.Type) == "" {
		return Verdict{Reason: WrongKind}, nil
	}
	if !models.ValidID(claims.SecretID) {
		return Verdict{Reason: Unknown}, nil
	}
	credential, err := t.store.CredentialBySecret(ctx, claims.SecretID)
	if errors.Is(err, models.ErrNotFound) {
		return Verdict{Reason: Unknown}, nil
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("verify JWT: %w", err)
	}
	now := t.now()
	if !belongs(claims, credential) {
		return t.refused(credential, WrongKind, claims.ExpiresAt.Time(), now), nil
	}
	expiresAt := earlier(claims.ExpiresAt.Time(), credential.Token.ExpiresAt)
	if reason := judge(credential, expiresAt, r.IP, now); reason != "" {
		return t.refused(credential, reason, expiresAt, now), nil
	}
	end, _ := credential.Policies().End(credential.Token, now)
	if claims.Roles != nil {
		credential.Roles = intersect(claims.Roles, credential.Roles)
	}
	if claims.Permissions != nil {
		credential.Permissions = models.PermissionSet(claims.Permissions).Intersect(credential.Permissions)
	}
	return t.allowed(credential, earlier(expiresAt, end), r, now), nil
}

// contextOf is what a JWT that Bearer takes was made from, empty for one that
// it does not take.
func contextOf(t m2m.TokenType) models.Context {
	switch t {
	case m2m.UserAPIToken:
		return models.Personal
	case m2m.TenantAPIToken:
		return models.API
	default:
		return ""
	}
}

// belongs tells whether the claims are ones that the credential is exchanged for.
func belongs(claims m2m.Claims, c models.Credential) bool {
	return c.Token.Kind == models.ClientCredentials &&
		claims.Subject == c.Token.ID &&
		claims.Audience == c.Settings.ClientID &&
		claims.TenantID == c.Token.TenantID &&
		claims.UserID == c.Token.UserID &&
		contextOf(claims.Type) == c.Token.Context
}

// judge gives the first reason to refuse a known credential, or none. Its order
// is part of the promise. expiresAt is the end of what was shown: the token's own,
// or that of a JWT, which is never later; ip is the client's address. What a
// policy refuses comes last: whoever mends everything else learns of it then.
func judge(c models.Credential, expiresAt time.Time, ip string, now time.Time) Reason {
	personal := c.Token.Context == models.Personal
	switch {
	case c.Token.RevokedAt != nil:
		return Revoked
	case !now.Before(expiresAt):
		return Expired
	case c.Secret.Ended(now):
		return SecretEnded
	case c.Tenant.Disabled():
		return TenantDisabled
	case personal && (c.Owner == nil || c.Membership == nil):
		return UserGone
	case personal && (c.Owner.Disabled() || c.Membership.Disabled()):
		return UserDisabled
	case !c.Tenant.M2MOn(c.Settings):
		return M2MDisabled
	case c.Token.Disabled():
		return Disabled
	case !c.Token.AllowsAddress(ip):
		return AddressNotAllowed
	}
	if _, refused := c.Policies().Refuses(c.Token, now); refused {
		return Policy
	}
	return ""
}

// allowed notes the use of a token. A secret that ends by silence must not wait
// for the next flush once its last written use is a while ago: another replica
// might call it silent.
func (t *Tokens) allowed(c models.Credential, expiresAt time.Time, r VerifyRequest, now time.Time) Verdict {
	t.notes.use(models.TokenUse{TokenID: c.Token.ID, SecretID: c.Secret.ID, At: models.Stamp(now), IP: r.IP, UserAgent: r.UserAgent})
	if c.Secret.Silence > 0 && now.Sub(c.Secret.SilentSince()) > models.SilenceSlack/2 {
		t.notes.hurry()
	}
	return granted(c, expiresAt)
}

// granted is the verdict on a credential that is good. Whoever caches it must not
// keep it beyond the end of the secret.
func granted(c models.Credential, expiresAt time.Time) Verdict {
	c.Secret.Digest = nil
	return Verdict{Allowed: true, Credential: c, ExpiresAt: earlier(expiresAt, c.Secret.EndsAt), Roles: c.Roles, Permissions: c.Permissions}
}

// refused counts the refusal of a known token.
func (t *Tokens) refused(c models.Credential, reason Reason, expiresAt, now time.Time) Verdict {
	t.notes.refusal(c.Token.ID, string(reason), minuteOf(now))
	return denied(c, reason, expiresAt)
}

// denied is the verdict on a known credential that is no good.
func denied(c models.Credential, reason Reason, expiresAt time.Time) Verdict {
	c.Secret.Digest = nil
	c.Roles, c.Permissions = nil, nil
	return Verdict{Reason: reason, Credential: c, ExpiresAt: expiresAt}
}

func minuteOf(t time.Time) time.Time { return t.UTC().Truncate(time.Minute) }

func intersect(claimed, held []string) []string {
	both := []string{}
	for _, key := range claimed {
		if slices.Contains(held, key) {
			both = append(both, key)
		}
	}
	slices.Sort(both)
	return slices.Compact(both)
}
