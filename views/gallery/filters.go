package gallery

import (
	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
)

func filterEntries() []Entry {
	return []Entry{
		widePart("Filters", "none chosen", filterBar("Filter, none chosen", "All", "Role")),
		widePart("Filters", "several chosen", filterBar("Filter, several chosen", "Active", "Role: Reports reader")),
		part("Filter chip", "on, off, without a count", row(
			ui.FilterChip(ui.FilterChipProps{Text: "All", Count: "9", Href: "#", Current: true}),
			ui.FilterChip(ui.FilterChipProps{Text: "Never used", Count: "100+", Href: "#"}),
			ui.FilterChip(ui.FilterChipProps{Text: "Dark", Href: "#"}),
		)),
		{Group: "Filter menu", Name: "first of the row, open", Page: openFilter("Type")},
		{Group: "Filter menu", Name: "last of the row, open", Page: openFilter("Created by")},
		{Group: "Filter menu", Name: "chosen, open, long", Page: openFilter("Role: Reports reader")},
	}
}

func filterBar(label, current, role string) templ.Component {
	return within(ui.FilterChips(label), append(stateChips(current), filterMenus("", role)...)...)
}

func stateChips(current string) []templ.Component {
	var chips []templ.Component
	for _, c := range []ui.FilterChipProps{
		{Text: "All", Count: "214"}, {Text: "Active", Count: "100+"}, {Text: "Expiring in 30 days", Count: "2"}, {Text: "Never expires", Count: "37"},
		{Text: "Never used", Count: "1"}, {Text: "Expired", Count: "9"}, {Text: "Disabled", Count: "3"},
	} {
		c.Href, c.Current = "#", c.Text == current
		chips = append(chips, ui.FilterChip(c))
	}
	return chips
}

// filterMenus are the menus of a list, with the way out once a role is chosen; the one
// whose text is open is so.
func filterMenus(open, role string) []templ.Component {
	menu := func(text, note string, options ...ui.FilterOption) templ.Component {
		return ui.FilterMenu(ui.FilterMenuProps{Text: text, On: text == role && role != "Role", Open: text == open, Options: options, Note: note})
	}
	parts := []templ.Component{
		menu("Type", "",
			ui.FilterOption{Text: "All types", Count: "214", Href: "#", Current: true},
			ui.FilterOption{Text: "Access token", Count: "61", Href: "#"},
			ui.FilterOption{Text: "Client credentials", Count: "153", Href: "#"}),
		menu(role, "", roleOptions(role != "Role")...),
		menu("Created by", "There are others. To find tokens of theirs, search for the name.",
			ui.FilterOption{Text: "Everyone", Count: "214", Href: "#", Current: true}, ui.FilterOption{Text: "Dana Levi", Count: "202", Href: "#"}),
	}
	if role != "Role" {
		parts = append(parts, ui.ClearFilters("Clear", "#"))
	}
	return parts
}

func roleOptions(chosen bool) []ui.FilterOption {
	return []ui.FilterOption{
		{Text: "All roles", Count: "214", Href: "#", Current: !chosen},
		{Text: "Admin", Count: "3", Href: "#"},
		{Text: "Billing reader", Count: "17", Href: "#"},
		{Text: "Deployer", Count: "41", Href: "#"},
		{Text: "Inventory reader and writer of the northern warehouses", Count: "8", Href: "#"},
		{Text: "Reports reader", Count: "100+", Href: "#", Current: chosen},
		{Text: "Reports writer", Count: "9", Href: "#"},
		{Text: "Support", Count: "4", Href: "#"},
		{Text: "Viewer", Count: "12", Href: "#"},
		{Text: "Webhooks", Count: "1", Href: "#"},
	}
}

// openFilter is a page in which the named menu is open.
func openFilter(name string) func(views.Head) templ.Component {
	return func(h views.Head) templ.Component {
		return within(views.Layout(Portal(h, "API Tokens")),
			ui.PageHead(ui.PageHeadProps{Title: "API Tokens"}),
			within(ui.FilterChips("Filter"), append(stateChips("Active"), filterMenus(name, "Role: Reports reader")...)...),
			within(ui.Panel(""), tokenTable()),
		)
	}
}
