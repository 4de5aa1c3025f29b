package signing

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
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

const (
	rsaBits = 2048
	// sealKeyLength is AES-256's.
	sealKeyLength = 32
)

// ErrNotReady is what everything answers before the first successful Ensure.
var ErrNotReady = errors.New("signing keys are not loaded")

// Store keeps signing keys.
type Store interface {
	SigningKeys(ctx context.Context) ([]models.SigningKey, error)
	// CreateSigningKey answers models.ErrConflict when there is an active key
	// of the algorithm already.
	CreateSigningKey(ctx context.Context, key models.SigningKey, event models.Event) error
	// RotateSigningKey answers models.ErrConflict when replaces is active no more.
	RotateSigningKey(ctx context.Context, replaces string, key models.SigningKey, event models.Event) error
	// SignedTokens counts the live access tokens that are JWTs of a key.
	SignedTokens(ctx context.Context, keyID string, now time.Time) (int, error)
	// SignedTokensAbout is the same at a bounded cost; more tells that it left some out.
	SignedTokensAbout(ctx context.Context, keyID string, now time.Time) (live int, more bool, err error)
	// DropSigningKeys deletes those retired by then of which no access token lives.
	DropSigningKeys(ctx context.Context, retired, now time.Time) (int, error)
	AppendEvent(ctx context.Context, event models.Event) error
}

// Config is what Keys need.
type Config struct {
	// Store is required.
	Store Store
	// SealKey encrypts private keys at rest: 32 bytes, required.
	SealKey []byte
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Log is nil for silence.
	Log *slog.Logger
}

// Keys signs JWTs and checks their signatures. It is safe for concurrent use.
type Keys struct {
	store Store
	seal  sealer
	now   func() time.Time
	log   *slog.Logger
	// loading holds one thing at most: it lets one at a time make the first key,
	// which is dear, or load them.
	loading chan struct{}
	loaded  atomic.Pointer[keySet]
	// asked is when an unknown key id last made the keys be loaded anew, and
	// askedErr how that went.
	asked    time.Time
	askedErr error
}

// keySet is all keys at one moment; it is never changed, only replaced.
type keySet struct {
	active *key
	byID   map[string]*key
	public jose.JSONWebKeySet
}

// key is one opened key pair.
type key struct {
	algorithm jose.SignatureAlgorithm
	public    jose.JSONWebKey
	signer    jose.Signer
}

// New checks the configuration. Ensure must succeed before the keys are of use.
func New(cfg Config) (*Keys, error) {
	if cfg.Store == nil {
		return nil, errors.New("signing: no store")
	}
	if len(cfg.SealKey) != sealKeyLength {
		return nil, fmt.Errorf("signing: the sealing key has %d bytes, not %d", len(cfg.SealKey), sealKeyLength)
	}
	seal, err := newSealer(cfg.SealKey)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	k := &Keys{store: cfg.Store, seal: seal, now: cfg.Now, log: cfg.Log, loading: make(chan struct{}, 1)}
	if k.now == nil {
		k.now = time.Now
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	return k, nil
}

// Ensure loads the keys, and makes the first one when there is none. Several
// replicas may do so at once: the database lets one of them win and the others
// take its key. ErrWrongSealKey: the deployment's secret key is not the one
// that the keys were sealed under.
func (k *Keys) Ensure(ctx context.Context) error {
	if err := k.lock(ctx); err != nil {
		return err
	}
	defer k.unlock()
	set, err := k.load(ctx)
	if err != nil {
		return err
	}
	if set.active != nil {
		k.loaded.Store(set)
		return nil
	}
	if err := k.create(ctx); err != nil && !errors.Is(err, models.ErrConflict) {
		return err
	}
	return k.reload(ctx)
}

// JWKS is the public halves, the one that signs first: some verifiers look at
// no other. It asks no database.
func (k *Keys) JWKS(context.Context) (jose.JSONWebKeySet, error) {
	set := k.loaded.Load()
	if set == nil {
		return jose.JSONWebKeySet{}, ErrNotReady
	}
	return jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey(nil), set.public.Keys...)}, nil
}

// PublicKey is the public half of the key that signs, as the PEM that every
// verifier takes (SubjectPublicKeyInfo, RFC 7468 section 13). It asks no database.
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

func (k *Keys) load(ctx context.Context) (*keySet, error) {
	rows, err := k.store.SigningKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("load signing keys: %w", err)
	}
	known := k.loaded.Load()
	set := &keySet{byID: map[string]*key{}}
	for _, row := range rows {
		if row.Algorithm != string(jose.RS256) {
			if known == nil {
				// A newer release, of which this one is the roll-back, made it.
				k.log.WarnContext(ctx, "signing key of an unknown algorithm is left alone", "kid", row.ID, "alg", row.Algorithm)
			}
			continue
		}
		opened, err := k.openOnce(known, row)
		if err != nil {
			return nil, fmt.Errorf("open signing key %s: %w", row.ID, err)
		}
		set.byID[row.ID] = opened
		if row.State == models.KeyActive {
			set.active = opened
			set.public.Keys = append([]jose.JSONWebKey{opened.public}, set.public.Keys...)
		} else {
			set.public.Keys = append(set.public.Keys, opened.public)
		}
	}
	return set, nil
}

func (k *Keys) create(ctx context.Context) error {
	key, err := k.generate(models.Stamp(k.now()))
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	event := models.NewEvent(models.Caller{Kind: models.System}, models.SigningKeyCreated, key.CreatedAt).
		About("signing_key", key.ID, key.Algorithm)
	if err := k.store.CreateSigningKey(ctx, key, event); err != nil {
		return fmt.Errorf("keep signing key: %w", err)
	}
	k.log.InfoContext(ctx, "signing key made", "kid", key.ID, "alg", key.Algorithm)
	return nil
}

// generate makes a key that signs, as it is kept.
func (k *Keys) generate(at time.Time) (models.SigningKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return models.SigningKey{}, fmt.Errorf("generate: %w", err)
	}
	public, err := publicJWK(private)
	if err != nil {
		return models.SigningKey{}, err
	}
	publicJSON, err := public.MarshalJSON()
	if err != nil {
		return models.SigningKey{}, fmt.Errorf("encode public key: %w", err)
	}
	sealed, err := k.seal.seal(private, public.KeyID)
	if err != nil {
		return models.SigningKey{}, err
	}
	return models.SigningKey{
		ID: public.KeyID, Algorithm: public.Algorithm, State: models.KeyActive,
		Public: publicJSON, Sealed: sealed, CreatedAt: at,
	}, nil
}

// openOnce opens a row unless it is open already.
func (k *Keys) openOnce(known *keySet, row models.SigningKey) (*key, error) {
	if known != nil && known.byID[row.ID] != nil {
		return known.byID[row.ID], nil
	}
	return k.open(row)
}

// open unseals a row. What is published comes from the sealed half and never
// from the public column: that one could be changed by whoever can write to the
// database and knows no secret key.
func (k *Keys) open(row models.SigningKey) (*key, error) {
	private, err := k.seal.open(row.Sealed, row.ID)
	if err != nil {
		return nil, err
	}
	public, err := publicJWK(private)
	if err != nil {
		return nil, err
	}
	if public.KeyID != row.ID {
		return nil, errors.New("the key has another thumbprint than its id")
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: private, KeyID: row.ID}},
		(&jose.SignerOptions{}).WithType(jwtType),
	)
	if err != nil {
		return nil, err
	}
	return &key{algorithm: jose.RS256, public: public, signer: signer}, nil
}
