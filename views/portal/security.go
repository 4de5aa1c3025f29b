package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// SecurityInput is what the page of one's own password is built from.
type SecurityInput struct {
	Layout views.LayoutProps
	Email  string
	// Outcome is Limited, with Wait, or Busy when the form has to be sent again.
	Outcome  SignInOutcome
	Wait     time.Duration
	Problems []models.Problem
}

// SecurityProps is the page of one's own password.
type SecurityProps struct {
	Layout       views.LayoutProps
	Title, Text  string
	Banner       *ui.BannerProps
	Errors       ui.ErrorSummaryProps
	Section      ui.SectionHeadProps
	Action, CSRF string
	// Email and its label are for password managers.
	Email, EmailLabel string
	Current, Next     ui.TextFieldProps
	Button            string
}

// Security builds the page.
func Security(ctx context.Context, in SecurityInput) SecurityProps {
	labels := map[string]string{FieldCurrent: words.T(ctx, "security.current"), FieldPassword: words.T(ctx, "security.new")}
	errors := errorsIn(ctx, in.Problems, labels)
	p := SecurityProps{
		Layout: in.Layout, Title: words.T(ctx, "security.title"), Text: words.T(ctx, "security.text", words.Args{"Email": in.Email}),
		Errors:  errors.summary,
		Section: ui.SectionHeadProps{Title: words.T(ctx, "security.password"), Text: words.T(ctx, "security.password.text")},
		Action:  views.Security(), CSRF: in.Layout.CSRF, Email: in.Email, EmailLabel: words.T(ctx, "signIn.email"),
		Current: ui.TextFieldProps{
			Field: ui.FieldProps{ID: FieldCurrent, Label: labels[FieldCurrent], Error: errors.beside[FieldCurrent]},
			Input: ui.InputProps{Name: FieldCurrent, Type: "password", Autocomplete: "current-password", Required: true},
		},
		Next: newPassword(ctx, labels[FieldPassword], errors), Button: words.T(ctx, "security.change"),
	}
	p.Next.Input.Size = ui.Normal
	p.Layout.Title = p.Title
	switch in.Outcome {
	case Limited:
		p.Banner = &ui.BannerProps{Tone: ui.Harm, Status: true, Text: words.N(ctx, "signIn.limited", wholeSeconds(in.Wait))}
	case Busy:
		p.Banner = &ui.BannerProps{Tone: ui.Harm, Status: true, Text: words.T(ctx, "signIn.busy")}
	}
	return p
}
