package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// A gateway lets an access token do what its scope says, though its client holds more.
func TestAuthorize_AnAccessTokenGivesItsScopeAndNoMore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m, own := w.mint(combination{models.API, models.ClientCredentials}, 0), w.mint(combination{models.Personal, models.ClientCredentials}, 0)
		const insufficient = `Bearer error="insufficient_scope"`
		for _, tc := range []struct {
			m                  tokens.Minted
			scope              string
			roles, permissions string
			holds              []string
			lacks              map[string]string
		}{
			{m, "reports.read", "", "reports.read", []string{"permission=reports.read"}, map[string]string{
				"permission=reports.write": insufficient + `, scope="reports.write"`, "role=Editor": insufficient,
				"permission=reports.read&permission=reports.write": insufficient + `, scope="reports.read reports.write"`,
				"permission=reports.read&role=Editor":              insufficient + `, scope="reports.read"`,
			}},
			{m, "reports.write reports.read", "Editor", "reports.read,reports.write", []string{"permission=reports.write&role=Editor"}, map[string]string{"role=Admin": insufficient}},
			{m, "", "Editor", "reports.read,reports.write", []string{"permission=reports.write&role=Editor"}, map[string]string{"role=Admin": insufficient}},
			{own, "fe.secure.read.*", "", "fe.secure.read.*", []string{"permission=fe.secure.read.tenantApiTokens"}, map[string]string{
				"permission=fe.secure.write.tenantApiTokens": insufficient + `, scope="fe.secure.write.tenantApiTokens"`, "role=Admin": insufficient,
				"permission=fe.secure.*": insufficient + `, scope="fe.secure.*"`, "permission=reports.read": insufficient + `, scope="reports.read"`,
			}},
		} {
			jwt := w.granted(tc.m, "scope", tc.scope)
			ask := func(query string) answer {
				return w.send(http.MethodGet, authorizePath+query, "", "Authorization", "Bearer "+jwt)
			}
			user := ""
			if tc.m.Token.Context == models.Personal {
				user = w.dana.UserID
			}
			want := []string{w.acme.ID, tc.m.Token.ID, user, tc.roles, tc.permissions}
			for _, query := range append([]string{""}, tc.holds...) {
				if query != "" {
					query = "?" + query
				}
				if a := ask(query); a.status != http.StatusOK || !slices.Equal(introduced(a), want) {
					t.Errorf("%q, asked for %q: %d %v, want %v", tc.scope, query, a.status, introduced(a), want)
				}
			}
			for query, challenge := range tc.lacks {
				if a := ask("?" + query); a.status != http.StatusForbidden || a.header.Get("WWW-Authenticate") != challenge || !slices.Equal(introduced(a), nobody) {
					t.Errorf("%q, asked for %q: %d %v", tc.scope, query, a.status, a.header)
				}
			}
		}
	})
}

// What is told of a token's rights is what it may do now: all three ways to say it
// follow each change, and a JWT never gets what it was not made with.
func TestIntrospection_RightsAreThoseOfNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m, key := w.mint(combination{models.API, models.ClientCredentials}, 0), w.mint(combination{models.API, models.AccessToken}, 0)
		w.accessJWTs()
		signed := w.mint(combination{models.API, models.AccessToken}, 0)
		_, err := w.accounts.CreatePermission(t.Context(), system(), accounts.PermissionInput{Key: "reports.delete", Name: "reports.delete"})
		w.must(err)
		w.must(w.accounts.SetTenantM2M(t.Context(), system(), w.acme.ID, models.On, ""))
		exchanged := map[string]string{"a JWT of OAuth": w.granted(m), "a JWT of the dialect": w.exchange(m)}
		kept := map[string]string{"an access token": key.Secret.Reveal(), "an access token that is a JWT": signed.Secret.Reveal()}
		vendor := w.vendorBasic()
		tell := func(now string, shown map[string]string, roles []string, scope string) {
			t.Helper()
			for name, token := range shown {
				a := w.introspect(token, vendor)
				got := a.fields(t)
				if got["active"] != true || got["scope"] != scope || !sameJSON(got["permissions"], strings.Fields(scope)) || !sameJSON(got["roles"], roles) {
					t.Errorf("%s, %s: %d %s", name, now, a.status, a.body)
				}
			}
		}
		editor := func(permissions ...string) {
			t.Helper()
			_, err := w.accounts.UpdateRole(t.Context(), system(), w.roles["Editor"], accounts.RoleInput{Key: "Editor", Name: "Editor", Permissions: permissions})
			w.must(err)
		}
		for _, shown := range []map[string]string{exchanged, kept} {
			tell("at first", shown, []string{"Editor"}, "reports.read reports.write")
		}
		editor("reports.read")
		for _, shown := range []map[string]string{exchanged, kept} {
			tell("of a role that gives less", shown, []string{"Editor"}, "reports.read")
		}
		editor("reports.read", "reports.delete")
		tell("of a role that gives another", exchanged, []string{"Editor"}, "reports.read")
		tell("of a role that gives another", kept, []string{"Editor"}, "reports.delete reports.read")
		for _, one := range []tokens.Minted{m, key, signed} {
			_, err := w.tokens.Update(t.Context(), callerOf(w.dana), models.API, one.Token.ID, tokens.Update{RoleIDs: &[]string{}})
			w.must(err)
		}
		for _, shown := range []map[string]string{exchanged, kept} {
			tell("without a role", shown, []string{}, "")
		}
	})
}

// Whoever holds no permission is told so, in each answer: a scope that is left out would
// mean the one that was asked for (RFC 6749, section 5.1).
func TestOAuth_NoPermissionIsAnEmptyScope(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		bare := w.sow(w.dana, models.API, models.ClientCredentials, "bare", 0)
		a := w.grant(bare)
		if a.status != http.StatusOK || !strings.Contains(a.body, `"scope":""`) {
			t.Fatalf("%d %s", a.status, a.body)
		}
		jwt, _ := a.fields(t)["access_token"].(string)
		told := w.introspect(jwt, w.vendorBasic())
		for name, got := range map[string]map[string]any{"the JWT": unpacked(t, jwt, 1), "introspection": told.fields(t)} {
			if got["scope"] != "" || !sameJSON(got["permissions"], []string{}) || !sameJSON(got["roles"], []string{}) {
				t.Errorf("%s says %v", name, got)
			}
		}
		if told.fields(t)["active"] != true {
			t.Errorf("introspected as %s", told.body)
		}
		if a := w.bearer(jwt); a.status != http.StatusOK || !strings.Contains(a.body, `"permissions":[]`) {
			t.Errorf("whoami says %d %s", a.status, a.body)
		}
		if a := w.grant(bare, "scope", "reports.read"); a.status != http.StatusBadRequest || a.fields(t)["error"] != "invalid_scope" {
			t.Errorf("asked for what it doesn't hold: %d %s", a.status, a.body)
		}
	})
}
