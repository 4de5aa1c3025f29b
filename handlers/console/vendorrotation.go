package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/web"
)

// AskRotateVendorKey shows the form for another secret. While two live, the key's page
// says what there is to do.
func (h *Console) AskRotateVendorKey(c echo.Context) error {
	in, err := h.vendorKey(c)
	if err != nil {
		return err
	}
	if len(in.Key.Secrets) != 1 {
		return web.Redirect(c, views.VendorKey(in.Key.ID))
	}
	return h.showRotateVendorKey(c, http.StatusOK, view.RotateVendorKeyInput{
		VendorKeyInput: in, Overlap: views.DefaultOverlap(), Replaces: in.Key.Secrets[0].ID, FormID: web.NewFormID(),
	})
}

// RotateVendorKey makes another secret. The page with it is the answer to the form itself.
func (h *Console) RotateVendorKey(c echo.Context) error {
	in, r := parseRotation(web.Form(c))
	if in.Invalid.OrNil() != nil {
		return h.refuseRotation(c, in)
	}
	minted, err := h.vendorKeys.Rotate(ctxOf(c), web.Caller(c), c.Param("id"), r)
	if errors.Is(err, models.ErrConflict) {
		return h.showRotatedBefore(c, r.FormID)
	}
	if err != nil {
		return err
	}
	ends := minted.Key.Secrets[0].CreatedAt.Add(r.Overlap)
	return h.showVendorSecret(c, minted, &ends)
}

// parseRotation reads the form, and says what is wrong with it.
func parseRotation(form web.Values) (view.RotateVendorKeyInput, vendors.RotateRequest) {
	in := view.RotateVendorKeyInput{
		Overlap: form.Get(view.FieldOverlap), Replaces: form.Get(view.FieldReplaces), Invalid: &models.InvalidError{},
	}
	r := vendors.RotateRequest{Replaces: in.Replaces}
	i := slices.IndexFunc(vendors.Overlaps(), func(d time.Duration) bool { return views.HoursValue(d) == in.Overlap })
	if i < 0 {
		in.Invalid.Add(view.FieldOverlap, "out_of_range")
	} else {
		r.Overlap = vendors.Overlaps()[i]
	}
	if !models.ValidID(in.Replaces) {
		in.Invalid.Add(view.FieldReplaces, "required")
	}
	in.FormID = web.CheckFormID(view.FieldForm, form.Get(view.FieldForm), in.Invalid)
	r.FormID = in.FormID
	return in, r
}

// refuseRotation shows the form again with what is wrong with it.
func (h *Console) refuseRotation(c echo.Context, in view.RotateVendorKeyInput) error {
	var err error
	if in.VendorKeyInput, err = h.vendorKey(c); err != nil {
		return err
	}
	return h.showRotateVendorKey(c, http.StatusUnprocessableEntity, in)
}

func (h *Console) showRotateVendorKey(c echo.Context, status int, in view.RotateVendorKeyInput) error {
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	in.Overlaps = vendors.Overlaps()
	return web.Render(c, status, view.RotateVendorKeyPage(view.RotateVendorKey(ctxOf(c), layout, in)))
}

// showVendorSecret shows the one page with a secret; oldEnds is the end of the secret
// before it, nil for a new key.
func (h *Console) showVendorSecret(c echo.Context, minted vendors.Minted, oldEnds *time.Time) error {
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	in := view.VendorKeyInput{Key: minted.Key, ClientID: minted.ClientID, PublicURL: h.publicURL, Now: h.now()}
	return web.RenderSecret(c, http.StatusCreated, view.VendorSecretPage(view.VendorSecret(ctxOf(c), layout, view.VendorSecretInput{
		VendorKeyInput: in, Secret: minted.Secret, OldEnds: oldEnds,
	})))
}

// showRotatedBefore answers a rotation that comes second: the same form again, or
// somebody else's.
func (h *Console) showRotatedBefore(c echo.Context, formID string) error {
	secret, err := h.vendorKeys.SecretByFormID(ctxOf(c), web.Caller(c), c.Param("id"), formID)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	return h.showSecond(c, func(ctx context.Context, layout views.LayoutProps, in view.VendorKeyInput) view.SecondProps {
		return view.RotatedBefore(ctx, layout, in, secret.CreatedAt)
	})
}

// AskEndOldVendorSecret says what stops before the secret that a rotation replaced ends.
func (h *Console) AskEndOldVendorSecret(c echo.Context) error {
	in, err := h.vendorKey(c)
	if err != nil {
		return err
	}
	if len(in.Key.Secrets) < 2 {
		return web.Redirect(c, views.VendorKey(in.Key.ID))
	}
	return h.confirmVendorKey(c, view.EndOldVendorSecret, in)
}

// EndOldVendorSecret ends it.
func (h *Console) EndOldVendorSecret(c echo.Context) error {
	key, err := h.vendorKeys.EndOld(ctxOf(c), web.Caller(c), c.Param("id"))
	if errors.Is(err, models.ErrConflict) {
		return h.showSecond(c, view.NoVendorRotation)
	}
	if err != nil {
		return err
	}
	return done(c, views.VendorKey(key.ID), "rotation.end.done", "Name", key.Name)
}

// showSecond answers a change of a key's secrets that came after another one.
func (h *Console) showSecond(c echo.Context, build func(context.Context, views.LayoutProps, view.VendorKeyInput) view.SecondProps) error {
	in, err := h.vendorKey(c)
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Keys)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusConflict, view.SecondPage(build(ctxOf(c), layout, in)))
}
