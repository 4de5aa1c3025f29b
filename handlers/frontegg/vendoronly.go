package frontegg

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// accessEntity is an access token as it stands now. Roles and permissions are
// keys, never null.
type accessEntity struct {
	ID          string   `json:"id"`
	TenantID    string   `json:"tenantId"`
	UserID      string   `json:"userId,omitempty"`
	Roles       []string `json:"roles"`
	Permissions []string `json:"permissions"`
	Expires     string   `json:"expires,omitempty"`
}

// errDisabled is what Frontegg's SDKs take for "not good", to the letter; any
// other failure ends their process.
var errDisabled = web.Refuse(http.StatusForbidden, "disabled", "Api tokens are disabled")

// ActiveUserAccessTokens answers GET vendor-only/users/access-tokens/v1/active.
func (f *Frontegg) ActiveUserAccessTokens(c echo.Context) error { return f.active(c, models.Personal) }

// ActiveTenantAccessTokens answers GET vendor-only/tenants/access-tokens/v1/active.
func (f *Frontegg) ActiveTenantAccessTokens(c echo.Context) error { return f.active(c, models.API) }

// active sends the ids of all accounts' tokens, or of the one that the header
// names: Frontegg's SDKs name none.
func (f *Frontegg) active(c echo.Context, in models.Context) error {
	err := list(c, "", "", func(add func(any) error) error {
		return f.cfg.Tokens.Active(c.Request().Context(), web.Caller(c), in, func(subjects []string) error {
			for _, subject := range subjects {
				if err := add(subject); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err == nil || errors.Is(err, models.ErrNotFound) {
		return err
	}
	return web.CouldNotTell(err)
}

// UserAccessToken answers GET vendor-only/users/access-tokens/v1/:id.
func (f *Frontegg) UserAccessToken(c echo.Context) error { return f.lookUp(c, models.Personal) }

// TenantAccessToken answers GET vendor-only/tenants/access-tokens/v1/:id.
func (f *Frontegg) TenantAccessToken(c echo.Context) error { return f.lookUp(c, models.API) }

func (f *Frontegg) lookUp(c echo.Context, in models.Context) error {
	verdict, err := f.cfg.Tokens.LookUp(c.Request().Context(), web.Caller(c), tokens.LookUpRequest{
		Context: in, Subject: c.Param("id"), IP: web.IP(c), UserAgent: web.UserAgent(c),
	})
	if err != nil {
		return web.CouldNotTell(err)
	}
	if !verdict.Allowed {
		return errDisabled
	}
	token := verdict.Credential.Token
	return web.JSON(c, http.StatusOK, accessEntity{
		ID: c.Param("id"), TenantID: token.TenantID, UserID: token.UserID,
		Roles: some(verdict.Roles), Permissions: some(verdict.Permissions), Expires: isoEnd(verdict.ExpiresAt),
	})
}
