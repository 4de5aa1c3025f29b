package frontegg

import (
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// userAccessToken is a person's own access token. Secret is there once, in the
// answer to the creation.
type userAccessToken struct {
	ID          string `json:"id"`
	CreatedAt   string `json:"createdAt"`
	Description string `json:"description"`
	Secret      string `json:"secret,omitempty"`
	Expires     string `json:"expires,omitempty"`
}

func newUserAccessToken(t models.TokenRow) userAccessToken {
	return userAccessToken{ID: t.ID, CreatedAt: isoDate(t.CreatedAt), Description: t.Description, Expires: isoEnd(t.ExpiresAt)}
}

// tenantAccessToken is an account's access token.
type tenantAccessToken struct {
	userAccessToken
	RoleIDs         []string `json:"roleIds"`
	CreatedByUserID *string  `json:"createdByUserId"`
}

func newTenantAccessToken(t models.TokenRow) tenantAccessToken {
	return tenantAccessToken{newUserAccessToken(t), some(t.RoleIDs), optional(t.CreatedBy)}
}

// Lists of access tokens stand in an object, unlike those of api-tokens.
const (
	beforeAccessTokens = `{"accessTokens":`
	behindAccessTokens = "}"
)

// CreateUserAccessToken answers POST users/access-tokens/v1.
func (f *Frontegg) CreateUserAccessToken(c echo.Context) error {
	var body newToken
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	minted, err := f.mint(c, body, tokens.MintRequest{Context: models.Personal, Kind: models.AccessToken})
	if err != nil {
		return err
	}
	answer := newUserAccessToken(minted.Token)
	answer.Secret = minted.Secret.Reveal()
	return created(c, answer)
}

// ListUserAccessTokens answers GET users/access-tokens/v1.
func (f *Frontegg) ListUserAccessTokens(c echo.Context) error {
	return f.listTokens(c, models.Personal, models.AccessToken, beforeAccessTokens, behindAccessTokens,
		func(t models.TokenRow) any { return newUserAccessToken(t) })
}

// DeleteUserAccessToken answers DELETE users/access-tokens/v1/:id.
func (f *Frontegg) DeleteUserAccessToken(c echo.Context) error {
	return f.deleteToken(c, models.Personal, models.AccessToken)
}

// CreateTenantAccessToken answers POST tenants/access-tokens/v1.
func (f *Frontegg) CreateTenantAccessToken(c echo.Context) error {
	var body struct {
		newToken
		roleChoice
	}
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	if err := body.check(); err != nil {
		return err
	}
	minted, err := f.mint(c, body.newToken, tokens.MintRequest{Context: models.API, Kind: models.AccessToken, RoleIDs: body.RoleIDs})
	if err != nil {
		return err
	}
	answer := newTenantAccessToken(minted.Token)
	answer.Secret = minted.Secret.Reveal()
	return created(c, answer)
}

// ListTenantAccessTokens answers GET tenants/access-tokens/v1.
func (f *Frontegg) ListTenantAccessTokens(c echo.Context) error {
	return f.listTokens(c, models.API, models.AccessToken, beforeAccessTokens, behindAccessTokens,
		func(t models.TokenRow) any { return newTenantAccessToken(t) })
}

// DeleteTenantAccessToken answers DELETE tenants/access-tokens/v1/:id.
func (f *Frontegg) DeleteTenantAccessToken(c echo.Context) error {
	return f.deleteToken(c, models.API, models.AccessToken)
}
