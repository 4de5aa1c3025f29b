package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Config says where the database is.
type Config struct {
	// URL is a file path (SQLite) or postgres://… .
	URL string
	// Uncached makes every credential be read from the database each time.
	Uncached bool
	// Log is told of migrations; nil means nowhere.
	Log *slog.Logger
}

// Store is the database. It is safe for concurrent use. Open makes one.
type Store struct {
	log     *slog.Logger
	url     string
	dialect dialect
	// writer and reader are the same pool on PostgreSQL.
	writer, reader *gorm.DB
	pools          []*sql.DB
	// direct reads without GORM.
	direct     rowReader
	schema     int64
	credential credentialQueries
	cache      *credentialCache
	fault      fault
}

// Open connects to the database and checks that it is set as the store needs
// it. It makes an SQLite file that does not exist, with mode 0600, but does not
// migrate: see Migrate. Close the store when done.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.URL == "" {
		return nil, errors.New("open store: no database URL")
	}
	s := &Store{log: cfg.Log, url: cfg.URL}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	open := s.openSQLite
	if strings.HasPrefix(cfg.URL, "postgres://") || strings.HasPrefix(cfg.URL, "postgresql://") {
		open = s.openPostgres
	}
	if err := open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	var err error
	if s.schema, err = newestMigration(s.dialect); err == nil {
		s.credential, err = newCredentialQueries(s.dialect)
	}
	if err == nil && !cfg.Uncached {
		s.cache, err = newCredentialCache(s.changesAfter)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

// Close gives back every connection. Calls that are under way fail.
func (s *Store) Close() error {
	var errs []error
	for _, pool := range s.pools {
		errs = append(errs, pool.Close())
	}
	return errors.Join(errs...)
}

// Ping tells whether the store can serve: one cheap read, which also finds out
// whether the schema is the one this binary needs, or a newer one (while a
// newer release is being rolled out).
func (s *Store) Ping(ctx context.Context) error {
	version, err := s.schemaVersion(ctx)
	if err != nil {
		return err
	}
	if version < s.schema {
		return fmt.Errorf("ping store: the schema is at version %d, this release needs %d: run migrate", version, s.schema)
	}
	return nil
}

// add wraps a pool in GORM as the store uses it, and keeps it for Close.
func (s *Store) add(ctx context.Context, pool *sql.DB, dialector gorm.Dialector) (*gorm.DB, error) {
	s.pools = append(s.pools, pool)
	if err := pool.PingContext(ctx); err != nil {
		return nil, err
	}
	return gorm.Open(dialector, gormConfig())
}

func gormConfig() *gorm.Config {
	return &gorm.Config{
		// A lone statement is atomic by itself, and several are in tx.go's hands.
		SkipDefaultTransaction:   true,
		DisableNestedTransaction: true,
		DisableAutomaticPing:     true,
		TranslateError:           true,
		// Every column by name, never *.
		QueryFields: true,
		// Errors are returned; GORM would log each taken name as well.
		Logger: logger.Discard,
		// No row struct has a field that GORM fills, so this clock is idle;
		// should one ever, it must at least not bring a zone.
		NowFunc: func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) },
	}
}
