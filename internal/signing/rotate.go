package signing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// PublishedFor is how long anybody may keep the key set: the max-age of its answer.
	PublishedFor = time.Minute
	// publication is how long a key is published before it signs: by then everybody
	// who keeps the set from before it, on whichever replica, has let go of that.
	publication = PublishedFor + freshFor
	// RotatedEvery is after how long the OAuth key is replaced by itself. RS256 is not:
	// Frontegg's SDKs keep its first key for as long as their process lives.
	RotatedEvery = 90 * 24 * time.Hour
	// tendEvery is how often it is looked for what is due.
	tendEvery = time.Hour
	// grace covers the time in which a replica still signs with a retired key.
	grace = time.Minute
)

// EarlyError is a rotation to a key that not everybody knows yet.
type EarlyError struct {
	// From is when it may sign.
	From time.Time
}

func (e *EarlyError) Error() string {
	return "the next key may sign from " + e.From.UTC().Format(time.RFC3339)
}

// Rotate lets the next key of an algorithm sign from now on, in the place of the one
// that the caller saw, and makes another next one. The old one goes on verifying, and
// stays published, while anything lives that it signed. It gives the key that signs.
// Errors: models.ErrForbidden, which leaves an event; models.ErrNotFound; models.ErrConflict
// when replaces signs no more, or not yet, or by no setting; *EarlyError.
func (k *Keys) Rotate(ctx context.Context, caller models.Caller, replaces string) (models.SigningKey, error) {
	event := models.NewEvent(caller, models.SigningKeyRotated, models.Stamp(k.now())).In("")
	if !caller.MayConsole() {
		return models.SigningKey{}, k.refuse(ctx, caller, event)
	}
	set, err := k.complete(ctx, caller, k.followers)
	if err != nil {
		return models.SigningKey{}, fmt.Errorf("rotate signing key: %w", err)
	}
	old := set.byID[replaces]
	if old == nil {
		return models.SigningKey{}, fmt.Errorf("rotate signing key: %w", models.ErrNotFound)
	}
	if old.State != models.KeyActive || !k.uses(old.Algorithm) {
		return models.SigningKey{}, fmt.Errorf("rotate signing key %s: %w", replaces, models.ErrConflict)
	}
	next := set.in(models.KeyNext, old.Algorithm)
	if from := next.CreatedAt.Add(publication); event.At.Before(from) {
		return models.SigningKey{}, &EarlyError{From: from}
	}
	event = event.About("signing_key", next.ID, next.Algorithm)
	if err := k.store.RotateSigningKey(ctx, replaces, next.ID, event.At, event); err != nil {
		return models.SigningKey{}, fmt.Errorf("rotate signing key %s: %w", replaces, err)
	}
	k.log.InfoContext(ctx, "signing key rotated", "kid", next.ID, "alg", next.Algorithm, "replaces", replaces)
	k.settle(ctx, caller)
	rotated := next.SigningKey
	rotated.State, rotated.ActivatedAt = models.KeyActive, &event.At
	return rotated, nil
}

// Remove ends a key, and all JWTs that it signed: they are refused from now on, here at
// once and by the other replicas in less than a second, and by whoever checks them
// alone once it lets go of the key set. Where it signs, the next one signs at once in
// its place, however long that is published. Errors: models.ErrForbidden, which leaves
// an event; models.ErrNotFound.
func (k *Keys) Remove(ctx context.Context, caller models.Caller, kid string) error {
	event := models.NewEvent(caller, models.SigningKeyRemoved, models.Stamp(k.now())).In("")
	if !caller.MayConsole() {
		return k.refuse(ctx, caller, event)
	}
	for {
		set, err := k.complete(ctx, caller, k.followers) // one that signs has a next one
		if err != nil {
			return fmt.Errorf("remove signing key: %w", err)
		}
		key := set.byID[kid]
		if key == nil {
			return fmt.Errorf("remove signing key: %w", models.ErrNotFound)
		}
		err = k.store.RemoveSigningKey(ctx, kid, event.At, event.About("signing_key", kid, key.Algorithm))
		if errors.Is(err, models.ErrConflict) {
			continue // it began or ceased to sign meanwhile
		}
		if err != nil {
			return fmt.Errorf("remove signing key: %w", err)
		}
		k.log.WarnContext(ctx, "signing key removed", "kid", kid, "alg", key.Algorithm)
		k.settle(ctx, caller)
		return nil
	}
}

// settle takes in what was changed a moment ago. That is done whatever comes of this:
// keys that can't be loaded now are not used again before they are, and what is missing
// is made at the next opportunity.
func (k *Keys) settle(ctx context.Context, caller models.Caller) {
	k.forget()
	if _, err := k.complete(ctx, caller, k.followers); err != nil {
		k.log.WarnContext(ctx, "changed signing keys not loaded", "error", err)
	}
}

// forget makes the keys stale that are loaded, if any are.
func (k *Keys) forget() {
	k.loading <- struct{}{}
	defer k.release()
	if loaded := k.loaded.Load(); loaded != nil {
		stale := *loaded
		stale.at = time.Time{}
		k.loaded.Store(&stale)
	}
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

// Tend does what is due: it makes keys that are missing, replaces the OAuth key when it
// has signed for RotatedEvery, retires the key of an algorithm that no setting uses any
// more (see unused), and drops the keys of which nothing can live any more,
// retired for longer than any JWT that is kept nowhere may last, whatever life they are
// given today, and without a live access token.
func (k *Keys) Tend(ctx context.Context) error {
	system := models.Caller{Kind: models.System}
	set, err := k.complete(ctx, system, k.missing)
	if err != nil {
		return err
	}
	if err := k.rotateDue(ctx, system, set); err != nil {
		return err
	}
	if err := k.retireUnused(ctx, system, set); err != nil {
		return err
	}
	if !k.loaded.Load().retired() {
		return nil
	}
	now := models.Stamp(k.now())
	dropped, err := k.store.DropSigningKeys(ctx, Algorithms(), now.Add(-models.LongestJWT-grace), now)
	if err != nil || dropped == 0 {
		return err
	}
	k.log.InfoContext(ctx, "retired signing keys dropped", "count", dropped)
	return k.Refresh(ctx)
}

// rotateDue replaces the OAuth key of a complete set when its time has come. Of several
// replicas that try, one does it.
func (k *Keys) rotateDue(ctx context.Context, caller models.Caller, set *keySet) error {
	active := set.in(models.KeyActive, k.oauth)
	due := k.rotatesAt(active.SigningKey)
	if due == nil || k.now().Before(*due) {
		return nil
	}
	_, err := k.Rotate(ctx, caller, active.ID)
	var early *EarlyError
	if errors.Is(err, models.ErrConflict) || errors.Is(err, models.ErrNotFound) || errors.As(err, &early) {
		return nil
	}
	return err
}

// rotatesAt is when Tend replaces a key, nil for never.
func (k *Keys) rotatesAt(key models.SigningKey) *time.Time {
	if key.State != models.KeyActive || key.Algorithm != k.oauth || key.Algorithm == RS256 {
		return nil
	}
	at := key.SignsFrom().Add(RotatedEvery)
	return &at
}
