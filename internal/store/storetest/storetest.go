package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
)

// New gives a store over an SQLite file of its own, migrated and empty. It is
// closed when the test ends.
func New(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, SQLiteURL(t))
}

// NewPostgres is New over PostgreSQL; a run without PostgreSQL skips the test.
func NewPostgres(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, postgresDatabase(t, migrate))
}

// Each runs a test on both databases, as the parallel subtests "sqlite" and
// "postgres", with a store that is migrated and empty.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, database := range []struct {
		name string
		open func(testing.TB) *store.Store
	}{{"sqlite", New}, {"postgres", NewPostgres}} {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			if !wanted(database.name) {
				t.Skipf("%s leaves %s out", databasesVariable, database.name)
			}
			test(t, database.open(t))
		})
	}
}

// EachURL is Each with the URL of the migrated and empty database: for tests
// that open it more than once, or through a constructor of their own.
func EachURL(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		if !wanted("sqlite") {
			t.Skipf("%s leaves SQLite out", databasesVariable)
		}
		test(t, SQLiteURL(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, postgresDatabase(t, migrate))
	})
}

// Open opens a store and closes it when the test ends. It does not migrate.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return s
}

// SQLiteURL gives the path of a migrated and empty SQLite file of the test's own.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	template, err := sqliteTemplate()
	if err != nil {
		t.Fatalf("make the SQLite template: %v", err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, template, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sqliteTemplate is the file of a migrated and empty database, made once in a
// process: a copy costs a hundredth of the migrations.
var sqliteTemplate = sync.OnceValues(func() (file []byte, err error) {
	folder, err := os.MkdirTemp("", "latchkey-test-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "template.db")
	// Closing the last connection moves the write-ahead log into the file.
	if err := migrate(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func migrate(url string) (err error) {
	// Not a test's context: the template outlives the first test that asks for it.
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{URL: url})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Migrate(ctx)
}

// FailNext makes the next read or write of s fail with err, once.
func FailNext(s *store.Store, err error) { s.FailAfter(injector{}, 0, err) }

// FailAfter lets passed reads and writes of s pass and makes the next one fail
// with err, once. The answer tells whether that has happened.
func FailAfter(s *store.Store, passed int, err error) (happened func() bool) {
	return s.FailAfter(injector{}, passed, err)
}

type injector struct{}

func (injector) InjectsFaultsInTests() {}
