package portal

import (
	"net/http"

	"github.com/labstack/echo/v4"

	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// PortalLink shows the page behind a link with which the vendor's program hands a
// person over. To look spends nothing, as programs that check links ahead of people
// do it: the page's form, which script sends at once, does.
func (p *Portal) PortalLink(c echo.Context) error {
	in := view.PortalLinkInput{Bare: p.cfg.Shell.Bare(), Code: c.Param("code")}
	var err error
	if in.Handover, err = p.cfg.SignIn.OpenPortalLink(c.Request().Context(), in.Code); err != nil {
		return p.ended(c, err, view.PortalLinkEnded)
	}
	if id := web.Identity(c); id != nil && id.User.ID != in.Handover.User.ID {
		in.Other = &id.User
	}
	in.CSRF = web.CSRF(c)
	return web.Render(c, http.StatusOK, view.LinkPage(view.PortalLink(c.Request().Context(), in)))
}

// UsePortalLink signs the link's person in, whoever was before, and leads to the
// link's page.
func (p *Portal) UsePortalLink(c echo.Context) error {
	in, page, err := p.cfg.SignIn.UsePortalLink(c.Request().Context(), c.Param("code"), client(c))
	if err != nil {
		return p.ended(c, err, view.PortalLinkEnded)
	}
	if err := web.SetSession(c, in.Cookie); err != nil {
		return err
	}
	return web.Redirect(c, page)
}
