package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// inUseWithin is how long after its last use a token counts as in use.
const inUseWithin = 30 * 24 * time.Hour

// DeleteInput is a token that somebody wants to delete.
type DeleteInput struct {
	Layout views.LayoutProps
	M2MOn  bool
	Token  models.TokenRow
	Now    time.Time
}

// DeleteProps is the page that asks before a token is deleted.
type DeleteProps struct {
	Layout views.LayoutProps
	Back   ui.BackProps
	Title  string
	Text   string
	// Uses says what will stop.
	Uses   BannerProps
	Facts  []FactProps
	Action string
	CSRF   string
	Cancel string
	Delete string
}

// Delete builds the page.
func Delete(ctx context.Context, in DeleteInput) DeleteProps {
	t := in.Token
	at := place{t.Context}
	p := DeleteProps{
		Layout: in.Layout, Back: ui.BackProps{Text: at.back(ctx), Href: at.newest()},
		Title: words.T(ctx, "tokens.delete.question", words.Args{"Name": tokenName(t.Token)}), Text: words.T(ctx, "tokens.delete.text"),
		Uses: usesBanner(ctx, in), Facts: deleteFacts(ctx, in, at), Action: at.remove(t.ID), CSRF: in.Layout.CSRF,
		Cancel: words.T(ctx, "tokens.delete.cancel"), Delete: words.T(ctx, at.pick("tokens.api.delete", "tokens.personal.delete")),
	}
	p.Layout.Title = words.T(ctx, at.pick("tokens.api.delete.title", "tokens.personal.delete.title"))
	return p
}

// usesBanner says what a deletion stops: the reason why nothing more can stop, if there
// is one, or the last use.
func usesBanner(ctx context.Context, in DeleteInput) BannerProps {
	t := in.Token
	note := func(tone ui.BannerTone, key string, args words.Args) BannerProps {
		banner := ui.BannerProps{Tone: tone}
		if tone == ui.Harm {
			banner.Icon = ui.IconTriangleAlert // nothing has failed yet
		}
		return BannerProps{Banner: banner, Rich: words.Rich(ctx, key, args)}
	}
	switch {
	case t.Expired(in.Now):
		return note(ui.Info, "tokens.delete.expired", words.Args{"Ago": words.Ago(ctx, t.ExpiresAt, in.Now)})
	case !in.M2MOn:
		return note(ui.Info, "tokens.delete.off", nil)
	case !t.Used():
		return note(ui.Info, "tokens.delete.neverUsed", nil)
	}
	args := words.Args{"Ago": words.Ago(ctx, t.LastUsedAt, in.Now), "From": t.LastUsedIP}
	tone, key := ui.Harm, "tokens.delete.inUse"
	if t.LastUsedIP == "" {
		key = "tokens.delete.inUseNowhere"
	}
	if in.Now.Sub(t.LastUsedAt) > inUseWithin {
		tone, key = ui.Warn, "tokens.delete.idle"
		if t.LastUsedIP == "" {
			key = "tokens.delete.idleNowhere"
		}
	}
	return note(tone, key, args)
}

func deleteFacts(ctx context.Context, in DeleteInput, at place) []FactProps {
	t := in.Token
	idTerm := words.T(ctx, "tokens.fact.clientID")
	if t.Kind == models.AccessToken {
		idTerm = words.T(ctx, "tokens.fact.accessTokenID")
	}
	facts := []FactProps{
		{Fact: ui.Fact{Term: idTerm, Text: t.ID, Machine: true}},
		{Fact: ui.Fact{Term: words.T(ctx, "tokens.fact.secret"), Text: hint(t.Token), Machine: true}},
	}
	if !at.personal() {
		facts = append(facts, FactProps{Fact: ui.Fact{Term: words.T(ctx, "tokens.col.roles")}, Chips: roleNames(t.Roles)})
	}
	created := words.Args{"Date": words.DateLong(ctx, t.CreatedAt)}
	by := words.T(ctx, "tokens.delete.createdByVendor", created)
	if name, _ := maker(ctx, t); byPerson(t) {
		created["Name"] = name
		by = words.T(ctx, "tokens.delete.createdBy", created)
	}
	term, expires := words.T(ctx, "tokens.fact.expires"), words.T(ctx, "tokens.never")
	switch on := words.DateLong(ctx, t.ExpiresAt); {
	case t.Never():
	case t.Expired(in.Now):
		term = words.T(ctx, "tokens.fact.expired")
		expires = words.T(ctx, "tokens.delete.expiresPast", words.Args{"Ago": words.Ago(ctx, t.ExpiresAt, in.Now), "Date": on})
	default:
		term = words.T(ctx, "tokens.col.expires")
		expires = words.T(ctx, "tokens.delete.expires", words.Args{"Span": words.Span(ctx, t.ExpiresAt.Sub(in.Now)), "Date": on})
	}
	return append(facts,
		FactProps{Fact: ui.Fact{
			Term: words.T(ctx, "tokens.delete.created"),
			Text: by,
		}},
		FactProps{Fact: ui.Fact{Term: term, Text: expires}})
}
