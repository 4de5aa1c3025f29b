package views

import (
	"context"
	"strconv"
	"time"

	"github.com/latchkey-dev/latchkey/views/words"
)

// HoursValue is one of the times that a form about a rotation offers, as it is sent:
// whole hours.
func HoursValue(d time.Duration) string { return strconv.Itoa(int(d / time.Hour)) }

// DefaultOverlap is what is chosen beforehand.
func DefaultOverlap() string { return HoursValue(24 * time.Hour) }

// OverlapTitle says a time in the unit that it is offered in.
func OverlapTitle(ctx context.Context, overlap time.Duration) string {
	if overlap == 0 {
		return words.T(ctx, "rotate.now")
	}
	if days := int(overlap / (24 * time.Hour)); days > 1 {
		return words.N(ctx, "rotate.days", days)
	}
	return words.N(ctx, "rotate.hours", int(overlap/time.Hour))
}
