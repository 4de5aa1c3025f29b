package gallery

import "github.com/latchkey-dev/latchkey/views/ui"

func controlEntries() []Entry {
	return []Entry{
		part("Button", "tones", row(
			ui.Button(ui.ButtonProps{Text: "Primary", Tone: ui.Primary, Plain: true}),
			ui.Button(ui.ButtonProps{Text: "Secondary", Plain: true}),
			ui.Button(ui.ButtonProps{Text: "Ghost", Tone: ui.Ghost, Plain: true}),
			ui.Button(ui.ButtonProps{Text: "Danger", Tone: ui.Danger, Plain: true}),
		)),
		part("Button", "focus, disabled, icon", row(
			ui.Button(ui.ButtonProps{Text: "Focus", Tone: ui.Primary, Plain: true, Class: ui.Focused}),
			ui.Button(ui.ButtonProps{Text: "Disabled", Tone: ui.Primary, Plain: true, Disabled: true}),
			ui.Button(ui.ButtonProps{Text: "Delete API Token", Tone: ui.Danger, Icon: ui.IconTrash, Plain: true}),
			ui.IconButton(ui.IconButtonProps{Label: "Edit", Icon: ui.IconPencil}),
			ui.IconButton(ui.IconButtonProps{Label: "Disabled", Icon: ui.IconPencil, Disabled: true}),
		)),
		part("Button", "sizes", row(
			ui.Button(ui.ButtonProps{Text: "Small", Size: ui.Small, Plain: true}),
			ui.Button(ui.ButtonProps{Text: "Normal", Plain: true}),
			ui.Button(ui.ButtonProps{Text: "Large", Size: ui.Large, Plain: true}),
		)),
		part("Link button", "link, without address, icon alone", row(
			ui.LinkButton(ui.LinkButtonProps{Text: "Generate Token", Tone: ui.Primary, Icon: ui.IconPlus, Href: "#"}),
			ui.LinkButton(ui.LinkButtonProps{Text: "No address", Tone: ui.Primary, Icon: ui.IconPlus}),
			ui.IconLink(ui.IconLinkProps{Label: "Delete CI deploy pipeline", Icon: ui.IconTrash, Href: "#"}),
			ui.RowLink("Edit", "Edit Hank Scorpio", "#"),
		)),
		part("Field", "empty, focus, refused", stack(
			ui.TextField(ui.TextFieldProps{Field: ui.FieldProps{ID: "f-empty", Label: "Description", Hint: "What will use it, so that others know it in a year."}, Input: ui.InputProps{Name: "description", Placeholder: "Nightly export job"}}),
			ui.TextField(ui.TextFieldProps{Field: ui.FieldProps{ID: "f-focus", Label: "Focus"}, Input: ui.InputProps{Name: "focus", Value: "Invoice sync", Class: ui.Focused}}),
			ui.TextField(ui.TextFieldProps{Field: ui.FieldProps{ID: "f-refused", Label: "Description", Hint: "At most 200 characters.", Error: "Description is required"}, Input: ui.InputProps{Name: "refused", Required: true}}),
		)),
		part("Field", "disabled, read only, e-mail, password", stack(
			ui.TextField(ui.TextFieldProps{Field: ui.FieldProps{ID: "f-off", Label: "Key"}, Input: ui.InputProps{Name: "key", Value: "reports.read", Disabled: true}}),
			ui.TextField(ui.TextFieldProps{Field: ui.FieldProps{ID: "f-read", Label: "Account ID"}, Input: ui.InputProps{Name: "id", Value: "d3b07384", ReadOnly: true}}),
			ui.TextField(ui.TextFieldProps{Field: ui.FieldProps{ID: "f-mail", Label: "E-mail"}, Input: ui.InputProps{Name: "email", Type: "email", Autocomplete: "off", InputMode: "email", Value: "dana@acme.example", Size: ui.Large}}),
			ui.TextField(ui.TextFieldProps{Field: ui.FieldProps{ID: "f-word", Label: "Password"}, Input: ui.InputProps{Name: "password", Type: "password", Autocomplete: "new-password", Size: ui.Large}}),
		)),
		widePart("Toolbar", "search and buttons", within(ui.Toolbar(),
			ui.Search(ui.SearchProps{Action: "#", Label: "Search tokens", Placeholder: "Search description or ID"}),
			within(ui.ToolbarEnd(),
				ui.LinkButton(ui.LinkButtonProps{Text: "Import", Tone: ui.Ghost, Href: "#", Class: "max-sm:order-last"}),
				ui.LinkButton(ui.LinkButtonProps{Text: "Generate Token", Tone: ui.Primary, Icon: ui.IconPlus, Href: "#", Class: "max-sm:flex-1"})),
		)),
		widePart("Form", "beside a note", asideDemo()),
	}
}
