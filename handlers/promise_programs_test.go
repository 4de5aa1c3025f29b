package handlers_test

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

var errGone = errors.New("the database is gone")

// P12: whatever read or write fails on the way, a program is never told yes, and no
// page lets anybody in or changes anything.
func TestP12_ProgramsAreNeverToldYesWhenLatchkeyCantTell(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		f := d.four()
		for c := range f.minted {
			ask := map[string]func() answer{}
			for way := range f.ways(c) {
				ask[way] = func() answer { return f.ways(c)[way] }
			}
			m := f.minted[c]
			switch c.kind {
			case models.AccessToken:
				ask = map[string]func() answer{
					"key":     func() answer { return d.send("GET", "/v1/whoami", "", "X-API-KEY", m.Secret.Reveal()) },
					"gateway": func() answer { return d.send("GET", authorizePath, "", "X-API-KEY", m.Secret.Reveal()) },
				}
			case models.ClientCredentials:
				ask = map[string]func() answer{
					"JWT":      func() answer { return d.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+f.issued[c]) },
					"gateway":  func() answer { return d.send("GET", authorizePath, "", "Authorization", "Bearer "+f.issued[c]) },
					"exchange": func() answer { return d.send("POST", exchangePath, credentials(m.Token.ID, m.Secret.Reveal())) },
				}
			}
			for way, send := range ask {
				for passed := 0; ; passed++ {
					happened := storetest.FailAfter(d.store, passed, errGone)
					a := send()
					if !happened() {
						storetest.FailNext(d.store, nil)
						if a.status != http.StatusOK || passed == 0 {
							t.Errorf("%s: %d after %d reads", way, a.status, passed)
						}
						break
					}
					if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || strings.Contains(a.text(), "gone") {
						t.Errorf("%s with read %d failing: %d %s", way, passed, a.status, a.body)
					}
				}
			}
		}
		storetest.FailNext(d.store, errGone)
		if a := d.send("GET", "/readyz", ""); a.status != http.StatusServiceUnavailable {
			t.Errorf("ready: %d", a.status)
		}
	})
}

// P12, of pages: when it can't be told who asks, the answer is 503 on every route; and
// no page is shown of which a part could not be read.
func TestP12_PagesLetNobodyInWhenLatchkeyCantTell(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		token := d.four().minted[combinations()[0]].Token.ID
		dana := d.dan()
		operator := &seat{world: d.world, who: walker{name: "operator", userID: d.operator.ID, operator: true}, headers: d.headers, token: d.token}
		before := d.done()
		for _, r := range d.server.Routes() {
			// That a file was asked for is written down before anything is read for it.
			if unguarded(r) || r.Access.ForPrograms() || strings.HasSuffix(r.Path, "/export.csv") {
				continue
			}
			who := dana
			if r.Access == web.Operator {
				who = operator
			}
			storetest.FailNext(d.store, errGone)
			a := who.send(r.Method, realAddress(d.world, r.Path, token), "csrf="+who.token, who.headers...)
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || strings.Contains(a.text(), "gone") || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s: %d", r.Method, r.Path, a.status)
			}
			for passed := 1; r.Method == http.MethodGet; passed++ {
				happened := storetest.FailAfter(d.store, passed, errGone)
				a := who.get(realAddress(d.world, r.Path, token))
				if !happened() {
					storetest.FailNext(d.store, nil)
					break
				}
				if a.status < http.StatusInternalServerError || strings.Contains(a.text(), "gone") {
					t.Errorf("%s with read %d failing: %d", r.Path, passed, a.status)
				}
			}
		}
		if d.done() != before {
			t.Error("something was changed")
		}
	})
}

// P12, of sign-in and one-time links: a password or a code is a credential, too.
func TestP12_NobodySignsInWhenLatchkeyCantTell(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		d.setPassword(d.dana)
		code := d.invite(d.dana)
		// In this order: the link changes the password.
		for _, row := range []struct {
			name, path string
			form       []string
		}{
			{"sign-in", "/sign-in", []string{"email", d.dana.User.Email, "password", password}},
			{"link", "/password/" + code, []string{"password", "another " + password}},
		} {
			name := row.name
			for passed := 0; ; passed++ {
				b := d.browser()
				b.open(row.path)
				action, fields := b.form("")
				for i := 0; i+1 < len(row.form); i += 2 {
					fields.Set(row.form[i], row.form[i+1])
				}
				happened := storetest.FailAfter(d.store, passed, errGone)
				a := b.request(http.MethodPost, action, fields.Encode())
				if !happened() {
					storetest.FailNext(d.store, nil)
					if a.status != http.StatusSeeOther || passed < 2 {
						t.Errorf("%s: %d after %d reads and writes", name, a.status, passed)
					}
					break
				}
				// What can't be uncounted after the right password is no reason to refuse it.
				if a.status == http.StatusSeeOther && b.cookies["latchkey_session"] != "" && passed > 2 {
					continue
				}
				if a.status != http.StatusServiceUnavailable || b.cookies["latchkey_session"] != "" {
					t.Errorf("%s with read or write %d failing: %d", name, passed, a.status)
				}
			}
		}
	})
}

// P14: what is taken in which header, and what each refusal says.
func TestP14_WhatIsRefusedHow(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		f := d.four()
		access, client := f.minted[combinations()[0]], f.minted[combinations()[1]]
		jwt, personal := f.issued[combinations()[1]], f.minted[combinations()[3]]
		now := d.clock.Now().Unix()
		good := m2m.Claims{
			Subject: client.Token.ID, SecretID: d.secretID(client), TenantID: d.acme.ID, Type: m2m.TenantAPIToken, CreatedByUserID: &d.dana.UserID,
			ApplicationID: d.settings.ClientID, Audience: d.settings.ClientID, Issuer: publicURL,
			IssuedAt: m2m.NumericDate(now), ExpiresAt: m2m.NumericDate(now + 600),
		}
		sign := func(edit func(*m2m.Claims)) string {
			t.Helper()
			claims := good
			edit(&claims)
			text, err := d.keys.Sign(t.Context(), claims)
			d.must(err)
			return text
		}
		fresh := func(kind m2m.KeyKind) string { return m2m.NewKey("lk", kind).Reveal() }
		const once, invalid, expired, want = "Send one credential: either X-API-KEY or Authorization, once.", "The credential is not valid.",
			"The token has expired.", "Send an access token in X-API-KEY, or a JWT in Authorization: Bearer or DPoP."
		key, bearer := func(v string) []string { return []string{"X-API-KEY", v} }, func(v string) []string { return []string{"Authorization", "Bearer " + v} }
		ended := sign(func(c *m2m.Claims) { c.ExpiresAt = m2m.NumericDate(now - 1) })

		for name, row := range map[string]struct {
			headers []string
			status  int
			detail  string
		}{
			"access token in X-API-KEY":        {key(access.Secret.Reveal()), 200, ""},
			"JWT as Bearer":                    {bearer(jwt), 200, ""},
			"JWT of ours made here":            {bearer(sign(func(*m2m.Claims) {})), 200, ""},
			"nothing":                          {nil, 401, want},
			"Basic":                            {[]string{"Authorization", "Basic " + jwt}, 401, want},
			"both":                             {append(key(access.Secret.Reveal()), bearer(jwt)...), 400, once},
			"both, one empty":                  {append(key(""), bearer(jwt)...), 400, once},
			"both, one garbage":                {append(key("x"), bearer(jwt)...), 400, once},
			"two Bearers":                      {append(bearer(jwt), bearer(jwt)...), 400, once},
			"client secret in X-API-KEY":       {key(client.Secret.Reveal()), 401, invalid},
			"client id in X-API-KEY":           {key(client.Token.ID), 401, invalid},
			"JWT in X-API-KEY":                 {key(jwt), 401, invalid},
			"refresh token in X-API-KEY":       {key(fresh(m2m.RefreshToken)), 401, invalid},
			"vendor key in X-API-KEY":          {key(fresh(m2m.VendorKey)), 401, invalid},
			"unknown access token":             {key(fresh(m2m.AccessToken)), 401, invalid},
			"access token as Bearer":           {bearer(access.Secret.Reveal()), 401, invalid},
			"vendor key as Bearer":             {bearer(fresh(m2m.VendorKey)), 401, invalid},
			"JWT access token":                 {bearer(sign(func(c *m2m.Claims) { c.Type, c.Subject = "tenantAccessToken", access.Token.ID })), 401, invalid},
			"its subject is an access token":   {bearer(sign(func(c *m2m.Claims) { c.Subject = access.Token.ID })), 401, invalid},
			"userToken":                        {bearer(sign(func(c *m2m.Claims) { c.Type = "userToken" })), 401, invalid},
			"userAccessToken":                  {bearer(sign(func(c *m2m.Claims) { c.Type = "userAccessToken" })), 401, invalid},
			"vendor":                           {bearer(sign(func(c *m2m.Claims) { c.Type = "vendor" })), 401, invalid},
			"no type":                          {bearer(sign(func(c *m2m.Claims) { c.Type = "" })), 401, invalid},
			"the other type":                   {bearer(sign(func(c *m2m.Claims) { c.Type = m2m.UserAPIToken })), 401, invalid},
			"a user's id in an account's":      {bearer(sign(func(c *m2m.Claims) { c.UserID = d.dana.UserID })), 401, invalid},
			"personal client as the account's": {bearer(sign(func(c *m2m.Claims) { c.Subject = personal.Token.ID })), 401, invalid},
			"another audience":                 {bearer(sign(func(c *m2m.Claims) { c.Audience = d.acme.ID })), 401, invalid},
			"the issuer as audience":           {bearer(sign(func(c *m2m.Claims) { c.Audience = publicURL })), 401, invalid},
			"no audience":                      {bearer(sign(func(c *m2m.Claims) { c.Audience = "" })), 401, invalid},
			"another issuer":                   {bearer(sign(func(c *m2m.Claims) { c.Issuer = publicURL + "/" })), 401, invalid},
			"another account":                  {bearer(sign(func(c *m2m.Claims) { c.TenantID = d.globex.ID })), 401, invalid},
			"unknown subject":                  {bearer(sign(func(c *m2m.Claims) { c.Subject = d.acme.ID })), 401, invalid},
			"subject in upper case":            {bearer(sign(func(c *m2m.Claims) { c.Subject = strings.ToUpper(c.Subject) })), 401, invalid},
			"ended JWT":                        {bearer(ended), 401, expired},
			"ended JWT without signature":      {bearer(ended[:strings.LastIndex(ended, ".")+1]), 401, invalid},
			"ended JWT, changed":               {bearer(ended[:len(ended)-8] + "AAAAAAAA"), 401, invalid},
			"no end":                           {bearer(sign(func(c *m2m.Claims) { c.ExpiresAt = 0 })), 401, expired},
		} {
			a := d.send("GET", "/v1/whoami", "", row.headers...)
			if a.status != row.status {
				t.Errorf("%s: %d %s", name, a.status, a.body)
				continue
			}
			if row.status == http.StatusOK {
				continue
			}
			challenge := map[string]string{invalid: `Bearer error="invalid_token"`, expired: `Bearer error="invalid_token"`, want: `Bearer resource_metadata="` + publicURL + resourcePath + `"`, once: `Bearer error="invalid_request"`}[row.detail]
			if a.fields(t)["detail"] != row.detail || a.header.Get("WWW-Authenticate") != challenge || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %v %s", name, a.header, a.body)
			}
		}
	})
}

// P14: who holds a deleted, refused or foreign credential that has ended as well is not
// told that it ended.
func TestP14_OnlyAGenuineTokenIsToldThatItExpired(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		dana := d.dan()
		kept := d.mint(combination{models.API, models.AccessToken}, time.Minute)
		deleted := d.mint(combination{models.API, models.AccessToken}, time.Minute)
		if a := dana.post("/workspace/tokens/" + deleted.Token.ID + "/delete"); a.status != http.StatusSeeOther {
			t.Fatal(a.status)
		}
		d.clock.pass(time.Hour)
		said := map[string]string{}
		for name, secret := range map[string]string{"kept": kept.Secret.Reveal(), "deleted": deleted.Secret.Reveal()} {
			said[name], _ = d.send("GET", "/v1/whoami", "", "X-API-KEY", secret).fields(t)["detail"].(string)
		}
		if want := map[string]string{"kept": "The token has expired.", "deleted": "The credential is not valid."}; !maps.Equal(said, want) {
			t.Errorf("%v", said)
		}
		client := d.mint(combination{models.API, models.ClientCredentials}, time.Minute)
		d.clock.pass(time.Hour)
		other := d.mint(combination{models.API, models.ClientCredentials}, 0)
		for _, secret := range []string{client.Secret.Reveal(), other.Secret.Reveal()} {
			if a := d.send("POST", exchangePath, credentials(client.Token.ID, secret)); a.status != http.StatusUnauthorized || !strings.Contains(a.body, `["Invalid client credentials"]`) {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
	})
}
