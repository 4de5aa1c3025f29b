package proofs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4/json"
)

const (
	// setLife is how long a fetched set is used, and so how long a key that its
	// client takes out of it goes on working at most.
	setLife = 5 * time.Minute
	// setPause is between two fetches of one URL, whatever comes in: strangers
	// can't make us call out more often.
	setPause = time.Minute
	// maxSets bounds the sets that are remembered, and maxSetKeys the keys of one.
	maxSets    = 1000
	maxSetKeys = 20
)

// keySets are the key sets behind URLs, fetched when they are needed.
type keySets struct {
	fetcher fetcher
	now     func() time.Time
	log     *slog.Logger
	mu      sync.Mutex
	byURL   map[string]*keySet
}

// keySet is one of them. All but fetching is guarded by keySets.mu.
type keySet struct {
	// fetching holds one thing at most: one caller fetches, the others wait.
	fetching chan struct{}
	keys     []publicKey
	// fetched is when keys came, and tried when they were last asked for; zero
	// before the first time.
	fetched, tried time.Time
	// made is when somebody first wanted the set.
	made time.Time
}

func newKeySets(fetcher fetcher, now func() time.Time, log *slog.Logger) *keySets {
	return &keySets{fetcher: fetcher, now: now, log: log, byURL: map[string]*keySet{}}
}

// verify looks for the key that signed j in the set behind a URL. When the set
// that is remembered has none, the client may have a new key: the set is fetched
// anew, unless that was done within the last minute.
func (s *keySets) verify(ctx context.Context, address string, j jwt) error {
	keys, err := s.known(ctx, address)
	if err != nil {
		return err
	}
	if verifyByAny(keys, j) == nil {
		return nil
	}
	keys, err = s.renewed(ctx, address)
	if err != nil {
		return err
	}
	return verifyByAny(keys, j)
}

// known is the set as remembered, fetched where it is not.
func (s *keySets) known(ctx context.Context, address string) ([]publicKey, error) {
	s.mu.Lock()
	set := s.byURL[address]
	if set != nil && set.live(s.now()) {
		defer s.mu.Unlock()
		return set.keys, nil
	}
	s.mu.Unlock()
	return s.renewed(ctx, address)
}

// renewed is the set fetched anew, or as remembered if it was asked for within
// the last minute.
func (s *keySets) renewed(ctx context.Context, address string) ([]publicKey, error) {
	set := s.entry(address)
	if set == nil {
		return nil, noKeySet
	}
	select {
	case set.fetching <- struct{}{}:
		defer func() { <-set.fetching }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a key set: %w", ctx.Err())
	}
	if s.mayTry(set) {
		s.fetch(ctx, address, set)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !set.live(s.now()) {
		return nil, noKeySet
	}
	return set.keys, nil
}

// entry is the place for a set, nil when there is none: every place was asked
// for within the last minute.
func (s *keySets) entry(address string) *keySet {
	s.mu.Lock()
	defer s.mu.Unlock()
	if set := s.byURL[address]; set != nil {
		return set
	}
	now := s.now()
	if len(s.byURL) >= maxSets && !s.forgetOldest(now) {
		return nil
	}
	set := &keySet{fetching: make(chan struct{}, 1), made: now}
	s.byURL[address] = set
	return set
}

// forgetOldest makes room. A set that was asked for within the last minute stays,
// or forgetting it would let it be fetched again.
func (s *keySets) forgetOldest(now time.Time) bool {
	var oldest string
	at := now.Add(-setPause)
	for address, set := range s.byURL {
		if last := set.lastAsked(); !last.After(at) {
			oldest, at = address, last
		}
	}
	_, found := s.byURL[oldest]
	delete(s.byURL, oldest)
	return found
}

func (s *keySets) mayTry(set *keySet) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now.Sub(set.tried) < setPause {
		return false
	}
	set.tried = now
	return true
}

// fetch puts what is behind the URL into the set. It goes on when the caller
// gives up meanwhile: others wait for it.
func (s *keySets) fetch(ctx context.Context, address string, set *keySet) {
	text, err := s.fetcher.get(context.WithoutCancel(ctx), address)
	var keys []publicKey
	if err == nil {
		keys, err = readKeySet(text)
	}
	if err != nil {
		s.log.WarnContext(ctx, "a client's key set can't be had", "host", hostOf(address), "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set.keys, set.fetched = keys, s.now()
}

func (k *keySet) live(now time.Time) bool {
	return !k.fetched.IsZero() && now.Sub(k.fetched) < setLife
}

func (k *keySet) lastAsked() time.Time {
	if k.tried.After(k.made) {
		return k.tried
	}
	return k.made
}

// readKeySet reads a JWK set. Keys that we can't use are left out, as RFC 7517
// section 5 has it; so are those whose private half was published.
func readKeySet(text []byte) ([]publicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil || set.Keys == nil {
		return nil, errors.New("no key set")
	}
	if len(set.Keys) > maxSetKeys {
		return nil, fmt.Errorf("more than %d keys", maxSetKeys)
	}
	keys := []publicKey{}
	for _, each := range set.Keys {
		if key, problem := readJWK(each); problem == "" {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// hostOf is what a log may tell of an address: a path or a query can hold a secret.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
