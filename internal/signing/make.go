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
	_, err := k.complete(ctx, models.Caller{Kind: models.System}, k.missing)
	return err
}

// complete loads the keys, makes those that are missing of them in the name of the
// caller, and gives a set that misses none, whatever is loaded meanwhile.
func (k *Keys) complete(ctx context.Context, caller models.Caller, missing func(*keySet) []models.SigningKey) (*keySet, error) {
	if err := take(ctx, k.making); err != nil {
		return nil, err
	}
	defer func() { <-k.making }()
	for {
		set, err := k.loadNow(ctx)
		if err != nil {
			return nil, err
		}
		wanted := missing(set)
		if len(wanted) == 0 {
			return set, nil
		}
		if err := k.make(ctx, caller, wanted); err != nil && !errors.Is(err, models.ErrConflict) {
			return nil, err
		}
	}
}

// algorithms are those that JWTs are signed with.
func (k *Keys) algorithms() []string {
	return slices.Compact([]string{RS256, k.oauth})
}

// uses tells whether JWTs are signed with an algorithm, as the setting is.
func (k *Keys) uses(algorithm string) bool { return slices.Contains(k.algorithms(), algorithm) }

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

// followers gives the next keys that those that sign should have beside them. Whoever
// changes keys makes no more than these: a command that knows not what the server's
// setting is brings no algorithm into the key set.
func (k *Keys) followers(set *keySet) []models.SigningKey {
	return slices.DeleteFunc(k.missing(set), func(key models.SigningKey) bool {
		return key.State == models.KeyActive || set.in(models.KeyActive, key.Algorithm) == nil
	})
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
