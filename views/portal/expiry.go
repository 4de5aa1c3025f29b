package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// The last days of a token are marked, the last week in red.
const (
	soonWithin   = 30 * 24 * time.Hour
	urgentWithin = 7 * 24 * time.Hour
)

// ExpiryProps says when a token ends: in words, with a shape and a colour, and exactly.
type ExpiryProps struct {
	Text string
	// Tone is empty for an end that is far away.
	Tone ui.BadgeTone
	// Note stands beneath a token without an end, Exact beneath all others.
	Note  string
	Exact ui.TimeProps
}

// Expiry describes the end of a token as it is seen at now. A token that ends at now has
// expired.
func Expiry(ctx context.Context, t models.Token, now time.Time) ExpiryProps {
	if t.Never() {
		return ExpiryProps{Text: words.T(ctx, "tokens.never"), Tone: ui.BadgeNone, Note: words.T(ctx, "tokens.never.note")}
	}
	e := ExpiryProps{Exact: ui.TimeProps{Text: words.Instant(ctx, t.ExpiresAt), At: t.ExpiresAt}}
	if t.Expired(now) {
		e.Text = words.T(ctx, "tokens.expired", words.Args{"Ago": words.Ago(ctx, t.ExpiresAt, now)})
		e.Tone = ui.BadgeOver
		return e
	}
	e.Text = words.Until(ctx, t.ExpiresAt, now)
	switch left := t.ExpiresAt.Sub(now); {
	case left <= urgentWithin:
		e.Tone = ui.BadgeBad
	case left <= soonWithin:
		e.Tone = ui.BadgeWarn
	}
	return e
}

// urgent tells whether a token ends within a week, but has not yet.
func urgent(t models.Token, now time.Time) bool {
	return !t.Expired(now) && t.ExpiresAt.Sub(now) <= urgentWithin
}
