package proofs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4/json"
)

const (
	// setLife is how long a fetched set is used, and so how long a key that its
	// client takes out of it goes on working at most while its host answers.
	setLife = 5 * time.Minute
	// setGrace is how much longer it serves those whose key is in it while its
	// host does not answer.
	setGrace = 10 * time.Minute
	// setPause is between two fetches of one URL, whatever comes in: strangers
	// can't make us call out more often.
	setPause = time.Minute
	// maxSets bounds the sets that are remembered, those that have verified
	// something and the others each, and maxSetKeys the keys of one.
	maxSets    = 1000
	maxSetKeys = 20
)

// keySets are the key sets behind URLs, fetched when they are needed.
type keySets struct {
	fetcher fetcher
	gate    *gate
	now     func() time.Time
	log     *slog.Logger

	// mu guards what follows, and the sets but for their fetching.
	mu sync.Mutex
	// proven are the sets that have verified something. The others have places of
	// their own: anybody can take those with an assertion that nobody signed.
	proven, others places
	// tried is when URLs were last called, remembered for a pause also where the
	// set has lost its place, and swept when the older ones were last dropped. It
	// holds no more than the calls of two pauses.
	tried map[string]time.Time
	swept time.Time
}

// keySet is one of them.
type keySet struct {
	address string
	// owner is the account that its place counts for, the one that it last verified
	// something for if it has; used is when it was last wanted or, then, of use.
	owner string
	used  time.Time
	// fetching holds one thing at most: one caller fetches, the others wait.
	fetching chan struct{}
	keys     []publicKey
	// fetched is when keys came, zero before the first time.
	fetched time.Time
}

func newKeySets(fetcher fetcher, now func() time.Time, log *slog.Logger) *keySets {
	return &keySets{
		fetcher: fetcher, gate: newGate(), now: now, log: log,
		proven: newPlaces(maxSets), others: newPlaces(maxSets), tried: map[string]time.Time{},
	}
}

// verify looks for the key that signed j in the set behind a key's URL. When the
// set that is remembered has none, the client may have a new key: the set is
// fetched anew, unless that was done within the last minute.
//
// The error is a refusal where the set is at most five minutes old, and else
// ErrUnavailable: nobody knows which keys are in it now.
func (s *keySets) verify(ctx context.Context, key Key, j jwt) error {
	set := s.find(key)
	keys, live, came := s.read(set)
	var err error
	if live {
		if err = verifyByAny(keys, j); err == nil {
			s.proves(set, key.Owner)
			return nil
		}
	}
	if err := s.renew(ctx, set, key.Owner); err != nil {
		return err
	}
	keys, stillLive, again := s.read(set)
	if live && stillLive && again.Equal(came) {
		return err // the same keys say the same
	}
	live, err = stillLive, verifyByAny(keys, j)
	switch {
	case err == nil:
		s.proves(set, key.Owner)
	case !live:
		return ErrUnavailable
	}
	return err
}

// find gives a key's set, and a place to one that has none.
func (s *keySets) find(key Key) *keySet {
	s.mu.Lock()
	defer s.mu.Unlock()
	address := key.JWKSURL
	if set := s.proven.byURL[address]; set != nil {
		return set
	}
	set := s.others.byURL[address]
	if set == nil {
		set = &keySet{address: address, owner: key.Owner, fetching: make(chan struct{}, 1)}
	}
	set.used = s.now()
	s.others.put(set)
	return set
}

// proves gives a set its place among those that have verified something.
func (s *keySets) proves(set *keySet, owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.others.byURL, set.address)
	set.owner, set.used = owner, s.now()
	s.proven.put(set)
}

// read gives the keys of a set as remembered, none once its grace is over, and
// whether it is still within its five minutes, which began when they came.
func (s *keySets) read(set *keySet) (keys []publicKey, live bool, came time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.now().Sub(set.fetched)
	if set.fetched.IsZero() || age >= setLife+setGrace {
		return nil, false, time.Time{}
	}
	return set.keys, age < setLife, set.fetched
}

// renew fetches a set unless that was tried within the last minute. The set is as
// it was when it can't be had, or its turn doesn't come in time; the error is the
// caller's who left.
func (s *keySets) renew(ctx context.Context, set *keySet, owner string) error {
	wait, cancel := context.WithTimeout(ctx, 2*s.fetcher.timeout)
	defer cancel()
	select {
	case set.fetching <- struct{}{}:
		defer func() { <-set.fetching }()
	case <-wait.Done():
		return left(ctx)
	}
	if s.wasTried(set.address) {
		return nil
	}
	leave, err := s.gate.enter(wait, owner, hostOf(set.address))
	if err != nil {
		return left(ctx)
	}
	defer leave()
	if s.mayTry(set.address) {
		s.fetch(ctx, set)
	}
	return nil
}

func left(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("wait for a key set: %w", ctx.Err())
	}
	return nil
}

func (s *keySets) wasTried(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.triedBy(address, s.now())
}

func (s *keySets) triedBy(address string, now time.Time) bool {
	at, tried := s.tried[address]
	return tried && now.Sub(at) < setPause
}

// mayTry lets one caller a minute through.
func (s *keySets) mayTry(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.triedBy(address, now) {
		return false
	}
	if now.Sub(s.swept) >= setPause {
		maps.DeleteFunc(s.tried, func(address string, _ time.Time) bool { return !s.triedBy(address, now) })
		s.swept = now
	}
	s.tried[address] = now
	return true
}

// fetch puts what is behind the URL into the set. It goes on when the caller
// gives up meanwhile: others wait for it.
func (s *keySets) fetch(ctx context.Context, set *keySet) {
	text, err := s.fetcher.get(context.WithoutCancel(ctx), set.address)
	var keys []publicKey
	if err == nil {
		keys, err = readKeySet(text)
	}
	if err != nil {
		s.log.WarnContext(ctx, "a client's key set can't be had", "host", hostOf(set.address), "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set.keys, set.fetched = keys, s.now()
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
	return strings.ToLower(u.Hostname())
}
