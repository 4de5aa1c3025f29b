package portal

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// Never is the choice of a token without an end.
const Never = "never"

// LifeValue is a choice as the form sends it.
func LifeValue(days int) string {
	if days == 0 {
		return Never
	}
	return strconv.Itoa(days)
}

// DefaultLife is what is chosen beforehand where no policy says anything else.
func DefaultLife() string { return LifeValue(90) }

// TokenForm is the form as it was filled in.
type TokenForm struct {
	Description string
	// RoleIDs are the chosen roles, of API tokens only.
	RoleIDs []string
	// Expires is one of LifeValue.
	Expires string
	// Key is of client credentials only.
	Key  KeyForm
	More MoreForm
	// ID is the form's one-use id.
	ID string
}

// RoleChoice is a role as the form offers it.
type RoleChoice struct {
	models.Role
	// Grantable tells whether the person holds all that the role gives.
	Grantable bool
}

// GenerateInput is what the form is built from.
type GenerateInput struct {
	Layout  views.LayoutProps
	Context models.Context
	Account string
	// Kind is the one in force, Prefix begins its secrets, TTL is the life of a JWT that
	// client credentials are exchanged for.
	Kind   models.Kind
	Prefix string
	TTL    time.Duration
	// Policies bind the token, and Lacks is the permission that they demand and the
	// person doesn't hold; empty for none.
	Policies models.Policies
	Lacks    string
	// M2MOn is whether tokens can be made at all.
	M2MOn bool
	Roles []RoleChoice
	// Contacts are the people to choose a contact from.
	Contacts []models.User
	Form     TokenForm
	Problems []models.Problem
	Now      time.Time
}

// GenerateProps is the form for one more token. Off is set in its place while none can
// be made.
type GenerateProps struct {
	Layout views.LayoutProps
	Title  string
	Back   ui.BackProps
	Off    *OffProps

	Action, CSRF, FormID string
	Errors               ui.ErrorSummaryProps
	Description          ui.TextFieldProps
	// Roles is nil for personal tokens.
	Roles       *ui.CheckListProps
	Expires     ui.RadioGroupProps
	NeverAdvice string
	// Key is nil for access tokens.
	Key *KeyProps
	// Fold is around More.
	Fold         ui.DisclosureProps
	More         MoreProps
	Create       ui.ButtonProps
	Cancel       string
	AsideLabel   string
	Kind         KindProps
	Once, Keeps  string
	PersonalKeep bool
}

// OffProps says why no token can be made.
type OffProps struct {
	Title, Text, Action, Href string
}

// KindProps says what the token will be.
type KindProps struct {
	Title, Text string
	Header      []ui.Span
	Note        string
}

// Generate builds the form.
func Generate(ctx context.Context, in GenerateInput) GenerateProps {
	at := place{in.Context}
	p := GenerateProps{
		Layout: in.Layout, Title: words.T(ctx, "tokens.generate"),
		Back: ui.BackProps{Text: at.back(ctx), Href: at.newest()},
	}
	p.Layout.Title = p.Title
	account := words.Args{"Account": in.Account}
	if !in.M2MOn {
		p.Off = &OffProps{
			Title: words.T(ctx, "tokens.off.title", account), Text: words.T(ctx, "tokens.off.text"),
			Action: words.T(ctx, "tokens.off.back"), Href: at.newest(),
		}
		return p
	}
	if in.Lacks != "" {
		p.Off = &OffProps{
			Title: words.T(ctx, "tokens.policy.mayNot.title"), Text: words.T(ctx, "tokens.policy.mayNot", words.Args{"Key": words.Machine(in.Lacks)}),
			Action: words.T(ctx, "tokens.off.back"), Href: at.newest(),
		}
		return p
	}
	labels := moreLabels(ctx)
	if in.Kind == models.ClientCredentials {
		maps.Copy(labels, keyLabels(ctx))
	}
	labels[FieldDescription], labels[FieldExpires] = words.T(ctx, "tokens.generate.description"), words.T(ctx, "tokens.generate.expires")
	if !at.personal() {
		labels[FieldRoles] = words.T(ctx, "tokens.generate.roles")
	}
	errors := errorsIn(ctx, in.Problems, labels)
	p.Action, p.CSRF, p.FormID, p.Errors = at.newest(), in.Layout.CSRF, in.Form.ID, errors.summary
	p.Description = descriptionField(ctx, in.Form.Description, labels, errors)
	p.Description.Input.Autofocus = len(in.Problems) == 0
	if !at.personal() {
		p.Roles = roleList(ctx, in, labels[FieldRoles], errors.beside[FieldRoles])
	}
	p.Expires = lifeCards(ctx, in, labels[FieldExpires], errors.beside[FieldExpires])
	p.NeverAdvice = words.T(ctx, "tokens.generate.never.advice")
	p.Key = keyFields(ctx, in.Form.Key, in.Kind, labels, errors)
	demands := addressesDemanded(ctx, in.Policies.Merge(in.Now, in.Now), in.Account)
	p.Fold = ui.DisclosureProps{
		Title: words.T(ctx, "more.title"), Text: words.T(ctx, "more.title.hint"), Open: demands != "" || moreOpen(in.Form.More, errors),
	}
	p.More = moreFields(ctx, in.Form.More, in.Kind, in.Contacts, demands, labels, errors)
	p.Create = ui.ButtonProps{Text: words.T(ctx, "tokens.generate.create"), Tone: ui.Primary}
	if p.Roles != nil && !anyGrantable(in.Roles) {
		p.Create.Disabled, p.Create.DescribedBy = true, p.Roles.DescribedBy()
	}
	p.Cancel = words.T(ctx, "tokens.generate.cancel")
	p.AsideLabel, p.Kind = words.T(ctx, "tokens.generate.aside"), kindCard(ctx, in)
	p.Once = words.T(ctx, "tokens.generate.once")
	p.Keeps = words.T(ctx, at.pick("tokens.generate.api.keeps", "tokens.generate.personal.keeps"), account)
	p.PersonalKeep = at.personal()
	return p
}

func roleList(ctx context.Context, in GenerateInput, label, problem string) *ui.CheckListProps {
	p := &ui.CheckListProps{
		ID: FieldRoles, Name: FieldRoles, Legend: label, Hint: words.T(ctx, "tokens.generate.roles.hint"), Error: problem,
	}
	account := words.Args{"Account": in.Account}
	for _, role := range in.Roles {
		row := ui.CheckRow{Value: role.ID, Title: role.Name, Text: role.Description}
		if row.Text == "" {
			row.Codes = role.Permissions
		}
		if role.Grantable {
			row.Checked = slices.Contains(in.Form.RoleIDs, role.ID)
		} else {
			row.Reason = words.T(ctx, "tokens.generate.notGrantable", account)
		}
		p.Rows = append(p.Rows, row)
	}
	if !anyGrantable(in.Roles) {
		p.Hint = words.T(ctx, "tokens.generate.roles.none", account)
	}
	return p
}

func anyGrantable(roles []RoleChoice) bool {
	return slices.ContainsFunc(roles, func(r RoleChoice) bool { return r.Grantable })
}

func lifeCards(ctx context.Context, in GenerateInput, label, problem string) ui.RadioGroupProps {
	terms := in.Policies.Merge(in.Now, in.Now)
	p := ui.RadioGroupProps{ID: FieldExpires, Name: FieldExpires, Legend: label, Error: problem}
	if terms.MaxLife.Value > 0 {
		p.Hint = atMost(ctx, in.Account, terms)
	}
	for _, days := range terms.Choices() {
		card := ui.RadioCard{Value: LifeValue(days), Title: words.T(ctx, "tokens.generate.never"), Text: words.T(ctx, "tokens.generate.never.text")}
		if days > 0 {
			end := in.Now.Add(time.Duration(days) * 24 * time.Hour)
			card.Title = words.N(ctx, "tokens.generate.days", days)
			card.Text = words.T(ctx, "tokens.generate.ends", words.Args{"When": words.InstantNoted(ctx, end)})
		}
		if !terms.AllowsLife(models.LifeOf(days)) {
			card.Disabled, card.Text = true, atMost(ctx, in.Account, terms)
		}
		card.Checked = in.Form.Expires == card.Value && !card.Disabled
		p.Cards = append(p.Cards, card)
	}
	return p
}

// atMost says which life the policies allow, and who says so.
func atMost(ctx context.Context, account string, terms models.Terms) string {
	args := words.Args{"Span": views.LifeSpan(ctx, terms.MaxLife.Value), "Account": account}
	if terms.MaxLife.By == models.AccountLevel {
		return words.T(ctx, "tokens.policy.atMost.account", args)
	}
	return words.T(ctx, "tokens.policy.atMost.vendor", args)
}

func kindCard(ctx context.Context, in GenerateInput) KindProps {
	account := words.Args{"Account": in.Account}
	if in.Kind == models.AccessToken {
		return KindProps{
			Title: words.T(ctx, "tokens.generate.accessToken.title"), Text: words.T(ctx, "tokens.generate.accessToken.text"),
			Header: []ui.Span{{Text: "X-API-KEY: "}, {Text: in.Prefix + "_at_…", Tone: ui.Dim}},
			Note:   words.T(ctx, "tokens.generate.kind.accessToken", account),
		}
	}
	return KindProps{
		Title:  words.T(ctx, "tokens.generate.credentials.title"),
		Text:   words.T(ctx, "tokens.generate.credentials.text", words.Args{"Span": words.Span(ctx, in.TTL)}),
		Header: []ui.Span{{Text: "Authorization: Bearer "}, {Text: "eyJhbGci…", Tone: ui.Dim}},
		Note:   words.T(ctx, "tokens.generate.kind.credentials", account),
	}
}
