package portal

import (
	"context"
	"strings"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// orderWords say how a list is sorted, within a sentence.
func orderWords(ctx context.Context, o models.TokenOrder) string {
	up, down := "list.order.oldest", "list.order.newest"
	switch o.By {
	case models.SortDescription:
		up, down = "list.order.az", "list.order.za"
	case models.SortLastUsed:
		up, down = "list.order.longUnused", "list.order.lastUsed"
	case models.SortExpires:
		up, down = "list.order.soonest", "list.order.latest"
	}
	if o.Descending {
		return words.T(ctx, down)
	}
	return words.T(ctx, up)
}

// newestFirst is the one order in which pages are newer and older than each other.
func newestFirst(o models.TokenOrder) bool { return o.By == models.SortCreated && o.Descending }

func pager(ctx context.Context, in ListInput, at place) ui.PagerProps {
	p := ui.PagerProps{
		Label: words.T(ctx, "tokens.page.label"), Text: countText(ctx, in), Announce: in.Query != views.ListQuery{},
		NewerText: words.T(ctx, "list.page.previous"), OlderText: words.T(ctx, "list.page.next"),
	}
	if newestFirst(in.Order) {
		p.NewerText, p.OlderText = words.T(ctx, "tokens.page.newer"), words.T(ctx, "tokens.page.older")
	}
	if in.Page.Newer {
		p.NewerHref = at.list(in.Query.With(views.PartBefore, in.Newer))
	}
	if in.Page.Older {
		p.OlderHref = at.list(in.Query.With(views.PartAfter, in.Older))
	}
	return p
}

// countText says how many there are and in which order: exactly on a list of one page,
// as far as lists count on longer ones.
func countText(ctx context.Context, in ListInput) string {
	shown := len(in.Page.Rows)
	order := words.Args{"Order": orderWords(ctx, in.Order)}
	switch {
	case in.Page.Newer || in.Page.Older:
		return rangeText(ctx, in, order)
	case in.Query.Search != "":
		return words.N(ctx, "list.page.found", shown, order, words.Args{"Search": in.Query.Search})
	case in.Query.Narrowed():
		return words.N(ctx, "list.page.narrowed", shown, order)
	default:
		return words.N(ctx, "list.page.count", shown, order)
	}
}

// rangeText is about a page of several. Cursors don't tell how many come before it, but
// the first page and the last one of a counted list have known places.
func rangeText(ctx context.Context, in ListInput, order words.Args) string {
	shown, total := len(in.Page.Rows), in.Page.Total
	from := 0
	switch {
	case !in.Page.Newer:
		from = 1
	case !in.Page.Older && total <= counted:
		from = total - shown + 1
	}
	args := words.Args{"Total": totalText(ctx, in.Page)}
	if from == 0 {
		return words.T(ctx, "list.page.some", order, args, words.Args{"N": shown})
	}
	return words.T(ctx, "list.page.range", order, args, words.Args{"From": from, "To": from + shown - 1})
}

func totalText(ctx context.Context, page models.TokenPage) string {
	switch {
	case page.TotalIsMany:
		return words.T(ctx, "list.page.moreThan", words.Args{"N": foundTo})
	case page.Total > counted:
		return words.T(ctx, "list.page.moreThan", words.Args{"N": counted})
	default:
		return words.Number(ctx, page.Total)
	}
}

// noMatch says what narrows the list, and offers the whole of it.
func noMatch(ctx context.Context, in ListInput, at place) *ui.NoMatchProps {
	p := &ui.NoMatchProps{
		Title: words.T(ctx, "list.noMatch.title"), ActionText: words.T(ctx, "list.noMatch.clear"), ActionHref: at.list(in.Query.Whole()),
	}
	if in.Query.Search != "" {
		p.Title = words.T(ctx, "list.noMatch.search", words.Args{"Search": in.Query.Search})
		p.Text = words.T(ctx, "list.noMatch.text")
	}
	if parts := narrowing(ctx, in); len(parts) > 0 {
		p.Text = words.T(ctx, "list.noMatch.narrowed", words.Args{"Parts": strings.Join(parts, " · ")})
	}
	return p
}

// narrowing is what a list is narrowed by besides the search, in words.
func narrowing(ctx context.Context, in ListInput) []string {
	var parts []string
	if in.Query.State != "" {
		parts = append(parts, stateText(ctx, models.TokenState(in.Query.State)))
	}
	if in.Query.Used != "" {
		parts = append(parts, words.T(ctx, "list.filter.neverUsed"))
	}
	for _, m := range menus(ctx, in) {
		if m.chosen != "" {
			parts = append(parts, m.set(ctx))
		}
	}
	return parts
}

func pastTheEnd(ctx context.Context, in ListInput, at place) *ui.NoMatchProps {
	p := &ui.NoMatchProps{
		Title: words.T(ctx, "tokens.page.past.title"), Text: words.T(ctx, "tokens.page.past.text"),
		ActionText: words.T(ctx, "list.page.past.action"), ActionHref: at.list(in.Query.With(views.PartAfter, "")),
	}
	if newestFirst(in.Order) {
		p.ActionText = words.T(ctx, "tokens.page.past.action")
	}
	return p
}
