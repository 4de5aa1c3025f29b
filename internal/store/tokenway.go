package store

import "slices"

// way is the index that a list is walked along: FROM … WHERE, whose rows are in
// the order that is asked for, and what they must meet besides.
type way struct {
	order sorting
	from  fragment
	id    string
	// leading is a column that is the same in all rows, which some planners
	// must be told to see that the rest is in order.
	leading string
	rest    fragment
	// ends is the range to walk, nil for all. key is the sort key where all
	// rows have the same.
	ends *ends
	key  string
}

// way is the index of the first condition that has one in this order, else that
// of the whole list.
func (f *finder) way() way {
	for i, c := range f.conditions {
		switch {
		case c.equal != nil && (f.order.column == "" || f.order.column == c.equal.column):
			return way{order: f.order, from: c.index, id: c.id, leading: c.equal.column, key: c.equal.key, rest: f.meets(&f.conditions[i])}
		case c.ends != nil && f.order.column == "expires_at":
			return way{order: f.order, from: c.ends.from, id: c.id, ends: c.ends, rest: f.meets(&f.conditions[i])}
		}
	}
	return way{order: f.order, from: f.live(f.order.index, fragment{}), id: "id", rest: f.meets(nil)}
}

// query is the first n rows of the span: those that meet the rest or, when only
// is false, all of them.
func (w way) query(s span, n int, only bool) fragment {
	order, beyond := w.bounded(s)
	rest := w.rest
	if rest.sql != "" && w.id != "id" {
		rest.sql = "(SELECT " + rest.sql + " FROM tokens WHERE tokens.id = " + w.id + ")"
	}
	q := fragment{sql: "SELECT " + w.id + " AS id, " + w.order.key() + " AS sort_key, "}
	if only {
		q.sql += "1 AS hit FROM " + w.from.sql
		q.args = append(q.args, w.from.args...)
		beyond = and(passing(rest), beyond)
	} else {
		q.sql += hit(rest.sql) + " AS hit FROM " + w.from.sql
		q.args = append(append(q.args, rest.args...), w.from.args...)
	}
	if beyond.sql != "" {
		q.sql += " AND " + beyond.sql
		q.args = append(q.args, beyond.args...)
	}
	q.sql += " ORDER BY " + order + " LIMIT ?"
	q.args = append(q.args, n)
	return q
}

// steps is all of the way, a row at a time.
func (w way) steps() fragment {
	order, bounds := w.bounded(span{})
	if bounds.sql != "" {
		bounds.sql = " AND " + bounds.sql
	}
	return steps(fragment{w.from.sql + bounds.sql, append(slices.Clone(w.from.args), bounds.args...)}, order)
}

// bounded is the order of the span and where in it to begin.
func (w way) bounded(s span) (order string, beyond fragment) {
	o := w.order
	if w.leading != "" || w.key != "" {
		o.column = "" // by id, within what is the same
	}
	order = o.by(s, w.id)
	if w.leading != "" {
		order = sorting{column: w.leading, descending: o.descending}.by(s, w.id)
	}
	switch {
	case s.from == nil && w.ends == nil:
		return order, fragment{}
	case w.ends != nil:
		return order, and(w.ends.meets(o, s), w.ends.beyond(o, s, w.id))
	case w.key != "" && w.order.column != "" && s.from.Key != w.key:
		if (w.key > s.from.Key) == o.greater(s) {
			return order, fragment{}
		}
		return order, fragment{sql: "1 = 0"}
	}
	return order, o.beyond(s, w.id)
}
