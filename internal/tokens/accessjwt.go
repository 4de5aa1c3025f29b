package tokens

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// jwtHint stands in lists for the beginning of an access token that is a JWT:
// all of those begin alike.
const jwtHint = "jwt"

// jwtLastFour is how much of its end a list shows.
const jwtLastFour = 4

// newAccessJWT is a secret that is a JWT, as it is kept and as it is shown. Its
// digest is kept as that of a key is, so that it is found by its value in the
// same way.
func (t *Tokens) newAccessJWT(ctx context.Context, token models.Token, clientID, secretID string, now time.Time) (models.TokenSecret, models.Secret, error) {
	claims := m2m.AccessClaims{
		Subject: secretID, TenantID: token.TenantID, Type: m2m.TenantAccessToken, UserID: token.UserID,
		ApplicationID: clientID, Audience: clientID, Issuer: t.issuer, IssuedAt: m2m.NumericDate(now.Unix()),
	}
	if token.Context == models.Personal {
		claims.Type = m2m.UserAccessToken
	}
	if !token.Never() {
		claims.ExpiresAt = m2m.NumericDate(token.ExpiresAt.Unix())
	}
	jwt, err := t.keys.Sign(ctx, claims)
	if err != nil {
		return models.TokenSecret{}, models.Secret{}, fmt.Errorf("sign an access token: %w", err)
	}
	return models.TokenSecret{
		ID: secretID, TokenID: token.ID, Digest: t.digest(jwt), Prefix: jwtHint, LastFour: jwt[len(jwt)-jwtLastFour:],
		KeyID: signing.KeyID(jwt), CreatedAt: now, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}, models.NewSecret(jwt), nil
}

// verifyAccessJWT judges an access token that is a JWT. Its signature must be of
// a key that is still known, and its text the very one that was given out.
func (t *Tokens) verifyAccessJWT(ctx context.Context, r VerifyRequest) (Verdict, error) {
	var claims m2m.AccessClaims
	err := t.keys.Parse(ctx, r.Credential.Reveal(), &claims)
	switch {
	case errors.Is(err, signing.ErrBadSignature):
		return Verdict{Reason: Malformed}, nil
	case errors.Is(err, signing.ErrBadClaims):
		return Verdict{Reason: WrongKind}, nil
	case err != nil:
		return Verdict{}, fmt.Errorf("verify access token: %w", err)
	}
	if claims.Type != m2m.UserAccessToken && claims.Type != m2m.TenantAccessToken {
		return Verdict{Reason: WrongKind}, nil
	}
	if !models.ValidID(claims.Subject) {
		return Verdict{Reason: Unknown}, nil
	}
	credential, err := t.store.CredentialBySecret(ctx, claims.Subject)
	if errors.Is(err, models.ErrNotFound) {
		return Verdict{Reason: Unknown}, nil
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("verify access token: %w", err)
	}
	if credential.Secret.KeyID == "" || !hmac.Equal(t.digest(r.Credential.Reveal()), credential.Secret.Digest) {
		return Verdict{Reason: Unknown}, nil
	}
	return t.judgeAccess(credential, r), nil
}

// judgeAccess is the verdict on an access token that was found.
func (t *Tokens) judgeAccess(c models.Credential, r VerifyRequest) Verdict {
	now := t.now()
	end, _ := c.Policies().End(c.Token, now)
	if c.Token.Kind != models.AccessToken {
		return t.refused(c, WrongKind, end, now)
	}
	if reason := judge(c, c.Token.ExpiresAt, r.IP, now); reason != "" {
		return t.refused(c, reason, end, now)
	}
	return t.allowed(c, end, r, now)
}
