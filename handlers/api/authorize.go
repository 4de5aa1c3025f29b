package api

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

var (
	// Gateways such as nginx pass on 401 and 403 and make a fault of every other
	// refusal, so two credentials are no 400 here.
	errTwoAtGateway = web.Refuse(http.StatusUnauthorized, errTwo.Key, errTwo.Detail)
	errNotAllowed   = web.Refuse(http.StatusForbidden, "forbidden", "The credential doesn't hold what this address demands.")
	errRequirement  = web.Refuse(http.StatusForbidden, "bad_requirement",
		"The gateway's requirements can't be read, so nobody is let in. Each is role= or permission= with one key.")
)

// Authorize tells a gateway whether to let a request through, and in whose name:
// 200 with the X-Auth headers and no body, or a refusal with the challenge for the
// client. It takes what Whoami takes. What the gateway demands is in the query of
// the address that it calls; nothing else in the request counts, so that it does
// not matter what of the client's own headers, method or body the gateway passes on.
func (a *API) Authorize(c echo.Context) error {
	demanded, err := requirementsOf(c.Request().URL)
	if err != nil {
		return err
	}
	verdict, err := a.admit(c)
	if errors.Is(err, errTwo) {
		return errTwoAtGateway
	}
	if err != nil {
		return err
	}
	if !demanded.metBy(verdict) {
		challengeAs(c, demanded.challenge())
		return errNotAllowed
	}
	if err := introduce(c.Response().Header(), verdict); err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}

// requirements are the keys of roles and permissions that whoever is let through
// must hold, all of them.
type requirements struct{ roles, permissions []string }

// requirementsOf reads the query of the gateway's own address. Whatever there is
// and is no requirement is refused, the empty one included: a misspelt name or a
// variable without a value must not open an address to everybody.
func requirementsOf(address *url.URL) (requirements, error) {
	var r requirements
	if address.RawQuery == "" && !address.ForceQuery {
		return r, nil
	}
	for part := range strings.SplitSeq(address.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(value)
		switch {
		case err != nil:
			return requirements{}, errRequirement
		case name == "role" && models.ValidRoleKey(key):
			r.roles = append(r.roles, key)
		case name == "permission" && models.ValidPermissionKey(key):
			r.permissions = append(r.permissions, key)
		default:
			return requirements{}, errRequirement
		}
	}
	return r, nil
}

func (r requirements) metBy(v tokens.Verdict) bool {
	for _, key := range r.roles {
		if !slices.Contains(v.Roles, key) {
			return false
		}
	}
	for _, key := range r.permissions {
		if !v.Permissions.Has(key) {
			return false
		}
	}
	return true
}

// challenge names the permissions as the scope that would do (RFC 6750, 3).
func (r requirements) challenge() string {
	if len(r.permissions) == 0 {
		return insufficientScope
	}
	return insufficientScope + `, scope="` + strings.Join(r.permissions, " ") + `"`
}

// introduce sets the headers that a gateway hands on. All of them are always there,
// some empty: a gateway replaces the client's own headers of these names with what
// it finds here, and some keep the client's where there is none.
func introduce(h http.Header, v tokens.Verdict) error {
	roles, err := listed(v.Roles)
	if err != nil {
		return err
	}
	permissions, err := listed(v.Permissions)
	if err != nil {
		return err
	}
	token := v.Credential.Token
	h.Set("X-Auth-Tenant", token.TenantID)
	h.Set("X-Auth-Subject", token.ID)
	h.Set("X-Auth-User", token.UserID)
	h.Set("X-Auth-Roles", roles)
	h.Set("X-Auth-Permissions", permissions)
	return nil
}

// listed joins keys with commas. No key has a comma, a space or a control character
// in it (models.ValidRoleKey, models.ValidPermissionKey); one that got here would
// forge others, and is a fault.
func listed(keys []string) (string, error) {
	for _, key := range keys {
		if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r == ',' || r > '~' }) {
			return "", errors.New("a role or permission can't be in a header")
		}
	}
	return strings.Join(keys, ","), nil
}
