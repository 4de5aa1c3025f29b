package store_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// crowd is enough for both planners to prefer an index where they have one.
const crowd = 3000

// crowded is a world whose tenant has thousands of tokens of each context, and
// a neighbour with as many.
func crowded(t *testing.T, s *store.Store) *world {
	t.Helper()
	w := newWorld(t, s)
	globex := w.addTenant("Globex")
	var tokens []models.Token
	for i := range crowd {
		token := w.apiToken(fmt.Sprintf("token %d", i))
		if i%3 == 1 {
			token = w.personalToken(w.dana.ID, fmt.Sprintf("token %d", i))
		}
		if i%3 == 2 {
			token.TenantID = globex.ID
		}
		tokens = append(tokens, madeAt(token, noon.Add(time.Duration(i)*time.Second)))
	}
	ok(t, s.AddTokens(t.Context(), tokens))
	return w
}

// planOf explains a statement as the database would run it now.
func planOf(t *testing.T, s *store.Store, statement store.Statement) string {
	t.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if s.Dialect() == "postgres" {
		explain = "EXPLAIN "
	}
	rows, err := s.Readers().QueryContext(t.Context(), explain+statement.SQL, statement.Args...)
	ok(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	ok(t, err)
	var plan strings.Builder
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		ok(t, rows.Scan(cells...))
		fmt.Fprintln(&plan, *cells[len(cells)-1].(*any)) // the last column is the text
	}
	ok(t, rows.Err())
	return plan.String()
}

var (
	// tokensScanned is a walk over all tokens. SQLite says "SCAN tokens USING
	// INDEX" for a walk over a whole index, which is no better; nor is what
	// PostgreSQL calls hashed, which is all that have a role.
	tokensScanned = regexp.MustCompile(`SCAN (tokens|t|token_roles|tr)\b|Seq Scan on tokens\b|hashed SubPlan`)
	sorted        = regexp.MustCompile(`USE TEMP B-TREE|Sort\b`)
)

// wantIndexed explains what during runs and refuses scans of tokens, and
// sorting where none is allowed.
func wantIndexed(t *testing.T, s *store.Store, during func(), sorts bool) []store.Statement {
	t.Helper()
	statements := s.Record(t, during)
	if len(statements) == 0 {
		t.Fatal("no statement was recorded")
	}
	for _, statement := range statements {
		if !strings.Contains(statement.SQL, "token") {
			continue
		}
		plan := planOf(t, s, statement)
		if tokensScanned.MatchString(plan) {
			t.Errorf("scans tokens:\n%s\n%s", statement.SQL, plan)
		}
		if !sorts && sorted.MatchString(plan) {
			t.Errorf("sorts:\n%s\n%s", statement.SQL, plan)
		}
	}
	return statements
}

// One crowd serves all: making it is what takes time.
func TestPlans_ReadsOfTokensUseAnIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := crowded(t, s)
		if s.Dialect() == "sqlite" {
			// Nothing analyses an SQLite file by itself.
			t.Run("lists, not analysed", func(t *testing.T) { plansOfLists(t, w) })
			t.Run("a credential, not analysed", func(t *testing.T) { plansOfCredentials(t, w) })
		}
		_, err := s.Pool().ExecContext(t.Context(), "ANALYZE")
		ok(t, err)
		t.Run("lists walk an index in order", func(t *testing.T) { plansOfLists(t, w) })
		t.Run("a search stays within the account", func(t *testing.T) { planOfSearch(t, w) })
		t.Run("a credential is one statement by index", func(t *testing.T) { plansOfCredentials(t, w) })
		t.Run("single tokens and members", func(t *testing.T) { plansOfSingles(t, w) })
	})
}

func plansOfLists(t *testing.T, w *world) {
	middle := &models.TokenCursor{ID: models.NewID(noon.Add(crowd / 2 * time.Second))}
	for _, of := range []models.TokenQuery{
		{Context: models.API}, {Context: models.Personal, UserID: w.dana.ID}, {Context: models.Personal, UserID: w.vic.ID},
	} {
		after, before := of, of
		after.After, before.Before = middle, middle
		for _, q := range []models.TokenQuery{of, after, before} {
			wantIndexed(t, w.Store, func() { w.list(q) }, false)
		}
	}
}

// A search looks at every token of its list. Where that is most of the table no
// index could help; but it must not look at other accounts' tokens.
func planOfSearch(t *testing.T, w *world) {
	small := w.addTenant("Initech")
	for range 20 {
		token := w.apiToken("token 12")
		token.TenantID = small.ID
		w.add(token)
	}
	wantIndexed(t, w.Store, func() {
		page, err := w.Tokens(t.Context(), models.TokenQuery{TenantID: small.ID, Context: models.API, TokenFilter: searchFor("n 12"), Limit: 50})
		ok(t, err)
		if len(page.Rows) != 20 {
			t.Errorf("%d rows", len(page.Rows))
		}
	}, true)
}

func plansOfCredentials(t *testing.T, w *world) {
	token := w.add(w.apiToken("x", w.editor.ID))
	for name, read := range map[string]func() error{
		"by digest": func() error { _, err := w.CredentialByDigest(t.Context(), digestOf(token.ID)); return err },
		"by secret": func() error { _, err := w.CredentialBySecret(t.Context(), token.ID); return err },
		"by id":     func() error { _, err := w.CredentialByID(t.Context(), token.ID); return err },
	} {
		statements := wantIndexed(t, w.Store, func() { ok(t, read()) }, true)
		// What the cache reads of the change log is another matter.
		statements = slices.DeleteFunc(statements, func(s store.Statement) bool { return !strings.Contains(s.SQL, "token_secrets") })
		if len(statements) != 1 {
			t.Errorf("%s: %d statements", name, len(statements))
		}
	}
}

func plansOfSingles(t *testing.T, w *world) {
	token := w.add(w.apiToken("x"))
	for _, read := range []func() error{
		func() error { _, err := w.Token(t.Context(), w.tenant.ID, token.ID); return err },
		func() error { _, err := w.TokenByFormID(t.Context(), w.tenant.ID, token.FormID); return err },
		func() error { _, err := w.Member(t.Context(), w.tenant.ID, w.vic.ID, noon); return err },
	} {
		wantIndexed(t, w.Store, func() { ok(t, read()) }, true)
	}
}

// Whatever is asked of a long list, no statement reads the table or sorts, no
// list costs more than a part of it, and the answer is right.
func TestPlans_ALongListIsNeverScannedNorSorted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := newWorld(t, s).longList()
		answer := l.answers()
		for _, q := range l.questions() {
			first := l.ask(q)
			after, before := first, first
			after.After = l.further(first, 198)
			before.Before = after.After
			queries := []models.TokenQuery{first, after, before}
			for i, want := range pagesOf(answer(q), after.After != nil) {
				var page models.TokenPage
				for _, statement := range wantIndexed(t, s, func() { page = l.list(queries[i]) }, false) {
					if !strings.Contains(statement.SQL, "LIMIT") && strings.Contains(statement.SQL, "FROM tokens WHERE list") {
						t.Errorf("%s: no limit: %s", q.name, statement.SQL)
					}
				}
				if diff := cmp.Diff(want, descriptions(page)); diff != "" && len(want)+len(page.Rows) > 0 {
					t.Errorf("%s, page %d (-want +got):\n%s", q.name, i, diff)
				}
			}
		}
		t.Run("what is passed over", func(t *testing.T) { l.wantPassed(t) })
		t.Run("counts", func(t *testing.T) { plansOfOverviews(t, l.world) })
		t.Run("a policy's rehearsal", func(t *testing.T) { plansOfBound(t, l.world) })
		t.Run("what keys signed", func(t *testing.T) { plansOfSigned(t, l.world) })
	})
}

// wantPassed bounds the rows that finding page 100 takes where they are more
// than those shown: those of the page, and of what lies before it as many as a
// count to 100 still needs. Where many are known to match, that is one.
func (l *longList) wantPassed(t *testing.T) {
	bounds := map[string]int{
		"active of a kind, by last use":  2 * (100 + 50 + 2), // twice a page and a glance
		"search: creator":                100 + 50 + 2 + 51 + 50 + 2,
		"role, disabled, by description": 252 + 345, // a glance, and those that answer
	}
	if l.Dialect() == "sqlite" {
		bounds["search: 900"] = 1 // all ids in one
	}
	for _, q := range l.questions() {
		most, bounded := bounds[q.name]
		if !bounded {
			continue
		}
		query := l.ask(q)
		query.After = l.further(query, 4950)
		passed := 0
		for _, statement := range l.Record(t, func() { ok(t, second(l.Tokens(t.Context(), query))) }) {
			if strings.Contains(statement.SQL, " AS hit ") || strings.Contains(statement.SQL, "string_agg(") {
				passed += rowsOf(t, l.Store, statement)
			}
		}
		if passed == 0 || passed > most {
			t.Errorf("%s: %d rows, at most %d", q.name, passed, most)
		}
	}
}

// rowsOf is how many rows a statement has when it is run to its end.
func rowsOf(t *testing.T, s *store.Store, statement store.Statement) int {
	t.Helper()
	rows, err := s.Readers().QueryContext(t.Context(), statement.SQL, statement.Args...)
	ok(t, err)
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	ok(t, rows.Err())
	return n
}

// pagesOf are the first page of 50, the one after 198 rows and the one before
// the 198th, where there is more than that.
func pagesOf(all []string, further bool) [][]string {
	if !further {
		return [][]string{all[:min(len(all), 50)]}
	}
	return [][]string{all[:50], all[198:min(len(all), 248)], all[147:197]}
}

func plansOfOverviews(t *testing.T, w *world) {
	for _, q := range []models.TokenQuery{{Context: models.API}, {Context: models.Personal, UserID: w.dana.ID}} {
		q.TenantID, q.Now = w.tenant.ID, noon
		wantIndexed(t, w.Store, func() { ok(t, second(w.TokenOverview(t.Context(), q))) }, false)
	}
}

// The list of keys is opened often, and a key signs tokens for years.
func plansOfSigned(t *testing.T, w *world) {
	w.signAll(100)
	for _, kid := range []string{"few", "many"} {
		for _, statement := range wantIndexed(t, w.Store, func() { ok(t, third(w.SignedTokensAbout(t.Context(), kid, noon))) }, false) {
			if !strings.Contains(statement.SQL, "LIMIT") {
				t.Errorf("no limit: %s", statement.SQL)
			}
		}
	}
}

func third[A, B any](_ A, _ B, err error) error { return err }

func plansOfBound(t *testing.T, w *world) {
	for _, q := range []models.BoundQuery{
		{LongerThan: time.Hour}, {FromAnywhere: true}, {LongerThan: time.Hour, FromAnywhere: true, After: newID()},
		{LongerThan: time.Hour, TenantID: w.tenant.ID},
	} {
		q.Now, q.Limit = noon, 5000
		wantIndexed(t, w.Store, func() { ok(t, second(w.TokensBound(t.Context(), q))) }, false)
	}
}
