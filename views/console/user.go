package console

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// UserInput is what a person's page is made from.
type UserInput struct {
	Tenant models.Tenant
	Member models.Member
	Roles  []models.Role
	// RoleIDs are what the form shows: the person's, or what was sent and refused.
	RoleIDs []string
	Invalid *models.InvalidError
	Now     time.Time
}

// UserProps is the page of a person in an account.
type UserProps struct {
	Layout      views.LayoutProps
	Faults      Faults
	Crumbs      ui.CrumbsProps
	Name, Email string
	Badge       ui.BadgeProps
	Action      string
	Roles       ui.CheckListProps
	SignIn      []ui.Fact
	LinkTo      string
	// Here and Everywhere are what can be done to the person.
	HereTitle        string
	Here, Everywhere []Act
}

// Act is something that can be done to a person: with Href a page asks first,
// otherwise it is done by a POST to Action.
type Act struct {
	Title, Text  string
	Button       string
	Icon         ui.Icon
	Href, Action string
}

// User puts the facts into words.
func User(ctx context.Context, layout views.LayoutProps, f UserInput) UserProps {
	u := f.Member.User
	faults := NewFaults(ctx, f.Invalid, Label{"roles", words.T(ctx, "console.roles")})
	return UserProps{
		Layout: titled(layout, u.Name), Faults: faults,
		Crumbs: crumbs(ctx, accountsCrumb(ctx), accountCrumb(f.Tenant), ui.Crumb{Text: u.Name}),
		Name:   u.Name, Email: u.Email, Badge: memberBadge(ctx, f.Member, f.Now),
		Action: views.User(f.Tenant.ID, u.ID), Roles: rolesChoice(ctx, faults, f.Roles, f.RoleIDs),
		SignIn: signInFacts(ctx, f), LinkTo: views.LinkUser(f.Tenant.ID, u.ID),
		HereTitle: words.T(ctx, "console.user.here", words.Args{"Account": f.Tenant.Name}),
		Here:      actsHere(ctx, f), Everywhere: actsEverywhere(ctx, f),
	}
}

func signInFacts(ctx context.Context, f UserInput) []ui.Fact {
	u := f.Member.User
	last := ui.Fact{Term: words.T(ctx, "console.lastSignIn"), Text: words.T(ctx, "console.never")}
	if u.LastSignInAt != nil {
		last.Text = words.Ago(ctx, *u.LastSignInAt, f.Now)
		last.Note = words.T(ctx, "console.user.lastFrom", words.Args{"Instant": words.Instant(ctx, *u.LastSignInAt), "IP": u.LastSignInIP})
	}
	password := ui.Fact{Term: words.T(ctx, "console.user.password"), Text: words.T(ctx, "console.user.password.set")}
	if u.PasswordHash == "" {
		password.Text = words.T(ctx, "console.user.password.none")
	}
	if linkOpen(f.Member, f.Now) {
		password.Note = words.T(ctx, "console.user.linkOpen", words.Args{"Span": words.Until(ctx, *f.Member.LinkExpiresAt, f.Now)})
	}
	return []ui.Fact{
		last, password,
		{Term: words.T(ctx, "console.personalTokens"), Text: words.N(ctx, "console.user.tokensHere", f.Member.PersonalTokens)},
		{Term: words.T(ctx, "console.user.since"), Text: words.DateLong(ctx, f.Member.CreatedAt)},
	}
}

func actsHere(ctx context.Context, f UserInput) []Act {
	t, u := f.Tenant.ID, f.Member.UserID
	account := words.Args{"Account": f.Tenant.Name}
	lock := Act{
		Title: words.T(ctx, "console.user.disable", account), Text: words.T(ctx, "console.user.disable.text"),
		Button: words.T(ctx, "console.user.disable.button"), Icon: ui.IconPower, Href: views.DisableUser(t, u),
	}
	if f.Member.Membership.Disabled() {
		lock = Act{
			Title: words.T(ctx, "console.user.enable", account), Text: words.T(ctx, "console.user.enable.text", words.Args{"Instant": words.InstantLong(ctx, *f.Member.Membership.DisabledAt)}),
			Button: words.T(ctx, "console.user.enable.button"), Icon: ui.IconPower, Action: views.EnableUser(t, u),
		}
	}
	ends := words.T(ctx, "console.user.remove.text.none")
	if n := f.Member.PersonalTokens; n > 0 {
		ends = words.N(ctx, "console.user.remove.text", n)
	}
	return []Act{lock, {
		Title: words.T(ctx, "console.user.remove", account), Text: ends,
		Button: words.T(ctx, "console.user.remove.button"), Icon: ui.IconPersonMinus, Href: views.RemoveUser(t, u),
	}}
}

func actsEverywhere(ctx context.Context, f UserInput) []Act {
	t, u := f.Tenant.ID, f.Member.UserID
	lock := Act{
		Title: words.T(ctx, "console.user.disableAll"), Text: words.T(ctx, "console.user.disableAll.text"),
		Button: words.T(ctx, "console.user.disableAll.button"), Icon: ui.IconPower, Href: views.DisableUserEverywhere(t, u),
	}
	if f.Member.User.Disabled() {
		lock = Act{
			Title: words.T(ctx, "console.user.enableAll"), Text: words.T(ctx, "console.user.enable.text", words.Args{"Instant": words.InstantLong(ctx, *f.Member.User.DisabledAt)}),
			Button: words.T(ctx, "console.user.enableAll.button"), Icon: ui.IconPower, Action: views.EnableUserEverywhere(t, u),
		}
	}
	return []Act{lock, {
		Title: words.T(ctx, "console.user.delete"), Text: words.T(ctx, "console.user.delete.text"),
		Button: words.T(ctx, "console.user.delete.button"), Icon: ui.IconTrash, Href: views.DeleteUser(t, u),
	}}
}

// UserAct is what a confirmation page about a person is for.
type UserAct string

const (
	// DisableHere shuts the person out of the account.
	DisableHere UserAct = "disable"
	// RemoveHere takes the person off the account.
	RemoveHere UserAct = "remove"
	// DisableEverywhere shuts the person out altogether.
	DisableEverywhere UserAct = "disable-everywhere"
	// DeleteEverywhere ends the person.
	DeleteEverywhere UserAct = "delete"
)

// UserConfirm asks before something of a person ends. invalid is why it
// couldn't be done, after a try.
func UserConfirm(ctx context.Context, layout views.LayoutProps, act UserAct, t models.Tenant, m models.Member, invalid *models.InvalidError) ConfirmProps {
	args := words.Args{"Name": m.User.Name, "Account": t.Name}
	p := ConfirmProps{
		Layout: layout,
		Facts: []ui.Fact{
			{Term: words.T(ctx, "console.user"), Text: m.User.Name, Note: m.User.Email},
			{Term: words.T(ctx, "console.account"), Text: t.Name},
			rolesFact(ctx, m.Roles),
		},
		Icon: ui.IconPower,
		Back: views.User(t.ID, m.UserID), BackText: words.T(ctx, "console.cancel"),
	}
	if faults := NewFaults(ctx, invalid); len(faults.Summary.Errors) > 0 {
		p.Error = faults.Summary.Errors[0].Text
	}
	switch act {
	case DisableHere:
		p.Title, p.Text = words.T(ctx, "console.user.disable.title", args), words.T(ctx, "console.user.disable.confirm")
		p.Harm = endingTokens(ctx, m, "console.user.disable.harm", "console.user.disable.harm.none")
		p.Action, p.Button = views.DisableUser(t.ID, m.UserID), words.T(ctx, "console.user.disable.button")
	case RemoveHere:
		p.Title, p.Text = words.T(ctx, "console.user.remove.title", args), words.T(ctx, "console.user.remove.confirm", args)
		p.Harm = endingTokens(ctx, m, "console.user.remove.harm", "console.user.remove.harm.none")
		p.Action, p.Button, p.Icon = views.RemoveUser(t.ID, m.UserID), words.T(ctx, "console.user.remove.button"), ui.IconPersonMinus
	case DisableEverywhere:
		p.Title, p.Text = words.T(ctx, "console.user.disableAll.title", args), words.T(ctx, "console.user.disable.confirm")
		p.Harm = endingTokens(ctx, m, "console.user.disableAll.harm", "console.user.disableAll.harm.none")
		p.Action, p.Button = views.DisableUserEverywhere(t.ID, m.UserID), words.T(ctx, "console.user.disableAll.button")
	case DeleteEverywhere:
		p.Title, p.Text = words.T(ctx, "console.user.delete.title", args), words.T(ctx, "console.user.delete.confirm", args)
		p.Harm = endingTokens(ctx, m, "console.user.delete.harm", "console.user.delete.harm.none")
		p.Action, p.Button, p.Icon = views.DeleteUser(t.ID, m.UserID), words.T(ctx, "console.user.delete.button"), ui.IconTrash
	}
	return p
}

// endingTokens says what stops with a person: some names their personal tokens in the
// account, none says that there are none.
func endingTokens(ctx context.Context, m models.Member, some, none string) templ.Component {
	if m.PersonalTokens == 0 {
		return words.Rich(ctx, none)
	}
	return words.RichN(ctx, some, m.PersonalTokens)
}
