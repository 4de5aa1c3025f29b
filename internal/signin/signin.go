package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// The lifetimes of what a person signs in with.
const (
	SessionIdle     = 12 * time.Hour
	SessionLife     = 7 * 24 * time.Hour
	SetupLinkLife   = time.Hour
	seenEvery       = time.Minute
	purgeEvery      = time.Hour
	defaultHashWait = 2 * time.Second
)

// Store is what the package keeps things in.
type Store interface {
	AppendEvent(ctx context.Context, event models.Event) error
	personStore
	sessionStore
	linkStore
	portalLinkStore
	attemptStore
}

type personStore interface {
	User(ctx context.Context, id string) (models.User, error)
	UserByEmail(ctx context.Context, email string) (models.User, error)
	CreateUser(ctx context.Context, u models.User, events ...models.Event) error
	OperatorCount(ctx context.Context) (int, error)
	SetPassword(ctx context.Context, userID, hash string, keep *models.Session, event models.Event) error
	// NotePasswordHash puts the same password's newer hash in place of old.
	// It is bookkeeping: no session ends, no event is written, and nothing
	// happens when the hash is no longer old.
	NotePasswordHash(ctx context.Context, userID, old, hash string) error
}

// Config is what New needs.
type Config struct {
	// Store is required.
	Store Store
	// LimitKey keys the HMAC under which attempts are counted, at least 32
	// bytes: the database never holds an address or e-mail in the clear.
	LimitKey []byte
	// HashWait is how long a password waits for its turn to be hashed before
	// models.ErrBusy; 0 means 2 s.
	HashWait time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log is where faults of bookkeeping are told; nil means nowhere.
	Log *slog.Logger
}

// Signin is safe for concurrent use. The zero value isn't useful.
type Signin struct {
	store    Store
	limitKey []byte
	hasher   *hasher
	rules    *rules
	now      func() time.Time
	log      *slog.Logger
}

// New makes the verbs over cfg.Store.
func New(cfg Config) (*Signin, error) {
	if cfg.Store == nil {
		return nil, errors.New("signin: no store")
	}
	if len(cfg.LimitKey) < 32 {
		return nil, errors.New("signin: the limit key has fewer than 32 bytes")
	}
	if cfg.HashWait <= 0 {
		cfg.HashWait = defaultHashWait
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Signin{
		store: cfg.Store, limitKey: cfg.LimitKey,
		hasher: newHasher(cfg.HashWait), rules: newRules(),
		now: cfg.Now, log: cfg.Log,
	}, nil
}

// Client is where a request comes from.
type Client struct {
	IP        string
	UserAgent string
	RequestID string
}

func (c Client) caller() models.Caller {
	return models.Caller{Kind: models.Anyone, IP: c.IP, UserAgent: c.UserAgent, RequestID: c.RequestID}
}

// SignInRequest is an e-mail and a password, as they were typed.
type SignInRequest struct {
	Email    string
	Password models.Secret
	// KnownBrowser is the id of a browser that signed in as this e-mail
	// before, empty for any other. The caller has checked its signature.
	KnownBrowser string
	Client       Client
}

// SignedIn is a person with a new session. Cookie is the session's value, to
// be found nowhere else.
type SignedIn struct {
	User    models.User
	Cookie  models.Secret
	Session models.Session
}

// SignIn judges an e-mail and a password and begins a session, in the first
// account, by name, that the person may use. Whoever isn't let in gets
// models.ErrUnauthenticated, whatever the reason, after the same work.
// *models.LimitedError asks to wait, models.ErrBusy to come again.
func (s *Signin) SignIn(ctx context.Context, r SignInRequest) (SignedIn, error) {
	var in SignedIn
	err := s.Admit(ctx, r, func(user models.User, now time.Time) (err error) {
		in, err = s.begin(ctx, user, r.Client, now)
		return err
	})
	return in, err
}

// Admit judges an e-mail and a password as SignIn does, and lets begin start
// whatever the person signs in to. models.ErrNotFound of begin is a person who
// was disabled or deleted in between, and so not let in.
func (s *Signin) Admit(ctx context.Context, r SignInRequest, begin func(user models.User, now time.Time) error) error {
	now := models.Stamp(s.now())
	tries, err := s.reserve(ctx, now, s.signInKeys(r))
	if err != nil {
		return err
	}
	user, known, err := s.person(ctx, r.Email)
	if err != nil {
		s.giveBack(ctx, tries)
		return err
	}
	match, err := s.hasher.Verify(ctx, user.PasswordHash, r.Password)
	if err != nil {
		s.giveBack(ctx, tries)
		return err
	}
	if reason := refusal(user, known, match.right); reason != "" {
		e := models.NewEvent(r.Client.caller(), models.SignedIn, now).
			About("user", user.ID, user.Name).Refuse(reason)
		if err := s.store.AppendEvent(ctx, e); err != nil {
			return fmt.Errorf("note a refused sign-in: %w", err)
		}
		return models.ErrUnauthenticated
	}
	err = begin(user, now)
	if errors.Is(err, models.ErrNotFound) {
		return models.ErrUnauthenticated
	}
	if err != nil {
		s.giveBack(ctx, tries)
		return err
	}
	s.clear(ctx, tries)
	if match.stale {
		s.renew(ctx, user, r.Password)
	}
	return nil
}

// refusal is why somebody isn't let in, empty when they are. The reason is for
// the log alone.
func refusal(user models.User, known, right bool) string {
	switch {
	case !known:
		return "unknown_email"
	case user.PasswordHash == "":
		return "no_password"
	case !right:
		return "wrong_password"
	case user.Disabled():
		return "user_disabled"
	default:
		return ""
	}
}

// person finds who an e-mail belongs to; text that is no e-mail is nobody's,
// and never reaches the database.
func (s *Signin) person(ctx context.Context, email string) (models.User, bool, error) {
	email, problem := models.Email(nfc(email))
	if problem != "" {
		return models.User{}, false, nil
	}
	user, err := s.store.UserByEmail(ctx, email)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return models.User{}, false, nil
	case err != nil:
		return models.User{}, false, fmt.Errorf("look for a user: %w", err)
	}
	return user, true, nil
}

// renew hashes a password that is right anew, where the hash in the database
// was made with other costs. Its failure is no reason to refuse the sign-in.
func (s *Signin) renew(ctx context.Context, user models.User, password models.Secret) {
	hash, err := s.hasher.Hash(ctx, password)
	if err == nil {
		err = s.store.NotePasswordHash(ctx, user.ID, user.PasswordHash, hash)
	}
	if err != nil {
		s.log.WarnContext(ctx, "password not hashed anew", "user", user.ID, "error", err)
	}
}

// Run removes ended sessions and links and old attempts, every hour until ctx
// ends.
func (s *Signin) Run(ctx context.Context) error {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if n, err := s.store.PurgeSessions(ctx, models.Stamp(s.now()), SessionIdle); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "ended sessions not removed", "error", err)
		} else if n > 0 {
			s.log.InfoContext(ctx, "ended sessions removed", "count", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
