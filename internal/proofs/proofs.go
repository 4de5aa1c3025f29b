package proofs

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// ahead is how far a client's clock may be ahead of ours.
	ahead = 30 * time.Second
	// usedSlack is how much longer than needed a used id is kept, for the clocks
	// of replicas differ.
	usedSlack = time.Minute
	// maxID bounds a jti and a kid, in characters.
	maxID = 256
)

// Store remembers ids that may be used once.
type Store interface {
	// UseID answers models.ErrConflict when the id was used before. It may be
	// forgotten at expiresAt.
	UseID(ctx context.Context, hash []byte, expiresAt time.Time) error
}

// Config is what New needs.
type Config struct {
	// Store is required.
	Store Store
	// Issuer is the audience of assertions: the public URL, without a trailing
	// slash. Required.
	Issuer string
	// Fetch is how key sets behind URLs are fetched; the zero value is right
	// outside tests.
	Fetch Fetch
	// Now is the clock, nil for time.Now.
	Now func() time.Time
	// Log is where key sets that can't be had are told; nil means nowhere.
	Log *slog.Logger
}

// Proofs is safe for concurrent use. The zero value isn't useful.
type Proofs struct {
	store  Store
	issuer string
	now    func() time.Time
	sets   *keySets
}

// New checks the configuration.
func New(cfg Config) (*Proofs, error) {
	if cfg.Store == nil {
		return nil, errors.New("proofs: no store")
	}
	if cfg.Issuer == "" {
		return nil, errors.New("proofs: no issuer")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	sets := newKeySets(newFetcher(cfg.Fetch), cfg.Now, cfg.Log)
	return &Proofs{store: cfg.Store, issuer: cfg.Issuer, now: cfg.Now, sets: sets}, nil
}

// ErrRefused is an assertion or a proof that proves nothing. Why is for our own
// log (Reason), never for the one who sent it.
var ErrRefused = errors.New("refused")

// ErrUnavailable says that nobody can tell, for the key set behind a client's URL
// can't be had. It is no ErrRefused, and no fault of ours: it wraps
// models.ErrUnavailable.
var ErrUnavailable = fmt.Errorf("key set %w", models.ErrUnavailable)

// refusal is an ErrRefused with its reason.
type refusal string

func (r refusal) Error() string        { return "refused: " + string(r) }
func (r refusal) Is(target error) bool { return target == ErrRefused }

// Reason is why err, an ErrRefused, refuses: a word such as "expired" or
// "replayed", which holds nothing of what was sent. It is empty for other errors.
func Reason(err error) string {
	var r refusal
	errors.As(err, &r)
	return string(r)
}

// Why something is refused.
const (
	badForm      refusal = "form"
	badHeader    refusal = "header"
	badAlgorithm refusal = "algorithm"
	badType      refusal = "type"
	badClaims    refusal = "claims"
	badIssuer    refusal = "issuer"
	badSubject   refusal = "subject"
	badAudience  refusal = "audience"
	badID        refusal = "jti"
	badKey       refusal = "key"
	noKey        refusal = "no_key"
	badSignature refusal = "signature"
	expired      refusal = "expired"
	tooLong      refusal = "lifetime"
	tooEarly     refusal = "not_yet"
	tooOld       refusal = "too_old"
	otherMethod  refusal = "method"
	otherURL     refusal = "url"
	otherToken   refusal = "access_token"
	replayed     refusal = "replayed"
)

// use spends the id of something whose signature is good. Until says from when
// on it is refused anyway.
func (p *Proofs) use(ctx context.Context, kind, owner, id string, until time.Time) error {
	// Neither kind nor owner holds a NUL, so no two triples have one digest.
	hash := sha256.Sum256([]byte(kind + "\x00" + owner + "\x00" + id))
	err := p.store.UseID(ctx, hash[:], models.Stamp(until.Add(usedSlack)))
	if errors.Is(err, models.ErrConflict) {
		return replayed
	}
	if err != nil {
		return fmt.Errorf("use the id of %s: %w", kind, err)
	}
	return nil
}
