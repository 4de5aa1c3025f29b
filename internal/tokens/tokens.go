package tokens

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/models"
)

const (
	// pepperLength is how many bytes the pepper has at least: those of the digest.
	pepperLength      = sha256.Size
	defaultFlushEvery = 5 * time.Second
)

// Store keeps tokens and what judging them needs. Reads of another tenant's
// rows answer models.ErrNotFound.
type Store interface {
	Settings(ctx context.Context) (models.Settings, error)
	Tenant(ctx context.Context, id string) (models.Tenant, error)
	AllTenants(ctx context.Context) ([]models.Tenant, error)
	Roles(ctx context.Context) ([]models.Role, error)
	Permissions(ctx context.Context) ([]models.Permission, error)
	AppendEvent(ctx context.Context, event models.Event) error

	CreateToken(ctx context.Context, token models.Token, secret models.TokenSecret, event models.Event) error
	Token(ctx context.Context, tenantID, id string) (models.TokenRow, error)
	TokenByFormID(ctx context.Context, tenantID, formID string) (models.TokenRow, error)
	TokenByDigest(ctx context.Context, tenantID string, digest []byte) (models.TokenRow, error)
	Tokens(ctx context.Context, q models.TokenQuery) (models.TokenPage, error)
	TokenOverview(ctx context.Context, q models.TokenQuery) (models.TokenOverview, error)
	TokenDetail(ctx context.Context, tenantID, id string, now time.Time) (models.TokenDetail, error)
	Contacts(ctx context.Context, tenantID string) ([]models.User, error)
	UpdateToken(ctx context.Context, tenantID, id string, change models.TokenChange, event models.Event) error
	SetTokenDisabled(ctx context.Context, tenantID, id string, at *time.Time, by string, event models.Event) error
	RotateToken(ctx context.Context, r models.Rotation, event models.Event) error
	EndOldSecret(ctx context.Context, tenantID, tokenID string, at time.Time, event models.Event) error
	CancelRotation(ctx context.Context, tenantID, tokenID string, at time.Time, event models.Event) (models.TokenSecret, error)
	SecretByFormID(ctx context.Context, tokenID, formID string) (models.TokenSecret, error)
	RevokeToken(ctx context.Context, tenantID, id, by string, at time.Time, event models.Event) error
	PurgeTokens(ctx context.Context, revokedBefore time.Time) (int, error)

	CredentialByDigest(ctx context.Context, digest []byte) (models.Credential, error)
	CredentialBySecret(ctx context.Context, secretID string) (models.Credential, error)
	CredentialOfJWT(ctx context.Context, secretID string, hash []byte) (models.Credential, error)
	CredentialByID(ctx context.Context, id string) (models.Credential, error)
	TokenSecrets(ctx context.Context, tokenID string) ([]models.TokenSecret, error)
	AccessTokens(ctx context.Context, q models.AccessQuery) (models.AccessPage, error)
	CreateRefreshToken(ctx context.Context, r models.RefreshToken, limit int) error
	RefreshTokenByDigest(ctx context.Context, digest []byte) (models.RefreshToken, error)
	SpendRefreshToken(ctx context.Context, id string, next models.RefreshToken) error
	EndRefreshChain(ctx context.Context, tokenID, chain string, at time.Time, event models.Event) error
	RevokeJWT(ctx context.Context, r models.RevokedJWT, limit int, event models.Event) error
	EndJWTs(ctx context.Context, tenantID, tokenID string, at time.Time, event models.Event) error
	PurgeRevokedJWTs(ctx context.Context, now time.Time) (int, error)
	PurgeUsedIDs(ctx context.Context, now time.Time) (int, error)
	NoteUses(ctx context.Context, uses []models.TokenUse) error
	NoteRefusals(ctx context.Context, refusals []models.Refusal) error

	bulkStore
}

// Keys signs JWTs and checks their signatures, as internal/signing does.
type Keys interface {
	Sign(ctx context.Context, claims any) (string, error)
	Parse(ctx context.Context, jwt string, into any) error
	SignAccessToken(ctx context.Context, claims any) (string, error)
	ParseEither(ctx context.Context, jwt string, plain, accessToken any) error
}

// Proofs checks what clients sign with keys of their own, as internal/proofs does.
type Proofs interface {
	CheckAssertion(ctx context.Context, assertion models.Secret, clientID string, keys []proofs.Key) (keyID string, err error)
	CheckDPoP(ctx context.Context, d proofs.DPoP) (jkt string, err error)
}

// Config is what Tokens needs.
type Config struct {
	// Store, Keys and Proofs are required.
	Store  Store
	Keys   Keys
	Proofs Proofs
	// Pepper keys the HMAC under which secrets are kept: at least 32 bytes.
	Pepper []byte
	// Issuer is the iss of JWTs: the public URL, without a trailing slash. Required.
	Issuer string
	// FlushEvery is how often uses and refusals are written, 0 for 5 s.
	FlushEvery time.Duration
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Log is nil for silence.
	Log *slog.Logger
}

// Tokens is the token server. It is safe for concurrent use.
type Tokens struct {
	store      Store
	keys       Keys
	proofs     Proofs
	pepper     []byte
	issuer     string
	flushEvery time.Duration
	now        func() time.Time
	log        *slog.Logger
	notes      *notes
	// flushing lets one Flush at a time write: what a failed one hands back
	// must not overtake the next.
	flushing sync.Mutex
	// bulks wakes RunBulks.
	bulks chan struct{}
}

// New checks the configuration. Uses and refusals are written by Run only, or
// by Flush.
func New(cfg Config) (*Tokens, error) {
	switch {
	case cfg.Store == nil:
		return nil, errors.New("tokens: no store")
	case cfg.Keys == nil:
		return nil, errors.New("tokens: no signing keys")
	case cfg.Proofs == nil:
		return nil, errors.New("tokens: nothing checks proofs")
	case len(cfg.Pepper) < pepperLength:
		return nil, fmt.Errorf("tokens: the pepper has %d bytes, fewer than %d", len(cfg.Pepper), pepperLength)
	case cfg.Issuer == "":
		return nil, errors.New("tokens: no issuer")
	case cfg.FlushEvery < 0:
		return nil, fmt.Errorf("tokens: flush every %s", cfg.FlushEvery)
	}
	t := &Tokens{
		store: cfg.Store, keys: cfg.Keys, proofs: cfg.Proofs, pepper: cfg.Pepper, issuer: cfg.Issuer,
		flushEvery: cfg.FlushEvery, now: cfg.Now, log: cfg.Log, notes: newNotes(), bulks: make(chan struct{}, 1),
	}
	if t.flushEvery == 0 {
		t.flushEvery = defaultFlushEvery
	}
	if t.now == nil {
		t.now = time.Now
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	return t, nil
}

func (t *Tokens) digest(secret string) []byte { return models.HashSecret(t.pepper, secret) }
