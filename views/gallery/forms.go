package gallery

import (
	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/views/ui"
)

func formEntries() []Entry {
	return []Entry{
		part("Text area", "empty, machine text", stack(
			ui.TextareaField(ui.TextareaFieldProps{Field: ui.FieldProps{ID: "t-note", Label: "Note", Hint: "For those who come after you."}, Textarea: ui.TextareaProps{Name: "note", Placeholder: "Runs every night at two"}}),
			ui.TextareaField(ui.TextareaFieldProps{Field: ui.FieldProps{ID: "t-from", Label: "Allowed addresses", Hint: "One address or range a line. Empty: from anywhere."}, Textarea: ui.TextareaProps{Name: "addresses", Machine: true, Value: "203.0.113.0/24\n2001:db8:4f::/48"}}),
		)),
		part("Text area", "refused, disabled", stack(
			ui.TextareaField(ui.TextareaFieldProps{Field: ui.FieldProps{ID: "t-meta", Label: "Metadata", Hint: "A JSON object of at most 4 KB.", Error: "Line 2: a comma is missing after “payments”"}, Textarea: ui.TextareaProps{Name: "metadata", Machine: true, Value: "{\n  \"team\": \"payments\"\n  \"tier\": 2\n}"}}),
			ui.TextareaField(ui.TextareaFieldProps{Field: ui.FieldProps{ID: "t-off", Label: "Note"}, Textarea: ui.TextareaProps{Name: "off", Value: "Only its creator edits this.", Disabled: true}}),
		)),
		part("Select", "alone, in a field, refused, disabled", stack(
			ui.Select(ui.SelectProps{Name: "sort", Label: "Sort", Options: []ui.Option{{Value: "new", Text: "Newest first", Selected: true}, {Value: "old", Text: "Oldest first"}}}),
			ui.SelectField(ui.SelectFieldProps{Field: ui.FieldProps{ID: "f-contact", Label: "Contact", Hint: "Whom to ask about this token."}, Select: contacts(false)}),
			ui.SelectField(ui.SelectFieldProps{Field: ui.FieldProps{ID: "f-gone", Label: "Contact", Error: "Lena Fischer has left Acme"}, Select: contacts(false)}),
			ui.SelectField(ui.SelectFieldProps{Field: ui.FieldProps{ID: "f-fixed", Label: "Contact"}, Select: contacts(true)}),
		)),
		part("Field", "date, number to confirm", stack(
			ui.TextField(ui.TextFieldProps{Field: ui.FieldProps{ID: "f-date", Label: "In force from", Hint: "From the start of this day, UTC."}, Input: ui.InputProps{Name: "from", Type: "date", Value: "2026-12-01", Min: "2026-11-24"}}),
			ui.ConfirmNumber(ui.ConfirmNumberProps{Field: ui.FieldProps{ID: "f-number", Label: "Type 214 to confirm", Hint: "That many tokens will be deleted."}, Name: "number"}),
			ui.ConfirmNumber(ui.ConfirmNumberProps{Field: ui.FieldProps{ID: "f-other", Label: "Type 214 to confirm", Error: "That is another number"}, Name: "other", Value: "241"}),
		)),
		part("Disclosure", "closed, open", stack(
			within(ui.Disclosure(ui.DisclosureProps{Title: "More options", Text: "Allowed addresses, contact, metadata"}), moreOptions("closed")...),
			within(ui.Disclosure(ui.DisclosureProps{Title: "More options", Text: "Allowed addresses, contact, metadata", Open: true}), moreOptions("open")...),
		)),
	}
}

func contacts(disabled bool) ui.SelectProps {
	return ui.SelectProps{Name: "contact", Disabled: disabled, Options: []ui.Option{{Text: "Nobody"}, {Value: "1", Text: "Dana Levi"}, {Value: "2", Text: "Priya Nair", Selected: true}}}
}

func moreOptions(id string) []templ.Component {
	return []templ.Component{
		ui.TextareaField(ui.TextareaFieldProps{Field: ui.FieldProps{ID: id + "-from", Label: "Allowed addresses", Hint: "One address or range a line. Empty: from anywhere."}, Textarea: ui.TextareaProps{Name: "addresses", Machine: true}}),
		ui.SelectField(ui.SelectFieldProps{Field: ui.FieldProps{ID: id + "-contact", Label: "Contact"}, Select: contacts(false)}),
	}
}
