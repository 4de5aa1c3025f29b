package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
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

// A parameter without a value counts as left out (RFC 6749, section 3.2): libraries
// send all that they know, also beside HTTP Basic.
func TestOAuth_AParameterWithoutAValueIsLeftOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		m, signer := w.mint(combination{models.API, models.ClientCredentials}, 0), h.client(w)
		jwt := w.granted(m)
		for path, more := range map[string][]string{
			tokenPath:      {"grant_type", "client_credentials", "scope", "", "resource", "", "resource", ""},
			introspectPath: {"token", jwt, "token_type_hint", "", "client_ip", ""},
			revokePath:     {"token", "x", "token_type_hint", "", "client_ip", ""},
		} {
			for name, tc := range map[string]struct {
				form    []string
				headers []string
			}{
				"Basic": {
					[]string{"client_id", "", "client_secret", "", "client_assertion", "", "client_assertion_type", ""},
					[]string{"Authorization", clientBasic(m.Token.ID, m.Secret.Reveal())},
				},
				"a secret": {[]string{"client_id", m.Token.ID, "client_secret", m.Secret.Reveal(), "client_assertion", "", "client_assertion_type", ""}, nil},
				"an assertion": {
					[]string{"client_id", "", "client_secret", "", "client_assertion", h.assertion(w, signer.Token.ID, nil), "client_assertion_type", jwtBearer}, nil,
				},
			} {
				a := w.post(path, formOf(append(tc.form, more...)...), tc.headers...)
				if a.status != http.StatusOK || path == introspectPath && a.fields(t)["active"] != true {
					t.Errorf("%s with %s: %d %s", path, name, a.status, a.body)
				}
			}
			for _, kind := range []string{jwtBearer, "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"} {
				a := w.post(path, formOf(append(more, "client_assertion_type", kind)...), "Authorization", clientBasic(m.Token.ID, m.Secret.Reveal()))
				if a.status != http.StatusBadRequest || a.fields(t)["error"] != "invalid_request" {
					t.Errorf("%s with Basic and the type of an assertion, %s: %d %s", path, kind, a.status, a.body)
				}
			}
		}
	})
}

// A vendor key is no client: it asks about tokens and ends them, by Basic or in the
// form, and gets none. At the token endpoint nobody learns whether it is a good one.
func TestOAuth_AVendorKeyAsksAboutTokensAndGetsNone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		key, m, foreign := w.vendorKey(), w.mint(combination{models.API, models.ClientCredentials}, 0), w.foreign()
		wrong := w.grant(tokens.Minted{Token: m.Token, Secret: foreign.Secret})
		shown := []string{"client_id", key.ClientID, "client_secret", key.Secret.Reveal()}
		basic := []string{"Authorization", clientBasic(key.ClientID, key.Secret.Reveal())}
		for name, a := range map[string]answer{
			"Basic":      w.post(tokenPath, formOf("grant_type", "client_credentials"), basic...),
			"the form":   w.post(tokenPath, formOf(append(shown, "grant_type", "client_credentials")...)),
			"an unknown": w.post(tokenPath, formOf("grant_type", "client_credentials", "client_id", key.ClientID, "client_secret", m2m.NewKey("lk", m2m.VendorKey).Reveal())),
		} {
			if a.status != http.StatusUnauthorized || a.fields(t)["error"] != "invalid_client" || a.bare() != wrong.bare() {
				t.Errorf("a token for a vendor key (%s): %d %s", name, a.status, a.body)
			}
		}
		for _, one := range []tokens.Minted{m, foreign} {
			jwt := w.granted(one)
			for name, a := range map[string]answer{
				"Basic": w.post(introspectPath, formOf("token", jwt), basic...), "the form": w.post(introspectPath, formOf(append(shown, "token", jwt)...)),
			} {
				if a.status != http.StatusOK || a.fields(t)["active"] != true {
					t.Errorf("introspection by %s: %d %s", name, a.status, a.body)
				}
			}
			if a := w.post(revokePath, formOf(append(shown, "token", jwt)...)); a.status != http.StatusOK {
				t.Errorf("revocation by the form: %d %s", a.status, a.body)
			}
			if a := w.bearer(jwt); a.status != http.StatusUnauthorized {
				t.Errorf("revoked by the form, whoami says %d", a.status)
			}
		}
	})
}

// No refusal says again what was sent, nor may it be kept.
func TestOAuth_RefusalsRepeatNothingAndAreNotKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		basic := clientBasic(m.Token.ID, m.Secret.Reveal())
		const sent = "sent.by.the.client"
		wrong := h.proofAt(w, http.MethodPost, "https://"+sent+tokenPath, "")
		for code, a := range map[string]answer{
			"invalid_scope":          w.grant(m, "scope", sent),
			"invalid_target":         w.grant(m, "resource", "https://"+sent),
			"unsupported_grant_type": w.post(tokenPath, formOf("grant_type", sent), "Authorization", basic),
			"invalid_dpop_proof":     w.post(tokenPath, formOf("grant_type", "client_credentials"), "Authorization", basic, "DPoP", wrong),
			"unsupported_token_type": w.post(revokePath, formOf("token", m.Secret.Reveal()), "Authorization", basic),
			"invalid_request":        w.post(introspectPath, formOf("token", "x", "client_ip", sent), "Authorization", basic),
			"invalid_client":         w.post(tokenPath, formOf("grant_type", "client_credentials", "client_id", sent, "client_secret", sent)),
		} {
			got := a.fields(t)
			if a.status < 400 || got["error"] != code || len(got) != 2 || got["error_description"] == "" || a.header.Get("Content-Type") != "application/json" ||
				a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" {
				t.Errorf("%s: %d %v %s", code, a.status, a.header, a.body)
			}
			var headers strings.Builder
			w.must(a.header.Write(&headers))
			for _, text := range []string{sent, wrong, m.Secret.Reveal(), m.Token.ID} {
				if strings.Contains(headers.String()+a.body, text) {
					t.Errorf("%s repeats %.30s: %s", code, text, a.body)
				}
			}
		}
	})
}
