package portal

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// SecretInput is a token that was just made or rotated.
type SecretInput struct {
	Layout  views.LayoutProps
	Account string
	// PublicURL is the address of this server, without a slash at its end.
	PublicURL string
	// TTL is the life of a JWT that client credentials are exchanged for.
	TTL    time.Duration
	Token  models.TokenRow
	Secret models.Secret
	// Rotated is what becomes of the secret before it, nil for a new token.
	Rotated *Rotated
	Now     time.Time
}

// Rotated is a secret that was replaced.
type Rotated struct {
	// EndsAt is its latest end; one that is not after now has ended.
	EndsAt time.Time
	// Silence ends it before that, 0 for not.
	Silence time.Duration
}

// SecretProps is the one page that shows a secret.
type SecretProps struct {
	Layout      views.LayoutProps
	Title, Name string
	Warning     BannerProps
	Fields      []ui.CopyFieldProps
	// Old is what becomes of the secret before this one; nil for a new token.
	Old *BannerProps
	// Paper is said where the page is printed: the secret is left out there.
	Paper string

	Try, TryText string
	Code         ui.CodeBlockProps
	Programs     *ProgramsProps

	Saved, SavedHref string
	// Again has no address after a rotation.
	Again, AgainHref string

	About string
	Facts []FactProps
	Lost  templ.Component
}

// FactProps is a fact of a token. Chips, or Codes one a line, are shown in place of the
// text.
type FactProps struct {
	Fact  ui.Fact
	Chips []string
	Codes []string
}

// Secret builds the page.
func Secret(ctx context.Context, in SecretInput) SecretProps {
	at := place{in.Token.Context}
	p := SecretProps{
		Layout: in.Layout, Title: words.T(ctx, "tokens.secret.title"), Name: tokenName(in.Token.Token),
		Try: words.T(ctx, "tokens.secret.try"), TryText: words.T(ctx, "tokens.secret.try.text"),
		Paper: words.T(ctx, "tokens.secret.paper"),
		Saved: words.T(ctx, "tokens.secret.saved"), SavedHref: at.newest(),
		Again: words.T(ctx, "tokens.secret.again"), AgainHref: at.generate(),
		About: words.T(ctx, "tokens.secret.about"), Facts: aboutToken(ctx, in, at),
		Lost: words.Rich(ctx, "tokens.secret.lost", words.Args{"Href": at.token(in.Token.ID)}),
	}
	if in.Rotated != nil {
		p.Title, p.SavedHref, p.AgainHref = words.T(ctx, "rotated.title"), at.token(in.Token.ID), ""
		p.Old = oldBanner(ctx, *in.Rotated, in.Now)
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
		p.Code.Code = []ui.Span{{Text: keyCommand(in.PublicURL, "'X-API-KEY: "+in.Secret.Reveal()+"'")}}
		return p
	}
	p.Warning.Rich = words.Rich(ctx, "tokens.secret.warning.both")
	if in.Rotated != nil { // its client ID is known
		p.Warning.Rich = words.Rich(ctx, "tokens.secret.warning.one")
	}
	p.Fields = []ui.CopyFieldProps{{
		ID: "client-id", Label: words.T(ctx, "tokens.secret.clientID"), Value: in.Token.ID, Public: true,
		CopyText: copyText, CopyLabel: words.T(ctx, "tokens.copy.clientID"),
	}, {
		ID: "secret-key", Label: words.T(ctx, "tokens.secret.secretKey"), Value: in.Secret.Reveal(),
		CopyText: copyText, CopyLabel: words.T(ctx, "tokens.copy.secret"), Once: true,
	}}
	p.Code.Caption = words.T(ctx, "tokens.secret.code.credentials", words.Args{"Span": words.Span(ctx, in.TTL)})
	p.Code.Code = []ui.Span{{Text: exchangeCommands(in.PublicURL, in.Token.ID, in.Secret.Reveal())}}
	p.Programs = programsFor(ctx, in.PublicURL, in.Token.ID, models.ClientKey{})
	return p
}

// oldBanner says what becomes of the secret that was replaced.
func oldBanner(ctx context.Context, old Rotated, now time.Time) *BannerProps {
	args := words.Args{"When": words.InstantLong(ctx, old.EndsAt), "Silence": words.Span(ctx, old.Silence)}
	key := "rotated.old.lives"
	switch {
	case !old.EndsAt.After(now):
		key = "rotated.old.ended"
	case old.Silence > 0:
		key = "rotated.old.silent"
	}
	return &BannerProps{Rich: words.Rich(ctx, key, args)}
}

// What stands in commands for a secret that is not at hand.
const (
	keyVariable    = `"X-API-KEY: $TOKEN"`
	secretVariable = `'"$SECRET"'`
)

// keyCommand works as it is pasted, with curl alone; header is quoted for the shell.
func keyCommand(publicURL, header string) string {
	return "curl " + publicURL + views.Whoami() + " \\\n" +
		"  -H " + header + "\n"
}

// exchangeCommands work as they are pasted, with curl and sed alone: what any client
// of OAuth sends (RFC 6749, section 4.4). There are no comments in them: a zsh that is
// typed into takes # for a command. The secret stands within single quotes.
func exchangeCommands(publicURL, clientID, secret string) string {
	return "TOKEN=$(curl -s \\\n" +
		"  " + publicURL + views.OAuthToken() + " \\\n" +
		"  -u '" + clientID + ":" + secret + "' \\\n" +
		"  -d grant_type=client_credentials \\\n" +
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
	name, _ := maker(ctx, t)
	return append(facts, FactProps{Fact: expiryFact(ctx, t.Token, in.Now)},
		FactProps{Fact: ui.Fact{Term: words.T(ctx, "tokens.col.createdBy"), Text: name}},
		FactProps{Fact: ui.Fact{Term: words.T(ctx, "tokens.fact.belongsTo"), Text: owner(ctx, at, in.Account)}})
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
	// List has no address where Main leads to what is there.
	List, ListHref string
	Main           ui.LinkButtonProps
}

// Twice builds the page that answers the same form a second time.
func Twice(ctx context.Context, in TwiceInput) TwiceProps {
	at := place{in.Token.Context}
	args := words.Args{"Name": tokenName(in.Token.Token), "Ago": words.Ago(ctx, in.Token.CreatedAt, in.Now)}
	p := TwiceProps{
		Layout: in.Layout, Title: words.T(ctx, "tokens.twice.title"), Text: words.T(ctx, "tokens.twice.text", args),
		Main: ui.LinkButtonProps{Text: words.T(ctx, "tokens.secret.again"), Href: at.generate(), Tone: ui.Primary, Icon: ui.IconPlus, Key: "n"},
		List: words.T(ctx, "token.open"), ListHref: at.token(in.Token.ID),
	}
	p.Layout.Title = p.Title
	if in.Token.HasKey() {
		p.Text = words.T(ctx, "tokens.twice.key", args)
	}
	if in.Token.RevokedAt != nil {
		p.Text = words.T(ctx, "tokens.twice.deleted", args)
		p.List, p.ListHref = words.T(ctx, "tokens.twice.list"), at.newest()
	} else if in.MayDelete {
		p.Delete, p.DeleteHref = words.T(ctx, at.pick("tokens.api.delete", "tokens.personal.delete")), at.remove(in.Token.ID)
	}
	return p
}
