package views

import (
	"bytes"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
)

func TestInitials_StandForAPerson(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, email, want string }{
		{"Dana Levi", "dana@acme.example", "DL"},
		{"  noa   van der brandt ", "", "NB"},
		{"Élodie", "", "É"},
		{"李 小龙", "", "李小"},
		{"", "dana@acme.example", "D"},
		{"—", "x@acme.example", "X"},
		{"", "", ""},
	} {
		if got := Initials(row.name, row.email); got != row.want {
			t.Errorf("%q %q: %q, want %q", row.name, row.email, got, row.want)
		}
	}
}

func TestLayout_SwitcherIsThereForSeveralAccountsOnly(t *testing.T) {
	t.Parallel()
	props := LayoutProps{
		CSRF: "token", Home: "/", User: Person{Name: "Dana Levi", Email: "dana@acme.example"},
		Accounts: []AccountChoice{{ID: "1", Name: "Acme", Active: true}, {ID: "2", Name: "Globex"}},
		Nav:      []NavGroup{{Label: "Workspace", Workspace: true, Items: []NavItem{{Text: "API Tokens", Icon: ui.IconKey, Href: Tokens(models.API, ListQuery{}), Active: true}}}},
	}
	form := `form[action="` + SwitchAccount() + `"]`
	doc := document(t, Layout(props))
	var tenants []string
	doc.Find(form + " button[name=tenant]").Each(func(_ int, s *goquery.Selection) { tenants = append(tenants, s.AttrOr("value", "")) })
	if got := strings.Join(tenants, " "); got != "1 2" {
		t.Errorf("the switcher offers %q", got)
	}
	if got := doc.Find(form+" input[name=csrf]").AttrOr("value", ""); got != "token" {
		t.Errorf("the switcher's token is %q", got)
	}
	props.Accounts = props.Accounts[:1]
	if document(t, Layout(props)).Find(form).Length() != 0 {
		t.Error("one account has a switcher")
	}
}

func TestLayout_SignOutIsAPostWithItsToken(t *testing.T) {
	t.Parallel()
	doc := document(t, Layout(LayoutProps{CSRF: "token"}))
	form := doc.Find(`form[method="post"][action="` + SignOut() + `"]`)
	if got := form.Find("input[name=csrf]").AttrOr("value", ""); form.Length() != 1 || got != "token" {
		t.Errorf("%d forms, token %q", form.Length(), got)
	}
}

func TestLayout_MarksThePageOfTheSidebar(t *testing.T) {
	t.Parallel()
	doc := document(t, Layout(LayoutProps{Nav: []NavGroup{{Label: "Customers", Items: []NavItem{{Text: "Accounts", Href: "/a", Active: true}, {Text: "Roles", Href: "/r"}}}}}))
	if got := doc.Find(`aside [aria-current="page"]`).Text(); got != "Accounts" {
		t.Errorf("marked: %q", got)
	}
}

func TestPaths_EscapeWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		Account("a/../b"):               "/console/accounts/a%2F..%2Fb",
		Setup("c?d"):                    "/setup/c%3Fd",
		Tokens(models.API, ListQuery{}): "/workspace/tokens",
		Tokens(models.API, ListQuery{Search: "a&b=c", After: "x y"}): "/workspace/tokens?q=a%26b%3Dc&after=x+y",
		SignIn("/workspace/tokens?q=a"):                              "/sign-in?next=%2Fworkspace%2Ftokens%3Fq%3Da",
		SignIn(""):                                                   "/sign-in",
		User("1", "2"):                                               "/console/accounts/1/users/2",
		Tokens(models.Personal, ListQuery{Before: "abc", Search: "ü"}): "/account/tokens?q=%C3%BC&before=abc",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func document(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	var body bytes.Buffer
	if err := c.Render(t.Context(), &body); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
