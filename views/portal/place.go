package portal

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/words"
)

// place is where the tokens of a context are: an account's, or a person's own.
type place struct{ context models.Context }

func (p place) personal() bool { return p.context == models.Personal }

// pick is the text or key of the API tokens or the personal ones.
func (p place) pick(api, personal string) string {
	if p.personal() {
		return personal
	}
	return api
}

func (p place) list(q views.ListQuery) string { return views.Tokens(p.context, q) }

func (p place) newest() string { return p.list(views.ListQuery{}) }

func (p place) generate() string { return views.NewToken(p.context) }

func (p place) token(id string) string { return views.Token(p.context, id) }

func (p place) find() string { return views.FindToken(p.context) }

func (p place) edit(id string) string { return views.EditToken(p.context, id) }

func (p place) rotate(id string) string { return views.RotateToken(p.context, id) }

func (p place) endOld(id string) string { return views.EndOldSecret(p.context, id) }

func (p place) cancelRotation(id string) string { return views.CancelRotation(p.context, id) }

func (p place) endJWTs(id string) string { return views.EndJWTs(p.context, id) }

func (p place) disable(id string) string { return views.DisableToken(p.context, id) }

func (p place) enable(id string) string { return views.EnableToken(p.context, id) }

func (p place) remove(id string) string { return views.DeleteToken(p.context, id) }

// back is what the way up to the list is called.
func (p place) back(ctx context.Context) string {
	return words.T(ctx, p.pick("nav.apiTokens", "nav.personalTokens"))
}

// kindName is a kind as people read it.
func kindName(ctx context.Context, kind models.Kind) string {
	if kind == models.AccessToken {
		return words.T(ctx, "tokens.kind.accessToken")
	}
	return words.T(ctx, "tokens.kind.credentials")
}

// tokenName is what a sentence calls a token: its description, or its id when a
// program made it without one.
func tokenName(t models.Token) string {
	if t.Description == "" {
		return t.ID
	}
	return t.Description
}

func roleNames(roles []models.Role) []string {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = role.Name
	}
	return names
}

// byPerson tells whether somebody is known to have made the token.
func byPerson(t models.TokenRow) bool { return t.CreatorName != "" || t.CreatorEmail != "" }

// maker is who made a token, and the e-mail if it is known.
func maker(ctx context.Context, t models.TokenRow) (name, email string) {
	switch {
	case t.CreatorName != "":
		return t.CreatorName, t.CreatorEmail
	case t.CreatorEmail != "":
		return t.CreatorEmail, ""
	default:
		return words.T(ctx, "tokens.vendor"), ""
	}
}
