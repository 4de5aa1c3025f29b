package vendors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

const (
	// tokenLife is what Frontegg's cloud gives: its Node SDK sets a timer by it,
	// which must stay far below 2^31 ms.
	tokenLife = 24 * time.Hour
	// tokenType is the type claim of a vendor's JWT.
	tokenType = "vendor"
	// useEvery and refusalEvery are how often the use of one secret is noted, and
	// a refused one written down: a program shows its key with nearly every call,
	// also where the key has long ended.
	useEvery     = time.Minute
	refusalEvery = time.Hour
)

// Request is what a program showed, and from where.
type Request struct {
	ClientID string
	Secret   models.Secret
	// Client has the address, user agent and request id alone.
	Client models.Caller
}

// SignedIn is a JWT for a program of the vendor's.
type SignedIn struct {
	Token models.Secret
	// ExpiresIn is the JWT's life in whole seconds.
	ExpiresIn time.Duration
}

// claims are those of a vendor's JWT. No JWT of another kind has this type.
type claims struct {
	Type     string   `json:"type"`
	VendorID string   `json:"vendorId"`
	Scopes   []string `json:"scopes"`
	// SecretID names the secret that was shown: the JWT ends with it.
	SecretID  string          `json:"secretId"`
	Issuer    string          `json:"iss"`
	IssuedAt  m2m.NumericDate `json:"iat"`
	ExpiresAt m2m.NumericDate `json:"exp"`
}

// SignIn gives a JWT for a day, which ends with the key and with the secret.
// models.ErrUnauthenticated for anything but a living secret of the
// environment's client id; every other error means that Latchkey could not tell.
func (v *Vendors) SignIn(ctx context.Context, r Request) (SignedIn, error) {
	now := v.now()
	credential, err := v.judge(ctx, r, now)
	if err != nil {
		return SignedIn{}, err
	}
	issued := now.UTC().Truncate(time.Second)
	expires := issued.Add(tokenLife)
	if credential.Secret.EndsAt.Before(expires) {
		expires = credential.Secret.EndsAt.Truncate(time.Second)
	}
	jwt, err := v.signer.Sign(ctx, claims{
		Type: tokenType, VendorID: credential.ClientID, Scopes: []string{}, SecretID: credential.Secret.ID, Issuer: v.issuer,
		IssuedAt: m2m.NumericDate(issued.Unix()), ExpiresAt: m2m.NumericDate(expires.Unix()),
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("vendor sign-in: %w", err)
	}
	return SignedIn{Token: models.NewSecret(jwt), ExpiresIn: expires.Sub(issued)}, nil
}

// CallerOfKey says whose a client id and secret are, as they are shown in HTTP Basic
// (RFC 7617). Errors are those of SignIn.
func (v *Vendors) CallerOfKey(ctx context.Context, r Request) (models.Caller, error) {
	credential, err := v.judge(ctx, r, v.now())
	if err != nil {
		return models.Caller{}, err
	}
	return callerOf(credential, r.Client), nil
}

// CallerOfJWT says whose a JWT of SignIn is. Errors are those of SignIn.
func (v *Vendors) CallerOfJWT(ctx context.Context, jwt models.Secret, client models.Caller) (models.Caller, error) {
	var c claims
	err := v.signer.Parse(ctx, jwt.Reveal(), &c)
	if errors.Is(err, signing.ErrBadSignature) || errors.Is(err, signing.ErrBadClaims) {
		return models.Caller{}, models.ErrUnauthenticated
	}
	if err != nil {
		return models.Caller{}, fmt.Errorf("verify vendor JWT: %w", err)
	}
	now := v.now()
	if c.Type != tokenType || c.Issuer != v.issuer || !now.Before(c.ExpiresAt.Time()) || !models.ValidID(c.SecretID) {
		return models.Caller{}, models.ErrUnauthenticated
	}
	credential, err := v.store.VendorCredentialBySecret(ctx, c.SecretID)
	if errors.Is(err, models.ErrNotFound) {
		return models.Caller{}, models.ErrUnauthenticated
	}
	if err != nil {
		return models.Caller{}, fmt.Errorf("verify vendor JWT: %w", err)
	}
	if !lives(credential, now) || credential.ClientID != c.VendorID {
		return models.Caller{}, models.ErrUnauthenticated
	}
	v.noteUse(ctx, credential.Secret, client, now)
	return callerOf(credential, client), nil
}

// judge finds the key of what was shown. A known key that no longer lives leaves
// an event, at most one an hour; what was never given out leaves none.
func (v *Vendors) judge(ctx context.Context, r Request, now time.Time) (models.VendorCredential, error) {
	key, err := m2m.ParseKey(r.Secret.Reveal())
	if err != nil || key.Kind != m2m.VendorKey {
		return models.VendorCredential{}, models.ErrUnauthenticated
	}
	credential, err := v.store.VendorCredentialByDigest(ctx, v.digest(key.Reveal()))
	if errors.Is(err, models.ErrNotFound) {
		return models.VendorCredential{}, models.ErrUnauthenticated
	}
	if err != nil {
		return models.VendorCredential{}, fmt.Errorf("vendor sign-in: %w", err)
	}
	if credential.ClientID != r.ClientID {
		return models.VendorCredential{}, models.ErrUnauthenticated
	}
	if !lives(credential, now) {
		return models.VendorCredential{}, v.refuse(ctx, credential, r.Client, now)
	}
	v.noteUse(ctx, credential.Secret, r.Client, now)
	return credential, nil
}

// refuse is models.ErrUnauthenticated, once the refusal is written down where the
// last one is long enough ago.
func (v *Vendors) refuse(ctx context.Context, c models.VendorCredential, client models.Caller, now time.Time) error {
	at := models.Stamp(now)
	since := at.Add(-refusalEvery)
	if c.Secret.RefusedAt != nil && c.Secret.RefusedAt.After(since) {
		return models.ErrUnauthenticated
	}
	event := models.NewEvent(callerOf(c, client), models.VendorKeyRefused, at).
		About("vendor_key", c.Key.ID, c.Key.Name).Refuse(whyEnded(c))
	// Not found: another request wrote one in between.
	err := v.store.RefuseVendorSecret(ctx, c.Secret.ID, at, since, event)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return fmt.Errorf("record a refusal: %w", err)
	}
	return models.ErrUnauthenticated
}

// noteUse writes nothing when the last use that was noted is recent. A use that
// can't be noted is good all the same.
func (v *Vendors) noteUse(ctx context.Context, s models.VendorSecret, client models.Caller, now time.Time) {
	at := models.Stamp(now)
	if at.Sub(s.LastUsedAt) <= useEvery {
		return
	}
	if err := v.store.NoteVendorUse(ctx, s.ID, at, client.IP, client.UserAgent); err != nil {
		v.log.WarnContext(ctx, "use of a vendor key not noted", "error", err)
	}
}

func lives(c models.VendorCredential, now time.Time) bool {
	return c.Key.RevokedAt == nil && !c.Secret.Ended(now)
}

func whyEnded(c models.VendorCredential) string {
	if c.Key.RevokedAt != nil {
		return "revoked"
	}
	return "secret_ended"
}

func callerOf(c models.VendorCredential, client models.Caller) models.Caller {
	client.Kind, client.KeyID, client.Name = models.Vendor, c.Key.ID, c.Key.Name
	return client
}
