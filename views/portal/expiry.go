package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// ExpiryProps says when a token ends: in words, with a shape and a colour, and exactly.
// The last days are marked, as far ahead as lists tell of them, and the last week in red.
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
	case left <= models.EndingWithin:
		e.Tone = ui.BadgeBad
	case left <= models.ExpiringWithin:
		e.Tone = ui.BadgeWarn
	}
	return e
}

// urgent tells whether a token ends within a week, but has not yet.
func urgent(t models.Token, now time.Time) bool {
	return !t.Expired(now) && t.ExpiresAt.Sub(now) <= models.EndingWithin
}

// underPolicies is the token with the end that the policies set where it is sooner, and
// whose policy sets it, empty for its own end. One that a policy refuses already keeps
// its own: policyMark says the rest.
func underPolicies(p models.Policies, t models.Token, now time.Time) (models.Token, models.Level) {
	end, by := p.End(t, now)
	if !now.Before(end) {
		return t, ""
	}
	t.ExpiresAt = end
	return t, by
}

// expiryUnder is Expiry with what the policies make of the token's end. The note says the
// day and that it is a policy's: the token's page has the time.
func expiryUnder(ctx context.Context, p models.Policies, t models.Token, now time.Time) ExpiryProps {
	t, by := underPolicies(p, t, now)
	e := Expiry(ctx, t, now)
	if by != "" {
		e.Exact.Text = words.T(ctx, "tokens.policy.ends", words.Args{"When": words.Date(ctx, t.ExpiresAt)})
	}
	return e
}

// policyMark says whose policy refuses a token, empty for none.
func policyMark(ctx context.Context, p models.Policies, account string, t models.Token, now time.Time) string {
	by, refused := p.Refuses(t, now)
	if !refused {
		return ""
	}
	return words.T(ctx, "tokens.policy.mark", words.Args{"By": levelName(ctx, by, account)})
}

// levelName is whose a policy is, within a sentence.
func levelName(ctx context.Context, by models.Level, account string) string {
	if by == models.AccountLevel {
		return account
	}
	return words.T(ctx, "tokens.policy.vendor")
}
