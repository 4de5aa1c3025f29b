package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// namedCreators is how many creators of a list are named.
const namedCreators = 100

// TokenOverview counts the list that q's tenant, context and person make up;
// the rest of q is not looked at, but for Now.
func (s *Store) TokenOverview(ctx context.Context, q models.TokenQuery) (models.TokenOverview, error) {
	var o models.TokenOverview
	q.TokenFilter = models.TokenFilter{}
	err := s.read(ctx, "token overview", func(tx *gorm.DB) error {
		if err := countStates(tx, q, &o); err != nil {
			return err
		}
		if err := firstToEnd(tx, q, &o); err != nil {
			return err
		}
		return countGroups(tx, q, &o)
	})
	return o, err
}

func countFilter(tx *gorm.DB, q models.TokenQuery, f models.TokenFilter) (int, error) {
	q.TokenFilter = f
	listed, err := filteredTokens(tx, q)
	if err != nil {
		return 0, err
	}
	return countUpTo(tx, listed)
}

func countStates(tx *gorm.DB, q models.TokenQuery, o *models.TokenOverview) error {
	for _, part := range []struct {
		filter models.TokenFilter
		count  *int
	}{
		{models.TokenFilter{}, &o.All},
		{models.TokenFilter{State: models.StateActive}, &o.Active},
		{models.TokenFilter{State: models.StateExpiring}, &o.Expiring},
		{models.TokenFilter{State: models.StatePermanent}, &o.Permanent},
		{models.TokenFilter{NeverUsed: true}, &o.NeverUsed},
		{models.TokenFilter{State: models.StateExpired}, &o.Expired},
		{models.TokenFilter{State: models.StateDisabled}, &o.Disabled},
	} {
		var err error
		if *part.count, err = countFilter(tx, q, part.filter); err != nil {
			return err
		}
	}
	return nil
}

func firstToEnd(tx *gorm.DB, q models.TokenQuery, o *models.TokenOverview) error {
	listed, err := listedTokens(tx, q)
	if err != nil {
		return err
	}
	ending := listed.Where("expires_at > ? AND expires_at <= ?", stamp(q.Now), stamp(q.Now.Add(models.EndingWithin))).
		Session(&gorm.Session{})
	if o.EndingSoon, err = countUpTo(tx, ending); err != nil || o.EndingSoon == 0 {
		return err
	}
	var rows []tokenRow
	if err := ending.Order("expires_at, id").Limit(1).Find(&rows).Error; err != nil {
		return err
	}
	found, err := tokenRows(tx, rows)
	if err != nil {
		return err
	}
	o.EndsFirst = &found[0]
	return nil
}

func countGroups(tx *gorm.DB, q models.TokenQuery, o *models.TokenOverview) error {
	for _, kind := range []models.Kind{models.AccessToken, models.ClientCredentials} {
		n, err := countFilter(tx, q, models.TokenFilter{Kind: kind})
		if err != nil {
			return err
		}
		if n > 0 {
			o.Kinds = append(o.Kinds, models.KindCount{Kind: kind, Count: n})
		}
	}
	var roles []roleRow
	if err := tx.Order("name_folded, id").Find(&roles).Error; err != nil {
		return err
	}
	for _, role := range roles {
		n, err := countFilter(tx, q, models.TokenFilter{RoleKey: role.Key})
		if err != nil {
			return err
		}
		if n > 0 {
			o.Roles = append(o.Roles, models.RoleCount{Key: role.Key, Name: role.Name, Count: n})
		}
	}
	return countCreators(tx, q, o)
}

func countCreators(tx *gorm.DB, q models.TokenQuery, o *models.TokenOverview) error {
	listed, err := listedTokens(tx, q)
	if err != nil {
		return err
	}
	var people []userRow
	err = tx.Where("id IN (?)", listed.Select("created_by").Where("created_by IS NOT NULL")).
		Order("name_folded, id").Limit(namedCreators + 1).Find(&people).Error
	if err != nil {
		return err
	}
	if o.MoreCreators = len(people) > namedCreators; o.MoreCreators {
		people = people[:namedCreators]
	}
	for _, p := range people {
		n, err := countFilter(tx, q, models.TokenFilter{Creator: p.ID})
		if err != nil {
			return err
		}
		o.Creators = append(o.Creators, models.CreatorCount{ID: p.ID, Name: p.Name, Email: p.Email, Count: n})
	}
	n, err := countFilter(tx, q, models.TokenFilter{Creator: models.CreatedByVendor})
	if err == nil && n > 0 {
		o.Creators = append(o.Creators, models.CreatorCount{Count: n})
	}
	return err
}
