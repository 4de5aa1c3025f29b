package store

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// namedCreators is how many creators of a list are named.
const namedCreators = 100

// TokenOverview counts the list that q's tenant, context and person make up;
// the rest of q is not looked at, but for Now. Each count walks the index of
// its condition, a hundred steps and one at most.
func (s *Store) TokenOverview(ctx context.Context, q models.TokenQuery) (models.TokenOverview, error) {
	var o models.TokenOverview
	list, err := listOf(q)
	if err != nil {
		return o, translate("token overview", err)
	}
	f := &finder{list: list}
	err = s.read(ctx, "token overview", func(tx *gorm.DB) error {
		f.tx = tx
		if err := f.countStates(q, &o); err != nil {
			return err
		}
		if err := f.firstToEnd(q, &o); err != nil {
			return err
		}
		if err := f.countRoles(q, &o); err != nil {
			return err
		}
		return f.countCreators(&o)
	})
	return o, err
}

func (f *finder) countStates(q models.TokenQuery, o *models.TokenOverview) error {
	parts := []struct {
		filter models.TokenFilter
		count  *int
	}{
		{models.TokenFilter{State: models.StateActive}, &o.Active},
		{models.TokenFilter{State: models.StateExpiring}, &o.Expiring},
		{models.TokenFilter{State: models.StatePermanent}, &o.Permanent},
		{models.TokenFilter{State: models.StateExpired}, &o.Expired},
		{models.TokenFilter{State: models.StateDisabled}, &o.Disabled},
		{models.TokenFilter{NeverUsed: true}, &o.NeverUsed},
	}
	kinds := []models.KindCount{{Kind: models.AccessToken}, {Kind: models.ClientCredentials}}
	all, soon := f.live(fragment{}), f.live(f.endingSoon(q))
	queries := []fragment{all, soon}
	for _, p := range parts {
		index, err := f.indexOf(q, p.filter)
		if err != nil {
			return err
		}
		queries = append(queries, index)
	}
	for _, k := range kinds {
		index, err := f.indexOf(q, models.TokenFilter{Kind: k.Kind})
		if err != nil {
			return err
		}
		queries = append(queries, index)
	}
	for i := range queries {
		queries[i].sql = "SELECT 1 FROM " + queries[i].sql
	}
	counts, err := countEach(f.tx, queries, countedTo)
	if err != nil {
		return err
	}
	o.All, o.EndingSoon = counts[0], counts[1]
	for i, p := range parts {
		*p.count = counts[2+i]
	}
	for i, k := range kinds {
		if k.Count = counts[2+len(parts)+i]; k.Count > 0 {
			o.Kinds = append(o.Kinds, k)
		}
	}
	return nil
}

// indexOf is the index of a filter's only condition.
func (f *finder) indexOf(q models.TokenQuery, filter models.TokenFilter) (fragment, error) {
	q.TokenFilter = filter
	conditions, err := f.conditionsOf(f.tx, q)
	if err != nil {
		return fragment{}, err
	}
	return conditions[0].index, nil
}

func (f *finder) endingSoon(q models.TokenQuery) fragment {
	return rangeOf(models.StampText(q.Now), models.StampText(q.Now.Add(models.EndingWithin)))
}

func (f *finder) firstToEnd(q models.TokenQuery, o *models.TokenOverview) error {
	if o.EndingSoon == 0 {
		return nil
	}
	from := f.live(f.endingSoon(q))
	_, first, err := find(f.tx, fragment{"SELECT id, expires_at AS sort_key, 1 AS hit FROM " + from.sql + " ORDER BY expires_at, id LIMIT 1", from.args})
	if err != nil {
		return err
	}
	rows, err := tokensAt(f.tx, first)
	if err != nil {
		return err
	}
	o.EndsFirst = &rows[0]
	return nil
}

func (f *finder) countRoles(q models.TokenQuery, o *models.TokenOverview) error {
	if q.Context != models.API {
		return nil // personal tokens have no roles of their own
	}
	return f.tx.Raw(`SELECT key, name, count FROM (
			SELECT r.key, r.name, r.name_folded, r.id, (SELECT count(*) FROM (
				SELECT 1 FROM token_roles tr WHERE tr.tenant_id = ? AND tr.role_id = r.id LIMIT ?) AS counted) AS count
			FROM roles r) AS held
		WHERE count > 0 ORDER BY name_folded, id`, q.TenantID, countedTo+1).Scan(&o.Roles).Error
}

type creatorRow struct {
	ID, Name, NameFolded, Email string
	Count                       int
}

func (f *finder) countCreators(o *models.TokenOverview) error {
	var rows []creatorRow
	err := f.tx.Raw(creatorsOf+`SELECT u.id, u.name, u.name_folded, u.email, (SELECT count(*) FROM (
			SELECT 1 FROM tokens WHERE list = ? AND revoked_at IS NULL AND created_by = u.id LIMIT ?) AS counted) AS count
		FROM (SELECT creator FROM made WHERE creator IS NOT NULL LIMIT ?) AS named JOIN users u ON u.id = named.creator`,
		f.list, f.list, f.list, countedTo+1, namedCreators+1).Scan(&rows).Error
	if err != nil {
		return err
	}
	if o.MoreCreators = len(rows) > namedCreators; o.MoreCreators {
		rows = rows[:namedCreators]
	}
	slices.SortFunc(rows, func(a, b creatorRow) int {
		return cmp.Or(cmp.Compare(a.NameFolded, b.NameFolded), cmp.Compare(a.ID, b.ID))
	})
	for _, r := range rows {
		o.Creators = append(o.Creators, models.CreatorCount{ID: r.ID, Name: r.Name, Email: r.Email, Count: r.Count})
	}
	vendor := f.live(fragment{sql: "created_by IS NULL"})
	counts, err := countEach(f.tx, []fragment{{"SELECT 1 FROM " + vendor.sql, vendor.args}}, countedTo)
	if err == nil && counts[0] > 0 {
		o.Creators = append(o.Creators, models.CreatorCount{Count: counts[0]})
	}
	return err
}
