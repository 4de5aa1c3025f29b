package words

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Date is the day in lists: 22 Nov 2026. Like all formats here it is in UTC.
func Date(ctx context.Context, t time.Time) string { return format(ctx, "date.short", t) }

// DateLong is the day in sentences: 23 November 2026.
func DateLong(ctx context.Context, t time.Time) string { return format(ctx, "date.long", t) }

// Instant is the minute in lists: 23 Nov 2026, 14:00 UTC.
func Instant(ctx context.Context, t time.Time) string { return format(ctx, "instant.short", t) }

// InstantLong is the minute in sentences: 23 November 2026 at 14:00 UTC.
func InstantLong(ctx context.Context, t time.Time) string { return format(ctx, "instant.long", t) }

// InstantNoted is the minute under a choice or beside a figure: 23 November 2026,
// 14:00 UTC, the last two held together by a no-break space.
func InstantNoted(ctx context.Context, t time.Time) string { return format(ctx, "instant.noted", t) }

func format(ctx context.Context, key string, t time.Time) string {
	t = t.UTC()
	month := strconv.Itoa(int(t.Month()))
	return T(ctx, key, Args{
		"Day":   strconv.Itoa(t.Day()),
		"Mon":   T(ctx, "month.short."+month),
		"Month": T(ctx, "month.long."+month),
		"Year":  strconv.Itoa(t.Year()),
		"Time":  t.Format("15:04"),
	})
}

// Ago says how long ago t was: "4 minutes ago", "yesterday", "3 months ago". Up to a
// day it counts whole units; days are those of the calendar. A time within five
// seconds of now, or after it, is "just now": clocks differ a little.
func Ago(ctx context.Context, t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	d := now.Sub(t)
	switch {
	case d < 5*time.Second:
		return T(ctx, "ago.now")
	case d < time.Minute:
		return N(ctx, "ago.seconds", int(d/time.Second))
	case d < time.Hour:
		return N(ctx, "ago.minutes", int(d/time.Minute))
	case d < day:
		return N(ctx, "ago.hours", int(d/time.Hour))
	}
	days := int(midnight(now).Sub(midnight(t)) / day)
	if days == 1 {
		return T(ctx, "ago.yesterday")
	}
	n, unit := long(days)
	return N(ctx, "ago."+unit, n)
}

// Until says how long it is to t: "in 3 days", "in 12 weeks", "in 11 months". Units up
// to weeks are rounded to the nearest, months and years down. A time that is not after
// now is "now"; whoever shows an end in the past says so in its own words.
func Until(ctx context.Context, t, now time.Time) string {
	n, unit := span(t.Sub(now))
	return N(ctx, "until."+unit, n)
}

// Span is the same length without "in": "3 days", "12 weeks". At least one second.
func Span(ctx context.Context, d time.Duration) string {
	n, unit := span(max(d, time.Second))
	return N(ctx, "span."+unit, n)
}

func span(d time.Duration) (int, string) {
	if d <= 0 {
		return 0, "now"
	}
	for _, u := range []struct {
		unit  time.Duration
		below int
		name  string
	}{{time.Second, 60, "seconds"}, {time.Minute, 60, "minutes"}, {time.Hour, 24, "hours"}} {
		if n := round(d, u.unit); n < u.below {
			return max(n, 1), u.name
		}
	}
	return long(max(round(d, day), 1))
}

const day = 24 * time.Hour

// long is a number of days in the largest fitting unit: days to 30, weeks to 12, then
// months and years of 365/12 days. Those are rounded down, since a promise of time
// should not be too long, but up to three days short of a whole one count as whole:
// a token that was just made for a year has a year.
func long(days int) (int, string) {
	if days <= 30 {
		return days, "days"
	}
	if days < 87 {
		return (days + 3) / 7, "weeks"
	}
	months := max(int(float64(days+3)*12/365), 3)
	if months == 12 || months >= 24 {
		return months / 12, "years"
	}
	return months, "months"
}

func round(d, unit time.Duration) int { return int((d + unit/2) / unit) }

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Number writes n with thousands separators: 1,742.
func Number(ctx context.Context, n int) string {
	return T(ctx, "number", Args{"N": n})
}

// group puts separator between each three digits, counted from the end.
func group(n int, separator string) string {
	digits := strconv.Itoa(n)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, parts...), separator)
}
