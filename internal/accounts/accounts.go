package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// Store is what the package keeps things in. Every change takes the event that
// is written with it; models.ErrNotFound and models.ErrConflict come through.
type Store interface {
	AppendEvent(ctx context.Context, event models.Event) error
	settingsStore
	tenantStore
	memberStore
	userStore
	roleStore
	permissionStore
	policyStore
}

// Config is what New needs.
type Config struct {
	// Store is required.
	Store Store
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log is where changes of the environment are told; nil means nowhere.
	Log *slog.Logger
}

// Accounts is safe for concurrent use. The zero value isn't useful.
type Accounts struct {
	store Store
	now   func() time.Time
	log   *slog.Logger
}

// New makes the verbs over cfg.Store.
func New(cfg Config) (*Accounts, error) {
	if cfg.Store == nil {
		return nil, errors.New("accounts: no store")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Accounts{store: cfg.Store, now: cfg.Now, log: cfg.Log}, nil
}

// event begins the event of a change of the environment. It is in no account:
// the account that an operator happens to work in has no part in it.
func (a *Accounts) event(caller models.Caller, action models.Action) models.Event {
	return models.NewEvent(caller, action, models.Stamp(a.now())).In("")
}

// allow refuses whoever may not change the environment. The attempt of a known person
// is written down in that person's own account: a stranger must not be able to
// write into the log of an account by naming it.
func (a *Accounts) allow(ctx context.Context, caller models.Caller, e models.Event) error {
	if caller.MayAdminister() {
		return nil
	}
	if caller.Kind != models.Person {
		return models.ErrForbidden
	}
	e = e.In(caller.TenantID).Refuse("not_operator")
	if !models.ValidID(e.TargetID) {
		e.TargetID = ""
	}
	if err := a.store.AppendEvent(ctx, e); err != nil {
		return fmt.Errorf("note refused %s: %w", e.Action, err)
	}
	return models.ErrForbidden
}

// read refuses whoever may not change the environment, without an event: nothing
// would have changed.
func read(caller models.Caller) error {
	if !caller.MayAdminister() {
		return models.ErrForbidden
	}
	return nil
}

// against writes down an operator's change that a rule forbids, and gives the
// problem to show.
func (a *Accounts) against(ctx context.Context, e models.Event, key string) error {
	if err := a.store.AppendEvent(ctx, e.Refuse(key)); err != nil {
		return fmt.Errorf("note refused %s: %w", e.Action, err)
	}
	return models.Invalid("", key)
}
