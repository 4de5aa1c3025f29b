package console

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// VendorSecretInput is a key that was just made or rotated.
type VendorSecretInput struct {
	VendorKeyInput
	Secret models.Secret
	// OldEnds is the end of the secret that was replaced, not after Now for one that
	// has ended; nil for a new key.
	OldEnds *time.Time
}

// VendorSecretProps is the one page that shows a secret of a key.
type VendorSecretProps struct {
	Layout      views.LayoutProps
	Crumbs      ui.CrumbsProps
	Title, Name string
	Warning     templ.Component
	Fields      []ui.CopyFieldProps
	// Old is what becomes of the secret before this one, nil for a new key.
	Old         templ.Component
	SDK, SignIn ui.CodeBlockProps
	SavedHref   string
	Lost        templ.Component
}

// VendorSecret builds the page.
func VendorSecret(ctx context.Context, layout views.LayoutProps, f VendorSecretInput) VendorSecretProps {
	p := VendorSecretProps{
		Title: words.T(ctx, "vendorSecret.title"), Name: f.Key.Name,
		Warning: words.Rich(ctx, "tokens.secret.warning.both"), SavedHref: views.VendorKey(f.Key.ID),
		Fields: []ui.CopyFieldProps{{
			ID: "client-id", Label: words.T(ctx, "vendorKey.clientID"), Value: f.ClientID, Public: true,
			CopyText: words.T(ctx, "console.copy"), CopyLabel: words.T(ctx, "vendorKey.clientID.copy"),
		}, {
			ID: "secret-key", Label: words.T(ctx, "vendorSecret.secret"), Value: f.Secret.Reveal(), Once: true,
			CopyText: words.T(ctx, "console.copy"), CopyLabel: words.T(ctx, "vendorSecret.copy"),
		}},
		SDK: sdkCode(ctx, f), SignIn: signInCode(ctx, f.PublicURL, f.ClientID, f.Secret.Reveal()),
		Lost: words.Rich(ctx, "vendorSecret.lost", words.Args{"Href": views.VendorKey(f.Key.ID)}),
	}
	if f.OldEnds != nil {
		p.Title, p.Warning = words.T(ctx, "rotated.title"), words.Rich(ctx, "tokens.secret.warning.one")
		p.Old = words.Rich(ctx, "vendorSecret.old.ended")
		if f.OldEnds.After(f.Now) {
			p.Old = words.Rich(ctx, "vendorSecret.old.lives", words.Args{"When": words.InstantLong(ctx, *f.OldEnds)})
		}
	}
	p.Layout = titled(layout, p.Title)
	p.Crumbs = crumbs(ctx, vendorKeysCrumb(ctx), keyCrumb(f.Key), ui.Crumb{Text: p.Title})
	return p
}

// sdkCode is what Frontegg's SDKs for servers read from their environment.
func sdkCode(ctx context.Context, f VendorSecretInput) ui.CodeBlockProps {
	return ui.CodeBlockProps{
		ID: "sdk", Caption: words.T(ctx, "vendorSecret.sdk.caption"),
		CopyText: words.T(ctx, "console.copy"), CopyLabel: words.T(ctx, "vendorSecret.sdk.copy"),
		Code: []ui.Span{{Text: "FRONTEGG_API_GATEWAY_URL=" + f.PublicURL + "\n" +
			"FRONTEGG_CLIENT_ID=" + f.ClientID + "\n" +
			"FRONTEGG_API_KEY=" + f.Secret.Reveal() + "\n"}},
	}
}

// signInCode works as it is pasted, with curl alone. The secret stands within single
// quotes.
func signInCode(ctx context.Context, publicURL, clientID, secret string) ui.CodeBlockProps {
	return ui.CodeBlockProps{
		ID: "sign-in", Caption: words.T(ctx, "vendorKey.code"),
		CopyText: words.T(ctx, "console.copy"), CopyLabel: words.T(ctx, "vendorKey.code.copy"),
		Code: []ui.Span{{Text: "curl " + publicURL + views.SignInVendor() + " \\\n" +
			"  -H 'Content-Type: application/json' \\\n" +
			"  -d '{\"clientId\": \"" + clientID + "\",\n" +
			"       \"secret\": \"" + secret + "\"}'\n"}},
	}
}

// SecondProps is a page that says that somebody was quicker, or the same form.
type SecondProps struct {
	Layout      views.LayoutProps
	Title, Text string
	// More leads to something else to do; it has no address where there is nothing.
	More, MoreHref string
	Main, MainHref string
}

// CreatedBefore builds the page that answers the same form for a key a second time.
func CreatedBefore(ctx context.Context, layout views.LayoutProps, f VendorKeyInput) SecondProps {
	args := words.Args{"Name": f.Key.Name, "Ago": words.Ago(ctx, f.Key.CreatedAt, f.Now)}
	return SecondProps{
		Layout: layout, Title: words.T(ctx, "vendorKey.twice.title"), Text: words.T(ctx, "vendorKey.twice.text", args),
		More: words.T(ctx, "vendorKey.another"), MoreHref: views.NewVendorKey(),
		Main: words.T(ctx, "vendorKey.open"), MainHref: views.VendorKey(f.Key.ID),
	}
}

// RotatedBefore builds the page that answers a rotation that comes second: the same form
// again, sent then, or somebody else's, when sent is zero.
func RotatedBefore(ctx context.Context, layout views.LayoutProps, f VendorKeyInput, sent time.Time) SecondProps {
	args := words.Args{"Name": f.Key.Name}
	if sent.IsZero() {
		return secondOf(ctx, layout, f.Key, words.T(ctx, "rotate.busy.title"), words.T(ctx, "vendorKey.rotate.busy", args))
	}
	args["Ago"] = words.Ago(ctx, sent, f.Now)
	return secondOf(ctx, layout, f.Key, words.T(ctx, "rotate.twice.title"), words.T(ctx, "vendorKey.rotate.twice", args))
}

// NoVendorRotation builds the page that answers the end of a rotation that is over.
func NoVendorRotation(ctx context.Context, layout views.LayoutProps, f VendorKeyInput) SecondProps {
	return secondOf(ctx, layout, f.Key, words.T(ctx, "rotation.none.title"), words.T(ctx, "vendorKey.rotate.none", words.Args{"Name": f.Key.Name}))
}

func secondOf(ctx context.Context, layout views.LayoutProps, key models.VendorKeyRow, title, text string) SecondProps {
	return SecondProps{
		Layout: layout, Title: title, Text: text, Main: words.T(ctx, "vendorKey.open"), MainHref: views.VendorKey(key.ID),
	}
}
