package oauth

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/web"
)

var errNotRevocable = refuse(web.UnsupportedTokenType, "Secrets and keys are ended where they are managed, not here.")

// Revoke ends a token (RFC 7009). The answer is the same for one that is not there,
// has ended, or is somebody else's.
func (o *OAuth) Revoke(c echo.Context) error {
	q, err := o.question(c)
	if err != nil {
		return err
	}
	err = o.tokens.Revoke(c.Request().Context(), q.caller, q.token)
	if errors.Is(err, tokens.ErrNotRevocable) {
		return errNotRevocable
	}
	if err != nil {
		return web.CouldNotTell(err)
	}
	noStore(c)
	return c.NoContent(http.StatusOK)
}
