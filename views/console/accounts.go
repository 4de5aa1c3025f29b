package console

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// AccountsInput is what the list of accounts is made from.
type AccountsInput struct {
	Page models.TenantPage
	// Search and After are what narrowed and continued the list.
	Search, After string
	Settings      models.Settings
	Invalid       *models.InvalidError
}

// AccountsProps is the list of accounts.
type AccountsProps struct {
	Layout views.LayoutProps
	Search ui.SearchProps
	// Error is why the search was refused; empty when it wasn't.
	Error string
	Rows  []AccountRow
	// NoMatch is set when a search found nothing, Empty when there is nothing.
	NoMatch *ui.NoMatchProps
	Empty   *ui.EmptyProps
	Pager   ui.PagerProps
}

// AccountRow is an account in the list.
type AccountRow struct {
	Name, Href    string
	EditLabel     string
	ID, CopyLabel string
	Users         string
	Live, Used    string
	M2M, Kind     string
	Created       ui.TimeProps
	Status        ui.BadgeProps
	Off           bool
}

// Accounts puts the list into words.
func Accounts(ctx context.Context, layout views.LayoutProps, f AccountsInput) AccountsProps {
	p := AccountsProps{
		Layout: titled(layout, words.T(ctx, "console.accounts.title")),
		Search: ui.SearchProps{
			Action: views.Accounts(views.ListQuery{}), Value: f.Search,
			Label: words.T(ctx, "console.accounts.search"), Placeholder: words.T(ctx, "console.accounts.search"),
		},
	}
	if f.Invalid != nil {
		faults := NewFaults(ctx, f.Invalid, Label{"q", words.T(ctx, "console.search")})
		p.Error = faults.Of("q")
		p.Search.Invalid, p.Search.DescribedBy = true, fieldID("q")
		return p
	}
	for _, row := range f.Page.Rows {
		p.Rows = append(p.Rows, accountRow(ctx, row, f.Settings))
	}
	switch {
	case len(p.Rows) == 0 && f.Search != "":
		p.NoMatch = &ui.NoMatchProps{
			Title: words.T(ctx, "console.accounts.noMatch", words.Args{"Search": f.Search}), Text: words.T(ctx, "console.accounts.noMatch.text"),
			ActionText: words.T(ctx, "console.search.clear"), ActionHref: views.Accounts(views.ListQuery{}),
		}
	case len(p.Rows) == 0 && f.After == "":
		p.Empty = &ui.EmptyProps{Icon: ui.IconAccount, Title: words.T(ctx, "console.accounts.empty"), Text: words.T(ctx, "console.accounts.empty.text")}
	default:
		p.Pager = accountsPager(ctx, f)
	}
	return p
}

// accountsPager leads on, and from anywhere behind the first page back to it.
func accountsPager(ctx context.Context, f AccountsInput) ui.PagerProps {
	pager := ui.PagerProps{
		Label: words.T(ctx, "console.pages"), Text: words.N(ctx, "console.accounts.count", f.Page.Total), Announce: f.Search != "",
		NewerText: words.T(ctx, "console.pages.first"), OlderText: words.T(ctx, "console.pages.next"),
	}
	if f.After != "" {
		pager.NewerHref = views.Accounts(views.ListQuery{Search: f.Search})
	}
	if f.Page.Next != "" {
		pager.OlderHref = views.Accounts(views.ListQuery{Search: f.Search, After: f.Page.Next})
	}
	return pager
}

func accountRow(ctx context.Context, row models.TenantRow, s models.Settings) AccountRow {
	r := AccountRow{
		Name: row.Name, Href: views.Account(row.ID),
		EditLabel: words.T(ctx, "console.edit.of", words.Args{"Name": row.Name}),
		ID:        row.ID, CopyLabel: words.T(ctx, "console.account.copyID", words.Args{"Name": row.Name}),
		Users: words.Number(ctx, row.Members),
		Live:  words.Number(ctx, row.Live), Used: words.T(ctx, "console.accounts.used", words.Args{"Used": row.Used}),
		M2M:     switchInForce(ctx, row.Tenant, s),
		Kind:    words.T(ctx, "console.accounts.kindInherited", words.Args{"Kind": kindTitle(ctx, row.KindInForce(s))}),
		Created: ui.TimeProps{Text: words.Date(ctx, row.CreatedAt), At: row.CreatedAt},
		Status:  accountBadge(ctx, row.Tenant), Off: row.Disabled(),
	}
	if row.Kind.Valid() {
		r.Kind = words.T(ctx, "console.accounts.kindOwn", words.Args{"Kind": kindTitle(ctx, row.Kind)})
	}
	return r
}

// switchInForce says whether the account's tokens are accepted, and whose word
// that is.
func switchInForce(ctx context.Context, t models.Tenant, s models.Settings) string {
	switch {
	case t.M2M == models.On:
		return words.T(ctx, "console.accounts.on")
	case t.M2M == models.Off:
		return words.T(ctx, "console.accounts.off")
	case s.M2MEnabled:
		return words.T(ctx, "console.accounts.onInherited")
	default:
		return words.T(ctx, "console.accounts.offInherited")
	}
}

// NewAccountProps is the form for one more account.
type NewAccountProps struct {
	Layout views.LayoutProps
	Faults Faults
	Crumbs ui.CrumbsProps
	Name   ui.TextFieldProps
}

// NewAccount puts the form into words; name is what was sent and refused.
func NewAccount(ctx context.Context, layout views.LayoutProps, name string, invalid *models.InvalidError) NewAccountProps {
	label := words.T(ctx, "console.name")
	faults := NewFaults(ctx, invalid, Label{"name", label})
	layout = titled(layout, words.T(ctx, "console.account.new"))
	return NewAccountProps{
		Layout: layout, Faults: faults,
		Crumbs: crumbs(ctx, accountsCrumb(ctx), ui.Crumb{Text: layout.Title}),
		Name: ui.TextFieldProps{
			Field: faults.Field("name", label, words.T(ctx, "console.account.new.hint")),
			Input: ui.InputProps{Name: "name", Value: name, MaxLength: models.MaxName, Required: true, Autocomplete: "off", Autofocus: invalid == nil},
		},
	}
}

func crumbs(ctx context.Context, steps ...ui.Crumb) ui.CrumbsProps {
	return ui.CrumbsProps{Label: words.T(ctx, "console.crumbs"), Crumbs: steps}
}

func accountsCrumb(ctx context.Context) ui.Crumb {
	return ui.Crumb{Text: words.T(ctx, "console.accounts.title"), Href: views.Accounts(views.ListQuery{})}
}
