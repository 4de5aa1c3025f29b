package signing_test

import (
	"bytes"
	"context"
	"sync"
	"testing"

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

func (m *memory) CreateSigningKey(_ context.Context, key models.SigningKey, _ models.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = append(m.rows, key)
	return m.err
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
	keys := newKeys(t, store, sealKey)
	if err := keys.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	return keys
}
