package portal

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// FilterProps is what a list can be narrowed by, besides its search.
type FilterProps struct {
	// Label names the filters for screen readers.
	Label string
	Chips []ui.FilterChipProps
	Menus []ui.FilterMenuProps
	// ClearHref leads to the whole list, empty where nothing narrows it.
	ClearText, ClearHref string
}

// namedCreators is how many people a menu names: a page is no directory.
const namedCreators = 25

const searchNoteID = "search-note"

// shortSearch is below what a search looks for everywhere, in characters.
const shortSearch = 3

func search(ctx context.Context, in ListInput, at place) *ui.SearchProps {
	p := &ui.SearchProps{
		Action: at.newest(), Value: in.Query.Search,
		Label: words.T(ctx, "tokens.search"), Placeholder: words.T(ctx, "tokens.search.placeholder"),
	}
	if searchNote(ctx, in.Query.Search) != "" {
		p.DescribedBy = searchNoteID
	}
	for _, kept := range in.Query.Kept(views.PartSearch) {
		p.Kept = append(p.Kept, ui.HiddenField{Name: string(kept.Part), Value: kept.Value})
	}
	return p
}

func searchNote(ctx context.Context, text string) string {
	if n := utf8.RuneCountInString(strings.TrimSpace(text)); n == 0 || n >= shortSearch {
		return ""
	}
	return words.T(ctx, "list.search.short")
}

// filters combine with each other and with the search. One that is on is clicked again
// to take it off.
func filters(ctx context.Context, in ListInput, at place) *FilterProps {
	p := &FilterProps{Label: words.T(ctx, "list.filter"), Chips: chips(ctx, in, at)}
	for _, m := range menus(ctx, in) {
		if len(m.choices) > 1 || m.chosen != "" {
			p.Menus = append(p.Menus, m.props(ctx, in, at))
		}
	}
	if in.Query.Narrowed() {
		p.ClearText, p.ClearHref = words.T(ctx, "list.filter.clear"), at.list(in.Query.Whole())
	}
	return p
}

func chips(ctx context.Context, in ListInput, at place) []ui.FilterChipProps {
	q, o := in.Query, in.Overview
	state := func(s models.TokenState, count int) ui.FilterChipProps {
		return ui.FilterChipProps{
			Text: stateText(ctx, s), Count: many(ctx, count), Current: q.State == string(s),
			Href: at.list(q.Toggle(views.PartState, string(s))),
		}
	}
	all := []ui.FilterChipProps{
		{
			Text: words.T(ctx, "list.filter.all"), Count: many(ctx, o.All), Current: q.State == "" && q.Used == "",
			Href: at.list(q.With(views.PartState, "").With(views.PartUsed, "")),
		},
		state(models.StateActive, o.Active), state(models.StateExpiring, o.Expiring), state(models.StatePermanent, o.Permanent),
		{
			Text: words.T(ctx, "list.filter.neverUsed"), Count: many(ctx, o.NeverUsed), Current: q.Used != "",
			Href: at.list(q.Toggle(views.PartUsed, views.UsedNever)),
		},
		state(models.StateExpired, o.Expired),
	}
	if disabled := state(models.StateDisabled, o.Disabled); o.Disabled > 0 || disabled.Current {
		all = append(all, disabled)
	}
	return all
}

func stateText(ctx context.Context, s models.TokenState) string {
	switch s {
	case models.StateActive:
		return words.T(ctx, "list.filter.active")
	case models.StateExpiring:
		return words.T(ctx, "list.filter.expiring")
	case models.StatePermanent:
		return words.T(ctx, "list.filter.permanent")
	case models.StateExpired:
		return words.T(ctx, "list.filter.expired")
	default:
		return words.T(ctx, "list.filter.disabled")
	}
}

// menu is a filter with too many choices for chips.
type menu struct {
	part views.ListPart
	name string
	// all is what leaves the list as it is.
	all     string
	choices []choice
	// note is about those that are not among the choices; empty when all are.
	note string
	// chosen is the value in force, in its own words; empty for none.
	chosen, chosenText string
}

type choice struct {
	value, text string
	count       int
}

func menus(ctx context.Context, in ListInput) []menu {
	kinds := menu{part: views.PartType, name: words.T(ctx, "list.filter.type"), all: words.T(ctx, "list.filter.type.all"), chosen: in.Query.Type}
	for _, k := range in.Overview.Kinds {
		kinds.choices = append(kinds.choices, choice{string(k.Kind), kindName(ctx, k.Kind), k.Count})
	}
	kinds.chosenText = kindName(ctx, models.Kind(in.Query.Type))
	if in.Context == models.Personal {
		return []menu{kinds}
	}
	roles := menu{part: views.PartRole, name: words.T(ctx, "list.filter.role"), all: words.T(ctx, "list.filter.role.all"), chosen: in.Query.Role, chosenText: in.Query.Role}
	for _, r := range in.Overview.Roles {
		roles.choices = append(roles.choices, choice{r.Key, r.Name, r.Count})
	}
	return []menu{kinds, roles, creators(ctx, in)}
}

func creators(ctx context.Context, in ListInput) menu {
	m := menu{
		part: views.PartCreator, name: words.T(ctx, "list.filter.creator"), all: words.T(ctx, "list.filter.creator.all"),
		chosen: in.Query.Creator, chosenText: words.T(ctx, "list.filter.creator.other"),
	}
	// Not everybody is counted where there are many; then a row tells the name.
	if len(in.Page.Rows) > 0 {
		m.chosenText, _ = maker(ctx, in.Page.Rows[0])
	}
	for _, c := range in.Overview.Creators {
		value := c.ID
		if value == "" {
			value = models.CreatedByVendor
		}
		name, _ := maker(ctx, models.TokenRow{CreatorName: c.Name, CreatorEmail: c.Email})
		if value == m.chosen {
			m.chosenText = name
		}
		if len(m.choices) < namedCreators {
			m.choices = append(m.choices, choice{value, name, c.Count})
		}
	}
	if in.Overview.MoreCreators || len(m.choices) < len(in.Overview.Creators) {
		m.note = words.T(ctx, "list.filter.creator.more")
	}
	return m
}

func (m menu) props(ctx context.Context, in ListInput, at place) ui.FilterMenuProps {
	p := ui.FilterMenuProps{Text: m.name, On: m.chosen != "", Note: m.note, Options: []ui.FilterOption{{
		Text: m.all, Count: many(ctx, in.Overview.All), Href: at.list(in.Query.With(m.part, "")), Current: m.chosen == "",
	}}}
	if p.On {
		p.Text = m.set(ctx)
	}
	for _, c := range m.choices {
		p.Options = append(p.Options, ui.FilterOption{
			Text: c.text, Count: many(ctx, c.count), Href: at.list(in.Query.Toggle(m.part, c.value)), Current: c.value == m.chosen,
		})
	}
	return p
}

// set says what was chosen, as people read it.
func (m menu) set(ctx context.Context) string {
	value := m.chosenText
	for _, c := range m.choices {
		if c.value == m.chosen {
			value = c.text
		}
	}
	return words.T(ctx, "list.filter.set", words.Args{"Filter": m.name, "Value": value})
}
