package portal

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// totalShown is how far a list counts exactly.
const totalShown = 100

// ListInput is what a list is built from.
type ListInput struct {
	Layout  views.LayoutProps
	Context models.Context
	// Account is the account's name.
	Account string
	// M2MOn is whether the account's tokens are accepted at all.
	M2MOn bool
	// MayWrite and MayDelete are the person's rights on these tokens.
	MayWrite, MayDelete bool
	// OtherHref is the list of the other context, empty when the person can't see it.
	OtherHref string
	// Query is what was asked for; Newer and Older are the cursors of Page's edges.
	Query        views.ListQuery
	Page         models.TokenPage
	Newer, Older string
	Now          time.Time
}

// ListProps is a list of tokens. Exactly one of Rows, Empty and NoMatch is shown.
type ListProps struct {
	Layout views.LayoutProps
	Title  string
	// Banner is what concerns the whole list; nil for nothing.
	Banner   *BannerProps
	Search   ui.SearchProps
	Generate GenerateLink
	Table    ui.TableProps
	Roles    bool
	Labels   ColumnNames
	Rows     []TokenRow
	Empty    *EmptyProps
	NoMatch  *ui.NoMatchProps
	Pager    ui.PagerProps
}

// BannerProps is a banner whose text has bold parts.
type BannerProps struct {
	Banner ui.BannerProps
	Rich   templ.Component
}

// GenerateLink is the way to one more token. It is not there at all without Text, and
// disabled for the Reason beside it without Href.
type GenerateLink struct {
	Text, Href, Reason string
}

// EmptyProps is a list that has nothing yet.
type EmptyProps struct {
	Card ui.EmptyProps
	// Note stands in place of the button.
	Note string
}

// ColumnNames are shown above the cells of a row that is drawn as a card.
type ColumnNames struct {
	CreatedOn, CreatedBy, Expires, LastUsed string
}

// TokenRow is a token in a list.
type TokenRow struct {
	Name, ID, CopyLabel string
	// Refused is set when the token is refused though it has not expired.
	Refused                   string
	Type, Hint                string
	Roles                     []string
	CreatedOn                 ui.TimeProps
	CreatedAgo                string
	CreatorName, CreatorEmail string
	Expiry                    ExpiryProps
	// UsedText says it in place of Used for a token that was never used.
	UsedText, UsedFrom string
	Used               ui.TimeProps
	// DeleteHref is empty when the person may not delete.
	DeleteHref, DeleteLabel string
	// Off greys what no longer works.
	Off bool
}

// List builds a page of tokens.
func List(ctx context.Context, in ListInput) ListProps {
	at := place{in.Context}
	p := ListProps{
		Layout: in.Layout, Title: words.T(ctx, at.pick("tokens.api.title", "tokens.personal.title")),
		Banner: listBanner(ctx, in), Generate: generateLink(ctx, in, at), Roles: !at.personal(),
		Search: ui.SearchProps{
			Action: at.newest(), Value: in.Query.Search,
			Label: words.T(ctx, "tokens.search"), Placeholder: words.T(ctx, "tokens.search.placeholder"),
		},
		Labels: ColumnNames{
			CreatedOn: words.T(ctx, "tokens.col.createdOn"), CreatedBy: words.T(ctx, "tokens.col.createdBy"),
			Expires: words.T(ctx, "tokens.col.expires"), LastUsed: words.T(ctx, "tokens.col.lastUsed"),
		},
	}
	p.Layout.Title = p.Title
	switch {
	case len(in.Page.Rows) > 0:
		p.Table = tokenTable(ctx, in, at, p.Labels)
		for _, row := range in.Page.Rows {
			p.Rows = append(p.Rows, tokenRow(ctx, in, at, row))
		}
		p.Pager = pager(ctx, in, at)
	case in.Query.Search != "":
		p.NoMatch = &ui.NoMatchProps{
			Title: words.T(ctx, "tokens.noMatch.title", words.Args{"Search": in.Query.Search}), Text: words.T(ctx, "tokens.noMatch.text"),
			ActionText: words.T(ctx, "tokens.noMatch.clear"), ActionHref: at.newest(),
		}
	case in.Query.After != "" || in.Query.Before != "":
		p.NoMatch = &ui.NoMatchProps{
			Title: words.T(ctx, "tokens.page.past.title"), Text: words.T(ctx, "tokens.page.past.text"),
			ActionText: words.T(ctx, "tokens.page.past.action"), ActionHref: at.newest(),
		}
	default:
		p.Empty = emptyList(ctx, in, at)
	}
	return p
}

func generateLink(ctx context.Context, in ListInput, at place) GenerateLink {
	switch {
	case !in.MayWrite:
		return GenerateLink{}
	case !in.M2MOn:
		return GenerateLink{Text: words.T(ctx, "tokens.generate"), Reason: words.T(ctx, "tokens.off.reason")}
	default:
		return GenerateLink{Text: words.T(ctx, "tokens.generate"), Href: at.generate()}
	}
}

// listBanner is the one thing that concerns the list most: that nothing works, or what
// ends next among the tokens that are shown.
func listBanner(ctx context.Context, in ListInput) *BannerProps {
	if !in.M2MOn {
		text := words.T(ctx, "tokens.off")
		if len(in.Page.Rows) == 0 {
			text = words.T(ctx, "tokens.off.empty", words.Args{"Account": in.Account})
		}
		return &BannerProps{Banner: ui.BannerProps{Tone: ui.Harm, Text: text}}
	}
	var first *models.TokenRow
	count := 0
	for i, row := range in.Page.Rows {
		if !urgent(row.Token, in.Now) {
			continue
		}
		count++
		if first == nil || row.ExpiresAt.Before(first.ExpiresAt) {
			first = &in.Page.Rows[i]
		}
	}
	if first == nil {
		return nil
	}
	return &BannerProps{
		Banner: ui.BannerProps{Tone: ui.Warn},
		Rich: words.RichN(ctx, "tokens.ending", count, words.Args{
			"Name": tokenName(first.Token), "Until": words.Until(ctx, first.ExpiresAt, in.Now), "When": words.InstantLong(ctx, first.ExpiresAt),
		}),
	}
}

func tokenTable(ctx context.Context, in ListInput, at place, labels ColumnNames) ui.TableProps {
	t := ui.TableProps{
		Caption: words.T(ctx, at.pick("tokens.api.caption", "tokens.personal.caption"), words.Args{"Account": in.Account}),
		Cols:    []ui.Col{{Text: words.T(ctx, "tokens.col.id")}, {Text: words.T(ctx, "tokens.col.type")}},
	}
	if !at.personal() {
		t.Cols = append(t.Cols, ui.Col{Text: words.T(ctx, "tokens.col.roles")})
	}
	t.Cols = append(t.Cols, ui.Col{Text: labels.CreatedOn}, ui.Col{Text: labels.CreatedBy}, ui.Col{Text: labels.Expires}, ui.Col{Text: labels.LastUsed})
	if in.MayDelete {
		t.Cols = append(t.Cols, ui.Col{Text: words.T(ctx, "tokens.col.delete"), Hidden: true})
	}
	return t
}

func tokenRow(ctx context.Context, in ListInput, at place, t models.TokenRow) TokenRow {
	name := words.Args{"Name": tokenName(t.Token)}
	r := TokenRow{
		Name: t.Description, ID: t.ID, CopyLabel: words.T(ctx, "tokens.copy.idOf", name),
		Type: kindName(ctx, t.Kind), Hint: hint(t.Token), Roles: roleNames(t.Roles),
		CreatedOn:  ui.TimeProps{Text: words.Date(ctx, t.CreatedAt), At: t.CreatedAt},
		CreatedAgo: words.Ago(ctx, t.CreatedAt, in.Now),
		Expiry:     Expiry(ctx, t.Token, in.Now),
		Off:        t.Expired(in.Now) || !in.M2MOn,
	}
	r.CreatorName, r.CreatorEmail = maker(ctx, t)
	if r.Name == "" {
		r.Name = words.T(ctx, "tokens.unnamed")
	}
	if t.Kind == models.ClientCredentials {
		r.CopyLabel = words.T(ctx, "tokens.copy.clientIDOf", name)
	}
	if !in.M2MOn && !t.Expired(in.Now) {
		r.Refused = words.T(ctx, "tokens.off.mark")
	}
	if t.Used() {
		r.Used = ui.TimeProps{Text: words.Ago(ctx, t.LastUsedAt, in.Now), At: t.LastUsedAt}
		r.UsedFrom = t.LastUsedIP
	} else {
		r.UsedText = words.T(ctx, "tokens.neverUsed")
	}
	if in.MayDelete {
		r.DeleteHref, r.DeleteLabel = at.remove(t.ID), words.T(ctx, "tokens.delete.label", name)
	}
	return r
}

func pager(ctx context.Context, in ListInput, at place) ui.PagerProps {
	p := ui.PagerProps{
		Label: words.T(ctx, "tokens.page.label"), Text: countText(ctx, in), Announce: in.Query.Search != "",
		NewerText: words.T(ctx, "tokens.page.newer"), OlderText: words.T(ctx, "tokens.page.older"),
	}
	if in.Page.Newer {
		p.NewerHref = at.list(views.ListQuery{Search: in.Query.Search, Before: in.Newer})
	}
	if in.Page.Older {
		p.OlderHref = at.list(views.ListQuery{Search: in.Query.Search, After: in.Older})
	}
	return p
}

// countText says how many there are: exactly on a list of one page, up to a hundred on
// longer ones.
func countText(ctx context.Context, in ListInput) string {
	shown := len(in.Page.Rows)
	switch {
	case in.Page.Newer || in.Page.Older:
		total := strconv.Itoa(in.Page.Total)
		if in.Page.Total > totalShown {
			total = words.T(ctx, "tokens.page.total.more", words.Args{"N": totalShown})
		}
		return words.N(ctx, "tokens.page.shown", shown, words.Args{"Total": total})
	case in.Query.Search != "":
		return words.N(ctx, "tokens.found", shown, words.Args{"Search": in.Query.Search})
	default:
		return words.N(ctx, "tokens.count", shown)
	}
}

func emptyList(ctx context.Context, in ListInput, at place) *EmptyProps {
	e := &EmptyProps{Card: ui.EmptyProps{
		Icon:  ui.IconKey,
		Title: words.T(ctx, at.pick("tokens.api.empty.title", "tokens.personal.empty.title")),
		Text:  words.T(ctx, at.pick("tokens.api.empty.text", "tokens.personal.empty.text"), words.Args{"Account": in.Account}),
	}}
	if at.personal() {
		e.Card.Icon = ui.IconPersonalKey
	}
	if in.OtherHref != "" {
		e.Card.Foot = words.Rich(ctx, at.pick("tokens.api.empty.foot", "tokens.personal.empty.foot"), words.Args{"Href": in.OtherHref})
	}
	if !in.MayWrite {
		e.Note = words.T(ctx, "tokens.empty.mayNot")
	}
	return e
}
