package signing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/models"
)

var (
	sealKey  = bytes.Repeat([]byte{7}, 32)
	otherKey = bytes.Repeat([]byte{8}, 32)
)

// memory keeps keys without a database, for tests that are not about keeping. It
// rotates none.
type memory struct {
	signing.Store
	mu    sync.Mutex
	rows  []models.SigningKey
	reads int
	err   error
}

func (m *memory) SigningKeys(context.Context) ([]models.SigningKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	return append([]models.SigningKey(nil), m.rows...), m.err
}

func (m *memory) CreateSigningKeys(_ context.Context, keys []models.SigningKey, _ []models.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = append(m.rows, keys...)
	return m.err
}

// fail makes the store answer with an error, nil to mend it.
func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func (m *memory) countReads() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads
}

func newKeys(t *testing.T, store signing.Store, seal []byte) *signing.Keys {
	t.Helper()
	keys, err := signing.New(signing.Config{Store: store, SealKey: seal})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func readyKeys(t *testing.T, store signing.Store) *signing.Keys {
	t.Helper()
	return ready(t, signing.Config{Store: store})
}

// ready are keys after Ensure, under sealKey.
func ready(t *testing.T, cfg signing.Config) *signing.Keys {
	t.Helper()
	cfg.SealKey = sealKey
	keys, err := signing.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	return keys
}

// era is a clock that the test moves.
type era struct {
	mu  sync.Mutex
	now time.Time
}

func newEra() *era { return &era{now: time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)} }

func (e *era) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

func (e *era) pass(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(d)
}

// publication is how long a key is published before it signs: PublishedFor, and the
// second in which every replica learns of it.
const publication = signing.PublishedFor + time.Second

// replica is one of several on the same store and clock.
func replica(t *testing.T, s signing.Store, e *era) *signing.Keys {
	t.Helper()
	return ready(t, signing.Config{Store: s, Now: e.Now})
}

func system() models.Caller { return models.Caller{Kind: models.System} }

// kids are the ids of the published keys, in order.
func kids(t *testing.T, keys *signing.Keys) []string {
	t.Helper()
	set, err := keys.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]string, len(set.Keys))
	for i, key := range set.Keys {
		ids[i] = key.KeyID
	}
	return ids
}

func sign(t *testing.T, keys *signing.Keys) string {
	t.Helper()
	jwt, err := keys.Sign(t.Context(), object{"sub": "c"})
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

// signAccessToken signs an access token and checks by which algorithm.
func signAccessToken(t *testing.T, keys *signing.Keys, algorithm string) string {
	t.Helper()
	jwt, err := keys.SignAccessToken(t.Context(), object{"sub": "c"})
	if err != nil {
		t.Fatal(err)
	}
	if head := headOf(t, jwt); len(head) != 3 || head["typ"] != "at+jwt" || head["alg"] != algorithm || head["kid"] != signing.KeyID(jwt) {
		t.Errorf("header = %v, want %s", head, algorithm)
	}
	return jwt
}

func headOf(t *testing.T, jwt string) object {
	t.Helper()
	var head object
	if err := json.Unmarshal(decode(t, strings.Split(jwt, ".")[0]), &head); err != nil {
		t.Fatal(err)
	}
	return head
}

// keyIn is the id of the key of an algorithm that is in a state.
func keyIn(t *testing.T, keys *signing.Keys, algorithm string, state models.KeyState) string {
	t.Helper()
	rows, err := keys.List(t.Context(), system())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Algorithm == algorithm && row.State == state {
			return row.ID
		}
	}
	t.Fatalf("no %s key is %s", algorithm, state)
	return ""
}

// rotate lets the next key sign once it may.
func rotate(t *testing.T, keys *signing.Keys, e *era, algorithm string) models.SigningKey {
	t.Helper()
	e.pass(publication)
	key, err := keys.Rotate(t.Context(), system(), keyIn(t, keys, algorithm, models.KeyActive))
	if err != nil {
		t.Fatal(err)
	}
	return key
}
