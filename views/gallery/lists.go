package gallery

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/views/ui"
)

// at is the instant that the sheet's examples count from.
func at() time.Time { return time.Date(2026, 11, 23, 21, 8, 0, 0, time.UTC) }

func listEntries() []Entry {
	return []Entry{
		widePart("Table", "tokens", within(ui.Panel(""), tokenTable())),
		widePart("Table", "tokens, to choose and to sort", choosingTable()),
		widePart("Table", "users, beneath a head", within(ui.Panel(""),
			ui.SectionHead(ui.SectionHeadProps{Title: "Users", Text: "2 people. Removing someone ends their personal tokens here; API tokens stay."}),
			userTable(),
		)),
		widePart("Table", "long words", within(ui.Panel(""), longTable())),
		part("Pager", "first page", ui.Pager(ui.PagerProps{Label: "Pages", Text: "1–50 of 214, newest first", NewerText: "Newer", OlderText: "Older", OlderHref: "#"})),
		part("Pager", "one page", ui.Pager(ui.PagerProps{Text: "9 tokens, newest first. Times are UTC."})),
		part("Empty", "with the way to begin", within(ui.Panel(""), within(ui.Empty(ui.EmptyProps{
			Icon: ui.IconPersonalKey, Title: "You don’t have any personal tokens yet",
			Text: "A personal token lets a script or a tool act as you on Acme.", Foot: emptyFoot(),
		}), ui.LinkButton(ui.LinkButtonProps{Text: "Generate Token", Tone: ui.Primary, Icon: ui.IconPlus, Href: "#"})))),
		part("No match", "what was searched", within(ui.Panel(""), ui.NoMatch(ui.NoMatchProps{
			Title: "No token matches “globbex”", Text: "Search looks at description and ID.", ActionText: "Clear search", ActionHref: "#",
		}))),
	}
}

func tokenTable() templ.Component {
	cols := []ui.Col{{Text: "Client ID"}, {Text: "Type"}, {Text: "Roles"}, {Text: "Created On"}, {Text: "Created By"}, {Text: "Expires in"}, {Text: "Last used"}, {Text: "Delete", Hidden: true}}
	return within(ui.Table(ui.TableProps{Caption: "API tokens of Acme, newest first", Cols: cols}),
		tokenRow("CI deploy pipeline", "7f3c9b2e-4a1d-4c56-9e8f-2b7d10c4a6e1", text("in 3 months"), false),
		tokenRow("Partner sandbox: Globex integration test, shared with their on-call", "91fb7d3c-604e-4ad2-8c15-e8b2f6037da4", ui.Badge(ui.BadgeProps{Text: "Never", Tone: ui.BadgeNone}), false),
		tokenRow("Nightly export job", "5a6e3c90-d27f-4819-b5c8-71fe04a9d62b", ui.Badge(ui.BadgeProps{Text: "in 29 days", Tone: ui.BadgeWarn}), false),
		tokenRow("Payments reconciliation", "c7a1e0f2-58b3-4c1d-9a77-2f0d6b8e4c19", ui.Badge(ui.BadgeProps{Text: "in 3 days", Tone: ui.BadgeBad}), false),
		tokenRow("Old laptop script", "f64a09be-823d-4d5c-b7e1-d95c4e20317a", ui.Badge(ui.BadgeProps{Text: "Expired 2 days ago", Tone: ui.BadgeOver}), true),
	)
}

func tokenRow(name, id string, expires templ.Component, off bool) templ.Component {
	return within(ui.Row(off), tokenCells(name, id, expires)...)
}

func tokenCells(name, id string, expires templ.Component) []templ.Component {
	return []templ.Component{
		within(ui.Cell(ui.CellProps{Area: ui.AreaMain}), ui.RowTitle(name, ""), ui.RowID(id, "Copy client ID of "+name)),
		ui.Cell(ui.CellProps{Area: ui.AreaWide, Keep: true, Text: "Client credentials", Note: "lk_cs_…9f3K", Machine: true}),
		within(ui.Cell(ui.CellProps{Area: ui.AreaWide}), ui.Chip("Deployer"), ui.Chip("Reports writer")),
		within(ui.Cell(ui.CellProps{Area: ui.AreaMade, Label: "Created On", Note: "yesterday"}), ui.Time(ui.TimeProps{Text: "22 Nov 2026", At: at().AddDate(0, 0, -1)})),
		ui.Cell(ui.CellProps{Area: ui.AreaMade, Label: "Created By", Text: "Dana Levi", Note: "dana@acme.example"}),
		within(ui.Cell(ui.CellProps{Keep: true, Label: "Expires in"}), expires, within(ui.CellNote(), ui.Time(ui.TimeProps{Text: "20 Feb 2027, 09:14 UTC", At: at()}))),
		ui.Cell(ui.CellProps{Keep: true, Label: "Last used", Text: "4 minutes ago", Note: "203.0.113.9", Machine: true}),
		within(ui.Cell(ui.CellProps{Area: ui.AreaAct}), ui.IconLink(ui.IconLinkProps{Label: "Delete " + name, Icon: ui.IconTrash, Href: "#"})),
	}
}

// choosingTable is a list whose rows can be chosen and that comes in several orders.
func choosingTable() templ.Component {
	row := func(name, id string, expires templ.Component, checked bool) templ.Component {
		pick := ui.Pick(ui.PickProps{Name: "token", Value: id, Label: "Select " + name, Checked: checked})
		return within(ui.Row(false), append([]templ.Component{pick}, tokenCells(name, id, expires)...)...)
	}
	cols := []ui.Col{
		{Text: "Client ID", Href: "#"}, {Text: "Type"}, {Text: "Roles"}, {Text: "Created On", Href: "#", Sort: ui.Descending}, {Text: "Created By"},
		{Text: "Expires in", Href: "#"}, {Text: "Last used", Href: "#"}, {Text: "Delete", Hidden: true},
	}
	props := ui.TableProps{Caption: "API tokens of Acme, newest first", Cols: cols, SortText: "Sort by", PickText: "Select", PickAllText: "Select all on this page"}
	return within(ui.Form(ui.FormProps{Action: "#", Label: "Choose tokens"}),
		within(ui.Panel(""), within(ui.Table(props),
			row("CI deploy pipeline", "7f3c9b2e-4a1d-4c56-9e8f-2b7d10c4a6e1", text("in 3 months"), true),
			row("Nightly export job", "5a6e3c90-d27f-4819-b5c8-71fe04a9d62b", ui.Badge(ui.BadgeProps{Text: "in 29 days", Tone: ui.BadgeWarn}), true),
			row("Payments reconciliation", "c7a1e0f2-58b3-4c1d-9a77-2f0d6b8e4c19", ui.Badge(ui.BadgeProps{Text: "in 3 days", Tone: ui.BadgeBad}), false),
		)),
		within(ui.BulkBar(ui.BulkBarProps{Label: "Chosen tokens", Text: "selected", AllText: "All 214 that match"}), bulkButtons()...),
	)
}

func bulkButtons() []templ.Component {
	return []templ.Component{
		ui.Button(ui.ButtonProps{Text: "Disable", Icon: ui.IconPower, Name: "do", Value: "disable", Class: "max-sm:flex-1"}),
		ui.Button(ui.ButtonProps{Text: "Delete", Icon: ui.IconTrash, Name: "do", Value: "delete", Class: "max-sm:flex-1"}),
	}
}

// longTable is the worst that people may call things.
func longTable() templ.Component {
	word := strings.Repeat("Donaudampfschifffahrt", 9)
	cols := []ui.Col{{Text: "Client ID"}, {Text: "Roles"}, {Text: "Created By"}, {Text: "Delete", Hidden: true}}
	return within(ui.Table(ui.TableProps{Caption: "Long words", Cols: cols}),
		within(ui.Row(false),
			within(ui.Cell(ui.CellProps{Area: ui.AreaMain}), ui.RowTitle(word, "#"), ui.RowID("91fb7d3c-604e-4ad2-8c15-e8b2f6037da4", "Copy client ID")),
			within(ui.Cell(ui.CellProps{Area: ui.AreaWide}), ui.Chip(word), ui.Chip("Reports writer")),
			ui.Cell(ui.CellProps{Area: ui.AreaMade, Label: "Created By", Text: word, Note: word + "@acme.example"}),
			within(ui.Cell(ui.CellProps{Area: ui.AreaAct}), ui.IconLink(ui.IconLinkProps{Label: "Delete", Icon: ui.IconTrash, Href: "#"})),
		),
	)
}

func userTable() templ.Component {
	cols := []ui.Col{{Text: "User"}, {Text: "Roles"}, {Text: "Status"}, {Text: "Last sign-in"}, {Text: "Personal tokens"}, {Text: "Edit", Hidden: true}}
	return within(ui.Table(ui.TableProps{Caption: "Users of Globex", Cols: cols, Within: true}),
		userRow("HS", "Hank Scorpio", "hank@globex.example", ui.BadgeProps{Text: "Active", Tone: ui.BadgeOK}, false),
		userRow("LF", "Lena Fischer", "lena@globex.example", ui.BadgeProps{Text: "Disabled", Tone: ui.BadgeOver}, true),
	)
}

func userRow(initials, name, email string, status ui.BadgeProps, off bool) templ.Component {
	return within(ui.Row(off),
		within(ui.Cell(ui.CellProps{Area: ui.AreaMain}), ui.RowPerson(initials, name, email, "#")),
		within(ui.Cell(ui.CellProps{Label: "Roles"}), ui.Chip("Admin"), ui.Chip("Billing reader")),
		within(ui.Cell(ui.CellProps{Label: "Status"}), ui.Badge(status)),
		ui.Cell(ui.CellProps{Label: "Last sign-in", Text: "13 hours ago", Note: "198.51.100.8", Machine: true}),
		ui.Cell(ui.CellProps{Label: "Personal tokens", Text: "3", Numeric: true}),
		within(ui.Cell(ui.CellProps{Area: ui.AreaAct}), ui.RowLink("Edit", "Edit "+name, "#")),
	)
}
