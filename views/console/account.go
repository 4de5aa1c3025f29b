package console

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// AccountInput is what an account's page is made from.
type AccountInput struct {
	Tenant   models.Tenant
	Settings models.Settings
	Members  []models.Member
	// M2M and Kind are what the form shows: the account's own, or what was
	// sent and refused.
	M2M     models.Inherit
	Kind    models.Kind
	Invalid *models.InvalidError
	// Tokens are the account's live ones.
	Tokens models.TokenCounts
	// Refused tells what is refused with the switch at each of its places.
	Refused func(models.Inherit) models.TokenCounts
	Now     time.Time
}

// AccountProps is the page of one account.
type AccountProps struct {
	Layout    views.LayoutProps
	Faults    Faults
	Crumbs    ui.CrumbsProps
	Name      string
	Badge     ui.BadgeProps
	ID, Since string
	// Disabled says since when nobody is let in; empty for an account that is.
	Disabled              string
	DisableHref, EnableTo string
	SaveTo                string
	M2M, Kind             ui.RadioGroupProps
	// Inherit, On and Off are the consequences of each place of the switch.
	Inherit, On, Off []Consequence
	UsersText        string
	NewUserHref      string
	UsersCaption     string
	Users            []UserRow
}

// UserRow is a person in an account's list.
type UserRow struct {
	Initials, Name, Email, Href string
	EditLabel                   string
	Roles                       []string
	// NoRoles stands in place of the roles when there are none.
	NoRoles string
	Status  ui.BadgeProps
	// LastSignIn is a time, or Never with a Note about the password link.
	LastSignIn     *ui.TimeProps
	Never          string
	Note           string
	Machine        bool
	PersonalTokens string
	Off            bool
}

// Account puts the facts into words.
func Account(ctx context.Context, layout views.LayoutProps, f AccountInput) AccountProps {
	t := f.Tenant
	faults := NewFaults(ctx, f.Invalid,
		Label{"m2m", words.T(ctx, "console.account.tokens")}, Label{"kind", words.T(ctx, "console.m2m.kind")})
	p := AccountProps{
		Layout: titled(layout, t.Name), Faults: faults,
		Crumbs: crumbs(ctx, accountsCrumb(ctx), ui.Crumb{Text: t.Name}),
		Name:   t.Name, Badge: accountBadge(ctx, t), ID: t.ID,
		Since:       words.T(ctx, "console.account.since", words.Args{"Date": words.DateLong(ctx, t.CreatedAt)}),
		DisableHref: views.DisableAccount(t.ID),
		SaveTo:      views.AccountM2M(t.ID),
		M2M:         accountSwitch(ctx, f, faults), Kind: accountKind(ctx, f, faults),
		Inherit: accountChoice(ctx, f, models.Inherited), On: accountChoice(ctx, f, models.On), Off: accountChoice(ctx, f, models.Off),
		UsersText:   words.N(ctx, "console.account.people", len(f.Members)),
		NewUserHref: views.NewUser(t.ID), UsersCaption: words.T(ctx, "console.users.of", words.Args{"Account": t.Name}),
	}
	if t.Disabled() {
		p.DisableHref, p.EnableTo = "", views.EnableAccount(t.ID)
		p.Disabled = words.T(ctx, "console.account.disabledSince", words.Args{"Instant": words.InstantLong(ctx, *t.DisabledAt)})
	}
	for _, m := range f.Members {
		p.Users = append(p.Users, userRow(ctx, m, f.Now))
	}
	return p
}

func accountSwitch(ctx context.Context, f AccountInput, faults Faults) ui.RadioGroupProps {
	inherit := words.T(ctx, "console.account.inherit.on")
	if !f.Settings.M2MEnabled {
		inherit = words.T(ctx, "console.account.inherit.off")
	}
	off := words.N(ctx, "console.account.off.refuses", f.Tokens.Live, words.Args{"Used": f.Tokens.Used})
	if f.Tokens.Live == 0 {
		off = words.T(ctx, "console.account.off.nothing")
	}
	return chosen(string(f.M2M), ui.RadioGroupProps{
		ID: fieldID("m2m"), Name: "m2m", Error: faults.Of("m2m"),
		Legend: words.T(ctx, "console.account.tokens"), Hint: words.T(ctx, "console.account.tokens.hint"),
		Cards: []ui.RadioCard{
			{Value: string(models.Inherited), Title: words.T(ctx, "console.account.inherit"), Text: inherit},
			{Value: string(models.On), Title: words.T(ctx, "console.account.on"), Text: words.T(ctx, "console.account.on.text")},
			{Value: string(models.Off), Title: words.T(ctx, "console.account.off"), Text: off},
		},
	})
}

// inheritKind is the value of a form that follows the environment's kind.
const inheritKind = "inherit"

func accountKind(ctx context.Context, f AccountInput, faults Faults) ui.RadioGroupProps {
	value := string(f.Kind)
	if value == "" {
		value = inheritKind
	}
	return chosen(value, ui.RadioGroupProps{
		ID: fieldID("kind"), Name: "kind", Error: faults.Of("kind"),
		Legend: words.T(ctx, "console.m2m.kind"), Hint: words.T(ctx, "console.account.kind.hint"),
		Cards: []ui.RadioCard{
			{Value: inheritKind, Title: words.T(ctx, "console.account.inherit"), Text: words.T(ctx, "console.account.inherit.kind", words.Args{"Kind": kindTitle(ctx, f.Settings.Kind)})},
			{Value: string(models.AccessToken), Title: kindTitle(ctx, models.AccessToken), Text: words.T(ctx, "console.m2m.sentIn", words.Args{"Header": "X-API-KEY"})},
			{Value: string(models.ClientCredentials), Title: kindTitle(ctx, models.ClientCredentials), Text: words.T(ctx, "console.account.clientCredentials.text")},
		},
	})
}

func chosen(value string, p ui.RadioGroupProps) ui.RadioGroupProps {
	for i := range p.Cards {
		p.Cards[i].Checked = p.Cards[i].Value == value
	}
	return p
}

// accountChoice says what one place of the account's switch would do.
func accountChoice(ctx context.Context, f AccountInput, m2m models.Inherit) []Consequence {
	before, after := f.Refused(f.Tenant.M2M), f.Refused(m2m)
	switch {
	case f.Tenant.Disabled():
		return []Consequence{{Icon: ui.IconPower, Text: words.Rich(ctx, "console.account.refusedAnyway")}}
	case after.Live > before.Live:
		return []Consequence{{Harm: true, Text: words.RichN(ctx, "console.refuses", after.Live, words.Args{"Used": after.Used})}}
	case before.Live > after.Live:
		return []Consequence{{Good: true, Text: words.RichN(ctx, "console.account.worksAgain", before.Live)}}
	case after.Live > 0:
		return []Consequence{{Icon: ui.IconPower, Text: words.RichN(ctx, "console.account.staysOff", after.Live)}}
	default:
		return []Consequence{refusesNone(ctx, f.Tokens.Live)}
	}
}

func userRow(ctx context.Context, m models.Member, now time.Time) UserRow {
	r := UserRow{
		Initials: views.Initials(m.User.Name, m.User.Email), Name: m.User.Name, Email: m.User.Email,
		Href:      views.User(m.TenantID, m.UserID),
		EditLabel: words.T(ctx, "console.edit.of", words.Args{"Name": m.User.Name}),
		Roles:     roleNames(m.Roles), Status: memberBadge(ctx, m, now),
		PersonalTokens: words.Number(ctx, m.PersonalTokens),
		Off:            m.User.Disabled() || m.Membership.Disabled(),
	}
	if len(r.Roles) == 0 {
		r.NoRoles = words.T(ctx, "console.none")
	}
	switch {
	case m.User.LastSignInAt != nil:
		r.LastSignIn = &ui.TimeProps{Text: words.Ago(ctx, *m.User.LastSignInAt, now), At: *m.User.LastSignInAt}
		r.Note, r.Machine = m.User.LastSignInIP, true
	case linkOpen(m, now):
		r.Never, r.Note = words.T(ctx, "console.never"), words.T(ctx, "console.user.linkEnds", words.Args{"Span": words.Until(ctx, *m.LinkExpiresAt, now)})
	default:
		r.Never = words.T(ctx, "console.never")
	}
	return r
}

// AccountM2MConfirm asks before an account's switch refuses live tokens.
func AccountM2MConfirm(ctx context.Context, layout views.LayoutProps, t models.Tenant, m2m models.Inherit, kind models.Kind, refused models.TokenCounts) ConfirmProps {
	kindValue := string(kind)
	if kindValue == "" {
		kindValue = inheritKind
	}
	return ConfirmProps{
		Layout: layout,
		Title:  words.T(ctx, "console.account.m2m.confirm.title", words.Args{"Account": t.Name}),
		Text:   words.T(ctx, "console.m2m.confirm.text"),
		Harm:   words.RichN(ctx, "console.refuses", refused.Live, words.Args{"Used": refused.Used}),
		Action: views.AccountM2M(t.ID),
		Fields: []HiddenField{{"m2m", string(m2m)}, {"kind", kindValue}, confirmed(refused.Live)},
		Button: words.T(ctx, "console.m2m.confirm.button"), Icon: ui.IconPower,
		Back: views.Account(t.ID), BackText: words.T(ctx, "console.cancel"),
	}
}

// DisableAccount asks before an account is shut out.
func DisableAccount(ctx context.Context, layout views.LayoutProps, t models.Tenant, people int, refused models.TokenCounts) ConfirmProps {
	harm := words.RichN(ctx, "console.refuses", refused.Live, words.Args{"Used": refused.Used})
	if refused.Live == 0 {
		harm = words.Rich(ctx, "console.account.disable.noTokens")
	}
	return ConfirmProps{
		Layout: layout,
		Title:  words.T(ctx, "console.account.disable.title", words.Args{"Account": t.Name}),
		Text:   words.N(ctx, "console.account.disable.text", people),
		Harm:   harm, Harmless: refused.Live == 0,
		Action: views.DisableAccount(t.ID), Fields: []HiddenField{confirmed(refused.Live)},
		Button: words.T(ctx, "console.account.disable"), Icon: ui.IconPower,
		Back: views.Account(t.ID), BackText: words.T(ctx, "console.cancel"),
	}
}
