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
	f := &finder{dialect: s.dialect, tenantID: q.TenantID, list: list}
	err = s.readList(ctx, "token overview", func(tx *gorm.DB) error {
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
	queries := []fragment{
		steps(f.live(wholeList, fragment{}), "id"), steps(f.live(byEnd, f.endingSoon(q)), "expires_at, id"),
	}
	for _, p := range parts {
		condition, err := f.only(q, p.filter)
		if err != nil {
			return err
		}
		queries = append(queries, condition.steps())
	}
	for _, k := range kinds {
		condition, err := f.only(q, models.TokenFilter{Kind: k.Kind})
		if err != nil {
			return err
		}
		queries = append(queries, condition.steps())
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

// only is the condition of a filter that has one.
func (f *finder) only(q models.TokenQuery, filter models.TokenFilter) (condition, error) {
	q.TokenFilter = filter
	conditions, err := f.conditionsOf(f.tx, q)
	if err != nil {
		return condition{}, err
	}
	return conditions[0], nil
}

func (f *finder) endingSoon(q models.TokenQuery) fragment {
	return rangeOf(models.StampText(q.Now), models.StampText(q.Now.Add(models.EndingWithin)))
}

func (f *finder) firstToEnd(q models.TokenQuery, o *models.TokenOverview) error {
	if o.EndingSoon == 0 {
		return nil
	}
	from := f.live(byEnd, f.endingSoon(q))
	first, err := find(f.tx, fragment{"SELECT id, expires_at AS sort_key, 1 AS hit FROM " + from.sql + " ORDER BY expires_at, id LIMIT 1", from.args}, 1)
	if err != nil {
		return err
	}
	rows, err := tokensAt(f.tx, first.hits)
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
	var rows []roleUse
	err := f.tx.Raw(`SELECT r.id, r.key, r.name, r.name_folded, (SELECT count(*) FROM (
			SELECT 1 FROM token_roles tr WHERE tr.tenant_id = ? AND tr.role_id = r.id ORDER BY tr.token_id LIMIT ?) AS counted) AS count
		FROM roles r`, q.TenantID, countedTo+1).Scan(&rows).Error
	slices.SortFunc(rows, func(a, b roleUse) int {
		return cmp.Or(cmp.Compare(a.NameFolded, b.NameFolded), cmp.Compare(a.ID, b.ID))
	})
	for _, r := range rows {
		if r.Count > 0 {
			o.Roles = append(o.Roles, models.RoleCount{Key: r.Key, Name: r.Name, Count: r.Count})
		}
	}
	return err
}

type roleUse struct {
	ID, Key, Name, NameFolded string
	Count                     int
}

type creatorRow struct {
	ID, Name, NameFolded, Email string
	Count                       int
}

func (f *finder) countCreators(o *models.TokenOverview) error {
	var rows []creatorRow
	made, his := f.creators(), f.live(byCreator, fragment{sql: "created_by = u.id"})
	err := f.tx.Raw(made.sql+"SELECT u.id, u.name, u.name_folded, CASE WHEN "+stillMember+" THEN u.email ELSE '' END AS email, (SELECT count(*) FROM (SELECT 1 FROM "+his.sql+" ORDER BY id LIMIT ?) AS counted) AS count "+
		"FROM (SELECT creator FROM made WHERE creator IS NOT NULL LIMIT ?) AS named JOIN users u ON u.id = named.creator",
		slices.Concat(made.args, []any{f.tenantID}, his.args, []any{countedTo + 1, namedCreators + 1})...).Scan(&rows).Error
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
	vendor := steps(f.live(byCreator, fragment{sql: "created_by IS NULL"}), "created_by, id")
	counts, err := countEach(f.tx, []fragment{vendor}, countedTo)
	if err == nil && counts[0] > 0 {
		o.Creators = append(o.Creators, models.CreatorCount{Count: counts[0]})
	}
	return err
}
