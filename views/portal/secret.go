package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// SecretInput is a token that was just made.
type SecretInput struct {
	Layout  views.LayoutProps
	Account string
	// PublicURL is the address of this server, without a slash at its end.
	PublicURL string
	// TTL is the life of a JWT that client credentials are exchanged for.
	TTL    time.Duration
	Token  models.TokenRow
	Secret models.Secret
	Now    time.Time
}

// SecretProps is the one page that shows a secret.
type SecretProps struct {
	Layout      views.LayoutProps
	Title, Name string
	Warning     BannerProps
	Fields      []ui.CopyFieldProps

	Try, TryText string
	Code         ui.CodeBlockProps

	Saved, SavedHref string
	Again, AgainHref string

	About string
	Facts []FactProps
	Lost  string
}

// FactProps is a fact of a token. Chips are shown in place of the text.
type FactProps struct {
	Fact  ui.Fact
	Chips []string
}

// Secret builds the page.
func Secret(ctx context.Context, in SecretInput) SecretProps {
	at := place{in.Token.Context}
	p := SecretProps{
		Layout: in.Layout, Title: words.T(ctx, "tokens.secret.title"), Name: tokenName(in.Token.Token),
		Try: words.T(ctx, "tokens.secret.try"), TryText: words.T(ctx, "tokens.secret.try.text"),
		Saved: words.T(ctx, "tokens.secret.saved"), SavedHref: at.newest(),
		Again: words.T(ctx, "tokens.secret.again"), AgainHref: at.generate(),
		About: words.T(ctx, "tokens.secret.about"), Facts: aboutToken(ctx, in, at), Lost: words.T(ctx, "tokens.secret.lost"),
	}
	p.Layout.Title = p.Title
	p.Warning.Banner.Tone = ui.Warn
	copyText := words.T(ctx, "tokens.copy")
	p.Code = ui.CodeBlockProps{ID: "code", CopyText: copyText, CopyLabel: words.T(ctx, "tokens.copy.code")}
	if in.Token.Kind == models.AccessToken {
		p.Warning.Rich = words.Rich(ctx, "tokens.secret.warning.one")
		p.Fields = []ui.CopyFieldProps{{
			ID: "access-token", Label: words.T(ctx, "tokens.secret.accessToken"), Value: in.Secret.Reveal(),
			CopyText: copyText, CopyLabel: words.T(ctx, "tokens.copy.accessToken"), Once: true,
		}}
		p.Code.Caption = words.T(ctx, "tokens.secret.code.accessToken")
		p.Code.Code = []ui.Span{{Text: keyCommand(in.PublicURL, in.Secret)}}
		return p
	}
	p.Warning.Rich = words.Rich(ctx, "tokens.secret.warning.both")
	p.Fields = []ui.CopyFieldProps{{
		ID: "client-id", Label: words.T(ctx, "tokens.secret.clientID"), Value: in.Token.ID,
		CopyText: copyText, CopyLabel: words.T(ctx, "tokens.copy.clientID"),
	}, {
		ID: "secret-key", Label: words.T(ctx, "tokens.secret.secretKey"), Value: in.Secret.Reveal(),
		CopyText: copyText, CopyLabel: words.T(ctx, "tokens.copy.secret"), Once: true,
	}}
	p.Code.Caption = words.T(ctx, "tokens.secret.code.credentials", words.Args{"Span": words.Span(ctx, in.TTL)})
	p.Code.Code = []ui.Span{{Text: exchangeCommands(in.PublicURL, in.Token.ID, in.Secret)}}
	return p
}

// keyCommand works as it is pasted, with curl alone.
func keyCommand(publicURL string, secret models.Secret) string {
	return "curl " + publicURL + views.Whoami() + " \\\n" +
		"  -H 'X-API-KEY: " + secret.Reveal() + "'\n"
}

// exchangeCommands work as they are pasted, with curl and sed alone. There are no
// comments in them: a zsh that is typed into takes # for a command.
func exchangeCommands(publicURL, clientID string, secret models.Secret) string {
	return "TOKEN=$(curl -s \\\n" +
		"  " + publicURL + views.Exchange() + " \\\n" +
		"  -H 'Content-Type: application/json' \\\n" +
		"  -d '{\"clientId\": \"" + clientID + "\",\n" +
		"       \"secret\": \"" + secret.Reveal() + "\"}' \\\n" +
		"  | sed -n 's/.*\"access_token\": *\"\\([^\"]*\\)\".*/\\1/p')\n" +
		"\n" +
		"curl " + publicURL + views.Whoami() + " \\\n" +
		"  -H \"Authorization: Bearer $TOKEN\"\n"
}

func aboutToken(ctx context.Context, in SecretInput, at place) []FactProps {
	t := in.Token
	facts := []FactProps{{Fact: ui.Fact{Term: words.T(ctx, "tokens.col.type"), Text: kindName(ctx, t.Kind)}}}
	if t.Kind == models.AccessToken {
		facts = append(facts, FactProps{Fact: ui.Fact{Term: words.T(ctx, "tokens.fact.accessTokenID"), Text: t.ID, Machine: true}})
	}
	if !at.personal() {
		facts = append(facts, FactProps{Fact: ui.Fact{Term: words.T(ctx, "tokens.col.roles")}, Chips: roleNames(t.Roles)})
	}
	expires := ui.Fact{Term: words.T(ctx, "tokens.fact.expires"), Text: words.T(ctx, "tokens.never"), Note: words.T(ctx, "tokens.never.note")}
	if !t.Never() {
		expires.Term = words.T(ctx, "tokens.col.expires")
		expires.Text, expires.Note = words.Span(ctx, t.ExpiresAt.Sub(in.Now)), words.InstantNoted(ctx, t.ExpiresAt)
	}
	name, _ := maker(ctx, t)
	owner := in.Account
	if at.personal() {
		owner = words.T(ctx, "tokens.fact.yours", words.Args{"Account": in.Account})
	}
	return append(facts, FactProps{Fact: expires},
		FactProps{Fact: ui.Fact{Term: words.T(ctx, "tokens.col.createdBy"), Text: name}},
		FactProps{Fact: ui.Fact{Term: words.T(ctx, "tokens.fact.belongsTo"), Text: owner}})
}

// TwiceInput is a form that was sent again.
type TwiceInput struct {
	Layout    views.LayoutProps
	Token     models.TokenRow
	MayDelete bool
	Now       time.Time
}

// TwiceProps says that a form has made its token already.
type TwiceProps struct {
	Layout views.LayoutProps
	Title  string
	Text   string
	// Delete has no address when the token can't be deleted (any more).
	Delete, DeleteHref string
	Again, AgainHref   string
	List, ListHref     string
}

// Twice builds the page that answers the same form a second time.
func Twice(ctx context.Context, in TwiceInput) TwiceProps {
	at := place{in.Token.Context}
	args := words.Args{"Name": tokenName(in.Token.Token), "Ago": words.Ago(ctx, in.Token.CreatedAt, in.Now)}
	p := TwiceProps{
		Layout: in.Layout, Title: words.T(ctx, "tokens.twice.title"), Text: words.T(ctx, "tokens.twice.text", args),
		Again: words.T(ctx, "tokens.secret.again"), AgainHref: at.generate(),
		List: words.T(ctx, "tokens.twice.list"), ListHref: at.newest(),
	}
	p.Layout.Title = p.Title
	if in.Token.RevokedAt != nil {
		p.Text = words.T(ctx, "tokens.twice.deleted", args)
	} else if in.MayDelete {
		p.Delete, p.DeleteHref = words.T(ctx, at.pick("tokens.api.delete", "tokens.personal.delete")), at.remove(in.Token.ID)
	}
	return p
}
