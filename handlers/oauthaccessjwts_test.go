package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// accessJWTs are what access tokens are from now on.
func (w *world) accessJWTs() {
	w.t.Helper()
	format, now := models.JWT, models.Stamp(w.clock.Now())
	w.must(w.store.UpdateSettings(w.t.Context(), models.SettingsChange{AccessTokenFormat: &format, At: now}, models.NewEvent(system(), models.SettingsUpdated, now)))
}

// An access token that is a JWT is told of like any other, and not like the JWTs that
// client credentials are exchanged for.
func TestIntrospection_KnowsAccessTokensThatAreJWTs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		client, foreign := w.mint(combination{models.API, models.ClientCredentials}, 0), w.foreign()
		vendor, same, other := w.vendorBasic(), clientBasic(client.Token.ID, client.Secret.Reveal()), clientBasic(foreign.Token.ID, foreign.Secret.Reveal())
		w.accessJWTs()
		account, own := w.mint(combination{models.API, models.AccessToken}, time.Hour), w.mint(combination{models.Personal, models.AccessToken}, 0)
		made := float64(w.clock.Now().Unix())
		for name, tc := range map[string]struct {
			jwt  string
			want map[string]any
		}{
			"an account's": {account.Secret.Reveal(), map[string]any{
				"active": true, "scope": "reports.read reports.write", "client_id": account.Token.ID, "sub": account.Token.ID, "iss": publicURL, "tenantId": w.acme.ID,
				"roles": []string{"Editor"}, "permissions": []string{"reports.read", "reports.write"}, "iat": made, "exp": made + 3600,
			}},
			"a person's": {own.Secret.Reveal(), map[string]any{
				"active": true, "scope": "fe.secure.* reports.read reports.write", "client_id": own.Token.ID, "sub": own.Token.ID, "iss": publicURL, "tenantId": w.acme.ID,
				"roles": []string{"Admin", "Editor"}, "permissions": []string{"fe.secure.*", "reports.read", "reports.write"}, "iat": made, "userId": w.dana.UserID,
			}},
		} {
			if strings.Count(tc.jwt, ".") != 2 {
				t.Fatalf("%s is no JWT: %s", name, tc.jwt)
			}
			for _, who := range []string{vendor, same} {
				if a := w.introspect(tc.jwt, who); a.status != http.StatusOK || !sameJSON(a.fields(t), tc.want) {
					t.Errorf("%s: %d %s\nwant %v", name, a.status, a.body, tc.want)
				}
			}
			w.inactive(name+" to another account", tc.jwt, other)
			claims, parts := changed(unpacked(t, tc.jwt, 1), "exp", made+7200), strings.Split(tc.jwt, ".")
			w.inactive(name+" with other claims", strings.Join([]string{parts[0], encoded(claims), parts[2]}, "."), vendor)
			again, err := w.keys.Sign(t.Context(), claims)
			w.must(err)
			w.inactive(name+" that was given to nobody", again, vendor)
		}
		w.clock.pass(time.Hour)
		w.inactive("one that ended", account.Secret.Reveal(), vendor)
		_, err := w.tokens.Disable(t.Context(), callerOf(w.dana), models.Personal, own.Token.ID)
		w.must(err)
		w.inactive("one that is disabled", own.Secret.Reveal(), vendor)
	})
}

// Access tokens are the vendor's to end, whatever they look like: a client's JWTs are
// those that it was given itself.
func TestRevocation_OfAccessTokensThatAreJWTsIsTheVendors(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		client, foreign := w.mint(combination{models.API, models.ClientCredentials}, 0), w.foreign()
		same, other, vendor := clientBasic(client.Token.ID, client.Secret.Reveal()), clientBasic(foreign.Token.ID, foreign.Secret.Reveal()), w.vendorBasic()
		w.accessJWTs()
		for _, c := range []combination{{models.API, models.AccessToken}, {models.Personal, models.AccessToken}} {
			m := w.mint(c, 0)
			jwt := m.Secret.Reveal()
			w.news()
			for _, who := range []string{same, other} {
				w.revoke(jwt, who)
			}
			if a := w.whoami(m); a.status != http.StatusOK {
				t.Errorf("%v: a client ended it: %d", c, a.status)
			}
			if events := w.news(); len(events) != 0 {
				t.Errorf("%v: clients left %+v", c, events)
			}
			w.revoke(jwt, vendor)
			w.revoke(jwt, vendor)
			if a := w.whoami(m); a.status != http.StatusUnauthorized {
				t.Errorf("%v: the vendor did not end it: %d", c, a.status)
			}
			w.inactive("ended", jwt, vendor)
			if events := w.news(); len(events) != 1 || events[0].Action != models.TokenDeleted || events[0].ActorKind != models.Vendor || events[0].TargetID != m.Token.ID || events[0].TenantID != w.acme.ID {
				t.Errorf("%v: events %+v", c, events)
			}
		}
	})
}
