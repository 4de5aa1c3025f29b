package frontegg

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// adminBox is the one sort of metadata that Latchkey keeps: which modules the
// portal has.
const adminBox = "adminBox"

// unserved are modules of Frontegg's portal whose pages would ask for what
// Latchkey does not have.
var unserved = []string{
	"account", "audits", "groups", "privacy", "provisioning", "roles", "security", "sso", "subscriptions", "users", "webhooks",
}

type metadataRows struct {
	Rows []metadataRow `json:"rows"`
}

type metadataRow struct {
	Configuration adminBoxConfiguration `json:"configuration"`
}

type adminBoxConfiguration struct {
	Navigation map[string]module `json:"navigation"`
}

// module is a tab of the portal. Permissions are those that by-permissions asks
// for.
type module struct {
	Visibility  models.Visibility `json:"visibility"`
	Permissions []string          `json:"permissions,omitempty"`
}

func newModule(v models.Visibility, permission string) module {
	m := module{Visibility: v}
	if v == models.ByPermissions {
		m.Permissions = []string{permission}
	}
	return m
}

func newAdminBox(api, personal models.Visibility) metadataRows {
	navigation := map[string]module{
		string(web.APITokens):      newModule(api, models.ReadTenantTokens),
		string(web.PersonalTokens): newModule(personal, models.ReadUserTokens),
	}
	for _, name := range unserved {
		navigation[name] = module{Visibility: models.Hidden}
	}
	return metadataRows{[]metadataRow{{adminBoxConfiguration{navigation}}}}
}

// Metadata answers GET /metadata, which browsers read before anybody is known.
func (f *Frontegg) Metadata(c echo.Context) error {
	if c.QueryParam("entityName") != adminBox {
		return web.JSON(c, http.StatusOK, metadataRows{[]metadataRow{}})
	}
	settings, err := f.cfg.Accounts.Settings(c.Request().Context())
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, newAdminBox(settings.APITokens, settings.PersonalTokens))
}

// newMetadata is what the vendor posts; modules that it leaves out stay, and what
// else it says of the portal's looks is not kept.
type newMetadata struct {
	EntityName    string `json:"entityName"`
	Configuration struct {
		Navigation struct {
			APITokens      givenModule `json:"apiTokens"`
			PersonalTokens givenModule `json:"personalApiTokens"`
		} `json:"navigation"`
	} `json:"configuration"`
}

type givenModule struct {
	Visibility *models.Visibility `json:"visibility"`
}

// over is the visibility that is given where it differs from the one before, else nil.
func (g givenModule) over(before models.Visibility, name web.Module) (*models.Visibility, error) {
	if g.Visibility != nil && !g.Visibility.Valid() {
		return nil, must("configuration.navigation."+string(name)+".visibility", "be hidden, always or byPermissions")
	}
	return other(g.Visibility, before), nil
}

// SaveMetadata answers POST /metadata.
func (f *Frontegg) SaveMetadata(c echo.Context) error {
	var body newMetadata
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	if body.EntityName != adminBox {
		return must("entityName", "be "+adminBox)
	}
	ctx := c.Request().Context()
	settings, err := f.cfg.Accounts.Settings(ctx)
	if err != nil {
		return err
	}
	given := body.Configuration.Navigation
	api, err := given.APITokens.over(settings.APITokens, web.APITokens)
	if err != nil {
		return err
	}
	personal, err := given.PersonalTokens.over(settings.PersonalTokens, web.PersonalTokens)
	if err != nil {
		return err
	}
	if api != nil || personal != nil {
		if err := f.cfg.Accounts.UpdateModules(ctx, byVendor(c), api, personal); err != nil {
			return err
		}
	}
	if settings, err = f.cfg.Accounts.Settings(ctx); err != nil {
		return err
	}
	return created(c, newAdminBox(settings.APITokens, settings.PersonalTokens))
}

// Flags answers GET /flags: none is set.
func (f *Frontegg) Flags(c echo.Context) error { return web.JSON(c, http.StatusOK, struct{}{}) }

type vendorPage struct {
	Name           string `json:"name"`
	Logo           string `json:"logo"`
	Icon           string `json:"icon"`
	WhiteLabelMode bool   `json:"whiteLabelMode"`
}

// PublicVendor answers GET /vendors/public. White label leaves Frontegg's name
// out of its own pages.
func (f *Frontegg) PublicVendor(c echo.Context) error {
	return web.JSON(c, http.StatusOK, vendorPage{Name: "Latchkey", WhiteLabelMode: true})
}
