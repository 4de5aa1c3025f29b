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

const (
	// counted is how far a list counts exactly.
	counted = 100
	// foundTo is how many matches of a search are looked at.
	foundTo = 1000
	// fewTokens are seen at a glance: up to here there is nothing to search or filter.
	fewTokens = 7
)

// ListInput is what a list is built from.
type ListInput struct {
	Layout  views.LayoutProps
	Context models.Context
	// Account is the account's name.
	Account string
	// M2MOn is whether the account's tokens are accepted at all.
	M2MOn bool
	// Policies bind the tokens, and Lacks is the permission that they demand of whoever
	// makes one and that the person doesn't hold; empty for none.
	Policies models.Policies
	Lacks    string
	// MayWrite and MayDelete are the person's rights on these tokens.
	MayWrite, MayDelete bool
	// OtherHref is the list of the other context, empty when the person can't see it.
	OtherHref string
	// Query is what was asked for, Order the order that Page is in; Newer and Older are
	// the cursors of Page's edges.
	Query        views.ListQuery
	Order        models.TokenOrder
	Page         models.TokenPage
	Newer, Older string
	// Overview counts the whole list, whatever part of it is asked for.
	Overview models.TokenOverview
	Now      time.Time
}

// few tells whether the whole list is seen at a glance.
func (in ListInput) few() bool { return in.Overview.All <= fewTokens && !in.Query.Narrowed() }

// ListProps is a list of tokens. Exactly one of Rows, Empty and NoMatch is shown.
type ListProps struct {
	Layout views.LayoutProps
	Title  string
	// Summary are the figures beneath the title; none for a list without tokens.
	Summary []ui.SummaryItem
	// Banner is what concerns the whole list; nil for nothing.
	Banner *BannerProps
	// Search and Filters are nil where there is nothing to search in.
	Search *ui.SearchProps
	// SearchNote says how a short search is meant; empty for others.
	SearchNote         string
	FindText, FindHref string
	Generate           GenerateLink
	Filters            *FilterProps
	Table              ui.TableProps
	Roles              bool
	Labels             ColumnNames
	Rows               []TokenRow
	Empty              *EmptyProps
	NoMatch            *ui.NoMatchProps
	Pager              ui.PagerProps
	// Bulk is nil where nothing can be done with many rows at once.
	Bulk *ListBulkProps
	// Export is the list as a file.
	ExportText, ExportHref string
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

// List builds a page of tokens.
func List(ctx context.Context, in ListInput) ListProps {
	at := place{in.Context}
	p := ListProps{
		Layout: in.Layout, Title: words.T(ctx, at.pick("tokens.api.title", "tokens.personal.title")),
		Banner: listBanner(ctx, in, at), Generate: generateLink(ctx, in, at), Roles: !at.personal(),
		FindText: words.T(ctx, "list.find"), FindHref: at.find(), Labels: columnNames(ctx),
	}
	p.Layout.Title = p.Title
	if !in.few() {
		p.Search, p.SearchNote = search(ctx, in, at), searchNote(ctx, in.Query.Search)
		p.Filters = filters(ctx, in, at)
	}
	switch {
	case len(in.Page.Rows) > 0:
		p.Table = tokenTable(ctx, in, at, p.Labels)
		for _, row := range in.Page.Rows {
			p.Rows = append(p.Rows, tokenRow(ctx, in, at, row))
		}
		p.Pager = pager(ctx, in, at)
		p.Bulk = listBulk(ctx, in)
		p.ExportText, p.ExportHref = words.T(ctx, "bulk.export"), views.ExportTokens(in.Context, in.Query)
	case in.Query.After+in.Query.Before != "" && (in.Page.Total > 0 || !in.Query.Narrowed()):
		p.NoMatch = pastTheEnd(ctx, in, at)
	case in.Query.Narrowed():
		p.NoMatch = noMatch(ctx, in, at)
	default:
		p.Empty = emptyList(ctx, in, at)
	}
	if p.Empty == nil {
		p.Summary = summary(ctx, in, at)
	}
	return p
}

func generateLink(ctx context.Context, in ListInput, at place) GenerateLink {
	switch {
	case !in.MayWrite:
		return GenerateLink{}
	case !in.M2MOn:
		return GenerateLink{Text: words.T(ctx, "tokens.generate"), Reason: words.T(ctx, "tokens.off.reason")}
	case in.Lacks != "":
		return GenerateLink{Text: words.T(ctx, "tokens.generate"), Reason: words.T(ctx, "tokens.policy.lacks", words.Args{"Key": in.Lacks})}
	default:
		return GenerateLink{Text: words.T(ctx, "tokens.generate"), Href: at.generate()}
	}
}

// summary is how many tokens work, and how many of them need a look. While M2M
// authentication is off none works, and the banner says so.
func summary(ctx context.Context, in ListInput, at place) []ui.SummaryItem {
	if !in.M2MOn {
		return nil
	}
	whole, o := in.Query.Whole(), in.Overview
	items := []ui.SummaryItem{{
		Number: many(ctx, o.Active), Text: words.T(ctx, "list.summary.live"),
		Href: at.list(whole.With(views.PartState, string(models.StateActive))),
	}}
	if o.Expiring > 0 {
		items = append(items, ui.SummaryItem{
			Number: many(ctx, o.Expiring), Text: words.N(ctx, "list.summary.expiring", o.Expiring),
			Href: at.list(whole.With(views.PartState, string(models.StateExpiring))),
		})
	}
	if o.NeverUsed > 0 {
		items = append(items, ui.SummaryItem{
			Number: many(ctx, o.NeverUsed), Text: words.T(ctx, "list.summary.neverUsed"),
			Href: at.list(whole.With(views.PartUsed, views.UsedNever)),
		})
	}
	return items
}

// many is a count that is exact as far as lists count.
func many(ctx context.Context, n int) string {
	if n > counted {
		return words.T(ctx, "list.many", words.Args{"N": counted})
	}
	return words.Number(ctx, n)
}

// listBanner is the one thing that concerns the list most: that nothing works, or what
// ends next.
func listBanner(ctx context.Context, in ListInput, at place) *BannerProps {
	if !in.M2MOn {
		text := words.T(ctx, "tokens.off")
		if in.Overview.All == 0 {
			text = words.T(ctx, "tokens.off.empty", words.Args{"Account": in.Account})
		}
		return &BannerProps{Banner: ui.BannerProps{Tone: ui.Harm, Text: text}}
	}
	first := in.Overview.EndsFirst
	if first == nil {
		return nil
	}
	args := words.Args{
		"Name": tokenName(first.Token), "Until": words.Until(ctx, first.ExpiresAt, in.Now), "When": words.InstantLong(ctx, first.ExpiresAt),
	}
	b := &BannerProps{Banner: ui.BannerProps{Tone: ui.Warn}, Rich: endingWords(ctx, in, args)}
	if in.Query.State != string(models.StateExpiring) {
		b.Banner.ActionText = words.N(ctx, "list.ending.show", in.Overview.EndingSoon)
		b.Banner.ActionHref = at.list(views.ListQuery{State: string(models.StateExpiring)})
	}
	return b
}

// endingWords advises only those who can follow the advice.
func endingWords(ctx context.Context, in ListInput, args words.Args) templ.Component {
	more := in.Overview.EndingSoon - 1
	switch {
	case more <= 0 && in.MayWrite:
		return words.Rich(ctx, "list.ending.one.renew", args)
	case more <= 0:
		return words.Rich(ctx, "list.ending.one", args)
	}
	// The count ends at one more than it is exact for, this token among them.
	args["More"] = words.Number(ctx, more)
	if in.Overview.EndingSoon > counted {
		args["More"] = words.T(ctx, "list.many", words.Args{"N": counted})
	}
	if in.MayWrite {
		return words.RichN(ctx, "list.ending.and.renew", more, args)
	}
	return words.RichN(ctx, "list.ending.and", more, args)
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
		e.Note = words.T(ctx, at.pick("tokens.empty.mayNot.api", "tokens.empty.mayNot.personal"), words.Args{"Account": in.Account})
	}
	return e
}
