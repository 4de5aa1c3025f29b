package vendors

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// Store keeps vendor keys.
type Store interface {
	Settings(ctx context.Context) (models.Settings, error)
	AppendEvent(ctx context.Context, event models.Event) error
	CreateVendorKey(ctx context.Context, key models.VendorKey, secret models.VendorSecret, event models.Event) error
	VendorKeys(ctx context.Context, now time.Time) ([]models.VendorKeyRow, error)
	VendorKey(ctx context.Context, id string, now time.Time) (models.VendorKeyRow, error)
	VendorCredentialByDigest(ctx context.Context, digest []byte) (models.VendorCredential, error)
	VendorCredentialBySecret(ctx context.Context, secretID string) (models.VendorCredential, error)
	RotateVendorKey(ctx context.Context, r models.VendorRotation, event models.Event) error
	EndOldVendorSecret(ctx context.Context, keyID string, at time.Time, event models.Event) error
	RevokeVendorKey(ctx context.Context, id, by string, at time.Time, event models.Event) error
	NoteVendorUse(ctx context.Context, secretID string, at time.Time, ip, userAgent string) error
	RefuseVendorSecret(ctx context.Context, secretID string, at, since time.Time, event models.Event) error
	PurgeVendorKeys(ctx context.Context, revokedBefore time.Time) (int, error)
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
	// Pepper keys the HMAC under which secrets are kept: at least 32 bytes.
	Pepper []byte
	// Issuer is the iss of JWTs: the public URL, without a trailing slash. Required.
	Issuer string
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Log is where faults of bookkeeping are told; nil means nowhere.
	Log *slog.Logger
}

// Vendors is safe for concurrent use. The zero value isn't useful.
type Vendors struct {
	store  Store
	signer Signer
	pepper []byte
	issuer string
	now    func() time.Time
	log    *slog.Logger
}

// New checks the configuration.
func New(cfg Config) (*Vendors, error) {
	switch {
	case cfg.Store == nil:
		return nil, errors.New("vendors: no store")
	case cfg.Signer == nil:
		return nil, errors.New("vendors: no signer")
	case len(cfg.Pepper) < sha256.Size:
		return nil, fmt.Errorf("vendors: the pepper has %d bytes, fewer than %d", len(cfg.Pepper), sha256.Size)
	case cfg.Issuer == "":
		return nil, errors.New("vendors: no issuer")
	}
	v := &Vendors{store: cfg.Store, signer: cfg.Signer, pepper: cfg.Pepper, issuer: cfg.Issuer, now: cfg.Now, log: cfg.Log}
	if v.now == nil {
		v.now = time.Now
	}
	if v.log == nil {
		v.log = slog.New(slog.DiscardHandler)
	}
	return v, nil
}

func (v *Vendors) digest(secret string) []byte { return models.HashSecret(v.pepper, secret) }
