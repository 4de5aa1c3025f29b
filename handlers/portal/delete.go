package portal

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// AskDelete names the token that is to be deleted and says what stops.
func (p *Portal) AskDelete(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		token, err := p.cfg.Tokens.Get(c.Request().Context(), web.Caller(c), in, c.Param("id"))
		if err != nil {
			return err
		}
		id, tenant, err := account(c)
		if err != nil {
			return err
		}
		layout, err := p.cfg.Shell.Portal(c, section(in))
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusOK, view.AskPage(view.Delete(c.Request().Context(), view.DeleteInput{
			Layout: layout, M2MOn: tenant.M2MOn(id.Settings), MayWrite: web.Caller(c).May(in.Rights().Write), Token: token, Now: p.cfg.Now(),
		})))
	}
}

// Delete deletes a token and goes back to its list.
func (p *Portal) Delete(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		token, err := p.cfg.Tokens.Delete(c.Request().Context(), web.Caller(c), in, c.Param("id"))
		if err != nil {
			return err
		}
		web.SetFlash(c, "tokens.delete.done", "Name", nameOf(token))
		return web.Redirect(c, views.Tokens(in, views.ListQuery{}))
	}
}
