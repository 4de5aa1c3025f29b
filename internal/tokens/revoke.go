package tokens

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// ErrNotRevocable is a client secret or a vendor key: those are ended where they are
// managed, and whoever sends one here must not believe that they have ended it.
var ErrNotRevocable = errors.New("it is not a token")

// RevokedKept is how many JWTs of the same client credentials are on the deny-list at
// most: the next revocation ends all that were made for them until then.
const RevokedKept = 1000

// Revoke ends a token for good (RFC 7009): a JWT and a refresh token for the client
// that it was made for, and for the vendor those of all clients and access tokens,
// which are deleted. What is somebody else's, has ended, or is no token is left
// alone without an error. Where Latchkey is asked about a JWT, it is refused from now
// on, though it is kept nowhere.
//
// Errors: ErrNotRevocable; models.ErrForbidden for any other caller. Any other means
// that it could not be done.
func (t *Tokens) Revoke(ctx context.Context, caller models.Caller, secret models.Secret) error {
	if caller.Kind != models.Vendor && caller.Kind != models.Client {
		return models.ErrForbidden
	}
	if key, err := m2m.ParseKey(secret.Reveal()); err == nil {
		switch key.Kind {
		case m2m.RefreshToken:
			return t.revokeRefresh(ctx, caller, key)
		case m2m.ClientSecret, m2m.VendorKey:
			return ErrNotRevocable
		}
	}
	shown, err := t.findAny(ctx, secret)
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	if !shown.known || shown.reason != "" {
		return nil
	}
	if shown.jwt == nil {
		return t.revokeAccessToken(ctx, caller, shown.credential.Token)
	}
	return t.revokeJWT(ctx, caller, shown)
}

func (t *Tokens) revokeJWT(ctx context.Context, caller models.Caller, shown found) error {
	token, now := shown.credential.Token, models.Stamp(t.now())
	if !ownedBy(caller, token) || !now.Before(shown.jwt.expiresAt) {
		return nil
	}
	event := models.NewEvent(caller, models.JWTRevoked, now).In(token.TenantID).About("token", token.ID, token.Description)
	err := t.store.RevokeJWT(ctx, models.RevokedJWT{
		Hash: shown.jwt.hash[:], TokenID: token.ID, IssuedAt: shown.jwt.issuedAt, ExpiresAt: shown.jwt.expiresAt.Add(clockSkew),
	}, RevokedKept, event)
	if err != nil && !errors.Is(err, models.ErrNotFound) { // purged meanwhile, and refused for that
		return fmt.Errorf("revoke JWT: %w", err)
	}
	return nil
}

func (t *Tokens) revokeAccessToken(ctx context.Context, caller models.Caller, token models.Token) error {
	if caller.Kind != models.Vendor {
		return nil
	}
	event := models.NewEvent(caller, models.TokenDeleted, models.Stamp(t.now())).In(token.TenantID).About("token", token.ID, token.Description)
	err := t.store.RevokeToken(ctx, token.TenantID, token.ID, caller.ActorID(), event.At, event)
	if err != nil && !errors.Is(err, models.ErrNotFound) { // it was deleted before
		return fmt.Errorf("revoke access token: %w", err)
	}
	return nil
}

func (t *Tokens) revokeRefresh(ctx context.Context, caller models.Caller, key m2m.Key) error {
	shown, err := t.store.RefreshTokenByDigest(ctx, t.digest(key.Reveal()))
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("revoke refresh token: %w", err)
	}
	credential, err := t.store.CredentialBySecret(ctx, shown.SecretID)
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("revoke refresh token: %w", err)
	}
	token := credential.Token
	if !ownedBy(caller, token) {
		return nil
	}
	event := models.NewEvent(caller, models.RefreshRevoked, models.Stamp(t.now())).In(token.TenantID).About("token", token.ID, token.Description)
	err = t.store.EndRefreshChain(ctx, token.ID, shown.Chain, event.At, event)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return fmt.Errorf("revoke refresh token: %w", err)
	}
	return nil
}

// ownedBy tells whether the caller may end what was made for the client credentials.
func ownedBy(caller models.Caller, token models.Token) bool {
	return caller.Kind == models.Vendor || token.ID == caller.ClientID
}

// EndJWTs refuses all JWTs that client credentials were exchanged for until now,
// where Latchkey is asked; the credentials themselves go on. models.ErrForbidden
// without the write permission, which leaves an event; models.ErrNotFound as Get has
// it, and for an access token.
func (t *Tokens) EndJWTs(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error) {
	row, event, err := t.begin(ctx, caller, in, id, models.JWTsEnded)
	if err != nil {
		return models.TokenRow{}, err
	}
	if row.Kind != models.ClientCredentials {
		return models.TokenRow{}, models.ErrNotFound
	}
	if err := t.store.EndJWTs(ctx, row.TenantID, id, event.At, event); err != nil {
		return models.TokenRow{}, fmt.Errorf("end JWTs: %w", err)
	}
	row.JWTsFrom = &event.At
	return row, nil
}
