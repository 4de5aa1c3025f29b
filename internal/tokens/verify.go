package tokens

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
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
	// NotYet is a JWT from the future.
	NotYet Reason = "not_yet"
	// WrongBinding is a JWT that is bound to a key (RFC 9449) and came without a proof
	// of one, or the other way round.
	WrongBinding Reason = "wrong_binding"
	// WrongProof is a JWT whose proof is no good, or is of another key.
	WrongProof Reason = "wrong_proof"
	// WrongKind is a credential of ours in a place that takes another kind.
	WrongKind Reason = "wrong_kind"
)

// These are counted, never told: to the caller they are Unknown.
const (
	wrongSecret    = "wrong_secret"
	wrongAssertion = "wrong_assertion"
)

// VerifyRequest is a credential that somebody showed, and from where.
type VerifyRequest struct {
	Credential models.Secret
	// Proof is the DPoP proof that came with a JWT, and the request that both came
	// with (RFC 9449); nil for none. It is checked once all else is good.
	Proof     *proofs.DPoP
	IP        string
	UserAgent string
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
	found, err := t.findAccessToken(ctx, r.Credential)
	if err != nil {
		return Verdict{}, fmt.Errorf("verify key: %w", err)
	}
	now := t.now()
	reason, end := found.judge(r.IP, now)
	return t.conclude(found, reason, end, r, now), nil
}

// VerifyJWT judges what was sent in Authorization: JWTs that client credentials were
// exchanged for, by this environment, and access tokens of OAuth that were made for
// Latchkey itself. It writes nothing, like VerifyKey.
func (t *Tokens) VerifyJWT(ctx context.Context, r VerifyRequest) (Verdict, error) {
	found, err := t.findJWT(ctx, r.Credential)
	if err != nil {
		return Verdict{}, fmt.Errorf("verify JWT: %w", err)
	}
	if found.reason == "" && !found.jwt.madeFor(t.issuer) {
		found.reason = WrongKind
	}
	now := t.now()
	reason, end := found.judge(r.IP, now)
	if reason == "" {
		if reason, err = t.checkProof(ctx, *found.jwt, r); err != nil {
			return Verdict{}, fmt.Errorf("verify JWT: %w", err)
		}
	}
	return t.conclude(found, reason, end, r, now), nil
}

// found is a credential as it was shown. The zero credential is of what is not
// known; reason refuses it whatever its state.
type found struct {
	reason     Reason
	known      bool
	credential models.Credential
	// jwt is nil for an access token.
	jwt *exchangedJWT
}

// unfound is what is not known.
func unfound(reason Reason) found { return found{reason: reason} }

// findAccessToken finds the access token of a key or a JWT.
func (t *Tokens) findAccessToken(ctx context.Context, secret models.Secret) (found, error) {
	key, err := m2m.ParseKey(secret.Reveal())
	if err != nil {
		return t.findAccessJWT(ctx, secret)
	}
	if key.Kind != m2m.AccessToken {
		return unfound(WrongKind), nil
	}
	digest := t.digest(key.Reveal())
	credential, err := t.store.CredentialByDigest(ctx, digest)
	if errors.Is(err, models.ErrNotFound) {
		return unfound(Unknown), nil
	}
	if err != nil {
		return found{}, err
	}
	// The database found it by equality already; this holds even if its idea
	// of equality is another one day.
	if !hmac.Equal(digest, credential.Secret.Digest) {
		return unfound(Unknown), nil
	}
	return accessToken(credential), nil
}

// accessToken is one that was found.
func accessToken(c models.Credential) found {
	f := found{known: true, credential: c}
	if c.Token.Kind != models.AccessToken {
		f.reason = WrongKind
	}
	return f
}

// judge gives the first reason to refuse what was found, or none, and when it ends.
func (f found) judge(ip string, now time.Time) (Reason, time.Time) {
	if !f.known {
		return f.reason, time.Time{}
	}
	c := f.credential
	expiresAt := c.Token.ExpiresAt
	if f.jwt != nil {
		expiresAt = earlier(f.jwt.expiresAt, expiresAt)
	}
	end, _ := c.Policies().End(c.Token, now)
	end = earlier(end, expiresAt)
	if f.reason != "" {
		return f.reason, end
	}
	reason := judge(c, expiresAt, ip, now)
	if reason == "" && f.jwt != nil {
		reason = f.jwt.judge(c, now)
	}
	return reason, end
}

// conclude notes the use of what is good, or the refusal of what is known.
func (t *Tokens) conclude(f found, reason Reason, end time.Time, r VerifyRequest, now time.Time) Verdict {
	switch {
	case !f.known:
		return Verdict{Reason: reason}
	case reason != "":
		return t.refused(f.credential, reason, end, now)
	}
	return t.allowed(f.narrowed(), end, r, now)
}

// narrowed is the credential with the rights that what was shown still gives of those
// now.
func (f found) narrowed() models.Credential {
	c := f.credential
	if f.jwt != nil {
		c.Roles, c.Permissions = f.jwt.narrow(c)
	}
	return c
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
