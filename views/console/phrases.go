package console

import (
	"cmp"
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// Exceptions are the accounts that don't follow one of the environment's
// settings.
type Exceptions struct {
	// Inheriting counts those that do.
	Inheriting int
	// Own counts those that don't; Names are the first of them.
	Own   int
	Names []string
}

// Names says a list as people do: "Globex, Initech and 4 more". total counts
// all of which names are the first.
func Names(ctx context.Context, names []string, total int) string {
	parts := append([]string{}, names...)
	if more := total - len(names); more > 0 {
		parts = append(parts, words.N(ctx, "console.names.more", more))
	}
	if len(parts) == 0 {
		return ""
	}
	text := parts[0]
	for i, part := range parts[1:] {
		key := "console.names.next"
		if i == len(parts)-2 {
			key = "console.names.last"
		}
		text = words.T(ctx, key, words.Args{"Head": text, "Name": part})
	}
	return text
}

// titled is the frame of a page with its title.
func titled(layout views.LayoutProps, title string) views.LayoutProps {
	layout.Title = title
	return layout
}

// kindName is what people call tokens of a kind, within a sentence.
func kindName(ctx context.Context, kind models.Kind) string {
	if kind == models.AccessToken {
		return words.T(ctx, "console.kind.accessTokens")
	}
	return words.T(ctx, "console.kind.clientCredentials")
}

// kindTitle is the same as the name of a choice.
func kindTitle(ctx context.Context, kind models.Kind) string {
	if kind == models.AccessToken {
		return words.T(ctx, "console.kind.accessTokens.title")
	}
	return words.T(ctx, "console.kind.clientCredentials.title")
}

// roleNames are what the roles are called.
func roleNames(roles []models.Role) []string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.Name
	}
	return names
}

// accountBadge says whether an account is let in.
func accountBadge(ctx context.Context, t models.Tenant) ui.BadgeProps {
	if t.Disabled() {
		return ui.BadgeProps{Text: words.T(ctx, "console.status.disabled"), Tone: ui.BadgeOver}
	}
	return ui.BadgeProps{Text: words.T(ctx, "console.status.active"), Tone: ui.BadgeOK}
}

// linkOpen tells whether the person can still use their password link.
func linkOpen(m models.Member, now time.Time) bool {
	return m.LinkExpiresAt != nil && m.LinkExpiresAt.After(now)
}

// memberBadge says whether a person is let into an account, and if not, why.
func memberBadge(ctx context.Context, m models.Member, now time.Time) ui.BadgeProps {
	switch {
	case m.User.Disabled():
		return ui.BadgeProps{Text: words.T(ctx, "console.status.disabledEverywhere"), Tone: ui.BadgeOver}
	case m.Membership.Disabled():
		return ui.BadgeProps{Text: words.T(ctx, "console.status.disabled"), Tone: ui.BadgeOver}
	case m.User.PasswordHash != "":
		return ui.BadgeProps{Text: words.T(ctx, "console.status.active"), Tone: ui.BadgeOK}
	case linkOpen(m, now):
		return ui.BadgeProps{Text: words.T(ctx, "console.status.linkSent"), Tone: ui.BadgeWarn}
	default:
		return ui.BadgeProps{Text: words.T(ctx, "console.status.noPassword"), Tone: ui.BadgeBad}
	}
}

// roleRows are roles to choose from, each with its permissions.
func roleRows(ctx context.Context, roles []models.Role, chosen func(id string) bool) []ui.CheckRow {
	rows := make([]ui.CheckRow, len(roles))
	for i, r := range roles {
		rows[i] = ui.CheckRow{
			Value: r.ID, Title: r.Name, Codes: r.Permissions, Checked: chosen(r.ID),
		}
		if len(r.Permissions) == 0 {
			rows[i].Text = cmp.Or(r.Description, words.T(ctx, "console.role.nothing"))
		}
	}
	return rows
}
