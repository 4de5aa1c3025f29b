package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/vendors"
)

// vendorKey is a key of the vendor's programs.
func (w *world) vendorKey() vendors.Minted {
	w.t.Helper()
	minted, err := w.vendors.Create(w.t.Context(), system(), "Vendor's app", "")
	w.must(err)
	return minted
}

func TestVendorSignIn_AnswersAtAllAddressesWithADaysJWT(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		key := w.vendorKey()
		for _, path := range []string{"/auth/vendor", "/auth/vendor/", "/frontegg/auth/vendor", "/frontegg/auth/vendor/"} {
			a := w.send("POST", path, credentials(key.ClientID, key.Secret.Reveal()), "Content-Type", "application/json")
			got := a.fields(t)
			jwt, _ := got["token"].(string)
			if a.status != http.StatusOK || got["expiresIn"] != 86400.0 || strings.Count(jwt, ".") != 2 || len(got) != 2 {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
		if a := w.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+w.vendorJWT(key)); a.status != http.StatusUnauthorized {
			t.Errorf("a vendor's JWT is let in where tokens are asked for: %d", a.status)
		}
	})
}

// vendorJWT signs the vendor's program in.
func (w *world) vendorJWT(key vendors.Minted) string {
	w.t.Helper()
	a := w.send("POST", "/auth/vendor", credentials(key.ClientID, key.Secret.Reveal()))
	jwt, _ := a.fields(w.t)["token"].(string)
	if a.status != http.StatusOK || jwt == "" {
		w.t.Fatalf("%d %s", a.status, a.body)
	}
	return jwt
}

// Wrong secrets are slowed down; the right one never is, from the same address
// and at the same time.
func TestVendorSignIn_OnlyWrongSecretsAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	key := w.vendorKey()
	wrong := strings.Replace(key.Secret.Reveal(), "_vk_", "_at_", 1)
	limited := 0
	for range 110 {
		switch a := w.send("POST", "/auth/vendor", credentials(key.ClientID, wrong)); a.status {
		case http.StatusTooManyRequests:
			limited++
			if a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		case http.StatusUnauthorized:
		default:
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if limited == 0 || limited > 10 {
		t.Errorf("%d of 110 were limited", limited)
	}
	w.vendorJWT(key)
}
