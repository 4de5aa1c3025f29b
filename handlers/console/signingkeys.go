package console

import (
	"context"
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
	key, err := h.signingKeys.Key(ctxOf(c), web.Caller(c), c.Param("id"))
	if err != nil {
		return err
	}
	if key.State != models.KeyActive {
		return h.showSigningKeyBusy(c, view.SigningKeyRotatedBefore)
	}
	return h.confirmSigningKey(c, view.RotateSigningKey, key)
}

// RotateSigningKey replaces it, unless another signs by now than the person saw.
func (h *Console) RotateSigningKey(c echo.Context) error {
	key, err := h.signingKeys.Rotate(ctxOf(c), web.Caller(c), c.Param("id"))
	var early *signing.EarlyError
	switch {
	case errors.As(err, &early):
		return h.showSigningKeyBusy(c, func(ctx context.Context, layout views.LayoutProps) view.SecondProps {
			return view.SigningKeyTooNew(ctx, layout, early.From)
		})
	case errors.Is(err, models.ErrConflict):
		return h.showSigningKeyBusy(c, view.SigningKeyRotatedBefore)
	case err != nil:
		return err
	case key.Algorithm == signing.RS256:
		return done(c, views.VendorKeys(), "signingKey.rotated")
	}
	return done(c, views.VendorKeys(), "signingKey.rotated.oauth", "Algorithm", key.Algorithm)
}

// AskRemoveSigningKey says how much dies with a key.
func (h *Console) AskRemoveSigningKey(c echo.Context) error {
	key, err := h.signingKeys.Key(ctxOf(c), web.Caller(c), c.Param("id"))
	if err != nil {
		return err
	}
	return h.confirmSigningKey(c, view.RemoveSigningKey, key)
}

// RemoveSigningKey ends a key and its JWTs.
func (h *Console) RemoveSigningKey(c echo.Context) error {
	if err := h.signingKeys.Remove(ctxOf(c), web.Caller(c), c.Param("id")); err != nil {
		return err
	}
	return done(c, views.VendorKeys(), "signingKey.removed")
}

type confirmSigningKey func(context.Context, views.LayoutProps, models.SigningKeyRow) view.ConfirmProps

func (h *Console) confirmSigningKey(c echo.Context, build confirmSigningKey, key models.SigningKeyRow) error {
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, view.ConfirmPage(build(ctxOf(c), layout, key)))
}

// showSigningKeyBusy answers a rotation that can't be.
func (h *Console) showSigningKeyBusy(c echo.Context, build func(context.Context, views.LayoutProps) view.SecondProps) error {
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusConflict, view.SecondPage(build(ctxOf(c), layout)))
}
