package console

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// Consequence is one line of what a choice would do. Text is followed by More.
type Consequence struct {
	// Good and Harm choose the line's picture; otherwise it is Icon.
	Good, Harm bool
	Icon       ui.Icon
	Text       templ.Component
	More       string
}

// refusesNone says that a change refuses none of so many live tokens.
func refusesNone(ctx context.Context, live int) Consequence {
	if live == 0 {
		return Consequence{Good: true, Text: words.Rich(ctx, "console.refuses.nothing")}
	}
	return Consequence{Good: true, Text: words.Rich(ctx, "console.refuses.none", words.Args{"Live": live})}
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
	// Error is why it can't be done, after a try, and takes the button away; empty for none.
	Error       string
	Title, Text string
	// Harm is what stops at once, or that nothing does when it is Harmless; nil for
	// nothing to say.
	Harm     templ.Component
	Harmless bool
	Facts    []ui.Fact
	Action   string
	Fields   []HiddenField
	Button   string
	Icon     ui.Icon
	// Renews says that what ends is replaced and nothing stops: the button isn't red.
	Renews bool
	// Back leads to where the person came from.
	Back, BackText string
}

// tone is the button's.
func (p ConfirmProps) tone() ui.Tone {
	if p.Renews {
		return ui.Primary
	}
	return ui.Danger
}
