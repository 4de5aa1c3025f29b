package signing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// keySet is all keys at one moment; it is never changed, only replaced.
type keySet struct {
	// at is a moment before they were read.
	at time.Time
	// keys are in the order in which they are published.
	keys   []*key
	byID   map[string]*key
	public jose.JSONWebKeySet
}

// key is an opened key pair and its place in life.
type key struct {
	*pair
	models.SigningKey // without its halves
}

// in gives the key of an algorithm in a state that only one has, nil for none.
func (s *keySet) in(state models.KeyState, algorithm string) *key {
	i := slices.IndexFunc(s.keys, func(k *key) bool { return k.State == state && k.Algorithm == algorithm })
	if i < 0 {
		return nil
	}
	return s.keys[i]
}

// retired tells whether a key is there to verify only.
func (s *keySet) retired() bool {
	return slices.ContainsFunc(s.keys, func(k *key) bool { return k.State == models.KeyRetired })
}

// signer gives the key that signs at now with an algorithm or, until it does, one that
// verifiers know already; nil for none.
func (s *keySet) signer(algorithm string, now time.Time) *key {
	signs := func(k *key) bool { return k.State == models.KeyActive && !now.Before(k.SignsFrom()) }
	if k := s.in(models.KeyActive, algorithm); k != nil && signs(k) {
		return k
	}
	// What signed until the setting was changed comes before RS256, which leads the keys.
	for _, k := range slices.Backward(s.keys) {
		if signs(k) {
			return k
		}
	}
	return nil
}

// load reads the keys as they are now.
func (k *Keys) load(ctx context.Context) (*keySet, error) {
	set := &keySet{at: k.now(), byID: map[string]*key{}}
	rows, err := k.store.SigningKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("load signing keys: %w", err)
	}
	before := k.loaded.Load()
	for _, row := range rows {
		if !known(row.Algorithm) {
			if before == nil {
				k.log.WarnContext(ctx, "signing key of an unknown algorithm is left alone", "kid", row.ID, "alg", row.Algorithm)
			}
			continue
		}
		opened, err := k.openOnce(before, row)
		if err != nil {
			return nil, fmt.Errorf("open signing key %s: %w", row.ID, err)
		}
		row.Public, row.Sealed = nil, nil
		set.keys = append(set.keys, &key{opened, row})
	}
	slices.SortFunc(set.keys, func(a, b *key) int { return order(a.SigningKey, b.SigningKey) })
	for _, key := range set.keys {
		set.byID[key.ID] = key
		set.public.Keys = append(set.public.Keys, key.public)
	}
	return set, nil
}

// openOnce opens a row unless it is open already.
func (k *Keys) openOnce(before *keySet, row models.SigningKey) (*pair, error) {
	if before != nil {
		if open := before.byID[row.ID]; open != nil && open.Algorithm == row.Algorithm {
			return open.pair, nil
		}
	}
	return k.open(row)
}

// order is that of the key set: some verifiers look at the first key alone, and those
// that do know RS256 only. Then come the others that sign, those that will, and the
// retired, each the latest first.
func order(a, b models.SigningKey) int {
	return cmp.Or(
		cmp.Compare(place(a), place(b)),
		since(b).Compare(since(a)),
		cmp.Compare(b.Algorithm, a.Algorithm), // RS256 first
		cmp.Compare(a.ID, b.ID),
	)
}

func place(k models.SigningKey) int {
	switch {
	case k.State == models.KeyActive && k.Algorithm == RS256:
		return 0
	case k.State == models.KeyActive:
		return 1
	case k.State == models.KeyNext:
		return 2
	}
	return 3
}

// since is when a key took the place that it has.
func since(k models.SigningKey) time.Time {
	if k.RetiredAt != nil {
		return *k.RetiredAt
	}
	return k.SignsFrom()
}
