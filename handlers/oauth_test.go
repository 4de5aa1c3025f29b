package handlers_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

const (
	tokenPath      = "/oauth/token"
	introspectPath = "/oauth/introspect"
	revokePath     = "/oauth/revoke"
)

// clientBasic is HTTP Basic as OAuth writes it (RFC 6749, section 2.3.1).
func clientBasic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// post sends a form; headers alternate names and values.
func (w *world) post(path string, form url.Values, headers ...string) answer {
	w.t.Helper()
	return w.send(http.MethodPost, path, form.Encode(), append([]string{"Content-Type", formType}, headers...)...)
}

// grant asks for an access token with the secret in the form; more alternates names
// and values.
func (w *world) grant(m tokens.Minted, more ...string) answer {
	w.t.Helper()
	form := formOf(append([]string{"grant_type", "client_credentials", "client_id", m.Token.ID, "client_secret", m.Secret.Reveal()}, more...)...)
	return w.post(tokenPath, form)
}

// granted is the access token that grant is answered with.
func (w *world) granted(m tokens.Minted, more ...string) string {
	w.t.Helper()
	a := w.grant(m, more...)
	jwt, _ := a.fields(w.t)["access_token"].(string)
	if a.status != http.StatusOK || jwt == "" {
		w.t.Fatalf("grant: %d %s", a.status, a.body)
	}
	return jwt
}

func (w *world) bearer(jwt string) answer {
	w.t.Helper()
	return w.send(http.MethodGet, "/v1/whoami", "", "Authorization", "Bearer "+jwt)
}

// unpacked is a part of a JWT: 0 the header, 1 the claims.
func unpacked(t *testing.T, jwt string, part int) map[string]any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[part])
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

func TestOAuthToken_GivesTheJWTOfRFC9068(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		own := w.mint(combination{models.Personal, models.ClientCredentials}, 0)
		before := l.rows()
		for name, send := range map[string]func(m tokens.Minted) answer{
			"client_secret_basic": func(m tokens.Minted) answer {
				return w.post(tokenPath, formOf("grant_type", "client_credentials"), "Authorization", clientBasic(m.Token.ID, m.Secret.Reveal()))
			},
			"basic with every letter encoded": func(m tokens.Minted) answer {
				var id strings.Builder
				for _, b := range []byte(m.Token.ID) {
					id.WriteString("%" + string("0123456789ABCDEF"[b>>4]) + string("0123456789abcdef"[b&15]))
				}
				text := base64.StdEncoding.EncodeToString([]byte(id.String() + ":" + m.Secret.Reveal()))
				return w.post(tokenPath, formOf("grant_type", "client_credentials", "client_id", m.Token.ID), "Authorization", "bAsIc "+text)
			},
			"client_secret_post": func(m tokens.Minted) answer { return w.grant(m) },
			"empty parameters and unknown ones": func(m tokens.Minted) answer {
				return w.grant(m, "scope", "", "resource", "", "client_assertion", "", "audience", "https://elsewhere.example", "tenant_id", w.globex.ID)
			},
		} {
			a := send(m)
			got := a.fields(l.t)
			if a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Pragma") != "no-cache" || a.header.Get("Content-Type") != "application/json" {
				l.t.Fatalf("%s: %d %v %s", name, a.status, a.header, a.body)
			}
			if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"access_token", "expires_in", "scope", "token_type"}) {
				l.t.Errorf("%s: %v", name, names)
			}
			if got["token_type"] != "Bearer" || got["expires_in"] != 3600.0 || got["scope"] != "reports.read reports.write" {
				l.t.Errorf("%s: %v", name, got)
			}
			jwt, _ := got["access_token"].(string)
			if head := unpacked(l.t, jwt, 0); head["typ"] != "at+jwt" || head["alg"] != "ES256" || len(head) != 3 {
				l.t.Errorf("%s: header %v", name, head)
			}
			claims := unpacked(l.t, jwt, 1)
			now := float64(w.clock.Now().Unix())
			want := map[string]any{
				"iss": publicURL, "aud": publicURL, "sub": m.Token.ID, "client_id": m.Token.ID, "iat": now, "exp": now + 3600, "jti": claims["jti"],
				"scope": "reports.read reports.write", "tenantId": w.acme.ID, "roles": []any{"Editor"},
				"permissions": []any{"reports.read", "reports.write"}, "secretId": w.secretID(m),
			}
			if id, _ := claims["jti"].(string); !models.ValidID(id) || !sameJSON(claims, want) {
				l.t.Errorf("%s: claims\n%v\nwant\n%v", name, claims, want)
			}
			if a := w.bearer(jwt); a.status != http.StatusOK || a.fields(l.t)["client_id"] != m.Token.ID {
				l.t.Errorf("%s: whoami says %d %s", name, a.status, a.body)
			}
		}
		claims := unpacked(l.t, w.granted(own), 1)
		if claims["userId"] != w.dana.UserID || claims["scope"] != "fe.secure.* reports.read reports.write" || claims["email"] != nil {
			l.t.Errorf("personal: %v", claims)
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("access tokens wrote:\n%s", changed)
		}
	})
}

func sameJSON(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestOAuthToken_ScopeIsWhatIsHeldOrAnError(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		own := w.mint(combination{models.Personal, models.ClientCredentials}, 0)
		for _, tc := range []struct {
			m           tokens.Minted
			scope, want string
			roles       []any
		}{
			{m, "reports.read", "reports.read", []any{}},
			{m, "reports.write reports.read reports.write", "reports.read reports.write", []any{"Editor"}},
			{own, "fe.secure.read.tenantApiTokens", "fe.secure.read.tenantApiTokens", []any{}},
			{own, "fe.secure.read.*", "fe.secure.read.*", []any{}},
			{own, "fe.secure.*", "fe.secure.*", []any{"Admin"}},
		} {
			a := w.grant(tc.m, "scope", tc.scope)
			got := a.fields(t)
			if a.status != http.StatusOK || got["scope"] != tc.want {
				t.Errorf("%q: %d %s", tc.scope, a.status, a.body)
				continue
			}
			jwt, _ := got["access_token"].(string)
			claims := unpacked(t, jwt, 1)
			if claims["scope"] != tc.want || !sameJSON(claims["roles"], tc.roles) || !sameJSON(claims["permissions"], strings.Fields(tc.want)) {
				t.Errorf("%q: %v", tc.scope, claims)
			}
			now := w.bearer(jwt).fields(t)
			if !sameJSON(now["permissions"], strings.Fields(tc.want)) || !sameJSON(now["roles"], tc.roles) {
				t.Errorf("%q: whoami says %v", tc.scope, now)
			}
		}
		// A role without permissions says something that no scope does.
		boss, err := w.accounts.CreateRole(t.Context(), system(), accounts.RoleInput{Key: "Boss", Name: "Boss"})
		w.must(err)
		w.roles["Boss"] = boss.ID
		both := w.sow(w.dana, models.API, models.ClientCredentials, "of the boss", 0, "Boss", "Editor")
		if claims := unpacked(t, w.granted(both), 1); !sameJSON(claims["roles"], []string{"Boss", "Editor"}) {
			t.Errorf("of all: %v", claims["roles"])
		}
		if claims := unpacked(t, w.granted(both, "scope", "reports.read reports.write"), 1); !sameJSON(claims["roles"], []string{"Editor"}) {
			t.Errorf("of a scope: %v", claims["roles"])
		}
		// A wildcard covers what is a permission, and no other text that begins like it.
		for _, scope := range []string{
			"fe.secure.", "fe.secure.x\tusers.delete", "fe.secure.x\nusers.delete", "fe.secure.x\u00a0users.delete", "fe.secure.x,users.delete",
			`fe.secure."`, `fe.secure.\`, "fe.secure.é", "fe.secure.*.*", "fe.secure..x", "fe.secure." + strings.Repeat("a", 5000), "fe.secure.x\r\nX-Evil: 1",
		} {
			if a := w.grant(own, "scope", scope); a.status != http.StatusBadRequest || a.fields(t)["error"] != "invalid_scope" {
				t.Errorf("%.40q: %d %s", scope, a.status, a.body)
			}
		}
		for _, scope := range []string{
			"reports.delete", "reports.read reports.delete", "fe.secure.*", "reports.*", "reports", "REPORTS.READ", "reports.read  reports.write", " reports.read",
			"reports.read ", "reports.read,reports.write", "openid", "*", "\"", "reports.read\treports.write", strings.Repeat("a", 5000), "é",
		} {
			if a := w.grant(m, "scope", scope); a.status != http.StatusBadRequest || a.fields(t)["error"] != "invalid_scope" {
				t.Errorf("%.40q: %d %s", scope, a.status, a.body)
			}
		}
	})
}

func TestOAuthToken_ResourcesAreThoseOfTheEnvironment(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		const reports = "https://reports.vendor.example/api"
		w.must(w.store.UpdateSettings(t.Context(), models.SettingsChange{Audiences: &[]string{reports}, At: models.Stamp(w.clock.Now())},
			models.NewEvent(system(), models.SettingsUpdated, models.Stamp(w.clock.Now()))))
		for _, tc := range []struct {
			resources []string
			aud       any
			ours      bool
		}{
			{[]string{publicURL}, publicURL, true},
			{[]string{publicURL + "/v1"}, publicURL + "/v1", true},
			{[]string{reports}, reports, false},
			{[]string{reports, reports}, reports, false},
			{[]string{reports, publicURL + "/v1"}, []any{reports, publicURL + "/v1"}, true},
		} {
			var more []string
			for _, r := range tc.resources {
				more = append(more, "resource", r)
			}
			jwt := w.granted(m, more...)
			if claims := unpacked(t, jwt, 1); !sameJSON(claims["aud"], tc.aud) {
				t.Errorf("%v: aud %v", tc.resources, claims["aud"])
			}
			// A JWT for somebody else's API is none for ours, and good for who asks there.
			if a := w.bearer(jwt); (a.status == http.StatusOK) != tc.ours {
				t.Errorf("%v: whoami says %d", tc.resources, a.status)
			}
			a := w.post(introspectPath, formOf("token", jwt), "Authorization", clientBasic(m.Token.ID, m.Secret.Reveal()))
			if got := a.fields(t); got["active"] != true || !sameJSON(got["aud"], tc.aud) {
				t.Errorf("%v: introspected as %s", tc.resources, a.body)
			}
		}
		for _, resource := range []string{
			"https://reports.vendor.example", reports + "/", reports + "#x", "reports", "/v1", "https://REPORTS.vendor.example/api", publicURL + "/", publicURL + "/v2", "\x01",
		} {
			for _, more := range [][]string{{"resource", resource}, {"resource", reports, "resource", resource}} {
				if a := w.grant(m, more...); a.status != http.StatusBadRequest || a.fields(t)["error"] != "invalid_target" {
					t.Errorf("%q: %d %s", resource, a.status, a.body)
				}
			}
		}
	})
}

func TestOAuth_BadRequestsAreThoseOfTheRFC(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		other := w.mint(combination{models.API, models.ClientCredentials}, 0)
		key := w.mint(combination{models.API, models.AccessToken}, 0)
		id, secret := m.Token.ID, m.Secret.Reveal()
		header := clientBasic(id, secret)
		before := l.rows()
		const grant, token = "grant_type=client_credentials", "token=x"
		post := func(body string, headers ...string) attempt { return attempt{body: body, headers: headers} }
		in := "&client_id=" + id + "&client_secret=" + secret
		for name, tc := range map[string]struct {
			attempt
			status int
			code   string
		}{
			"nothing":                     {post(""), 401, "invalid_client"},
			"no client":                   {post(grant + "&" + token), 401, "invalid_client"},
			"an id alone":                 {post(grant + "&" + token + "&client_id=" + id), 401, "invalid_client"},
			"a wrong secret":              {post(grant + "&" + token + "&client_id=" + id + "&client_secret=" + other.Secret.Reveal()), 401, "invalid_client"},
			"an unknown client":           {post(grant + "&" + token + "&client_id=" + w.acme.ID + "&client_secret=" + secret), 401, "invalid_client"},
			"an id in capitals":           {post(grant + "&" + token + "&client_id=" + strings.ToUpper(id) + "&client_secret=" + secret), 401, "invalid_client"},
			"a space behind the secret":   {post(grant + "&" + token + in + "+"), 401, "invalid_client"},
			"an access token as secret":   {post(grant + "&" + token + "&client_id=" + key.Token.ID + "&client_secret=" + key.Secret.Reveal()), 401, "invalid_client"},
			"basic of no form":            {post(grant+"&"+token, "Authorization", "Basic x"), 401, "invalid_client"},
			"basic without a colon":       {post(grant+"&"+token, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(id))), 401, "invalid_client"},
			"basic badly encoded":         {post(grant+"&"+token, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("%zz:"+secret))), 401, "invalid_client"},
			"a bearer as client":          {post(grant+"&"+token, "Authorization", "Bearer x"), 401, "invalid_client"},
			"basic and post":              {post(grant+"&"+token+in, "Authorization", header), 400, "invalid_request"},
			"basic and an assertion":      {post(grant+"&"+token+"&client_assertion=x&client_assertion_type="+url.QueryEscape(jwtBearer), "Authorization", header), 400, "invalid_request"},
			"a secret and an assertion":   {post(grant + "&" + token + in + "&client_assertion=x&client_assertion_type=" + url.QueryEscape(jwtBearer)), 400, "invalid_request"},
			"basic twice":                 {post(grant+"&"+token, "Authorization", header, "Authorization", header), 400, "invalid_request"},
			"another client in the form":  {post(grant+"&"+token+"&client_id="+other.Token.ID, "Authorization", header), 400, "invalid_request"},
			"an assertion of no type":     {post(grant + "&" + token + "&client_assertion=x"), 400, "invalid_request"},
			"a type without an assertion": {post(grant + "&" + token + "&client_assertion_type=" + url.QueryEscape(jwtBearer)), 400, "invalid_request"},
			"an assertion of SAML":        {post(grant + "&" + token + "&client_assertion=x&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer"), 400, "invalid_request"},
			"an assertion that is none":   {post(grant + "&" + token + "&client_assertion=x&client_assertion_type=" + url.QueryEscape(jwtBearer)), 401, "invalid_client"},
			"a repeated grant and token":  {post(grant + "&" + grant + "&" + token + "&" + token + in), 400, "invalid_request"},
			"a repeated client":           {post(grant + "&" + token + in + "&client_id=" + id), 400, "invalid_request"},
			"a repeated unknown one":      {post(grant + "&" + token + in + "&x=1&x=1"), 400, "invalid_request"},
			"JSON":                        {post(`{"grant_type":"client_credentials"}`, "Content-Type", "application/json", "Authorization", header), 400, "invalid_request"},
			"no type":                     {post(grant+"&"+token+in, "Content-Type", ""), 400, "invalid_request"},
			"multipart":                   {post(grant+"&"+token+in, "Content-Type", "multipart/form-data; boundary=x"), 400, "invalid_request"},
			"badly encoded":               {post(grant + "&" + token + in + "&x=%zz"), 400, "invalid_request"},
			"no text":                     {post(grant + "&" + token + in + "&x=%00"), 400, "invalid_request"},
			"no UTF-8":                    {post(grant + "&" + token + in + "&x=%ff"), 400, "invalid_request"},
			"too many fields":             {post(grant + "&" + token + in + strings.Repeat("&x", 2000)), 400, "invalid_request"},
			"too much":                    {post(grant + "&" + token + in + "&x=" + strings.Repeat("a", 1<<17)), 413, "invalid_request"},
			"credentials in the address":  {attempt{path: "?client_id=" + id + "&client_secret=" + secret, body: grant + "&" + token}, 400, "invalid_request"},
			"the grant in the address":    {attempt{path: "?client_assertion=x", body: grant + "&" + token + in}, 400, "invalid_request"},
		} {
			for _, path := range []string{tokenPath, introspectPath, revokePath} {
				headers := tc.headers
				if !slices.Contains(headers, "Content-Type") {
					headers = append([]string{"Content-Type", formType}, headers...)
				}
				a := w.send(http.MethodPost, path+tc.path, tc.body, headers...)
				got := a.fields(l.t)
				if a.status != tc.status || got["error"] != tc.code || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
					l.t.Errorf("%s to %s: %d %s", name, path, a.status, a.body)
				}
				if (a.status == 401) != strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic ") {
					l.t.Errorf("%s to %s: challenge %q", name, path, a.header.Get("WWW-Authenticate"))
				}
				text, _ := got["error_description"].(string)
				if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
					l.t.Errorf("%s to %s: description %q", name, path, text)
				}
				for _, ours := range append(inside(), secret, id, other.Secret.Reveal()) {
					if strings.Contains(a.text(), ours) {
						l.t.Errorf("%s to %s lets out %q: %s", name, path, ours, a.body)
					}
				}
			}
		}
		for body, code := range map[string]string{
			"x=1" + in:                 "invalid_request",
			"grant_type=" + in:         "invalid_request",
			"grant_type=password" + in: "unsupported_grant_type",
			"grant_type=refresh_token&refresh_token=x" + in:                                   "unsupported_grant_type",
			"grant_type=Client_Credentials" + in:                                              "unsupported_grant_type",
			"grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=x" + in: "unsupported_grant_type",
		} {
			if a := w.send(http.MethodPost, tokenPath, body, "Content-Type", formType); a.status != 400 || a.fields(l.t)["error"] != code {
				l.t.Errorf("%.60q: %d %s", body, a.status, a.body)
			}
		}
		for _, path := range []string{introspectPath, revokePath} {
			for _, body := range []string{"x=1" + in, "token=" + in} {
				if a := w.send(http.MethodPost, path, body, "Content-Type", formType); a.status != 400 || a.fields(l.t)["error"] != "invalid_request" {
					l.t.Errorf("%s without a token: %d %s", path, a.status, a.body)
				}
			}
		}
		for _, path := range []string{tokenPath, introspectPath, revokePath} {
			if a := w.send(http.MethodGet, path, ""); a.status != http.StatusMethodNotAllowed || a.fields(l.t)["error"] != "invalid_request" {
				l.t.Errorf("GET %s: %d %s", path, a.status, a.body)
			}
		}
		if a := w.send(http.MethodPost, "/oauth/nothing", ""); a.status != http.StatusNotFound || a.fields(l.t)["error"] != "invalid_request" {
			l.t.Errorf("nothing: %d %s", a.status, a.body)
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("bad requests wrote:\n%s", changed)
		}
	})
}

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func TestOAuthToken_RefusesWhatTheExchangeRefuses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx := t.Context()
		m := w.mint(combination{models.API, models.ClientCredentials}, time.Hour)
		jwt := w.granted(m)
		refused := func(name string) {
			t.Helper()
			if a := w.grant(m); a.status != http.StatusUnauthorized || a.fields(t)["error"] != "invalid_client" {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
			if a := w.bearer(jwt); a.status != http.StatusUnauthorized {
				t.Errorf("%s: the JWT is answered %d", name, a.status)
			}
			w.inactive(name, jwt, w.vendorBasic())
		}
		w.must(w.accounts.DisableTenant(ctx, system(), w.acme.ID))
		refused("account disabled")
		w.must(w.accounts.EnableTenant(ctx, system(), w.acme.ID))
		w.must(w.accounts.SetTenantM2M(ctx, system(), w.acme.ID, models.Off, ""))
		refused("M2M off")
		w.must(w.accounts.SetTenantM2M(ctx, system(), w.acme.ID, models.On, ""))
		_, err := w.tokens.Disable(ctx, callerOf(w.dana), models.API, m.Token.ID)
		w.must(err)
		refused("disabled")
		_, err = w.tokens.Enable(ctx, callerOf(w.dana), models.API, m.Token.ID)
		w.must(err)
		jwt = w.granted(m)
		w.clock.pass(time.Hour)
		refused("expired")
	})
}

func TestOAuthToken_NeverOutlivesWhatItWasMadeFrom(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		short := w.mint(combination{models.API, models.ClientCredentials}, 10*time.Minute)
		if got := w.grant(short).fields(t); got["expires_in"] != 600.0 {
			t.Errorf("of credentials for ten minutes: %v", got["expires_in"])
		}
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		before := w.granted(m)
		next, err := w.tokens.Rotate(t.Context(), callerOf(w.dana), models.API, m.Token.ID, tokens.RotateRequest{Overlap: 30 * time.Minute})
		w.must(err)
		if got := w.grant(m).fields(t); got["expires_in"] != 1800.0 {
			t.Errorf("of a secret that ends: %v", got["expires_in"])
		}
		after := w.granted(next)
		_, err = w.tokens.EndOldSecret(t.Context(), callerOf(w.dana), models.API, m.Token.ID)
		w.must(err)
		if a := w.bearer(before); a.status != http.StatusUnauthorized {
			t.Errorf("of a secret that was ended: %d", a.status)
		}
		if a := w.bearer(after); a.status != http.StatusOK {
			t.Errorf("of the secret in force: %d", a.status)
		}
	})
}
