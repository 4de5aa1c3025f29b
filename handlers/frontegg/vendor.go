package frontegg

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

type vendorToken struct {
	Token     string `json:"token"`
	ExpiresIn int64  `json:"expiresIn"`
}

// SignInVendor answers POST auth/vendor. Genuine keys are never limited: one of
// Frontegg's SDKs signs in anew on nearly every call. Wrong ones are.
func (f *Frontegg) SignInVendor(c echo.Context) error {
	var body exchangeBody
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	if body.ClientID == "" || body.Secret == "" {
		return web.Refuse(http.StatusBadRequest, "required", "clientId and secret must be strings and not empty")
	}
	ctx, client := c.Request().Context(), web.Caller(c)
	signed, err := f.cfg.Vendors.SignIn(ctx, vendors.Request{ClientID: body.ClientID, Secret: models.NewSecret(body.Secret), Client: client})
	if errors.Is(err, models.ErrUnauthenticated) {
		if err := f.cfg.SignIn.CountWrong(ctx, signin.VendorDoor, client.IP); err != nil {
			return web.CouldNotTell(err)
		}
		return web.Refuse(http.StatusUnauthorized, "unauthenticated", "Invalid client credentials")
	}
	if err != nil {
		return web.CouldNotTell(err)
	}
	return web.JSON(c, http.StatusOK, vendorToken{signed.Token.Reveal(), seconds(signed.ExpiresIn)})
}
