package views

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// The names of the fields of a policy's forms, which are the ids of their controls too.
const (
	PolicyLife       = "life"
	PolicyDays       = "days"
	PolicyAddresses  = "addresses"
	PolicyPermission = "permission"
	PolicyLives      = "lives"
	PolicyOlder      = "older"
	PolicyRehearsed  = "rehearsed"
	PolicyStart      = "start"
	PolicyDate       = "date"
	PolicySeen       = "seen"
)

// PolicyCustom is the choice of a life that PolicyDays gives.
const PolicyCustom = "custom"

// PolicyValues are the form of a policy as it was filled in.
type PolicyValues struct {
	// Life is the days of a choice, "0" for none, or PolicyCustom.
	Life, Days string
	Addresses  bool
	Permission string
	// Lives are days.
	Lives []string
	Older bool
	// Start and Date are of the page that asks when a rule starts.
	Start, Date string
	// Seen is the mark of the policy that the form was filled with.
	Seen string
}

// PolicyInput is what a policy's pages are made from.
type PolicyInput struct {
	Layout   LayoutProps
	Level    models.Level
	Policies models.Policies
	// Permissions are those to choose from.
	Permissions []models.Permission
	Values      PolicyValues
	Problems    []models.Problem
	// Action is the address of the page and its form.
	Action string
	// MayWrite is whether the person may change it.
	MayWrite bool
	Now      time.Time
}

func (in PolicyInput) own() models.Policy { return in.Policies.Of(in.Level) }

func (in PolicyInput) account() bool { return in.Level == models.AccountLevel }

// ceiling is what the account may not loosen: nothing for the environment.
func (in PolicyInput) ceiling() models.Terms {
	if !in.account() {
		return models.Policies{}.Merge(in.Now, in.Now)
	}
	return models.Policies{Environment: in.Policies.Environment}.Merge(in.Now, in.Now)
}

// ValuesOf are the values of a form for a policy in force. What the ceiling has
// become too low for is not chosen: it has no effect.
func ValuesOf(in PolicyInput) PolicyValues {
	own, ceiling := in.own(), in.ceiling()
	v := PolicyValues{Life: "0", Addresses: own.AddressesRequired.Value(), Permission: own.CreatePermission, Seen: own.Mark()}
	if life := own.MaxLife.Value(); life != 0 && ceiling.AllowsLife(life) {
		days := int(life / models.LifeOf(1))
		v.Life = strconv.Itoa(days)
		if !slices.Contains(models.Lives(), days) {
			v.Life, v.Days = PolicyCustom, strconv.Itoa(days)
		}
	}
	for _, days := range ceiling.Lives {
		if own.Lives == nil || slices.Contains(own.Lives, days) {
			v.Lives = append(v.Lives, strconv.Itoa(days))
		}
	}
	return v
}

// PolicyProps is the form of a policy.
type PolicyProps struct {
	Layout       LayoutProps
	Title, Text  string
	Action, CSRF string
	// Seen goes along unseen.
	Seen   ui.HiddenField
	Errors ui.ErrorSummaryProps
	// Refused is why the form can't be sent, empty when it can.
	Refused string

	Life ui.RadioGroupProps
	Days ui.TextFieldProps

	Addresses      ui.SwitchProps
	AddressesLabel string
	AddressesHint  string
	Permission     ui.FieldProps
	Permissions    ui.SelectProps
	Lives          ui.CheckListProps
	// Spared says which older tokens a rule leaves alone; Older offers to bind them.
	Spared []string
	Older  *ui.CheckListProps
	Save   string
}

// Policy puts a policy into words.
func Policy(ctx context.Context, in PolicyInput) PolicyProps {
	p := PolicyProps{
		Layout: in.Layout, Title: words.T(ctx, "policy.title"), Text: words.T(ctx, "policy.environment.text"),
		Action: in.Action, CSRF: in.Layout.CSRF, Seen: ui.HiddenField{Name: PolicySeen, Value: in.Values.Seen}, Save: words.T(ctx, "policy.save"),
	}
	if in.account() {
		p.Text = words.T(ctx, "policy.account.text")
	}
	if !in.MayWrite {
		p.Refused = words.T(ctx, "policy.readOnly")
	}
	p.Layout.Title = p.Title
	faults := policyFaults(ctx, in.Problems)
	p.Errors = faults.summary
	p.Life, p.Days = lifeFields(ctx, in, faults)
	p.addresses(ctx, in)
	p.permission(ctx, in, faults)
	p.Lives = livesField(ctx, in, faults)
	p.older(ctx, in)
	return p
}

func lifeFields(ctx context.Context, in PolicyInput, faults policyTexts) (ui.RadioGroupProps, ui.TextFieldProps) {
	ceiling := in.ceiling()
	group := ui.RadioGroupProps{
		ID: PolicyLife, Name: PolicyLife, Legend: words.T(ctx, "policy.life"), Hint: words.T(ctx, "policy.life.hint"), Error: faults.beside[PolicyLife],
	}
	for _, days := range models.Lives() {
		card := ui.RadioCard{Value: strconv.Itoa(days), Title: words.T(ctx, "policy.life.none"), Text: words.T(ctx, "policy.life.none.text")}
		switch {
		case days > 0:
			card.Title, card.Text = words.N(ctx, "policy.days", days), words.T(ctx, "policy.life.days.text", words.Args{"Date": words.Date(ctx, in.Now.Add(models.LifeOf(days)))})
			if !ceiling.AllowsLife(models.LifeOf(days)) {
				card.Disabled, card.Text = true, words.T(ctx, "policy.ceiling.life", words.Args{"Span": LifeSpan(ctx, ceiling.MaxLife.Value)})
			}
		case ceiling.MaxLife.Value > 0:
			card.Title = words.T(ctx, "policy.life.inherit")
			card.Text = words.T(ctx, "policy.ceiling.life", words.Args{"Span": LifeSpan(ctx, ceiling.MaxLife.Value)})
		}
		card.Checked = in.Values.Life == card.Value
		group.Cards = append(group.Cards, card)
	}
	group.Cards = append(group.Cards, ui.RadioCard{
		Value: PolicyCustom, Title: words.T(ctx, "policy.life.custom"), Text: words.T(ctx, "policy.life.custom.text"), Checked: in.Values.Life == PolicyCustom,
	})
	days := ui.TextFieldProps{
		Field: ui.FieldProps{ID: PolicyDays, Label: words.T(ctx, "policy.life.customDays"), Error: faults.beside[PolicyDays]},
		Input: ui.InputProps{Name: PolicyDays, Value: in.Values.Days, InputMode: "numeric", MaxLength: 4, Autocomplete: "off", Class: "num sm:max-w-40"},
	}
	return group, days
}

func (p *PolicyProps) addresses(ctx context.Context, in PolicyInput) {
	const hint = PolicyAddresses + "-h"
	p.AddressesLabel, p.AddressesHint = words.T(ctx, "policy.addresses"), words.T(ctx, "policy.addresses.text")
	p.Addresses = ui.SwitchProps{ID: PolicyAddresses, Name: PolicyAddresses, Value: "on", Checked: in.Values.Addresses, DescribedBy: hint}
	if in.ceiling().AddressesRequired.Value {
		p.Addresses.Checked, p.Addresses.Disabled = true, true
		p.AddressesHint = words.T(ctx, "policy.ceiling.addresses")
	}
}

func (p *PolicyProps) permission(ctx context.Context, in PolicyInput, faults policyTexts) {
	hint := words.T(ctx, "policy.permission.hint")
	if above := in.ceiling().CreatePermissions; len(above) > 0 {
		hint = words.T(ctx, "policy.ceiling.permission", words.Args{"Key": words.Machine(above[0].Value)})
	}
	p.Permission = ui.FieldProps{ID: PolicyPermission, Label: words.T(ctx, "policy.permission"), Hint: hint, Error: faults.beside[PolicyPermission]}
	p.Permissions = ui.SelectProps{
		ID: PolicyPermission, Name: PolicyPermission, Invalid: p.Permission.Error != "", DescribedBy: p.Permission.DescribedBy(),
		Options: []ui.Option{{Text: words.T(ctx, "policy.permission.none")}},
	}
	known := in.Values.Permission == ""
	for _, permission := range in.Permissions {
		selected := permission.Key == in.Values.Permission
		known = known || selected
		p.Permissions.Options = append(p.Permissions.Options, ui.Option{
			Value: permission.Key, Text: words.T(ctx, "policy.permission.option", words.Args{"Name": permission.Name, "Key": words.Machine(permission.Key)}), Selected: selected,
		})
	}
	if !known {
		p.Permissions.Options = append(p.Permissions.Options, ui.Option{
			Value: in.Values.Permission, Text: words.T(ctx, "policy.permission.gone", words.Args{"Key": words.Machine(in.Values.Permission)}), Selected: true,
		})
	}
}

func livesField(ctx context.Context, in PolicyInput, faults policyTexts) ui.CheckListProps {
	list := ui.CheckListProps{
		ID: PolicyLives, Name: PolicyLives, Legend: words.T(ctx, "policy.lives"), Hint: words.T(ctx, "policy.lives.hint"), Error: faults.beside[PolicyLives],
	}
	shown := in.ceiling().Lives
	for _, days := range models.Lives() {
		row := ui.CheckRow{Value: strconv.Itoa(days), Title: words.T(ctx, "tokens.generate.never"), Text: words.T(ctx, "tokens.generate.never.text")}
		if days > 0 {
			row.Title, row.Text = words.N(ctx, "tokens.generate.days", days), ""
		}
		if slices.Contains(shown, days) {
			row.Checked = slices.Contains(in.Values.Lives, row.Value)
		} else {
			row.Reason = words.T(ctx, "policy.ceiling.lives")
		}
		list.Rows = append(list.Rows, row)
	}
	return list
}

func (p *PolicyProps) older(ctx context.Context, in PolicyInput) {
	own := in.own()
	p.Spared = append(spared(ctx, own.MaxLife, "policy.spared.life", in.Now), spared(ctx, own.AddressesRequired, "policy.spared.addresses", in.Now)...)
	if len(p.Spared) == 0 || !in.MayWrite {
		return
	}
	p.Older = &ui.CheckListProps{
		ID: PolicyOlder, Name: PolicyOlder, Legend: words.T(ctx, "policy.older"), LongTitles: true,
		Rows: []ui.CheckRow{{Value: "on", Title: words.T(ctx, "policy.older.title"), Text: words.T(ctx, "policy.older.text"), Checked: in.Values.Older}},
	}
}

// spared says since when a rule in force leaves older tokens alone, and until when.
func spared[T comparable](ctx context.Context, r models.Rule[T], key string, now time.Time) []string {
	var none T
	if len(r.Steps) == 0 || r.Value() == none {
		return nil
	}
	last := r.Steps[len(r.Steps)-1]
	if !last.Spares(now) {
		return nil
	}
	args := words.Args{"Set": words.Instant(ctx, last.SetAt), "Rule": words.T(ctx, key)}
	if last.From.Equal(models.NeverExpires) {
		return []string{words.T(ctx, "policy.spared.always", args)}
	}
	args["From"] = words.Instant(ctx, last.From)
	return []string{words.T(ctx, "policy.spared.until", args)}
}

// LifeSpan says a longest life as a policy's pages do: in days where it is whole ones.
func LifeSpan(ctx context.Context, life time.Duration) string {
	if life%models.LifeOf(1) == 0 {
		return words.N(ctx, "policy.days", int(life/models.LifeOf(1)))
	}
	return words.Span(ctx, life)
}

// policyTexts is what is wrong with a form, in words.
type policyTexts struct {
	beside  map[string]string
	summary ui.ErrorSummaryProps
}

func policyFaults(ctx context.Context, problems []models.Problem) policyTexts {
	t := policyTexts{beside: map[string]string{}}
	for _, p := range problems {
		text := words.T(ctx, "invalid."+p.Key, words.Args(p.Args))
		t.beside[p.Field] = text
		t.summary.Errors = append(t.summary.Errors, ui.FieldError{ID: p.Field, Text: text})
	}
	t.summary.Title = words.N(ctx, "problem.summary", len(problems))
	return t
}
