package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"
)

//go:embed migrations
var migrations embed.FS

const (
	// lockSeconds and lockTries: another replica may be migrating for minutes.
	lockSeconds = 1
	lockTries   = 300
)

// Migrate brings the schema up to date. Any number of processes may do it at
// once: one works, the others wait and find nothing left to do. It never goes
// back, and leaves a schema from a newer release alone.
func (s *Store) Migrate(ctx context.Context) error {
	// Most starts find nothing to do, and need no lock to see that.
	if err := s.Ping(ctx); err == nil {
		return nil
	}
	up := s.migratePostgres
	if s.dialect.name == sqliteDialect.name {
		up = s.migrateSQLite
	}
	if err := up(ctx); err != nil {
		return translate("migrate", err)
	}
	return nil
}

// schemaVersion is the newest migration that was applied.
func (s *Store) schemaVersion(ctx context.Context) (int64, error) {
	var version int64
	err := s.one(ctx, "schema version", func(db *gorm.DB) error {
		return db.Raw("SELECT coalesce(max(version_id), 0) FROM goose_db_version").Scan(&version).Error
	})
	return version, err
}

func newestMigration(d dialect) (int64, error) {
	entries, err := fs.ReadDir(migrations, "migrations/"+d.name)
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, entry := range entries {
		number, err := goose.NumericComponent(entry.Name())
		if err != nil {
			return 0, err
		}
		newest = max(newest, number)
	}
	return newest, nil
}

func (s *Store) up(ctx context.Context, d goose.Dialect, db *sql.DB, options ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, "migrations/"+s.dialect.name)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(d, db, files, append(options, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return err
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return err
	}
	for _, m := range applied {
		s.log.InfoContext(ctx, "migrated", "version", m.Source.Version, "duration", m.Duration)
	}
	return nil
}

// migratePostgres holds an advisory lock of its session meanwhile; a pooler
// between must not hand out another session for each transaction.
func (s *Store) migratePostgres(ctx context.Context) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockSeconds, lockTries))
	if err != nil {
		return err
	}
	return s.up(ctx, goose.DialectPostgres, s.pools[0], goose.WithSessionLocker(locker))
}

// migrateSQLite runs all migrations in one transaction, which holds the
// writer's lock: goose has no lock for SQLite. goose begins transactions of its
// own; the connection that it gets here makes savepoints of them.
func (s *Store) migrateSQLite(ctx context.Context) (err error) {
	dsn := sqliteDSN(s.url, writerPragmas(), "immediate")
	db := sql.OpenDB(nestingConnector{driver: s.pools[0].Driver(), dsn: dsn})
	// One connection, kept: the outer transaction lives on it.
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()

	for _, setting := range []string{fmt.Sprintf("PRAGMA busy_timeout(%d)", lockSeconds*lockTries*1000), "BEGIN IMMEDIATE"} {
		if _, err := db.ExecContext(ctx, setting); err != nil {
			return err
		}
	}
	if err := s.up(ctx, goose.DialectSQLite3, db); err != nil {
		return err // closing the connection rolls back
	}
	_, err = db.ExecContext(ctx, "COMMIT")
	return err
}

// nestingConnector makes connections whose transactions are savepoints.
type nestingConnector struct {
	driver driver.Driver
	dsn    string
}

func (c nestingConnector) Driver() driver.Driver { return c.driver }

func (c nestingConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return nestingConn{conn}, nil
}

// nestingConn shows database/sql the least that a driver can do, so that
// every statement is prepared and Begin is the way into a transaction.
type nestingConn struct{ driver.Conn }

func (c nestingConn) Begin() (driver.Tx, error) {
	return nestedTx(c), c.run("SAVEPOINT migration")
}

func (c nestingConn) run(statement string) (err error) {
	stmt, err := c.Prepare(statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	_, err = stmt.Exec(nil)
	return err
}

type nestedTx nestingConn

func (tx nestedTx) Commit() error { return nestingConn(tx).run("RELEASE migration") }

func (tx nestedTx) Rollback() error {
	return errors.Join(nestingConn(tx).run("ROLLBACK TO migration"), nestingConn(tx).run("RELEASE migration"))
}
