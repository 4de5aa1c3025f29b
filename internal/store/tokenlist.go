package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// mostListed is the largest page.
	mostListed = 200
	// countedTo is where exact counts end: one more stands for "100+".
	countedTo = 100
)

var (
	errNoOwner   = errors.New("a list of personal tokens needs a user")
	errNoContext = errors.New("a list of tokens needs a context")
	errTwoSides  = errors.New("a page continues After or Before, not both")
	errNoOrder   = errors.New("a list of tokens can't be sorted so")
	errNoState   = errors.New("a list of tokens can't be narrowed to that state")
)

// Tokens gives one page of a tenant's API tokens or a person's personal
// tokens that meet the filter, in its order: expired ones included and revoked
// ones not. The number of queries is constant. models.ErrNotFound: there is no
// role of that key.
func (s *Store) Tokens(ctx context.Context, q models.TokenQuery) (models.TokenPage, error) {
	var page models.TokenPage
	if !storable(q.Search) {
		return page, nil
	}
	q.Limit = min(max(q.Limit, 1), mostListed)
	if q.Order == (models.TokenOrder{}) {
		q.Order = q.DefaultOrder()
	}
	order, err := sortOf(q.Order)
	if err != nil {
		return page, translate("tokens", err)
	}
	err = s.read(ctx, "tokens", func(tx *gorm.DB) error {
		listed, err := filteredTokens(tx, q)
		if err != nil {
			return err
		}
		rows, more, err := onePage(listed, order, q)
		if err != nil {
			return err
		}
		if err := setSides(listed, order, q, rows, more, &page); err != nil {
			return err
		}
		if page.Total, err = countUpTo(tx, listed); err != nil {
			return err
		}
		if n := len(rows); n > 0 {
			page.First, page.Last = order.cursor(rows[0]), order.cursor(rows[n-1])
		}
		page.Rows, err = tokenRows(tx, rows)
		return err
	})
	return page, err
}

// sorting is an order as SQL has it.
type sorting struct {
	column     string
	descending bool
	key        func(tokenRow) string
}

func sortOf(o models.TokenOrder) (sorting, error) {
	stamped := func(at func(tokenRow) stamp) func(tokenRow) string {
		return func(r tokenRow) string { return models.StampText(at(r).time()) }
	}
	switch o.By {
	case models.SortCreated:
		return sorting{"created_at", o.Descending, stamped(func(r tokenRow) stamp { return r.Created })}, nil
	case models.SortDescription:
		return sorting{"description_folded", o.Descending, func(r tokenRow) string { return r.DescriptionFolded }}, nil
	case models.SortLastUsed:
		return sorting{"last_used_at", o.Descending, stamped(func(r tokenRow) stamp { return r.LastUsed })}, nil
	case models.SortExpires:
		return sorting{"expires_at", o.Descending, stamped(func(r tokenRow) stamp { return r.Expires })}, nil
	}
	return sorting{}, errNoOrder
}

func (o sorting) cursor(r tokenRow) models.TokenCursor {
	return models.TokenCursor{Key: o.key(r), ID: r.ID}
}

// in is the order, or its reverse.
func (o sorting) in(reverse bool) string {
	if o.descending != reverse {
		return o.column + " DESC, id DESC"
	}
	return o.column + ", id"
}

// beyond is what follows the cursor in the order or, reversed, what comes
// before it.
func (o sorting) beyond(listed *gorm.DB, c models.TokenCursor, reverse bool) *gorm.DB {
	sign := ">"
	if o.descending != reverse {
		sign = "<"
	}
	return listed.Where("("+o.column+", id) "+sign+" (?, ?)", c.Key, c.ID)
}

// filteredTokens is a list narrowed by the filter.
func filteredTokens(tx *gorm.DB, q models.TokenQuery) (*gorm.DB, error) {
	listed, err := listedTokens(tx, q)
	if err != nil {
		return nil, err
	}
	if q.State != "" {
		if listed, err = inState(listed, q.State, q.Now); err != nil {
			return nil, err
		}
	}
	if q.NeverUsed {
		listed = listed.Where("last_used_at = ?", stamp(models.NeverUsed))
	}
	if q.Kind != "" {
		listed = listed.Where("kind = ?", string(q.Kind))
	}
	if q.RoleKey != "" {
		var role roleRow
		if err := tx.Where("key = ?", q.RoleKey).Take(&role).Error; err != nil {
			return nil, err
		}
		listed = listed.Where("id IN (SELECT token_id FROM token_roles WHERE role_id = ?)", role.ID)
	}
	switch q.Creator {
	case "":
	case models.CreatedByVendor:
		listed = listed.Where("created_by IS NULL")
	default:
		listed = listed.Where("created_by = ?", q.Creator)
	}
	return listed.Session(&gorm.Session{}), nil
}

func inState(listed *gorm.DB, state models.TokenState, now time.Time) (*gorm.DB, error) {
	switch state {
	case models.StateActive:
		return listed.Where("expires_at > ? AND disabled_at IS NULL", stamp(now)), nil
	case models.StateExpiring:
		return listed.Where("expires_at > ? AND expires_at <= ?", stamp(now), stamp(now.Add(models.ExpiringWithin))), nil
	case models.StatePermanent:
		return listed.Where("expires_at = ?", stamp(models.NeverExpires)), nil
	case models.StateExpired:
		return listed.Where("expires_at <= ?", stamp(now)), nil
	case models.StateDisabled:
		return listed.Where("disabled_at IS NOT NULL"), nil
	}
	return nil, errNoState
}

// listedTokens selects what a list is made of. The contexts are literals, not
// parameters: only so do planners see that the partial indexes apply.
func listedTokens(tx *gorm.DB, q models.TokenQuery) (*gorm.DB, error) {
	listed := tx.Model(&tokenRow{}).Where("tenant_id = ? AND revoked_at IS NULL", q.TenantID)
	switch q.Context {
	case models.API:
		listed = listed.Where("context = 'api'")
	case models.Personal:
		if q.UserID == "" {
			return nil, errNoOwner
		}
		listed = listed.Where("context = 'personal' AND user_id = ?", q.UserID)
	default:
		return nil, errNoContext
	}
	if q.Search != "" {
		pattern := containing(q.Search)
		listed = listed.Where(`(description_folded LIKE ? ESCAPE '\' OR id LIKE ? ESCAPE '\')`, pattern, pattern)
	}
	return listed.Session(&gorm.Session{}), nil
}

// onePage reads the page's rows in order, and whether there are more in the
// direction of reading.
func onePage(listed *gorm.DB, order sorting, q models.TokenQuery) (rows []tokenRow, more bool, err error) {
	switch {
	case q.After != nil && q.Before != nil:
		return nil, false, errTwoSides
	case q.Before != nil:
		listed = order.beyond(listed, *q.Before, true).Order(order.in(true))
	case q.After != nil:
		listed = order.beyond(listed, *q.After, false).Order(order.in(false))
	default:
		listed = listed.Order(order.in(false))
	}
	if err := listed.Limit(q.Limit + 1).Find(&rows).Error; err != nil {
		return nil, false, err
	}
	if len(rows) > q.Limit {
		rows, more = rows[:q.Limit], true
	}
	if q.Before != nil {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

// setSides finds out whether there are rows on either side of the page. The
// side that was read towards is known; the other one is looked at, since its
// rows may have been deleted. Beside an empty page stands the cursor itself,
// whose own token may be back on the other side.
func setSides(listed *gorm.DB, order sorting, q models.TokenQuery, rows []tokenRow, more bool, page *models.TokenPage) error {
	if q.Before != nil {
		page.Newer = more
		edge := *q.Before
		if len(rows) > 0 {
			return exists(order.beyond(listed, order.cursor(rows[len(rows)-1]), false), order, &page.Older)
		}
		return exists(order.notBeyond(listed, edge, true), order, &page.Older)
	}
	page.Older = more
	if q.After == nil {
		return nil
	}
	if len(rows) > 0 {
		return exists(order.beyond(listed, order.cursor(rows[0]), true), order, &page.Newer)
	}
	return exists(order.notBeyond(listed, *q.After, false), order, &page.Newer)
}

// notBeyond is all that beyond leaves out.
func (o sorting) notBeyond(listed *gorm.DB, c models.TokenCursor, reverse bool) *gorm.DB {
	sign := "<="
	if o.descending != reverse {
		sign = ">="
	}
	return listed.Where("("+o.column+", id) "+sign+" (?, ?)", c.Key, c.ID)
}

func exists(query *gorm.DB, order sorting, found *bool) error {
	var ids []string
	if err := query.Order(order.in(false)).Limit(1).Pluck("id", &ids).Error; err != nil {
		return err
	}
	*found = len(ids) > 0
	return nil
}

// countUpTo counts the rows exactly up to countedTo, and no further than one
// more. The order keeps the planner on the list's index.
func countUpTo(tx, listed *gorm.DB) (int, error) {
	var total int64
	err := tx.Table("(?) AS counted", listed.Select("id").Order("created_at DESC, id DESC").Limit(countedTo+1)).Count(&total).Error
	return int(total), err
}
