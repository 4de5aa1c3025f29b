package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// A parameter in the address is refused though the body has all that is needed:
// addresses are kept in logs, and what is read from two places is read differently.
func TestOAuth_NoParameterMayBeInTheAddress(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		basic, jwt := clientBasic(m.Token.ID, m.Secret.Reveal()), w.granted(m)
		client := []string{"client_id", m.Token.ID, "client_secret", m.Secret.Reveal(), "client_assertion", jwt, "client_assertion_type", jwtBearer}
		about := append([]string{"token", jwt, "token_type_hint", "access_token", "client_ip", "203.0.113.7"}, client...)
		for path, endpoint := range map[string]struct {
			body       url.Values
			parameters []string
		}{
			tokenPath: {
				formOf("grant_type", "client_credentials"),
				append([]string{"grant_type", "client_credentials", "scope", "reports.read", "resource", publicURL}, client...),
			},
			introspectPath: {formOf("token", jwt), about},
			revokePath:     {formOf("token", jwt), about},
		} {
			for i := 0; i+1 < len(endpoint.parameters); i += 2 {
				name, value := endpoint.parameters[i], endpoint.parameters[i+1]
				for _, query := range []string{name + "=" + url.QueryEscape(value), name + "=", name, "x=1&" + name + "=" + url.QueryEscape(value)} {
					a := w.post(path+"?"+query, endpoint.body, "Authorization", basic)
					got := a.fields(t)
					if a.status != http.StatusBadRequest || got["error"] != "invalid_request" || got["error_description"] != "Parameters belong into the body, not into the address." ||
						strings.Contains(a.body, value) || a.header.Get("Cache-Control") != "no-store" {
						t.Errorf("%s?%.40s: %d %s", path, query, a.status, a.body)
					}
				}
			}
			if path == revokePath {
				if a := w.bearer(jwt); a.status != http.StatusOK {
					t.Errorf("a refused revocation ended it: %d", a.status)
				}
			}
		}
		for path, body := range map[string]url.Values{tokenPath: formOf("grant_type", "client_credentials"), introspectPath: formOf("token", "x"), revokePath: formOf("token", "x")} {
			if a := w.post(path+"?trace=1", body, "Authorization", basic); a.status != http.StatusOK {
				t.Errorf("%s with another parameter: %d %s", path, a.status, a.body)
			}
		}
	})
}

// The endpoints take POST. OPTIONS tells so (RFC 9110, section 9.3.7), and lets no
// page of another origin in.
func TestOAuth_EndpointsTakePOSTAndSaySo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	m := w.mint(combination{models.API, models.ClientCredentials}, 0)
	jwt := w.granted(m)
	body := formOf("grant_type", "client_credentials", "token", jwt).Encode()
	headers := []string{
		"Content-Type", formType, "Authorization", clientBasic(m.Token.ID, m.Secret.Reveal()),
		"Origin", "https://app.vendor.example", "Access-Control-Request-Method", "POST",
	}
	for _, path := range []string{tokenPath, introspectPath, revokePath} {
		for method, status := range map[string]int{
			"GET": 405, "HEAD": 405, "PUT": 405, "PATCH": 405, "DELETE": 405, "TRACE": 405, "PROPFIND": 405, "post": 405, "OPTIONS": 204,
		} {
			a := w.send(method, path, body, headers...)
			if a.status != status || a.header.Get("Allow") != "OPTIONS, POST" || a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s: %d %v", method, path, a.status, a.header)
			}
			switch {
			case method == "OPTIONS" && a.body != "":
				t.Errorf("%s %s: %s", method, path, a.body)
			case method != "OPTIONS" && method != "HEAD" && a.fields(t)["error"] != "invalid_request":
				t.Errorf("%s %s: %s", method, path, a.body)
			}
		}
	}
	if a := w.bearer(jwt); a.status != http.StatusOK {
		t.Errorf("another method ended a JWT: %d", a.status)
	}
}
