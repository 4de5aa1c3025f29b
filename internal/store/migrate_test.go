package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// eachEmpty runs a test on both databases before any migration.
func eachEmpty(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, filepath.Join(t.TempDir(), "new.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, storetest.PostgresURL(t))
	})
}

func TestMigrate_SeveralProcessesAtOnceAllSucceed(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, url string) {
		// Each has its own store, as processes have: nothing but the database
		// is between them. They open the new file at once as well.
		errs := atOnce(4, func(int) error {
			s, err := store.Open(t.Context(), store.Config{URL: url})
			if err != nil {
				return err
			}
			defer s.Close()
			return s.Migrate(t.Context())
		})
		for _, err := range errs {
			if err != nil {
				t.Errorf("%v", err)
			}
		}
		s := storetest.Open(t, url)
		if got := textsOf(t, s, `SELECT CAST(count(*) AS text) FROM goose_db_version WHERE version_id = 1`); got[0] != "1" {
			t.Errorf("the first migration was applied %s times", got[0])
		}
		ok(t, s.Ping(t.Context()))
	})
}

func TestMigrate_TwiceIsHarmless(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		newWorld(t, s)
		ok(t, s.Migrate(t.Context()))
		if _, err := s.Settings(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestPing_FailsUntilMigrated(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		if err := s.Ping(t.Context()); err == nil {
			t.Error("an empty database is ready")
		}
		ok(t, s.Migrate(t.Context()))
		ok(t, s.Ping(t.Context()))
		if _, err := s.Pool().ExecContext(t.Context(), "DELETE FROM goose_db_version WHERE version_id > 0"); err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "run migrate") {
			t.Errorf("an old schema: %v", err)
		}
	})
}

func TestOpen_SQLiteFileIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "odd name?#%41.db")
	s := storetest.Open(t, path)
	ok(t, s.Migrate(t.Context()))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		ok(t, err)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%q has mode %o", suffix, mode)
		}
	}
}

func TestOpen_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", filepath.Join(t.TempDir(), "no", "such", "folder.db"), "postgres://u:hunter2@localhost:1/x?connect_timeout=nonsense"} {
		_, err := store.Open(t.Context(), store.Config{URL: url})
		if err == nil {
			t.Errorf("%q was opened", url)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password is in %q", err)
		}
	}
}

func TestOpen_SQLiteWritersTakeTheLockWhenTheyBegin(t *testing.T) {
	t.Parallel()
	path := storetest.SQLiteURL(t)
	first, second := storetest.Open(t, path), storetest.Open(t, path)
	tx, err := first.Pool().BeginTx(t.Context(), nil)
	ok(t, err)
	defer func() { ok(t, tx.Rollback()) }()
	_, err = second.Pool().ExecContext(t.Context(), "PRAGMA busy_timeout(0)")
	ok(t, err)
	if err := second.AppendEvent(t.Context(), event(models.SignedIn)); !errors.Is(err, models.ErrBusy) {
		t.Errorf("a second writer: %v", err)
	}
}
