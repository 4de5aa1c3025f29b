package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
)

// table is what the two databases must agree on.
type table struct {
	// Columns says of each whether it may be NULL.
	Columns map[string]bool
	// Unique holds the column lists of primary key and unique indexes, partial
	// ones marked.
	Unique []string
	// Foreign holds references as "column → table.column".
	Foreign []string
}

func TestSchema_RowStructsHaveExactlyTheMigratedColumns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tables := readSchema(t, s)
		rows := store.RowColumns(t)
		for name, got := range tables {
			if name == "change_counter" {
				continue // one number, read by its own statement
			}
			want := slices.Sorted(slices.Values(rows[name]))
			if diff := cmp.Diff(want, sortedKeys(got.Columns)); diff != "" {
				t.Errorf("%s (-row struct +migration):\n%s", name, diff)
			}
		}
		for name := range rows {
			if _, ok := tables[name]; !ok {
				t.Errorf("no migration makes %s", name)
			}
		}
	})
}

func TestSchema_BothDatabasesAgree(t *testing.T) {
	t.Parallel()
	sqlite, postgres := readSchema(t, storetest.New(t)), readSchema(t, storetest.NewPostgres(t))
	if diff := cmp.Diff(sqlite, postgres); diff != "" {
		t.Errorf("schemas differ (-sqlite +postgres):\n%s", diff)
	}
}

func TestSchema_TextComparesByteForByte(t *testing.T) {
	t.Parallel()
	s := storetest.NewPostgres(t)
	for _, column := range textsOf(t, s, `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
		AND table_name <> 'goose_db_version'`) {
		t.Errorf("%s has no COLLATE \"C\"", column)
	}
}

// Without one, whatever is deleted reads all of the table that goes with it.
func TestSchema_WhatIsDeletedAlongIsFoundByAnIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		unaided := sqliteUnaided
		if s.Dialect() == "postgres" {
			unaided = postgresUnaided
		}
		for _, reference := range textsOf(t, s, unaided) {
			t.Errorf("no full index begins with %s", reference)
		}
	})
}

func TestSchema_NoColumnHoldsASecret(t *testing.T) {
	t.Parallel()
	for name, table := range readSchema(t, storetest.New(t)) {
		for column := range table.Columns {
			for _, bad := range []string{"secret", "plain", "code", "cookie", "private", "password"} {
				allowed := column == "code_hash" || column == "password_hash" || column == "secret_id" || column == "cookie_same_site"
				if strings.Contains(column, bad) && !allowed {
					t.Errorf("%s.%s", name, column)
				}
			}
		}
	}
}

// searchTables are SQLite's index of search, and what FTS5 makes for itself.
// PostgreSQL has an index proper in their place.
var searchTables = []string{
	"token_search", "token_search_config", "token_search_data", "token_search_docsize", "token_search_idx",
	"token_search_lists", "token_search_rows",
}

func readSchema(t *testing.T, s *store.Store) map[string]table {
	t.Helper()
	columns, unique, foreign := sqliteColumns, sqliteUnique, sqliteForeign
	if s.Dialect() == "postgres" {
		columns, unique, foreign = postgresColumns, postgresUnique, postgresForeign
	}
	tables := map[string]table{}
	for _, line := range textsOf(t, s, columns) {
		part := strings.Split(line, " ")
		if tables[part[0]].Columns == nil {
			tables[part[0]] = table{Columns: map[string]bool{}}
		}
		tables[part[0]].Columns[part[1]] = part[2] == "null"
	}
	for _, line := range textsOf(t, s, unique) {
		name, list, _ := strings.Cut(line, " ")
		it := tables[name]
		it.Unique = append(it.Unique, list)
		tables[name] = it
	}
	for _, line := range textsOf(t, s, foreign) {
		name, reference, _ := strings.Cut(line, " ")
		it := tables[name]
		it.Foreign = append(it.Foreign, reference)
		tables[name] = it
	}
	delete(tables, "goose_db_version")
	if s.Dialect() == "sqlite" {
		for _, name := range searchTables {
			if _, ok := tables[name]; !ok {
				t.Errorf("there is no %s", name)
			}
			delete(tables, name)
		}
	}
	for name, it := range tables {
		slices.Sort(it.Unique)
		slices.Sort(it.Foreign)
		tables[name] = it
	}
	return tables
}

const (
	sqliteColumns = `SELECT m.name || ' ' || c.name || ' ' || CASE WHEN c."notnull" THEN 'not' ELSE 'null' END
		FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.hidden <> 1`
	postgresColumns = `SELECT table_name || ' ' || column_name || ' ' || CASE is_nullable WHEN 'NO' THEN 'not' ELSE 'null' END
		FROM information_schema.columns WHERE table_schema = 'public'`

	// An INTEGER PRIMARY KEY has no index of its own on SQLite.
	sqliteUnique = `SELECT m.name || ' ' || (SELECT group_concat(k.name) FROM pragma_index_info(i.name) k)
			|| CASE WHEN i.partial THEN ' partial' ELSE '' END
		FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i."unique"
		UNION ALL SELECT m.name || ' ' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.pk = 1 AND c.type = 'INTEGER'`
	postgresUnique = `SELECT i.indrelid::regclass || ' ' || (SELECT string_agg(a.attname, ',' ORDER BY k.n)
				FROM unnest(i.indkey) WITH ORDINALITY k (attnum, n)
				JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum)
			|| CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace`

	sqliteForeign = `SELECT m.name || ' ' || f."from" || ' → ' || f."table" || '.' || f."to" || ' ' || f.on_delete
		FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	postgresForeign = `SELECT c.conrelid::regclass || ' ' || a.attname || ' → ' || c.confrelid::regclass || '.' || b.attname
			|| ' ' || CASE c.confdeltype WHEN 'c' THEN 'CASCADE' ELSE 'NO ACTION' END
		FROM pg_constraint c CROSS JOIN unnest(c.conkey, c.confkey) k (mine, theirs)
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.mine
		JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.theirs WHERE c.contype = 'f'`

	// References that cascade, of which no column begins an index of every row.
	sqliteUnaided = `SELECT m.name || ' ' || group_concat(f."from") FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' AND f.on_delete = 'CASCADE' GROUP BY m.name, f.id
		HAVING NOT max(EXISTS (SELECT 1 FROM pragma_index_list(m.name) i JOIN pragma_index_info(i.name) k
			WHERE NOT i.partial AND k.seqno = 0 AND k.name = f."from"))`
	postgresUnaided = `SELECT c.conrelid::regclass || ' ' || c.conname FROM pg_constraint c
		WHERE c.contype = 'f' AND c.confdeltype = 'c' AND NOT EXISTS (SELECT 1 FROM pg_index i
			WHERE i.indrelid = c.conrelid AND i.indpred IS NULL AND i.indkey[0] = ANY (c.conkey))`
)

// textsOf gives the one text column of a query.
func textsOf(t *testing.T, s *store.Store, query string, args ...any) []string {
	t.Helper()
	rows, err := s.Pool().QueryContext(t.Context(), query, args...)
	ok(t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var text string
		ok(t, rows.Scan(&text))
		out = append(out, text)
	}
	ok(t, rows.Err())
	return out
}

func sortedKeys(m map[string]bool) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
