package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/words"
)

// MessageProps is a page that says one thing: an error, or that there is nothing to
// show. With Layout it is within the portal, without it a page of its own.
type MessageProps struct {
	Layout      *views.LayoutProps
	Bare        views.BareProps
	Title, Text string
	// ActionText and ActionHref lead on; empty for no way on.
	ActionText, ActionHref string
	// RequestID is what a person may quote, empty for none.
	RequestID, RequestIDLabel, RequestIDCopy string
	Accounts                                 *AccountsProps
}

// AccountsProps offers the accounts that the person may act in.
type AccountsProps struct {
	Label, Action, CSRF string
	Accounts            []views.AccountChoice
}

// ErrorInput is what an error's page is built from.
type ErrorInput struct {
	// Layout is nil when nobody is known to be signed in.
	Layout *views.LayoutProps
	Bare   views.BareProps
	Status int
	// Key names the error, as web's ErrorProps does.
	Key        string
	RequestID  string
	RetryAfter time.Duration
	// Back leads on from an error of a list.
	Back string
}

// The keys of errors that the portal has besides those of the plumbing.
const (
	ErrorSecret        = "secret_in_address"
	ErrorBadPage       = "bad_page"
	ErrorBadSearch     = "bad_search"
	ErrorCouldNotLoad  = "could_not_load"
	ErrorNoneChosen    = "none_chosen"
	ErrorNoneLeft      = "none_left"
	ErrorTooManyChosen = "too_many_chosen"
)

// Error builds the page. Faults of ours show the request's id.
func Error(ctx context.Context, in ErrorInput) MessageProps {
	p := MessageProps{Layout: in.Layout, Bare: in.Bare, ActionText: words.T(ctx, "error.action.home"), ActionHref: views.Home()}
	if in.Layout == nil && in.Status < 500 {
		p.ActionText, p.ActionHref = words.T(ctx, "error.action.signIn"), views.SignIn("")
	}
	if in.Status >= 500 {
		p.RequestID = in.RequestID
		p.RequestIDLabel, p.RequestIDCopy = words.T(ctx, "error.requestID"), words.T(ctx, "error.requestID.copy")
	}
	p.Title, p.Text = errorWords(ctx, in)
	switch {
	case in.Back == "":
	case in.Key == ErrorSecret, in.Key == ErrorBadPage:
		p.ActionText, p.ActionHref = words.T(ctx, "error.badPage.action"), in.Back
	case in.Key == ErrorBadSearch:
		p.ActionText, p.ActionHref = words.T(ctx, "error.badSearch.action"), in.Back
	case in.Key == ErrorCouldNotLoad:
		p.ActionText, p.ActionHref = words.T(ctx, "error.action.retry"), in.Back
	case in.Key == ErrorNoneChosen, in.Key == ErrorNoneLeft, in.Key == ErrorTooManyChosen:
		p.ActionText, p.ActionHref = words.T(ctx, "bulk.back"), in.Back
	}
	if p.Layout != nil {
		layout := *p.Layout
		layout.Title = p.Title
		p.Layout = &layout
	}
	p.Bare.Title = p.Title
	return p
}

// errorWords is the table of errors' titles and sentences.
func errorWords(ctx context.Context, in ErrorInput) (title, text string) {
	switch in.Key {
	case "not_found":
		return words.T(ctx, "error.notFound.title"), words.T(ctx, "error.notFound.text")
	case "conflict":
		return words.T(ctx, "error.conflict.title"), words.T(ctx, "error.conflict.text")
	case "forbidden":
		return words.T(ctx, "error.forbidden.title"), words.T(ctx, "error.forbidden.text")
	case "signed_out":
		return words.T(ctx, "error.signedOut.title"), words.T(ctx, "error.signedOut.text")
	case "csrf":
		return words.T(ctx, "error.csrf.title"), words.T(ctx, "error.csrf.text")
	case "cross_origin":
		return words.T(ctx, "error.crossOrigin.title"), words.T(ctx, "error.crossOrigin.text")
	case "limited":
		return words.T(ctx, "error.limited.title"), words.N(ctx, "error.limited.text", wholeSeconds(in.RetryAfter))
	case "busy":
		return words.T(ctx, "error.busy.title"), words.T(ctx, "error.busy.text")
	case "unavailable":
		return words.T(ctx, "error.unavailable.title"), words.T(ctx, "error.unavailable.text")
	case "method":
		return words.T(ctx, "error.method.title"), words.T(ctx, "error.method.text")
	case "too_large":
		return words.T(ctx, "error.tooLarge.title"), words.T(ctx, "error.tooLarge.text")
	case "bad_form", "bad_characters", "too_many_fields", "repeated_field":
		return words.T(ctx, "error.badForm.title"), words.T(ctx, "error.badForm.text")
	case ErrorSecret:
		return words.T(ctx, "error.secret.title"), words.T(ctx, "error.secret.text")
	case ErrorBadPage:
		return words.T(ctx, "error.badPage.title"), words.T(ctx, "error.badPage.text")
	case ErrorBadSearch:
		return words.T(ctx, "error.badSearch.title"), words.T(ctx, "error.badSearch.text")
	case ErrorCouldNotLoad:
		return words.T(ctx, "error.couldNotLoad.title"), words.T(ctx, "error.couldNotLoad.text")
	case ErrorNoneChosen:
		return words.T(ctx, "bulk.noneChosen.title"), words.T(ctx, "bulk.noneChosen.text")
	case ErrorNoneLeft:
		return words.T(ctx, "bulk.noneLeft.title"), words.T(ctx, "bulk.noneLeft.text")
	case ErrorTooManyChosen:
		return words.T(ctx, "bulk.tooMany.title"), words.T(ctx, "bulk.tooMany.text")
	}
	if in.Status >= 500 {
		return words.T(ctx, "error.internal.title"), words.T(ctx, "error.internal.text")
	}
	return words.T(ctx, "error.invalid.title"), words.T(ctx, "error.invalid.text")
}

// HomeInput is a person without an account to act in.
type HomeInput struct {
	Layout views.LayoutProps
	User   models.User
}

// NoAccount builds the page of a person who acts in no account: it offers those that
// they may act in, or says that there are none.
func NoAccount(ctx context.Context, in HomeInput) MessageProps {
	p := MessageProps{
		Layout: &in.Layout,
		Title:  words.T(ctx, "home.none.title"), Text: words.T(ctx, "home.none.text", words.Args{"Email": in.User.Email}),
	}
	if len(in.Layout.Accounts) > 0 {
		p.Title, p.Text = words.T(ctx, "home.choose.title"), words.T(ctx, "home.choose.text")
		p.Accounts = &AccountsProps{
			Label: words.T(ctx, "home.accounts"), Action: views.SwitchAccount(), CSRF: in.Layout.CSRF, Accounts: in.Layout.Accounts,
		}
	}
	p.Layout.Title = p.Title
	return p
}

// LinkEnded builds the page of a one-time link that does not, or no longer, work.
func LinkEnded(ctx context.Context, bare views.BareProps) MessageProps {
	return linkEnded(ctx, bare, words.T(ctx, "link.ended.text"))
}

// PortalLinkEnded is LinkEnded for one from the vendor's own program.
func PortalLinkEnded(ctx context.Context, bare views.BareProps) MessageProps {
	return linkEnded(ctx, bare, words.T(ctx, "link.ended.portal"))
}

func linkEnded(ctx context.Context, bare views.BareProps, text string) MessageProps {
	p := MessageProps{
		Bare: bare, Title: words.T(ctx, "link.ended.title"), Text: text,
		ActionText: words.T(ctx, "link.ended.action"), ActionHref: views.SignIn(""),
	}
	p.Bare.Title = p.Title
	return p
}
