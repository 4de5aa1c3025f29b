package console

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// SigningKeyRow is a key that signs JWTs, or did, in the list.
type SigningKeyRow struct {
	ID, CopyLabel, Algorithm string
	State                    ui.BadgeProps
	Since                    ui.TimeProps
	Live                     string
}

func signingKeyRows(ctx context.Context, keys []models.SigningKeyRow) []SigningKeyRow {
	rows := make([]SigningKeyRow, len(keys))
	for i, key := range keys {
		since := signsSince(key)
		rows[i] = SigningKeyRow{
			ID: key.ID, CopyLabel: words.T(ctx, "signingKey.copy"), Algorithm: key.Algorithm,
			State: ui.BadgeProps{Text: words.T(ctx, "signingKey.signs"), Tone: ui.BadgeOK},
			Since: ui.TimeProps{Text: words.Instant(ctx, since), At: since}, Live: words.Number(ctx, key.Live),
		}
		if key.More {
			rows[i].Live = words.T(ctx, "list.many", words.Args{"N": key.Live})
		}
		if key.RetiredAt != nil {
			rows[i].State = ui.BadgeProps{Text: words.T(ctx, "signingKey.verifies"), Tone: ui.BadgeNone}
		}
	}
	return rows
}

// signsSince is when a key took the place that it has.
func signsSince(key models.SigningKeyRow) time.Time {
	if key.RetiredAt != nil {
		return *key.RetiredAt
	}
	return key.CreatedAt
}

// RotateSigningKey asks before the key that signs is replaced.
func RotateSigningKey(ctx context.Context, layout views.LayoutProps, key models.SigningKeyRow) ConfirmProps {
	p := ConfirmProps{
		Layout: layout, Title: words.T(ctx, "signingKey.rotate.title"), Text: words.T(ctx, "signingKey.rotate.text"),
		Harm: words.Rich(ctx, "signingKey.rotate.harm.none"),
		Facts: []ui.Fact{
			{Term: words.T(ctx, "signingKey"), Text: key.ID, Machine: true},
			{Term: words.T(ctx, "signingKey.since"), Text: words.Instant(ctx, key.CreatedAt)},
			{Term: words.T(ctx, "signingKey.live"), Text: words.Number(ctx, key.Live)},
		},
		Action: views.RotateSigningKey(), Fields: []HiddenField{{FieldReplaces, key.ID}},
		Button: words.T(ctx, "signingKey.rotate"), Icon: ui.IconRotate,
		Back: views.VendorKeys(), BackText: words.T(ctx, "console.cancel"),
	}
	if key.Live > 0 {
		p.Harm = words.RichN(ctx, "signingKey.rotate.harm", key.Live)
	}
	return p
}

// SigningKeyRotatedBefore builds the page that answers a rotation that comes second.
func SigningKeyRotatedBefore(ctx context.Context, layout views.LayoutProps) SecondProps {
	return SecondProps{
		Layout: layout, Title: words.T(ctx, "signingKey.second.title"), Text: words.T(ctx, "signingKey.second.text"),
		Main: words.T(ctx, "signingKey.back"), MainHref: views.VendorKeys(),
	}
}

// SigningKeyTooNew builds the page that answers a rotation to a key that not everybody
// knows yet.
func SigningKeyTooNew(ctx context.Context, layout views.LayoutProps, from time.Time) SecondProps {
	return SecondProps{
		Layout: layout, Title: words.T(ctx, "signingKey.tooNew.title"), Text: words.T(ctx, "signingKey.tooNew.text", words.Args{"From": words.Instant(ctx, from)}),
		Main: words.T(ctx, "signingKey.back"), MainHref: views.VendorKeys(),
	}
}
