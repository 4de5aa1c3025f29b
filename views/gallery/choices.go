package gallery

import "github.com/latchkey-dev/latchkey/views/ui"

func choiceEntries() []Entry {
	roles := []ui.CheckRow{
		{Value: "1", Title: "Admin", Text: "Everything in this account, users and tokens included"},
		{Value: "2", Title: "Billing reader", Codes: []string{"invoices.read"}, Checked: true},
		{Value: "3", Title: "Reports writer", Codes: []string{"reports.read", "reports.write"}, Checked: true},
		{Value: "4", Title: "Payout manager", Codes: []string{"payouts.write"}, Reason: "You don’t hold this role. An admin who does can give it."},
	}
	days := []ui.RadioCard{
		{Value: "never", Title: "Never", Text: "Works until it is deleted"},
		{Value: "30", Title: "After 30 days", Text: "Ends 23 December 2026, 21:08\u00a0UTC"},
		{Value: "90", Title: "After 90 days", Text: "Ends 21 February 2027, 21:08\u00a0UTC", Checked: true},
	}
	return []Entry{
		part("Check box, switch", "on, off, disabled", row(
			checkBox("On", true, false), checkBox("Off", false, false), checkBox("Disabled", false, true),
			within(labelled("On"), ui.Switch(ui.SwitchProps{ID: "s-on", Name: "s-on", Value: "on", Checked: true})),
			within(labelled("Off"), ui.Switch(ui.SwitchProps{ID: "s-off", Name: "s-off", Value: "on"})),
			within(labelled("Disabled"), ui.Switch(ui.SwitchProps{ID: "s-dis", Name: "s-dis", Value: "on", Disabled: true})),
		)),
		part("Switch", "with its words and figures", switchDemo()),
		part("Check list", "chosen, not grantable", ui.CheckList(ui.CheckListProps{ID: "roles", Name: "roles", Legend: "Roles", Hint: "At least one. You can give only what you may do yourself.", Rows: roles})),
		part("Check list", "refused", ui.CheckList(ui.CheckListProps{ID: "roles-refused", Name: "roles", Legend: "Roles", Error: "Choose at least one role", Rows: roles[:1]})),
		widePart("Radio group", "three columns", ui.RadioGroup(ui.RadioGroupProps{ID: "expires", Name: "expires", Legend: "This token will expire", Cards: days})),
		widePart("Radio group", "hint and refused", ui.RadioGroup(ui.RadioGroupProps{ID: "expires-refused", Name: "expires-refused", Legend: "This token will expire", Hint: "Fixed at creation.", Error: "Choose when it will expire", Cards: []ui.RadioCard{
			{Value: "never", Title: "Never", Text: "Works until it is deleted"}, {Value: "1", Title: "After 1 day", Text: "Not offered here", Disabled: true},
		}})),
		widePart("Radio group", "a policy forbids some", ui.RadioGroup(ui.RadioGroupProps{ID: "expires-policy", Name: "expires-policy", Legend: "This token will expire", Cards: []ui.RadioCard{
			{Value: "never", Title: "Never", Text: "Works until it is deleted", Reason: "Acme allows 90 days at most"},
			{Value: "90", Title: "After 90 days", Text: "Ends 21 February 2027, 21:08\u00a0UTC", Checked: true},
			{Value: "365", Title: "After 365 days", Text: "Ends 23 November 2027, 21:08\u00a0UTC", Reason: "Acme allows 90 days at most"},
		}})),
		widePart("Kind card", "in force, chosen", kindDemo()),
		widePart("Panel", "head, section, foot", panelDemo()),
	}
}
