package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"io/fs"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/latchkey-dev/latchkey/models"
)

// Pool is the writing pool, for looking at what is really in the database.
func (s *Store) Pool() *sql.DB { return s.pools[0] }

// Readers is the reading pool.
func (s *Store) Readers() *sql.DB { return s.pools[len(s.pools)-1] }

// Dialect is "sqlite" or "postgres".
func (s *Store) Dialect() string { return s.dialect.name }

// MigrateTo brings an empty database to the schema of an older release.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	files, err := fs.Sub(migrations, "migrations/"+s.dialect.name)
	if err != nil {
		return err
	}
	d := goose.DialectPostgres
	if s.dialect.name == sqliteDialect.name {
		d = goose.DialectSQLite3
	}
	provider, err := goose.NewProvider(d, s.pools[0], files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}

// ExecInRead runs a statement in a reading transaction.
func (s *Store) ExecInRead(ctx context.Context, statement string) error {
	return s.read(ctx, "exec in read", func(tx *gorm.DB) error { return tx.Exec(statement).Error })
}

// WriteThrough is a writing transaction in which during runs before the events.
func (s *Store) WriteThrough(ctx context.Context, event models.Event, during func() error) error {
	return s.write(ctx, "write through", []models.Event{event}, func(*gorm.DB) error { return during() })
}

// WriteNothing is a change that forgot its event.
func (s *Store) WriteNothing(ctx context.Context) error {
	return s.write(ctx, "write nothing", nil, func(*gorm.DB) error { return nil })
}

// SecretFor is a secret of the token's, which its id leads to.
func SecretFor(t models.Token) models.TokenSecret {
	digest := sha256.Sum256([]byte(t.ID))
	return models.TokenSecret{
		ID: t.ID, TokenID: t.ID, Digest: digest[:], Prefix: t.Prefix, LastFour: t.LastFour,
		CreatedAt: t.CreatedAt, EndsAt: models.NeverExpires, LastUsedAt: t.LastUsedAt,
	}
}

// AddTokens writes many tokens without events.
func (s *Store) AddTokens(ctx context.Context, tokens []models.Token) error {
	rows := make([]*tokenRow, len(tokens))
	secrets := make([]*secretRow, len(tokens))
	for i, t := range tokens {
		rows[i] = newTokenRow(t)
		secrets[i] = newSecretRow(SecretFor(t))
	}
	return s.note(ctx, "add tokens", func(tx *gorm.DB) error {
		if err := tx.CreateInBatches(rows, 500).Error; err != nil {
			return err
		}
		return tx.CreateInBatches(secrets, 500).Error
	})
}

// PurgedAtOnce is how many rows a purge removes at a time.
const PurgedAtOnce = purgedAtOnce

// AddRefreshTokens writes many refresh tokens, however many may live.
func (s *Store) AddRefreshTokens(ctx context.Context, tokens []models.RefreshToken) error {
	rows := make([]*refreshRow, len(tokens))
	for i, r := range tokens {
		rows[i] = newRefreshRow(r)
	}
	return s.note(ctx, "add refresh tokens", func(tx *gorm.DB) error { return tx.CreateInBatches(rows, 500).Error })
}

// AddUsedIDs writes n used ids.
func (s *Store) AddUsedIDs(ctx context.Context, n int, expiresAt time.Time) error {
	rows := make([]*usedIDRow, n)
	for i := range rows {
		hash := sha256.Sum256([]byte(strconv.Itoa(i)))
		rows[i] = &usedIDRow{Hash: hash[:], Expires: stamp(expiresAt)}
	}
	return s.note(ctx, "add used ids", func(tx *gorm.DB) error { return tx.CreateInBatches(rows, 500).Error })
}

// Statement is one that GORM ran.
type Statement struct {
	SQL  string
	Args []any
}

// Record gives the statements that the store runs while during runs.
func (s *Store) Record(t *testing.T, during func()) []Statement {
	t.Helper()
	var mu sync.Mutex
	var statements []Statement
	record := func(db *gorm.DB) {
		if db.DryRun {
			return // a part of another statement
		}
		mu.Lock()
		defer mu.Unlock()
		statements = append(statements, Statement{SQL: db.Statement.SQL.String(), Args: db.Statement.Vars})
	}
	const name = "test:record"
	add := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	add(s.reader.Callback().Query().After("gorm:query").Register(name, record))
	add(s.reader.Callback().Row().After("gorm:row").Register(name, record))
	direct := s.direct
	s.direct = recorder{direct, func(_ context.Context, made Statement) {
		mu.Lock()
		defer mu.Unlock()
		statements = append(statements, made)
	}}
	during()
	s.direct = direct
	add(s.reader.Callback().Query().Remove(name))
	add(s.reader.Callback().Row().Remove(name))
	return statements
}

// recorder tells of the statements that go past GORM.
type recorder struct {
	rowReader
	tell func(context.Context, Statement)
}

func (r recorder) readRow(ctx context.Context, statement string, keys, targets []any) error {
	r.tell(ctx, Statement{SQL: statement, Args: keys})
	return r.rowReader.readRow(ctx, statement, keys, targets)
}

// RowColumns gives, by table, the columns that the row structs know.
func RowColumns(t *testing.T) map[string][]string {
	t.Helper()
	columns := map[string][]string{}
	for _, row := range []any{
		settingsRow{}, eventRow{}, tenantRow{}, userRow{}, membershipRow{}, permissionRow{}, roleRow{},
		rolePermissionRow{}, membershipRoleRow{}, tokenRow{}, secretRow{}, useRow{}, tokenRoleRow{}, refusalRow{}, bulkRow{}, sessionRow{}, linkRow{},
		attemptsRow{}, signingKeyRow{}, vendorKeyRow{}, vendorSecretRow{}, refreshRow{}, browserSessionRow{}, portalLinkRow{},
		usedIDRow{}, revokedJWTRow{},
	} {
		parsed, err := schema.Parse(row, &sync.Map{}, schema.NamingStrategy{})
		if err != nil {
			t.Fatal(err)
		}
		columns[parsed.Table] = parsed.DBNames
	}
	return columns
}

// Clip, Fold and Containing are the rules for text.
func Clip(s string) string       { return clip(s) }
func Fold(s string) string       { return fold(s) }
func Containing(s string) string { return containing(s) }

// Counter is the number of the last event.
func (s *Store) Counter(ctx context.Context) (n int64, err error) {
	return n, s.one(ctx, "counter", func(db *gorm.DB) error {
		return db.Raw("SELECT n FROM change_counter").Scan(&n).Error
	})
}

// DeadlineOfReads is when the last read past GORM would have ended that during made, if ever.
func (s *Store) DeadlineOfReads(during func()) (ends time.Time, bounded bool) {
	direct := s.direct
	defer func() { s.direct = direct }()
	s.direct = recorder{direct, func(ctx context.Context, _ Statement) { ends, bounded = ctx.Deadline() }}
	during()
	return ends, bounded
}
