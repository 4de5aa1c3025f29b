package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// SignInOutcome is what there is to say above the sign-in form.
type SignInOutcome string

const (
	// NothingYet is a form that nobody has sent.
	NothingYet SignInOutcome = ""
	// PasswordSet is after a one-time link.
	PasswordSet SignInOutcome = "passwordSet"
	// Wrong is every failure to sign in, whatever its reason.
	Wrong SignInOutcome = "wrong"
	// Limited asks to wait.
	Limited SignInOutcome = "limited"
	// Busy asks to come again.
	Busy SignInOutcome = "busy"
)

// SignInInput is what the sign-in page is built from.
type SignInInput struct {
	Bare views.BareProps
	CSRF string
	// Next is the page of ours to go to afterwards, empty for the first one.
	Next     string
	Email    string
	Outcome  SignInOutcome
	Wait     time.Duration
	Problems []models.Problem
}

// SignInProps is the sign-in page.
type SignInProps struct {
	Bare            views.BareProps
	Title           string
	Banner          *ui.BannerProps
	Errors          ui.ErrorSummaryProps
	Action, CSRF    string
	Next            string
	Email, Password ui.TextFieldProps
	Button          string
	Forgotten       string
}

// SignIn builds the page.
func SignIn(ctx context.Context, in SignInInput) SignInProps {
	labels := map[string]string{FieldEmail: words.T(ctx, "signIn.email"), FieldPassword: words.T(ctx, "signIn.password")}
	errors := errorsIn(ctx, in.Problems, labels)
	p := SignInProps{
		Bare: in.Bare, Title: words.T(ctx, "signIn.heading"), Banner: signInBanner(ctx, in), Errors: errors.summary,
		Action: views.SignIn(""), CSRF: in.CSRF, Next: in.Next,
		Email: ui.TextFieldProps{
			Field: ui.FieldProps{ID: FieldEmail, Label: labels[FieldEmail], Error: errors.beside[FieldEmail]},
			Input: ui.InputProps{Name: FieldEmail, Type: "email", Value: in.Email, Autocomplete: "username", Required: true, Size: ui.Large, Autofocus: in.Outcome == NothingYet && in.Email == ""},
		},
		Password: ui.TextFieldProps{
			Field: ui.FieldProps{ID: FieldPassword, Label: labels[FieldPassword], Error: errors.beside[FieldPassword]},
			Input: ui.InputProps{Name: FieldPassword, Type: "password", Autocomplete: "current-password", Required: true, Size: ui.Large},
		},
		Button: words.T(ctx, "signIn.button"), Forgotten: words.T(ctx, "signIn.forgotten"),
	}
	p.Bare.Title = words.T(ctx, "signIn.title")
	return p
}

func signInBanner(ctx context.Context, in SignInInput) *ui.BannerProps {
	b := &ui.BannerProps{Tone: ui.Harm, Status: true}
	switch in.Outcome {
	case PasswordSet:
		b.Tone, b.Text = ui.Done, words.T(ctx, "signIn.passwordSet")
	case Wrong:
		b.Text = words.T(ctx, "signIn.wrong")
	case Limited:
		b.Text = words.N(ctx, "signIn.limited", wholeSeconds(in.Wait))
	case Busy:
		b.Text = words.T(ctx, "signIn.busy")
	default:
		return nil
	}
	return b
}

// wholeSeconds is d in seconds, rounded up: nobody is told to come too early.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
