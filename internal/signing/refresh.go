package signing

import (
	"context"
	"errors"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// freshFor is how long loaded keys are good for: a key that any replica removed is
	// refused by all of them within that time.
	freshFor = time.Second
	// refreshEvery is how often Run loads them, so that nobody waits for it.
	refreshEvery = freshFor / 2
	// askEvery is how often a JWT with an unknown key id may make the keys be loaded
	// anew: strangers can make up ids as they like.
	askEvery = time.Second
	// loadWithin is how long it may take to load keys: others wait for it.
	loadWithin = 3 * time.Second
	// kidLength is that of a SHA-256 thumbprint in base64url.
	kidLength = 43
)

// errNoneSigns is a database whose first keys are yet to be made, or were removed.
var errNoneSigns = errors.New("no signing key is active")

// Refresh loads the keys as they are now, those that other replicas made and dropped
// included.
func (k *Keys) Refresh(ctx context.Context) error {
	set, err := k.loadNow(ctx)
	return signs(set, err)
}

// loadNow gives the keys as they are now, whether or not one of them signs.
func (k *Keys) loadNow(ctx context.Context) (*keySet, error) {
	if err := take(ctx, k.loading); err != nil {
		return nil, err
	}
	defer k.release()
	ctx, cancel := context.WithTimeout(ctx, loadWithin)
	defer cancel()
	return k.reload(ctx)
}

func (k *Keys) release() { <-k.loading }

// reload is loadNow for whoever holds the place in loading.
func (k *Keys) reload(ctx context.Context) (*keySet, error) {
	set, err := k.load(ctx)
	k.loadErr = signs(set, err)
	if k.loadErr == nil {
		k.loaded.Store(set)
	}
	k.loads.Add(1)
	return set, err
}

func signs(set *keySet, err error) error {
	if err == nil && set.in(models.KeyActive, RS256) == nil {
		err = errNoneSigns
	}
	return err
}

// reloadForAll is Refresh for everybody who waits for it, whether or not the one who
// began it does.
func (k *Keys) reloadForAll(ctx context.Context) error {
	shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadWithin)
	defer cancel()
	return signs(k.reload(shared))
}

// fresh gives the keys as they were less than freshFor ago, or an error where it can't
// be told: a JWT of a key that was removed must not pass. While Run runs they are at
// hand. Otherwise they are loaded, by one caller for all.
func (k *Keys) fresh(ctx context.Context) (*keySet, error) {
	set := k.loaded.Load()
	if set == nil {
		return nil, ErrNotReady
	}
	if k.isFresh(set) {
		return set, nil
	}
	before := k.loads.Load()
	if err := take(ctx, k.loading); err != nil {
		return nil, err
	}
	defer k.release()
	if set := k.loaded.Load(); k.isFresh(set) {
		return set, nil
	}
	if k.loads.Load() != before && k.loadErr != nil {
		return nil, k.loadErr // who waits for one that fails asks not again
	}
	if err := k.reloadForAll(ctx); err != nil {
		return nil, err
	}
	return k.loaded.Load(), nil
}

// isFresh is false when the clock was set back, too.
func (k *Keys) isFresh(set *keySet) bool {
	age := k.now().Sub(set.at)
	return age >= 0 && age < freshFor
}

// find gives the key that a JWT names, nil when there is none. Another replica may
// have made it a moment ago: where it is unknown the keys are loaded anew, by one
// caller for all and at most once in askEvery. Where that failed it can't be told
// whether there is one, and the error stands for as long.
func (k *Keys) find(ctx context.Context, id string) (*key, error) {
	set, err := k.fresh(ctx)
	if err != nil {
		return nil, err
	}
	if found := set.byID[id]; found != nil || len(id) != kidLength {
		return found, nil
	}
	if err := take(ctx, k.loading); err != nil {
		return nil, err
	}
	defer k.release()
	if found := k.loaded.Load().byID[id]; found != nil {
		return found, nil
	}
	if since := k.now().Sub(k.asked); since >= 0 && since < askEvery {
		return nil, k.askedErr
	}
	k.askedErr = k.reloadForAll(ctx)
	k.asked = k.now()
	return k.loaded.Load().byID[id], k.askedErr
}

// Run keeps up with the other replicas and tends the keys, until ctx ends.
func (k *Keys) Run(ctx context.Context) error {
	refresh, tend := time.NewTicker(refreshEvery), time.NewTicker(tendEvery)
	defer refresh.Stop()
	defer tend.Stop()
	act, failed := k.Tend, false
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
		case <-tend.C:
			act = k.Tend
		}
	}
}
