package console

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/web"
)

// AskRotateSigningKey says who will refuse what before the key that signs is replaced.
func (h *Console) AskRotateSigningKey(c echo.Context) error {
	key, err := h.signingKeys.Active(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, view.ConfirmPage(view.RotateSigningKey(ctxOf(c), layout, key)))
}

// RotateSigningKey replaces it, unless it is another by now than the person saw.
func (h *Console) RotateSigningKey(c echo.Context) error {
	_, err := h.signingKeys.Rotate(ctxOf(c), web.Caller(c), web.Form(c).Get(view.FieldReplaces))
	var early *signing.EarlyError
	if errors.As(err, &early) {
		layout, err := h.shell.Console(c, shell.Keys)
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusConflict, view.SecondPage(view.SigningKeyTooNew(ctxOf(c), layout, early.From)))
	}
	if errors.Is(err, models.ErrConflict) {
		layout, err := h.shell.Console(c, shell.Keys)
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusConflict, view.SecondPage(view.SigningKeyRotatedBefore(ctxOf(c), layout)))
	}
	if err != nil {
		return err
	}
	return done(c, views.VendorKeys(), "signingKey.rotated")
}
