package signing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// refreshEvery is how long a replica may go on signing with a key that another
	// one has retired.
	refreshEvery = 500 * time.Millisecond
	// dropEvery is how often keys are looked for of which nothing lives any more.
	dropEvery = time.Hour
	// askEvery is how often a JWT with an unknown key id may make the keys be loaded
	// anew: strangers can make up ids as they like.
	askEvery = time.Second
	// askWithin is how long that may take.
	askWithin = 5 * time.Second
	// grace covers the time in which a replica still signs with a retired key.
	grace = time.Minute
	// kidLength is that of a SHA-256 thumbprint in base64url.
	kidLength = 43
)

// List gives the keys that are published, the one that signs first, then the latest
// retired. How many tokens live of each is counted at a glance. models.ErrForbidden for
// whoever may not manage keys.
func (k *Keys) List(ctx context.Context, caller models.Caller) ([]models.SigningKeyRow, error) {
	if !caller.MayConsole() {
		return nil, models.ErrForbidden
	}
	keys, err := k.store.SigningKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	now := models.Stamp(k.now())
	var rows []models.SigningKeyRow
	for _, key := range keys {
		if key.Algorithm != string(jose.RS256) {
			continue
		}
		key.Public, key.Sealed = nil, nil
		row := models.SigningKeyRow{SigningKey: key}
		if row.Live, row.More, err = k.store.SignedTokensAbout(ctx, key.ID, now); err != nil {
			return nil, fmt.Errorf("list signing keys: %w", err)
		}
		rows = append(rows, row)
	}
	slices.Reverse(rows)
	slices.SortStableFunc(rows, func(a, b models.SigningKeyRow) int { return place(a) - place(b) })
	return rows, nil
}

func place(row models.SigningKeyRow) int {
	if row.State == models.KeyActive {
		return 0
	}
	return 1
}

// Active gives the key that signs, with the exact number of tokens that live of it.
// models.ErrForbidden as for List.
func (k *Keys) Active(ctx context.Context, caller models.Caller) (models.SigningKeyRow, error) {
	rows, err := k.List(ctx, caller)
	if err != nil {
		return models.SigningKeyRow{}, err
	}
	if len(rows) == 0 || rows[0].State != models.KeyActive {
		return models.SigningKeyRow{}, errors.New("no signing key is active")
	}
	row := rows[0]
	row.More = false
	if row.Live, err = k.store.SignedTokens(ctx, row.ID, models.Stamp(k.now())); err != nil {
		return models.SigningKeyRow{}, fmt.Errorf("count what signing key %s signed: %w", row.ID, err)
	}
	return row, nil
}

// Rotate makes a key, which signs from now on in the place of the one that the caller
// saw. That one goes on verifying, and stays published, while anything lives that it
// signed. Errors: models.ErrForbidden, which leaves an event; models.ErrConflict when
// another key than replaces signs by now.
func (k *Keys) Rotate(ctx context.Context, caller models.Caller, replaces string) (models.SigningKey, error) {
	event := models.NewEvent(caller, models.SigningKeyRotated, models.Stamp(k.now())).In("")
	if !caller.MayConsole() {
		return models.SigningKey{}, k.refuse(ctx, caller, event)
	}
	if err := k.Refresh(ctx); err != nil {
		return models.SigningKey{}, fmt.Errorf("rotate signing key: %w", err)
	}
	if k.loaded.Load().active.public.KeyID != replaces { // before a key is made, which is dear
		return models.SigningKey{}, fmt.Errorf("rotate signing key %s: %w", replaces, models.ErrConflict)
	}
	key, err := k.generate(event.At)
	if err != nil {
		return models.SigningKey{}, fmt.Errorf("rotate signing key: %w", err)
	}
	event = event.About("signing_key", key.ID, key.Algorithm)
	if err := k.store.RotateSigningKey(ctx, replaces, key, event); err != nil {
		return models.SigningKey{}, fmt.Errorf("rotate signing key %s: %w", replaces, err)
	}
	k.log.InfoContext(ctx, "signing key rotated", "kid", key.ID, "replaces", replaces)
	if err := k.Refresh(ctx); err != nil {
		// It is rotated all the same, and Run tries again.
		k.log.WarnContext(ctx, "new signing key not loaded", "error", err)
	}
	key.Public, key.Sealed = nil, nil
	return key, nil
}

// refuse turns away whoever may not manage keys; the attempt of somebody known leaves
// an event.
func (k *Keys) refuse(ctx context.Context, caller models.Caller, event models.Event) error {
	if caller.Kind == models.Person || caller.Kind == models.Vendor {
		if err := k.store.AppendEvent(ctx, event.In(caller.TenantID).Refuse("not_operator")); err != nil {
			return fmt.Errorf("note refused %s: %w", event.Action, err)
		}
	}
	return models.ErrForbidden
}

// Refresh loads the keys as they are now, those that other replicas made and dropped
// included.
func (k *Keys) Refresh(ctx context.Context) error {
	if err := k.lock(ctx); err != nil {
		return err
	}
	defer k.unlock()
	return k.reload(ctx)
}

// lock waits for its turn to load the keys, no longer than ctx lasts.
func (k *Keys) lock(ctx context.Context) error {
	select {
	case k.loading <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for signing keys: %w", ctx.Err())
	}
}

func (k *Keys) unlock() { <-k.loading }

func (k *Keys) reload(ctx context.Context) error {
	set, err := k.load(ctx)
	if err != nil {
		return err
	}
	if set.active == nil {
		return errors.New("load signing keys: none is active")
	}
	k.loaded.Store(set)
	return nil
}

// find gives the key that a JWT names, nil when there is none. Another replica may
// have made it a moment ago: where it is unknown the keys are loaded anew, by one
// caller for all and at most once in askEvery. Where that failed it can't be told
// whether there is one, and the error stands for as long.
func (k *Keys) find(ctx context.Context, id string) (*key, error) {
	if found := k.loaded.Load().byID[id]; found != nil || len(id) != kidLength {
		return found, nil
	}
	if err := k.lock(ctx); err != nil {
		return nil, err
	}
	defer k.unlock()
	if found := k.loaded.Load().byID[id]; found != nil {
		return found, nil
	}
	if since := k.now().Sub(k.asked); since >= 0 && since < askEvery {
		return nil, k.askedErr
	}
	// The answer is for all, whether or not the one who asked waits for it.
	shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
	defer cancel()
	k.askedErr = k.reload(shared)
	k.asked = k.now()
	return k.loaded.Load().byID[id], k.askedErr
}

// Drop deletes the keys of which nothing can live any more: retired for longer than
// any JWT that is kept nowhere may last, whatever life they are given today, and
// without a live access token. It loads the rest.
func (k *Keys) Drop(ctx context.Context) error {
	if err := k.Refresh(ctx); err != nil || len(k.loaded.Load().byID) == 1 {
		return err
	}
	now := models.Stamp(k.now())
	dropped, err := k.store.DropSigningKeys(ctx, now.Add(-models.LongestJWT-grace), now)
	if err != nil {
		return err
	}
	if dropped > 0 {
		k.log.InfoContext(ctx, "retired signing keys dropped", "count", dropped)
	}
	return k.Refresh(ctx)
}

// Run keeps up with the other replicas and drops keys of which nothing lives, until
// ctx ends.
func (k *Keys) Run(ctx context.Context) error {
	refresh, drop := time.NewTicker(refreshEvery), time.NewTicker(dropEvery)
	defer refresh.Stop()
	defer drop.Stop()
	act, failed := k.Drop, false
	for {
		err := act(ctx)
		if err != nil && !failed && ctx.Err() == nil { // once, and not twice a second
			k.log.ErrorContext(ctx, "signing keys not kept up to date", "error", err)
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-refresh.C:
			act = k.Refresh
		case <-drop.C:
			act = k.Drop
		}
	}
}
