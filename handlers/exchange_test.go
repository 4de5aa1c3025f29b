package handlers_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestExchange_BothAnswersAtAllAddresses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		body := credentials(m.Token.ID, m.Secret.Reveal())
		for version, names := range map[string][]string{
			"v1": {"accessToken", "expires", "expiresIn", "refreshToken"},
			"v2": {"access_token", "expires", "expires_in", "refresh_token"},
		} {
			for _, prefix := range []string{"", "/frontegg"} {
				for _, slash := range []string{"", "/"} {
					path := prefix + "/identity/resources/auth/" + version + "/api-token" + slash
					a := w.send("POST", path, body, "Content-Type", "application/json")
					if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-store" {
						t.Fatalf("%s: %d %s", path, a.status, a.body)
					}
					got := a.fields(t)
					if !slices.Equal(slices.Sorted(maps.Keys(got)), names) {
						t.Errorf("%s: %v", path, slices.Sorted(maps.Keys(got)))
					}
					if got[names[2]] != 3600.0 || got["expires"] != "Mon, 23 Nov 2026 21:00:00 GMT" {
						t.Errorf("%s: %v %v", path, got[names[2]], got["expires"])
					}
					bearer, _ := got[names[0]].(string)
					if a := w.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+bearer); a.status != http.StatusOK {
						t.Errorf("%s: its JWT is answered %d", path, a.status)
					}
				}
			}
		}
	})
}

func TestExchange_ToleratesTheOtherSpellingAndMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	m := w.mint(combination{models.API, models.ClientCredentials}, 0)
	body := `{"client_id":"` + m.Token.ID + `","secret":"` + m.Secret.Reveal() + `","grant":{"a":[1]},"tenant_id":"` + w.globex.ID + `"}`
	for _, kind := range []string{"", "application/json", "application/json; charset=utf-8", "text/plain"} {
		if a := w.send("POST", exchangePath, body, "Content-Type", kind); a.status != http.StatusOK {
			t.Errorf("%q: %d %s", kind, a.status, a.body)
		}
	}
}

func TestExchange_EveryRefusalIsOneSentence(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx := t.Context()
		m := w.mint(combination{models.API, models.ClientCredentials}, time.Hour)
		other := w.mint(combination{models.API, models.ClientCredentials}, 0)
		key := w.mint(combination{models.API, models.AccessToken}, 0)
		id, secret := m.Token.ID, m.Secret.Reveal()
		refused := func(name, id, secret string) {
			t.Helper()
			a := w.send("POST", exchangePath, credentials(id, secret))
			errs := texts(a.fields(t)["errors"])
			if a.status != http.StatusUnauthorized || len(errs) != 1 || errs[0] != "Invalid client credentials" || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		refused("unknown id", w.acme.ID, secret)
		refused("id in capitals", strings.ToUpper(id), secret)
		refused("id of no form", "nobody", secret)
		refused("other's secret", id, other.Secret.Reveal())
		refused("garbage", id, "secret")
		refused("secret in capitals", id, strings.ToUpper(secret))
		refused("space behind", id, secret+" ")
		refused("an access token", key.Token.ID, key.Secret.Reveal())
		w.must(w.accounts.DisableTenant(ctx, system(), w.acme.ID))
		refused("account disabled", id, secret)
		w.must(w.accounts.EnableTenant(ctx, system(), w.acme.ID))
		w.must(w.accounts.UpdateM2M(ctx, system(), accounts.M2MInput{Kind: models.ClientCredentials, Format: models.Opaque}))
		refused("M2M off", id, secret)
		w.must(w.accounts.UpdateM2M(ctx, system(), accounts.M2MInput{Enabled: true, Kind: models.ClientCredentials, Format: models.Opaque}))
		w.exchange(m)
		w.clock.pass(time.Hour)
		refused("expired", id, secret)
		caller := models.Caller{Kind: models.Person, UserID: w.dana.UserID, TenantID: w.acme.ID, Permissions: models.PermissionSet{"fe.secure.*"}}
		_, err := w.tokens.Delete(ctx, caller, models.API, other.Token.ID)
		w.must(err)
		refused("deleted", other.Token.ID, other.Secret.Reveal())
	})
}

func TestExchange_BadInputIs400WithAList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		id, secret := m.Token.ID, m.Secret.Reveal()
		for body, want := range map[string]int{
			"":                                    400,
			"nonsense":                            400,
			"[]":                                  400,
			"{}":                                  400,
			`{"clientId":"` + id + `"}`:           400,
			`{"secret":"` + secret + `"}`:         400,
			`{"clientId":1,"secret":"x"}`:         400,
			`{"clientId":"x","secret":["x"]}`:     400,
			`{"clientId":null,"secret":null}`:     400,
			`{"clientId":"","secret":""}`:         400,
			`{"clientId":"a\u0000","secret":"x"}`: 400,
			"{\"clientId\":\"\xff\",\"secret\":\"x\"}":                      400,
			`{"clientId":"a","clientId":"b","secret":"x"}`:                  400,
			"clientId=" + id + "&secret=" + secret:                          400,
			`{"clientId":"` + strings.Repeat("a", 1<<20) + `"}`:             413,
			`{"clientId":"` + strings.Repeat("a", 5000) + `","secret":"x"}`: 401,
			`{"clientId":"` + id + `","secret":"\ud800"}`:                   401,
		} {
			a := w.send("POST", exchangePath, body, "Content-Type", "application/json")
			errs := texts(a.fields(t)["errors"])
			if a.status != want || len(errs) != 1 || errs[0] == "" {
				t.Errorf("%.60q: %d %s", body, a.status, a.body)
			}
		}
	})
}

func TestExchange_TakesPOSTOnlyAndNeverRedirects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	for _, path := range []string{exchangePath, exchangePath + "/", "/frontegg" + exchangePath} {
		a := w.send("GET", path+"?clientId=a&secret=b", "")
		if a.status != http.StatusMethodNotAllowed || !strings.Contains(a.header.Get("Allow"), "POST") || len(texts(a.fields(t)["errors"])) != 1 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	for _, path := range []string{"/identity/nothing", "/frontegg/nothing", "/frontegg/identity/resources/auth/v3/api-token"} {
		if a := w.send("POST", path, "{}"); a.status != http.StatusNotFound || len(texts(a.fields(t)["errors"])) != 1 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}
