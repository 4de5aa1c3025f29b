package handlers_test

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

func TestPortal_AClientIsMadeWithKeysBehindAURL(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.must(w.accounts.SetTenantM2M(t.Context(), system(), w.acme.ID, models.Inherited, models.ClientCredentials))
		b := w.as(w.dana)
		for _, p := range places() {
			b.open(p.path + "/new")
			a := b.submit("", w.filled(p, "CI pipeline", "proof", "jwks", "jwks_url", keySet)...)
			rows := w.listed(p.context)
			if a.status != http.StatusSeeOther || len(rows) != 1 || a.header.Get("Location") != p.path+"/"+rows[0].ID {
				t.Fatalf("%d %v", a.status, a.header)
			}
			b.says(http.StatusOK, "CI pipeline was generated. It proves itself with your key, so there is no secret to save.")
			b.open(p.path + "/" + rows[0].ID) // nothing of it was shown once
			b.says(http.StatusOK, keySet, "Public keys, fetched from this URL", "How it gets a JWT", publicURL+"/oauth/token")
			if strings.Contains(b.page.body, "lk_cs") {
				t.Error("it has a secret all the same")
			}
			secrets, err := s.TokenSecrets(t.Context(), rows[0].ID)
			w.must(err)
			if len(secrets) != 1 || secrets[0].Key != (models.ClientKey{JWKSURL: keySet}) {
				t.Errorf("kept: %+v", secrets)
			}
			b.open(p.path)
			b.says(http.StatusOK, "CI pipeline", "jwks:keys.partner.example")
		}
	})
}

// publisher puts the holder's public key behind a URL, from where w has it from now on.
func (h holder) publisher(w *world) (address string) {
	h.t.Helper()
	routes := http.NewServeMux()
	routes.HandleFunc("GET /jwks.json", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"keys":[%s]}`, h.jwk()) })
	host := httptest.NewTLSServer(routes)
	h.t.Cleanup(host.Close)
	roots := x509.NewCertPool()
	roots.AddCert(host.Certificate())
	own := netip.MustParseAddrPort(host.Listener.Addr().String())
	w.fetch = proofs.Fetch{RootCAs: roots, Allow: func(a netip.AddrPort) bool { return a == own }}
	w.join()
	return host.URL + "/jwks.json"
}

// clientBehind makes client credentials whose keys are at an address that no form takes.
func (w *world) clientBehind(address string) models.Token {
	w.t.Helper()
	ctx := w.t.Context()
	w.must(w.accounts.SetTenantM2M(ctx, system(), w.acme.ID, models.Inherited, models.ClientCredentials))
	m, err := w.tokens.Mint(ctx, callerOf(w.dana), tokens.MintRequest{
		Context: models.API, Description: "keys at a URL", RoleIDs: []string{w.roles["Editor"]}, Key: models.ClientKey{JWKSURL: keySet},
	})
	w.must(err)
	secrets, err := w.store.TokenSecrets(ctx, m.Token.ID)
	w.must(err)
	token, secret := m.Token.Token, secrets[0]
	token.ID, token.FormID, secret.ID = models.NewID(w.clock.Now()), models.NewID(w.clock.Now()), models.NewID(w.clock.Now())
	digest := sha256.Sum256([]byte(secret.ID))
	secret.TokenID, secret.Digest, secret.Key.JWKSURL = token.ID, digest[:], address
	w.must(w.store.CreateToken(ctx, token, secret, models.NewEvent(system(), models.TokenCreated, token.CreatedAt)))
	return token
}

func TestPrivateKeyJWT_WithAKeySetIsAsGoodAsASecret(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		client := w.clientBehind(h.publisher(w))
		a := w.post(tokenPath, asserted(h.assertion(w, client.ID, nil)))
		jwt, _ := a.fields(t)["access_token"].(string)
		if a.status != http.StatusOK || jwt == "" {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if who := w.bearer(jwt); who.status != http.StatusOK || who.fields(t)["client_id"] != client.ID {
			t.Errorf("%d %s", who.status, who.body)
		}
		if a := w.post(tokenPath, asserted(newHolder(t).assertion(w, client.ID, nil))); a.status != http.StatusUnauthorized {
			t.Errorf("signed by a stranger: %d %s", a.status, a.body)
		}
	})
}
