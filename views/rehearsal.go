package views

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// RehearsedToken is a token that a policy would touch.
type RehearsedToken struct {
	models.TokenRow
	Account string
	// Refused stops at once; End is when it would end, else.
	Refused bool
	End     time.Time
}

// RehearsalInput is what the page is made from.
type RehearsalInput struct {
	PolicyInput
	Refused, Sooner, Used int
	// More says that there may be more than were counted.
	More   bool
	Tokens []RehearsedToken
	Digest string
}

// HiddenValue is sent along with a form.
type HiddenValue struct{ Name, Value string }

// RehearsalProps says what a policy would do to live tokens, and asks when it starts.
type RehearsalProps struct {
	Layout       LayoutProps
	Title, Text  string
	Back         ui.BackProps
	Action, CSRF string
	Hidden       []HiddenValue
	Errors       ui.ErrorSummaryProps
	Harm         templ.Component
	Table        ui.TableProps
	TableHead    ui.SectionHeadProps
	Rows         []RehearsalRow
	Labels       RehearsalLabels
	Start        ui.RadioGroupProps
	Date         ui.TextFieldProps
	Save, Cancel string
}

// RehearsalLabels are the names of columns, shown above cells on cards.
type RehearsalLabels struct{ Owner, Used, Then string }

// RehearsalRow is a token of the list.
type RehearsalRow struct {
	Name, Hint     string
	Owner, Account string
	Used, UsedFrom string
	Then           ui.BadgeProps
	ThenNote       string
}

// PolicyRehearsal puts a rehearsal into words.
func PolicyRehearsal(ctx context.Context, in RehearsalInput) RehearsalProps {
	faults := policyFaults(ctx, in.Problems)
	live := in.Refused + in.Sooner
	p := RehearsalProps{
		Layout: in.Layout, Title: words.N(ctx, "policy.rehearsal.title", live), Text: words.T(ctx, "policy.rehearsal.text"),
		Back: ui.BackProps{Text: words.T(ctx, "policy.title"), Href: in.Action}, Action: in.Action, CSRF: in.Layout.CSRF,
		Hidden: hiddenValues(in), Errors: faults.summary,
		Harm: words.Rich(ctx, "policy.rehearsal.harm", words.Args{
			"Refused": words.N(ctx, "policy.rehearsal.refused", in.Refused), "Sooner": words.N(ctx, "policy.rehearsal.sooner", in.Sooner),
			"Used": words.N(ctx, "policy.rehearsal.used", in.Used),
		}),
		TableHead: ui.SectionHeadProps{Title: words.T(ctx, "policy.rehearsal.tokens")},
		Labels: RehearsalLabels{
			Owner: words.T(ctx, "policy.rehearsal.col.owner"), Used: words.T(ctx, "tokens.col.lastUsed"), Then: words.T(ctx, "policy.rehearsal.col.then"),
		},
		Date: ui.TextFieldProps{
			Field: ui.FieldProps{ID: PolicyDate, Label: words.T(ctx, "policy.start.dateLabel"), Error: faults.beside[PolicyDate]},
			Input: ui.InputProps{Name: PolicyDate, Type: "date", Value: in.Values.Date},
		},
		Save: words.T(ctx, "policy.save"), Cancel: words.T(ctx, "policy.rehearsal.cancel"),
	}
	p.Layout.Title = p.Title
	if in.More {
		p.Text = words.T(ctx, "policy.rehearsal.more")
	}
	if live > len(in.Tokens) {
		p.TableHead.Text = words.N(ctx, "policy.rehearsal.shown", len(in.Tokens))
	}
	p.Table = ui.TableProps{Caption: p.TableHead.Title, Within: true, Cols: []ui.Col{
		{Text: words.T(ctx, "policy.rehearsal.col.token")}, {Text: p.Labels.Owner}, {Text: p.Labels.Used}, {Text: p.Labels.Then},
	}}
	for _, t := range in.Tokens {
		p.Rows = append(p.Rows, rehearsalRow(ctx, in, t))
	}
	p.Start = startChoice(ctx, in, faults)
	return p
}

func rehearsalRow(ctx context.Context, in RehearsalInput, t RehearsedToken) RehearsalRow {
	row := RehearsalRow{
		Name: t.Description, Hint: t.Hint(), Owner: t.CreatorName, Account: t.CreatorEmail,
		Used: words.T(ctx, "tokens.neverUsed"), UsedFrom: t.LastUsedIP,
		Then: ui.BadgeProps{Text: words.T(ctx, "policy.rehearsal.stops"), Tone: ui.BadgeBad},
	}
	if row.Name == "" {
		row.Name = words.T(ctx, "tokens.unnamed")
	}
	if row.Owner == "" {
		row.Owner = words.T(ctx, "tokens.vendor")
	}
	if !in.account() {
		row.Account = t.Account
	}
	if t.Used() {
		row.Used = words.Ago(ctx, t.LastUsedAt, in.Now)
	}
	if !t.Refused {
		row.Then = ui.BadgeProps{Text: words.T(ctx, "policy.rehearsal.ends", words.Args{"Until": words.Until(ctx, t.End, in.Now)}), Tone: ui.BadgeWarn}
		row.ThenNote = words.Instant(ctx, t.End)
	}
	return row
}

func startChoice(ctx context.Context, in RehearsalInput, faults policyTexts) ui.RadioGroupProps {
	group := ui.RadioGroupProps{ID: PolicyStart, Name: PolicyStart, Legend: words.T(ctx, "policy.start"), Error: faults.beside[PolicyStart]}
	for _, card := range []ui.RadioCard{
		{Value: models.StartNow, Title: words.T(ctx, "policy.start.now"), Text: words.N(ctx, "policy.start.now.text", in.Refused)},
		{Value: models.StartOnDate, Title: words.T(ctx, "policy.start.date"), Text: words.T(ctx, "policy.start.date.text")},
		{Value: models.StartForNew, Title: words.T(ctx, "policy.start.new"), Text: words.T(ctx, "policy.start.new.text")},
	} {
		card.Checked = card.Value == in.Values.Start
		group.Cards = append(group.Cards, card)
	}
	return group
}

// hiddenValues carry the candidate from page to page.
func hiddenValues(in RehearsalInput) []HiddenValue {
	v := in.Values
	hidden := []HiddenValue{
		{PolicyLife, v.Life}, {PolicyDays, v.Days}, {PolicyPermission, v.Permission}, {PolicyRehearsed, in.Digest}, {PolicySeen, v.Seen},
	}
	if v.Addresses {
		hidden = append(hidden, HiddenValue{PolicyAddresses, "on"})
	}
	if v.Older {
		hidden = append(hidden, HiddenValue{PolicyOlder, "on"})
	}
	for _, days := range v.Lives {
		hidden = append(hidden, HiddenValue{PolicyLives, days})
	}
	return hidden
}
