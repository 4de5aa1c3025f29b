package signing

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// sealKeyLength is AES-256's.
const sealKeyLength = 32

// ErrNotReady is what everything answers before the first successful Ensure.
var ErrNotReady = errors.New("signing keys are not loaded")

// Store keeps signing keys.
type Store interface {
	SigningKeys(ctx context.Context) ([]models.SigningKey, error)
	// CreateSigningKeys adds all or none. It answers models.ErrConflict when there is
	// an active or a next key of an algorithm and this would be another.
	CreateSigningKeys(ctx context.Context, keys []models.SigningKey, events []models.Event) error
	// RotateSigningKey answers models.ErrConflict when replaces is active no more, or
	// next is not the next one.
	RotateSigningKey(ctx context.Context, replaces, next string, at time.Time, event models.Event) error
	// RetireSigningKey retires an active key, and deletes the next one of its algorithm.
	// It answers models.ErrConflict when the key is active no more.
	RetireSigningKey(ctx context.Context, id string, at time.Time, event models.Event) error
	// RemoveSigningKey deletes a key and lets the next one sign where it was active.
	// It answers models.ErrNotFound, and models.ErrConflict when its state just changed.
	RemoveSigningKey(ctx context.Context, id string, at time.Time, event models.Event) error
	// SignedTokens counts the live access tokens that are JWTs of a key.
	SignedTokens(ctx context.Context, keyID string, now time.Time) (int, error)
	// SignedTokensAbout is the same at a bounded cost; more tells that it left some out.
	SignedTokensAbout(ctx context.Context, keyID string, now time.Time) (live int, more bool, err error)
	// DropSigningKeys deletes those of the algorithms that were retired by then and of
	// which no access token lives.
	DropSigningKeys(ctx context.Context, algorithms []string, retired, now time.Time) (int, error)
	AppendEvent(ctx context.Context, event models.Event) error
}

// Config is what Keys need.
type Config struct {
	// Store is required.
	Store Store
	// SealKey encrypts private keys at rest: 32 bytes, required.
	SealKey []byte
	// OAuthAlgorithm is what SignAccessToken signs with, one of Algorithms; empty for
	// the first of them.
	OAuthAlgorithm string
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Log is nil for silence.
	Log *slog.Logger
}

// Keys signs JWTs and checks their signatures. It is safe for concurrent use.
type Keys struct {
	store Store
	seal  sealer
	oauth string
	now   func() time.Time
	log   *slog.Logger
	// started is when these Keys were made.
	started time.Time
	// making and loading hold one thing at most: one at a time makes keys, which is
	// dear, and one at a time loads them.
	making, loading chan struct{}
	loaded          atomic.Pointer[keySet]
	// loads counts how often the keys were loaded, or not, and loadErr is how the last
	// time went.
	loads   atomic.Int64
	loadErr error
	// asked is when an unknown key id last made the keys be loaded anew, and
	// askedErr how that went.
	asked    time.Time
	askedErr error
}

// New checks the configuration. Ensure must succeed before the keys are of use.
func New(cfg Config) (*Keys, error) {
	if cfg.Store == nil {
		return nil, errors.New("signing: no store")
	}
	if len(cfg.SealKey) != sealKeyLength {
		return nil, fmt.Errorf("signing: the sealing key has %d bytes, not %d", len(cfg.SealKey), sealKeyLength)
	}
	if cfg.OAuthAlgorithm == "" {
		cfg.OAuthAlgorithm = Algorithms()[0]
	}
	if !known(cfg.OAuthAlgorithm) {
		return nil, fmt.Errorf("signing: %q is no algorithm to sign with", cfg.OAuthAlgorithm)
	}
	seal, err := newSealer(cfg.SealKey)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	k := &Keys{
		store: cfg.Store, seal: seal, oauth: cfg.OAuthAlgorithm, now: cfg.Now, log: cfg.Log,
		making: make(chan struct{}, 1), loading: make(chan struct{}, 1),
	}
	if k.now == nil {
		k.now = time.Now
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	k.started = k.now()
	return k, nil
}

// OAuthAlgorithm is what SignAccessToken signs with.
func (k *Keys) OAuthAlgorithm() string { return k.oauth }

// JWKS is the public halves: the RS256 key that signs comes first, since some
// verifiers look at no other, then the others that sign, those that will, and those
// that did.
func (k *Keys) JWKS(ctx context.Context) (jose.JSONWebKeySet, error) {
	set, err := k.fresh(ctx)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey(nil), set.public.Keys...)}, nil
}

// PublicKey is the public half of the RS256 key that signs, as the PEM that every
// verifier takes (SubjectPublicKeyInfo, RFC 7468 section 13).
func (k *Keys) PublicKey(ctx context.Context) (string, error) {
	set, err := k.JWKS(ctx)
	if err != nil {
		return "", err
	}
	if len(set.Keys) == 0 {
		return "", ErrNotReady
	}
	spki, err := x509.MarshalPKIXPublicKey(set.Keys[0].Key)
	if err != nil {
		return "", fmt.Errorf("write the public key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})), nil
}
