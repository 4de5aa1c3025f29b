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
		q := views.ReadListQuery(web.Query(c).Get)
		request, err := listRequest(in, q)
		if err != nil {
			return p.showListError(c, in, http.StatusBadRequest, view.ErrorBadPage)
		}
		page, err := p.cfg.Tokens.List(c.Request().Context(), web.Caller(c), request)
		if err != nil {
			return p.listError(c, in, err)
		}
		overview, err := p.cfg.Tokens.Overview(c.Request().Context(), web.Caller(c), in)
		if err != nil {
			return p.listError(c, in, err)
		}
		return p.showList(c, view.ListInput{
			Context: in, Query: q, Order: request.Order, Page: page, Overview: overview,
			Newer: encodeCursor(request.Order, page.First), Older: encodeCursor(request.Order, page.Last),
		})
	}
}

var errQuery = errors.New("not a query of this list")

// listRequest reads what an address asks for; what its values mean is the list's to
// judge. Personal tokens hold no roles of their own and have one maker, so nothing of
// theirs is found by either.
func listRequest(in models.Context, q views.ListQuery) (tokens.ListRequest, error) {
	r := tokens.ListRequest{Context: in, TokenFilter: models.TokenFilter{
		Search: q.Search, State: models.TokenState(q.State), NeverUsed: q.Used == views.UsedNever,
		Kind: models.Kind(q.Type), RoleKey: q.Role, Creator: q.Creator,
	}}
	order, known := views.ReadSort(q.Sort)
	if !known || q.Used != "" && !r.NeverUsed || in == models.Personal && q.Role+q.Creator != "" {
		return r, errQuery
	}
	if r.Order = order; q.Sort == "" {
		r.Order = r.DefaultOrder()
	}
	var afterErr, beforeErr error
	r.After, afterErr = decodeCursor(r.Order, q.After)
	r.Before, beforeErr = decodeCursor(r.Order, q.Before)
	return r, errors.Join(afterErr, beforeErr)
}

// showList adds what the page shows of the person and the account.
func (p *Portal) showList(c echo.Context, input view.ListInput) error {
	id, tenant, err := account(c)
	if err != nil {
		return err
	}
	if input.Layout, err = p.cfg.Shell.Portal(c, section(input.Context)); err != nil {
		return err
	}
	rights := input.Context.Rights()
	input.Account, input.M2MOn, input.Now = tenant.Name, tenant.M2MOn(id.Settings), p.cfg.Now()
	input.MayWrite, input.MayDelete = id.Permissions.Has(rights.Write), id.Permissions.Has(rights.Delete)
	input.Policies = tenant.Policies(id.Settings)
	input.Lacks = input.Policies.Lacks(id.Permissions, input.Now)
	input.OtherHref = otherList(id, input.Context)
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
		case problem.Field != string(views.PartSearch):
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
	return p.showMessage(c, status, key, back)
}

// showMessage is an error's page that leads back to the list.
func (p *Portal) showMessage(c echo.Context, status int, key, back string) error {
	ctx := c.Request().Context()
	layout := p.cfg.Shell.Error(ctx, web.Identity(c), web.CSRF(c), c.Request().URL.Path)
	return web.Render(c, status, view.MessagePage(view.Error(ctx, view.ErrorInput{
		Layout: &layout, Status: status, Key: key, RequestID: web.RequestID(c), Back: back,
	})))
}
