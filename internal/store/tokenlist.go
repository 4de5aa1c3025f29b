package store

import (
	"context"
	"errors"
	"slices"

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
)

// Tokens gives one page of a tenant's API tokens or a person's personal
// tokens, newest first, expired ones included and revoked ones not. The number
// of queries is constant, and each walks an index in the order of the page.
func (s *Store) Tokens(ctx context.Context, q models.TokenQuery) (models.TokenPage, error) {
	var page models.TokenPage
	if !storable(q.Search) {
		return page, nil
	}
	q.Limit = min(max(q.Limit, 1), mostListed)
	err := s.read(ctx, "tokens", func(tx *gorm.DB) error {
		listed, err := listedTokens(tx, q)
		if err != nil {
			return err
		}
		rows, more, err := onePage(listed, q)
		if err != nil {
			return err
		}
		if err := setSides(listed, q, rows, more, &page); err != nil {
			return err
		}
		if page.Total, err = countUpTo(tx, listed); err != nil {
			return err
		}
		page.Rows, err = tokenRows(tx, rows)
		return err
	})
	return page, err
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

// onePage reads the page's rows, newest first, and whether there are more in
// the direction of reading.
func onePage(listed *gorm.DB, q models.TokenQuery) (rows []tokenRow, more bool, err error) {
	switch {
	case q.After != nil && q.Before != nil:
		return nil, false, errTwoSides
	case q.Before != nil:
		listed = newer(listed, *q.Before).Order("created_at, id")
	case q.After != nil:
		listed = older(listed, *q.After).Order("created_at DESC, id DESC")
	default:
		listed = listed.Order("created_at DESC, id DESC")
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

func newer(listed *gorm.DB, c models.TokenCursor) *gorm.DB {
	return listed.Where("(created_at, id) > (?, ?)", stamp(c.CreatedAt), c.ID)
}

func older(listed *gorm.DB, c models.TokenCursor) *gorm.DB {
	return listed.Where("(created_at, id) < (?, ?)", stamp(c.CreatedAt), c.ID)
}

// setSides finds out whether there are rows on either side of the page. The
// side that was read towards is known; the other one is looked at, since its
// rows may have been deleted. Beside an empty page stands the cursor itself.
func setSides(listed *gorm.DB, q models.TokenQuery, rows []tokenRow, more bool, page *models.TokenPage) error {
	if q.Before != nil {
		page.Newer = more
		edge := *q.Before
		if len(rows) > 0 {
			last := rows[len(rows)-1]
			edge = models.TokenCursor{CreatedAt: last.Created.time(), ID: last.ID}
			return exists(older(listed, edge), &page.Older)
		}
		return exists(listed.Where("(created_at, id) <= (?, ?)", stamp(edge.CreatedAt), edge.ID), &page.Older)
	}
	page.Older = more
	if q.After == nil {
		return nil
	}
	if len(rows) > 0 {
		first := models.TokenCursor{CreatedAt: rows[0].Created.time(), ID: rows[0].ID}
		return exists(newer(listed, first), &page.Newer)
	}
	return exists(listed.Where("(created_at, id) >= (?, ?)", stamp(q.After.CreatedAt), q.After.ID), &page.Newer)
}

func exists(query *gorm.DB, found *bool) error {
	var ids []string
	if err := query.Order("created_at, id").Limit(1).Pluck("id", &ids).Error; err != nil {
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
