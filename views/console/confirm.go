package console

import (
	"strconv"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
)

// Consequence is one line of what a choice would do. Text is followed by More.
type Consequence struct {
	// Good and Harm choose the line's picture; otherwise it is Icon.
	Good, Harm bool
	Icon       ui.Icon
	Text       templ.Component
	More       string
}

// HiddenField is sent along with a confirmation.
type HiddenField struct{ Name, Value string }

// confirmField tells that the consequences have been seen; its value is the
// number of live tokens that the page named.
const confirmField = "confirm"

func confirmed(live int) HiddenField { return HiddenField{confirmField, strconv.Itoa(live)} }

// ConfirmProps is a page that names a thing and asks before something of it ends.
type ConfirmProps struct {
	Layout views.LayoutProps
	// Error is why it can't be done, after a try; empty for none.
	Error       string
	Title, Text string
	// Harm is what stops at once; nil when nothing does.
	Harm   templ.Component
	Facts  []ui.Fact
	Action string
	Fields []HiddenField
	Button string
	Icon   ui.Icon
	// Back leads to where the person came from.
	Back, BackText string
}
