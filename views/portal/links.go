package portal

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// LinkInput is what the page behind a one-time link is built from.
type LinkInput struct {
	Bare    views.BareProps
	CSRF    string
	Purpose models.LinkPurpose
	Code    string
	// Email is the person's whose password is set, or what a new operator typed; Name
	// is what they typed.
	Email, Name string
	// Outcome is Busy when the password could not be hashed in time.
	Outcome  SignInOutcome
	Problems []models.Problem
}

// LinkProps is the page behind a one-time link.
type LinkProps struct {
	Bare         views.BareProps
	Title, Text  string
	Banner       *ui.BannerProps
	Errors       ui.ErrorSummaryProps
	Action, CSRF string
	Fields       []ui.TextFieldProps
	Button       string
	// AtOnce sends the form without a question, where there is script.
	AtOnce bool
}

// Link builds the page: the first operator's form, or that of a person's password.
func Link(ctx context.Context, in LinkInput) LinkProps {
	if in.Purpose == models.SetupLink {
		return setupLink(ctx, in)
	}
	labels := map[string]string{FieldPassword: words.T(ctx, "link.password.new")}
	errors := errorsIn(ctx, in.Problems, labels)
	p := LinkProps{
		Bare: in.Bare, Title: words.T(ctx, "link.password.title"), Text: words.T(ctx, "link.password.text"), Banner: linkBanner(ctx, in),
		Errors: errors.summary, Action: views.Password(in.Code), CSRF: in.CSRF, Button: words.T(ctx, "link.password.set"),
		Fields: []ui.TextFieldProps{{
			// Shown for the password manager as well, which keeps the two together.
			Field: ui.FieldProps{ID: FieldEmail, Label: words.T(ctx, "link.password.account")},
			Input: ui.InputProps{Name: FieldEmail, Type: "email", Value: in.Email, Autocomplete: "username", ReadOnly: true, Size: ui.Large},
		}, newPassword(ctx, labels[FieldPassword], errors)},
	}
	p.Bare.Title = p.Title
	return p
}

func setupLink(ctx context.Context, in LinkInput) LinkProps {
	labels := map[string]string{
		FieldName: words.T(ctx, "link.setup.name"), FieldEmail: words.T(ctx, "link.setup.email"), FieldPassword: words.T(ctx, "link.setup.password"),
	}
	errors := errorsIn(ctx, in.Problems, labels)
	p := LinkProps{
		Bare: in.Bare, Title: words.T(ctx, "link.setup.title"), Text: words.T(ctx, "link.setup.text"), Banner: linkBanner(ctx, in),
		Errors: errors.summary, Action: views.Setup(in.Code), CSRF: in.CSRF, Button: words.T(ctx, "link.setup.create"),
		Fields: []ui.TextFieldProps{{
			Field: ui.FieldProps{ID: FieldName, Label: labels[FieldName], Error: errors.beside[FieldName]},
			Input: ui.InputProps{Name: FieldName, Value: in.Name, Autocomplete: "name", MaxLength: models.MaxName, Required: true, Size: ui.Large, Autofocus: len(in.Problems) == 0},
		}, {
			Field: ui.FieldProps{ID: FieldEmail, Label: labels[FieldEmail], Error: errors.beside[FieldEmail]},
			Input: ui.InputProps{Name: FieldEmail, Type: "email", Value: in.Email, Autocomplete: "username", Required: true, Size: ui.Large},
		}, newPassword(ctx, labels[FieldPassword], errors)},
	}
	p.Bare.Title = p.Title
	return p
}

func newPassword(ctx context.Context, label string, errors errorTexts) ui.TextFieldProps {
	return ui.TextFieldProps{
		Field: ui.FieldProps{ID: FieldPassword, Label: label, Hint: words.T(ctx, "password.hint"), Error: errors.beside[FieldPassword]},
		Input: ui.InputProps{Name: FieldPassword, Type: "password", Autocomplete: "new-password", Required: true, Size: ui.Large},
	}
}

func linkBanner(ctx context.Context, in LinkInput) *ui.BannerProps {
	if in.Outcome != Busy {
		return nil
	}
	return &ui.BannerProps{Tone: ui.Harm, Status: true, Text: words.T(ctx, "signIn.busy")}
}
