package tokens

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// apiPath is below the issuer where Latchkey is a resource server itself.
const apiPath = "/v1"

// clockSkew is how far in the future a JWT's iat and nbf may lie: the clocks of
// replicas differ.
const clockSkew = 30 * time.Second

// exchangedJWT is what a JWT says that client credentials were exchanged for, in
// either dialect.
type exchangedJWT struct {
	// hash names it on the deny-list.
	hash                [sha256.Size]byte
	secretID            string
	issuedAt, expiresAt time.Time
	notBefore           m2m.NumericDate
	// roles and permissions are nil where the environment leaves them out.
	roles, permissions []string
	// audience is nil in Frontegg's dialect, whose JWTs are for Latchkey and the vendor
	// alike; jkt is empty there.
	audience m2m.Audience
	jkt      string
	id       string
	belongs  func(models.Credential) bool
}

// findJWT finds the client credentials that a JWT was made for.
func (t *Tokens) findJWT(ctx context.Context, secret models.Secret) (found, error) {
	if _, err := m2m.ParseKey(secret.Reveal()); err == nil {
		return unfound(WrongKind), nil
	}
	jwt, err := t.readJWT(ctx, secret.Reveal())
	switch {
	case errors.Is(err, signing.ErrBadSignature):
		return unfound(Malformed), nil
	case errors.Is(err, signing.ErrBadClaims):
		return unfound(WrongKind), nil
	case err != nil:
		return found{}, err
	case !models.ValidID(jwt.secretID):
		return unfound(Unknown), nil
	}
	credential, err := t.store.CredentialOfJWT(ctx, jwt.secretID, jwt.hash[:])
	if errors.Is(err, models.ErrNotFound) {
		return unfound(Unknown), nil
	}
	if err != nil {
		return found{}, err
	}
	f := found{known: true, credential: credential, jwt: &jwt}
	if !jwt.belongs(credential) {
		f.reason = WrongKind
	}
	return f, nil
}

// dialectJWT and oauthJWT are what is read of a JWT.
type (
	dialectJWT struct {
		m2m.Claims
		NotBefore m2m.NumericDate `json:"nbf"`
	}
	oauthJWT struct {
		m2m.OAuthClaims
		NotBefore m2m.NumericDate `json:"nbf"`
	}
)

// readJWT reads a JWT of either dialect; signing.ErrBadClaims for one of ours that
// is neither.
func (t *Tokens) readJWT(ctx context.Context, text string) (exchangedJWT, error) {
	var dialect dialectJWT
	var oauth oauthJWT
	if err := t.keys.ParseEither(ctx, text, &dialect, &oauth); err != nil {
		return exchangedJWT{}, err
	}
	if oauth.ID != "" {
		return t.ofOAuth(oauth)
	}
	return t.ofDialect(dialect, text)
}

func (t *Tokens) ofDialect(c dialectJWT, text string) (exchangedJWT, error) {
	if c.Issuer != t.issuer || contextOf(c.Type) == "" {
		return exchangedJWT{}, signing.ErrBadClaims
	}
	return exchangedJWT{
		// It has no id. What was signed names it, so that two of one second that say the
		// same are revoked as one.
		hash: sha256.Sum256([]byte(text[:strings.LastIndexByte(text, '.')])), secretID: c.SecretID,
		issuedAt: c.IssuedAt.Time(), expiresAt: c.ExpiresAt.Time(), notBefore: c.NotBefore,
		roles: c.Roles, permissions: c.Permissions,
		belongs: func(held models.Credential) bool { return belongs(c.Claims, held) },
	}, nil
}

func (t *Tokens) ofOAuth(c oauthJWT) (exchangedJWT, error) {
	if c.Issuer != t.issuer || len(c.Audience) == 0 {
		return exchangedJWT{}, signing.ErrBadClaims
	}
	jwt := exchangedJWT{
		hash: sha256.Sum256([]byte("jti:" + c.ID)), secretID: c.SecretID, id: c.ID,
		issuedAt: c.IssuedAt.Time(), expiresAt: c.ExpiresAt.Time(), notBefore: c.NotBefore,
		roles: append([]string{}, c.Roles...), permissions: append([]string{}, c.Permissions...), audience: c.Audience,
		belongs: func(held models.Credential) bool {
			return held.Token.Kind == models.ClientCredentials && c.Subject == held.Token.ID && c.ClientID == held.Token.ID &&
				c.TenantID == held.Token.TenantID && c.UserID == held.Token.UserID
		},
	}
	if c.Confirmation != nil {
		jwt.jkt = c.Confirmation.JKT
	}
	return jwt, nil
}

// madeFor tells whether the JWT is for Latchkey itself.
func (j exchangedJWT) madeFor(issuer string) bool {
	return j.audience == nil || j.audience.Has(issuer) || j.audience.Has(issuer+apiPath)
}

// checkProof refuses a JWT that is bound to a key and comes without a good proof of
// it, and one with a proof that is bound to none: it was meant to be used without.
func (t *Tokens) checkProof(ctx context.Context, j exchangedJWT, r VerifyRequest) (Reason, error) {
	if r.Proof == nil || j.jkt == "" {
		if r.Proof != nil || j.jkt != "" {
			return WrongBinding, nil
		}
		return "", nil
	}
	proof := *r.Proof
	proof.AccessToken, proof.Thumbprint = r.Credential, j.jkt
	_, err := t.proofs.CheckDPoP(ctx, proof)
	if errors.Is(err, proofs.ErrRefused) {
		return WrongProof, nil
	}
	return "", err
}

// judge gives the first reason to refuse a JWT whose credential is good, or none.
// Those that a client's owner ended are told by the second they were made in.
func (j exchangedJWT) judge(c models.Credential, now time.Time) Reason {
	ended := c.Token.JWTsFrom != nil && !j.issuedAt.After(c.Token.JWTsFrom.Truncate(time.Second))
	switch latest := now.Add(clockSkew); {
	case c.JWTRevoked, ended:
		return Revoked
	case j.issuedAt.After(latest), j.notBefore.Time().After(latest):
		return NotYet
	default:
		return ""
	}
}

// narrow is what the JWT still gives of the rights now.
func (j exchangedJWT) narrow(c models.Credential) (roles []string, permissions models.PermissionSet) {
	roles, permissions = c.Roles, c.Permissions
	if j.roles != nil {
		roles = intersect(j.roles, roles)
	}
	if j.permissions != nil {
		permissions = models.PermissionSet(j.permissions).Intersect(permissions)
	}
	return roles, permissions
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
