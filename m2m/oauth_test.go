package m2m_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/m2m"
)

func TestOAuthClaims_ComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	const rest = `"sub":"c","client_id":"c","iat":1,"exp":2,"jti":"j","scope":"reports.read","tenantId":"t"`
	for name, tc := range map[string]struct {
		claims m2m.OAuthClaims
		want   string
	}{
		"an account's for one": {
			m2m.OAuthClaims{
				Issuer: "i", Audience: m2m.Audience{"a"}, Subject: "c", ClientID: "c", IssuedAt: 1, ExpiresAt: 2, ID: "j",
				Scope: "reports.read", TenantID: "t", Roles: []string{}, Permissions: []string{"reports.read"}, SecretID: "s",
			},
			`{"iss":"i","aud":"a",` + rest + `,"roles":[],"permissions":["reports.read"],"secretId":"s"}`,
		},
		"a person's for several, bound": {
			m2m.OAuthClaims{
				Issuer: "i", Audience: m2m.Audience{"a", "b"}, Subject: "c", ClientID: "c", IssuedAt: 1, ExpiresAt: 2, ID: "j",
				Scope: "reports.read", TenantID: "t", UserID: "u", Roles: []string{"Reader"}, Permissions: []string{"reports.read"},
				SecretID: "s", Confirmation: &m2m.Confirmation{JKT: "k"},
			},
			`{"iss":"i","aud":["a","b"],` + rest + `,"userId":"u","roles":["Reader"],"permissions":["reports.read"],"secretId":"s","cnf":{"jkt":"k"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(tc.claims)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.want {
				t.Errorf("marshalled as\n%s\nwant\n%s", got, tc.want)
			}
			var back m2m.OAuthClaims
			if err := json.Unmarshal(got, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.claims, back); diff != "" {
				t.Errorf("does not come back as it was:\n%s", diff)
			}
		})
	}
}

func TestAudience_TakesTextsOnly(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`1`, `null`, `{}`, `["a",1]`, `true`} {
		var a m2m.Audience
		if err := json.Unmarshal([]byte(text), &a); err == nil && len(a) > 0 && a[0] != "" {
			t.Errorf("%s is taken as %q", text, a)
		}
	}
}
