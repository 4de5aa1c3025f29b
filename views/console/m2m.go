package console

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// M2MInput is what the M2M page is made from.
type M2MInput struct {
	// Settings are those in force.
	Settings models.Settings
	// Enabled, Kind and Format are what the form shows: those in force, or what
	// was sent and refused.
	Enabled bool
	Kind    models.Kind
	Format  models.AccessTokenFormat
	Invalid *models.InvalidError
	// AccessTokens and ClientCredentials are all live tokens.
	AccessTokens, ClientCredentials models.TokenCounts
	// RefusedOff are those that are refused with the switch off.
	RefusedOff models.TokenCounts
	// OwnSwitch and OwnKind are the accounts that don't inherit.
	OwnSwitch, OwnKind Exceptions
}

func (f M2MInput) total() models.TokenCounts { return f.AccessTokens.Add(f.ClientCredentials) }

// M2MProps is the page of the environment's switch and kind. The consequences
// of every choice are on it; style shows those of what is chosen.
type M2MProps struct {
	Layout views.LayoutProps
	Faults Faults
	Switch ui.SwitchProps
	Stats  []ui.StatProps
	Kinds  []ui.KindCardProps
	Format ui.RadioGroupProps
	// On and Off are the consequences of the switch.
	On, Off []Consequence
	// AccessTokens and ClientCredentials are those of the kind.
	AccessTokens, ClientCredentials []Consequence
	// OwnSwitch names the accounts that keep theirs.
	OwnSwitch []Consequence
}

// M2M puts the facts into words.
func M2M(ctx context.Context, layout views.LayoutProps, f M2MInput) M2MProps {
	format := Label{"format", words.T(ctx, "console.m2m.format")}
	faults := NewFaults(ctx, f.Invalid,
		Label{"enabled", words.T(ctx, "console.m2m.title")}, Label{"kind", words.T(ctx, "console.m2m.kind")}, format)
	p := M2MProps{
		Layout: titled(layout, words.T(ctx, "console.m2m.title")),
		Faults: faults,
		Format: formatCards(ctx, f, format.Text, faults.Of(format.Field)),
		Switch: ui.SwitchProps{ID: fieldID("enabled"), Name: "enabled", Value: "on", Checked: f.Enabled, DescribedBy: fieldID("enabled") + "-h"},
		Stats: []ui.StatProps{
			{Number: words.Number(ctx, f.total().Live), Text: words.N(ctx, "console.m2m.live", f.total().Live)},
			{Number: words.Number(ctx, f.total().Used), Text: words.T(ctx, "console.m2m.used")},
		},
		Kinds:             []ui.KindCardProps{accessTokenCard(ctx, f), clientCredentialsCard(ctx, f)},
		On:                switchedOn(ctx, f),
		Off:               switchedOff(ctx, f),
		AccessTokens:      kindChosen(ctx, f, models.AccessToken, f.ClientCredentials.Live),
		ClientCredentials: kindChosen(ctx, f, models.ClientCredentials, f.AccessTokens.Live),
	}
	if f.OwnSwitch.Own > 0 {
		names := Names(ctx, f.OwnSwitch.Names, f.OwnSwitch.Own)
		p.OwnSwitch = []Consequence{{Icon: ui.IconAccount, Text: words.RichN(ctx, "console.m2m.ownSwitch", f.OwnSwitch.Own, words.Args{"Names": names})}}
	}
	return p
}

func accessTokenCard(ctx context.Context, f M2MInput) ui.KindCardProps {
	card := kindCard(ctx, f, models.AccessToken, f.AccessTokens)
	card.Text = words.T(ctx, "console.m2m.accessTokens.text")
	card.Caption = words.T(ctx, "console.m2m.sentIn", words.Args{"Header": "X-API-KEY"})
	card.Code = example(`"X-API-KEY: ` + f.Settings.TokenPrefix + `_at_…"`)
	return card
}

func clientCredentialsCard(ctx context.Context, f M2MInput) ui.KindCardProps {
	card := kindCard(ctx, f, models.ClientCredentials, f.ClientCredentials)
	card.Text = words.T(ctx, "console.m2m.clientCredentials.text", words.Args{"TTL": words.Span(ctx, f.Settings.TokenTTL)})
	card.Caption = words.T(ctx, "console.m2m.sentIn", words.Args{"Header": "Authorization: Bearer"})
	card.Code = example(`"Authorization: Bearer $JWT"`)
	return card
}

// example is a call of the vendor's API, whatever its address may be.
func example(header string) []ui.Span {
	return []ui.Span{
		{Text: "curl https://api.vendor.example/reports \\\n  -H "},
		{Text: header, Tone: ui.Mark},
	}
}

func kindCard(ctx context.Context, f M2MInput, kind models.Kind, counts models.TokenCounts) ui.KindCardProps {
	card := ui.KindCardProps{
		Name: "kind", Value: string(kind), Title: kindTitle(ctx, kind), Checked: f.Kind == kind,
		Count: words.T(ctx, "console.counts", words.Args{"Live": counts.Live, "Used": counts.Used}),
	}
	if f.Settings.Kind == kind {
		card.Badge = words.T(ctx, "console.m2m.inForce")
	}
	return card
}

// formatCards are what new access tokens can be.
func formatCards(ctx context.Context, f M2MInput, label, problem string) ui.RadioGroupProps {
	card := func(format models.AccessTokenFormat, title, text string) ui.RadioCard {
		return ui.RadioCard{Value: string(format), Title: title, Text: text, Checked: f.Format == format}
	}
	return ui.RadioGroupProps{
		ID: fieldID("format"), Name: "format", Legend: label, Hint: words.T(ctx, "console.m2m.format.text"), Error: problem,
		Cards: []ui.RadioCard{
			card(models.Opaque, words.T(ctx, "console.m2m.format.opaque"), words.T(ctx, "console.m2m.format.opaque.text")),
			card(models.JWT, words.T(ctx, "console.m2m.format.jwt"), words.T(ctx, "console.m2m.format.jwt.text")),
		},
	}
}

func switchedOn(ctx context.Context, f M2MInput) []Consequence {
	if f.Settings.M2MEnabled {
		return []Consequence{refusesNone(ctx, f.total().Live)}
	}
	return []Consequence{{Good: true, Text: words.RichN(ctx, "console.m2m.worksAgain", f.RefusedOff.Live)}}
}

func switchedOff(ctx context.Context, f M2MInput) []Consequence {
	switch {
	case !f.Settings.M2MEnabled:
		return []Consequence{{Icon: ui.IconPower, Text: words.RichN(ctx, "console.m2m.staysOff", f.RefusedOff.Live)}}
	case f.RefusedOff.Live == 0:
		return []Consequence{{Good: true, Text: words.Rich(ctx, "console.m2m.refusesNone")}}
	default:
		return []Consequence{{Harm: true, Text: words.RichN(ctx, "console.m2m.refuses", f.RefusedOff.Live, words.Args{"Used": f.RefusedOff.Used})}}
	}
}

func kindChosen(ctx context.Context, f M2MInput, kind models.Kind, others int) []Consequence {
	key := "console.m2m.kind.becomes"
	if f.Settings.Kind == kind {
		key = "console.m2m.kind.stays"
	}
	if f.OwnKind.Inheriting == 0 {
		key = "console.m2m.kind.nobody"
	}
	first := Consequence{
		Icon: ui.IconArrowRight,
		Text: words.RichN(ctx, key, f.OwnKind.Inheriting, words.Args{"Kind": kindName(ctx, kind)}),
	}
	if f.OwnKind.Own > 0 {
		names := Names(ctx, f.OwnKind.Names, f.OwnKind.Own)
		first.More = words.N(ctx, "console.m2m.ownKind", f.OwnKind.Own, words.Args{"Names": names})
	}
	lines := []Consequence{first}
	if f.Settings.Kind != kind && others > 0 {
		lines = append(lines, Consequence{Good: true, Text: words.RichN(ctx, "console.m2m.kind.others", others, words.Args{"Kind": kindName(ctx, f.Settings.Kind)})})
	}
	return lines
}

// M2MConfirm asks before the master switch refuses live tokens.
func M2MConfirm(ctx context.Context, layout views.LayoutProps, kind models.Kind, format models.AccessTokenFormat, refused models.TokenCounts) ConfirmProps {
	return ConfirmProps{
		Layout: layout,
		Title:  words.T(ctx, "console.m2m.confirm.title"),
		Text:   words.T(ctx, "console.m2m.confirm.text"),
		Harm:   words.RichN(ctx, "console.refuses", refused.Live, words.Args{"Used": refused.Used}),
		Action: views.ConsoleM2M(),
		Fields: []HiddenField{{"kind", string(kind)}, {"format", string(format)}, confirmed(refused.Live)},
		Button: words.T(ctx, "console.m2m.confirm.button"), Icon: ui.IconPower,
		Back: views.ConsoleM2M(), BackText: words.T(ctx, "console.cancel"),
	}
}
