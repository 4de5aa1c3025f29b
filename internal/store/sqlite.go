package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"modernc.org/sqlite"
)

const (
	// sqliteDriver is the name that modernc.org/sqlite registers.
	sqliteDriver = "sqlite"
	// busyMilliseconds is how long a connection waits for another process's lock.
	busyMilliseconds = 5000
	// cacheKiB is up to how much of the file each reading connection keeps in
	// memory. What a thousand tokens of a long list lie on is 4 MiB for a table
	// or an index; SQLite's own 2 MiB would be read anew by every search.
	cacheKiB = 16 << 10
	// walPatience bounds the wait for the switch to WAL, which SQLite does not
	// wait for by itself when two processes open a new file at once.
	walPatience = 5 * time.Second
	walPause    = 20 * time.Millisecond
)

// pragma is a setting and the value that it must read back as.
type pragma struct{ name, set, got string }

func writerPragmas() []pragma {
	return []pragma{
		{"busy_timeout", fmt.Sprint(busyMilliseconds), fmt.Sprint(busyMilliseconds)},
		{"journal_mode", "WAL", "wal"},
		{"foreign_keys", "1", "1"},
		{"synchronous", "NORMAL", "1"},
	}
}

func readerPragmas() []pragma {
	return []pragma{
		{"busy_timeout", fmt.Sprint(busyMilliseconds), fmt.Sprint(busyMilliseconds)},
		{"foreign_keys", "1", "1"},
		{"query_only", "1", "1"},
		{"cache_size", fmt.Sprint(-cacheKiB), fmt.Sprint(-cacheKiB)},
	}
}

func (s *Store) openSQLite(ctx context.Context) error {
	s.dialect = sqliteDialect
	// Made by hand for its mode; SQLite gives -wal and -shm the same one.
	file, err := os.OpenFile(s.url, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	writer, err := openSQLitePool(ctx, sqliteDSN(s.url, writerPragmas(), "immediate"), 1)
	if err != nil {
		return err
	}
	if s.writer, err = s.add(ctx, writer, sqliteDialector{writer}); err != nil {
		return err
	}
	readers, err := openSQLitePool(ctx, sqliteDSN(s.url, readerPragmas(), "deferred"), max(4, runtime.NumCPU()))
	if err != nil {
		return err
	}
	if s.reader, err = s.add(ctx, readers, sqliteDialector{readers}); err != nil {
		return err
	}
	s.direct = newPrepared(readers)
	return errors.Join(assertPragmas(ctx, writer, writerPragmas()), assertPragmas(ctx, readers, readerPragmas()))
}

// sqliteDSN spells a file URI. No _time_format: times are bound as text by
// stamp, and this driver ignores _txlock when _time_format is given.
func sqliteDSN(path string, pragmas []pragma, txlock string) string {
	query := url.Values{}
	for _, p := range pragmas {
		query.Add("_pragma", p.name+"("+p.set+")")
	}
	query.Set("_txlock", txlock)
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path) + "?" + query.Encode()
}

// openSQLitePool opens size connections at most, none of which goes stale, and
// makes the first one.
func openSQLitePool(ctx context.Context, dsn string, size int) (*sql.DB, error) {
	pool, err := sql.Open(sqliteDriver, dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	for end := time.Now().Add(walPatience); ; {
		err = pool.PingContext(ctx)
		if !isSQLiteBusy(err) || time.Now().After(end) {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(walPause):
		}
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

func isSQLiteBusy(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqliteBusy
}

// assertPragmas reads the settings back: SQLite ignores a misspelt one in silence.
func assertPragmas(ctx context.Context, pool *sql.DB, pragmas []pragma) error {
	for _, p := range pragmas {
		var got string
		if err := pool.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return fmt.Errorf("read PRAGMA %s: %w", p.name, err)
		}
		if got != p.got {
			return fmt.Errorf("PRAGMA %s is %q, want %q", p.name, got, p.got)
		}
	}
	return nil
}
