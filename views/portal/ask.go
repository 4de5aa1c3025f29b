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

// AskProps is a page that names a token and says what stops, before something of it
// ends.
type AskProps struct {
	Layout      views.LayoutProps
	Back        ui.BackProps
	Title, Text string
	// Uses says what will stop.
	Uses  BannerProps
	Facts []FactProps
	// Callers are those who will be refused, as far as they are known one by one.
	Callers CallersProps
	// Gentler is what does less harm; nil for nothing.
	Gentler      templ.Component
	Action, CSRF string
	// InForce is the id of the secret in force: the rotation that is asked about.
	InForce string
	Cancel  string
	Button  string
	Icon    ui.Icon
}

// ChangeInput is a token of which something is about to end.
type ChangeInput struct {
	Layout views.LayoutProps
	models.TokenDetail
	// TTL is the life of a JWT that client credentials are exchanged for.
	TTL time.Duration
	Now time.Time
}

// ask is what all these pages have in common.
func ask(ctx context.Context, in ChangeInput, at place) AskProps {
	return AskProps{
		Layout: in.Layout, Back: backToToken(in.Token, at), CSRF: in.Layout.CSRF, Cancel: words.T(ctx, "token.ask.back"),
	}
}

// backToToken is the way up from what is done with a token.
func backToToken(t models.Token, at place) ui.BackProps {
	return ui.BackProps{Text: tokenName(t), Href: at.token(t.ID)}
}

// Disable builds the page that asks before a token is switched off.
func Disable(ctx context.Context, in ChangeInput) AskProps {
	at := place{in.Context}
	p := ask(ctx, in, at)
	p.Title, p.Text = words.T(ctx, "token.disable.question", words.Args{"Name": tokenName(in.Token)}), words.T(ctx, "token.disable.text")
	p.Uses = stopsBanner(ctx, lastUse{in.LastUsedAt, in.LastUsedIP}, in.Now)
	p.Callers = callersList(ctx, in.Uses, in.Now)
	p.Action, p.Button, p.Icon = at.disable(in.ID), words.T(ctx, "token.disable"), ui.IconPower
	p.Layout.Title = p.Button
	return p
}

// EndJWTs builds the page that asks before the JWTs of client credentials end.
func EndJWTs(ctx context.Context, in ChangeInput) AskProps {
	at := place{in.Context}
	p := ask(ctx, in, at)
	p.Title, p.Text = words.T(ctx, "token.jwts.question", words.Args{"Name": tokenName(in.Token)}), words.T(ctx, "token.jwts.text")
	p.Uses = BannerProps{
		Banner: ui.BannerProps{Tone: ui.Warn},
		Rich:   words.Rich(ctx, "token.jwts.elsewhere", words.Args{"Span": words.Span(ctx, in.TTL)}),
	}
	p.Action, p.Button, p.Icon = at.endJWTs(in.ID), words.T(ctx, "token.jwts"), ui.IconCircleX
	p.Layout.Title = p.Button
	return p
}

// EndOld builds the page that asks before the old secret of a rotation ends ahead of
// its time.
func EndOld(ctx context.Context, in ChangeInput) AskProps {
	p := askSecret(ctx, in, *oldSecret(in.Secrets))
	p.Title = words.T(ctx, pickKey(oldSecret(in.Secrets).Key, "rotation.end.question", "rotation.end.question.key"), words.Args{"Name": tokenName(in.Token)})
	p.Text = words.T(ctx, secretEnds(in.Token, "rotation.end.text", "rotation.end.text.jwt"))
	p.Action, p.Button = place{in.Context}.endOld(in.ID), words.T(ctx, "rotation.end")
	p.Layout.Title = p.Button
	return p
}

// Cancel builds the page that asks before a rotation is taken back.
func Cancel(ctx context.Context, in ChangeInput) AskProps {
	p := askSecret(ctx, in, newSecret(in.Secrets))
	p.Title = words.T(ctx, "rotation.cancel.question", words.Args{"Name": tokenName(in.Token)})
	p.Text = words.T(ctx, secretEnds(in.Token, "rotation.cancel.text", "rotation.cancel.text.jwt"))
	p.Action, p.Button = place{in.Context}.cancelRotation(in.ID), words.T(ctx, "rotation.cancel")
	p.Layout.Title = p.Button
	return p
}

// askSecret asks about one of two secrets.
func askSecret(ctx context.Context, in ChangeInput, s models.TokenSecret) AskProps {
	p := ask(ctx, in, place{in.Context})
	p.Uses = stopsBanner(ctx, lastUseOf(s, in.Uses), in.Now)
	p.Callers = callersList(ctx, usesOf(in.Uses, s.ID), in.Now)
	p.Facts = []FactProps{{Fact: secretFact(ctx, s)}}
	if s.ReplacedAt != nil {
		p.Facts = append(p.Facts, FactProps{Fact: ui.Fact{Term: words.T(ctx, "rotation.fact.ends"), Text: endsNote(ctx, s)}})
	}
	p.Icon, p.InForce = ui.IconCircleX, newSecret(in.Secrets).ID
	return p
}

// secretEnds is the text of a token whose secret is sent as it is, or of one whose
// secret is exchanged for JWTs that end with it.
func secretEnds(t models.Token, sent, exchanged string) string {
	if t.Kind == models.ClientCredentials {
		return exchanged
	}
	return sent
}
