package handlers_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

func TestWhoami_AllFourCombinations(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations() {
			m := w.mint(c, 90*24*time.Hour)
			a := w.whoami(m)
			if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%v: %d %v %s", c, a.status, a.header, a.body)
			}
			got := a.fields(t)
			want := map[string]any{
				"kind": string(c.kind), "context": string(c.context), "tenant_id": w.acme.ID, "tenant_name": "Acme",
			}
			id, wantIDs := "token_id", 1
			if c.kind == models.ClientCredentials {
				id = "client_id"
			}
			want[id] = m.Token.ID
			if c.context == models.Personal {
				want["user_id"], wantIDs = w.dana.UserID, 2
			}
			for name, value := range want {
				if got[name] != value {
					t.Errorf("%v: %s is %v, want %v", c, name, got[name], value)
				}
			}
			ids := 0
			for _, name := range []string{"token_id", "client_id", "user_id"} {
				if _, ok := got[name]; ok {
					ids++
				}
			}
			if ids != wantIDs {
				t.Errorf("%v: %d ids in %s", c, ids, a.body)
			}
			roles, permissions := []string{"Editor"}, []string{"reports.read", "reports.write"}
			if c.context == models.Personal {
				roles, permissions = []string{"Admin", "Editor"}, []string{"fe.secure.*", "reports.read", "reports.write"}
			}
			if !slices.Equal(texts(got["roles"]), roles) || !slices.Equal(texts(got["permissions"]), permissions) {
				t.Errorf("%v: %v %v", c, got["roles"], got["permissions"])
			}
			end, err := time.Parse(time.RFC3339, got["expires_at"].(string))
			if err != nil || end.After(m.Token.ExpiresAt) || !end.After(w.clock.Now()) || !strings.HasSuffix(got["expires_at"].(string), "Z") {
				t.Errorf("%v: expires_at %v", c, got["expires_at"])
			}
		}
	})
}

func TestWhoami_NeverExpiresIsNull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	a := w.whoami(w.mint(combination{models.API, models.AccessToken}, 0))
	if end, ok := a.fields(t)["expires_at"]; !ok || end != nil {
		t.Errorf("%s", a.body)
	}
}

// What a token's metadata says keeps its spelling on the way to a program.
func TestWhoami_MetadataIsTheTokensOwn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations() {
			m := w.mint(c, 0)
			if a := w.whoami(m); !strings.Contains(a.body, `"metadata":{}`) {
				t.Errorf("%v: without metadata: %s", c, a.body)
			}
			typed := ` {"team": "é<&>", "big": 12345678901234567890, "list": [1.50]} `
			caller := models.Caller{Kind: models.System, UserID: w.dana.UserID, TenantID: w.acme.ID}
			_, err := w.tokens.Update(t.Context(), caller, c.context, m.Token.ID, tokens.Update{Metadata: &typed})
			w.must(err)
			a := w.whoami(m)
			if !strings.Contains(a.body, `"big":12345678901234567890,"list":[1.50]}`) || a.fields(t)["metadata"].(map[string]any)["team"] != "é<&>" {
				t.Errorf("%v: %s", c, a.body)
			}
			if c.kind == models.ClientCredentials {
				claims, err := base64.RawURLEncoding.DecodeString(strings.Split(w.exchange(m), ".")[1])
				w.must(err)
				if !strings.Contains(string(claims), `"big":12345678901234567890,"list":[1.50]`) {
					t.Errorf("%v: claims %s", c, claims)
				}
			}
		}
	})
}

func TestWhoami_EveryRefusalIsOneSentenceExceptExpired(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx := t.Context()
		key := w.mint(combination{models.API, models.AccessToken}, time.Hour)
		personal := w.mint(combination{models.Personal, models.AccessToken}, 0)
		client := w.mint(combination{models.API, models.ClientCredentials}, 0)
		bearer := w.exchange(client)
		secret := key.Secret.Reveal()

		refused := func(name string, headers ...string) {
			t.Helper()
			a := w.send("GET", "/v1/whoami", "", headers...)
			if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` ||
				a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("Cache-Control") != "no-store" ||
				a.fields(t)["detail"] != "The credential is not valid." {
				t.Errorf("%s: %d %v %s", name, a.status, a.header, a.body)
			}
		}
		refused("garbage", "X-API-KEY", "garbage")
		refused("another secret", "X-API-KEY", secret[:10]+"000"+secret[13:])
		refused("upper case", "X-API-KEY", strings.ToUpper(secret))
		refused("with a tail", "X-API-KEY", secret+"0")
		refused("client secret as key", "X-API-KEY", client.Secret.Reveal())
		refused("JWT as key", "X-API-KEY", bearer)
		refused("key as bearer", "Authorization", "Bearer "+secret)
		refused("client secret as bearer", "Authorization", "Bearer "+client.Secret.Reveal())
		refused("changed signature", "Authorization", "Bearer "+bearer[:len(bearer)-8]+"AAAAAAAA")
		refused("no signature", "Authorization", "Bearer "+bearer[:strings.LastIndex(bearer, ".")+1])
		refused("three words", "Authorization", "Bearer "+bearer+" x")

		w.must(w.accounts.DisableTenant(ctx, system(), w.acme.ID))
		refused("account disabled", "X-API-KEY", secret)
		refused("account disabled, JWT", "Authorization", "Bearer "+bearer)
		w.must(w.accounts.EnableTenant(ctx, system(), w.acme.ID))

		w.must(w.accounts.SetTenantM2M(ctx, system(), w.acme.ID, models.Off, ""))
		refused("M2M off", "X-API-KEY", secret)
		refused("M2M off, JWT", "Authorization", "Bearer "+bearer)
		w.must(w.accounts.SetTenantM2M(ctx, system(), w.acme.ID, models.On, ""))

		w.must(w.accounts.DisableUser(ctx, system(), w.dana.UserID))
		refused("owner disabled", "X-API-KEY", personal.Secret.Reveal())
		w.must(w.accounts.EnableUser(ctx, system(), w.dana.UserID))
		if a := w.whoami(personal); a.status != http.StatusOK {
			t.Fatalf("enabled again: %d %s", a.status, a.body)
		}

		w.clock.pass(time.Hour)
		a := w.send("GET", "/v1/whoami", "", "X-API-KEY", secret)
		if a.status != http.StatusUnauthorized || a.fields(t)["detail"] != "The token has expired." {
			t.Errorf("expired: %d %s", a.status, a.body)
		}
		caller := models.Caller{Kind: models.Person, UserID: w.dana.UserID, TenantID: w.acme.ID, Permissions: models.PermissionSet{"fe.secure.*"}}
		_, err := w.tokens.Delete(ctx, caller, models.API, key.Token.ID)
		w.must(err)
		refused("deleted", "X-API-KEY", secret)
		if strings.Contains(w.log.String(), secret) || strings.Contains(w.log.String(), bearer) {
			t.Error("a secret is in the log")
		}
	})
}

func TestWhoami_WhereACredentialMayBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	key := w.mint(combination{models.API, models.AccessToken}, 0).Secret.Reveal()
	bearer := w.exchange(w.mint(combination{models.API, models.ClientCredentials}, 0))
	for name, row := range map[string]struct {
		target  string
		headers []string
		status  int
	}{
		"nothing":             {"/v1/whoami", nil, 401},
		"empty key":           {"/v1/whoami", []string{"X-API-KEY", ""}, 401},
		"empty bearer":        {"/v1/whoami", []string{"Authorization", "Bearer "}, 401},
		"Basic":               {"/v1/whoami", []string{"Authorization", "Basic " + bearer}, 401},
		"no scheme":           {"/v1/whoami", []string{"Authorization", bearer}, 401},
		"in the query":        {"/v1/whoami?access_token=" + bearer, nil, 401},
		"key in the query":    {"/v1/whoami?api_key=" + key, nil, 401},
		"in a cookie":         {"/v1/whoami", []string{"Cookie", "access_token=" + bearer}, 401},
		"any case of scheme":  {"/v1/whoami", []string{"Authorization", "bEARER " + bearer}, 200},
		"any case of header":  {"/v1/whoami", []string{"x-api-key", key}, 200},
		"both":                {"/v1/whoami", []string{"X-API-KEY", key, "Authorization", "Bearer " + bearer}, 400},
		"key and Basic":       {"/v1/whoami", []string{"X-API-KEY", key, "Authorization", "Basic x"}, 400},
		"two keys":            {"/v1/whoami", []string{"X-API-KEY", key, "X-API-KEY", key}, 400},
		"two bearers":         {"/v1/whoami", []string{"Authorization", "Bearer " + bearer, "Authorization", "Bearer " + bearer}, 400},
		"bearer and DPoP":     {"/v1/whoami", []string{"Authorization", "Bearer " + bearer, "Authorization", "DPoP " + bearer}, 400},
		"bad query is naught": {"/v1/whoami?q=%zz", []string{"X-API-KEY", key}, 200},
	} {
		a := w.send("GET", row.target, "", row.headers...)
		if a.status != row.status {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		challenge := map[int]string{
			401: `Bearer resource_metadata="http://portal.example.com/.well-known/oauth-protected-resource/v1"`,
			400: `Bearer error="invalid_request"`, // RFC 6750, 3.1
		}[row.status]
		if got := a.header.Get("WWW-Authenticate"); got != challenge {
			t.Errorf("%s: WWW-Authenticate %q", name, got)
		}
		if row.status != 200 && a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s", name, a.header.Get("Content-Type"))
		}
	}
}

func TestWhoami_CountsAsUseFromTheClientsAddress(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.AccessToken}, 0)
		a := w.send("GET", "/v1/whoami", "", "X-API-KEY", m.Secret.Reveal(), "User-Agent", "job\xff/1", "X-Forwarded-For", "203.0.113.5")
		if a.status != http.StatusOK {
			t.Fatal(a.body)
		}
		w.must(w.tokens.Flush(t.Context()))
		row, err := s.Token(t.Context(), w.acme.ID, m.Token.ID)
		w.must(err)
		// The peer is no trusted proxy: what it forwards is not believed.
		if !row.Used() || row.LastUsedIP != "192.0.2.1" || row.LastUsedAgent != "job\uFFFD/1" {
			t.Errorf("%v %q %q", row.LastUsedAt, row.LastUsedIP, row.LastUsedAgent)
		}
	})
}

func TestWhoami_KeepsNoSecretThatAClientCallsItselfBy(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.AccessToken}, 0)
		secret := m.Secret.Reveal()
		w.send("GET", "/v1/whoami", "", "X-API-KEY", secret, "User-Agent", strings.Repeat("a", 240)+" "+secret)
		w.must(w.tokens.Flush(t.Context()))
		row, err := s.Token(t.Context(), w.acme.ID, m.Token.ID)
		w.must(err)
		if row.LastUsedAgent != "(hidden: it held a secret)" {
			t.Errorf("kept %q", row.LastUsedAgent)
		}
	})
}

func TestPrograms_AreNeverLetInWhenLatchkeyCantTell(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		s, err := store.Open(t.Context(), store.Config{URL: address})
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, s)
		key := w.mint(combination{models.API, models.AccessToken}, 0)
		client := w.mint(combination{models.API, models.ClientCredentials}, 0)
		bearer := w.exchange(client)
		if a := w.send("GET", "/readyz", ""); a.status != http.StatusOK {
			t.Errorf("ready: %d %s", a.status, a.body)
		}
		w.must(s.Close())
		for name, a := range map[string]answer{
			"key":      w.send("GET", "/v1/whoami", "", "X-API-KEY", key.Secret.Reveal()),
			"bearer":   w.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+bearer),
			"exchange": w.send("POST", exchangePath, credentials(client.Token.ID, client.Secret.Reveal())),
			"ready":    w.send("GET", "/readyz", ""),
		} {
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || a.header.Get("WWW-Authenticate") != "" {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		if a := w.send("GET", "/healthz", ""); a.status != http.StatusOK {
			t.Errorf("health: %d", a.status)
		}
	})
}

func TestJWKS_VerifiesTheJWTsAndIsPublic(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		bearer := w.exchange(w.mint(combination{models.Personal, models.ClientCredentials}, 0))
		a := w.send("GET", "/.well-known/jwks.json", "")
		if a.status != http.StatusOK || a.header.Get("Cache-Control") != "public, max-age=60" {
			t.Fatalf("%d %v", a.status, a.header)
		}
		var raw struct{ Keys []map[string]any }
		w.must(json.Unmarshal([]byte(a.body), &raw))
		for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth"} {
			if _, ok := raw.Keys[0][member]; ok {
				t.Errorf("the private member %s is published", member)
			}
		}
		for name, want := range map[string]string{"kty": "RSA", "alg": "RS256", "use": "sig"} {
			if raw.Keys[0][name] != want {
				t.Errorf("%s: %v", name, raw.Keys[0][name])
			}
		}
		var set jose.JSONWebKeySet
		w.must(json.Unmarshal([]byte(a.body), &set))
		parsed, err := jwt.ParseSigned(bearer, []jose.SignatureAlgorithm{jose.RS256})
		w.must(err)
		var claims map[string]any
		w.must(parsed.Claims(set.Key(parsed.Headers[0].KeyID)[0], &claims))
		if claims["tenantId"] != w.acme.ID || claims["type"] != "userApiToken" || claims["userId"] != w.dana.UserID || claims["iss"] != publicURL || claims["aud"] != w.settings.ClientID {
			t.Errorf("%v", claims)
		}
	})
}
