package portal

import (
	"context"
	"maps"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// Overlaps are the choices of how long a replaced secret lives on; 0 is not at all.
func Overlaps() []time.Duration {
	return []time.Duration{0, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}
}

// Silences are the choices of after how long without a use it ends before that; 0 is
// not.
func Silences() []time.Duration { return []time.Duration{0, time.Hour, 24 * time.Hour} }

// RotateForm is the form as it was filled in.
type RotateForm struct {
	// Overlap and Silence are each one of views.HoursValue.
	Overlap, Silence string
	// Key is of client credentials only.
	Key KeyForm
	// Replaces is the id of the secret in force that the form was made for.
	Replaces string
	// ID is the form's one-use id.
	ID string
}

// RotateInput is what the form for another secret is built from.
type RotateInput struct {
	Layout views.LayoutProps
	models.TokenDetail
	Form     RotateForm
	Problems []models.Problem
	Now      time.Time
}

// RotateProps is the form for another secret.
type RotateProps struct {
	Layout       views.LayoutProps
	Back         ui.BackProps
	Title, Text  string
	Action, CSRF string
	Form         RotateForm
	Errors       ui.ErrorSummaryProps
	// Uses says what has to be told the new secret.
	Uses BannerProps
	// Key is nil for access tokens.
	Key              *KeyProps
	Overlap, Silence ui.RadioGroupProps
	Rotate, Cancel   string
	AsideLabel       string
	Callers          CallersProps
	Once, Keeps, JWT string
}

// Rotate builds the form.
func Rotate(ctx context.Context, in RotateInput) RotateProps {
	at := place{in.Context}
	inForce := newSecret(in.Secrets).Key
	labels := map[string]string{
		FieldOverlap: words.T(ctx, pickKey(inForce, "rotate.overlap", "rotate.overlap.key")), FieldSilence: words.T(ctx, "rotate.silence"),
	}
	if in.Kind == models.ClientCredentials {
		maps.Copy(labels, keyLabels(ctx))
	}
	errors := errorsIn(ctx, in.Problems, labels)
	p := RotateProps{
		Layout: in.Layout, Back: backToToken(in.Token, at), Title: words.T(ctx, pickKey(inForce, "rotate.title", "rotate.title.key")), Text: words.T(ctx, "rotate.text"),
		Action: at.rotate(in.ID), CSRF: in.Layout.CSRF, Form: in.Form, Errors: errors.summary, Uses: rotateBanner(ctx, in),
		Key:     keyFields(ctx, in.Form.Key, in.Kind, labels, errors),
		Overlap: overlapCards(ctx, in, labels[FieldOverlap], errors.beside[FieldOverlap]),
		Silence: silenceCards(ctx, in, labels[FieldSilence], errors.beside[FieldSilence]),
		Rotate:  words.T(ctx, pickKey(inForce, "rotate.button", "rotate.title.key")), Cancel: words.T(ctx, "tokens.generate.cancel"),
		AsideLabel: words.T(ctx, "rotate.aside"), Callers: callersList(ctx, in.Uses, in.Now),
		Once: words.T(ctx, "tokens.generate.once"), Keeps: words.T(ctx, "rotate.keeps"),
	}
	if in.Kind == models.ClientCredentials {
		p.Text, p.JWT = words.T(ctx, "rotate.text.key"), words.T(ctx, "rotate.jwt")
	}
	p.Layout.Title = p.Title
	return p
}

// rotateBanner says what has to be told the new secret.
func rotateBanner(ctx context.Context, in RotateInput) BannerProps {
	if !in.Used() {
		return BannerProps{Banner: ui.BannerProps{Tone: ui.Info}, Rich: words.Rich(ctx, "rotate.neverUsed")}
	}
	key := "rotate.inUse"
	if in.LastUsedIP == "" {
		key = "rotate.inUseNowhere"
	}
	return BannerProps{Banner: ui.BannerProps{Tone: ui.Warn}, Rich: words.Rich(ctx, key, words.Args{
		"Ago": words.Ago(ctx, in.LastUsedAt, in.Now), "From": in.LastUsedIP,
	})}
}

func overlapCards(ctx context.Context, in RotateInput, label, problem string) ui.RadioGroupProps {
	p := ui.RadioGroupProps{ID: FieldOverlap, Name: FieldOverlap, Legend: label, Hint: words.T(ctx, "rotate.overlap.hint"), Error: problem}
	for _, overlap := range Overlaps() {
		end := in.Now.Add(overlap)
		card := ui.RadioCard{Value: views.HoursValue(overlap), Title: views.OverlapTitle(ctx, overlap), Text: words.T(ctx, "rotate.now.text")}
		switch {
		case overlap == 0:
		case end.Before(in.ExpiresAt):
			card.Text = words.T(ctx, "rotate.ends", words.Args{"When": words.InstantNoted(ctx, end)})
		default:
			card.Text = words.T(ctx, "rotate.ends.token", words.Args{"When": words.InstantNoted(ctx, in.ExpiresAt)})
		}
		card.Checked = in.Form.Overlap == card.Value
		p.Cards = append(p.Cards, card)
	}
	return p
}

func silenceCards(ctx context.Context, in RotateInput, label, problem string) ui.RadioGroupProps {
	p := ui.RadioGroupProps{ID: FieldSilence, Name: FieldSilence, Legend: label, Hint: words.T(ctx, "rotate.silence.hint"), Error: problem}
	for _, silence := range Silences() {
		card := ui.RadioCard{Value: views.HoursValue(silence), Title: words.T(ctx, "rotate.silence.no"), Text: words.T(ctx, "rotate.silence.no.text")}
		if silence > 0 {
			card.Title, card.Text = words.N(ctx, "rotate.silence.hours", int(silence/time.Hour)), words.T(ctx, "rotate.silence.after.text")
		}
		card.Checked = in.Form.Silence == card.Value
		p.Cards = append(p.Cards, card)
	}
	return p
}
