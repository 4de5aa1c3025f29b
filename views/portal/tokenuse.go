package portal

import (
	"context"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// CallerProps is one address and program that used a token.
type CallerProps struct {
	Used ui.TimeProps
	// Exact is the instant in words.
	Exact string
	// From and Agent say it in words where they are not known.
	From, Agent string
	// Secret says which one was used, where there is more than one.
	Secret string
}

// UsesProps is where a token was used last. None stands in place of an empty table.
type UsesProps struct {
	Title, Text string
	Table       ui.TableProps
	Labels      UseLabels
	Rows        []CallerProps
	None        string
}

// UseLabels are shown above the cells of a use that is drawn as a card.
type UseLabels struct{ When, From, Agent, Secret string }

func usesCard(ctx context.Context, in TokenInput) UsesProps {
	p := UsesProps{Title: words.T(ctx, "token.uses.title")}
	if len(in.Uses) == 0 {
		p.None = words.T(ctx, "token.uses.none")
		switch age := in.Now.Sub(in.Token.CreatedAt); {
		case in.Token.Used():
			p.None = words.T(ctx, "token.uses.untold", words.Args{"Ago": words.Ago(ctx, in.Token.LastUsedAt, in.Now)})
		case age >= tidyAfter:
			p.None = words.T(ctx, "token.uses.idle", words.Args{"Span": words.Span(ctx, age)})
		}
		return p
	}
	p.Text = words.T(ctx, "token.uses.text")
	p.Labels = UseLabels{
		When: words.T(ctx, "token.uses.when"), From: words.T(ctx, "token.uses.from"),
		Agent: words.T(ctx, "token.uses.agent"), Secret: words.T(ctx, "token.uses.secret"),
	}
	if slices.ContainsFunc(in.Secrets, func(s models.TokenSecret) bool { return !s.Key.IsZero() }) {
		p.Text, p.Labels.Secret = words.T(ctx, "token.uses.text.key"), words.T(ctx, "token.uses.secret.key")
	}
	p.Table = ui.TableProps{Caption: p.Title, Within: true, Cols: []ui.Col{{Text: p.Labels.When}, {Text: p.Labels.From}, {Text: p.Labels.Agent}}}
	several := slices.ContainsFunc(in.Uses, func(u models.TokenUse) bool { return u.SecretID != in.Uses[0].SecretID }) || len(in.Secrets) > 1
	if several {
		p.Table.Cols = append(p.Table.Cols, ui.Col{Text: p.Labels.Secret})
	}
	for _, u := range in.Uses {
		row := callerOf(ctx, u, in.Now)
		if several {
			row.Secret = secretOf(ctx, u.SecretID, in.Secrets)
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

func callerOf(ctx context.Context, u models.TokenUse, now time.Time) CallerProps {
	c := CallerProps{
		Used: ui.TimeProps{Text: words.Ago(ctx, u.At, now), At: u.At}, Exact: words.Instant(ctx, u.At), From: u.IP, Agent: u.UserAgent,
	}
	if c.From == "" {
		c.From = words.T(ctx, "token.uses.nowhere")
	}
	if c.Agent == "" {
		c.Agent = words.T(ctx, "token.uses.nobody")
	}
	return c
}

// secretOf says which of the live secrets one is.
func secretOf(ctx context.Context, id string, live []models.TokenSecret) string {
	for _, s := range live {
		switch {
		case s.ID != id:
		case s.ReplacedAt != nil:
			return words.T(ctx, "token.secret.old", words.Args{"End": secretEnd(s)})
		case len(live) > 1:
			return words.T(ctx, "token.secret.new", words.Args{"End": secretEnd(s)})
		default:
			return words.T(ctx, "token.secret.inForce", words.Args{"End": secretEnd(s)})
		}
	}
	return words.T(ctx, "token.secret.ended")
}

// CallersProps is who uses something, the latest first. None says that nobody is known
// to, More how many there are besides.
type CallersProps struct {
	Title      string
	Callers    []CallerProps
	More, None string
}

// callersShown is how many callers a short list has.
const callersShown = 5

func callersList(ctx context.Context, uses []models.TokenUse, now time.Time) CallersProps {
	p := CallersProps{Title: words.T(ctx, "token.callers")}
	for _, u := range uses[:min(len(uses), callersShown)] {
		p.Callers = append(p.Callers, callerOf(ctx, u, now))
	}
	if more := len(uses) - callersShown; more > 0 {
		p.More = words.N(ctx, "token.callers.more", more)
	}
	return p
}

// usesOf are those of one secret.
func usesOf(uses []models.TokenUse, secretID string) []models.TokenUse {
	return slices.DeleteFunc(slices.Clone(uses), func(u models.TokenUse) bool { return u.SecretID != secretID })
}

// lastUse is when, and from where if that is known, something was used last.
type lastUse struct {
	at time.Time
	ip string
}

func (u lastUse) never() bool { return !u.at.After(models.NeverUsed) }

// lastUseOf is the last use of a secret.
func lastUseOf(s models.TokenSecret, uses []models.TokenUse) lastUse {
	last := lastUse{at: s.LastUsedAt}
	for _, u := range uses {
		if u.SecretID == s.ID && !u.At.Before(last.at) {
			last = lastUse{u.At, u.IP}
		}
	}
	return last
}

// stopsBanner says what stops when something ends that was used like this.
func stopsBanner(ctx context.Context, u lastUse, now time.Time) BannerProps {
	if u.never() {
		return BannerProps{Banner: ui.BannerProps{Tone: ui.Info}, Rich: words.Rich(ctx, "tokens.delete.neverUsed")}
	}
	args := words.Args{"Ago": words.Ago(ctx, u.at, now), "From": u.ip}
	tone, icon, key, nowhere := ui.Harm, ui.IconTriangleAlert, "tokens.delete.inUse", "tokens.delete.inUseNowhere"
	if now.Sub(u.at) > inUseWithin {
		tone, icon, key, nowhere = ui.Warn, "", "tokens.delete.idle", "tokens.delete.idleNowhere"
	}
	if u.ip == "" {
		key = nowhere
	}
	// Nothing has failed yet: harm is announced by a triangle.
	return BannerProps{Banner: ui.BannerProps{Tone: tone, Icon: icon}, Rich: words.Rich(ctx, key, args)}
}
