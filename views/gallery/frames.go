package gallery

import (
	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
)

// Portal is the frame that the portal's pages are shown in, with the named line of
// the sidebar marked.
func Portal(h views.Head, current string) views.LayoutProps {
	return views.LayoutProps{
		Head: h, User: dana(), Home: "#", Accounts: accounts(),
		Nav: mark(current,
			views.NavGroup{Label: "Yours", Plain: true, Items: []views.NavItem{
				{Text: "Privacy & Security", Icon: ui.IconLock, Href: "#"}, {Text: "Personal Tokens", Icon: ui.IconPersonalKey, Href: "#"},
			}},
			views.NavGroup{Label: "Workspace", Workspace: true, Items: []views.NavItem{
				{Text: "Security", Icon: ui.IconShield, Href: "#"}, {Text: "API Tokens", Icon: ui.IconKey, Href: "#"},
			}},
		),
	}
}

// Console is the frame that the Console's pages are shown in.
func Console(h views.Head, current string) views.LayoutProps {
	return views.LayoutProps{
		Head: h, Console: true, User: views.Person{Name: "Noa Brandt", Email: "noa@vendor.example"}, Home: "#",
		Nav: mark(current,
			views.NavGroup{Label: "Authentication", Items: []views.NavItem{
				{Text: "M2M authentication", Icon: ui.IconKey, Href: "#"}, {Text: "Audiences", Icon: ui.IconChain, Href: "#"},
				{Text: "Token policy", Icon: ui.IconShield, Href: "#"}, {Text: "Keys", Icon: ui.IconTerminal, Href: "#"},
			}},
			views.NavGroup{Label: "Admin Portal", Items: []views.NavItem{{Text: "Portal modules", Icon: ui.IconBlocks, Href: "#"}}},
			views.NavGroup{Label: "Customers", Items: []views.NavItem{
				{Text: "Accounts", Icon: ui.IconAccount, Href: "#"}, {Text: "Roles", Icon: ui.IconRoles, Href: "#"}, {Text: "Permissions", Icon: ui.IconLock, Href: "#"},
			}},
		),
	}
}

func mark(current string, groups ...views.NavGroup) []views.NavGroup {
	for _, group := range groups {
		for i := range group.Items {
			group.Items[i].Active = group.Items[i].Text == current
		}
	}
	return groups
}

func dana() views.Person { return views.Person{Name: "Dana Levi", Email: "dana@acme.example"} }

func accounts() []views.AccountChoice {
	return []views.AccountChoice{{ID: "1", Name: "Acme", Active: true}, {ID: "2", Name: "Globex"}}
}

// sheetNav leads to the pages from the sheet of parts.
func sheetNav(entries []Entry) []views.NavGroup {
	pages := views.NavGroup{Label: "Whole pages"}
	for _, e := range entries {
		if e.Page != nil {
			pages.Items = append(pages.Items, views.NavItem{Text: e.Group + ": " + e.Name, Icon: ui.IconArrowRight, Href: "/" + e.Slug()})
		}
	}
	return []views.NavGroup{pages}
}

// frameEntries are the frames without a page in them.
func frameEntries() []Entry {
	return []Entry{
		{Group: "Frame", Name: "portal", Page: func(h views.Head) templ.Component {
			p := Portal(h, "API Tokens")
			p.Links = []views.NavItem{{Text: "Console", Icon: ui.IconTerminal, Href: "#"}}
			p.Flash = &ui.BannerProps{Tone: ui.Done, Text: "CI deploy pipeline was deleted. Calls with it are refused.", Status: true}
			return within(views.Layout(p), ui.PageHead(ui.PageHeadProps{Title: "API Tokens"}))
		}},
		{Group: "Frame", Name: "portal, one account", Page: func(h views.Head) templ.Component {
			p := Portal(h, "Personal Tokens")
			p.Accounts = p.Accounts[:1]
			return within(views.Layout(p), ui.PageHead(ui.PageHeadProps{Title: "Personal Tokens"}))
		}},
		{Group: "Frame", Name: "console", Page: func(h views.Head) templ.Component {
			return within(views.Layout(Console(h, "Accounts")), ui.PageHead(ui.PageHeadProps{Title: "Accounts"}))
		}},
		{Group: "Error summary", Name: "above a refused form", Page: func(h views.Head) templ.Component {
			return within(views.Layout(Portal(h, "API Tokens")), refusedDemo())
		}},
		{Group: "Frame", Name: "bare", Page: func(h views.Head) templ.Component {
			return within(views.Bare(views.BareProps{Head: h, Foot: "portal.vendor.example"}), within(ui.Panel(""), signInDemo()))
		}},
	}
}
