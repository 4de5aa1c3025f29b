package signing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/latchkey-dev/latchkey/models"
)

// Ensure loads the keys, and makes those that are missing: of RS256 and of the
// algorithm of SignAccessToken one that signs, and the next one. Several replicas may do
// so at once: the database lets one of them win and the others take its keys.
// ErrWrongSealKey: the deployment's secret key is not the one that the keys were sealed
// under.
func (k *Keys) Ensure(ctx context.Context) error {
	return k.complete(ctx, models.Caller{Kind: models.System})
}

// complete makes the keys that are missing, in the name of the caller, and loads all.
func (k *Keys) complete(ctx context.Context, caller models.Caller) error {
	if err := take(ctx, k.making); err != nil {
		return err
	}
	defer func() { <-k.making }()
	for {
		set, err := k.loadNow(ctx)
		if err != nil {
			return err
		}
		wanted := k.missing(set)
		if len(wanted) == 0 {
			return nil
		}
		if err := k.make(ctx, caller, wanted); err != nil && !errors.Is(err, models.ErrConflict) {
			return err
		}
	}
}

// algorithms are those that JWTs are signed with.
func (k *Keys) algorithms() []string {
	return slices.Compact([]string{RS256, k.oauth})
}

// missing gives the keys that there should be beside those of a set, without halves.
func (k *Keys) missing(set *keySet) []models.SigningKey {
	now := models.Stamp(k.now())
	var wanted []models.SigningKey
	for _, algorithm := range k.algorithms() {
		if set.in(models.KeyActive, algorithm) == nil {
			from := now
			// Others know the keys that there were. RS256 has no other to sign for it.
			if len(set.keys) > 0 && algorithm != RS256 {
				from = now.Add(publication)
			}
			wanted = append(wanted, models.SigningKey{Algorithm: algorithm, State: models.KeyActive, CreatedAt: now, ActivatedAt: &from})
		}
		if set.in(models.KeyNext, algorithm) == nil {
			wanted = append(wanted, models.SigningKey{Algorithm: algorithm, State: models.KeyNext, CreatedAt: now})
		}
	}
	return wanted
}

// make gives keys their halves and keeps them.
func (k *Keys) make(ctx context.Context, caller models.Caller, keys []models.SigningKey) error {
	events := make([]models.Event, len(keys))
	for i := range keys {
		if err := k.fill(&keys[i]); err != nil {
			return fmt.Errorf("make signing key: %w", err)
		}
		events[i] = models.NewEvent(caller, models.SigningKeyCreated, keys[i].CreatedAt).In("").
			About("signing_key", keys[i].ID, keys[i].Algorithm)
	}
	if err := k.store.CreateSigningKeys(ctx, keys, events); err != nil {
		return fmt.Errorf("keep signing keys: %w", err)
	}
	for _, key := range keys {
		k.log.InfoContext(ctx, "signing key made", "kid", key.ID, "alg", key.Algorithm, "state", key.State)
	}
	return nil
}

// fill makes a key pair of the key's algorithm.
func (k *Keys) fill(key *models.SigningKey) error {
	private, err := generate(key.Algorithm)
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	public, err := publicJWK(private, key.Algorithm)
	if err != nil {
		return err
	}
	key.ID = public.KeyID
	if key.Public, err = public.MarshalJSON(); err != nil {
		return fmt.Errorf("encode public key: %w", err)
	}
	key.Sealed, err = k.seal.seal(private, key.ID)
	return err
}

// take waits for a place in a channel that holds one, no longer than ctx lasts.
func take(ctx context.Context, place chan struct{}) error {
	select {
	case place <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for signing keys: %w", ctx.Err())
	}
}
