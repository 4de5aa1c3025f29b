package handlers_test

import (
	"encoding/json"
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

// vendorOnly is where programs ask about access tokens of a context.
func vendorOnly(in models.Context) string {
	if in == models.Personal {
		return resources + "vendor-only/users/access-tokens/v1/"
	}
	return resources + "vendor-only/tenants/access-tokens/v1/"
}

// active is the list of a context, which is never null.
func (p program) active(in models.Context) []string {
	p.t.Helper()
	a := p.call("GET", vendorOnly(in)+"active", "")
	var ids []string
	if err := json.Unmarshal([]byte(a.body), &ids); err != nil || ids == nil || a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
		p.t.Fatalf("%d %v %v: %s", a.status, a.header, err, a.body)
	}
	return ids
}

func TestDialect_VendorsLookAccessTokensUpWithoutATenant(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.acts(models.API).with("Frontegg-Tenant-Id", "")
		for _, in := range []models.Context{models.API, models.Personal} {
			ends := b.mint(combination{in, models.AccessToken}, 24*time.Hour)
			id := ends.Token.ID
			forever, pair := b.mint(combination{in, models.AccessToken}, 0).Token.ID, b.mint(combination{in, models.ClientCredentials}, 0).Token.ID
			ids := p.active(in)
			if !slices.Contains(ids, id) || !slices.Contains(ids, forever) || slices.Contains(ids, pair) {
				t.Errorf("%s: %v", in, ids)
			}
			// Globex's tokens are among them, unless somebody asks for Acme's.
			acmes := p.with("Frontegg-Tenant-Id", b.acme.ID).active(in)
			if len(acmes) == 0 || len(acmes) >= len(ids) || !slices.Contains(acmes, id) {
				t.Errorf("%s of Acme: %d of %d", in, len(acmes), len(ids))
			}
			keys := []string{"id", "permissions", "roles", "tenantId"}
			if in == models.Personal {
				keys = append(keys, "userId")
			}
			for path, more := range map[string][]string{id: {"expires"}, forever: nil} {
				a := p.call("GET", vendorOnly(in)+path+"/", "")
				if a.status != http.StatusOK {
					t.Fatalf("%s: %d %s", path, a.status, a.body)
				}
				got := a.fields(t)
				hasKeys(t, string(in), got, keys, more...)
				if got["id"] != path || got["tenantId"] != b.acme.ID || !slices.Contains(texts(got["roles"]), "Editor") || !slices.Contains(texts(got["permissions"]), "reports.read") {
					t.Errorf("%v", got)
				}
			}
			dead := func(name string, p program, id string) {
				t.Helper()
				if a := p.call("GET", vendorOnly(in)+id, ""); a.status != http.StatusForbidden || strings.TrimSpace(a.body) != `{"errors":["Api tokens are disabled"]}` {
					t.Errorf("%s, %s: %d %s", in, name, a.status, a.body)
				}
			}
			dead("a pair", p, pair)
			dead("an unknown id", p, models.NewID(b.clock.Now()))
			dead("no id", p, "x")
			dead("in capitals", p, strings.ToUpper(id))
			dead("of another account", p.with("Frontegg-Tenant-Id", b.globex.ID), id)
			if in == models.API {
				dead("of the other context", p, b.mint(combination{models.Personal, models.AccessToken}, 0).Token.ID)
			}
			_, err := b.tokens.Delete(t.Context(), b.self(), in, forever)
			b.must(err)
			dead("deleted", p, forever)
			b.must(b.accounts.UpdateM2M(t.Context(), system(), accounts.M2MInput{Kind: models.AccessToken, Format: models.Opaque}))
			dead("M2M off", p, id)
			if ids := p.with("Frontegg-Tenant-Id", b.globex.ID).active(in); len(ids) != 0 {
				t.Errorf("with M2M off %v are active", ids)
			}
			b.must(b.accounts.UpdateM2M(t.Context(), system(), accounts.M2MInput{Enabled: true, Kind: models.AccessToken, Format: models.Opaque}))
			b.clock.pass(24 * time.Hour)
			b.vendor = ""
			p = b.acts(models.API).with("Frontegg-Tenant-Id", "")
			dead("expired", p, id)
		}
	})
}

// P12: what programs judge callers by is told whole or not at all.
func TestDialect_ActiveListsAreUnavailableWhenLatchkeyCantTell(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		for _, in := range []models.Context{models.API, models.Personal} {
			acmes := b.acts(in)
			for _, p := range []program{acmes, acmes.with("Frontegg-Tenant-Id", "")} {
				for passed := 0; ; passed++ {
					happened := storetest.FailAfter(s, passed, errGone)
					a := p.call("GET", vendorOnly(in)+"active", "")
					if !happened() {
						storetest.FailNext(s, nil)
						if a.status != http.StatusOK || passed < 3 {
							t.Errorf("%s: %d after %d reads", in, a.status, passed)
						}
						break
					}
					if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
						t.Errorf("%s with read %d failing: %d %s", in, passed, a.status, a.body)
					}
				}
			}
			unknown := acmes.with("Frontegg-Tenant-Id", models.NewID(b.clock.Now()))
			if a := unknown.call("GET", vendorOnly(in)+"active", ""); a.status != http.StatusNotFound {
				t.Errorf("%s of no account: %d %s", in, a.status, a.body)
			}
		}
	})
}
