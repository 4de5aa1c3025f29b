package gallery

import (
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/views/ui"
)

// tokenEntries are the parts of one token's page and of work on many.
func tokenEntries() []Entry {
	return []Entry{
		part("Events", "what happened to a token", within(ui.Events(),
			within(event(ui.EventProps{Icon: ui.IconRotate, Note: "4 minutes ago", Address: "203.0.113.9"}, 0), bold("Dana Levi"), text(" rotated the secret. The old one works for 24 hours.")),
			event(ui.EventProps{Icon: ui.IconCircleX, Harm: true, Text: "A call was refused: its address is not allowed.", Note: "2 hours ago", Address: "2001:db8:4f::1c"}, -2*time.Hour),
			event(ui.EventProps{Icon: ui.IconPower, Text: "The vendor enabled it.", Note: "yesterday"}, -26*time.Hour),
			within(event(ui.EventProps{Icon: ui.IconPlus, Note: "3 days ago", Address: "203.0.113.9"}, -71*time.Hour), bold("Dana Levi"), text(" created it.")),
		)),
		part("Secret cards", "during a rotation", secretCards()),
		widePart("Table", "uses of a token", within(ui.Panel(""), usesTable())),
		part("Progress", "running, done, stopped", stack(
			ui.Progress(ui.ProgressProps{Label: "Deleting tokens", Value: 1200, Max: 4000, Text: "1,200 of 4,000 deleted", Note: "about 2 minutes left"}),
			ui.Progress(ui.ProgressProps{Label: "Deleted tokens", Value: 4000, Max: 4000, State: ui.ProgressDone, Text: "4,000 of 4,000 deleted"}),
			ui.Progress(ui.ProgressProps{Label: "Disabling tokens", Value: 1850, Max: 4000, State: ui.ProgressStopped, Text: "Stopped after 1,850 of 4,000", Note: "the others are as they were"}),
		)),
	}
}

func event(p ui.EventProps, since time.Duration) templ.Component {
	when := at().Add(since)
	p.At = ui.TimeProps{Text: when.Format("2 January 2006, 15:04 UTC"), At: when}
	return ui.Event(p)
}

func secretCards() templ.Component {
	card := func(title, hint, used, from string, badge ui.BadgeProps, act string) templ.Component {
		return within(ui.SecretCard(ui.SecretCardProps{Title: title, Hint: hint, Badge: badge, Facts: []ui.Fact{
			{Term: "Last used", Text: used, Note: from},
			{Term: "Works until", Text: "24 November 2026, 21:08 UTC"},
		}}), ui.Button(ui.ButtonProps{Text: act, Plain: true}))
	}
	return within(ui.SecretCards(),
		card("New secret", "lk_cs_…w2Xa", "Never used", "", ui.BadgeProps{Text: "Current", Tone: ui.BadgeOK}, "Cancel rotation"),
		card("Old secret", "lk_cs_…9f3K", "4 minutes ago", "203.0.113.9", ui.BadgeProps{Text: "ends in 23 hours", Tone: ui.BadgeWarn}, "End it now"),
	)
}

// usesTable is who calls with a token: from where, with what, by which secret.
func usesTable() templ.Component {
	use := func(address, agent, ago, hint, which string) templ.Component {
		return within(ui.Row(false),
			within(ui.Cell(ui.CellProps{Area: ui.AreaMain, Note: agent, Machine: true}), ui.RowMachine(address)),
			within(ui.Cell(ui.CellProps{Label: "Last used", Keep: true, Text: ago}), within(ui.CellNote(), ui.Time(ui.TimeProps{Text: "23 Nov 2026, 21:04 UTC", At: at()}))),
			within(ui.Cell(ui.CellProps{Label: "Secret", Keep: true, Text: which, Note: hint, Machine: true})),
		)
	}
	cols := []ui.Col{{Text: "Address"}, {Text: "Last used"}, {Text: "Secret"}}
	return within(ui.Table(ui.TableProps{Caption: "The latest uses of CI deploy pipeline", Cols: cols}),
		use("203.0.113.9", "curl/8.14.1", "4 minutes ago", "lk_cs_…9f3K", "Old"),
		use("2001:db8:4f::1c", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "2 hours ago", "lk_cs_…w2Xa", "Current"),
		use("198.51.100.24", "reports-exporter/1.7 (+https://reports.acme.example)", "3 days ago", "lk_cs_…9f3K", "Old"),
	)
}
