package portal

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// FindInput is what the form is built from. It has no secret: whatever was sent is never
// shown again.
type FindInput struct {
	Layout  views.LayoutProps
	Context models.Context
	// Prefix begins the secrets of new tokens.
	Prefix string
	// Problem is the key of what was wrong with the secret: required, not_key, checksum,
	// or unknown. Empty for the form as it begins.
	Problem string
}

// FindProps is the form that finds a token by its secret.
type FindProps struct {
	Layout       views.LayoutProps
	Title, Text  string
	Back         ui.BackProps
	Errors       ui.ErrorSummaryProps
	Action, CSRF string
	Value        ui.TextFieldProps
	Button       string
	Cancel       string
	// AsideLabel names what is said beside the form.
	AsideLabel   string
	Kept, Leaked string
}

// Find builds the page.
func Find(ctx context.Context, in FindInput) FindProps {
	at := place{in.Context}
	label := words.T(ctx, "find.value")
	var problems []models.Problem
	if in.Problem != "" {
		problems = []models.Problem{{Field: FieldValue, Key: in.Problem}}
	}
	errors := errorsIn(ctx, problems, map[string]string{FieldValue: label})
	p := FindProps{
		Layout: in.Layout, Title: words.T(ctx, "find.title"), Text: words.T(ctx, "find.text"),
		Back: ui.BackProps{Text: at.back(ctx), Href: at.newest()}, Errors: errors.summary,
		Action: at.find(), CSRF: in.Layout.CSRF,
		Value: ui.TextFieldProps{
			Field: ui.FieldProps{
				ID: FieldValue, Label: label, Error: errors.beside[FieldValue],
				Hint: words.T(ctx, "find.value.hint", words.Args{
					"AccessToken": words.Machine(in.Prefix + "_at_…"), "ClientSecret": words.Machine(in.Prefix + "_cs_…"),
				}),
			},
			Input: ui.InputProps{Name: FieldValue, Type: "password", Autocomplete: "off", Required: true, Autofocus: in.Problem == ""},
		},
		Button: words.T(ctx, "find.button"), Cancel: words.T(ctx, "tokens.generate.cancel"), AsideLabel: words.T(ctx, "find.aside"),
		Kept: words.T(ctx, "find.kept"), Leaked: words.T(ctx, "find.leaked"),
	}
	p.Layout.Title = p.Title
	return p
}
