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

// List shows one page of the account's API tokens or the person's own ones.
func (p *Portal) List(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		q := listQuery(web.Query(c))
		request, err := listRequest(in, q)
		if err != nil {
			return p.showListError(c, in, http.StatusBadRequest, view.ErrorBadPage)
		}
		page, err := p.cfg.Tokens.List(c.Request().Context(), web.Caller(c), request)
		if err != nil {
			return p.listError(c, in, err)
		}
		return p.showList(c, in, q, page)
	}
}

func listQuery(values web.Values) views.ListQuery {
	return views.ListQuery{Search: values.Get("q"), After: values.Get("after"), Before: values.Get("before")}
}

// listRequest reads the cursors of an address.
func listRequest(in models.Context, q views.ListQuery) (tokens.ListRequest, error) {
	after, afterErr := decodeCursor(q.After)
	before, beforeErr := decodeCursor(q.Before)
	return tokens.ListRequest{
		Context: in, TokenFilter: models.TokenFilter{Search: q.Search}, After: after, Before: before,
	}, errors.Join(afterErr, beforeErr)
}

func (p *Portal) showList(c echo.Context, in models.Context, q views.ListQuery, page models.TokenPage) error {
	id, tenant, err := account(c)
	if err != nil {
		return err
	}
	layout, err := p.cfg.Shell.Portal(c, section(in))
	if err != nil {
		return err
	}
	input := view.ListInput{
		Layout: layout, Context: in, Account: tenant.Name, M2MOn: tenant.M2MOn(id.Settings),
		MayWrite: id.Permissions.Has(in.Rights().Write), MayDelete: id.Permissions.Has(in.Rights().Delete),
		OtherHref: otherList(id, in), Query: q, Page: page, Now: p.cfg.Now(),
		Newer: encodeCursor(page.First), Older: encodeCursor(page.Last),
	}
	return web.Render(c, http.StatusOK, view.ListPage(view.List(c.Request().Context(), input)))
}

// listError says what is wrong with an address, or that the list could not be read.
// Nothing of the address is shown again: it may hold a secret.
func (p *Portal) listError(c echo.Context, in models.Context, err error) error {
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return p.showListError(c, in, http.StatusBadRequest, listErrorKey(invalid))
	}
	if errors.Is(err, models.ErrForbidden) || c.Request().Context().Err() != nil {
		return err
	}
	p.cfg.Log.ErrorContext(c.Request().Context(), "list tokens", "request_id", web.RequestID(c), "error", err)
	return p.showListError(c, in, http.StatusServiceUnavailable, view.ErrorCouldNotLoad)
}

func listErrorKey(invalid *models.InvalidError) string {
	for _, problem := range invalid.Problems {
		switch {
		case problem.Key == "secret":
			return view.ErrorSecret
		case problem.Field == "page":
			return view.ErrorBadPage
		}
	}
	return view.ErrorBadSearch
}

func (p *Portal) showListError(c echo.Context, in models.Context, status int, key string) error {
	back := views.Tokens(in, views.ListQuery{})
	if key == view.ErrorCouldNotLoad {
		if again := web.SafeNext(c.Request().URL.RequestURI()); again != "" {
			back = again
		}
	}
	ctx := c.Request().Context()
	layout := p.cfg.Shell.Error(ctx, web.Identity(c), web.CSRF(c), c.Request().URL.Path)
	return web.Render(c, status, view.MessagePage(view.Error(ctx, view.ErrorInput{
		Layout: &layout, Status: status, Key: key, RequestID: web.RequestID(c), Back: back,
	})))
}
