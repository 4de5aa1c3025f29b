package portal

import (
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
)

func counts() models.TokenOverview {
	return models.TokenOverview{
		All: 101, Active: 100, Expiring: 2, Permanent: 3, NeverUsed: 1, Expired: 0,
		Kinds:    []models.KindCount{{Kind: models.AccessToken, Count: 4}, {Kind: models.ClientCredentials, Count: 101}},
		Roles:    []models.RoleCount{{Key: "Editor", Name: "Editors of reports", Count: 9}, {Key: "Viewer", Name: "Viewer", Count: 1}},
		Creators: []models.CreatorCount{{ID: "dana", Name: "Dana", Email: "dana@acme.example", Count: 5}, {Count: 2}},
	}
}

func filtered(q views.ListQuery, change ...func(*ListInput)) ListInput {
	return list(rows(day), append(change, asked(q), func(in *ListInput) { in.Overview = counts() })...)
}

// told is a chip or an option in a line: a star where it is in force.
func told(text, count string, current bool, href string) string {
	star := ""
	if current {
		star = "*"
	}
	return star + text + " " + count + " " + strings.TrimPrefix(href, "/workspace/tokens")
}

func TestFilters_ChipsCombineAndAreTakenOffAgain(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		query views.ListQuery
		want  []string
	}{
		"nothing": {views.ListQuery{}, []string{
			"*All 100+ ", "Active 100 ?state=active", "Expiring in 30 days 2 ?state=expiring", "Never expires 3 ?state=permanent",
			"Never used 1 ?used=never", "Expired 0 ?state=expired",
		}},
		"a state": {views.ListQuery{State: "active", After: "x"}, []string{
			"All 100+ ", "*Active 100 ", "Expiring in 30 days 2 ?state=expiring", "Never expires 3 ?state=permanent",
			"Never used 1 ?state=active&used=never", "Expired 0 ?state=expired",
		}},
		"both, with a role and a search": {views.ListQuery{Search: "a", State: "permanent", Used: "never", Role: "Editor", Sort: "expires", Before: "x"}, []string{
			"All 100+ ?q=a&role=Editor&sort=expires", "Active 100 ?q=a&state=active&used=never&role=Editor&sort=expires",
			"Expiring in 30 days 2 ?q=a&state=expiring&used=never&role=Editor&sort=expires", "*Never expires 3 ?q=a&used=never&role=Editor&sort=expires",
			"*Never used 1 ?q=a&state=permanent&role=Editor&sort=expires", "Expired 0 ?q=a&state=expired&used=never&role=Editor&sort=expires",
		}},
		"disabled, of which there is none": {views.ListQuery{State: "disabled"}, []string{
			"All 100+ ", "Active 100 ?state=active", "Expiring in 30 days 2 ?state=expiring", "Never expires 3 ?state=permanent",
			"Never used 1 ?state=disabled&used=never", "Expired 0 ?state=expired", "*Disabled 0 ",
		}},
	} {
		var got []string
		for _, c := range List(t.Context(), filtered(row.query)).Filters.Chips {
			got = append(got, told(c.Text, c.Count, c.Current, c.Href))
		}
		if strings.Join(got, "\n") != strings.Join(row.want, "\n") {
			t.Errorf("%s:\n%s", name, strings.Join(got, "\n"))
		}
	}
}

func TestFilters_MenusSayWhatIsChosen(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		query views.ListQuery
		want  []string
	}{
		"nothing": {views.ListQuery{}, []string{
			"Type: *All types 100+ , Access token 4 ?type=AccessToken, Client credentials 100+ ?type=ClientCredentials",
			"Role: *All roles 100+ , Editors of reports 9 ?role=Editor, Viewer 1 ?role=Viewer",
			"Created by: *Everyone 100+ , Dana 5 ?creator=dana, Your vendor 2 ?creator=vendor",
		}},
		"one of each": {views.ListQuery{Type: "AccessToken", Role: "Editor", Creator: "vendor"}, []string{
			"*Type: Access token: All types 100+ ?role=Editor&creator=vendor, *Access token 4 ?role=Editor&creator=vendor, Client credentials 100+ ?type=ClientCredentials&role=Editor&creator=vendor",
			"*Role: Editors of reports: All roles 100+ ?type=AccessToken&creator=vendor, *Editors of reports 9 ?type=AccessToken&creator=vendor, Viewer 1 ?type=AccessToken&role=Viewer&creator=vendor",
			"*Created by: Your vendor: Everyone 100+ ?type=AccessToken&role=Editor, Dana 5 ?type=AccessToken&role=Editor&creator=dana, *Your vendor 2 ?type=AccessToken&role=Editor",
		}},
	} {
		var got []string
		for _, m := range List(t.Context(), filtered(row.query)).Filters.Menus {
			var options []string
			for _, o := range m.Options {
				options = append(options, told(o.Text, o.Count, o.Current, o.Href))
			}
			star := ""
			if m.On {
				star = "*"
			}
			got = append(got, star+m.Text+": "+strings.Join(options, ", "))
		}
		if strings.Join(got, "\n") != strings.Join(row.want, "\n") {
			t.Errorf("%s:\n%s", name, strings.Join(got, "\n"))
		}
	}
}

func TestFilters_MenusAreThereWhereThereIsAChoice(t *testing.T) {
	t.Parallel()
	names := func(in ListInput) string {
		var all []string
		for _, m := range List(t.Context(), in).Filters.Menus {
			all = append(all, m.Text)
		}
		return strings.Join(all, ", ")
	}
	personal := func(in *ListInput) { in.Context = models.Personal }
	one := func(in *ListInput) {
		in.Overview.Kinds, in.Overview.Roles, in.Overview.Creators = in.Overview.Kinds[:1], in.Overview.Roles[:1], in.Overview.Creators[:1]
	}
	alone := func(q views.ListQuery) ListInput {
		in := filtered(q)
		one(&in)
		return in
	}
	for want, in := range map[string]ListInput{
		"Type, Role, Created by":                filtered(views.ListQuery{}),
		"Type":                                  filtered(views.ListQuery{}, personal),
		"":                                      alone(views.ListQuery{}),
		"Role: Gone":                            alone(views.ListQuery{Role: "Gone"}),
		"Type: Client credentials":              alone(views.ListQuery{Type: "ClientCredentials"}),
		"Created by: Your vendor":               alone(views.ListQuery{Creator: "vendor"}),
		"Type, Role, Created by: Priya":         filtered(views.ListQuery{Creator: "priya"}, func(in *ListInput) { in.Page.Rows[0].CreatorName = "Priya" }),
		"Type, Role, Created by: somebody else": filtered(views.ListQuery{Creator: "priya"}, func(in *ListInput) { in.Page.Rows = nil }),
	} {
		if got := names(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFilters_AreClearedInOneClick(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		query views.ListQuery
		want  string
	}{
		"nothing narrows": {views.ListQuery{Sort: "expires", After: "x"}, ""},
		"a search":        {views.ListQuery{Search: "a"}, "/workspace/tokens"},
		"all of them":     {views.ListQuery{Search: "a", State: "active", Used: "never", Type: "AccessToken", Role: "Editor", Creator: "dana", Sort: "expires", After: "x"}, "/workspace/tokens?sort=expires"},
	} {
		if got := List(t.Context(), filtered(row.query)).Filters.ClearHref; got != row.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestSearch_KeepsTheRestOfTheQuery(t *testing.T) {
	t.Parallel()
	p := List(t.Context(), filtered(views.ListQuery{Search: "ab", State: "active", Role: "Editor", Sort: "expires", After: "x"}))
	want := []ui.HiddenField{{Name: "state", Value: "active"}, {Name: "role", Value: "Editor"}, {Name: "sort", Value: "expires"}}
	if len(p.Search.Kept) != len(want) || p.Search.Value != "ab" || p.Search.Action != "/workspace/tokens" {
		t.Fatalf("%+v", p.Search)
	}
	for i, kept := range p.Search.Kept {
		if kept != want[i] {
			t.Errorf("%+v, want %+v", kept, want[i])
		}
	}
}

func TestSearch_OfFewCharactersSaysHowItIsMeant(t *testing.T) {
	t.Parallel()
	for text, short := range map[string]bool{"": false, "  ": false, "a": true, " éö ": true, "abc": false, " a b": false} {
		p := List(t.Context(), filtered(views.ListQuery{Search: text, State: "active"}))
		if (p.SearchNote != "") != short || (p.Search.DescribedBy != "") != short {
			t.Errorf("%q: %q", text, p.SearchNote)
		}
	}
}

func TestList_WithoutRowsSaysWhatNarrowsIt(t *testing.T) {
	t.Parallel()
	const whole = "Search looks at description, ID, the first and last characters of the secret, and who made it. For a whole secret there is Find by value."
	for name, row := range map[string]struct {
		query                     views.ListQuery
		total                     int
		title, text, action, href string
	}{
		"a search":  {views.ListQuery{Search: "x"}, 0, "No token matches “x”", whole, "Clear", ""},
		"a state":   {views.ListQuery{State: "expired", Sort: "created"}, 0, "No token matches", "The list is narrowed to Expired.", "Clear", "?sort=created"},
		"many":      {views.ListQuery{Search: "x", State: "active", Used: "never", Role: "Viewer", After: "x"}, 0, "No token matches “x”", "The list is narrowed to Active · Never used · Role: Viewer.", "Clear", ""},
		"past it":   {views.ListQuery{After: "x"}, 3, "No tokens on this page", "They may have been deleted since.", "Newest tokens", ""},
		"past some": {views.ListQuery{State: "active", Before: "x"}, 3, "No tokens on this page", "They may have been deleted since.", "Newest tokens", "?state=active"},
	} {
		in := filtered(row.query)
		in.Page = models.TokenPage{Total: row.total}
		p := List(t.Context(), in)
		if p.NoMatch == nil || p.Empty != nil {
			t.Errorf("%s: %+v", name, p)
			continue
		}
		if got := *p.NoMatch; got.Title != row.title || got.Text != row.text || got.ActionText != row.action || got.ActionHref != "/workspace/tokens"+row.href {
			t.Errorf("%s: %+v", name, got)
		}
	}
	in := filtered(views.ListQuery{Sort: "expires", After: "x"})
	in.Page, in.Order = models.TokenPage{Total: 3}, models.TokenOrder{By: models.SortExpires}
	if p := List(t.Context(), in); p.NoMatch.ActionText != "First page" || p.NoMatch.ActionHref != "/workspace/tokens?sort=expires" {
		t.Errorf("%+v", p.NoMatch)
	}
}
