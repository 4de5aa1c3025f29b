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
	errNoOrder   = errors.New("a list of tokens can't be sorted so")
	errNoState   = errors.New("a list of tokens can't be narrowed to that state")
)

// Tokens gives one page of a tenant's API tokens or a person's personal tokens
// that meet the filter, in its order: expired ones included and revoked ones
// not. What it costs depends on the page, not on the length of the list: see
// finder. models.ErrNotFound: there is no role of that key.
func (s *Store) Tokens(ctx context.Context, q models.TokenQuery) (models.TokenPage, error) {
	var page models.TokenPage
	if !storable(q.Search) {
		return page, nil
	}
	q.Limit = min(max(q.Limit, 1), mostListed)
	err := s.readList(ctx, "tokens", func(tx *gorm.DB) error {
		f, err := newFinder(tx, s.dialect, q)
		if err != nil {
			return err
		}
		if f.search != nil {
			if err := f.askSearch(); err != nil {
				return err
			}
			f.many = !f.read && len(f.conditions) == 0 && !f.search.loose
		}
		places, err := f.page(q, &page)
		if err != nil || len(places) == 0 {
			return err
		}
		page.First, page.Last = places[0], places[len(places)-1]
		page.Rows, err = tokensAt(tx, places)
		return err
	})
	return page, err
}

// readList is read for lists. PostgreSQL plans a statement that comes again and
// again for no list in particular, and what suits a long list, to walk along
// the primary key, reads the whole table for a short one.
func (s *Store) readList(ctx context.Context, op string, during func(tx *gorm.DB) error) error {
	return s.read(ctx, op, func(tx *gorm.DB) error {
		if s.dialect.plan != "" {
			if err := tx.Exec(s.dialect.plan).Error; err != nil {
				return err
			}
		}
		return during(tx)
	})
}

// listOf is what the column list holds for the tokens that q is about.
func listOf(q models.TokenQuery) (string, error) {
	switch q.Context {
	case models.API:
		return q.TenantID, nil
	case models.Personal:
		if q.UserID == "" {
			return "", errNoOwner
		}
		return q.TenantID + ":" + q.UserID, nil
	}
	return "", errNoContext
}

// page finds where the page's tokens are, and sets all of it but for the rows.
// A first page's total comes with its rows.
func (f *finder) page(q models.TokenQuery, page *models.TokenPage) ([]models.TokenCursor, error) {
	if q.After != nil && q.Before != nil {
		return nil, errTwoSides
	}
	if q.After == nil && q.Before == nil {
		places, err := f.walk(span{}, max(q.Limit, countedTo)+1)
		page.Total, page.TotalIsMany = min(len(places), countedTo+1), f.many
		page.Older = len(places) > q.Limit
		return places[:min(len(places), q.Limit)], err
	}
	ahead := span{from: q.After}
	if q.Before != nil {
		ahead = span{from: q.Before, reverse: true}
	}
	places, err := f.walk(ahead, q.Limit+1)
	if err != nil {
		return nil, err
	}
	behind, err := f.walk(ahead.opposite(places), f.uncounted(len(places)))
	if err != nil {
		return nil, err
	}
	found, more := len(places)+len(behind), len(places) > q.Limit
	places = places[:min(len(places), q.Limit)]
	page.Newer, page.Older = len(behind) > 0, more
	if ahead.reverse {
		page.Newer, page.Older = more, len(behind) > 0
		slices.Reverse(places)
	}
	page.Total, err = f.total(found, more)
	page.TotalIsMany = f.many
	return places, err
}

// tokensAt reads the tokens of some places, in their order.
func tokensAt(tx *gorm.DB, places []models.TokenCursor) ([]models.TokenRow, error) {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.ID
	}
	var found []tokenRow
	if err := tx.Where("id IN ?", ids).Find(&found).Error; err != nil {
		return nil, err
	}
	byID := map[string]tokenRow{}
	for _, r := range found {
		byID[r.ID] = r
	}
	for i, id := range ids {
		found[i] = byID[id]
	}
	return tokenRows(tx, found)
}
