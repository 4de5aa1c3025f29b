package web

import (
	"mime"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
)

// Codes of OAuth's errors: RFC 6749 section 5.2, RFC 7009 section 2.2.1, RFC 8707
// section 2 and RFC 9449 section 5. The last two are those of an authorization
// endpoint (RFC 6749 section 4.1.2.1): the others have none for a fault of ours.
const (
	InvalidRequest         = "invalid_request"
	InvalidClient          = "invalid_client"
	InvalidScope           = "invalid_scope"
	InvalidTarget          = "invalid_target"
	InvalidDPoPProof       = "invalid_dpop_proof"
	UnsupportedGrantType   = "unsupported_grant_type"
	UnsupportedTokenType   = "unsupported_token_type"
	serverError            = "server_error"
	temporarilyUnavailable = "temporarily_unavailable"
)

var oauthCodes = []string{
	InvalidRequest, InvalidClient, InvalidScope, InvalidTarget, InvalidDPoPProof, UnsupportedGrantType, UnsupportedTokenType,
}

// oauthError is the body of RFC 6749 section 5.2.
type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// sendOAuth answers with a code that OAuth knows: the error's own, or what its status
// means there.
func (s *Server) sendOAuth(c echo.Context, v verdict) error {
	h := c.Response().Header()
	h.Set("Pragma", "no-cache")
	if v.status == http.StatusUnauthorized {
		h.Set(echo.HeaderWWWAuthenticate, `Basic realm="Latchkey", charset="UTF-8"`)
	}
	return s.sendJSON(c, v.status, "application/json", oauthError{oauthCode(v), v.detail})
}

func oauthCode(v verdict) string {
	switch {
	case slices.Contains(oauthCodes, v.key):
		return v.key
	case v.status == http.StatusUnauthorized:
		return InvalidClient
	case v.status == http.StatusServiceUnavailable, v.status == http.StatusTooManyRequests:
		return temporarilyUnavailable
	case v.status >= http.StatusInternalServerError:
		return serverError
	default:
		return InvalidRequest
	}
}

var (
	errFormType    = Refuse(http.StatusBadRequest, InvalidRequest, "The body must be application/x-www-form-urlencoded.")
	errFormInQuery = Refuse(http.StatusBadRequest, InvalidRequest, "Parameters belong into the body, not into the address.")
)

// ProgramForm reads the form that a program posts to a route that is open to
// everybody. many names the fields that may come more than once. A field of the form
// in the address is refused, for addresses are kept in logs; so is a body of another type.
func ProgramForm(c echo.Context, many, fields []string) (Values, error) {
	r := c.Request()
	query, err := ParseForm(r.URL.RawQuery, nil)
	if err != nil {
		return Values{}, err
	}
	if slices.ContainsFunc(fields, query.Has) {
		return Values{}, errFormInQuery
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationForm {
		return Values{}, errFormType
	}
	return readForm(r, many)
}
