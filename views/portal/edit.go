package portal

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// MoreForm is what a token may have besides, as it was filled in.
type MoreForm struct {
	ContactID string
	// Addresses are networks, one a line.
	Addresses string
	// Metadata is a JSON object.
	Metadata string
}

// MoreProps is the part of a form about it.
type MoreProps struct {
	Contact             ui.SelectFieldProps
	Addresses, Metadata ui.TextareaFieldProps
}

// moreLabels are the names of the fields.
func moreLabels(ctx context.Context) map[string]string {
	return map[string]string{
		FieldAddresses: words.T(ctx, "more.addresses"), FieldContact: words.T(ctx, "more.contact"), FieldMetadata: words.T(ctx, "more.metadata"),
	}
}

// moreFields builds it; demands is what the policies say about the addresses, empty for
// nothing.
func moreFields(ctx context.Context, form MoreForm, kind models.Kind, people []models.User, demands string, labels map[string]string, errors errorTexts) MoreProps {
	hint := words.T(ctx, "more.metadata.hint")
	if kind == models.ClientCredentials {
		hint = words.T(ctx, "more.metadata.hint.jwt")
	}
	addresses := words.T(ctx, "more.addresses.hint")
	if demands != "" {
		addresses = demands + " " + words.T(ctx, "more.addresses.hint.required")
	}
	p := MoreProps{
		Contact: ui.SelectFieldProps{Field: fieldOf(FieldContact, labels, errors, words.T(ctx, "more.contact.hint")), Select: ui.SelectProps{
			Name: FieldContact, Options: []ui.Option{{Text: words.T(ctx, "more.contact.nobody"), Selected: form.ContactID == ""}},
		}},
		Addresses: machineField(fieldOf(FieldAddresses, labels, errors, addresses), form.Addresses),
		Metadata:  machineField(fieldOf(FieldMetadata, labels, errors, hint), form.Metadata),
	}
	for _, u := range people {
		p.Contact.Select.Options = append(p.Contact.Select.Options, ui.Option{Value: u.ID, Text: personLine(ctx, u), Selected: u.ID == form.ContactID})
	}
	return p
}

// addressesDemanded says whose policy wants a token to name its networks, empty where
// none does.
func addressesDemanded(ctx context.Context, terms models.Terms, account string) string {
	if !terms.AddressesRequired.Value {
		return ""
	}
	return words.T(ctx, "tokens.policy.addresses", words.Args{"By": levelName(ctx, terms.AddressesRequired.By, account)})
}

// moreOpen tells whether the fields are unfolded: when something is wrong with one, or
// was filled in.
func moreOpen(form MoreForm, errors errorTexts) bool {
	return form != MoreForm{} || errors.beside[FieldAddresses]+errors.beside[FieldContact]+errors.beside[FieldMetadata] != ""
}

// machineField takes several lines of text for programs.
func machineField(field ui.FieldProps, value string) ui.TextareaFieldProps {
	return ui.TextareaFieldProps{Field: field, Textarea: ui.TextareaProps{Name: field.ID, Value: value, Machine: true}}
}

func fieldOf(name string, labels map[string]string, errors errorTexts, hint string) ui.FieldProps {
	return ui.FieldProps{ID: name, Label: labels[name], Hint: hint, Error: errors.beside[name]}
}

// personLine is a person as a choice: the name, and the e-mail where it is known.
func personLine(ctx context.Context, u models.User) string {
	name := personName(ctx, u)
	if u.Email == "" || u.Email == name {
		return name
	}
	return words.T(ctx, "more.contact.person", words.Args{"Name": name, "Email": u.Email})
}

// EditForm is the form as it was filled in.
type EditForm struct {
	Description string
	More        MoreForm
	// Seen stands for what the form was filled with at first.
	Seen string
}

// FilledIn is the form with what the token has.
func FilledIn(t models.Token) EditForm {
	f := EditForm{Description: t.Description, More: MoreForm{
		ContactID: t.ContactID, Addresses: strings.Join(networks(t), "\n"), Metadata: indented(t.Metadata),
	}}
	f.Seen = strings.Join(f.marks(), " ")
	return f
}

// Touched are the form's fields that its person changed, all of them where it
// does not say what it was filled with. The others may be out of date: somebody
// else may have changed the token since.
func (f EditForm) Touched() (description, contact, addresses, metadata bool) {
	seen, marks := strings.Split(f.Seen, " "), f.marks()
	touched := func(i int) bool { return len(seen) != len(marks) || seen[i] != marks[i] }
	return touched(0), touched(1), touched(2), touched(3)
}

// marks stand for the fields, in the order of Touched. Browsers end a line of a
// textarea in their own way.
func (f EditForm) marks() []string {
	marks := []string{f.Description, f.More.ContactID, f.More.Addresses, f.More.Metadata}
	for i, value := range marks {
		sum := sha256.Sum256([]byte(strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n"))))
		marks[i] = base64.RawURLEncoding.EncodeToString(sum[:12])
	}
	return marks
}

// EditInput is what the form for a token's changeable parts is built from.
type EditInput struct {
	Layout views.LayoutProps
	// Account is the account's name.
	Account string
	models.TokenDetail
	// Policies bind the token.
	Policies models.Policies
	Contacts []models.User
	Form     EditForm
	Problems []models.Problem
	Now      time.Time
}

// EditProps is the form for what of a token can be changed.
type EditProps struct {
	Layout       views.LayoutProps
	Back         ui.BackProps
	Title        string
	Action, CSRF string
	// Seen goes along unseen.
	Seen         ui.HiddenField
	Errors       ui.ErrorSummaryProps
	Description  ui.TextFieldProps
	More         MoreProps
	Save, Cancel string
	AsideLabel   string
	Fixed        string
	Instead      string
	JWT          string
}

// Edit builds the form.
func Edit(ctx context.Context, in EditInput) EditProps {
	at := place{in.Context}
	labels := moreLabels(ctx)
	labels[FieldDescription] = words.T(ctx, "tokens.generate.description")
	errors := errorsIn(ctx, in.Problems, labels)
	demands := addressesDemanded(ctx, in.Policies.Merge(in.CreatedAt, in.Now), in.Account)
	p := EditProps{
		Layout: in.Layout, Back: backToToken(in.Token, at), Title: words.T(ctx, "edit.title"), Action: at.edit(in.ID), CSRF: in.Layout.CSRF,
		Seen: ui.HiddenField{Name: FieldSeen, Value: in.Form.Seen}, Errors: errors.summary, Description: descriptionField(ctx, in.Form.Description, labels, errors),
		More: moreFields(ctx, in.Form.More, in.Kind, choosable(in), demands, labels, errors),
		Save: words.T(ctx, "edit.save"), Cancel: words.T(ctx, "tokens.generate.cancel"), AsideLabel: words.T(ctx, "edit.aside"),
		Fixed: words.T(ctx, at.pick("edit.fixed.api", "edit.fixed.personal")), Instead: words.T(ctx, "edit.rotate"),
	}
	if in.Kind == models.ClientCredentials {
		p.JWT = words.T(ctx, "edit.jwt")
	}
	p.Layout.Title = p.Title
	return p
}

// choosable are the people to choose a contact from, with whoever is it now.
func choosable(in EditInput) []models.User {
	if in.Contact == nil {
		return in.Contacts
	}
	for _, u := range in.Contacts {
		if u.ID == in.Contact.ID {
			return in.Contacts
		}
	}
	return append([]models.User{*in.Contact}, in.Contacts...)
}

func descriptionField(ctx context.Context, value string, labels map[string]string, errors errorTexts) ui.TextFieldProps {
	return ui.TextFieldProps{
		Field: fieldOf(FieldDescription, labels, errors, words.T(ctx, "tokens.generate.description.hint")),
		Input: ui.InputProps{Name: FieldDescription, Value: value, MaxLength: models.MaxTokenDescription, Required: true, Autocomplete: "off"},
	}
}
