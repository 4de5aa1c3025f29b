package portal

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// RefusalsProps is how often and why a token was refused of late. Without Lines it is
// not shown.
type RefusalsProps struct {
	Title string
	Lines []RefusalLine
}

// RefusalLine is one reason; Note is when it was last.
type RefusalLine struct {
	Text templ.Component
	Note string
}

func refusalsCard(ctx context.Context, in TokenInput) RefusalsProps {
	p := RefusalsProps{Title: words.T(ctx, "token.refusals.title")}
	for _, r := range in.Refusals {
		p.Lines = append(p.Lines, RefusalLine{
			Text: words.RichN(ctx, "token.refusals.line", r.Count, words.Args{"Reason": wasRefused(ctx, r.Reason)}),
			Note: words.T(ctx, "token.refusals.last", words.Args{"Ago": words.Ago(ctx, r.Minute, in.Now)}),
		})
	}
	return p
}

// EventsProps is what was done to a token.
type EventsProps struct {
	Title, Text string
	Rows        []EventRow
}

// EventRow is one event: who did what, when and from where.
type EventRow struct {
	Event ui.EventProps
	Text  templ.Component
}

func eventsCard(ctx context.Context, in TokenInput) EventsProps {
	p := EventsProps{Title: words.T(ctx, "token.events.title"), Text: words.T(ctx, "token.events.text")}
	if len(in.Events) == models.MostEvents {
		p.Text = words.T(ctx, "token.events.text.latest", words.Args{"N": models.MostEvents})
	}
	for _, e := range in.Events {
		p.Rows = append(p.Rows, eventRow(ctx, e, in))
	}
	return p
}

func eventRow(ctx context.Context, e models.Event, in TokenInput) EventRow {
	row := EventRow{Event: ui.EventProps{
		Icon: eventIcon(e.Action), At: ui.TimeProps{Text: words.Instant(ctx, e.At), At: e.At},
		Note: words.Ago(ctx, e.At, in.Now), Address: e.IP,
	}}
	key, tried := eventKeys(e.Action)
	if e.Outcome == models.Refused {
		key, row.Event.Icon, row.Event.Harm = tried, ui.IconCircleX, true
	}
	row.Text = words.Rich(ctx, key, words.Args{
		"Name": actorName(ctx, e, in.EventActors), "Action": string(e.Action), "Parts": partNames(ctx, e.Reason),
	})
	return row
}

func eventIcon(action models.Action) ui.Icon {
	switch action {
	case models.TokenCreated:
		return ui.IconPlus
	case models.TokenUpdated:
		return ui.IconPencil
	case models.TokenRotated:
		return ui.IconRotate
	case models.TokenDisabled, models.TokenEnabled:
		return ui.IconPower
	case models.SecretEnded, models.RotationCancelled, models.JWTsEnded, models.JWTRevoked, models.RefreshRevoked:
		return ui.IconCircleX
	default:
		return ui.IconInfo
	}
}

// eventKeys are the sentences of what was done, and of what was not let through.
func eventKeys(action models.Action) (done, tried string) {
	switch action {
	case models.TokenCreated:
		return "token.event.created", "token.event.other.tried"
	case models.TokenUpdated:
		return "token.event.updated", "token.event.updated.tried"
	case models.TokenDisabled:
		return "token.event.disabled", "token.event.disabled.tried"
	case models.TokenEnabled:
		return "token.event.enabled", "token.event.enabled.tried"
	case models.TokenRotated:
		return "token.event.rotated", "token.event.rotated.tried"
	case models.SecretEnded:
		return "token.event.secretEnded", "token.event.secretEnded.tried"
	case models.RotationCancelled:
		return "token.event.cancelled", "token.event.cancelled.tried"
	case models.JWTsEnded:
		return "token.event.jwtsEnded", "token.event.jwtsEnded.tried"
	case models.JWTRevoked:
		return "token.event.jwtRevoked", "token.event.other.tried"
	case models.RefreshRevoked:
		return "token.event.refreshRevoked", "token.event.other.tried"
	case models.TokenDeleted:
		return "token.event.other", "token.event.deleted.tried"
	default:
		return "token.event.other", "token.event.other.tried"
	}
}

// partNames says which parts of a token were edited; the log names them apart by commas.
func partNames(ctx context.Context, parts string) string {
	var names []string
	for part := range strings.SplitSeq(parts, ", ") {
		switch part {
		case "addresses":
			names = append(names, words.T(ctx, "token.part.addresses"))
		case "contact":
			names = append(names, words.T(ctx, "token.part.contact"))
		case "description":
			names = append(names, words.T(ctx, "token.part.description"))
		case "metadata":
			names = append(names, words.T(ctx, "token.part.metadata"))
		}
	}
	if len(names) == 0 {
		return words.T(ctx, "token.part.it")
	}
	return listed(ctx, names)
}

// actorName is who did something, as far as that is known.
func actorName(ctx context.Context, e models.Event, people map[string]models.User) string {
	switch {
	case e.ActorKind == models.System:
		return words.T(ctx, "token.event.bySystem")
	case e.ActorKind == models.Client:
		return words.T(ctx, "token.event.byClient")
	case e.ActorKind == models.Vendor:
		return words.T(ctx, "token.event.byVendor")
	case e.ActorID == "":
		return words.T(ctx, "token.event.bySomebody")
	default:
		return personName(ctx, people[e.ActorID])
	}
}

// personName is what a sentence calls a person.
func personName(ctx context.Context, u models.User) string {
	switch {
	case u.Name != "":
		return u.Name
	case u.Email != "":
		return u.Email
	default:
		return words.T(ctx, "token.event.bySomebody")
	}
}
