package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// Bulk asks before it does something to many tokens, and begins it once the form
// comes back with their number.
func (p *Portal) Bulk(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		values := web.Form(c)
		form := view.BulkForm{
			IDs: values.All(view.FieldTokens), All: values.Has(view.FieldAll), Query: views.ReadListQuery(values.Get).With(views.PartAfter, ""),
			Count: values.Get(view.FieldCount), ID: values.Get(view.FieldForm),
		}
		action := models.BulkAction(values.Get(view.FieldAction))
		request, err := listRequest(in, form.Query)
		if err != nil || !action.Valid() {
			return p.showListError(c, in, http.StatusBadRequest, view.ErrorBadPage)
		}
		bulk := tokens.BulkRequest{
			Context: in, Action: action, IDs: form.IDs, All: form.All, Filter: request.TokenFilter, FormID: form.ID,
		}
		preview, err := p.cfg.Tokens.PreviewBulk(c.Request().Context(), web.Caller(c), bulk)
		if err != nil {
			return p.bulkError(c, in, form, err)
		}
		if !values.Has(view.FieldCount) {
			form.ID = newFormID()
			return p.showBulk(c, http.StatusOK, view.BulkInput{Context: in, Action: action, Preview: preview, Form: form})
		}
		begun, err := p.cfg.Tokens.StartBulk(c.Request().Context(), web.Caller(c), bulk, form.Count)
		if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
			form.ID = newFormID()
			return p.showBulk(c, http.StatusUnprocessableEntity, view.BulkInput{
				Context: in, Action: action, Preview: preview, Form: form, Problems: invalid.Problems,
			})
		}
		if errors.Is(err, models.ErrConflict) {
			begun, err = p.cfg.Tokens.BulkByFormID(c.Request().Context(), web.Caller(c), in, form.ID)
		}
		if err != nil {
			return err
		}
		return web.Redirect(c, views.Bulk(in, begun.ID))
	}
}

// bulkError leads back to the list when nothing (any more) is chosen.
func (p *Portal) bulkError(c echo.Context, in models.Context, form view.BulkForm, err error) error {
	invalid, ok := errors.AsType[*models.InvalidError](err)
	if !ok {
		return err
	}
	if invalid.Problems[0].Field == view.FieldTokens && invalid.Problems[0].Key == "required" {
		web.SetFlash(c, "bulk.none")
		return web.Redirect(c, views.Tokens(in, form.Query))
	}
	return p.showListError(c, in, http.StatusBadRequest, view.ErrorBadPage)
}

func (p *Portal) showBulk(c echo.Context, status int, input view.BulkInput) error {
	var err error
	if input.Layout, err = p.cfg.Shell.Portal(c, section(input.Context)); err != nil {
		return err
	}
	return web.Render(c, status, view.BulkPage(view.Bulk(c.Request().Context(), input)))
}

// BulkProgress tells how far a bulk has come.
func (p *Portal) BulkProgress(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		bulk, err := p.cfg.Tokens.Bulk(c.Request().Context(), web.Caller(c), in, c.Param("id"))
		if err != nil {
			return err
		}
		layout, err := p.cfg.Shell.Portal(c, section(in))
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusOK, view.BulkProgressPage(view.BulkProgress(c.Request().Context(), view.BulkProgressInput{
			Layout: layout, Bulk: bulk, MayStop: web.Caller(c).May(bulk.Action.Right(in)),
		})))
	}
}

// StopBulk ends a bulk; one that is over already shows how it ended.
func (p *Portal) StopBulk(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := p.cfg.Tokens.StopBulk(c.Request().Context(), web.Caller(c), in, c.Param("id"))
		if err != nil && !errors.Is(err, models.ErrConflict) {
			return err
		}
		return web.Redirect(c, views.Bulk(in, c.Param("id")))
	}
}
