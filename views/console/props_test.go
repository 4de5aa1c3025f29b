package console

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
)

var now = time.Date(2026, 11, 23, 21, 8, 0, 0, time.UTC)

// lines are the texts of consequences, with ! before harm.
func lines(t *testing.T, consequences []Consequence) []string {
	t.Helper()
	var all []string
	for _, c := range consequences {
		var text strings.Builder
		if err := consequence(c).Render(t.Context(), &text); err != nil {
			t.Fatal(err)
		}
		line := strings.NewReplacer("<b>", "", "</b>", "").Replace(text.String())
		if c.Harm {
			line = "! " + line
		}
		all = append(all, line)
	}
	return all
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func TestNames_SaysListsAsPeopleDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names []string
		total int
		want  string
	}{
		{nil, 0, ""},
		{[]string{"Acme"}, 1, "Acme"},
		{[]string{"Acme", "Globex"}, 2, "Acme and Globex"},
		{[]string{"Acme", "Globex", "Initech"}, 3, "Acme, Globex and Initech"},
		{[]string{"Acme", "Globex"}, 6, "Acme, Globex and 4 more"},
		{[]string{"Acme"}, 1235, "Acme and 1,234 more"},
	} {
		same(t, "names", Names(t.Context(), c.names, c.total), c.want)
	}
}

func TestNewFaults_FollowTheOrderOfTheForm(t *testing.T) {
	t.Parallel()
	invalid := models.Invalid("key", "taken")
	invalid.Add("", "last_operator")
	invalid.Add("name", "too_long", "max", 1000)
	f := NewFaults(t.Context(), invalid, Label{"name", "Name"}, Label{"key", "Key"}, Label{"description", "Description"})
	same(t, "summary", f.Summary.Errors, []ui.FieldError{
		{ID: "f-name", Text: "Name is longer than 1,000 characters"},
		{ID: "f-key", Text: "Key is taken already"},
		{Text: "This is the last operator. Make another one before you end this one."},
	})
	same(t, "title", f.Summary.Title, "3 things need your attention")
	same(t, "beside", []string{f.Of("name"), f.Of("description")}, []string{"Name is longer than 1,000 characters", ""})
	same(t, "nothing wrong", NewFaults(t.Context(), &models.InvalidError{}), Faults{})
}

func TestNewM2MProps_SaysWhatEachChoiceWouldDo(t *testing.T) {
	t.Parallel()
	on := models.Settings{M2MEnabled: true, Kind: models.AccessToken}
	off := models.Settings{Kind: models.ClientCredentials}
	facts := func(s models.Settings) M2MInput {
		return M2MInput{
			Settings:     s,
			AccessTokens: models.TokenCounts{Live: 1284, Used: 498}, ClientCredentials: models.TokenCounts{Live: 1, Used: 1},
			RefusedOff: models.TokenCounts{Live: 1200, Used: 400},
			OwnKind:    Exceptions{Inheriting: 1, Own: 2, Names: []string{"Globex", "Initech"}},
		}
	}
	p := M2M(t.Context(), views.LayoutProps{}, facts(on))
	same(t, "on", lines(t, p.On), []string{"0 of 1,285 live tokens are refused by this change."})
	same(t, "off", lines(t, p.Off), []string{"! Switched off, this refuses 1,200 live tokens, 400 of them used in the last 24 hours."})
	same(t, "kept kind", lines(t, p.AccessTokens), []string{"New tokens stay access tokens in 1 account. Globex and Initech keep their own setting."})
	same(t, "new kind", lines(t, p.ClientCredentials), []string{
		"New tokens will be client credentials in 1 account. Globex and Initech keep their own setting.",
		"1,284 tokens of the other kind, access tokens, go on as before.",
	})
	same(t, "nobody of their own", len(p.OwnSwitch), 0)

	p = M2M(t.Context(), views.LayoutProps{}, facts(off))
	same(t, "on again", lines(t, p.On), []string{"Switched on, 1,200 live tokens work again."})
	same(t, "stays off", lines(t, p.Off), []string{"Switched off as it is, 1,200 live tokens are refused."})

	f := facts(on)
	f.RefusedOff, f.OwnKind, f.OwnSwitch = models.TokenCounts{}, Exceptions{Own: 1, Names: []string{"Globex"}}, Exceptions{Own: 1, Names: []string{"Globex"}}
	p = M2M(t.Context(), views.LayoutProps{}, f)
	same(t, "nothing to refuse", lines(t, p.Off), []string{"Switched off, this refuses no live token now."})
	same(t, "nobody inherits", lines(t, p.AccessTokens), []string{"New tokens will be access tokens in accounts that you create. Globex keeps its own setting."})
	same(t, "own switch", lines(t, p.OwnSwitch), []string{"Globex keeps its own switch, whatever is chosen here."})
}

func TestAccountChoice_ComparesWithWhatIsRefusedNow(t *testing.T) {
	t.Parallel()
	disabled := now
	for name, c := range map[string]struct {
		tenant  models.Tenant
		env     bool
		choose  models.Inherit
		wantAll []string
	}{
		"stays on":             {models.Tenant{M2M: models.Inherited}, true, models.On, []string{"0 of 42 live tokens are refused by this change."}},
		"off":                  {models.Tenant{M2M: models.Inherited}, true, models.Off, []string{"! This refuses 42 live tokens, 17 of them used in the last 24 hours."}},
		"inherits what is off": {models.Tenant{M2M: models.On}, false, models.Inherited, []string{"! This refuses 42 live tokens, 17 of them used in the last 24 hours."}},
		"on again":             {models.Tenant{M2M: models.Off}, true, models.Inherited, []string{"42 live tokens work again."}},
		"stays off":            {models.Tenant{M2M: models.Off}, true, models.Off, []string{"42 live tokens stay refused."}},
		"disabled anyway":      {models.Tenant{M2M: models.Inherited, DisabledAt: &disabled}, true, models.Off, []string{"The account is disabled: its tokens are refused in any case."}},
	} {
		f := AccountInput{Tenant: c.tenant, Tokens: models.TokenCounts{Live: 42, Used: 17}, Refused: func(m models.Inherit) models.TokenCounts {
			if m.Over(c.env) {
				return models.TokenCounts{}
			}
			return models.TokenCounts{Live: 42, Used: 17}
		}}
		same(t, name, lines(t, accountChoice(t.Context(), f, c.choose)), c.wantAll)
	}
}

func TestMemberBadge_SaysTheStrongestReason(t *testing.T) {
	t.Parallel()
	past, future := now.Add(-time.Hour), now.Add(time.Hour)
	for want, m := range map[string]models.Member{
		"Active":              {User: models.User{PasswordHash: "x"}, LinkExpiresAt: &future},
		"Link sent":           {LinkExpiresAt: &future},
		"No password":         {LinkExpiresAt: &past},
		"Disabled":            {User: models.User{PasswordHash: "x"}, Membership: models.Membership{DisabledAt: &past}},
		"Disabled everywhere": {User: models.User{DisabledAt: &past}, Membership: models.Membership{DisabledAt: &past}},
	} {
		same(t, "badge", memberBadge(t.Context(), m, now).Text, want)
	}
}

func TestUserRow_LastSignInOrTheEndOfTheLink(t *testing.T) {
	t.Parallel()
	before, link := now.Add(-13*time.Hour), now.Add(21*time.Hour)
	r := userRow(t.Context(), models.Member{User: models.User{Name: "Hank Scorpio", LastSignInAt: &before, LastSignInIP: "198.51.100.8"}}, now)
	same(t, "signed in", []string{r.LastSignIn.Text, r.Never, r.Note, r.Initials, r.NoRoles}, []string{"13 hours ago", "", "198.51.100.8", "HS", "None"})
	r = userRow(t.Context(), models.Member{LinkExpiresAt: &link, Roles: []models.Role{{Name: "Viewer"}}}, now)
	same(t, "link open", []string{r.Never, r.Note, r.NoRoles}, []string{"Never", "Link ends in 21 hours", ""})
}

func TestAccountsPager_LeadsOnAndBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		facts        AccountsInput
		first, older string
	}{
		"one page":   {AccountsInput{}, "", ""},
		"first page": {AccountsInput{Page: models.TenantPage{Next: "b"}}, "", "/console/accounts?after=b"},
		"middle":     {AccountsInput{Page: models.TenantPage{Next: "c"}, After: "b", Search: "a&b"}, "/console/accounts?q=a%26b", "/console/accounts?q=a%26b&after=c"},
		"last page":  {AccountsInput{After: "b"}, "/console/accounts", ""},
	} {
		p := accountsPager(t.Context(), c.facts)
		same(t, name, []string{p.NewerHref, p.OlderHref}, []string{c.first, c.older})
	}
}

func TestNewModulesProps_NamesWhoMay(t *testing.T) {
	t.Parallel()
	roles := []models.Role{{Name: "Admin", Permissions: []string{"fe.secure.*"}}, {Name: "Viewer", Permissions: []string{models.ReadTenantTokens}}}
	p := Modules(context.Background(), views.LayoutProps{}, ModulesInput{API: models.Hidden, Personal: models.ByPermissions, Roles: roles})
	same(t, "readers", p.Boxes[0].Rights[0].Roles, []string{"Admin", "Viewer"})
	same(t, "personal readers", p.Boxes[1].Rights[0].Roles, []string{"Admin"})
	same(t, "warning", p.Boxes[0].Warning, "")
	same(t, "chosen", []bool{p.Boxes[0].Choice.Cards[0].Checked, p.Boxes[1].Choice.Cards[2].Checked}, []bool{true, true})
	p = Modules(t.Context(), views.LayoutProps{}, ModulesInput{Roles: roles[1:]})
	same(t, "warning", p.Boxes[0].Warning, "No role may generate these tokens. Give fe.secure.write.tenantApiTokens to one.")
	same(t, "nobody", p.Boxes[1].Choice.Cards[2].Text, "No role holds the permission yet: nobody sees the tab")
}
