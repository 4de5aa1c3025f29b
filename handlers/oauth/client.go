package oauth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// The fields by which a client says who it is (RFC 6749 section 2.3.1, RFC 7521
// section 4.2).
const (
	fieldClientID      = "client_id"
	fieldClientSecret  = "client_secret"
	fieldAssertion     = "client_assertion"
	fieldAssertionType = "client_assertion_type"
)

// assertionType is the one that is taken (RFC 7523, section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

var (
	errClient        = web.Refuse(http.StatusUnauthorized, web.InvalidClient, "The client did not prove who it is.")
	errTwoMethods    = refuse(web.InvalidRequest, "A client proves who it is in one way: Authorization: Basic, client_secret, or client_assertion.")
	errOtherClient   = refuse(web.InvalidRequest, "client_id is not the client of the Authorization header.")
	errAssertionType = refuse(web.InvalidRequest, "client_assertion_type must be "+assertionType+" and come with client_assertion.")
)

// clientOf reads how a client proves who it is, which it does in one way: HTTP Basic
// with both parts form-encoded, the same two in the form, or an assertion.
func clientOf(c echo.Context, form web.Values) (tokens.Client, error) {
	client := tokens.Client{ClientID: form.Get(fieldClientID), IP: web.IP(c), UserAgent: web.UserAgent(c)}
	auth := c.Request().Header.Values(echo.HeaderAuthorization)
	secret, assertion := form.Get(fieldClientSecret), form.Get(fieldAssertion)
	switch ways := count(len(auth) > 0, secret != "", assertion != ""); {
	case ways > 1 || len(auth) > 1:
		return client, errTwoMethods
	case ways == 0 && form.Get(fieldAssertionType) == "":
		return client, errClient
	case (assertion != "") != (form.Get(fieldAssertionType) == assertionType), (assertion == "") != (form.Get(fieldAssertionType) == ""):
		return client, errAssertionType
	case assertion != "":
		client.Assertion = models.NewSecret(assertion)
		return client, nil
	case secret != "":
		client.Secret = models.NewSecret(secret)
		return client, nil
	}
	id, basic, ok := readBasic(auth[0])
	switch {
	case !ok:
		return client, errClient
	case client.ClientID != "" && client.ClientID != id:
		return client, errOtherClient
	}
	client.ClientID, client.Secret = id, models.NewSecret(basic)
	return client, nil
}

func count(conditions ...bool) int {
	n := 0
	for _, condition := range conditions {
		if condition {
			n++
		}
	}
	return n
}

// readBasic reads HTTP Basic (RFC 7617) as OAuth writes it: both parts are
// form-encoded first (RFC 6749, section 2.3.1).
func readBasic(header string) (id, secret string, ok bool) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimLeft(encoded, " "))
	if err != nil {
		return "", "", false
	}
	first, second, ok := strings.Cut(string(plain), ":")
	if !ok {
		return "", "", false
	}
	id, idErr := url.QueryUnescape(first)
	secret, secretErr := url.QueryUnescape(second)
	return id, secret, idErr == nil && secretErr == nil && id != "" && secret != ""
}

// callerOf tells who asks about a token: the vendor with one of its keys, or a client.
func (o *OAuth) callerOf(c echo.Context, form web.Values) (models.Caller, error) {
	client, err := clientOf(c, form)
	if err != nil {
		return models.Caller{}, err
	}
	ctx := c.Request().Context()
	if key, err := m2m.ParseKey(client.Secret.Reveal()); err == nil && key.Kind == m2m.VendorKey {
		caller, err := o.vendor(ctx, web.Shown{ClientID: client.ClientID, Secret: client.Secret, Client: web.Asker(c)})
		return caller, vendorError(err)
	}
	caller, verdict, err := o.tokens.Authenticate(ctx, client)
	if err != nil {
		return models.Caller{}, web.CouldNotTell(err)
	}
	if !verdict.Allowed {
		return models.Caller{}, errClient
	}
	caller.RequestID = web.RequestID(c)
	return caller, nil
}

func vendorError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, models.ErrUnauthenticated):
		return errClient
	default:
		return web.CouldNotTell(err)
	}
}
