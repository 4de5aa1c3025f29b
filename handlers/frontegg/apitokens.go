package frontegg

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// userAPIToken is a person's own client credentials. Secret is there once, in
// the answer to the creation. There is no id: clients would take it for an
// access token's.
type userAPIToken struct {
	ClientID    string          `json:"clientId"`
	Description string          `json:"description"`
	Metadata    json.RawMessage `json:"metadata"`
	CreatedAt   string          `json:"createdAt"`
	Secret      string          `json:"secret,omitempty"`
	Expires     string          `json:"expires,omitempty"`
}

func newUserAPIToken(t models.TokenRow) userAPIToken {
	return userAPIToken{
		ClientID: t.ID, Description: t.Description, Metadata: json.RawMessage(t.Metadata),
		CreatedAt: isoDate(t.CreatedAt), Expires: isoEnd(t.ExpiresAt),
	}
}

// tenantAPIToken is an account's client credentials.
type tenantAPIToken struct {
	userAPIToken
	TenantID        string   `json:"tenantId"`
	CreatedByUserID *string  `json:"createdByUserId"`
	PermissionIDs   []string `json:"permissionIds"`
	RoleIDs         []string `json:"roleIds"`
}

func newTenantAPIToken(t models.TokenRow) tenantAPIToken {
	return tenantAPIToken{
		userAPIToken: newUserAPIToken(t), TenantID: t.TenantID, CreatedByUserID: optional(t.CreatedBy),
		PermissionIDs: []string{}, RoleIDs: some(t.RoleIDs),
	}
}

// CreateUserAPIToken answers POST users/api-tokens/v1.
func (f *Frontegg) CreateUserAPIToken(c echo.Context) error {
	var body struct {
		newToken
		extra
	}
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	minted, err := f.mint(c, body.newToken, tokens.MintRequest{
		Context: models.Personal, Kind: models.ClientCredentials, Metadata: body.text(),
	})
	if err != nil {
		return err
	}
	answer := newUserAPIToken(minted.Token)
	answer.Secret = minted.Secret.Reveal()
	return created(c, answer)
}

// ListUserAPITokens answers GET users/api-tokens/v1.
func (f *Frontegg) ListUserAPITokens(c echo.Context) error {
	return f.listTokens(c, models.Personal, models.ClientCredentials, "", "", func(t models.TokenRow) any { return newUserAPIToken(t) })
}

// DeleteUserAPIToken answers DELETE users/api-tokens/v1/:id.
func (f *Frontegg) DeleteUserAPIToken(c echo.Context) error {
	return f.deleteToken(c, models.Personal, models.ClientCredentials)
}

// CreateTenantAPIToken answers POST tenants/api-tokens/v1 and v2.
func (f *Frontegg) CreateTenantAPIToken(c echo.Context) error {
	var body struct {
		newToken
		extra
		roleChoice
	}
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	if err := body.check(); err != nil {
		return err
	}
	minted, err := f.mint(c, body.newToken, tokens.MintRequest{
		Context: models.API, Kind: models.ClientCredentials, Metadata: body.text(), RoleIDs: body.RoleIDs,
	})
	if err != nil {
		return err
	}
	answer := newTenantAPIToken(minted.Token)
	answer.Secret = minted.Secret.Reveal()
	return created(c, answer)
}

// ListTenantAPITokens answers GET tenants/api-tokens/v1.
func (f *Frontegg) ListTenantAPITokens(c echo.Context) error {
	return f.listTokens(c, models.API, models.ClientCredentials, "", "", func(t models.TokenRow) any { return newTenantAPIToken(t) })
}

// UpdateTenantAPIToken answers PATCH tenants/api-tokens/v1/:id. What the body
// leaves out stays.
func (f *Frontegg) UpdateTenantAPIToken(c echo.Context) error {
	var body struct {
		Description *string `json:"description"`
		extra
		roleChoice
	}
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	if err := body.check(); err != nil {
		return err
	}
	caller, err := f.actor(c, models.API)
	if err != nil {
		return err
	}
	update := tokens.Update{Kind: models.ClientCredentials, Description: body.Description}
	if body.Metadata != nil {
		text := body.text()
		update.Metadata = &text
	}
	if body.RoleIDs != nil {
		update.RoleIDs = &body.RoleIDs
	}
	row, err := f.cfg.Tokens.Update(c.Request().Context(), caller, models.API, c.Param("id"), update)
	if err != nil {
		return named(err)
	}
	return web.JSON(c, http.StatusOK, newTenantAPIToken(row))
}

// DeleteTenantAPIToken answers DELETE tenants/api-tokens/v1/:id.
func (f *Frontegg) DeleteTenantAPIToken(c echo.Context) error {
	return f.deleteToken(c, models.API, models.ClientCredentials)
}
