package portal

import (
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// tokenForm is the form for a token as it was sent.
type tokenForm struct {
	shown   view.TokenForm
	life    time.Duration
	key     models.ClientKey
	invalid models.InvalidError
}

// parseTokenForm reads the fields that the form has, and no other: whose the token
// will be and of which kind is not the form's to say. The portal asks for more than the
// API does: a description, a role for an API token, a choice of the offered lives, and
// the form's one-use id.
func parseTokenForm(in models.Context, values web.Values) tokenForm {
	f := tokenForm{shown: view.TokenForm{
		Description: values.Get(view.FieldDescription), Expires: values.Get(view.FieldExpires), More: parseMore(values), ID: values.Get(view.FieldForm),
	}}
	checkDescription(f.shown.Description, &f.invalid)
	if in == models.API {
		f.shown.RoleIDs = values.All(view.FieldRoles)
		if len(f.shown.RoleIDs) == 0 {
			f.invalid.Add(view.FieldRoles, "required")
		}
	}
	i := slices.IndexFunc(models.Lives(), func(days int) bool { return view.LifeValue(days) == f.shown.Expires })
	if i < 0 {
		f.invalid.Add(view.FieldExpires, "out_of_range")
	} else {
		f.life = models.LifeOf(models.Lives()[i])
	}
	f.shown.Key, f.key = parseKeyForm(values, &f.invalid)
	f.shown.ID = web.CheckFormID(view.FieldForm, f.shown.ID, &f.invalid)
	return f
}

// checkDescription notes what is wrong with a description, which the portal's forms
// require.
func checkDescription(typed string, invalid *models.InvalidError) {
	description, problem := models.Text(typed, models.MaxTokenDescription)
	switch {
	case problem != "":
		invalid.Add(view.FieldDescription, problem, "max", models.MaxTokenDescription)
	case description == "":
		invalid.Add(view.FieldDescription, "required")
	}
}

func (f tokenForm) request(in models.Context) tokens.MintRequest {
	return tokens.MintRequest{
		Context: in, Description: f.shown.Description, RoleIDs: f.shown.RoleIDs, ExpiresIn: f.life, FormID: f.shown.ID,
		ContactID: f.shown.More.ContactID, Addresses: f.shown.More.Addresses, Metadata: f.shown.More.Metadata,
		Key: f.key,
	}
}
