package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/web"
)

// VendorKeys lists the keys of the vendor's programs, and those that sign JWTs.
func (h *Console) VendorKeys(c echo.Context) error {
	keys, err := h.vendorKeys.Keys(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	signing, err := h.signingKeys.List(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	in := view.VendorKeysInput{Keys: keys, Signing: signing, Now: h.now()}
	return web.Render(c, http.StatusOK, view.VendorKeysPage(view.VendorKeys(ctxOf(c), layout, in)))
}

// NewVendorKey shows the form for one more key.
func (h *Console) NewVendorKey(c echo.Context) error {
	return h.showNewVendorKey(c, http.StatusOK, view.NewVendorKeyInput{FormID: web.NewFormID()})
}

// CreateVendorKey makes a key. The page with its secret is the answer to the form itself.
func (h *Console) CreateVendorKey(c echo.Context) error {
	form := web.Form(c)
	in := view.NewVendorKeyInput{Name: form.Get(view.FieldName), Invalid: &models.InvalidError{}}
	in.FormID = web.CheckFormID(view.FieldForm, form.Get(view.FieldForm), in.Invalid)
	if in.Invalid.OrNil() != nil {
		return h.showNewVendorKey(c, http.StatusUnprocessableEntity, in)
	}
	minted, err := h.vendorKeys.Create(ctxOf(c), web.Caller(c), in.Name, in.FormID)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		in.Invalid = invalid
		return h.showNewVendorKey(c, http.StatusUnprocessableEntity, in)
	}
	if errors.Is(err, models.ErrConflict) {
		return h.showCreatedBefore(c, in.FormID, err)
	}
	if err != nil {
		return err
	}
	return h.showVendorSecret(c, minted, nil)
}

func (h *Console) showNewVendorKey(c echo.Context, status int, in view.NewVendorKeyInput) error {
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	return web.Render(c, status, view.NewVendorKeyPage(view.NewVendorKey(ctxOf(c), layout, in)))
}

// showCreatedBefore answers a form that has made its key already. Where that key is
// revoked, the conflict itself is the answer.
func (h *Console) showCreatedBefore(c echo.Context, formID string, conflict error) error {
	key, err := h.vendorKeys.KeyByFormID(ctxOf(c), web.Caller(c), formID)
	if errors.Is(err, models.ErrNotFound) {
		return conflict
	}
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	in := view.VendorKeyInput{Key: key, Now: h.now()}
	return web.Render(c, http.StatusConflict, view.SecondPage(view.CreatedBefore(ctxOf(c), layout, in)))
}

// VendorKey shows one key.
func (h *Console) VendorKey(c echo.Context) error {
	in, err := h.vendorKey(c)
	if err != nil {
		return err
	}
	settings, err := h.accounts.Settings(ctxOf(c))
	if err != nil {
		return err
	}
	in.ClientID, in.PublicURL = settings.ClientID, h.publicURL
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, view.VendorKeyPage(view.VendorKey(ctxOf(c), layout, in)))
}

// AskRevokeVendorKey says what stops before a key ends.
func (h *Console) AskRevokeVendorKey(c echo.Context) error {
	in, err := h.vendorKey(c)
	if err != nil {
		return err
	}
	return h.confirmVendorKey(c, view.RevokeVendorKey, in)
}

// RevokeVendorKey ends it.
func (h *Console) RevokeVendorKey(c echo.Context) error {
	key, err := h.vendorKeys.Revoke(ctxOf(c), web.Caller(c), c.Param("id"))
	if err != nil {
		return err
	}
	return done(c, views.VendorKeys(), "vendorKey.revoked", "Name", key.Name)
}

// vendorKey is the one that the address names.
func (h *Console) vendorKey(c echo.Context) (view.VendorKeyInput, error) {
	key, err := h.vendorKeys.Key(ctxOf(c), web.Caller(c), c.Param("id"))
	return view.VendorKeyInput{Key: key, Now: h.now()}, err
}

type confirmVendorKey func(context.Context, views.LayoutProps, view.VendorKeyInput) view.ConfirmProps

func (h *Console) confirmVendorKey(c echo.Context, build confirmVendorKey, in view.VendorKeyInput) error {
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, view.ConfirmPage(build(ctxOf(c), layout, in)))
}
