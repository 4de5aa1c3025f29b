package portal

import (
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
)

var now = time.Date(2026, 11, 23, 21, 8, 0, 0, time.UTC)

const day = 24 * time.Hour

func TestExpiry_ToneFollowsTheDaysThatAreLeft(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  time.Time
		text string
		tone ui.BadgeTone
	}{
		{"never", models.NeverExpires, "Never", ui.BadgeNone},
		{"a year", now.Add(365 * day), "in 1 year", ""},
		{"a moment beyond 30 days", now.Add(30*day + time.Microsecond), "in 30 days", ""},
		{"30 days", now.Add(30 * day), "in 30 days", ui.BadgeWarn},
		{"a moment beyond 7 days", now.Add(7*day + time.Microsecond), "in 7 days", ui.BadgeWarn},
		{"7 days", now.Add(7 * day), "in 7 days", ui.BadgeBad},
		{"a minute", now.Add(time.Minute), "in 1 minute", ui.BadgeBad},
		{"a moment", now.Add(time.Microsecond), "in 1 second", ui.BadgeBad},
		{"exactly now", now, "Expired just now", ui.BadgeOver},
		{"two days ago", now.Add(-51 * time.Hour), "Expired 2 days ago", ui.BadgeOver},
	} {
		e := Expiry(t.Context(), models.Token{ExpiresAt: row.end}, now)
		if e.Text != row.text || e.Tone != row.tone {
			t.Errorf("%s: %q %q, want %q %q", row.name, e.Text, e.Tone, row.text, row.tone)
		}
		if never := row.end.Equal(models.NeverExpires); never != (e.Note != "") || never == (e.Exact.Text != "") {
			t.Errorf("%s: %+v", row.name, e)
		}
	}
}

func TestGenerate_SixChoicesWithTheirDates(t *testing.T) {
	t.Parallel()
	p := Generate(t.Context(), GenerateInput{Context: models.API, Account: "Acme", M2MOn: true, Now: now, Form: TokenForm{Expires: DefaultLife()}})
	want := []ui.RadioCard{
		{Value: "never", Title: "Never", Text: "Works until it is deleted"},
		{Value: "1", Title: "After 1 day", Text: "Ends 24 November 2026, 21:08\u00a0UTC"},
		{Value: "7", Title: "After 7 days", Text: "Ends 30 November 2026, 21:08\u00a0UTC"},
		{Value: "30", Title: "After 30 days", Text: "Ends 23 December 2026, 21:08\u00a0UTC"},
		{Value: "90", Title: "After 90 days", Text: "Ends 21 February 2027, 21:08\u00a0UTC", Checked: true},
		{Value: "365", Title: "After 365 days", Text: "Ends 23 November 2027, 21:08\u00a0UTC"},
	}
	for i, card := range p.Expires.Cards {
		if i >= len(want) || card != want[i] {
			t.Errorf("card %d: %+v", i, card)
		}
	}
	if len(p.Expires.Cards) != len(want) {
		t.Errorf("%d cards", len(p.Expires.Cards))
	}
}

func TestGenerate_RoleThatCannotBeGivenIsNeverChecked(t *testing.T) {
	t.Parallel()
	p := Generate(t.Context(), GenerateInput{
		Context: models.API, Account: "Acme", M2MOn: true, Now: now,
		Roles: []RoleChoice{{Role: models.Role{ID: "a"}, Grantable: true}, {Role: models.Role{ID: "b"}}},
		Form:  TokenForm{RoleIDs: []string{"a", "b"}},
	})
	if !p.Roles.Rows[0].Checked || p.Roles.Rows[0].Reason != "" || p.Roles.Rows[1].Checked || p.Roles.Rows[1].Reason == "" {
		t.Errorf("%+v", p.Roles.Rows)
	}
}

func TestErrors_StandBesideTheirFieldAndInTheSummary(t *testing.T) {
	t.Parallel()
	labels := map[string]string{FieldDescription: "Description", FieldRoles: "Roles"}
	for _, row := range []struct {
		problem         models.Problem
		beside, summary string
		id              string
	}{
		{models.Problem{Field: "description", Key: "required"}, "Description is required", "Description is required", "description"},
		{models.Problem{Field: "description", Key: "too_long", Args: map[string]any{"max": 200}}, "Use at most 200 characters", "Description: Use at most 200 characters", "description"},
		{models.Problem{Field: "roles", Key: "required"}, "At least one role is required", "At least one role is required", "roles"},
		{models.Problem{Field: "elsewhere", Key: "required"}, "", "This is required", ""},
		{models.Problem{Key: "m2m_off"}, "", "M2M authentication is off", ""},
	} {
		e := errorsIn(t.Context(), []models.Problem{row.problem}, labels)
		if got := e.beside[row.problem.Field]; got != row.beside {
			t.Errorf("%+v: beside %q", row.problem, got)
		}
		if got := e.summary.Errors[0]; got.Text != row.summary || got.ID != row.id {
			t.Errorf("%+v: summary %+v", row.problem, got)
		}
		if e.summary.Title != "One thing needs your attention" {
			t.Errorf("title %q", e.summary.Title)
		}
	}
}

func TestDelete_SaysWhatStops(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*DeleteInput)
		tone   ui.BannerTone
		want   string
	}{
		"in use":         {func(in *DeleteInput) {}, ui.Harm, "<b>In use: last used 4 minutes ago</b> from 203.0.113.9. Whatever runs there will stop."},
		"in use, hidden": {func(in *DeleteInput) { in.Token.LastUsedIP = "" }, ui.Harm, "<b>In use: last used 4 minutes ago.</b> Whatever uses it will stop."},
		"30 days ago":    {func(in *DeleteInput) { in.Token.LastUsedAt = now.Add(-30 * day) }, ui.Harm, "<b>In use: last used 30 days ago</b> from 203.0.113.9. Whatever runs there will stop."},
		"long ago":       {func(in *DeleteInput) { in.Token.LastUsedAt = now.Add(-40 * day) }, ui.Warn, "<b>Last used 6 weeks ago</b> from 203.0.113.9. Whatever still has it will be refused."},
		"long ago, hidden": {func(in *DeleteInput) { in.Token.LastUsedAt, in.Token.LastUsedIP = now.Add(-40*day), "" }, ui.Warn,
			"<b>Last used 6 weeks ago.</b> Whatever still has it will be refused."},
		"never":   {func(in *DeleteInput) { in.Token.LastUsedAt = models.NeverUsed }, ui.Info, "<b>Never used.</b> Nothing is known to depend on it."},
		"expired": {func(in *DeleteInput) { in.Token.ExpiresAt = now }, ui.Info, "<b>It expired just now</b> and is refused already."},
		"off":     {func(in *DeleteInput) { in.M2MOn = false }, ui.Info, "<b>M2M authentication is off</b>, so it is refused already."},
	} {
		token := rows(30 * day).Rows[0]
		token.LastUsedAt, token.LastUsedIP = now.Add(-4*time.Minute), "203.0.113.9"
		in := DeleteInput{M2MOn: true, Token: token, Now: now}
		row.change(&in)
		uses := Delete(t.Context(), in).Uses
		var b strings.Builder
		if err := uses.Rich.Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if b.String() != row.want || uses.Banner.Tone != row.tone {
			t.Errorf("%s: %q %q", name, uses.Banner.Tone, b.String())
		}
	}
}

func TestError_EveryKeyOfThePlumbingHasItsWords(t *testing.T) {
	t.Parallel()
	for key, status := range map[string]int{
		"not_found": 404, "conflict": 409, "forbidden": 403, "signed_out": 403, "limited": 429, "busy": 503, "unavailable": 503,
		"internal": 500, "method": 405, "too_large": 413, "csrf": 403, "cross_origin": 403, "bad_form": 400, "bad_characters": 400,
		"too_many_fields": 400, "repeated_field": 400, "invalid": 422,
	} {
		p := Error(t.Context(), ErrorInput{Status: status, Key: key, RequestID: "4f1d", RetryAfter: time.Second})
		other := Error(t.Context(), ErrorInput{Status: status, Key: "a key of tomorrow"})
		if key != "internal" && key != "invalid" && p.Title == other.Title {
			t.Errorf("%s has no words of its own: %q", key, p.Title)
		}
		if (p.RequestID != "") != (status >= 500) {
			t.Errorf("%s, %d: request id %q", key, status, p.RequestID)
		}
	}
}
