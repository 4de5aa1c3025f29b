package store

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// few is how many tokens are sorted in memory without much ado, several how
	// many rather than pass over as many.
	few     = 1000
	several = 5 * few
	// glance is how much further than its rows a page is looked for before the
	// indexes are asked how many there are.
	glance = 50
)

// finder finds places in one list without ever reading all of it, in three
// ways, and each is an index that is walked:
//
//   - Where an index holds exactly what is asked for, in its order, that is
//     walked: the whole list in any order, and each filter in its own order.
//   - Otherwise the index of each condition is asked how many it holds, up to
//     1,000. If one holds no more than a page, its tokens are read and sorted
//     in memory.
//   - Otherwise the index that has the order is walked a little way, and what
//     does not meet the other conditions is passed over. Where most tokens meet
//     them, the page is full before that. If it is not, and a condition holds
//     no more than 1,000, its tokens are read and sorted in memory. If all hold
//     more, the walk goes on: a page of what is one in a hundred is found
//     within thousands of steps, however long the list is. Where it would be
//     more than 5,000 steps, that is what a condition may hold to be read.
//
// A search begins with that question for its own text, and its answer says
// whether more than 1,000 match.
//
// Planners must not choose otherwise: their guess about a rare condition would
// be to read all of a list. So what is passed over is hidden from them in a CASE.
type finder struct {
	tx         *gorm.DB
	dialect    dialect
	tenantID   string
	list       string
	order      sorting
	conditions []condition
	search     *search
	// asked is up to how many the indexes have been asked for; rarest is then
	// the condition that they hold fewest of, nil when they hold more of each.
	asked  int
	rarest *condition
	// all is what was read and sorted, once read is set.
	read bool
	all  []models.TokenCursor
	// many is set for a search without other conditions that more than few match.
	many bool
}

// newFinder knows what to look for, and has not looked.
func newFinder(tx *gorm.DB, d dialect, q models.TokenQuery) (*finder, error) {
	if q.Order == (models.TokenOrder{}) {
		q.Order = q.DefaultOrder()
	}
	f := &finder{tx: tx, dialect: d, tenantID: q.TenantID}
	var err error
	if f.list, err = listOf(q); err != nil {
		return nil, err
	}
	if f.order, err = sortOf(q.Order); err != nil {
		return nil, err
	}
	if f.conditions, err = f.conditionsOf(tx, q); err != nil {
		return nil, err
	}
	if q.Search != "" {
		f.search, err = f.newSearch(q.Search)
	}
	return f, err
}

// filteredTokens selects all that a finder would find, in no order.
func filteredTokens(tx *gorm.DB, q models.TokenQuery) (*gorm.DB, error) {
	f, err := newFinder(tx, dialect{}, q)
	if err != nil {
		return nil, err
	}
	all := and(fragment{"tokens.list = ? AND tokens.revoked_at IS NULL", []any{f.list}}, f.meets(nil))
	return tx.Model(&tokenRow{}).Where(all.sql, all.args...).Session(&gorm.Session{}), nil
}

// walk gives the first n places of the span, or all that it has.
func (f *finder) walk(s span, n int) ([]models.TokenCursor, error) {
	w := f.way()
	if !f.read && w.rest.sql != "" {
		if err := f.ask(few); err != nil {
			return nil, err
		}
	}
	if f.read {
		return f.order.cut(f.all, s, n), nil
	}
	if w.rest.sql == "" {
		passed, err := find(f.tx, w.query(s, n, true), n)
		return passed.hits, err
	}
	look := 2*n + glance
	passed, err := find(f.tx, w.query(s, look, false), n)
	if err != nil || passed.seen < look || len(passed.hits) >= n {
		return passed.hits, err
	}
	if ahead := n * look / max(len(passed.hits), 1); f.rarest == nil && ahead > several {
		if err := f.ask(several); err != nil {
			return nil, err
		}
	}
	if f.rarest != nil {
		err := f.readRarest()
		return f.order.cut(f.all, s, n), err
	}
	missing := n - len(passed.hits)
	more, err := find(f.tx, w.query(span{from: &passed.last, reverse: s.reverse}, missing, true), missing)
	return append(passed.hits, more.hits...), err
}

// uncounted is how many to look for behind a page of some places: as many as
// are missing to a count of all, so that most pages need no other, and one at
// least, to tell whether there is any.
func (f *finder) uncounted(places int) int {
	if f.many {
		return 1
	}
	return max(countedTo+1-places, 1)
}

// total counts what there is to be found, up to countedTo and one more, where
// it is not known from what a page found on both of its sides: more tells
// whether there is more than that.
func (f *finder) total(found int, more bool) (int, error) {
	switch {
	case f.many:
		return countedTo + 1, nil
	case found > countedTo || !more:
		return min(found, countedTo+1), nil
	}
	if w := f.way(); !f.read && w.rest.sql == "" {
		counts, err := countEach(f.tx, []fragment{w.steps()}, countedTo)
		return slices.Max(append(counts, 0)), err
	}
	counted, err := f.walk(span{}, countedTo+1)
	return len(counted), err
}

// ask looks, once, for a condition that most tokens meet at most, and reads
// them if they fit on a page.
func (f *finder) ask(most int) error {
	if f.asked >= most {
		return nil
	}
	f.asked = most
	counts := make([]fragment, len(f.conditions))
	for i, c := range f.conditions {
		counts[i] = c.steps()
	}
	n, err := countEach(f.tx, counts, most)
	if err != nil || len(n) == 0 {
		return err
	}
	least := slices.Min(n)
	if least > most {
		return nil
	}
	f.rarest = &f.conditions[slices.Index(n, least)]
	if least > glance {
		return nil
	}
	return f.readRarest()
}

// readRarest reads the tokens that the rarest condition's index holds, and keeps
// in order those that meet the others. Only of these is the sort key read: a row
// of tokens costs more than an entry of an index.
func (f *finder) readRarest() error {
	c := f.rarest
	from := and(c.rows, passing(f.meets(c)))
	found, err := find(f.tx, fragment{
		fmt.Sprintf("SELECT tokens.id AS id, %s AS sort_key, 1 AS hit FROM %s LIMIT %d", f.order.key(), from.sql, f.asked), from.args,
	}, f.asked)
	if err != nil {
		return err
	}
	slices.SortFunc(found.hits, f.order.compare)
	f.read, f.all = true, found.hits
	return nil
}

// source is an index of some tokens: FROM … WHERE, and what it calls their id.
// One that is exact holds what is looked for and no other, in no order but
// that of ids, so that the rows of tokens need not be read.
type source struct {
	from  fragment
	id    string
	exact bool
}

// readAll reads most tokens at most, from one source or several, and keeps in
// order what meets every condition. When there are more, nothing is kept.
func (f *finder) readAll(most int, sources ...source) error {
	var all []models.TokenCursor
	for _, s := range sources {
		read := f.rowsOf
		if s.exact {
			read = f.idsOf
		}
		found, seen, err := read(s, most+1)
		if err != nil || seen > most {
			return err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, f.order.compare)
	if all = slices.Compact(all); len(all) <= most {
		f.read, f.all = true, all
	}
	return nil
}

// rowsOf reads up to n tokens of a source, and gives those that meet every
// condition, and how many it saw.
func (f *finder) rowsOf(s source, n int) ([]models.TokenCursor, int, error) {
	rest := f.meets(nil)
	passed, err := find(f.tx, fragment{
		fmt.Sprintf("SELECT %s AS id, %s AS sort_key, %s AS hit FROM %s LIMIT %d", s.id, f.order.key(), hit(rest.sql), s.from.sql, n),
		append(slices.Clone(rest.args), s.from.args...),
	}, n)
	return passed.hits, passed.seen, err
}

// idsOf does so for a source that is exact. All ids come in one row: to hand
// over a thousand rows takes longer than to find them.
func (f *finder) idsOf(s source, n int) ([]models.TokenCursor, int, error) {
	var ids string
	err := f.tx.Raw(fmt.Sprintf("SELECT coalesce(string_agg(id, ' '), '') FROM (SELECT %s AS id FROM %s LIMIT %d) AS found",
		s.id, s.from.sql, n), s.from.args...).Scan(&ids).Error
	var found []models.TokenCursor
	for id := range strings.FieldsSeq(ids) {
		found = append(found, models.TokenCursor{ID: id})
	}
	return found, len(found), err
}

// meets is every condition but one, nil for none. What the row of a
// token tells comes before what has to be looked up for it.
func (f *finder) meets(without *condition) fragment {
	var told, lookedUp fragment
	for i, c := range f.conditions {
		switch {
		case &f.conditions[i] == without:
		case c.id == "id":
			told = and(told, c.meets)
		default:
			lookedUp = and(lookedUp, c.meets)
		}
	}
	if f.search != nil {
		told = and(told, f.search.meets)
	}
	return and(told, lookedUp)
}

// hit is 1 for what meets the conditions, else 0.
func hit(conditions string) string {
	if conditions == "" {
		return "1"
	}
	return "CASE WHEN " + conditions + " THEN 1 ELSE 0 END"
}

// passing is true for what meets the conditions, else false.
func passing(conditions fragment) fragment {
	if conditions.sql == "" {
		return conditions
	}
	return fragment{"CASE WHEN " + conditions.sql + " THEN true ELSE false END", conditions.args}
}

// countEach counts the rows of several queries in one statement, each up to
// limit and one more.
func countEach(tx *gorm.DB, queries []fragment, limit int) ([]int, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	var sql strings.Builder
	var args []any
	for i, q := range queries {
		if i > 0 {
			sql.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&sql, "SELECT %d AS place, count(*) AS n FROM (%s LIMIT %d) AS counted", i, q.sql, limit+1)
		args = append(args, q.args...)
	}
	var rows []struct{ Place, N int }
	if err := tx.Raw(sql.String(), args...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	counts := make([]int, len(queries))
	for _, r := range rows {
		counts[r.Place] = r.N
	}
	return counts, nil
}
