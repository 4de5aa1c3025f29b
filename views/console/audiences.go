package console

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// AudiencesInput is what the page of audiences is made from.
type AudiencesInput struct {
	// Issuer is who issues JWTs: the address that Latchkey is reached at.
	Issuer string
	// TTL is how long a JWT lives.
	TTL time.Duration
	// Text is what the form shows, an audience a line: those in force, or what was
	// sent and refused.
	Text    string
	Invalid *models.InvalidError
}

// AudiencesProps is the page of what JWTs can be for.
type AudiencesProps struct {
	Layout views.LayoutProps
	Faults Faults
	// Always are the audiences that nobody can remove.
	Always []ui.Fact
	Own    ui.TextareaFieldProps
	// Removed says what becomes of JWTs for an audience that is removed.
	Removed string
}

// Audiences puts the facts into words.
func Audiences(ctx context.Context, layout views.LayoutProps, f AudiencesInput) AudiencesProps {
	label := Label{"audiences", words.T(ctx, "console.audiences.label")}
	faults := NewFaults(ctx, f.Invalid, label)
	always := func(term, audience, note string) ui.Fact {
		return ui.Fact{Term: term, Text: audience, Machine: true, Note: note}
	}
	return AudiencesProps{
		Layout: titled(layout, label.Text),
		Faults: faults,
		Always: []ui.Fact{
			always(words.T(ctx, "console.audiences.issuer"), f.Issuer, words.T(ctx, "console.audiences.issuer.note")),
			always(words.T(ctx, "console.audiences.v1"), f.Issuer+"/v1", words.T(ctx, "console.audiences.v1.note")),
		},
		Own: ui.TextareaFieldProps{
			Field:    faults.Field(label.Field, label.Text, words.T(ctx, "console.audiences.label.hint")),
			Textarea: ui.TextareaProps{Name: label.Field, Value: f.Text, Machine: true},
		},
		Removed: words.T(ctx, "console.audiences.removed", words.Args{"TTL": words.Span(ctx, f.TTL)}),
	}
}
