package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm/schema"

	"github.com/latchkey-dev/latchkey/models"
)

// loadBatch is how many tokens one transaction of a load writes.
const loadBatch = 10_000

// loadedTables are what a load writes, parents first.
var loadedTables = []any{tokenRow{}, secretRow{}, tokenRoleRow{}, useRow{}, eventRow{}}

// LoadedToken is a token with all that belongs to it, for LoadTokens.
type LoadedToken struct {
	Token  models.Token
	Secret models.TokenSecret
	Uses   []models.TokenUse
	// Event is that of its making.
	Event models.Event
}

// LoadTokens writes very many tokens into a database that nobody works in yet:
// COPY on PostgreSQL, prepared statements in large transactions on SQLite, and
// the indexes of the tables after the rows. It gives the rows of all tables. Where
// it fails, what was written so far stays.
func (s *Store) LoadTokens(ctx context.Context, tokens iter.Seq[LoadedToken]) (rows int, err error) {
	tables, err := loadTables()
	if err != nil {
		return 0, fmt.Errorf("load tokens: %w", err)
	}
	err = s.withoutIndexes(ctx, tables, func() error {
		for part := range chunks(tokens, loadBatch) {
			written, err := s.loadPart(ctx, tables, part)
			if err != nil {
				return err
			}
			rows += written
		}
		return nil
	})
	return rows, translate("load tokens", err)
}

// chunks is slices.Chunk for a sequence.
func chunks[T any](all iter.Seq[T], size int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		part := make([]T, 0, size)
		for one := range all {
			if part = append(part, one); len(part) < size {
				continue
			}
			if !yield(part) {
				return
			}
			part = make([]T, 0, size)
		}
		if len(part) > 0 {
			yield(part)
		}
	}
}

// loadTable is a table whose rows are written without GORM: it spends more on
// a row than either database does.
type loadTable struct {
	name    string
	columns []string
	fields  []*schema.Field
}

func loadTables() ([]loadTable, error) {
	tables := make([]loadTable, len(loadedTables))
	for i, row := range loadedTables {
		parsed, err := schema.Parse(row, &sync.Map{}, schema.NamingStrategy{})
		if err != nil {
			return nil, err
		}
		tables[i].name = parsed.Table
		for _, field := range parsed.Fields {
			if field.Creatable {
				tables[i].fields = append(tables[i].fields, field)
				tables[i].columns = append(tables[i].columns, field.DBName)
			}
		}
	}
	return tables, nil
}

// values are a row's, in the order of the columns.
func (t loadTable) values(ctx context.Context, row reflect.Value) []any {
	values := make([]any, len(t.fields))
	for i, field := range t.fields {
		values[i], _ = field.ValueOf(ctx, row)
	}
	return values
}

// loadPart writes tokens and what belongs to them in one transaction, on a
// connection of its own: COPY is nothing that database/sql knows.
func (s *Store) loadPart(ctx context.Context, tables []loadTable, part []LoadedToken) (rows int, err error) {
	conn, err := s.pools[0].Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	var last int64
	err = tx.QueryRowContext(ctx, fmt.Sprintf("UPDATE change_counter SET n = n + %d WHERE id = 1 RETURNING n", len(part))).Scan(&last)
	if err == nil {
		rows, err = s.loadRows(ctx, conn, tables, rowsOf(part, last-int64(len(part))))
	}
	if err != nil {
		return 0, errors.Join(err, tx.Rollback())
	}
	return rows, tx.Commit()
}

func (s *Store) loadRows(ctx context.Context, conn *sql.Conn, tables []loadTable, all []reflect.Value) (rows int, err error) {
	load := loadSQLite
	if s.dialect.name == postgresDialect.name {
		load = loadPostgres
	}
	for i, some := range all {
		if err := load(ctx, conn, tables[i], some); err != nil {
			return 0, fmt.Errorf("load %s: %w", tables[i].name, err)
		}
		rows += some.Len()
	}
	return rows, nil
}

// rowsOf are slices of row structs in the order of loadedTables.
func rowsOf(part []LoadedToken, lastEvent int64) []reflect.Value {
	tokens, secrets, events := make([]tokenRow, len(part)), make([]secretRow, len(part)), make([]eventRow, len(part))
	var roles []tokenRoleRow
	var uses []useRow
	for i, p := range part {
		tokens[i], secrets[i] = *newTokenRow(p.Token), *newSecretRow(p.Secret)
		events[i] = newEventRow(p.Event, lastEvent+int64(i)+1)
		for _, id := range sortedOnce(p.Token.RoleIDs) {
			roles = append(roles, tokenRoleRow{TokenID: p.Token.ID, RoleID: id, TenantID: p.Token.TenantID})
		}
		for _, u := range p.Uses {
			uses = append(uses, useRow{TokenID: u.TokenID, SecretID: u.SecretID, IP: clip(u.IP), UserAgent: clip(u.UserAgent), At: stamp(u.At)})
		}
	}
	var all []reflect.Value
	for _, rows := range []any{tokens, secrets, roles, uses, events} {
		all = append(all, reflect.ValueOf(rows))
	}
	return all
}

// loadSQLite runs one prepared statement for each row: the driver binds many
// parameters in quadratic time, so that statements of many rows are slower.
func loadSQLite(ctx context.Context, conn *sql.Conn, t loadTable, rows reflect.Value) (err error) {
	insert, err := conn.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(t.columns, ", ")+") VALUES ("+
		strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ")+")")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for i := range rows.Len() {
		if _, err := insert.ExecContext(ctx, t.values(ctx, rows.Index(i))...); err != nil {
			return err
		}
	}
	return nil
}

// loadPostgres copies them. COPY is binary, where a time must be one.
func loadPostgres(ctx context.Context, conn *sql.Conn, t loadTable, rows reflect.Value) error {
	source := pgx.CopyFromSlice(rows.Len(), func(i int) ([]any, error) {
		values := t.values(ctx, rows.Index(i))
		for n, value := range values {
			switch at := value.(type) {
			case stamp:
				values[n] = models.Stamp(at.time())
			case *stamp:
				values[n] = at.optional()
			}
		}
		return values, nil
	})
	return conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, source)
		return err
	})
}

// withoutIndexes drops the indexes of the tables that keep nothing unique while
// during runs, and makes them again however it ends. So it does with SQLite's
// index of search, whose triggers cost more than the rows.
func (s *Store) withoutIndexes(ctx context.Context, tables []loadTable, during func() error) (err error) {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	var dropped []struct{ Type, Name, Definition string }
	if err := s.writer.WithContext(ctx).Raw(s.dialect.indexes, names).Scan(&dropped).Error; err != nil {
		return err
	}
	run := func(ctx context.Context, statement string) error {
		return s.writer.WithContext(ctx).Exec(statement).Error
	}
	defer func() {
		// Without them nothing would be found any more, so not even an
		// interruption keeps them from being made.
		ctx := context.WithoutCancel(ctx)
		for _, statement := range s.dialect.fill {
			err = errors.Join(err, run(ctx, statement))
		}
		for _, index := range dropped {
			err = errors.Join(err, run(ctx, index.Definition))
		}
		err = errors.Join(err, run(ctx, s.dialect.settle))
	}()
	for i, index := range dropped {
		if err := run(ctx, "DROP "+index.Type+" "+index.Name); err != nil {
			dropped = dropped[:i]
			return err
		}
	}
	return during()
}
