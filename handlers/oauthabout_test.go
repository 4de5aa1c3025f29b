package handlers_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// vendorBasic is a new vendor key in HTTP Basic.
func (w *world) vendorBasic() string {
	w.t.Helper()
	key := w.vendorKey()
	return clientBasic(key.ClientID, key.Secret.Reveal())
}

// introspect asks what a token is.
func (w *world) introspect(token, authorization string, more ...string) answer {
	w.t.Helper()
	return w.post(introspectPath, formOf(append([]string{"token", token}, more...)...), "Authorization", authorization)
}

// inactive checks that nothing is said of a token.
func (w *world) inactive(name, token, authorization string, more ...string) {
	w.t.Helper()
	a := w.introspect(token, authorization, more...)
	if a.status != http.StatusOK || a.body != "{\"active\":false}\n" || a.header.Get("Cache-Control") != "no-store" {
		w.t.Errorf("%s: %d %s", name, a.status, a.body)
	}
}

// revoke ends a token, which is always answered alike.
func (w *world) revoke(token, authorization string) {
	w.t.Helper()
	a := w.post(revokePath, formOf("token", token, "token_type_hint", "nonsense"), "Authorization", authorization)
	if a.status != http.StatusOK || a.body != "" || a.header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("revoke: %d %s", a.status, a.body)
	}
}

// foreign is a client of Globex.
func (w *world) foreign() tokens.Minted {
	w.t.Helper()
	m := w.join1("hana@globex.example", w.globex.ID, "Admin", "Editor")
	return w.sow(m, models.API, models.ClientCredentials, "foreign", 0, "Editor")
}

func TestIntrospection_TellsOfAllThatIsGoodAndNothingElse(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		client := w.mint(combination{models.API, models.ClientCredentials}, 0)
		own := w.mint(combination{models.Personal, models.ClientCredentials}, 2*time.Hour)
		key := w.mint(combination{models.API, models.AccessToken}, time.Hour)
		foreign := w.foreign()
		vendor, same, other := w.vendorBasic(), clientBasic(client.Token.ID, client.Secret.Reveal()), clientBasic(foreign.Token.ID, foreign.Secret.Reveal())
		dialect := w.exchange(client)
		oauth, personal := w.granted(client, "scope", "reports.read"), w.granted(own)
		now := float64(w.clock.Now().Unix())
		made := float64(key.Token.CreatedAt.Unix())
		w.introspect(oauth, vendor) // its key's first use is written
		before := l.rows()
		for name, tc := range map[string]struct {
			token string
			want  map[string]any
		}{
			"an access token": {key.Secret.Reveal(), map[string]any{
				"active": true, "scope": "reports.read reports.write", "client_id": key.Token.ID, "sub": key.Token.ID, "iss": publicURL, "tenantId": w.acme.ID,
				"roles": []string{"Editor"}, "permissions": []string{"reports.read", "reports.write"}, "iat": made, "exp": made + 3600,
			}},
			"a JWT of the dialect": {dialect, map[string]any{
				"active": true, "scope": "reports.read reports.write", "client_id": client.Token.ID, "sub": client.Token.ID, "iss": publicURL, "tenantId": w.acme.ID,
				"roles": []string{"Editor"}, "permissions": []string{"reports.read", "reports.write"}, "iat": now, "exp": now + 3600,
				"aud": w.settings.ClientID, "token_type": "Bearer",
			}},
			"a JWT of OAuth": {oauth, map[string]any{
				"active": true, "scope": "reports.read", "client_id": client.Token.ID, "sub": client.Token.ID, "iss": publicURL, "tenantId": w.acme.ID,
				"roles": []string{}, "permissions": []string{"reports.read"}, "iat": now, "exp": now + 3600,
				"aud": publicURL, "token_type": "Bearer", "jti": unpacked(l.t, oauth, 1)["jti"],
			}},
			"a person's": {personal, map[string]any{
				"active": true, "scope": "fe.secure.* reports.read reports.write", "client_id": own.Token.ID, "sub": own.Token.ID, "iss": publicURL, "tenantId": w.acme.ID,
				"roles": []string{"Admin", "Editor"}, "permissions": []string{"fe.secure.*", "reports.read", "reports.write"}, "iat": now, "exp": now + 3600,
				"aud": publicURL, "token_type": "Bearer", "jti": unpacked(l.t, personal, 1)["jti"], "userId": w.dana.UserID,
			}},
		} {
			for _, who := range []string{vendor, same} {
				a := w.introspect(tc.token, who, "token_type_hint", "refresh_token")
				got := a.fields(l.t)
				if a.status != http.StatusOK || !sameJSON(got, tc.want) || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" {
					l.t.Errorf("%s: %d %s\nwant %v", name, a.status, a.body, tc.want)
				}
			}
			w.inactive(name+" to another account", tc.token, other)
			w.inactive(name+" with a space", tc.token+" ", vendor)
		}
		for name, token := range map[string]string{
			"nonsense": "x", "a client secret": client.Secret.Reveal(), "an id": client.Token.ID, "an unknown key": strings.Replace(key.Secret.Reveal(), "lk_", "zz_", 1),
			"a vendor key": w.vendorKey().Secret.Reveal(), "a vendor's JWT": w.vendorJWT(w.vendorKey()), "no UTF-8 of ours": "\u202e", "much": strings.Repeat("a", 60000),
		} {
			w.inactive(name, token, vendor)
			w.inactive(name, token, same)
		}
		changed := slices.DeleteFunc(strings.Split(difference(before, l.rows()), "\n"), func(row string) bool {
			return row == "" || strings.Contains(row, "vendor_keys ") || strings.Contains(row, "vendor_secrets ") || strings.Contains(row, "events ") || strings.Contains(row, "change_counter ")
		})
		if len(changed) != 0 {
			l.t.Errorf("introspection wrote:\n%s", strings.Join(changed, "\n"))
		}
	})
}

// A resource server may say from where a token was shown; where it doesn't, a token
// for some networks only is no good.
func TestIntrospection_OfATokenForSomeNetworksAsksFromWhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		key := w.mint(combination{models.API, models.AccessToken}, 0)
		addresses := "198.51.100.0/24"
		_, err := w.tokens.Update(t.Context(), callerOf(w.dana), models.API, key.Token.ID, tokens.Update{Addresses: &addresses})
		w.must(err)
		vendor := w.vendorBasic()
		w.inactive("from nowhere", key.Secret.Reveal(), vendor)
		w.inactive("from outside", key.Secret.Reveal(), vendor, "client_ip", "203.0.113.1")
		for _, ip := range []string{"localhost", "198.51.100.0/24", "198.51.100.7 ", "198.51.100.7, 203.0.113.1", key.Secret.Reveal(), "999.1.1.1"} {
			a := w.introspect(key.Secret.Reveal(), vendor, "client_ip", ip)
			if a.status != http.StatusBadRequest || a.fields(t)["error"] != "invalid_request" || strings.Contains(a.text(), ip) {
				t.Errorf("from %q: %d %s", ip, a.status, a.body)
			}
		}
		if a := w.introspect(key.Secret.Reveal(), vendor, "client_ip", "198.51.100.7"); a.fields(t)["active"] != true {
			t.Errorf("from within: %s", a.body)
		}
	})
}

func TestRevocation_EndsAJWTEverywhereThoughNoneIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m, sibling := w.mint(combination{models.API, models.ClientCredentials}, 0), w.mint(combination{models.API, models.ClientCredentials}, 0)
		self, peer, vendor := clientBasic(m.Token.ID, m.Secret.Reveal()), clientBasic(sibling.Token.ID, sibling.Secret.Reveal()), w.vendorBasic()
		foreign := w.foreign()
		w.news()
		for name, jwt := range map[string]string{"OAuth": w.granted(m), "the dialect": w.exchange(m)} {
			next := w.granted(m)
			for _, who := range []string{peer, clientBasic(foreign.Token.ID, foreign.Secret.Reveal())} {
				w.revoke(jwt, who)
			}
			if a := w.bearer(jwt); a.status != http.StatusOK {
				t.Errorf("%s: another client ended it: %d", name, a.status)
			}
			w.news()
			w.revoke(jwt, self)
			w.revoke(jwt, self)
			for _, path := range []string{"/v1/whoami", "/v1/authorize"} {
				if a := w.send(http.MethodGet, path, "", "Authorization", "Bearer "+jwt); a.status != http.StatusUnauthorized {
					t.Errorf("%s: %s answers %d", name, path, a.status)
				}
			}
			w.inactive(name, jwt, vendor)
			events := w.news()
			if len(events) != 1 || events[0].Action != models.JWTRevoked || events[0].ActorKind != models.Client || events[0].ActorID != m.Token.ID ||
				events[0].TargetID != m.Token.ID || events[0].TenantID != w.acme.ID || events[0].RequestID == "" {
				t.Errorf("%s: events %+v", name, events)
			}
			if a := w.bearer(next); a.status != http.StatusOK {
				t.Errorf("%s: the next one is answered %d", name, a.status)
			}
			w.revoke(next, vendor)
			w.inactive(name, next, vendor)
		}
		// It is kept no longer than the JWT itself would live.
		if n, err := s.PurgeRevokedJWTs(t.Context(), models.Stamp(w.clock.Now().Add(time.Hour))); n != 0 || err != nil {
			t.Errorf("%d were purged too early, %v", n, err)
		}
		if n, err := s.PurgeRevokedJWTs(t.Context(), models.Stamp(w.clock.Now().Add(time.Hour+time.Minute))); n != 4 || err != nil {
			t.Errorf("%d were purged, %v", n, err)
		}
	})
}

func TestRevocation_IsTheVendorsForEverythingElse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m, key := w.mint(combination{models.API, models.ClientCredentials}, 0), w.mint(combination{models.API, models.AccessToken}, 0)
		self, vendor := clientBasic(m.Token.ID, m.Secret.Reveal()), w.vendorBasic()
		renew := func() (int, string) {
			a := w.send(http.MethodPost, exchangePath, credentials(m.Token.ID, m.Secret.Reveal()))
			refresh, _ := a.fields(t)["refreshToken"].(string)
			return a.status, refresh
		}
		used := func(refresh string) int {
			return w.send(http.MethodPost, exchangePath+"/token/refresh", `{"refreshToken":"`+refresh+`"}`).status
		}
		w.revoke(key.Secret.Reveal(), self)
		if a := w.whoami(key); a.status != http.StatusOK {
			t.Errorf("a client ended an access token: %d", a.status)
		}
		w.revoke(key.Secret.Reveal(), vendor)
		w.revoke(key.Secret.Reveal(), vendor)
		if a := w.whoami(key); a.status != http.StatusUnauthorized {
			t.Errorf("the vendor did not end it: %d", a.status)
		}
		for _, who := range []string{self, vendor} {
			_, refresh := renew()
			w.revoke(refresh, who)
			if status := used(refresh); status != http.StatusUnauthorized {
				t.Errorf("a refresh token works on: %d", status)
			}
		}
		for name, secret := range map[string]string{"a client secret": m.Secret.Reveal(), "a vendor key": w.vendorKey().Secret.Reveal()} {
			a := w.post(revokePath, formOf("token", secret), "Authorization", vendor)
			if a.status != http.StatusBadRequest || a.fields(t)["error"] != "unsupported_token_type" {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		if status, _ := renew(); status != http.StatusOK {
			t.Errorf("the client was ended: %d", status)
		}
		for _, token := range []string{"x", key.Token.ID, "eyJhbGciOiJub25lIn0.e30.", strings.Repeat("a", 5000)} {
			w.revoke(token, vendor)
		}
	})
}

// A client can't fill the list: beyond a bound all its JWTs end in place of the one.
func TestRevocation_OfManyEndsAllOfTheClients(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m, other := w.mint(combination{models.API, models.ClientCredentials}, 0), w.mint(combination{models.API, models.ClientCredentials}, 0)
		now := models.Stamp(w.clock.Now())
		for i := range 3 {
			w.must(s.RevokeJWT(t.Context(), models.RevokedJWT{
				Hash: models.HashSecret([]byte("x"), strconv.Itoa(i)), TokenID: m.Token.ID, IssuedAt: now.Truncate(time.Second), ExpiresAt: now.Add(time.Hour),
			}, 2, models.NewEvent(system(), models.JWTRevoked, now)))
			if i == 1 {
				if a := w.bearer(w.granted(m)); a.status != http.StatusOK {
					t.Errorf("within the bound another is answered %d", a.status)
				}
			}
		}
		row, err := s.Token(t.Context(), w.acme.ID, m.Token.ID)
		w.must(err)
		if row.JWTsFrom == nil || !row.JWTsFrom.Equal(now) {
			t.Errorf("JWTs end from %v", row.JWTsFrom)
		}
		if n, err := s.PurgeRevokedJWTs(t.Context(), now.Add(2*time.Hour)); n != 0 || err != nil {
			t.Errorf("%d are on the list all the same, %v", n, err)
		}
		if a := w.bearer(w.granted(other)); a.status != http.StatusOK {
			t.Errorf("another client's is answered %d", a.status)
		}
	})
}

// Whatever read or write fails on the way, nobody is told yes, or that it is done.
func TestOAuth_SaysSoWhereItCantTell(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		m, signer := w.mint(combination{models.API, models.ClientCredentials}, 0), h.client(w)
		self, vendor := clientBasic(m.Token.ID, m.Secret.Reveal()), w.vendorBasic()
		w.introspect("x", vendor) // its key's first use is written
		bound, token := w.bound(h, signer), ""
		for name, send := range map[string]func() answer{
			"a grant":       func() answer { return w.grant(m, "scope", "reports.read") },
			"an assertion":  func() answer { return w.post(tokenPath, asserted(h.assertion(w, signer.Token.ID, nil))) },
			"introspection": func() answer { return w.introspect(token, self) },
			"the vendor's":  func() answer { return w.introspect(token, vendor) },
			"a revocation":  func() answer { return w.post(revokePath, formOf("token", token), "Authorization", self) },
			"a proof": func() answer {
				return w.send(http.MethodGet, "/v1/whoami", "", "Authorization", "DPoP "+bound, "DPoP", h.proof(w, "GET", "/v1/whoami", bound))
			},
			"a grant that is bound": func() answer {
				return w.post(tokenPath, asserted(h.assertion(w, signer.Token.ID, nil)), "DPoP", h.proof(w, "POST", tokenPath, ""))
			},
		} {
			for passed := 0; ; passed++ {
				token = w.granted(m)
				happened := storetest.FailAfter(w.store, passed, errGone)
				a := send()
				if !happened() {
					storetest.FailNext(w.store, nil)
					if a.status != http.StatusOK || passed == 0 {
						t.Errorf("%s: %d %s after %d reads", name, a.status, a.body, passed)
					}
					break
				}
				if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || strings.Contains(a.text(), "gone") || name != "a proof" && a.fields(t)["error"] != "temporarily_unavailable" {
					t.Errorf("%s with read %d failing: %d %s", name, passed, a.status, a.body)
				}
			}
		}
	})
}

func TestOAuthMetadata_SaysOnlyWhatWorksAndListensToNoHeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	methods := []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	algorithms := []string{"ES256", "PS256", "EdDSA", "Ed25519"}
	want := map[string]any{
		"issuer": publicURL, "token_endpoint": publicURL + "/oauth/token", "jwks_uri": publicURL + "/.well-known/jwks.json",
		"response_types_supported": []string{}, "grant_types_supported": []string{"client_credentials"},
		"introspection_endpoint": publicURL + "/oauth/introspect", "revocation_endpoint": publicURL + "/oauth/revoke",
		"dpop_signing_alg_values_supported": algorithms, "protected_resources": []string{publicURL + "/v1"},
	}
	for _, endpoint := range []string{"token", "introspection", "revocation"} {
		want[endpoint+"_endpoint_auth_methods_supported"] = methods
		want[endpoint+"_endpoint_auth_signing_alg_values_supported"] = algorithms
	}
	const path = "/.well-known/oauth-authorization-server"
	a := w.send(http.MethodGet, path, "")
	got := a.fields(t)
	sorted := func(v any) any {
		list := texts(v)
		slices.Sort(list)
		return list
	}
	for name, value := range want {
		if list, ok := value.([]string); ok {
			list = slices.Clone(list)
			slices.Sort(list)
			if !sameJSON(sorted(got[name]), list) {
				t.Errorf("%s: %v", name, got[name])
			}
		} else if got[name] != value {
			t.Errorf("%s: %v", name, got[name])
		}
	}
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" || len(got) != len(want) {
		t.Errorf("%d %v", a.status, slices.Sorted(maps.Keys(got)))
	}
	for _, header := range []string{"Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded"} {
		for _, path := range []string{path, "/.well-known/jwks.json"} {
			plain := w.send(http.MethodGet, path, "")
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.RemoteAddr = "10.0.0.1:1"
			r.Header.Set(header, "evil.example")
			if header == "Host" {
				r.Host = "evil.example"
			}
			with := httptest.NewRecorder()
			w.server.ServeHTTP(with, r)
			if with.Body.String() != plain.body {
				t.Errorf("%s changes %s: %s", header, path, with.Body)
			}
		}
	}
	// Every address in it works.
	for _, endpoint := range []string{"token_endpoint", "introspection_endpoint", "revocation_endpoint"} {
		u, err := url.Parse(got[endpoint].(string))
		w.must(err)
		if a := w.send(http.MethodPost, u.Path, "x=1", "Content-Type", formType); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", endpoint, a.status)
		}
	}
	keys, err := url.Parse(got["jwks_uri"].(string))
	w.must(err)
	if a := w.send(http.MethodGet, keys.Path, ""); a.status != http.StatusOK || a.fields(t)["keys"] == nil {
		t.Errorf("jwks_uri: %d %s", a.status, a.body)
	}
}
