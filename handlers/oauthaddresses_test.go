package handlers_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// proofAt is a proof of RFC 9449 for a whole address.
func (h holder) proofAt(w *world, method, address, token string) string {
	h.t.Helper()
	now := w.clock.Now()
	claims := map[string]any{"htm": method, "htu": address, "jti": models.NewID(now), "iat": now.Unix()}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return h.sign("dpop+jwt", true, claims)
}

// forwarded sends a request as a trusted proxy does that has names of its own for
// Latchkey, all of which are internal.example.
func (w *world) forwarded(method, path, body string, headers ...string) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host, r.RemoteAddr = "internal.example:8080", "10.0.0.1:80"
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host"} {
		r.Header.Set(name, "internal.example:8080")
	}
	r.Header.Set("Forwarded", "host=internal.example:8080;proto=http")
	r.Header.Set("X-Forwarded-Proto", "http")
	r.Header.Set("X-Forwarded-Port", "8080")
	r.Header.Set("X-Forwarded-Prefix", "/inside")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// What a proof must name is the address that clients know. Nothing of a request says
// which that is: whoever passes on a proof that was made for them would say theirs.
func TestDPoP_ProofsAreForThePublicAddressWhateverARequestSays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		m := h.client(w)
		jwt := w.bound(h, m)
		addresses := map[string]bool{publicURL: true}
		for _, wrong := range []string{
			"http://internal.example:8080", "http://internal.example", "https://internal.example:8080", "https://internal.example",
			"http://internal.example:8080/inside", publicURL + "/inside", "https" + strings.TrimPrefix(publicURL, "http"), publicURL + ":8080",
		} {
			addresses[wrong] = false
		}
		for address, good := range addresses {
			a := w.forwarded(http.MethodPost, tokenPath, asserted(h.assertion(w, m.Token.ID, nil)).Encode(),
				"Content-Type", formType, "DPoP", h.proofAt(w, http.MethodPost, address+tokenPath, ""))
			if good && (a.status != http.StatusOK || a.fields(t)["token_type"] != "DPoP") || !good && (a.status != http.StatusBadRequest || a.fields(t)["error"] != "invalid_dpop_proof") {
				t.Errorf("a token with a proof for %s: %d %s", address, a.status, a.body)
			}
			for _, path := range []string{"/v1/whoami", authorizePath} {
				a := w.forwarded(http.MethodGet, path, "", "Authorization", "DPoP "+jwt, "DPoP", h.proofAt(w, http.MethodGet, address+path, jwt))
				refused := a.status == http.StatusUnauthorized && strings.HasPrefix(a.header.Get("WWW-Authenticate"), `DPoP error="invalid_dpop_proof"`)
				if good && a.status != http.StatusOK || !good && !refused {
					t.Errorf("%s with a proof for %s: %d %v", path, address, a.status, a.header)
				}
			}
		}
	})
}

// Credentials for some networks are good from there alone, at each endpoint and by each
// way to prove who one is; from elsewhere they are told what a wrong secret is told.
func TestOAuth_ClientsProveThemselvesFromAllowedAddressesOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		m, signer := w.mint(combination{models.API, models.ClientCredentials}, 0), h.client(w)
		wrong := w.grant(tokens.Minted{Token: m.Token, Secret: w.mint(combination{models.API, models.ClientCredentials}, 0).Secret})
		for _, one := range []tokens.Minted{m, signer} {
			w.restrict(one, "203.0.113.0/24, 2001:db8:7::/48")
		}
		ways := map[string]func(form url.Values) (url.Values, []string){
			"Basic": func(form url.Values) (url.Values, []string) {
				return form, []string{"Authorization", clientBasic(m.Token.ID, m.Secret.Reveal())}
			},
			"a secret in the form": func(form url.Values) (url.Values, []string) {
				form.Set("client_id", m.Token.ID)
				form.Set("client_secret", m.Secret.Reveal())
				return form, nil
			},
			"an assertion": func(form url.Values) (url.Values, []string) {
				form.Set("client_assertion_type", jwtBearer)
				form.Set("client_assertion", h.assertion(w, signer.Token.ID, nil))
				return form, nil
			},
		}
		refused := map[string]int{}
		for name, way := range ways {
			for _, path := range []string{tokenPath, introspectPath, revokePath} {
				for _, from := range arrivals {
					form, headers := way(formOf("grant_type", "client_credentials", "token", "x"))
					a := w.from(from.peer, from.forwarded, http.MethodPost, path, form.Encode(), append(headers, "Content-Type", formType)...)
					if from.in && a.status != http.StatusOK || !from.in && a.bare() != wrong.bare() {
						t.Errorf("%s at %s, %s: %d %s", name, path, from.name, a.status, a.body)
					}
					if !from.in {
						refused[name]++
					}
				}
			}
		}
		w.must(w.tokens.Flush(t.Context()))
		for one, want := range map[string]int{m.Token.ID: refused["Basic"] + refused["a secret in the form"], signer.Token.ID: refused["an assertion"]} {
			counted := map[string]int{}
			rows, err := w.store.Refusals(t.Context(), one, w.clock.Now().Add(-time.Hour))
			w.must(err)
			for _, row := range rows {
				counted[row.Reason] += row.Count
			}
			if counted[string(tokens.AddressNotAllowed)] != want {
				t.Errorf("%d were refused, and counted are %v", want, counted)
			}
		}
	})
}
