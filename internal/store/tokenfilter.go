package store

import (
	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// steps is the index a row at a time, in its order: without one a planner may
// take reading the table for quicker.
func (c condition) steps() fragment {
	order := c.id
	switch {
	case c.ends != nil:
		order = "expires_at, " + c.id
	case c.equal.column != "":
		order = c.equal.column + ", " + c.id
	}
	return steps(c.index, order)
}

func steps(from fragment, order string) fragment {
	return fragment{"SELECT 1 FROM " + from.sql + " ORDER BY " + order, from.args}
}

// The indexes of a list, all of live tokens and by id among equals.
const (
	wholeList     = "tokens_list"
	byDescription = "tokens_by_description"
	byLastUse     = "tokens_by_last_use"
	byEnd         = "tokens_by_end"
	byKind        = "tokens_by_kind"
	byCreator     = "tokens_by_creator"
	enabled       = "tokens_enabled" // by end, too
	disabled      = "tokens_disabled"
)

// condition is one thing that the tokens of a list must meet, and the index
// that holds exactly those that do.
type condition struct {
	// meets is asked of a row of tokens.
	meets fragment
	// index is FROM … WHERE: those of the list that meet it, by index alone.
	index fragment
	// rows is the same with the rows of tokens; the same SQL in most cases.
	rows fragment
	// id is what the index calls the token's id.
	id string
	// ends is set where the index is a range of ends, in their order.
	ends *ends
	// equal is set where the index is in the order of ids: the column that is
	// the same in all its rows and, of a sort key, what it is.
	equal *equal
}

// ends is a range of expires_at, above one time and up to another, "" being no
// bound, within the tokens that from holds.
type ends struct {
	from        fragment
	above, upTo string
}

// meets is that range. Of two bounds on one side a walk must seek to the nearer
// one, and planners may take the other: so the place that a span begins at,
// when it is within the range, stands for the bound.
func (e ends) meets(o sorting, s span) fragment {
	above, upTo := e.above, e.upTo
	if s.from != nil && o.greater(s) && s.from.Key > above {
		above = ""
	}
	if s.from != nil && !o.greater(s) && (upTo == "" || s.from.Key <= upTo) {
		upTo = ""
	}
	return rangeOf(above, upTo)
}

// beyond is the place that the span begins at, unless a bound stands for it.
func (e ends) beyond(o sorting, s span, id string) fragment {
	if s.from == nil || o.greater(s) && s.from.Key <= e.above || !o.greater(s) && e.upTo != "" && s.from.Key > e.upTo {
		return fragment{}
	}
	return o.beyond(s, id)
}

func rangeOf(above, upTo string) fragment {
	var lower, upper fragment
	if above != "" {
		lower = fragment{"expires_at > ?", []any{above}}
	}
	if upTo != "" {
		upper = fragment{"expires_at <= ?", []any{upTo}}
	}
	return and(lower, upper)
}

type equal struct{ column, key string }

// live selects the list from an index of tokens. SQLite must be told which:
// once it has counted the rows of a long list, it takes naming the list for
// not worth the while.
func (f *finder) live(index string, meets fragment) fragment {
	all := and(fragment{"list = ? AND revoked_at IS NULL", []any{f.list}}, meets)
	if f.dialect.name == sqliteDialect.name {
		index = " INDEXED BY " + index
	} else {
		index = ""
	}
	return fragment{"tokens" + index + " WHERE " + all.sql, all.args}
}

// inTokens is a condition that an index of tokens answers.
func (f *finder) inTokens(index, sql string, args ...any) condition {
	meets := fragment{sql, args}
	from := f.live(index, meets)
	return condition{meets: meets, index: from, rows: from, id: "id"}
}

// sameIn is such a condition on one column, whose tokens are in the order of ids.
func (f *finder) sameIn(index, column, key string, value any) condition {
	c := f.inTokens(index, column+" = ?", value)
	c.equal = &equal{column, key}
	return c
}

// endsIn is a range of ends among those that meet another condition as well.
func (f *finder) endsIn(index string, also fragment, above, upTo string) condition {
	meets := and(also, rangeOf(above, upTo))
	c := f.inTokens(index, meets.sql, meets.args...)
	c.ends = &ends{from: f.live(index, also), above: above, upTo: upTo}
	return c
}

// conditionsOf are what the filter asks for, but for its search; what is likely
// to be rarest comes first.
func (f *finder) conditionsOf(tx *gorm.DB, q models.TokenQuery) ([]condition, error) {
	var all []condition
	switch q.Creator {
	case "":
	case models.CreatedByVendor:
		c := f.inTokens(byCreator, "created_by IS NULL")
		c.equal = &equal{column: "created_by"}
		all = append(all, c)
	default:
		all = append(all, f.sameIn(byCreator, "created_by", "", q.Creator))
	}
	if q.RoleKey != "" {
		var role roleRow
		if err := tx.Where("key = ?", q.RoleKey).Take(&role).Error; err != nil {
			return nil, err
		}
		all = append(all, f.withRole(q, role.ID))
	}
	if q.State != "" {
		c, err := f.inState(q)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if q.NeverUsed {
		all = append(all, f.sameIn(byLastUse, "last_used_at", models.StampText(models.NeverUsed), stamp(models.NeverUsed)))
	}
	if q.Kind != "" {
		all = append(all, f.sameIn(byKind, "kind", "", string(q.Kind)))
	}
	return all, nil
}

// withRole is met by API tokens only: personal ones have no roles of their own.
func (f *finder) withRole(q models.TokenQuery, roleID string) condition {
	tenantID := q.TenantID
	if q.Context != models.API {
		tenantID = ""
	}
	return condition{
		// Without the OFFSET, PostgreSQL would rather read all that have the role first.
		meets: fragment{"EXISTS (SELECT 1 FROM token_roles tr WHERE tr.token_id = tokens.id AND tr.tenant_id = ? AND tr.role_id = ? LIMIT 1 OFFSET 0)",
			[]any{tenantID, roleID}},
		index: fragment{"token_roles WHERE tenant_id = ? AND role_id = ?", []any{tenantID, roleID}},
		rows: fragment{"token_roles tr JOIN tokens ON tokens.id = tr.token_id WHERE tr.tenant_id = ? AND tr.role_id = ?",
			[]any{tenantID, roleID}},
		id: "token_id", equal: &equal{},
	}
}

func (f *finder) inState(q models.TokenQuery) (condition, error) {
	now, soon := models.StampText(q.Now), models.StampText(q.Now.Add(models.ExpiringWithin))
	switch q.State {
	case models.StateActive:
		return f.endsIn(enabled, fragment{sql: "disabled_at IS NULL"}, now, ""), nil
	case models.StateExpiring:
		return f.endsIn(byEnd, fragment{}, now, soon), nil
	case models.StateExpired:
		return f.endsIn(byEnd, fragment{}, "", now), nil
	case models.StatePermanent:
		return f.sameIn(byEnd, "expires_at", models.StampText(models.NeverExpires), stamp(models.NeverExpires)), nil
	case models.StateDisabled:
		c := f.inTokens(disabled, "disabled_at IS NOT NULL")
		c.equal = &equal{}
		return c, nil
	}
	return condition{}, errNoState
}
