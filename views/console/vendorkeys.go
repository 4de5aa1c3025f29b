package console

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// VendorKeysInput is what the list of keys is made from.
type VendorKeysInput struct {
	// Keys are newest first.
	Keys []models.VendorKeyRow
	// Signing are the keys that sign JWTs, those that do first.
	Signing []models.SigningKeyRow
	Now     time.Time
}

// VendorKeysProps is the list of the keys of the vendor's programs.
type VendorKeysProps struct {
	Layout views.LayoutProps
	Rows   []VendorKeyRow
	Count  string
	// Empty is set in place of rows.
	Empty *ui.EmptyProps
	// Signing are the keys that sign JWTs.
	Signing []SigningKeyRow
}

// VendorKeyRow is a key in the list.
type VendorKeyRow struct {
	Name, Href, Hint string
	Status           ui.BadgeProps
	// Used has no instant for a key that was never used.
	Used                    ui.TimeProps
	From                    string
	Created                 ui.TimeProps
	By                      string
	RevokeHref, RevokeLabel string
}

// VendorKeys puts the list into words.
func VendorKeys(ctx context.Context, layout views.LayoutProps, f VendorKeysInput) VendorKeysProps {
	p := VendorKeysProps{Layout: titled(layout, words.T(ctx, "vendorKeys.title")), Signing: signingKeyRows(ctx, f.Signing, f.Now)}
	if len(f.Keys) == 0 {
		p.Empty = &ui.EmptyProps{Icon: ui.IconTerminal, Title: words.T(ctx, "vendorKeys.empty"), Text: words.T(ctx, "vendorKeys.empty.text")}
		return p
	}
	p.Count = words.N(ctx, "vendorKeys.count", len(f.Keys))
	for _, key := range f.Keys {
		p.Rows = append(p.Rows, vendorKeyRow(ctx, key, f.Now))
	}
	return p
}

func vendorKeyRow(ctx context.Context, key models.VendorKeyRow, now time.Time) VendorKeyRow {
	row := VendorKeyRow{
		Name: key.Name, Href: views.VendorKey(key.ID), Hint: keyHint(key), Status: keyBadge(ctx, key, now),
		Used:    ui.TimeProps{Text: words.T(ctx, "vendorKey.neverUsed")},
		Created: ui.TimeProps{Text: words.Date(ctx, key.CreatedAt), At: key.CreatedAt}, By: keyMaker(ctx, key),
		RevokeHref: views.RevokeVendorKey(key.ID), RevokeLabel: words.T(ctx, "vendorKey.revoke.of", words.Args{"Name": key.Name}),
	}
	if last, used := key.LastUsed(); used {
		row.Used = ui.TimeProps{Text: words.Ago(ctx, last.LastUsedAt, now), At: last.LastUsedAt}
		row.From = last.LastUsedIP
	}
	return row
}

// keyHint is how the secret in force begins and ends.
func keyHint(key models.VendorKeyRow) string {
	if len(key.Secrets) == 0 {
		return ""
	}
	return secretHint(key.Secrets[0])
}

// secretHint is all that is kept of a secret: how it begins and ends.
func secretHint(s models.VendorSecret) string { return s.Prefix + "_…" + s.LastFour }

// oldSecret is the one that a rotation replaced and that lives on, nil for none.
func oldSecret(key models.VendorKeyRow) *models.VendorSecret {
	for i := range key.Secrets {
		if key.Secrets[i].ReplacedAt != nil {
			return &key.Secrets[i]
		}
	}
	return nil
}

func keyBadge(ctx context.Context, key models.VendorKeyRow, now time.Time) ui.BadgeProps {
	if old := oldSecret(key); old != nil {
		return ui.BadgeProps{Text: words.T(ctx, "vendorKey.rotating", words.Args{"Until": words.Until(ctx, old.EndsAt, now)}), Tone: ui.BadgeWarn}
	}
	return ui.BadgeProps{Text: words.T(ctx, "console.status.active"), Tone: ui.BadgeOK}
}

// keyMaker is who made a key.
func keyMaker(ctx context.Context, key models.VendorKeyRow) string {
	if key.CreatorName == "" {
		return words.T(ctx, "vendorKey.commandLine")
	}
	return key.CreatorName
}
