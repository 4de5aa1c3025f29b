package tokens

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

var (
	// ErrInvalidScope is a scope that the client doesn't hold, or that is none.
	ErrInvalidScope = errors.New("the scope is not the client's")
	// ErrInvalidTarget is a resource server that JWTs are not made for.
	ErrInvalidTarget = errors.New("the resource is not known")
)

// GrantRequest asks for an access token for client credentials (RFC 6749, section 4.4).
type GrantRequest struct {
	Client
	// Scope is a list of permissions with a space between (RFC 6749, section 3.3);
	// empty for all that the client holds.
	Scope string
	// Resources are the resource servers that the access token is for (RFC 8707); none
	// for Latchkey itself.
	Resources []string
	// Proof is the DPoP proof of the key that the access token is bound to (RFC 9449);
	// nil for one that whoever holds it may use. It is checked once all else is good.
	Proof *proofs.DPoP
}

// Granted is an access token, a JWT.
type Granted struct {
	AccessToken models.Secret
	// ExpiresIn is its life in whole seconds.
	ExpiresIn time.Duration
	// Scope is what it gives, as OAuth writes it.
	Scope string
}

// Grant gives an access token with the rights as they are now, or with those of them
// that were asked for: nothing is left out silently. With a secret it writes nothing.
// Granted is zero unless the Verdict allows.
//
// Errors: ErrInvalidScope, ErrInvalidTarget and, of the proof, proofs.ErrRefused, for
// a client that showed who it is; any other means that Latchkey could not tell.
func (t *Tokens) Grant(ctx context.Context, r GrantRequest) (Granted, Verdict, error) {
	credential, verdict, err := t.authenticate(ctx, r.Client)
	if err != nil {
		return Granted{}, Verdict{}, fmt.Errorf("grant: %w", err)
	}
	if verdict.Reason != "" {
		return Granted{}, verdict, nil
	}
	audience, err := t.audienceOf(credential.Settings, r.Resources)
	if err != nil {
		return Granted{}, Verdict{}, err
	}
	permissions, err := scopeOf(credential, r.Scope)
	if err != nil {
		return Granted{}, Verdict{}, err
	}
	roles := credential.Roles
	if r.Scope != "" {
		roles = rolesWithin(credential.Held, permissions)
	}
	now := t.now()
	issuedAt, expiresAt, err := lifetime(credential, now)
	if err != nil {
		return Granted{}, Verdict{}, fmt.Errorf("grant: %w", err)
	}
	if !now.Before(expiresAt) {
		return Granted{}, t.refusedAtTheEnd(credential, now), nil
	}
	claims := m2m.OAuthClaims{
		Issuer: t.issuer, Audience: audience, Subject: credential.Token.ID, ClientID: credential.Token.ID,
		IssuedAt: m2m.NumericDate(issuedAt.Unix()), ExpiresAt: m2m.NumericDate(expiresAt.Unix()), ID: models.NewID(now),
		Scope: models.PermissionSet(permissions).Scope(), TenantID: credential.Token.TenantID, UserID: credential.Token.UserID,
		Roles: append([]string{}, roles...), Permissions: append([]string{}, permissions...), SecretID: credential.Secret.ID,
	}
	if r.Proof != nil {
		jkt, err := t.proofs.CheckDPoP(ctx, *r.Proof)
		if err != nil {
			return Granted{}, Verdict{}, fmt.Errorf("grant: %w", err)
		}
		claims.Confirmation = &m2m.Confirmation{JKT: jkt}
	}
	jwt, err := t.keys.SignAccessToken(ctx, claims)
	if err != nil {
		return Granted{}, Verdict{}, fmt.Errorf("grant: %w", err)
	}
	verdict = t.allowed(credential, expiresAt, VerifyRequest{IP: r.IP, UserAgent: r.UserAgent}, now)
	return Granted{AccessToken: models.NewSecret(jwt), ExpiresIn: expiresAt.Sub(issuedAt), Scope: claims.Scope}, verdict, nil
}

// audienceOf is for whom the access token is made.
func (t *Tokens) audienceOf(settings models.Settings, resources []string) (m2m.Audience, error) {
	if len(resources) == 0 {
		return m2m.Audience{t.issuer}, nil
	}
	var audience m2m.Audience
	for _, resource := range resources {
		if resource != t.issuer && resource != t.issuer+apiPath && !slices.Contains(settings.Audiences, resource) {
			return nil, ErrInvalidTarget
		}
		if !audience.Has(resource) {
			audience = append(audience, resource)
		}
	}
	return audience, nil
}

// scopeOf gives the permissions that are asked for, each once and sorted, of those
// that the client holds. A wildcard is held as what it stands for.
func scopeOf(c models.Credential, scope string) ([]string, error) {
	if scope == "" {
		return c.Permissions, nil
	}
	var permissions []string
	for asked := range strings.SplitSeq(scope, " ") {
		// A wildcard holds whatever begins like it, also what no permission can be.
		if !models.ValidPermissionKey(asked) || !c.Permissions.Has(asked) {
			return nil, ErrInvalidScope
		}
		permissions = append(permissions, asked)
	}
	slices.Sort(permissions)
	return slices.Compact(permissions), nil
}

// rolesWithin leaves out the roles that give more than the permissions, and those
// without any, which mean something that no scope says: whoever asked for little must
// not be let in for a role that means more. A role's wildcard is within one as broad.
func rolesWithin(held []models.HeldRole, permissions models.PermissionSet) []string {
	within := []string{}
	for _, role := range held {
		if len(role.Permissions) > 0 && permissions.Covers(role.Permissions, nil) {
			within = append(within, role.Key)
		}
	}
	return within
}
