package console

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// dialectAlgorithm is what the JWTs of Frontegg's clients are signed with.
const dialectAlgorithm = "RS256"

// SigningKeyRow is a key that signs JWTs, will, or did, in the list.
type SigningKeyRow struct {
	ID, CopyLabel, Algorithm string
	State                    ui.BadgeProps
	Since                    ui.TimeProps
	// Rotation has no instant for by hand and for a key that doesn't sign.
	Rotation ui.TimeProps
	Live     string
	// RotateHref is empty for a key that doesn't sign.
	RotateHref, RotateLabel string
	RemoveHref, RemoveLabel string
}

func signingKeyRows(ctx context.Context, keys []models.SigningKeyRow, now time.Time) []SigningKeyRow {
	rows := make([]SigningKeyRow, len(keys))
	for i, key := range keys {
		since := signingKeySince(key)
		rows[i] = SigningKeyRow{
			ID: key.ID, CopyLabel: words.T(ctx, "signingKey.copy"), Algorithm: key.Algorithm,
			State: signingKeyBadge(ctx, key, now),
			Since: ui.TimeProps{Text: words.Instant(ctx, since), At: since}, Live: words.Number(ctx, key.Live),
			RemoveHref: views.RemoveSigningKey(key.ID), RemoveLabel: words.T(ctx, "signingKey.remove.of", words.Args{"ID": key.ID}),
		}
		if key.More {
			rows[i].Live = words.T(ctx, "list.many", words.Args{"N": key.Live})
		}
		rows[i].Rotation = ui.TimeProps{Text: words.T(ctx, "signingKey.noRotation")}
		if key.State != models.KeyActive || !key.InUse {
			continue
		}
		rows[i].Rotation = ui.TimeProps{Text: words.T(ctx, "signingKey.byHand")}
		if key.RotatesAt != nil {
			rows[i].Rotation = ui.TimeProps{Text: words.Date(ctx, *key.RotatesAt), At: *key.RotatesAt}
		}
		rows[i].RotateHref = views.RotateSigningKey(key.ID)
		rows[i].RotateLabel = words.T(ctx, "signingKey.rotate.of", words.Args{"Algorithm": key.Algorithm})
	}
	return rows
}

func signingKeyBadge(ctx context.Context, key models.SigningKeyRow, now time.Time) ui.BadgeProps {
	switch {
	case key.State == models.KeyRetired:
		return ui.BadgeProps{Text: words.T(ctx, "signingKey.verifies"), Tone: ui.BadgeNone}
	case !key.InUse:
		return ui.BadgeProps{Text: words.T(ctx, "signingKey.unused"), Tone: ui.BadgeNone}
	case key.State == models.KeyNext:
		return ui.BadgeProps{Text: words.T(ctx, "signingKey.next"), Tone: ui.BadgeNone}
	case now.Before(key.SignsFrom()):
		return ui.BadgeProps{Text: words.T(ctx, "signingKey.soon"), Tone: ui.BadgeWarn}
	}
	return ui.BadgeProps{Text: words.T(ctx, "signingKey.signs"), Tone: ui.BadgeOK}
}

// signingKeySince is when a key took the place that it has.
func signingKeySince(key models.SigningKeyRow) time.Time {
	if key.RetiredAt != nil {
		return *key.RetiredAt
	}
	return key.SignsFrom()
}

// RotateSigningKey asks before the key that signs is replaced.
func RotateSigningKey(ctx context.Context, layout views.LayoutProps, key models.SigningKeyRow) ConfirmProps {
	algorithm := words.Args{"Algorithm": key.Algorithm}
	p := askSigningKey(ctx, layout, key)
	p.Title, p.Text = words.T(ctx, "signingKey.rotate.title", algorithm), words.T(ctx, "signingKey.rotate.text")
	p.Action, p.Button, p.Icon = views.RotateSigningKey(key.ID), words.T(ctx, "signingKey.rotate.of", algorithm), ui.IconRotate
	switch {
	case key.Algorithm != dialectAlgorithm:
		p.Harm, p.Harmless, p.Renews = words.Rich(ctx, "signingKey.rotate.harmless"), true, true
	case key.Live > 0:
		p.Harm = words.RichN(ctx, "signingKey.rotate.harm", key.Live)
	default:
		p.Harm = words.Rich(ctx, "signingKey.rotate.harm.none")
	}
	return p
}

// RemoveSigningKey asks before a key and all its JWTs end.
func RemoveSigningKey(ctx context.Context, layout views.LayoutProps, key models.SigningKeyRow) ConfirmProps {
	p := askSigningKey(ctx, layout, key)
	p.Title = words.T(ctx, "signingKey.remove.title", words.Args{"Algorithm": key.Algorithm})
	p.Action, p.Button, p.Icon = views.RemoveSigningKey(key.ID), words.T(ctx, "signingKey.remove"), ui.IconTrash
	switch {
	case key.State == models.KeyNext:
		p.Text = words.T(ctx, "signingKey.remove.text.next")
		p.Harm, p.Harmless = words.Rich(ctx, "signingKey.remove.harmless"), true
		return p
	case key.State == models.KeyActive:
		p.Text = words.T(ctx, "signingKey.remove.text.active")
	default:
		p.Text = words.T(ctx, "signingKey.remove.text")
	}
	p.Harm = words.Rich(ctx, "signingKey.remove.harm.none")
	if key.Live > 0 {
		p.Harm = words.RichN(ctx, "signingKey.remove.harm", key.Live)
	}
	return p
}

// askSigningKey is a page that names a key.
func askSigningKey(ctx context.Context, layout views.LayoutProps, key models.SigningKeyRow) ConfirmProps {
	return ConfirmProps{
		Layout: layout,
		Facts: []ui.Fact{
			{Term: words.T(ctx, "signingKey"), Text: key.ID, Machine: true},
			{Term: words.T(ctx, "signingKey.since"), Text: words.Instant(ctx, signingKeySince(key))},
			{Term: words.T(ctx, "signingKey.live"), Text: words.Number(ctx, key.Live)},
		},
		Back: views.VendorKeys(), BackText: words.T(ctx, "console.cancel"),
	}
}

// SigningKeyRotatedBefore builds the page that answers a rotation that comes second.
func SigningKeyRotatedBefore(ctx context.Context, layout views.LayoutProps) SecondProps {
	return signingKeyBusy(ctx, layout, words.T(ctx, "signingKey.second.title"), words.T(ctx, "signingKey.second.text"))
}

// SigningKeyTooNew builds the page that answers a rotation to a key that not everybody
// knows yet.
func SigningKeyTooNew(ctx context.Context, layout views.LayoutProps, from time.Time) SecondProps {
	text := words.T(ctx, "signingKey.tooNew.text", words.Args{"From": words.Instant(ctx, from)})
	return signingKeyBusy(ctx, layout, words.T(ctx, "signingKey.tooNew.title"), text)
}

func signingKeyBusy(ctx context.Context, layout views.LayoutProps, title, text string) SecondProps {
	return SecondProps{Layout: layout, Title: title, Text: text, Main: words.T(ctx, "signingKey.back"), MainHref: views.VendorKeys()}
}
