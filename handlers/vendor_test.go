package handlers_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/m2m"
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

// Wrong secrets are slowed down, at all doors together; the right one never is,
// from the same address and at the same time.
func TestVendorSignIn_OnlyWrongSecretsAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	key := w.vendorKey()
	mistyped, unknown := strings.Replace(key.Secret.Reveal(), "_vk_", "_at_", 1), m2m.NewKey("lk", m2m.VendorKey).Reveal()
	doors := map[string]struct {
		wrong string
		// right is what the right secret is answered.
		right int
		show  func(secret string) answer
	}{
		"auth/vendor": {mistyped, http.StatusOK, func(secret string) answer {
			return w.send("POST", "/auth/vendor", credentials(key.ClientID, secret))
		}},
		"Basic": {mistyped, http.StatusNotFound, func(secret string) answer {
			return w.send("POST", portalLinksPath, "{}", "Authorization", basic(key.ClientID, secret))
		}},
		"introspection": {unknown, http.StatusOK, func(secret string) answer { return w.introspect("x", clientBasic(key.ClientID, secret)) }},
		"introspection by form": {unknown, http.StatusOK, func(secret string) answer {
			return w.post(introspectPath, formOf("token", "x", "client_id", key.ClientID, "client_secret", secret))
		}},
		"revocation": {unknown, http.StatusOK, func(secret string) answer {
			return w.post(revokePath, formOf("token", "x"), "Authorization", clientBasic(key.ClientID, secret))
		}},
	}
	limited := map[string]int{}
	for range 25 {
		for door, d := range doors {
			switch a := d.show(d.wrong); a.status {
			case http.StatusTooManyRequests:
				limited[door]++
				if a.header.Get("Retry-After") == "" {
					t.Errorf("%s: no Retry-After", door)
				}
				if code := a.fields(t)["error"]; d.wrong == unknown && code != "temporarily_unavailable" {
					t.Errorf("%s: the error is %v", door, code)
				}
			case http.StatusUnauthorized:
			default:
				t.Fatalf("%s: %d %s", door, a.status, a.body)
			}
		}
	}
	for door, d := range doors {
		if limited[door] == 0 || limited[door] > 5 {
			t.Errorf("%s: %d of 25 were limited", door, limited[door])
		}
		if a := d.show(key.Secret.Reveal()); a.status != d.right {
			t.Errorf("%s: the right secret is answered %d %s", door, a.status, a.body)
		}
	}
}

// P12: a guess that can't be counted is not told that it is wrong.
func TestVendorSignIn_IsUnavailableWhenWrongSecretsCantBeCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	key := w.vendorKey()
	unknown := m2m.NewKey("lk", m2m.VendorKey).Reveal()
	for path, send := range map[string]func(path string) answer{
		"/auth/vendor":  func(path string) answer { return w.send("POST", path, credentials(key.ClientID, "x")) },
		portalLinksPath: func(path string) answer { return w.send("POST", path, "{}", "Authorization", basic(key.ClientID, "x")) },
		introspectPath:  func(string) answer { return w.introspect("x", clientBasic(key.ClientID, unknown)) },
		revokePath: func(path string) answer {
			return w.post(path, formOf("token", "x"), "Authorization", clientBasic(key.ClientID, unknown))
		},
	} {
		for passed := 0; ; passed++ {
			happened := storetest.FailAfter(w.store, passed, errGone)
			a := send(path)
			if !happened() {
				storetest.FailNext(w.store, nil)
				if a.status != http.StatusUnauthorized || passed == 0 {
					t.Errorf("%s: %d %s after %d reads", path, a.status, a.body, passed)
				}
				break
			}
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || strings.Contains(a.text(), "gone") {
				t.Errorf("%s with read %d failing: %d %s", path, passed, a.status, a.body)
			}
		}
	}
}

// basic is what HTTP Basic has in its header (RFC 7617).
func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}
