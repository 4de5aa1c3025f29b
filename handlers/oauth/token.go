package oauth

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/web"
)

// The fields of the token endpoint beside the client's own.
const (
	fieldGrantType = "grant_type"
	fieldScope     = "scope"
	fieldResource  = "resource"
)

// clientCredentials is the one grant that there is (RFC 6749, section 4.4).
const clientCredentials = "client_credentials"

var tokenFields = []string{
	fieldGrantType, fieldScope, fieldResource, fieldClientID, fieldClientSecret, fieldAssertion, fieldAssertionType,
}

var (
	errNoGrant    = refuse(web.InvalidRequest, "grant_type is required.")
	errOtherGrant = refuse(web.UnsupportedGrantType, "grant_type must be client_credentials.")
	errScope      = refuse(web.InvalidScope, "The client does not hold all of the scope, or it is not a list of permissions with one space between.")
	errTarget     = refuse(web.InvalidTarget, "A resource is not one that access tokens are made for here.")
	errProof      = refuse(web.InvalidDPoPProof, "The DPoP proof is not good for this request, or was used before.")
	errTwoProofs  = refuse(web.InvalidDPoPProof, "There must be one DPoP header.")
)

// token is the answer of RFC 6749 section 5.1.
type token struct {
	AccessToken string `json:"access_token"`
	// TokenType is Bearer or DPoP.
	TokenType string `json:"token_type"`
	// ExpiresIn is in seconds.
	ExpiresIn int64  `json:"expires_in"`
	Scope     string `json:"scope"`
}

// Token gives a client an access token (RFC 6749 section 4.4, RFC 9068), for the
// resource servers that it names (RFC 8707), bound to a key that it proves to hold
// where it does (RFC 9449).
func (o *OAuth) Token(c echo.Context) error {
	form, err := web.ProgramForm(c, []string{fieldResource}, tokenFields)
	if err != nil {
		return err
	}
	client, err := clientOf(c, form)
	if err != nil {
		return err
	}
	switch grant := form.Get(fieldGrantType); {
	case grant == "":
		return errNoGrant
	case grant != clientCredentials:
		return errOtherGrant
	}
	request := tokens.GrantRequest{Client: client, Scope: form.Get(fieldScope)}
	for _, resource := range form.All(fieldResource) {
		if resource != "" { // a parameter without a value counts as left out (RFC 6749, section 3.2)
			request.Resources = append(request.Resources, resource)
		}
	}
	answer := token{TokenType: "Bearer"}
	switch headers := c.Request().Header.Values(web.HeaderDPoP); {
	case len(headers) > 1:
		return errTwoProofs
	case len(headers) == 1:
		request.Proof = &proofs.DPoP{Proof: headers[0], Method: http.MethodPost, URL: o.publicURL + views.OAuthToken()}
		answer.TokenType = "DPoP"
	}
	granted, verdict, err := o.tokens.Grant(c.Request().Context(), request)
	switch {
	case errors.Is(err, tokens.ErrInvalidScope):
		return errScope
	case errors.Is(err, tokens.ErrInvalidTarget):
		return errTarget
	case errors.Is(err, proofs.ErrRefused):
		return errProof
	case err != nil:
		return web.CouldNotTell(err)
	case !verdict.Allowed:
		return errClient
	}
	answer.AccessToken, answer.ExpiresIn, answer.Scope = granted.AccessToken.Reveal(), int64(granted.ExpiresIn/time.Second), granted.Scope
	noStore(c)
	return web.JSON(c, http.StatusOK, answer)
}
