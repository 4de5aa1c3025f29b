package gallery

import "github.com/latchkey-dev/latchkey/views/ui"

func noteEntries() []Entry {
	return []Entry{
		part("Badge", "expiry and state", row(
			ui.Badge(ui.BadgeProps{Text: "Never", Tone: ui.BadgeNone}),
			ui.Badge(ui.BadgeProps{Text: "in 29 days", Tone: ui.BadgeWarn}),
			ui.Badge(ui.BadgeProps{Text: "in 3 days", Tone: ui.BadgeBad}),
			ui.Badge(ui.BadgeProps{Text: "Expired 2 days ago", Tone: ui.BadgeOver}),
			ui.Badge(ui.BadgeProps{Text: "Active", Tone: ui.BadgeOK}),
			ui.Badge(ui.BadgeProps{Text: "Link sent", Tone: ui.BadgeWarn, Icon: ui.IconChain}),
		)),
		part("Icon heading", "a card’s title", ui.IconHeading(ui.IconKey, "You will get client credentials")),
		part("Chips, avatar", "roles, initials", row(
			ui.Chips([]string{"Admin", "Reports reader"}),
			ui.Avatar("DL"),
		)),
		part("Banner", "tones", stack(
			ui.Banner(ui.BannerProps{Text: "Times are UTC and come from the server."}),
			ui.Banner(ui.BannerProps{Tone: ui.Warn, Text: "1 token ends within 7 days.", ActionText: "Show", ActionHref: "#"}),
			ui.Banner(ui.BannerProps{Tone: ui.Harm, Text: "Refused: M2M authentication is off. Ask your vendor to switch it on."}),
			ui.Banner(ui.BannerProps{Tone: ui.Done, Text: "CI deploy pipeline was deleted. Calls with it are refused.", Status: true}),
		)),
		part("Notes", "plain, good, bad", within(ui.Notes(""),
			within(ui.Note(ui.IconArrowRight), text("New tokens will be client credentials in 36 accounts.")),
			within(ui.NoteGood(), text("0 of 1,742 live tokens are refused.")),
			within(ui.NoteBad(), text("42 live tokens are refused, 17 of them used in the last 24 hours.")),
		)),
		part("Copy field", "id and secret", stack(
			ui.CopyField(ui.CopyFieldProps{ID: "cid", Label: "Client ID", Value: "a41f7c08-93be-4d26-8e5a-c07b16d9f2e3", Public: true, CopyText: "Copy", CopyLabel: "Copy Client ID"}),
			ui.CopyField(ui.CopyFieldProps{ID: "sec", Label: "Secret Key", Value: "lk_cs_EXAMPLExEXAMPLExEXAMPLExEXAMPLExEXAMPLExEX", CopyText: "Copy", CopyLabel: "Copy Secret Key"}),
		)),
		part("Code block", "with copy", ui.CodeBlock(ui.CodeBlockProps{ID: "try", Caption: "curl: ask who it is", CopyText: "Copy", CopyLabel: "Copy the curl command", Code: []ui.Span{
			{Text: "# Sent as it is\n", Tone: ui.Dim},
			{Text: "curl https://portal.vendor.example/v1/whoami \\\n  -H 'X-API-KEY: $LATCHKEY_TOKEN'"},
		}})),
		part("Code block", "without copy", ui.CodeBlock(ui.CodeBlockProps{ID: "answer", Caption: "Answer", Code: []ui.Span{{Text: "{\n  \"kind\": \"AccessToken\"\n}"}}})),
		part("Menu", "open", openMenu()),
		part("Menu", "accounts", accountPop()),
		part("Keyboard", "list of keys", keyList()),
		part("Facts", "in a card and in an aside", stack(
			ui.Facts(ui.FactsProps{Facts: []ui.Fact{
				{Term: "Client ID", Text: "7f3c9b2e-4a1d-4c56-9e8f-2b7d10c4a6e1", Machine: true},
				{Term: "Roles", Value: ui.Chips([]string{"Billing reader", "Reports writer"})},
			}}),
			ui.Facts(ui.FactsProps{Narrow: true, Facts: []ui.Fact{
				{Term: "Type", Text: "Client credentials"}, {Term: "Expires in", Text: "3 months", Note: "21 February 2027, 21:08 UTC"},
			}}),
		)),
		part("Stats", "two", ui.Stats([]ui.StatProps{{Number: "1,742", Text: "live tokens"}, {Number: "613", Text: "used in 24 hours"}})),
	}
}
