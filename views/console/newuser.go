package console

import (
	"context"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// NewUserInput is what the form for one more person is made from; Email, Name
// and RoleIDs are what was sent and refused.
type NewUserInput struct {
	Tenant      models.Tenant
	Roles       []models.Role
	Email, Name string
	RoleIDs     []string
	Invalid     *models.InvalidError
}

// NewUserProps is the form for one more person.
type NewUserProps struct {
	Layout      views.LayoutProps
	Faults      Faults
	Crumbs      ui.CrumbsProps
	Intro       string
	Email, Name ui.TextFieldProps
	Roles       ui.CheckListProps
	Action      string
	Cancel      string
}

// NewUser puts the form into words.
func NewUser(ctx context.Context, layout views.LayoutProps, f NewUserInput) NewUserProps {
	email, name, roles := words.T(ctx, "console.email"), words.T(ctx, "console.name"), words.T(ctx, "console.roles")
	faults := NewFaults(ctx, f.Invalid, Label{"email", email}, Label{"name", name}, Label{"roles", roles})
	layout = titled(layout, words.T(ctx, "console.user.new"))
	return NewUserProps{
		Layout: layout, Faults: faults,
		Crumbs: crumbs(ctx, accountsCrumb(ctx), accountCrumb(f.Tenant), ui.Crumb{Text: layout.Title}),
		Intro:  words.T(ctx, "console.user.new.intro"),
		Email: ui.TextFieldProps{
			Field: faults.Field("email", email, words.T(ctx, "console.user.new.email.hint")),
			Input: ui.InputProps{Name: "email", Type: "email", Value: f.Email, MaxLength: models.MaxEmail, Required: true, Autocomplete: "off", Autofocus: f.Invalid == nil},
		},
		Name: ui.TextFieldProps{
			Field: faults.Field("name", name, ""),
			Input: ui.InputProps{Name: "name", Value: f.Name, MaxLength: models.MaxName, Required: true, Autocomplete: "off"},
		},
		Roles:  rolesChoice(ctx, faults, f.Roles, f.RoleIDs),
		Action: views.AccountUsers(f.Tenant.ID), Cancel: views.Account(f.Tenant.ID),
	}
}

func accountCrumb(t models.Tenant) ui.Crumb { return ui.Crumb{Text: t.Name, Href: views.Account(t.ID)} }

func rolesChoice(ctx context.Context, faults Faults, roles []models.Role, chosen []string) ui.CheckListProps {
	return ui.CheckListProps{
		ID: fieldID("roles"), Name: "roles", Legend: words.T(ctx, "console.roles"),
		Hint: words.T(ctx, "console.user.roles.hint"), Error: faults.Of("roles"),
		Rows: roleRows(ctx, roles, func(id string) bool { return slices.Contains(chosen, id) }),
	}
}

// LinkInput is what the page of a one-time password link is made from.
type LinkInput struct {
	Tenant    models.Tenant
	Member    models.Member
	URL       string
	ExpiresAt time.Time
	Now       time.Time
	// New tells that the person was created a moment ago.
	New bool
}

// LinkProps is the page that shows a one-time password link, once.
type LinkProps struct {
	Layout      views.LayoutProps
	Crumbs      ui.CrumbsProps
	Title, Text string
	Link        ui.CopyFieldProps
	Ends        string
	Facts       []ui.Fact
	Back        string
}

// Link puts the facts into words.
func Link(ctx context.Context, layout views.LayoutProps, f LinkInput) LinkProps {
	u := f.Member.User
	p := LinkProps{
		Layout: titled(layout, words.T(ctx, "console.link")),
		Crumbs: crumbs(ctx, accountsCrumb(ctx), accountCrumb(f.Tenant), ui.Crumb{Text: u.Name, Href: views.User(f.Tenant.ID, u.ID)}, ui.Crumb{Text: words.T(ctx, "console.link")}),
		Title:  words.T(ctx, "console.link.title", words.Args{"Name": u.Name}),
		Text:   words.T(ctx, "console.link.text", words.Args{"Name": u.Name}),
		Link: ui.CopyFieldProps{
			ID: "link", Label: words.T(ctx, "console.link"), Value: f.URL,
			CopyText: words.T(ctx, "console.copy"), CopyLabel: words.T(ctx, "console.link.copy"),
		},
		Ends: words.T(ctx, "console.link.ends", words.Args{
			"Span": words.Until(ctx, f.ExpiresAt, f.Now), "Instant": words.InstantLong(ctx, f.ExpiresAt),
		}),
		Facts: []ui.Fact{
			{Term: words.T(ctx, "console.user"), Text: u.Name, Note: u.Email},
			{Term: words.T(ctx, "console.account"), Text: f.Tenant.Name},
			rolesFact(ctx, f.Member.Roles),
		},
		Back: views.User(f.Tenant.ID, u.ID),
	}
	if f.New {
		p.Title = words.T(ctx, "console.user.added", words.Args{"Name": u.Name, "Account": f.Tenant.Name})
	}
	return p
}

func rolesFact(ctx context.Context, roles []models.Role) ui.Fact {
	fact := ui.Fact{Term: words.T(ctx, "console.roles"), Text: words.T(ctx, "console.none")}
	if len(roles) > 0 {
		fact = ui.Fact{Term: fact.Term, Value: ui.Chips(roleNames(roles))}
	}
	return fact
}
