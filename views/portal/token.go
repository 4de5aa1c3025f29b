package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// TokenInput is what the page of one token is built from.
type TokenInput struct {
	Layout views.LayoutProps
	// Account is the account's name.
	Account string
	// PublicURL is the address of this server, without a slash at its end.
	PublicURL string
	// TTL is the life of a JWT that client credentials are exchanged for.
	TTL time.Duration
	// MayWrite and MayDelete are the person's rights on these tokens.
	MayWrite, MayDelete bool
	models.TokenDetail
	// Policies bind the token, and Lacks is the permission that they demand of whoever
	// makes a token or a secret and that the person doesn't hold; empty for none.
	Policies models.Policies
	Lacks    string
	// Reason is why the token is refused now, wherever it is used from; empty when it
	// isn't.
	Reason string
	// Checked is whether the person asks for the test, IP the address they ask from.
	Checked bool
	IP      string
	Now     time.Time
}

// TokenProps is the page of one token.
type TokenProps struct {
	Layout views.LayoutProps
	Back   ui.BackProps
	Title  string
	Badge  ui.BadgeProps
	// ID is shown with its name before it.
	ID, IDName, IDCopy string
	Acts               []ActProps
	// Banner is what concerns the whole token; nil for nothing.
	Banner *BannerProps
	// Rotation is nil unless two secrets live.
	Rotation *RotationProps
	Check    CheckProps

	About    string
	Facts    []FactProps
	Metadata string
	// MetadataTitle is the name of Metadata, both empty when there is none.
	MetadataTitle string
	Holds         HoldsProps

	Uses     UsesProps
	Refusals RefusalsProps
	// Code is empty for a token that ended.
	Try, TryText string
	// Assertion is what a program with a key has to sign; nil where there is a secret.
	Assertion []FactProps
	Code      ui.CodeBlockProps
	Programs  *ProgramsProps
	Events    EventsProps
}

// ActProps is something to do with a token: a link to a page that asks, or, with Action,
// a form that does it.
type ActProps struct {
	Text, Href, Action string
	Icon               ui.Icon
}

// HoldsProps is what a token may do. Note says so when there is nothing.
type HoldsProps struct {
	Title, Note string
	Roles       []HeldRole
}

// HeldRole is a role with what it permits; Text stands in place of Permissions.
type HeldRole struct {
	Name        string
	Permissions []string
	Text        string
}

// Token builds the page.
func Token(ctx context.Context, in TokenInput) TokenProps {
	at := place{in.Token.Context}
	t := in.Token
	p := TokenProps{
		Layout: in.Layout, Back: ui.BackProps{Text: at.back(ctx), Href: at.newest()}, Title: t.Description,
		Badge: statusBadge(ctx, in), ID: t.ID, Acts: acts(ctx, in, at), Banner: tokenBanner(ctx, in, at),
		Rotation: rotationCard(ctx, in, at), Check: checkCard(ctx, in, at),
		About: words.T(ctx, "tokens.secret.about"), Facts: tokenFacts(ctx, in, at), Holds: holdsCard(ctx, in, at),
		Uses: usesCard(ctx, in), Refusals: refusalsCard(ctx, in), Events: eventsCard(ctx, in),
		Try: words.T(ctx, "token.try"),
	}
	if p.Title == "" {
		p.Title = words.T(ctx, "tokens.unnamed")
	}
	p.Layout.Title = p.Title
	p.IDName, p.IDCopy = words.T(ctx, "tokens.fact.clientID"), words.T(ctx, "tokens.copy.clientID")
	if t.Kind == models.AccessToken {
		p.IDName, p.IDCopy = words.T(ctx, "tokens.fact.accessTokenID"), words.T(ctx, "token.copy.id")
	}
	if p.Metadata = indented(t.Metadata); p.Metadata != "" {
		p.MetadataTitle = words.T(ctx, "token.fact.metadata")
	}
	if key := newSecret(in.Secrets).Key; !t.Expired(in.Now) && !key.IsZero() {
		p.Try, p.TryText, p.Code = words.T(ctx, "key.try"), words.T(ctx, "key.try.text"), signedOut(ctx, in)
		p.Assertion = assertionFacts(ctx, in, key)
	} else if !t.Expired(in.Now) {
		p.TryText, p.Code = tryOut(ctx, in)
	}
	if t.Kind == models.ClientCredentials && !t.Expired(in.Now) {
		p.Programs = programsFor(ctx, in.PublicURL, t.ID, newSecret(in.Secrets).Key)
	}
	return p
}

// acts is what the person can do with the token. What a token that ended can't be helped
// with is not offered.
func acts(ctx context.Context, in TokenInput, at place) []ActProps {
	id, ended := in.Token.ID, in.Token.Expired(in.Now)
	var all []ActProps
	if in.MayWrite {
		if !ended && len(in.Secrets) == 1 && in.Reason != reasonM2MDisabled && in.Reason != reasonPolicy && in.Lacks == "" {
			all = append(all, ActProps{Text: words.T(ctx, "token.rotate"), Href: at.rotate(id), Icon: ui.IconRotate})
		}
		all = append(all, ActProps{Text: words.T(ctx, "token.edit"), Href: at.edit(id), Icon: ui.IconPencil})
		switch {
		case in.Token.Disabled():
			all = append(all, ActProps{Text: words.T(ctx, "token.enable"), Action: at.enable(id), Icon: ui.IconPower})
		case !ended:
			all = append(all, ActProps{Text: words.T(ctx, "token.disable"), Href: at.disable(id), Icon: ui.IconPower})
		}
	}
	if in.MayWrite && !ended && in.Token.Kind == models.ClientCredentials {
		all = append(all, ActProps{Text: words.T(ctx, "token.jwts"), Href: at.endJWTs(id), Icon: ui.IconCircleX})
	}
	if in.MayDelete {
		all = append(all, ActProps{Text: words.T(ctx, "token.delete"), Href: at.remove(id), Icon: ui.IconTrash})
	}
	return all
}

// tokenBanner is what concerns a token most: that it is refused, or will end within a
// week.
func tokenBanner(ctx context.Context, in TokenInput, at place) *BannerProps {
	switch {
	case in.Reason == reasonDisabled:
		args := words.Args{"Ago": words.Ago(ctx, *in.Token.DisabledAt, in.Now), "Name": personName(ctx, in.EventActors[in.Token.DisabledBy])}
		return &BannerProps{Banner: ui.BannerProps{Tone: ui.Harm}, Rich: words.Rich(ctx, "token.disabled", args)}
	case in.Reason != "" && in.Checked:
		return nil // the test's result says the same
	case in.Reason == reasonExpired:
		banner := refusedBanner(ctx, in)
		banner.Banner.Tone = ui.Info // nothing is out of order
		return &banner
	case in.Reason != "":
		banner := refusedBanner(ctx, in)
		return &banner
	}
	t, by := underPolicies(in.Policies, in.Token, in.Now)
	if !urgent(t, in.Now) {
		return nil
	}
	key := "token.ending"
	if by != "" {
		key = "token.ending.policy"
	}
	banner := BannerProps{Banner: ui.BannerProps{Tone: ui.Warn}, Rich: words.Rich(ctx, key, words.Args{
		"Until": words.Until(ctx, t.ExpiresAt, in.Now), "When": words.InstantLong(ctx, t.ExpiresAt), "By": levelName(ctx, by, in.Account),
	})}
	if in.MayWrite && in.Lacks == "" {
		banner.Banner.ActionText, banner.Banner.ActionHref = words.T(ctx, "tokens.generate"), at.generate()
	}
	return &banner
}

// holdsCard is what a token may do today.
func holdsCard(ctx context.Context, in TokenInput, at place) HoldsProps {
	p := HoldsProps{Title: words.T(ctx, "token.holds"), Note: words.T(ctx, at.pick("token.holds.api", "token.holds.personal"))}
	if len(in.Roles) == 0 {
		p.Note = words.T(ctx, at.pick("token.holds.none", "token.holds.none.personal"))
	}
	for _, role := range in.Roles {
		held := HeldRole{Name: role.Name, Permissions: role.Permissions}
		if len(role.Permissions) == 0 {
			held.Text = words.T(ctx, "token.holds.nothing")
		}
		p.Roles = append(p.Roles, held)
	}
	return p
}

// tryOut is how the token is used, with a variable in the place of its secret.
func tryOut(ctx context.Context, in TokenInput) (string, ui.CodeBlockProps) {
	code := ui.CodeBlockProps{ID: "code", CopyText: words.T(ctx, "tokens.copy"), CopyLabel: words.T(ctx, "tokens.copy.code")}
	if in.Token.Kind == models.AccessToken {
		code.Caption = words.T(ctx, "tokens.secret.code.accessToken")
		code.Code = []ui.Span{{Text: keyCommand(in.PublicURL, keyVariable)}}
		return words.T(ctx, "token.try.text", words.Args{"Name": "TOKEN"}), code
	}
	code.Caption = words.T(ctx, "tokens.secret.code.credentials", words.Args{"Span": words.Span(ctx, in.TTL)})
	code.Code = []ui.Span{{Text: exchangeCommands(in.PublicURL, in.Token.ID, secretVariable)}}
	return words.T(ctx, "token.try.text", words.Args{"Name": "SECRET"}), code
}

// signedOut is how a token with a key is used, once its program has signed.
func signedOut(ctx context.Context, in TokenInput) ui.CodeBlockProps {
	return ui.CodeBlockProps{
		ID: "code", CopyText: words.T(ctx, "tokens.copy"), CopyLabel: words.T(ctx, "tokens.copy.code"), Caption: words.T(ctx, "key.code"),
		Code: []ui.Span{{Text: assertionCommands(in.PublicURL)}},
	}
}
