package portal

import (
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// parseKeyForm reads what client credentials are to prove themselves with: the zero
// key for a secret. Only the field that was chosen is read, and what is in it is shown
// again unless it holds a secret.
func parseKeyForm(values web.Values, invalid *models.InvalidError) (view.KeyForm, models.ClientKey) {
	shown := view.KeyForm{Proof: values.Get(view.FieldProof)}
	switch shown.Proof {
	case "", view.ProofSecret: // the form of an access token has no choice
		return shown, models.ClientKey{}
	case view.ProofJWK:
		typed := values.Get(view.FieldJWK)
		key, mayShow := checkKey(view.FieldJWK, typed, models.ClientKey{JWK: typed}, invalid)
		if mayShow {
			shown.JWK = typed
		}
		return shown, key
	case view.ProofJWKS:
		typed := values.Get(view.FieldJWKSURL)
		key, mayShow := checkKey(view.FieldJWKSURL, typed, models.ClientKey{JWKSURL: typed}, invalid)
		if mayShow {
			shown.JWKSURL = typed
		}
		return shown, key
	default:
		invalid.Add(view.FieldProof, "unknown")
		return view.KeyForm{Proof: view.ProofSecret}, models.ClientKey{}
	}
}

// checkKey gives a key as it is to be kept, and whether what was typed may be shown.
func checkKey(field, typed string, key models.ClientKey, invalid *models.InvalidError) (checked models.ClientKey, mayShow bool) {
	if typed == "" {
		invalid.Add(field, "required") // the zero key would be a secret
		return models.ClientKey{}, true
	}
	var found models.InvalidError
	checked, mayShow = tokens.CheckKey(key, &found), true
	for _, p := range found.Problems {
		mayShow = mayShow && !tokens.MustHide(p.Key)
	}
	invalid.Problems = append(invalid.Problems, found.Problems...)
	return checked, mayShow
}

// showKeyed answers a form that made no secret: the token's own page says how its
// program signs, and may be opened again.
func showKeyed(c echo.Context, in models.Context, flash string, token models.TokenRow) error {
	web.SetFlash(c, flash, "Name", nameOf(token))
	return web.Redirect(c, views.Token(in, token.ID))
}
