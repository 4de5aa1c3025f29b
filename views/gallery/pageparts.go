package gallery

import "github.com/latchkey-dev/latchkey/views/ui"

func pagePartEntries() []Entry {
	return []Entry{
		widePart("Page head", "with a button", within(ui.PageHead(ui.PageHeadProps{Title: "Accounts", Text: "Each customer of yours is an account."}),
			ui.LinkButton(ui.LinkButtonProps{Text: "Create account", Tone: ui.Primary, Icon: ui.IconPlus, Href: "#"}))),
		widePart("Page head", "badge and facts", within(ui.PageHead(ui.PageHeadProps{
			Title: "Globex", Badge: ui.Badge(ui.BadgeProps{Text: "Active", Tone: ui.BadgeOK}), Below: headBelow(),
		}), ui.LinkButton(ui.LinkButtonProps{Text: "Disable account", Icon: ui.IconPower, Href: "#"}))),
		part("Summary", "a list’s figures, with links and without", stack(
			ui.Summary([]ui.SummaryItem{{Number: "8", Text: "live", Href: "#"}, {Number: "2", Text: "expire within 30 days", Href: "#"}, {Number: "1", Text: "never used", Href: "#"}}),
			ui.Summary([]ui.SummaryItem{{Number: "1", Text: "live"}, {Number: "1", Text: "never used"}}),
		)),
		part("Back, breadcrumb", "both", stack(
			ui.Back(ui.BackProps{Text: "API Tokens", Href: "#"}),
			ui.Crumbs(ui.CrumbsProps{Label: "Breadcrumb", Crumbs: []ui.Crumb{{Text: "Accounts", Href: "#"}, {Text: "Globex"}}}),
		)),
		widePart("Dialog page", "delete", dialogDemo()),
	}
}
