package api

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/web"
)

// newPortalLink is what the vendor's program sends.
type newPortalLink struct {
	// Tenant is an account's id, User a member's id or e-mail address.
	Tenant string `json:"tenant"`
	User   string `json:"user"`
	// Page is the name or the path of one of portalPages; empty for the first
	// page that the person may see.
	Page string `json:"page"`
	// Provision makes the membership, and the person, where they are missing,
	// with Name and Roles, the keys of roles.
	Provision bool     `json:"provision"`
	Name      string   `json:"name"`
	Roles     []string `json:"roles"`
}

type portalLink struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// portalPages are the pages that a portal link may lead to, by their names. No
// other address is ever kept, so none can lead away.
func portalPages() map[string]string {
	return map[string]string{
		"":                views.Home(),
		"api-tokens":      views.Tokens(models.API, views.ListQuery{}),
		"personal-tokens": views.Tokens(models.Personal, views.ListQuery{}),
		"security":        views.Security(),
		"token-policy":    views.WorkspaceSecurity(),
	}
}

// portalPage finds a page by its name or its path.
func portalPage(asked string) (path string, ok bool) {
	pages := portalPages()
	if path, ok = pages[asked]; ok {
		return path, true
	}
	for _, path := range pages {
		if path == asked {
			return path, true
		}
	}
	return "", false
}

// CreatePortalLink answers POST /v1/portal-links: how a program of the vendor's,
// in which a person is signed in, opens the portal as them. The address works
// once, within a minute.
func (a *API) CreatePortalLink(c echo.Context) error {
	var body newPortalLink
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	page, ok := portalPage(body.Page)
	if !ok {
		return models.Invalid("page", "unknown")
	}
	ctx, caller := c.Request().Context(), web.Caller(c)
	member, err := a.accounts.Admit(ctx, caller, accounts.Guest{
		TenantID: body.Tenant, User: body.User, Provision: body.Provision, Name: body.Name, RoleKeys: body.Roles,
	})
	if err != nil {
		return err
	}
	code, expires, err := a.signIn.NewPortalLink(ctx, caller, member, page)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusCreated, portalLink{a.publicURL + views.PortalLink(code.Reveal()), expires})
}
