package portal

import (
	"errors"
	"net/http"
	"slices"

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
		if !action.Valid() || form.All && values.Get(view.FieldAll) != view.AllMatching {
			return errBulkForm
		}
		request, err := listRequest(in, form.Query)
		if err != nil {
			return p.showListError(c, in, http.StatusBadRequest, view.ErrorBadPage)
		}
		bulk := tokens.BulkRequest{
			Context: in, Action: action, IDs: form.IDs, All: form.All, Filter: request.TokenFilter, FormID: form.ID,
		}
		if !values.Has(view.FieldCount) {
			return p.askBulk(c, form, bulk, nil)
		}
		return p.startBulk(c, form, bulk)
	}
}

// errBulkForm is about a form that no page of ours has.
var errBulkForm = web.Refuse(http.StatusBadRequest, "bad_form", "The action is none that can be done to many tokens.")

// askBulk shows what the bulk would touch, and what was wrong with the answer to that.
func (p *Portal) askBulk(c echo.Context, form view.BulkForm, bulk tokens.BulkRequest, wrong *models.InvalidError) error {
	preview, err := p.cfg.Tokens.PreviewBulk(c.Request().Context(), web.Caller(c), bulk)
	if err != nil {
		return p.bulkError(c, form, bulk, err)
	}
	form.ID = web.NewFormID()
	input := view.BulkInput{Context: bulk.Context, Action: bulk.Action, Preview: preview, Form: form}
	status := http.StatusOK
	if wrong != nil {
		status, input.Problems = http.StatusUnprocessableEntity, wrong.Problems
	}
	if input.Layout, err = p.cfg.Shell.Portal(c, section(bulk.Context)); err != nil {
		return err
	}
	return web.Render(c, status, view.BulkPage(view.Bulk(c.Request().Context(), input)))
}

// startBulk begins the bulk. A form that comes a second time leads to what it began the
// first time.
func (p *Portal) startBulk(c echo.Context, form view.BulkForm, bulk tokens.BulkRequest) error {
	begun, err := p.cfg.Tokens.StartBulk(c.Request().Context(), web.Caller(c), bulk, form.Count)
	if errors.Is(err, models.ErrConflict) {
		begun, err = p.cfg.Tokens.BulkByFormID(c.Request().Context(), web.Caller(c), bulk.Context, form.ID)
	}
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok && aboutAnswer(invalid) {
		return p.askBulk(c, form, bulk, invalid)
	}
	if err != nil {
		return p.bulkError(c, form, bulk, err)
	}
	return web.Redirect(c, views.Bulk(bulk.Context, begun.ID))
}

// aboutAnswer tells whether the page that asks has the fields that the problems are of.
func aboutAnswer(invalid *models.InvalidError) bool {
	return !slices.ContainsFunc(invalid.Problems, func(problem models.Problem) bool {
		return problem.Field != view.FieldCount && problem.Field != view.FieldForm
	})
}

// bulkError says why there is nothing to ask about, and leads back to the list.
func (p *Portal) bulkError(c echo.Context, form view.BulkForm, bulk tokens.BulkRequest, err error) error {
	invalid, ok := errors.AsType[*models.InvalidError](err)
	if !ok {
		return err
	}
	key := ""
	switch problem := invalid.Problems[0]; {
	case problem.Field != view.FieldTokens:
		return p.showListError(c, bulk.Context, http.StatusBadRequest, listErrorKey(invalid))
	case problem.Key == "too_many":
		key = view.ErrorTooManyChosen
	case !form.All && len(form.IDs) == 0:
		key = view.ErrorNoneChosen
	default:
		key = view.ErrorNoneLeft
	}
	return p.showMessage(c, http.StatusUnprocessableEntity, key, views.Tokens(bulk.Context, form.Query))
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
