package console

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// VendorKeyInput is what the page of a key, and the pages that ask about it, are made
// from.
type VendorKeyInput struct {
	Key models.VendorKeyRow
	// ClientID is the environment's, PublicURL the address of this server, without a
	// slash at its end.
	ClientID, PublicURL string
	Now                 time.Time
}

// VendorKeyProps is the page of one key.
type VendorKeyProps struct {
	Layout views.LayoutProps
	Crumbs ui.CrumbsProps
	Name   string
	// Rotation is nil unless two secrets live.
	Rotation *VendorRotationProps
	Facts    []ui.Fact
	Acts     []Act
	Code     ui.CodeBlockProps
}

// VendorRotationProps is a key whose old secret lives beside the new one.
type VendorRotationProps struct {
	New, Old ui.SecretCardProps
	EndHref  string
}

// VendorKey puts one key into words.
func VendorKey(ctx context.Context, layout views.LayoutProps, f VendorKeyInput) VendorKeyProps {
	p := VendorKeyProps{
		Layout: titled(layout, f.Key.Name), Name: f.Key.Name,
		Crumbs:   crumbs(ctx, vendorKeysCrumb(ctx), ui.Crumb{Text: f.Key.Name}),
		Rotation: vendorRotation(ctx, f), Facts: vendorKeyFacts(ctx, f), Acts: vendorKeyActs(ctx, f.Key),
		Code: signInCode(ctx, f.PublicURL, f.ClientID, `'"$FRONTEGG_API_KEY"'`),
	}
	return p
}

func vendorKeysCrumb(ctx context.Context) ui.Crumb {
	return ui.Crumb{Text: words.T(ctx, "vendorKeys.title"), Href: views.VendorKeys()}
}

func keyCrumb(key models.VendorKeyRow) ui.Crumb {
	return ui.Crumb{Text: key.Name, Href: views.VendorKey(key.ID)}
}

func vendorKeyFacts(ctx context.Context, f VendorKeyInput) []ui.Fact {
	facts := []ui.Fact{{
		Term: words.T(ctx, "vendorKey.clientID"), Value: ui.MachineWord(f.ClientID, words.T(ctx, "vendorKey.clientID.copy")),
		Note: words.T(ctx, "vendorKey.clientID.note"),
	}}
	if len(f.Key.Secrets) == 1 {
		facts = append(facts, ui.Fact{Term: words.T(ctx, "vendorKey.secret"), Text: keyHint(f.Key), Machine: true})
	}
	last, used := f.Key.LastUsed()
	if !used {
		last = models.VendorSecret{}
	}
	facts = append(facts, usedFact(ctx, last, f.Now))
	if last.LastUsedAgent != "" {
		facts = append(facts, ui.Fact{Term: words.T(ctx, "vendorKey.agent"), Text: last.LastUsedAgent})
	}
	return append(facts, ui.Fact{
		Term: words.T(ctx, "vendorKey.created"), Text: words.DateLong(ctx, f.Key.CreatedAt), Note: keyMaker(ctx, f.Key),
	})
}

// usedFact is when a secret was used last, and from where.
func usedFact(ctx context.Context, s models.VendorSecret, now time.Time) ui.Fact {
	fact := ui.Fact{Term: words.T(ctx, "vendorKey.lastUsed"), Text: words.T(ctx, "vendorKey.neverUsed")}
	if s.Used() {
		fact.Text = words.Ago(ctx, s.LastUsedAt, now)
		fact.Note = words.T(ctx, "vendorKey.usedFrom", words.Args{"When": words.Instant(ctx, s.LastUsedAt), "From": s.LastUsedIP})
	}
	return fact
}

func vendorRotation(ctx context.Context, f VendorKeyInput) *VendorRotationProps {
	old := oldSecret(f.Key)
	if old == nil {
		return nil
	}
	p := &VendorRotationProps{
		New: vendorSecretCard(ctx, f.Key.Secrets[0], f.Now), Old: vendorSecretCard(ctx, *old, f.Now),
		EndHref: views.EndOldVendorSecret(f.Key.ID),
	}
	p.New.Title, p.New.Badge = words.T(ctx, "rotation.new"), ui.BadgeProps{Text: words.T(ctx, "rotation.new.badge"), Tone: ui.BadgeOK}
	p.Old.Title = words.T(ctx, "rotation.old")
	p.Old.Badge = ui.BadgeProps{Text: words.T(ctx, "token.status.ends", words.Args{"Until": words.Until(ctx, old.EndsAt, f.Now)}), Tone: ui.BadgeWarn}
	p.Old.Facts = append(p.Old.Facts, ui.Fact{Term: words.T(ctx, "rotation.fact.ends"), Text: words.Instant(ctx, old.EndsAt)})
	return p
}

func vendorSecretCard(ctx context.Context, s models.VendorSecret, now time.Time) ui.SecretCardProps {
	return ui.SecretCardProps{Hint: secretHint(s), Facts: []ui.Fact{
		{Term: words.T(ctx, "rotation.fact.made"), Text: words.Instant(ctx, s.CreatedAt)}, usedFact(ctx, s, now),
	}}
}

// vendorKeyActs is what can be done with a key. While two secrets live no third is made.
func vendorKeyActs(ctx context.Context, key models.VendorKeyRow) []Act {
	revoke := Act{
		Title: words.T(ctx, "vendorKey.revoke"), Text: words.T(ctx, "vendorKey.revoke.text"),
		Button: words.T(ctx, "vendorKey.revoke.button"), Icon: ui.IconTrash, Href: views.RevokeVendorKey(key.ID),
	}
	if oldSecret(key) != nil {
		return []Act{revoke}
	}
	return []Act{{
		Title: words.T(ctx, "rotate.title"), Text: words.T(ctx, "vendorKey.rotate.text"),
		Button: words.T(ctx, "vendorKey.rotate.button"), Icon: ui.IconRotate, Href: views.RotateVendorKey(key.ID),
	}, revoke}
}

// RevokeVendorKey asks before a key ends for good.
func RevokeVendorKey(ctx context.Context, layout views.LayoutProps, f VendorKeyInput) ConfirmProps {
	last, _ := f.Key.LastUsed()
	p := askVendorKey(ctx, layout, f, last)
	p.Title = words.T(ctx, "vendorKey.revoke.question", words.Args{"Name": f.Key.Name})
	p.Text = words.T(ctx, "vendorKey.revoke.confirm")
	p.Action, p.Button, p.Icon = views.RevokeVendorKey(f.Key.ID), words.T(ctx, "vendorKey.revoke"), ui.IconTrash
	return p
}

// EndOldVendorSecret asks before the secret that a rotation replaced ends ahead of its
// time. There must be one.
func EndOldVendorSecret(ctx context.Context, layout views.LayoutProps, f VendorKeyInput) ConfirmProps {
	old := *oldSecret(f.Key)
	p := askVendorKey(ctx, layout, f, old)
	p.Title = words.T(ctx, "rotation.end.question", words.Args{"Name": f.Key.Name})
	p.Text = words.T(ctx, "rotation.end.text.jwt")
	p.Facts = []ui.Fact{
		{Term: words.T(ctx, "vendorKey.secret"), Text: secretHint(old), Machine: true},
		{Term: words.T(ctx, "rotation.fact.ends"), Text: words.Instant(ctx, old.EndsAt)},
	}
	p.Action, p.Button, p.Icon = views.EndOldVendorSecret(f.Key.ID), words.T(ctx, "rotation.end"), ui.IconCircleX
	return p
}

// askVendorKey is a page that says what stops, by the last use of what ends.
func askVendorKey(ctx context.Context, layout views.LayoutProps, f VendorKeyInput, last models.VendorSecret) ConfirmProps {
	harm, harmless := keyStops(ctx, last, f.Now)
	return ConfirmProps{
		Layout: layout, Harm: harm, Harmless: harmless,
		Facts: []ui.Fact{
			{Term: words.T(ctx, "vendorKey.secret"), Text: keyHint(f.Key), Machine: true},
			{Term: words.T(ctx, "vendorKey.created"), Text: words.DateLong(ctx, f.Key.CreatedAt), Note: keyMaker(ctx, f.Key)},
		},
		Back: views.VendorKey(f.Key.ID), BackText: words.T(ctx, "console.cancel"),
	}
}

// keyStops says what stops when a secret that was used like this ends.
func keyStops(ctx context.Context, s models.VendorSecret, now time.Time) (says templ.Component, harmless bool) {
	if !s.Used() {
		return words.Rich(ctx, "vendorKey.stops.nothing"), true
	}
	return words.Rich(ctx, "vendorKey.stops", words.Args{"Ago": words.Ago(ctx, s.LastUsedAt, now), "From": s.LastUsedIP}), false
}
