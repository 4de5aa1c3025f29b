package handlers_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// ledger reads a whole database beside the store, row by row.
type ledger struct {
	t      *testing.T
	db     *sql.DB
	sqlite bool
	// all reads what a refused form must leave as it is. plain leaves out
	// what is drawn by lot, too, so that two databases can be compared.
	all, plain string
}

// bookkeeping is what any request may write: counters, when a session was
// seen, and events, which are looked at one by one. SQLite's index of search
// follows from the tokens.
var bookkeeping = regexp.MustCompile(`^(change_counter|attempts|events|goose_db_version|token_search\w*)\.|^sqlite_|^sessions\.last_seen_at$`)

// drawn is what no two databases have alike.
var drawn = regexp.MustCompile(`^(signing_keys|goose_db_version|attempts|token_search\w*)\.|^sqlite_|\.(client_id|key_check|digest|last_four|form_id|search|password_hash|id_hash|hash|previous_hash|series_hash|csrf|code_hash|request_id|kid)$`)

// onLedger runs a test over a world on each database, or on SQLite alone.
func onLedger(t *testing.T, both bool, test func(w *world, l *ledger)) {
	t.Helper()
	if !both {
		url := storetest.SQLiteURL(t)
		test(newWorld(t, storetest.Open(t, url)), newLedger(t, url))
		return
	}
	storetest.EachURL(t, func(t *testing.T, url string) {
		test(newWorld(t, storetest.Open(t, url)), newLedger(t, url))
	})
}

// newLedger opens a connection of its own; url is as store.Config has it.
func newLedger(t *testing.T, url string) *ledger {
	t.Helper()
	driver, columns, row := "sqlite",
		"SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2",
		"'%[1]s=' || quote(%[1]s)"
	if strings.HasPrefix(url, "postgres") {
		driver, columns, row = "pgx",
			"SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
			"'%[1]s=' || coalesce(quote_literal(%[1]s::text), 'NULL')"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	l := &ledger{t: t, db: db, sqlite: driver == "sqlite"}
	found := l.pairs(columns)
	l.all = dumpOf(found, row, func(column string) bool { return !bookkeeping.MatchString(column) })
	l.plain = dumpOf(found, row, func(column string) bool { return !drawn.MatchString(column) })
	return l
}

// dumpOf is one statement that reads the wanted columns of all tables.
func dumpOf(columns [][2]string, row string, wanted func(string) bool) string {
	tables := map[string][]string{}
	for _, c := range columns {
		if wanted(c[0] + "." + c[1]) {
			tables[c[0]] = append(tables[c[0]], fmt.Sprintf(row, c[1]))
		}
	}
	var parts []string
	for table, columns := range tables {
		parts = append(parts, fmt.Sprintf("SELECT '%s', %s FROM %s", table, strings.Join(columns, " || ' ' || "), table))
	}
	return strings.Join(parts, " UNION ALL ")
}

func (l *ledger) pairs(query string) [][2]string {
	l.t.Helper()
	// Not the test's context alone: a query that waits for a lock must end.
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	rows, err := l.db.QueryContext(ctx, query)
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	var all [][2]string
	for rows.Next() {
		var pair [2]string
		if err := rows.Scan(&pair[0], &pair[1]); err != nil {
			l.t.Fatal(err)
		}
		all = append(all, pair)
	}
	if err := rows.Err(); err != nil {
		l.t.Fatal(err)
	}
	return all
}

// rows is the database as sorted lines of text.
func (l *ledger) rows() []string {
	l.t.Helper()
	return lines(l.pairs(l.all))
}

func lines(pairs [][2]string) []string {
	out := make([]string, len(pairs))
	for i, p := range pairs {
		out[i] = p[0] + " " + p[1]
	}
	slices.Sort(out)
	return out
}

// thumbprint is the id of a signing key.
var thumbprint = regexp.MustCompile(`target_id='[A-Za-z0-9_-]{43}'`)

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// likeness is the database with what is drawn by lot left out and every id
// replaced by a number that no lot decides either.
func (l *ledger) likeness() []string {
	l.t.Helper()
	pairs := l.pairs(l.plain)
	for i := range pairs {
		pairs[i][1] = thumbprint.ReplaceAllString(pairs[i][1], "target_id=key")
	}
	var rows []row
	for _, line := range lines(pairs) {
		rows = append(rows, rowOf(line))
	}
	numbers := numbersOf(rows)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.with(func(id string) string { return numbers[id] })
	}
	slices.Sort(out)
	return out
}

// row is a line of a ledger, its ids apart from the texts around them: finding
// the ids takes far longer than all that is done with them.
type row struct {
	texts, ids []string // one text more than ids
}

func rowOf(line string) row {
	return row{texts: uuids.Split(line, -1), ids: uuids.FindAllString(line, -1)}
}

// with is the line with every id replaced.
func (r row) with(replace func(id string) string) string {
	var b strings.Builder
	for i, id := range r.ids {
		b.WriteString(r.texts[i])
		b.WriteString(replace(id))
	}
	b.WriteString(r.texts[len(r.ids)])
	return b.String()
}

// numbersOf numbers the ids in rows: first those in rows that differ without
// their ids, events and names for example, then those in rows that differ by
// the ids that are numbered already, and so on until only likes are left.
func numbersOf(rows []row) map[string]string {
	numbers := map[string]string{}
	number := func(r row) {
		for _, id := range r.ids {
			if numbers[id] == "" {
				numbers[id] = fmt.Sprintf("#%d", len(numbers))
			}
		}
	}
	for before := -1; before < len(numbers); {
		before = len(numbers)
		alike := map[string][]row{}
		for _, r := range rows {
			known := r.with(func(id string) string { return cmp.Or(numbers[id], "#") })
			alike[known] = append(alike[known], r)
		}
		for _, known := range slices.Sorted(maps.Keys(alike)) {
			if len(alike[known]) == 1 {
				number(alike[known][0])
			}
		}
	}
	for _, r := range rows {
		number(r)
	}
	return numbers
}

// difference is what one list of rows has and the other lacks, marked - and +.
func difference(before, after []string) string {
	var out []string
	for _, row := range before {
		if !slices.Contains(after, row) {
			out = append(out, "- "+row)
		}
	}
	for _, row := range after {
		if !slices.Contains(before, row) {
			out = append(out, "+ "+row)
		}
	}
	return strings.Join(out, "\n")
}

// news are the events since the last look.
func (w *world) news() []models.Event {
	w.t.Helper()
	var all []models.Event
	for {
		events, err := w.store.Events(w.t.Context(), w.seen, 200)
		w.must(err)
		if len(events) == 0 {
			return all
		}
		all, w.seen = append(all, events...), events[len(events)-1].Number
	}
}
