package words

import (
	"bytes"
	"testing"
	"time"
)

func TestAgo_SaysItInTheLargestFittingUnit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 21, 8, 0, 0, time.UTC)
	for _, row := range []struct {
		at   string
		want string
	}{
		{"2026-11-23T21:08:30Z", "just now"},
		{"2026-11-23T21:07:56Z", "just now"},
		{"2026-11-23T21:07:48Z", "12 seconds ago"},
		{"2026-11-23T21:07:00Z", "1 minute ago"},
		{"2026-11-23T21:03:10Z", "4 minutes ago"},
		{"2026-11-23T20:08:00Z", "1 hour ago"},
		{"2026-11-23T08:00:00Z", "13 hours ago"},
		{"2026-11-22T22:00:00Z", "23 hours ago"},
		{"2026-11-22T21:08:00Z", "yesterday"},
		{"2026-11-22T00:00:00Z", "yesterday"},
		{"2026-11-21T18:00:00Z", "2 days ago"},
		{"2026-10-31T09:00:00Z", "23 days ago"},
		{"2026-10-24T09:00:00Z", "30 days ago"},
		{"2026-10-23T09:00:00Z", "4 weeks ago"},
		{"2026-10-09T09:00:00Z", "6 weeks ago"},
		{"2026-09-02T09:00:00Z", "12 weeks ago"},
		{"2026-08-28T09:00:00Z", "3 months ago"},
		{"2026-08-23T09:00:00Z", "3 months ago"},
		{"2025-11-23T09:00:00Z", "1 year ago"},
		{"2025-09-23T09:00:00Z", "14 months ago"},
		{"2023-11-23T09:00:00Z", "3 years ago"},
	} {
		if got := Ago(t.Context(), at(t, row.at), now); got != row.want {
			t.Errorf("%s: %q, want %q", row.at, got, row.want)
		}
	}
}

func TestUntil_NeverPromisesAMonthTooMany(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 21, 8, 0, 0, time.UTC)
	for _, row := range []struct {
		at   string
		want string
	}{
		{"2026-11-23T21:08:00Z", "now"},
		{"2026-11-23T21:08:30Z", "in 30 seconds"},
		{"2026-11-23T21:09:00Z", "in 1 minute"},
		{"2026-11-23T22:07:59Z", "in 1 hour"},
		{"2026-11-24T20:08:00Z", "in 23 hours"},
		{"2026-11-24T21:07:59Z", "in 1 day"},
		{"2026-11-26T14:00:00Z", "in 3 days"},
		{"2026-12-23T02:30:00Z", "in 29 days"},
		{"2026-12-23T21:08:00Z", "in 30 days"},
		{"2027-01-07T11:05:00Z", "in 6 weeks"},
		{"2027-02-17T10:20:00Z", "in 12 weeks"},
		{"2027-02-20T09:14:00Z", "in 3 months"},
		{"2027-02-21T21:08:00Z", "in 3 months"},
		{"2027-11-11T16:40:00Z", "in 11 months"},
		{"2027-11-23T21:07:00Z", "in 1 year"},
		{"2036-11-20T21:08:00Z", "in 10 years"},
	} {
		if got := Until(t.Context(), at(t, row.at), now); got != row.want {
			t.Errorf("%s: %q, want %q", row.at, got, row.want)
		}
	}
}

func TestSpan_IsTheLengthAlone(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "1\u00a0second", time.Hour: "1\u00a0hour", 12 * time.Hour: "12\u00a0hours", 90 * day: "3\u00a0months", 7 * day: "7\u00a0days",
	} {
		if got := Span(t.Context(), d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

func TestDates_AreWrittenInUTC(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	when := time.Date(2026, 11, 23, 19, 30, 0, 0, time.FixedZone("", int((5*time.Hour+30*time.Minute)/time.Second)))
	for _, row := range []struct{ got, want string }{
		{Date(ctx, when), "23 Nov 2026"},
		{DateLong(ctx, when), "23 November 2026"},
		{Instant(ctx, when), "23 Nov 2026, 14:00 UTC"},
		{InstantLong(ctx, when), "23 November 2026 at 14:00 UTC"},
		{InstantNoted(ctx, when), "23 November 2026, 14:00\u00a0UTC"},
	} {
		if row.got != row.want {
			t.Errorf("%q, want %q", row.got, row.want)
		}
	}
}

func TestNumber_HasThousandsSeparators(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1742: "1,742", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := Number(t.Context(), n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestN_TakesThePluralFormOfTheNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "in 0 days", 1: "in 1 day", 2: "in 2 days", 1200: "in 1,200 days"} {
		if got := N(t.Context(), "until.days", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestT_ShowsTheKeyWhenItCannotSpeak(t *testing.T) {
	t.Parallel()
	if got := T(t.Context(), "no.such.key"); got != "no.such.key" {
		t.Errorf("unknown key: %q", got)
	}
	if got := T(t.Context(), "ui.title"); got != "ui.title" {
		t.Errorf("missing argument: %q", got)
	}
}

func TestRich_ReadsTheMessagesMarksAndNotTheArguments(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, arg, want string }{
		{"**A&B** is {{.X}}", "a <b>", "<b>A&amp;B</b> is a &lt;b&gt;"},
		{"**{{.X}}** ends", "**x** [y](/z)", "<b>**x** [y](/z)</b> ends"},
		{"an [API token]({{.X}}).", "/a?b=1&c=2", `an <a class="link" href="/a?b=1&amp;c=2">API token</a>.`},
		{"an [API token]({{.X}}).", "javascript:alert(1)", "an [API token](javascript:alert(1))."},
		{"an [API token]({{.X}}).", "javascript:alert", `an <a class="link" href="about:invalid#TemplFailedSanitizationURL">API token</a>.`},
	} {
		text := bytes.ReplaceAll([]byte(row.text), []byte("{{.X}}"), []byte(hide.Replace(row.arg)))
		var out bytes.Buffer
		if err := rich(string(text)).Render(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != row.want {
			t.Errorf("%q with %q:\n got %s\nwant %s", row.text, row.arg, got, row.want)
		}
	}
}

func TestWith_SpeaksTheLanguageOfTheContext(t *testing.T) {
	t.Parallel()
	l, err := New("de", "en-GB")
	if err != nil {
		t.Fatal(err)
	}
	if got := T(With(t.Context(), l), "ui.signOut"); got != "Sign out" {
		t.Errorf("%q", got)
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
