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
	// MayWrite is whether the person may do something gentler.
	MayWrite bool
	Token    models.TokenRow
	Now      time.Time
}

// Delete builds the page that asks before a token is deleted.
func Delete(ctx context.Context, in DeleteInput) AskProps {
	t := in.Token
	at := place{t.Context}
	p := AskProps{
		Layout: in.Layout, Back: backToToken(t.Token, at), Title: words.T(ctx, "tokens.delete.question", words.Args{"Name": tokenName(t.Token)}),
		Text: words.T(ctx, "tokens.delete.text"), Uses: deleteUses(ctx, in), Facts: deleteFacts(ctx, in, at), CSRF: in.Layout.CSRF,
		Action: at.remove(t.ID), Cancel: words.T(ctx, "tokens.delete.cancel"), Icon: ui.IconTrash,
		Button: words.T(ctx, at.pick("tokens.api.delete", "tokens.personal.delete")),
	}
	if in.MayWrite && in.M2MOn && !t.Disabled() && !t.Expired(in.Now) {
		p.Gentler = words.Rich(ctx, "tokens.delete.gentler", words.Args{"Disable": at.disable(t.ID), "Rotate": at.rotate(t.ID)})
	}
	p.Layout.Title = words.T(ctx, at.pick("tokens.api.delete.title", "tokens.personal.delete.title"))
	return p
}

// deleteUses says what a deletion stops: the reason why nothing more can stop, if there
// is one, or the last use.
func deleteUses(ctx context.Context, in DeleteInput) BannerProps {
	t := in.Token
	switch {
	case t.Expired(in.Now):
		return BannerProps{Rich: words.Rich(ctx, "tokens.delete.expired", words.Args{"Ago": words.Ago(ctx, t.ExpiresAt, in.Now)})}
	case !in.M2MOn:
		return BannerProps{Rich: words.Rich(ctx, "tokens.delete.off")}
	case t.Disabled():
		return BannerProps{Rich: words.Rich(ctx, "tokens.delete.disabled")}
	default:
		return stopsBanner(ctx, lastUse{t.LastUsedAt, t.LastUsedIP}, in.Now)
	}
}

// hintTerm is what a token's hint tells.
func hintTerm(ctx context.Context, t models.Token) string {
	if t.HasKey() {
		return words.T(ctx, "key.fact")
	}
	return words.T(ctx, "tokens.fact.secret")
}

func deleteFacts(ctx context.Context, in DeleteInput, at place) []FactProps {
	t := in.Token
	idTerm := words.T(ctx, "tokens.fact.clientID")
	if t.Kind == models.AccessToken {
		idTerm = words.T(ctx, "tokens.fact.accessTokenID")
	}
	facts := []FactProps{
		{Fact: ui.Fact{Term: idTerm, Text: t.ID, Machine: true}},
		{Fact: ui.Fact{Term: hintTerm(ctx, t.Token), Text: t.Hint(), Machine: true}},
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
