package signing

import (
	"context"
	"errors"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// UnusedFor is how long a replica runs before it takes a setting of before for gone. A
// rolling deploy, in which replicas of both live side by side, is over by then.
const UnusedFor = 24 * time.Hour

// retireUnused lets the active keys of a complete set sign no more that no setting uses,
// and drops the next ones of theirs, which never signed. Of several replicas that try,
// one does it.
func (k *Keys) retireUnused(ctx context.Context, caller models.Caller, set *keySet) error {
	retired := false
	for _, key := range set.keys {
		if !k.unused(set, key) {
			continue
		}
		event := models.NewEvent(caller, models.SigningKeyRetired, models.Stamp(k.now())).In("").
			About("signing_key", key.ID, key.Algorithm)
		err := k.store.RetireSigningKey(ctx, key.ID, event.At, event)
		if errors.Is(err, models.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		k.log.InfoContext(ctx, "unused signing key retired", "kid", key.ID, "alg", key.Algorithm)
		retired = true
	}
	if !retired {
		return nil
	}
	return k.Refresh(ctx)
}

// unused tells whether an active key is one of a setting of before. Nobody writes down
// which settings replicas have, so this one goes by what it saw: it ran for UnusedFor,
// its own key signs, and no key of that algorithm began to sign or was made meanwhile
// (the first to sign is made a publication ahead). A replica that has the other setting
// after all makes its keys anew, and those are left alone.
func (k *Keys) unused(set *keySet, key *key) bool {
	now := k.now()
	if key.State != models.KeyActive || k.uses(key.Algorithm) || now.Sub(k.started) < UnusedFor {
		return false
	}
	if now.Before(set.in(models.KeyActive, k.oauth).SignsFrom()) || key.SignsFrom().After(k.started.Add(publication)) {
		return false
	}
	next := set.in(models.KeyNext, key.Algorithm)
	return next == nil || !next.CreatedAt.After(k.started)
}
