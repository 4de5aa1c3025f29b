package portal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
)

func rows(ends ...time.Duration) models.TokenPage {
	page := models.TokenPage{Total: len(ends)}
	for i, end := range ends {
		page.Rows = append(page.Rows, models.TokenRow{Token: models.Token{
			ID: "id", Description: string(rune('A' + i)), Prefix: "lk_at", LastFour: "abcd", CreatedAt: now.Add(-day),
			ExpiresAt: now.Add(end), LastUsedAt: models.NeverUsed, Kind: models.AccessToken,
		}})
	}
	return page
}

// list is a list in its own order; it has more tokens than are seen at a glance.
func list(page models.TokenPage, change ...func(*ListInput)) ListInput {
	in := ListInput{
		Context: models.API, Account: "Acme", M2MOn: true, MayWrite: true, MayDelete: true, Page: page,
		Order: models.TokenFilter{}.DefaultOrder(), Overview: models.TokenOverview{All: fewTokens + 1}, Now: now,
	}
	for _, c := range change {
		c(&in)
	}
	return in
}

func asked(q views.ListQuery) func(*ListInput) {
	return func(in *ListInput) { in.Query = q }
}

func html(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestList_BannerIsAboutWhatMattersMost(t *testing.T) {
	t.Parallel()
	ending := func(count int, end time.Duration) func(*ListInput) {
		return func(in *ListInput) { in.Overview.EndingSoon, in.Overview.EndsFirst = count, &rows(end).Rows[0] }
	}
	const one = "<b>A</b> ends in 3 days, on 26 November 2026 at 21:08 UTC"
	for name, row := range map[string]struct {
		in                  ListInput
		want, action, leads string
	}{
		"nothing ends soon": {in: list(rows(8*day, -day))},
		"one ends": {list(rows(8*day), ending(1, 3*day)), one + ". Generate its successor before then.",
			"Show token", "/workspace/tokens?state=expiring"},
		"two end": {list(rows(8*day), ending(2, 3*day)), one + ", and 1 more ends within 7 days. Generate successors before then.",
			"Show tokens", "/workspace/tokens?state=expiring"},
		"many end": {list(rows(8*day), ending(101, 3*day)), one + ", and 100+ more end within 7 days. Generate successors before then.",
			"Show tokens", "/workspace/tokens?state=expiring"},
		"one ends, for a viewer": {list(rows(8*day), ending(1, 3*day), func(in *ListInput) { in.MayWrite = false }), one + ".",
			"Show token", "/workspace/tokens?state=expiring"},
		"three end, for a viewer": {list(rows(8*day), ending(3, 3*day), func(in *ListInput) { in.MayWrite = false }),
			one + ", and 2 more end within 7 days.", "Show tokens", "/workspace/tokens?state=expiring"},
		"one ends, a personal one": {list(rows(8*day), ending(1, 3*day), func(in *ListInput) { in.Context = models.Personal }),
			one + ". Generate its successor before then.", "Show token", "/account/tokens?state=expiring"},
		"one ends, in a list that does not show it": {list(models.TokenPage{}, ending(1, 3*day), asked(views.ListQuery{Search: "x", Sort: "created"})),
			one + ". Generate its successor before then.", "Show token", "/workspace/tokens?state=expiring"},
		"they are shown already": {list(rows(3*day), ending(1, 3*day), asked(views.ListQuery{State: "expiring"})),
			one + ". Generate its successor before then.", "", ""},
		"M2M is off": {list(rows(3*day), ending(1, 3*day), func(in *ListInput) { in.M2MOn = false }),
			"Refused: M2M authentication is off. Ask your vendor to switch it on.", "", ""},
	} {
		p := List(t.Context(), row.in)
		got, banner := "", ui.BannerProps{}
		if p.Banner != nil {
			got, banner = p.Banner.Banner.Text, p.Banner.Banner
			if p.Banner.Rich != nil {
				got += html(t, p.Banner.Rich)
			}
		}
		if got != row.want || banner.ActionText != row.action || banner.ActionHref != row.leads {
			t.Errorf("%s: %q, %q to %q", name, got, banner.ActionText, banner.ActionHref)
		}
	}
}

func TestList_GenerateIsThereDisabledOrAbsent(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*ListInput)
		want   GenerateLink
	}{
		"may write":                   {func(*ListInput) {}, GenerateLink{Text: "Generate Token", Href: "/workspace/tokens/new"}},
		"M2M off":                     {func(in *ListInput) { in.M2MOn = false }, GenerateLink{Text: "Generate Token", Reason: "M2M authentication is off"}},
		"may not write":               {func(in *ListInput) { in.MayWrite = false }, GenerateLink{}},
		"may not write, with M2M off": {func(in *ListInput) { in.MayWrite, in.M2MOn = false, false }, GenerateLink{}},
	} {
		if got := List(t.Context(), list(rows(day), row.change)).Generate; got != row.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestList_SummaryCountsTheWholeList(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*ListInput)
		want   string
	}{
		"all at once": {func(in *ListInput) { in.Overview.Active, in.Overview.Expiring, in.Overview.NeverUsed = 8, 2, 1 },
			"8 live → ?state=active · 2 expire within 30 days → ?state=expiring · 1 never used → ?used=never"},
		"one of each":         {func(in *ListInput) { in.Overview.Active, in.Overview.Expiring = 1, 1 }, "1 live → ?state=active · 1 expires within 30 days → ?state=expiring"},
		"nothing to look at":  {func(in *ListInput) { in.Overview.Active = 3 }, "3 live → ?state=active"},
		"all are over":        {func(in *ListInput) {}, "0 live → ?state=active"},
		"more than a hundred": {func(in *ListInput) { in.Overview.Active, in.Overview.Expiring = 101, 100 }, "100+ live → ?state=active · 100 expire within 30 days → ?state=expiring"},
		"in a narrowed list": {func(in *ListInput) {
			in.Overview.Active = 3
			in.Query = views.ListQuery{Search: "a", Role: "Editor", Sort: "expires", After: "x"}
		}, "3 live → ?state=active&sort=expires"},
		"M2M off": {func(in *ListInput) { in.Overview.Active, in.M2MOn = 3, false }, ""},
		"empty":   {func(in *ListInput) { in.Overview.All, in.Page.Rows = 0, nil }, ""},
	} {
		var items []string
		for _, item := range List(t.Context(), list(rows(day), row.change)).Summary {
			items = append(items, item.Number+" "+item.Text+" → "+strings.TrimPrefix(item.Href, "/workspace/tokens"))
		}
		if got := strings.Join(items, " · "); got != row.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestList_FewTokensAreNotSearched(t *testing.T) {
	t.Parallel()
	for all, row := range map[int]struct {
		query    views.ListQuery
		searched bool
	}{
		7: {views.ListQuery{}, false},
		8: {views.ListQuery{}, true},
		2: {views.ListQuery{Sort: "created", After: "x"}, false},
		1: {views.ListQuery{State: "expired"}, true},
		3: {views.ListQuery{Search: "a"}, true},
	} {
		p := List(t.Context(), list(rows(day), func(in *ListInput) { in.Query, in.Overview.All = row.query, all }))
		if (p.Search != nil) != row.searched || (p.Filters != nil) != row.searched {
			t.Errorf("%d tokens, %+v: search %v, filters %v", all, row.query, p.Search, p.Filters)
		}
	}
}

func TestList_CountsWhatIsKnown(t *testing.T) {
	t.Parallel()
	page := func(shown int, newer, older bool, total int) models.TokenPage {
		p := rows(make([]time.Duration, shown)...)
		p.Newer, p.Older, p.Total = newer, older, total
		return p
	}
	search, state := views.ListQuery{Search: "A"}, views.ListQuery{State: "active"}
	many := page(50, false, true, 101)
	many.TotalIsMany = true
	for name, row := range map[string]struct {
		page  models.TokenPage
		query views.ListQuery
		want  string
	}{
		"one page":                    {page(2, false, false, 2), views.ListQuery{}, "2 tokens, newest first. Times are UTC."},
		"one row":                     {page(1, false, false, 1), views.ListQuery{}, "1 token. Times are UTC."},
		"the first of two pages":      {page(50, false, true, 100), views.ListQuery{}, "1–50 of 100, newest first. Times are UTC."},
		"the last of two pages":       {page(22, true, false, 72), views.ListQuery{After: "x"}, "51–72 of 72, newest first. Times are UTC."},
		"between two pages":           {page(40, true, true, 90), views.ListQuery{After: "x"}, "40 of 90, newest first. Times are UTC."},
		"the first of uncounted ones": {page(50, false, true, 101), views.ListQuery{}, "1–50 of more than 100, newest first. Times are UTC."},
		"the last of uncounted ones":  {page(20, true, false, 101), views.ListQuery{After: "x"}, "20 of more than 100, newest first. Times are UTC."},
		"a search":                    {page(2, false, false, 2), search, "2 tokens match “A”, newest first. Times are UTC."},
		"a search with one match":     {page(1, false, false, 1), search, "1 token matches “A”. Times are UTC."},
		"a long search":               {page(50, false, true, 52), search, "1–50 of 52, newest first. Times are UTC."},
		"a search without an end":     {many, search, "1–50 of more than 1,000, newest first. Times are UTC."},
		"a filter":                    {page(2, false, false, 2), state, "2 tokens match, newest first. Times are UTC."},
		"a filter with one match":     {page(1, false, false, 1), state, "1 token matches. Times are UTC."},
	} {
		if got := List(t.Context(), list(row.page, asked(row.query))).Pager.Text; got != row.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestList_WordsFollowTheOrder(t *testing.T) {
	t.Parallel()
	for sort, row := range map[string]struct{ order, newer, older string }{
		"-created":     {"newest first", "Newer", "Older"},
		"created":      {"oldest first", "Previous", "Next"},
		"description":  {"A to Z", "Previous", "Next"},
		"-description": {"Z to A", "Previous", "Next"},
		"lastUsed":     {"longest unused first", "Previous", "Next"},
		"-lastUsed":    {"last used first", "Previous", "Next"},
		"expires":      {"soonest end first", "Previous", "Next"},
		"-expires":     {"latest end first", "Previous", "Next"},
	} {
		order, ok := views.ReadSort(sort)
		if !ok || views.SortText(order) != sort {
			t.Errorf("%s is read as %+v, %v", sort, order, ok)
		}
		p := List(t.Context(), list(rows(day, day), func(in *ListInput) { in.Order = order }))
		if p.Pager.Text != "2 tokens, "+row.order+". Times are UTC." || p.Table.Caption != "API tokens of Acme, "+row.order ||
			p.Pager.NewerText != row.newer || p.Pager.OlderText != row.older {
			t.Errorf("%s: %+v, %q", sort, p.Pager, p.Table.Caption)
		}
	}
}

func TestList_ColumnsLeadToTheirOrderAndThenToTheOpposite(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		query views.ListQuery
		want  string
	}{
		"as it begins": {views.ListQuery{}, "Client ID ?sort=description, Created On descending ?sort=created, Expires in ?sort=expires, Last used ?sort=-lastUsed"},
		"oldest first": {views.ListQuery{Sort: "created", After: "x"}, "Client ID ?sort=description, Created On ascending , Expires in ?sort=expires, Last used ?sort=-lastUsed"},
		"by name":      {views.ListQuery{Sort: "description"}, "Client ID ascending ?sort=-description, Created On , Expires in ?sort=expires, Last used ?sort=-lastUsed"},
		"expiring": {views.ListQuery{State: "expiring"},
			"Client ID ?state=expiring&sort=description, Created On ?state=expiring&sort=-created, Expires in ascending ?state=expiring&sort=-expires, Last used ?state=expiring&sort=-lastUsed"},
		"expired, found": {views.ListQuery{Search: "a", State: "expired", Sort: "lastUsed"},
			"Client ID ?q=a&state=expired&sort=description, Created On ?q=a&state=expired&sort=-created, Expires in ?q=a&state=expired&sort=expires, Last used ascending ?q=a&state=expired&sort=-lastUsed"},
	} {
		order, _ := views.ReadSort(row.query.Sort)
		if order.By == "" {
			order = models.TokenFilter{State: models.TokenState(row.query.State)}.DefaultOrder()
		}
		p := List(t.Context(), list(rows(day), asked(row.query), func(in *ListInput) { in.Order = order }))
		var got []string
		for _, col := range p.Table.Cols {
			if col.Href != "" {
				sort := strings.TrimLeft(string(col.Sort)+" ", " ")
				got = append(got, fmt.Sprintf("%s %s%s", col.Text, sort, strings.TrimPrefix(col.Href, "/workspace/tokens")))
			}
		}
		if got := strings.Join(got, ", "); got != row.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	p := List(t.Context(), list(rows(day), func(in *ListInput) { in.Overview.All = 1 }))
	for _, col := range p.Table.Cols {
		if col.Href != "" || p.Table.SortText != "" {
			t.Errorf("one token is sorted by %s", col.Text)
		}
	}
}

func TestList_PagerKeepsTheQuery(t *testing.T) {
	t.Parallel()
	p := List(t.Context(), list(rows(day), func(in *ListInput) {
		in.Query = views.ListQuery{Search: "a&b", State: "active", Sort: "expires", After: "here"}
		in.Page.Newer, in.Page.Older, in.Newer, in.Older = true, true, "first", "last"
	})).Pager
	const kept = "/workspace/tokens?q=a%26b&state=active&sort=expires"
	if p.NewerHref != kept+"&before=first" || p.OlderHref != kept+"&after=last" {
		t.Errorf("%q, %q", p.NewerHref, p.OlderHref)
	}
	if p := List(t.Context(), list(rows(day))).Pager; p.NewerHref != "" || p.OlderHref != "" {
		t.Errorf("one page has ways on: %+v", p)
	}
}

func TestList_RowsThatAreRefusedSaySo(t *testing.T) {
	t.Parallel()
	const off, disabled = "Refused: M2M authentication is off", "Disabled"
	for name, row := range map[string]struct {
		end              time.Duration
		disabled, m2mOff bool
		refused          string
		greyed           bool
	}{
		"it works":                {end: day},
		"expired":                 {end: -day, greyed: true},
		"M2M off":                 {end: day, m2mOff: true, refused: off, greyed: true},
		"expired, M2M off":        {end: -day, m2mOff: true, greyed: true},
		"disabled":                {end: day, disabled: true, refused: disabled, greyed: true},
		"disabled, expired":       {end: -day, disabled: true, refused: disabled, greyed: true},
		"disabled and M2M is off": {end: day, disabled: true, m2mOff: true, refused: disabled, greyed: true},
	} {
		page := rows(row.end)
		if row.disabled {
			page.Rows[0].DisabledAt = &now
		}
		got := List(t.Context(), list(page, func(in *ListInput) { in.M2MOn = !row.m2mOff })).Rows[0]
		if got.Refused != row.refused || got.Off != row.greyed {
			t.Errorf("%s: %q, off %v", name, got.Refused, got.Off)
		}
	}
}

func TestList_TokenThatIsNotUsedForAMonthIsAskedAbout(t *testing.T) {
	t.Parallel()
	for age, note := range map[time.Duration]string{0: "", 30*day - time.Second: "", 30 * day: "Still needed?", 300 * day: "Still needed?"} {
		page := rows(day, -day)
		page.Rows[0].CreatedAt, page.Rows[1].CreatedAt = now.Add(-age), now.Add(-age)
		p := List(t.Context(), list(page))
		if p.Rows[0].UsedNote != note || p.Rows[0].UsedText != "Never used" || p.Rows[1].UsedNote != "" {
			t.Errorf("after %s: %q, expired %q", age, p.Rows[0].UsedNote, p.Rows[1].UsedNote)
		}
	}
}

func TestList_TokenWithoutDescriptionIsNamedByItsID(t *testing.T) {
	t.Parallel()
	page := rows(day)
	page.Rows[0].Description = ""
	row := List(t.Context(), list(page)).Rows[0]
	if row.Name != "No description" || row.DeleteLabel != "Delete id" || row.CreatorName != "Your vendor" || row.CreatorEmail != "" {
		t.Errorf("%+v", row)
	}
}
