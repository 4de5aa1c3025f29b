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

// The fields of the forms of vendor keys.
const (
	FieldName     = "name"
	FieldForm     = "form"
	FieldOverlap  = "overlap"
	FieldReplaces = "replaces"
)

// NewVendorKeyInput is what the form for one more key is made from; Name is what was
// sent and refused.
type NewVendorKeyInput struct {
	Name string
	// FormID is the form's one-use id.
	FormID  string
	Invalid *models.InvalidError
}

// NewVendorKeyProps is the form for one more key.
type NewVendorKeyProps struct {
	Layout views.LayoutProps
	Faults Faults
	Crumbs ui.CrumbsProps
	Name   ui.TextFieldProps
	FormID string
}

// NewVendorKey puts the form into words.
func NewVendorKey(ctx context.Context, layout views.LayoutProps, f NewVendorKeyInput) NewVendorKeyProps {
	label := words.T(ctx, "console.name")
	faults := NewFaults(ctx, f.Invalid, Label{FieldName, label})
	layout = titled(layout, words.T(ctx, "vendorKey.new"))
	return NewVendorKeyProps{
		Layout: layout, Faults: faults, FormID: f.FormID,
		Crumbs: crumbs(ctx, vendorKeysCrumb(ctx), ui.Crumb{Text: layout.Title}),
		Name: ui.TextFieldProps{
			Field: faults.Field(FieldName, label, words.T(ctx, "vendorKey.name.hint")),
			Input: ui.InputProps{Name: FieldName, Value: f.Name, MaxLength: models.MaxName, Required: true, Autocomplete: "off", Autofocus: f.Invalid == nil},
		},
	}
}

// RotateVendorKeyInput is what the form for another secret is made from.
type RotateVendorKeyInput struct {
	VendorKeyInput
	// Overlaps are the choices of how long the old secret lives on; 0 is not at all.
	Overlaps []time.Duration
	// Overlap is the one chosen, as views.HoursValue has it.
	Overlap string
	// Replaces is the id of the secret in force that the form is about, FormID its
	// one-use id.
	Replaces, FormID string
	Invalid          *models.InvalidError
}

// RotateVendorKeyProps is the form for another secret.
type RotateVendorKeyProps struct {
	Layout           views.LayoutProps
	Faults           Faults
	Crumbs           ui.CrumbsProps
	Uses             ui.BannerProps
	Says             templ.Component
	Overlap          ui.RadioGroupProps
	Replaces, FormID string
	Action, Cancel   string
}

// RotateVendorKey puts the form into words.
func RotateVendorKey(ctx context.Context, layout views.LayoutProps, f RotateVendorKeyInput) RotateVendorKeyProps {
	label := words.T(ctx, "rotate.overlap")
	faults := NewFaults(ctx, f.Invalid, Label{FieldOverlap, label})
	layout = titled(layout, words.T(ctx, "rotate.title"))
	p := RotateVendorKeyProps{
		Layout: layout, Faults: faults, Replaces: f.Replaces, FormID: f.FormID,
		Crumbs:  crumbs(ctx, vendorKeysCrumb(ctx), keyCrumb(f.Key), ui.Crumb{Text: layout.Title}),
		Overlap: vendorOverlaps(ctx, f, label, faults.Of(FieldOverlap)),
		Action:  views.RotateVendorKey(f.Key.ID), Cancel: views.VendorKey(f.Key.ID),
		Says: words.Rich(ctx, "rotate.neverUsed"),
	}
	if last, used := f.Key.LastUsed(); used {
		p.Uses.Tone = ui.Warn
		p.Says = words.Rich(ctx, "rotate.inUse", words.Args{"Ago": words.Ago(ctx, last.LastUsedAt, f.Now), "From": last.LastUsedIP})
	}
	return p
}

func vendorOverlaps(ctx context.Context, f RotateVendorKeyInput, label, problem string) ui.RadioGroupProps {
	p := ui.RadioGroupProps{ID: fieldID(FieldOverlap), Name: FieldOverlap, Legend: label, Hint: words.T(ctx, "rotate.overlap.hint"), Error: problem}
	for _, overlap := range f.Overlaps {
		card := ui.RadioCard{Value: views.HoursValue(overlap), Title: views.OverlapTitle(ctx, overlap), Text: words.T(ctx, "vendorKey.rotate.now.text")}
		if overlap > 0 {
			card.Text = words.T(ctx, "rotate.ends", words.Args{"When": words.InstantNoted(ctx, f.Now.Add(overlap))})
		}
		card.Checked = card.Value == f.Overlap
		p.Cards = append(p.Cards, card)
	}
	return p
}
