package main

import (
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// planted seeds the database and opens it.
func planted(t *testing.T, p program) (seeded, *store.Store) {
	t.Helper()
	out, err := p.run(t.Context(), "", "seed", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var data seeded
	if err := json.Unmarshal([]byte(out), &data); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), store.Config{URL: p.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return data, st
}

func TestSeed_DanaCanGrantEveryRole(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		data, st := planted(t, p)
		roles, err := st.Roles(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		permissions, err := st.Permissions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var defined []string
		for _, p := range permissions {
			defined = append(defined, p.Key)
		}
		exact := map[string][]string{
			"Admin": {"fe.secure.*"}, "Viewer": {"fe.secure.read.*"},
			"Editor": {"reports.read", "reports.write"}, "Reader": {"reports.read"},
		}
		for _, tenant := range data.Tenants {
			first, err := st.Member(t.Context(), tenant.ID, tenant.Users[0].ID, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			var held models.PermissionSet
			for _, r := range first.Roles {
				held = append(held, r.Permissions...)
			}
			for _, r := range roles {
				if want, ok := exact[r.Key]; ok && !slices.Equal(r.Permissions, want) {
					t.Errorf("%s holds %v", r.Key, r.Permissions)
				}
				if !held.Covers(r.Permissions, defined) {
					t.Errorf("%s can't grant %s: %v", first.User.Email, r.Key, r.Permissions)
				}
			}
		}
	})
}

func TestSeed_VendorKeyOpensTheEnvironment(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		data, st := planted(t, p)
		settings, err := st.Settings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		key, err := m2m.ParseKey(data.Vendor.APIKey)
		if err != nil || key.Kind != m2m.VendorKey || data.Vendor.ClientID != settings.ClientID {
			t.Fatalf("%s %s: %v", data.Vendor.ClientID, key.Kind, err)
		}
		rows, err := st.VendorKeys(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1 || rows[0].Secrets[0].LastFour != data.Vendor.APIKey[len(data.Vendor.APIKey)-4:] {
			t.Errorf("%+v", rows)
		}
	})
}

// The issuer and its /v1 are good without being kept.
func TestSeed_AddsOneAudienceOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		_, st := planted(t, p)
		wantOne := func() {
			t.Helper()
			settings, err := st.Settings(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(settings.Audiences, []string{"https://api.latchkey.example/reports"}) {
				t.Errorf("audiences: %q", settings.Audiences)
			}
		}
		wantOne()
		if _, err := p.run(t.Context(), "", "seed"); !errors.Is(err, errNotEmpty) {
			t.Errorf("a second seed: %v", err)
		}
		wantOne()
	})
}

// What is printed signs for what is kept, and only there is the half that signs.
func TestSeed_TheClientsWithKeysHaveOnesOfTheirOwn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		data, st := planted(t, p)
		for _, tenant := range data.Tenants {
			client := tenant.Tokens.PrivateKeyJWT
			row, err := st.Token(t.Context(), tenant.ID, client.ClientID)
			if err != nil {
				t.Fatal(err)
			}
			if row.Kind != models.ClientCredentials || row.Context != models.API || len(row.Roles) != 1 || row.Roles[0].Key != "Editor" || !row.HasKey() {
				t.Errorf("%s: %+v", tenant.Name, row)
			}
			secrets, err := st.TokenSecrets(t.Context(), client.ClientID)
			if err != nil {
				t.Fatal(err)
			}
			var kept jose.JSONWebKey
			if err := kept.UnmarshalJSON([]byte(secrets[0].Key.JWK)); err != nil || len(secrets) != 1 {
				t.Fatalf("%d secrets: %v", len(secrets), err)
			}
			var private jose.JSONWebKey
			if err := private.UnmarshalJSON([]byte(client.JWK.text())); err != nil {
				t.Fatal(err)
			}
			if private.IsPublic() || private.KeyID == "" || private.Algorithm != "ES256" || kept.KeyID != private.KeyID {
				t.Errorf("%s: printed %s for %s, kept %s", tenant.Name, private.KeyID, private.Algorithm, kept.KeyID)
			}
			if public, ok := kept.Key.(*ecdsa.PublicKey); !ok || !public.Equal(private.Public().Key) {
				t.Errorf("%s: kept %T", tenant.Name, kept.Key)
			}
		}
	})
}

func TestSeed_AcmesListIsThePicture(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		data, st := planted(t, p)
		page, err := st.Tokens(t.Context(), models.TokenQuery{TenantID: data.Tenants[0].ID, Context: models.API, Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]string, len(page.Rows))
		now := time.Now()
		expired, never, unused := 0, 0, 0
		for i, row := range page.Rows {
			got[i] = row.Description
			switch {
			case row.Expired(now):
				expired++
			case row.Never():
				never++
			}
			if row.CreatedAt.Before(now.AddDate(0, 0, -1).Truncate(24*time.Hour)) && !row.Used() {
				unused++
			}
			if row.Used() && row.LastUsedAt.Before(row.CreatedAt) {
				t.Errorf("%s was used before it was made", row.Description)
			}
			if row.CreatorEmail == "" || len(row.Roles) == 0 {
				t.Errorf("%s has no maker or no roles", row.Description)
			}
		}
		want := []string{
			"First steps with client credentials", "First steps with a key of its own", "First steps with an access token",
			"CI deploy pipeline", "Warehouse sync (staging)", "Terraform production", "Datadog log shipper",
			"Partner sandbox: Initech integration test, shared with their on-call", "Nightly export job",
			"Grafana dashboards", "Payments reconciliation", "Old laptop script",
		}
		if !slices.Equal(got, want) || expired != 1 || never != 2 || unused != 1 {
			t.Errorf("%d expired, %d never expire, %d never used: %q", expired, never, unused, got)
		}
	})
}

func TestSeed_PeopleSignInAndBelongToOneAccount(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		data, st := planted(t, p)
		desk, err := signin.New(signin.Config{Store: st, LimitKey: make([]byte, 32)})
		if err != nil {
			t.Fatal(err)
		}
		enter := func(email, password string) models.Identity {
			t.Helper()
			in, err := desk.SignIn(t.Context(), signin.SignInRequest{Email: email, Password: models.NewSecret(password)})
			if err != nil {
				t.Fatalf("%s: %v", email, err)
			}
			identity, err := desk.Identify(t.Context(), in.Cookie)
			if err != nil {
				t.Fatalf("%s: %v", email, err)
			}
			return identity
		}
		if !enter(data.Operator.Email, data.Operator.Password).User.Operator {
			t.Error("the operator is none")
		}
		for _, tenant := range data.Tenants {
			for _, u := range tenant.Users {
				identity := enter(u.Email, u.Password)
				if len(identity.Accounts) != 1 || identity.Accounts[0].ID != tenant.ID || identity.User.Operator || identity.User.ID != u.ID {
					t.Errorf("%s is in %v", u.Email, identity.Accounts)
				}
			}
		}
	})
}

func TestSeed_NothingOfAcmeMentionsGlobex(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		data, st := planted(t, p)
		acme := data.Tenants[0].ID
		events, err := st.Events(t.Context(), 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		events = slices.DeleteFunc(events, func(e models.Event) bool { return e.TenantID != acme })
		members, err := st.Members(t.Context(), acme, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := st.Tokens(t.Context(), models.TokenQuery{TenantID: acme, Context: models.API, Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		roles, err := st.Roles(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all := strings.ToLower(fmt.Sprintf("%+v %+v %+v %+v", events, members, tokens, roles))
		if len(events) == 0 || len(members) != 5 || strings.Contains(all, "globex") {
			t.Errorf("%d events, %d people, and Globex among them", len(events), len(members))
		}
	})
}
