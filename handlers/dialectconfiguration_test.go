package handlers_test

import (
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

const configurationPath = resources + "configurations/v1"

// byKey is a program of the vendor's.
func (b *bench) byKey() program {
	b.t.Helper()
	return program{b, []string{"Authorization", "Bearer " + b.vendorToken(), "Content-Type", "application/json"}}
}

// Every field that Frontegg's API declares is there, so that no client's struct
// lacks one; the key is the one that signs.
func TestConfiguration_HasAllOfFronteggsFieldsAndTheKeyThatSigns(t *testing.T) {
	t.Parallel()
	onLedger(t, false, func(w *world, l *ledger) {
		b := newBench(w)
		p := b.byKey()
		for _, path := range []string{configurationPath, configurationPath + "/", "/frontegg" + configurationPath, "/frontegg" + configurationPath + "/"} {
			a := p.call("GET", path, "")
			if a.status != http.StatusOK {
				l.t.Fatalf("%s: %d %s", path, a.status, a.body)
			}
			got := a.fields(l.t)
			hasKeys(l.t, path, got, []string{
				"accessTokenFormat", "addPermissionsToJwt", "addRolesToJwt", "addSamlAttributesToJwt", "allowCustomLoginTenantSwitch",
				"allowNotVerifiedUsersLogin", "allowOverrideEnforcePasswordHistory", "allowOverridePasswordComplexity",
				"allowOverridePasswordExpiration", "allowSignups", "allowTenantInvitations", "apiTokensEnabled", "authStrategy",
				"cookieSameSite", "defaultPasswordlessTokenExpiration", "defaultRefreshTokenExpiration", "defaultTokenExpiration",
				"forcePermissions", "forceSameDeviceOnAuth", "id", "jwtAlgorithm", "jwtSecret", "machineToMachineAuthStrategy", "publicKey",
				"refreshTokensRotationLimit", "rotateRefreshTokens",
			})
			text, _ := got["publicKey"].(string)
			want, err := w.keys.PublicKey(l.t.Context())
			w.must(err)
			if block, _ := pem.Decode([]byte(text)); text != want || block == nil {
				l.t.Errorf("%s: the key is %q", path, text)
			}
			if got["id"] != w.settings.ClientID || got["jwtAlgorithm"] != "RS256" || got["jwtSecret"] != "" || got["cookieSameSite"] != "LAX" || got["defaultTokenExpiration"] != 3600.0 ||
				got["machineToMachineAuthStrategy"] != "ClientCredentials" || got["apiTokensEnabled"] != true || got["refreshTokensRotationLimit"] != 100.0 {
				l.t.Errorf("%s: %s", path, a.body)
			}
		}
	})
}

// What is told is what can be sent back: it changes nothing. What differs and is
// known does, in one event; the rest is passed over.
func TestConfiguration_IsSetAsFarAsItIsKnown(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		p := b.byKey()
		all := p.call("GET", configurationPath, "").body
		before := l.rows()
		b.news()
		for _, body := range []string{"{}", all, `{"skipTenantValidation":true,"publicKey":"x","id":"y","jwtSecret":"z","authStrategy":"MagicLink","allowSignups":true,"apiTokensEnabled":null,"a":[{}]}`} {
			a := p.call("POST", configurationPath, body)
			if a.status != http.StatusCreated || a.body != all {
				l.t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
		if events := b.news(); len(events) != 0 {
			l.t.Errorf("nothing was changed, and written down: %+v", events)
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("it changed:\n%s", changed)
		}
		a := p.call("POST", "/frontegg"+configurationPath+"/", `{"defaultTokenExpiration":600,"defaultRefreshTokenExpiration":86400,"cookieSameSite":"STRICT","addRolesToJwt":false,
			"addPermissionsToJwt":false,"accessTokenFormat":"jwt","apiTokensEnabled":false,"forcePermissions":false,"machineToMachineAuthStrategy":"AccessToken","rotateRefreshTokens":false}`)
		if a.status != http.StatusCreated || a.body != p.call("GET", configurationPath, "").body {
			l.t.Errorf("%d %s", a.status, a.body)
		}
		s, err := w.store.Settings(l.t.Context())
		w.must(err)
		if s.TokenTTL != 10*time.Minute || s.RefreshTTL != 24*time.Hour || s.CookieSameSite != models.SameSiteStrict || s.RolesInJWT || s.PermissionsInJWT ||
			s.AccessTokenFormat != models.JWT || s.M2MEnabled || s.ForcePermissions || s.Kind != models.AccessToken {
			l.t.Errorf("%+v", s)
		}
		if events := b.news(); len(events) != 1 || events[0].Action != models.SettingsUpdated || events[0].TargetName != "configuration" {
			l.t.Errorf("left %+v", events)
		}
		before = l.rows()
		for body, says := range map[string]string{
			"": "The body must be one JSON object.", "[]": "The body must be one JSON object.",
			`{"forcePermissions":true,"machineToMachineAuthStrategy":"accessToken"}`: "machineToMachineAuthStrategy: This is not one of the kinds",
			`{"forcePermissions":true,"cookieSameSite":"none"}`:                      "cookieSameSite: Give STRICT, LAX or NONE",
			`{"forcePermissions":true,"cookieSameSite":"NONE"}`:                      "cookieSameSite must be STRICT or LAX: NONE needs an https address",
			`{"forcePermissions":true,"accessTokenFormat":"JWT"}`:                    "accessTokenFormat: Give opaque or jwt",
			`{"forcePermissions":true,"defaultTokenExpiration":59}`:                  "defaultTokenExpiration: Give a number of seconds from 60 to 2,592,000",
			`{"forcePermissions":true,"defaultTokenExpiration":18446744073}`:         "defaultTokenExpiration: Give a number of seconds from 60 to 2,592,000",
			`{"forcePermissions":true,"defaultRefreshTokenExpiration":-1}`:           "defaultRefreshTokenExpiration: Give a number of seconds from 60 to 15,552,000",
			`{"forcePermissions":true,"defaultTokenExpiration":600.5}`:               "defaultTokenExpiration must be a number",
			`{"forcePermissions":true,"defaultTokenExpiration":"600"}`:               "defaultTokenExpiration must be a number",
			`{"forcePermissions":true,"apiTokensEnabled":"no"}`:                      "apiTokensEnabled must be true or false",
			`{"forcePermissions":1}`:                                                 "forcePermissions must be true or false",
			`{"machineToMachineAuthStrategy":["a"]}`:                                 "machineToMachineAuthStrategy must be a string",
		} {
			a := p.call("POST", configurationPath, body)
			if errs := texts(a.fields(l.t)["errors"]); a.status != http.StatusBadRequest || len(errs) != 1 || errs[0] != says {
				l.t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("bad input changed:\n%s", changed)
		}
		w.overHTTPS()
		if a := p.call("POST", configurationPath, `{"cookieSameSite":"NONE"}`); a.status != http.StatusCreated || a.fields(l.t)["cookieSameSite"] != "NONE" {
			l.t.Errorf("NONE over https: %d %s", a.status, a.body)
		}
	})
}

// The dialog for tokens asks, before and after sign-in, which kind it is to make.
func TestConfiguration_TellsPeopleTheKindThatTheyMake(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		vendor, dana, hank := b.byKey(), b.comes(b.dana), b.comes(b.hank)
		if a := vendor.call("POST", configurationPath, `{"machineToMachineAuthStrategy":"AccessToken"}`); a.status != http.StatusCreated {
			l.t.Fatalf("%d %s", a.status, a.body)
		}
		w.must(w.accounts.SetTenantM2M(l.t.Context(), system(), w.globex.ID, models.Inherited, models.ClientCredentials))
		w.must(w.accounts.SetTenantM2M(l.t.Context(), system(), w.acme.ID, models.Inherited, ""))
		public := w.send("GET", "/frontegg"+configurationPath+"/public", "", "Origin", appOrigin, "Content-Type", "application/json")
		const want = `{"allowSignups":false,"allowNotVerifiedUsersLogin":false,"apiTokensEnabled":true,"forcePermissions":true,"authStrategy":"EmailAndPassword","machineToMachineAuthStrategy":"AccessToken"}`
		if public.status != http.StatusOK || public.body != want+"\n" || public.header.Get("Access-Control-Allow-Origin") != appOrigin {
			l.t.Errorf("%d %s", public.status, public.body)
		}
		for name, headers := range map[string][]string{
			"garbage": {"Authorization", "Bearer x"}, "the vendor": vendor.headers, "a key": {"Authorization", basic("a", "b")},
		} {
			if a := w.send("GET", configurationPath+"/public", "", headers...); a.status != http.StatusOK || a.body != public.body {
				l.t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		for kind, who := range map[string]program{"AccessToken": dana, "ClientCredentials": hank} {
			if a := who.call("GET", configurationPath+"/public/", ""); a.status != http.StatusOK || a.fields(l.t)["machineToMachineAuthStrategy"] != kind {
				l.t.Errorf("%d %s", a.status, a.body)
			}
			a := who.call("GET", configurationPath+"/basic/", "")
			if a.status != http.StatusOK || a.body != `{"forcePermissions":true,"machineToMachineAuthStrategy":"`+kind+`"}`+"\n" {
				l.t.Errorf("%d %s", a.status, a.body)
			}
		}
		if a := vendor.call("GET", configurationPath+"/basic", ""); a.status != http.StatusOK || a.fields(l.t)["machineToMachineAuthStrategy"] != "AccessToken" {
			l.t.Errorf("the vendor: %d %s", a.status, a.body)
		}
	})
}

// P7: the format is of tokens made from now on. Those made before work beside
// them, each in X-API-KEY and in no other header.
func TestConfiguration_AccessTokensOfBothFormatsAreGood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		good := map[string]string{} // the path of each, by its secret
		whoami := func(secret string) answer { return b.send("GET", "/v1/whoami", "", "X-API-KEY", secret) }
		for _, format := range []string{"opaque", "jwt", "opaque"} {
			if a := b.byKey().call("POST", configurationPath, `{"accessTokenFormat":"`+format+`"}`); a.status != http.StatusCreated {
				t.Fatalf("%d %s", a.status, a.body)
			}
			for _, l := range dialectLists() {
				if l.kind != models.AccessToken {
					continue
				}
				a := b.acts(l.context).call("POST", l.path, `{"expiresInMinutes":60}`)
				made := a.fields(t)
				secret, _ := made["secret"].(string)
				if (strings.Count(secret, ".") == 2) != (format == "jwt") {
					t.Errorf("%s: %s", format, a.body)
				}
				who := whoami(secret)
				if who.status != http.StatusOK || who.fields(t)["token_id"] != made["id"] || who.fields(t)["tenant_id"] != b.acme.ID {
					t.Errorf("%s: %d %s", format, who.status, who.body)
				}
				if who := b.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+secret); who.status != http.StatusUnauthorized {
					t.Errorf("%s, as Bearer: %d", format, who.status)
				}
				good[secret] = l.path + "/" + made["id"].(string)
			}
		}
		for secret, path := range good {
			if who := whoami(secret); who.status != http.StatusOK {
				t.Errorf("beside the others: %d %s", who.status, who.body)
			}
			if a := b.acts(models.Personal).call("DELETE", path, ""); a.status != http.StatusOK {
				t.Errorf("%d %s", a.status, a.body)
			}
			if who := whoami(secret); who.status != http.StatusUnauthorized {
				t.Errorf("deleted: %d", who.status)
			}
		}
		if len(good) != 6 {
			t.Errorf("%d tokens", len(good))
		}
	})
}
