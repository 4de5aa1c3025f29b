package store

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// few is how many tokens are sorted in memory at most.
	few = 1000
	// glance is how much further than its rows a page is looked for before the
	// indexes are asked how many there are.
	glance = 50
)

// finder finds places in one list without ever reading all of it, in three
// ways, and each is an index that is walked:
//
//   - Where an index holds exactly what is asked for, in its order, that is
//     walked: the whole list in any order, and each filter in its own order.
//   - Otherwise the index that has the order is walked a little way, and what
//     does not meet the other conditions is passed over. Where most tokens meet
//     them, the page is full before that.
//   - Otherwise the index of each condition is asked how many it holds, up to
//     1,000. If one holds no more, its tokens are read and sorted in memory. If
//     all do, the first walk goes on: a page of what is one in a hundred is
//     found within thousands of steps, however long the list is.
//
// A search begins with that question, and its answer says whether more than
// 1,000 match.
//
// Planners must not choose otherwise: their guess about a rare condition would
// be to read all of a list. So what is passed over is hidden from them in a CASE.
type finder struct {
	tx         *gorm.DB
	dialect    dialect
	list       string
	order      sorting
	conditions []condition
	search     *search
	// asked is set once the indexes have been asked. all is then what was read
	// and sorted, unless many match.
	asked, read bool
	all         []models.TokenCursor
	// many is set for a search without other conditions that more than few match.
	many bool
}

// newFinder knows what to look for, and has not looked.
func newFinder(tx *gorm.DB, d dialect, q models.TokenQuery) (*finder, error) {
	if q.Order == (models.TokenOrder{}) {
		q.Order = q.DefaultOrder()
	}
	f := &finder{tx: tx, dialect: d}
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
	all := and(fragment{"tokens.list = ? AND tokens.revoked_at IS NULL", []any{f.list}}, f.meets(-1))
	return tx.Model(&tokenRow{}).Where(all.sql, all.args...).Session(&gorm.Session{}), nil
}

// walk gives the first n places of the span, or all that it has.
func (f *finder) walk(s span, n int) ([]models.TokenCursor, error) {
	if f.read {
		return f.order.cut(f.all, s, n), nil
	}
	w := f.way()
	if w.rest.sql == "" || f.asked {
		_, places, err := find(f.tx, w.query(s, n, true))
		return places, err
	}
	look := 2*n + glance
	seen, places, err := find(f.tx, w.query(s, look, false))
	if err != nil || seen < look || len(places) >= n {
		return places[:min(len(places), n)], err
	}
	if err := f.ask(); err != nil {
		return nil, err
	}
	return f.walk(s, n)
}

// total counts what there is to be found, up to countedTo and one more.
func (f *finder) total() (int, error) {
	if w := f.way(); !f.read && w.rest.sql == "" {
		counts, err := countEach(f.tx, []fragment{w.steps()}, countedTo)
		return slices.Max(append(counts, 0)), err
	}
	counted, err := f.walk(span{}, countedTo+1)
	return len(counted), err
}

// ask looks for a condition that few tokens meet, and reads them if there is one.
func (f *finder) ask() error {
	f.asked = true
	counts := make([]fragment, len(f.conditions))
	for i, c := range f.conditions {
		counts[i] = c.steps()
	}
	n, err := countEach(f.tx, counts, few)
	if err != nil {
		return err
	}
	rarest := 0
	for i := range n {
		if n[i] < n[rarest] {
			rarest = i
		}
	}
	if len(n) == 0 || n[rarest] > few {
		return nil
	}
	return f.readAll(f.conditions[rarest].rows)
}

// readAll reads what is few, from one index or several, and keeps in order what
// meets every condition. When it isn't few after all, nothing is kept.
func (f *finder) readAll(from ...fragment) error {
	rest := f.meets(-1)
	once := map[models.TokenCursor]bool{}
	for _, rows := range from {
		seen, places, err := find(f.tx, fragment{
			fmt.Sprintf("SELECT tokens.id, %s AS sort_key, %s AS hit FROM %s LIMIT %d", f.order.key(), hit(rest.sql), rows.sql, few+1),
			append(slices.Clone(rest.args), rows.args...),
		})
		if err != nil || seen > few {
			return err
		}
		for _, p := range places {
			once[p] = true
		}
	}
	if len(once) > few {
		return nil
	}
	f.read, f.all = true, f.order.sorted(once)
	return nil
}

// meets is every condition but the one at index without.
func (f *finder) meets(without int) fragment {
	var all fragment
	for i, c := range f.conditions {
		if i != without {
			all = and(all, c.meets)
		}
	}
	if f.search != nil {
		all = and(all, f.search.meets)
	}
	return all
}

// hit is 1 for what meets the conditions, else 0.
func hit(conditions string) string {
	if conditions == "" {
		return "1"
	}
	return "CASE WHEN " + conditions + " THEN 1 ELSE 0 END"
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
