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

// findAccessJWT finds an access token that is a JWT. Its signature must be of a key
// that is still known, and its text the very one that was given out.
func (t *Tokens) findAccessJWT(ctx context.Context, secret models.Secret) (found, error) {
	var claims m2m.AccessClaims
	err := t.keys.Parse(ctx, secret.Reveal(), &claims)
	switch {
	case errors.Is(err, signing.ErrBadSignature):
		return unfound(Malformed), nil
	case errors.Is(err, signing.ErrBadClaims):
		return unfound(WrongKind), nil
	case err != nil:
		return found{}, err
	case claims.Type != m2m.UserAccessToken && claims.Type != m2m.TenantAccessToken:
		return unfound(WrongKind), nil
	case !models.ValidID(claims.Subject):
		return unfound(Unknown), nil
	}
	credential, err := t.store.CredentialBySecret(ctx, claims.Subject)
	if errors.Is(err, models.ErrNotFound) {
		return unfound(Unknown), nil
	}
	if err != nil {
		return found{}, err
	}
	if credential.Secret.KeyID == "" || !hmac.Equal(t.digest(secret.Reveal()), credential.Secret.Digest) {
		return unfound(Unknown), nil
	}
	return accessToken(credential), nil
}
