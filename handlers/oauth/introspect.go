package oauth

import (
	"net/http"
	"net/netip"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// The fields of introspection and revocation beside the client's own. The hint is
// not needed: a token says itself what it is.
const (
	fieldToken     = "token"
	fieldTokenHint = "token_type_hint"
	// fieldClientIP is ours: from where the token was shown to the resource server.
	fieldClientIP = "client_ip"
)

var aboutFields = []string{
	fieldToken, fieldTokenHint, fieldClientIP, fieldClientID, fieldClientSecret, fieldAssertion, fieldAssertionType,
}

var (
	errNoToken  = refuse(web.InvalidRequest, "token is required.")
	errClientIP = refuse(web.InvalidRequest, "client_ip must be one IP address.")
)

// question is who asks about which token.
type question struct {
	caller   models.Caller
	token    models.Secret
	clientIP string
}

func (o *OAuth) question(c echo.Context) (question, error) {
	form, err := web.ProgramForm(c, nil, aboutFields)
	if err != nil {
		return question{}, err
	}
	caller, err := o.callerOf(c, form)
	if err != nil {
		return question{}, err
	}
	if form.Get(fieldToken) == "" {
		return question{}, errNoToken
	}
	q := question{caller: caller, token: models.NewSecret(form.Get(fieldToken))}
	if ip := form.Get(fieldClientIP); ip != "" {
		address, err := netip.ParseAddr(ip)
		if err != nil {
			return question{}, errClientIP
		}
		q.clientIP = address.Unmap().WithZone("").String()
	}
	return q, nil
}

// introspection is the answer of RFC 7662 section 2.2 about a token that is good.
type introspection struct {
	Active bool   `json:"active"`
	Scope  string `json:"scope"`
	// ClientID is the client id of a JWT, and the id of an access token.
	ClientID string `json:"client_id"`
	// TokenType is that of a JWT; an access token has none, for it is sent in X-API-KEY.
	TokenType string          `json:"token_type,omitempty"`
	Expires   m2m.NumericDate `json:"exp,omitzero"`
	IssuedAt  m2m.NumericDate `json:"iat"`
	Subject   string          `json:"sub"`
	Audience  m2m.Audience    `json:"aud,omitempty"`
	Issuer    string          `json:"iss"`
	// ID is absent from what has none.
	ID           string            `json:"jti,omitempty"`
	Confirmation *m2m.Confirmation `json:"cnf,omitempty"`
	TenantID     string            `json:"tenantId"`
	UserID       string            `json:"userId,omitempty"`
	Roles        []string          `json:"roles"`
	Permissions  []string          `json:"permissions"`
}

// inactive is all that is said of any other token.
type inactive struct {
	Active bool `json:"active"`
}

// Introspect tells a resource server what a token is (RFC 7662).
func (o *OAuth) Introspect(c echo.Context) error {
	q, err := o.question(c)
	if err != nil {
		return err
	}
	told, err := o.tokens.Introspect(c.Request().Context(), q.caller, tokens.IntrospectRequest{
		Token: q.token, ClientIP: q.clientIP, UserAgent: web.UserAgent(c),
	})
	if err != nil {
		return web.CouldNotTell(err)
	}
	noStore(c)
	if !told.Allowed {
		return web.JSON(c, http.StatusOK, inactive{})
	}
	return web.JSON(c, http.StatusOK, describe(told))
}

func describe(told tokens.Introspected) introspection {
	claims := told.Claims
	answer := introspection{
		Active: true, Scope: told.Permissions.Scope(), ClientID: claims.ClientID, Expires: claims.ExpiresAt, IssuedAt: claims.IssuedAt,
		Subject: claims.Subject, Audience: claims.Audience, Issuer: claims.Issuer, ID: claims.ID, Confirmation: claims.Confirmation,
		TenantID: claims.TenantID, UserID: claims.UserID, Roles: claims.Roles, Permissions: claims.Permissions,
	}
	switch {
	case claims.Confirmation != nil:
		answer.TokenType = "DPoP"
	case told.Credential.Token.Kind == models.ClientCredentials:
		answer.TokenType = "Bearer"
	}
	return answer
}
