package gallery

import (
	"cmp"
	"maps"
	"slices"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/portal"
)

// listOf is the state of a list that shows rows, which are all it has, and allows
// everything.
func listOf(h views.Head, in models.Context, rows []models.TokenRow) portal.ListInput {
	p := portal.ListInput{
		Layout: portalFrame(h, "API Tokens"), Context: in, Account: "Acme", M2MOn: true, MayWrite: true, MayDelete: true, OtherHref: "#",
		Order: models.TokenFilter{}.DefaultOrder(), Page: models.TokenPage{Rows: rows, Total: len(rows)}, Overview: overviewOf(rows), Now: at(),
	}
	if in == models.Personal {
		p.Layout = portalFrame(h, "Personal Tokens")
	}
	return p
}

// narrowed is the list of all demo tokens, of which those are shown that keep tells.
func narrowed(h views.Head, q views.ListQuery, keep func(models.TokenRow) bool) portal.ListInput {
	p := listOf(h, models.API, demoTokens())
	p.Query = q
	p.Page.Rows = slices.DeleteFunc(slices.Clone(p.Page.Rows), func(r models.TokenRow) bool { return !keep(r) })
	p.Page.Total = len(p.Page.Rows)
	if p.Order, _ = views.ReadSort(q.Sort); p.Order.By == "" {
		p.Order = models.TokenFilter{State: models.TokenState(q.State)}.DefaultOrder()
	}
	if p.Order.By == models.SortExpires {
		slices.SortStableFunc(p.Page.Rows, func(a, b models.TokenRow) int { return a.ExpiresAt.Compare(b.ExpiresAt) })
	}
	return p
}

func nothing(models.TokenRow) bool { return false }

// overviewOf counts rows as the store does.
func overviewOf(rows []models.TokenRow) models.TokenOverview {
	o := models.TokenOverview{All: len(rows)}
	kinds, roles, creators := map[models.Kind]int{}, map[string]int{}, map[models.CreatorCount]int{}
	for _, row := range rows {
		left := row.ExpiresAt.Sub(at())
		expired, soon := row.Expired(at()), left <= models.ExpiringWithin
		for count, counts := range map[*int]bool{
			&o.Active: !expired && !row.Disabled(), &o.Expiring: !expired && soon, &o.Permanent: row.Never(),
			&o.NeverUsed: !row.Used(), &o.Expired: expired, &o.Disabled: row.Disabled(), &o.EndingSoon: !expired && left <= models.EndingWithin,
		} {
			if counts {
				*count++
			}
		}
		if !expired && left <= models.EndingWithin && (o.EndsFirst == nil || row.ExpiresAt.Before(o.EndsFirst.ExpiresAt)) {
			o.EndsFirst = &row
		}
		kinds[row.Kind]++
		for _, role := range row.Roles {
			roles[role.Key]++
		}
		creators[models.CreatorCount{ID: row.CreatedBy, Name: row.CreatorName, Email: row.CreatorEmail}]++
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		o.Kinds = append(o.Kinds, models.KindCount{Kind: kind, Count: kinds[kind]})
	}
	for _, key := range slices.Sorted(maps.Keys(roles)) {
		o.Roles = append(o.Roles, models.RoleCount{Key: key, Name: key, Count: roles[key]})
	}
	for creator, count := range creators {
		creator.Count = count
		o.Creators = append(o.Creators, creator)
	}
	slices.SortFunc(o.Creators, func(a, b models.CreatorCount) int { return cmp.Compare(a.Name, b.Name) })
	return o
}

func listPage(name string, state func(views.Head) portal.ListInput) Entry {
	return Entry{Group: "Tokens", Name: name, Page: func(h views.Head) templ.Component {
		return portal.ListPage(portal.List(english(), state(h)))
	}}
}

func tokenListEntries() []Entry {
	return slices.Concat(wholeListEntries(), narrowedListEntries(), emptyListEntries())
}

func wholeListEntries() []Entry {
	api := func(h views.Head) portal.ListInput { return listOf(h, models.API, demoTokens()) }
	return []Entry{
		listPage("API tokens", api),
		listPage("personal tokens", func(h views.Head) portal.ListInput { return listOf(h, models.Personal, personalTokens()) }),
		listPage("one token, which ends", func(h views.Head) portal.ListInput { return listOf(h, models.API, demoTokens()[7:8]) }),
		listPage("several end, some are disabled", func(h views.Head) portal.ListInput {
			rows := demoTokens()
			rows[1].ExpiresAt, rows[2].ExpiresAt = at().AddDate(0, 0, 1), at().AddDate(0, 0, 6)
			rows[3].DisabledAt, rows[8].DisabledAt = &rows[3].LastUsedAt, &rows[3].LastUsedAt
			return listOf(h, models.API, rows)
		}),
		listPage("fifty rows", func(h views.Head) portal.ListInput {
			in := listOf(h, models.API, fiftyTokens())
			in.Page.Older, in.Page.Total, in.Older = true, 101, "cursor"
			in.Overview.All, in.Overview.Active, in.Overview.MoreCreators = 101, 101, true
			return in
		}),
		listPage("long words", func(h views.Head) portal.ListInput {
			in := listOf(h, models.API, longTokens())
			in.Overview.All = 9
			in.Query.Role, in.Query.Search = in.Page.Rows[0].Roles[0].Key, in.Page.Rows[0].Description
			return in
		}),
		listPage("as a viewer", func(h views.Head) portal.ListInput {
			in := api(h)
			in.MayWrite, in.MayDelete = false, false
			return in
		}),
		listPage("under policies, and none for the person to generate", func(h views.Head) portal.ListInput {
			in := api(h)
			in.Policies, in.Lacks = models.Policies{Environment: atMost(90), Account: atMost(7)}, "reports.write"
			return in
		}),
		listPage("M2M off", func(h views.Head) portal.ListInput {
			in := api(h)
			in.M2MOn = false
			return in
		}),
	}
}

func narrowedListEntries() []Entry {
	return []Entry{
		listPage("those that expire", func(h views.Head) portal.ListInput {
			return narrowed(h, views.ListQuery{State: string(models.StateExpiring)}, func(r models.TokenRow) bool {
				return !r.Expired(at()) && r.ExpiresAt.Sub(at()) <= models.ExpiringWithin
			})
		}),
		listPage("several filters and a search", func(h views.Head) portal.ListInput {
			q := views.ListQuery{Search: "graf", State: string(models.StatePermanent), Type: string(models.AccessToken), Role: "Reports reader"}
			return narrowed(h, q, func(r models.TokenRow) bool { return r.Description == "Grafana dashboards" })
		}),
		listPage("a page in another order", func(h views.Head) portal.ListInput {
			in := narrowed(h, views.ListQuery{Sort: views.SortText(models.TokenOrder{By: models.SortExpires}), After: "cursor"}, func(models.TokenRow) bool { return true })
			in.Page.Newer, in.Page.Older, in.Page.Total, in.Newer, in.Older = true, true, 101, "first", "last"
			return in
		}),
		listPage("the last page of a search", func(h views.Head) portal.ListInput {
			in := narrowed(h, views.ListQuery{Search: "sync", After: "cursor"}, func(r models.TokenRow) bool { return r.Kind == models.AccessToken })
			in.Page.Newer, in.Page.Total, in.Newer = true, 54, "cursor"
			return in
		}),
		listPage("a search of two characters", func(h views.Head) portal.ListInput {
			return narrowed(h, views.ListQuery{Search: "ci"}, func(r models.TokenRow) bool { return r.Description == "CI deploy pipeline" })
		}),
		listPage("no match", func(h views.Head) portal.ListInput {
			return narrowed(h, views.ListQuery{Search: "globbex"}, nothing)
		}),
		listPage("no match of a search and filters", func(h views.Head) portal.ListInput {
			return narrowed(h, views.ListQuery{Search: "globbex", State: string(models.StateExpired), Used: views.UsedNever, Role: "Deployer", Creator: "dana"}, nothing)
		}),
		listPage("no match of filters", func(h views.Head) portal.ListInput {
			return narrowed(h, views.ListQuery{State: string(models.StateDisabled), Type: string(models.ClientCredentials)}, nothing)
		}),
		listPage("past the end", func(h views.Head) portal.ListInput {
			return narrowed(h, views.ListQuery{After: "cursor"}, nothing)
		}),
	}
}

func emptyListEntries() []Entry {
	return []Entry{
		listPage("no API tokens yet", func(h views.Head) portal.ListInput { return listOf(h, models.API, nil) }),
		listPage("no personal tokens yet", func(h views.Head) portal.ListInput { return listOf(h, models.Personal, nil) }),
		listPage("none yet and M2M off", func(h views.Head) portal.ListInput {
			in := listOf(h, models.API, nil)
			in.M2MOn = false
			return in
		}),
		listPage("none yet, as a viewer", func(h views.Head) portal.ListInput {
			in := listOf(h, models.API, nil)
			in.MayWrite, in.MayDelete, in.OtherHref = false, false, ""
			return in
		}),
	}
}

func findPage(name string, in models.Context, problem string) Entry {
	return Entry{Group: "Find by value", Name: name, Page: func(h views.Head) templ.Component {
		layout := portalFrame(h, "API Tokens")
		if in == models.Personal {
			layout = portalFrame(h, "Personal Tokens")
		}
		return portal.FindPage(portal.Find(english(), portal.FindInput{Layout: layout, Context: in, Prefix: "lk", Problem: problem}))
	}}
}

func findEntries() []Entry {
	return []Entry{
		findPage("as it begins", models.API, ""),
		findPage("nothing pasted", models.Personal, "required"),
		findPage("not a secret", models.API, "not_key"),
		findPage("a character is wrong", models.API, "checksum"),
		findPage("no such token", models.Personal, "unknown"),
	}
}
