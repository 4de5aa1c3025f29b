package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// fragment is a piece of SQL with the values of its parameters.
type fragment struct {
	sql  string
	args []any
}

// and joins conditions; those without SQL are left out.
func and(fragments ...fragment) fragment {
	var all fragment
	for _, c := range fragments {
		if c.sql == "" {
			continue
		}
		if all.sql != "" {
			all.sql += " AND "
		}
		all.sql += c.sql
		all.args = append(all.args, c.args...)
	}
	return all
}

// span is the part of an order on one side of a place: what comes after it or,
// reversed, what comes before it, the nearest first. Without a place it is all.
type span struct {
	from      *models.TokenCursor
	reverse   bool
	inclusive bool
}

// opposite is the other side of what was read: of the first place that was
// found or, where nothing was, of the place that the reading began at, whose
// own token may be there again.
func (s span) opposite(found []models.TokenCursor) span {
	if len(found) > 0 {
		return span{from: &found[0], reverse: !s.reverse}
	}
	return span{from: s.from, reverse: !s.reverse, inclusive: true}
}

// sorting is an order as SQL has it, and the index of a list that is in it. The
// column is empty for the order of creation, which is that of ids.
type sorting struct {
	column, index string
	descending    bool
}

func sortOf(o models.TokenOrder) (sorting, error) {
	order, ok := map[models.TokenSort]sorting{
		models.SortCreated:     {"", wholeList, o.Descending},
		models.SortDescription: {"description_folded", byDescription, o.Descending},
		models.SortLastUsed:    {"last_used_at", byLastUse, o.Descending},
		models.SortExpires:     {"expires_at", byEnd, o.Descending},
	}[o.By]
	if !ok {
		return sorting{}, errNoOrder
	}
	return order, nil
}

// key selects the sort key.
func (o sorting) key() string {
	if o.column == "" {
		return "''"
	}
	return o.column
}

// greater tells whether the span goes towards greater keys and ids.
func (o sorting) greater(s span) bool { return o.descending == s.reverse }

// beyond is the part of the order that the span is, of rows whose id is called so.
func (o sorting) beyond(s span, id string) fragment {
	if s.from == nil {
		return fragment{}
	}
	sign := "<"
	if o.greater(s) {
		sign = ">"
	}
	if s.inclusive {
		sign += "="
	}
	if o.column == "" {
		return fragment{id + " " + sign + " ?", []any{s.from.ID}}
	}
	return fragment{"(" + o.column + ", " + id + ") " + sign + " (?, ?)", []any{s.from.Key, s.from.ID}}
}

// by is the order of the span, of rows whose id is called so.
func (o sorting) by(s span, id string) string {
	direction := " DESC"
	if o.greater(s) {
		direction = ""
	}
	if o.column == "" {
		return id + direction
	}
	return o.column + direction + ", " + id + direction
}

// compare is how two places follow each other.
func (o sorting) compare(a, b models.TokenCursor) int {
	c := cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
	if o.descending {
		return -c
	}
	return c
}

// cut is the first n of places, which are in order, that the span holds.
func (o sorting) cut(places []models.TokenCursor, s span, n int) []models.TokenCursor {
	part := slices.Clone(places)
	if s.reverse {
		slices.Reverse(part)
	}
	if s.from != nil {
		start := slices.IndexFunc(part, func(p models.TokenCursor) bool {
			c := o.compare(p, *s.from)
			return c == 0 && s.inclusive || c != 0 && (c > 0) != s.reverse
		})
		if start < 0 {
			return nil
		}
		part = part[start:]
	}
	return part[:min(len(part), n)]
}

// sortKey is a sort key as cursors spell it.
type sortKey string

// Scan implements sql.Scanner.
func (k *sortKey) Scan(src any) error {
	switch v := src.(type) {
	case string:
		*k = sortKey(v)
	case time.Time:
		*k = sortKey(models.StampText(v))
	default:
		return fmt.Errorf("read a sort key from %T", src)
	}
	return nil
}

// passed is what a walk went past: how many places, the last of them, and those
// that hit.
type passed struct {
	seen int
	last models.TokenCursor
	hits []models.TokenCursor
}

// find runs a query for id, sort key and whether the token hits, until n did.
func find(tx *gorm.DB, query fragment, n int) (p passed, err error) {
	rows, err := tx.Raw(query.sql, query.args...).Rows()
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	// SQLite takes a step when it is asked for the next row, so it pays to stop.
	for ; len(p.hits) < n && rows.Next(); p.seen++ {
		var hit int
		if err := rows.Scan(&p.last.ID, (*sortKey)(&p.last.Key), &hit); err != nil {
			return p, err
		}
		if hit == 1 {
			p.hits = append(p.hits, p.last)
		}
	}
	return p, rows.Err()
}
