package handlers_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// listen puts the world behind a listener, and gives the context in which clients of
// OAuth find it by its public address.
func (w *world) listen() context.Context {
	w.t.Helper()
	server := httptest.NewServer(w.server)
	w.t.Cleanup(server.Close)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, server.Listener.Addr().String())
	}}
	w.t.Cleanup(transport.CloseIdleConnections)
	return context.WithValue(w.t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport})
}

// clientConfig is how a program in Go uses client credentials.
func clientConfig(m tokens.Minted) clientcredentials.Config {
	return clientcredentials.Config{ClientID: m.Token.ID, ClientSecret: m.Secret.Reveal(), TokenURL: publicURL + tokenPath}
}

var authStyles = map[string]oauth2.AuthStyle{
	"in the header": oauth2.AuthStyleInHeader, "in the form": oauth2.AuthStyleInParams, "found out": oauth2.AuthStyleAutoDetect,
}

func TestGoOAuth2_GetsAnAccessTokenThatIsTaken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx := w.listen()
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		for name, style := range authStyles {
			config := clientConfig(m)
			config.AuthStyle = style
			config.Scopes = []string{"reports.read"}
			config.EndpointParams = url.Values{"resource": {publicURL, publicURL + "/v1"}}
			token, err := config.Token(ctx)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if left := time.Until(token.Expiry); token.Type() != "Bearer" || left < 59*time.Minute || left > time.Hour || token.RefreshToken != "" || token.Extra("scope") != "reports.read" {
				t.Errorf("%s: %s until %s, with %v", name, token.Type(), token.Expiry, token.Extra("scope"))
			}
			if claims := unpacked(t, token.AccessToken, 1); !sameJSON(claims["aud"], []string{publicURL, publicURL + "/v1"}) {
				t.Errorf("%s: for %v", name, claims["aud"])
			}
			res, err := config.Client(ctx).Get(publicURL + "/v1/whoami")
			w.must(err)
			res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Errorf("%s: whoami says %s", name, res.Status)
			}
		}
	})
}

func TestGoOAuth2_IsToldWhyItGetsNone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx := w.listen()
		m := w.mint(combination{models.API, models.ClientCredentials}, time.Hour)
		refused := func(name, code string, status int, change func(*clientcredentials.Config)) {
			t.Helper()
			for way, style := range authStyles {
				config := clientConfig(m)
				config.AuthStyle = style
				change(&config)
				_, err := config.Token(ctx)
				var why *oauth2.RetrieveError
				if !errors.As(err, &why) || why.ErrorCode != code || why.Response.StatusCode != status || why.ErrorDescription == "" {
					t.Errorf("%s, %s: %v", name, way, err)
				}
			}
		}
		refused("another secret", "invalid_client", http.StatusUnauthorized, func(c *clientcredentials.Config) { c.ClientSecret = "ä +%&=:" })
		refused("an unknown client", "invalid_client", http.StatusUnauthorized, func(c *clientcredentials.Config) { c.ClientID = w.acme.ID })
		refused("more than is held", "invalid_scope", http.StatusBadRequest, func(c *clientcredentials.Config) { c.Scopes = []string{"reports.read", "reports.delete"} })
		refused("an unknown resource", "invalid_target", http.StatusBadRequest, func(c *clientcredentials.Config) {
			c.EndpointParams = url.Values{"resource": {"https://elsewhere.example"}}
		})
		w.clock.pass(time.Hour)
		refused("credentials that ended", "invalid_client", http.StatusUnauthorized, func(*clientcredentials.Config) {})
	})
}

// verifier is that of an API that asks nobody: go-oidc's, as docs/oauth.md has it.
func (w *world) verifier(ctx context.Context, audience string, algorithms ...string) *oidc.IDTokenVerifier {
	keys := oidc.NewRemoteKeySet(ctx, publicURL+"/.well-known/jwks.json")
	return oidc.NewVerifier(publicURL, keys, &oidc.Config{ClientID: audience, SupportedSigningAlgs: algorithms, Now: w.clock.Now})
}

func TestGoOIDC_VerifiesAccessTokensOfEachAlgorithmAndNothingElse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		for _, algorithm := range []string{"ES256", "RS256", "EdDSA"} {
			w.algorithm = algorithm
			w.join()
			w.clock.pass(2 * signing.PublishedFor) // a key signs once it is known
			ctx := w.listen()
			verifier := w.verifier(ctx, publicURL, algorithm)
			jwt := w.granted(m, "scope", "reports.read")
			token, err := verifier.Verify(ctx, jwt)
			if err != nil {
				t.Fatalf("%s: %v", algorithm, err)
			}
			var claims struct {
				ClientID string `json:"client_id"`
				TenantID string `json:"tenantId"`
				Scope    string `json:"scope"`
			}
			w.must(token.Claims(&claims))
			if head := unpacked(t, jwt, 0); head["alg"] != algorithm || head["typ"] != "at+jwt" || token.Subject != m.Token.ID || claims.ClientID != m.Token.ID ||
				claims.TenantID != w.acme.ID || claims.Scope != "reports.read" || !slices.Equal(token.Audience, []string{publicURL}) {
				t.Errorf("%s: %v %+v %+v", algorithm, head, token, claims)
			}
			for name, bad := range map[string]string{
				"for another resource":   w.granted(m, "resource", publicURL+"/v1"),
				"of the dialect":         w.exchange(m),
				"with another signature": jwt[:strings.LastIndexByte(jwt, '.')+1] + "AAAA" + jwt[strings.LastIndexByte(jwt, '.')+5:],
				"with other claims":      strings.Join([]string{strings.Split(jwt, ".")[0], encoded(changed(unpacked(t, jwt, 1), "tenantId", w.globex.ID)), strings.Split(jwt, ".")[2]}, "."),
				"signed by another":      newHolder(t).sign("at+jwt", false, unpacked(t, jwt, 1)),
			} {
				if _, err := verifier.Verify(ctx, bad); err == nil {
					t.Errorf("%s: taken %s", algorithm, name)
				}
			}
			w.clock.pass(time.Hour)
			var expired *oidc.TokenExpiredError
			if _, err := verifier.Verify(ctx, jwt); !errors.As(err, &expired) {
				t.Errorf("%s: after its end: %v", algorithm, err)
			}
		}
	})
}

// Whoever keeps a key set loses nobody when the next key begins to sign, and nothing
// that was signed before.
func TestGoOIDC_FollowsTheRotationOfASigningKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx := w.listen()
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		verifier := w.verifier(ctx, publicURL, "ES256")
		before := w.granted(m)
		if _, err := verifier.Verify(ctx, before); err != nil {
			t.Fatal(err)
		}
		w.clock.pass(2 * signing.PublishedFor)
		first := unpacked(t, before, 0)["kid"].(string)
		second, err := w.keys.Rotate(t.Context(), system(), first)
		w.must(err)
		after := w.granted(m)
		if kid := unpacked(t, after, 0)["kid"]; kid != second.ID || kid == first {
			t.Fatalf("signed by %v", kid)
		}
		for name, jwt := range map[string]string{"one from before": before, "one from after": after} {
			for who, verifier := range map[string]*oidc.IDTokenVerifier{"who kept the keys": verifier, "who starts now": w.verifier(ctx, publicURL, "ES256")} {
				if _, err := verifier.Verify(ctx, jwt); err != nil {
					t.Errorf("%s, to one %s: %v", name, who, err)
				}
			}
		}
		w.must(w.keys.Remove(t.Context(), system(), first))
		if _, err := w.verifier(ctx, publicURL, "ES256").Verify(ctx, before); err == nil {
			t.Error("one of a removed key is taken")
		}
		if _, err := w.verifier(ctx, publicURL, "ES256").Verify(ctx, after); err != nil {
			t.Errorf("one of the key that stayed: %v", err)
		}
	})
}
