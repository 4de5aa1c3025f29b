package portal

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// RotationProps is a token whose old secret lives beside the new one.
type RotationProps struct {
	Title, Text string
	New, Old    ui.SecretCardProps
	// The ways out have no address for whoever may not change the token.
	End, EndHref       string
	Cancel, CancelHref string
}

// oldSecret is the secret that a rotation replaced and that lives on, nil when there is
// none.
func oldSecret(secrets []models.TokenSecret) *models.TokenSecret {
	for i := range secrets {
		if secrets[i].ReplacedAt != nil {
			return &secrets[i]
		}
	}
	return nil
}

// newSecret is the secret in force.
func newSecret(secrets []models.TokenSecret) models.TokenSecret {
	for _, s := range secrets {
		if s.ReplacedAt == nil {
			return s
		}
	}
	return models.TokenSecret{}
}

func rotationCard(ctx context.Context, in TokenInput, at place) *RotationProps {
	old := oldSecret(in.Secrets)
	if old == nil {
		return nil
	}
	p := &RotationProps{
		Title: words.T(ctx, "rotation.title"), Text: words.T(ctx, "rotation.text"),
		New: secretCard(ctx, in, newSecret(in.Secrets)), Old: secretCard(ctx, in, *old),
	}
	p.New.Title = words.T(ctx, pickKey(newSecret(in.Secrets).Key, "rotation.new", "rotation.new.key"))
	p.New.Badge = ui.BadgeProps{Text: words.T(ctx, "rotation.new.badge"), Tone: ui.BadgeOK}
	p.Old.Title = words.T(ctx, pickKey(old.Key, "rotation.old", "rotation.old.key"))
	p.Old.Badge = ui.BadgeProps{Text: words.T(ctx, "token.status.ends", words.Args{"Until": words.Until(ctx, old.End(), in.Now)}), Tone: ui.BadgeWarn}
	if in.MayWrite {
		p.End, p.EndHref = words.T(ctx, "rotation.end"), at.endOld(in.Token.ID)
		p.Cancel, p.CancelHref = words.T(ctx, "rotation.cancel"), at.cancelRotation(in.Token.ID)
	}
	return p
}

// endsNote says when a replaced secret ends, and what would end it before that.
func endsNote(ctx context.Context, s models.TokenSecret) string {
	when := words.Instant(ctx, s.EndsAt)
	if s.Silence == 0 {
		return when
	}
	return words.T(ctx, "rotation.ends.silent", words.Args{"When": when, "Silence": words.Span(ctx, s.Silence)})
}

// secretCard is a secret with those who use it.
func secretCard(ctx context.Context, in TokenInput, s models.TokenSecret) ui.SecretCardProps {
	callers := callersList(ctx, usesOf(in.Uses, s.ID), in.Now)
	callers.None = words.T(ctx, "rotation.callers.none")
	if s.LastUsedAt.After(models.NeverUsed) {
		callers.None = words.T(ctx, "rotation.callers.once", words.Args{"Ago": words.Ago(ctx, s.LastUsedAt, in.Now)})
	}
	p := ui.SecretCardProps{Hint: secretText(s), Facts: []ui.Fact{{Term: words.T(ctx, "rotation.fact.made"), Text: words.Instant(ctx, s.CreatedAt)}}}
	if s.ReplacedAt != nil {
		p.Facts = append(p.Facts, ui.Fact{Term: words.T(ctx, "rotation.fact.ends"), Text: endsNote(ctx, s)})
	}
	p.Facts = append(p.Facts, ui.Fact{Term: words.T(ctx, "rotation.fact.usedBy"), Value: callerList(callers)})
	return p
}

// SecondInput is a change of a token's secrets that came after another one.
type SecondInput struct {
	Layout views.LayoutProps
	Token  models.TokenRow
	// Sent is when the same form was sent before, Key what it put in force in the place
	// of a secret; zero when it was not.
	Sent time.Time
	Key  models.ClientKey
	Now  time.Time
}

// RotatedBefore builds the page that answers a rotation that comes second: the same form
// again, or somebody else's.
func RotatedBefore(ctx context.Context, in SecondInput) TwiceProps {
	args := words.Args{"Name": tokenName(in.Token.Token)}
	if in.Sent.IsZero() {
		return second(ctx, in, words.T(ctx, "rotate.busy.title"), words.T(ctx, "rotate.busy.text", args))
	}
	args["Ago"] = words.Ago(ctx, in.Sent, in.Now)
	return second(ctx, in, words.T(ctx, "rotate.twice.title"), words.T(ctx, pickKey(in.Key, "rotate.twice.text", "rotate.twice.key"), args))
}

// NoRotation builds the page that answers the end of a rotation that is over already.
func NoRotation(ctx context.Context, in SecondInput) TwiceProps {
	return second(ctx, in, words.T(ctx, "rotation.none.title"), words.T(ctx, "rotation.none.text", words.Args{"Name": tokenName(in.Token.Token)}))
}

func second(ctx context.Context, in SecondInput, title, text string) TwiceProps {
	p := TwiceProps{
		Layout: in.Layout, Title: title, Text: text,
		Main: ui.LinkButtonProps{Text: words.T(ctx, "token.open"), Href: place{in.Token.Context}.token(in.Token.ID), Tone: ui.Primary},
	}
	p.Layout.Title = title
	return p
}
