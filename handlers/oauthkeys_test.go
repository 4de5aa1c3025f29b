package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// holder is a program with a key pair of its own.
type holder struct {
	t   *testing.T
	key *ecdsa.PrivateKey
}

func newHolder(t *testing.T) holder {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return holder{t, key}
}

// jwk is the public half.
func (h holder) jwk() string {
	h.t.Helper()
	text, err := json.Marshal(jose.JSONWebKey{Key: h.key.Public(), Algorithm: "ES256", Use: "sig"})
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// sign writes claims as a JWT; a proof has its key in the header.
func (h holder) sign(typ string, proof bool, claims map[string]any) string {
	h.t.Helper()
	options := (&jose.SignerOptions{EmbedJWK: proof}).WithType(jose.ContentType(typ))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: h.key}, options)
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		h.t.Fatal(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		h.t.Fatal(err)
	}
	jwt, err := signed.CompactSerialize()
	if err != nil {
		h.t.Fatal(err)
	}
	return jwt
}

// assertion is for client authentication (RFC 7523); change says what is other than right.
func (h holder) assertion(w *world, clientID string, change map[string]any) string {
	h.t.Helper()
	now := w.clock.Now()
	claims := map[string]any{
		"iss": clientID, "sub": clientID, "aud": publicURL, "jti": models.NewID(now), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, value := range change {
		claims[name] = value
	}
	return h.sign("JWT", false, claims)
}

// proof is one of RFC 9449 for a request; token is "" at the token endpoint.
func (h holder) proof(w *world, method, path, token string) string {
	h.t.Helper()
	return h.proofAt(w, method, publicURL+path, token)
}

// client makes client credentials with the holder's key in the place of a secret.
func (h holder) client(w *world) tokens.Minted {
	h.t.Helper()
	w.must(w.accounts.SetTenantM2M(h.t.Context(), system(), w.acme.ID, models.Inherited, models.ClientCredentials))
	m, err := w.tokens.Mint(h.t.Context(), callerOf(w.dana), tokens.MintRequest{
		Context: models.API, Description: "signs for itself", RoleIDs: []string{w.roles["Editor"]}, Key: models.ClientKey{JWK: h.jwk()},
	})
	w.must(err)
	return m
}

// An account's end, or the client's, is judged before an assertion: nothing is written
// for whoever is refused anyway.
func TestPrivateKeyJWT_OfADeadClientWritesNothing(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		h := newHolder(l.t)
		m := h.client(w)
		_, err := w.tokens.Delete(l.t.Context(), callerOf(w.dana), models.API, m.Token.ID)
		w.must(err)
		before := l.rows()
		if a := w.post(tokenPath, asserted(h.assertion(w, m.Token.ID, nil))); a.status != http.StatusUnauthorized {
			l.t.Errorf("%d %s", a.status, a.body)
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("it wrote:\n%s", changed)
		}
	})
}

func asserted(assertion string, more ...string) url.Values {
	return formOf(append([]string{"grant_type", "client_credentials", "client_assertion_type", jwtBearer, "client_assertion", assertion}, more...)...)
}

func TestPrivateKeyJWT_IsAsGoodAsASecret(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		m := h.client(w)
		if !m.Secret.Empty() {
			t.Fatal("there is a secret, too")
		}
		for name, more := range map[string][]string{"alone": nil, "with its client id": {"client_id", m.Token.ID}, "with a scope": {"scope", "reports.read"}} {
			a := w.post(tokenPath, asserted(h.assertion(w, m.Token.ID, nil), more...))
			jwt, _ := a.fields(t)["access_token"].(string)
			if a.status != http.StatusOK {
				t.Fatalf("%s: %d %s", name, a.status, a.body)
			}
			if a := w.bearer(jwt); a.status != http.StatusOK || a.fields(t)["client_id"] != m.Token.ID {
				t.Errorf("%s: whoami says %d", name, a.status)
			}
			about := formOf("token", jwt, "client_assertion_type", jwtBearer, "client_assertion", h.assertion(w, m.Token.ID, nil))
			if a := w.post(introspectPath, about); a.fields(t)["active"] != true {
				t.Errorf("%s: introspected as %s", name, a.body)
			}
			about.Set("client_assertion", h.assertion(w, m.Token.ID, nil))
			if a := w.post(revokePath, about); a.status != http.StatusOK {
				t.Errorf("%s: revoked with %d %s", name, a.status, a.body)
			}
			if a := w.bearer(jwt); a.status != http.StatusUnauthorized {
				t.Errorf("%s: revoked, whoami says %d", name, a.status)
			}
		}
	})
}

func TestPrivateKeyJWT_AssertionsOfNoGoodAreOneAnswer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		m, stranger, secret := h.client(w), newHolder(t), w.mint(combination{models.API, models.ClientCredentials}, 0)
		now := w.clock.Now()
		used := h.assertion(w, m.Token.ID, nil)
		if a := w.post(tokenPath, asserted(used)); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for name, form := range map[string]url.Values{
			"another's key":          asserted(stranger.assertion(w, m.Token.ID, nil)),
			"used":                   asserted(used),
			"for another client":     asserted(h.assertion(w, secret.Token.ID, nil)),
			"with another client id": asserted(h.assertion(w, m.Token.ID, nil), "client_id", secret.Token.ID),
			"an unknown client":      asserted(h.assertion(w, w.acme.ID, nil)),
			"another sub":            asserted(h.assertion(w, m.Token.ID, map[string]any{"sub": secret.Token.ID})),
			"for the endpoint":       asserted(h.assertion(w, m.Token.ID, map[string]any{"aud": publicURL + tokenPath})),
			"for two":                asserted(h.assertion(w, m.Token.ID, map[string]any{"aud": []string{publicURL, "https://elsewhere.example"}})),
			"over":                   asserted(h.assertion(w, m.Token.ID, map[string]any{"exp": now.Unix()})),
			"for ever":               asserted(h.assertion(w, m.Token.ID, map[string]any{"exp": now.AddDate(1, 0, 0).Unix()})),
			"without an end":         asserted(h.assertion(w, m.Token.ID, map[string]any{"exp": nil})),
			"from the future":        asserted(h.assertion(w, m.Token.ID, map[string]any{"iat": now.Add(time.Minute).Unix()})),
			"without an id":          asserted(h.assertion(w, m.Token.ID, map[string]any{"jti": ""})),
			"a proof":                asserted(h.proof(w, http.MethodPost, tokenPath, "")),
			"our own JWT":            asserted(w.granted(secret)),
		} {
			a := w.post(tokenPath, form)
			if a.status != http.StatusUnauthorized || a.fields(t)["error"] != "invalid_client" || !strings.Contains(a.body, "did not prove") {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		if a := w.post(tokenPath, asserted(h.assertion(w, m.Token.ID, map[string]any{"iat": now.Add(10 * time.Second).Unix()}))); a.status != http.StatusOK {
			t.Errorf("ten seconds ahead: %d %s", a.status, a.body)
		}
		w.must(w.accounts.DisableTenant(t.Context(), system(), w.acme.ID))
		if a := w.post(tokenPath, asserted(h.assertion(w, m.Token.ID, nil))); a.status != http.StatusUnauthorized {
			t.Errorf("of a disabled account: %d %s", a.status, a.body)
		}
	})
}

// Nobody can tell what a client's key is whose key set can't be had: it is asked to
// come again, nothing is counted against it, and no stranger fills the log.
func TestPrivateKeyJWT_WithoutItsKeySetIsToComeAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		w.must(w.accounts.SetTenantM2M(t.Context(), system(), w.acme.ID, models.Inherited, models.ClientCredentials))
		m, err := w.tokens.Mint(t.Context(), callerOf(w.dana), tokens.MintRequest{
			Context: models.API, Description: "keys at a URL", RoleIDs: []string{w.roles["Editor"]}, Key: models.ClientKey{JWKSURL: "https://8.8.8.8/jwks.json"},
		})
		w.must(err)
		proven := func() url.Values { return asserted(h.assertion(w, m.Token.ID, nil)) }
		about := func() url.Values {
			form := proven()
			form.Del("grant_type")
			form.Set("token", "x")
			return form
		}
		for path, form := range map[string]func() url.Values{tokenPath: proven, introspectPath: about, revokePath: about} {
			a := w.post(path, form())
			if a.status != http.StatusServiceUnavailable || a.fields(t)["error"] != "temporarily_unavailable" || a.header.Get("Retry-After") == "" {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
		wrong := asserted(h.assertion(w, m.Token.ID, map[string]any{"aud": "https://elsewhere.example"}))
		if a := w.post(tokenPath, wrong); a.status != http.StatusUnauthorized {
			t.Errorf("for another server: %d %s", a.status, a.body)
		}
		w.must(w.tokens.Flush(t.Context()))
		refusals, err := w.store.Refusals(t.Context(), m.Token.ID, w.clock.Now().Add(-time.Hour))
		w.must(err)
		if len(refusals) != 1 || refusals[0].Count != 1 {
			t.Errorf("refusals %+v, want the one for another server", refusals)
		}
		if strings.Contains(w.log.String(), `"level":"ERROR"`) {
			t.Error("strangers fill the log")
		}
	})
}

// Of the same assertion, or proof, sent many times at once to two replicas one is good.
func TestPrivateKeyJWTAndDPoP_AreGoodOnceOnAllReplicas(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h := newWorld(t, s), newHolder(t)
		m := h.client(w)
		replicas := []http.Handler{w.server, w.replica()}
		for round := range 3 {
			assertion := h.assertion(w, m.Token.ID, nil)
			if n := atOnce(50, func(i int) bool {
				return w.sendTo(replicas[i%2], http.MethodPost, tokenPath, asserted(assertion).Encode(), "Content-Type", formType).status == http.StatusOK
			}); n != 1 {
				t.Errorf("round %d: %d tokens for one assertion", round, n)
			}
			jwt := w.bound(h, m)
			proof := h.proof(w, http.MethodGet, "/v1/whoami", jwt)
			if n := atOnce(50, func(i int) bool {
				return w.sendTo(replicas[i%2], http.MethodGet, "/v1/whoami", "", "Authorization", "DPoP "+jwt, "DPoP", proof).status == http.StatusOK
			}); n != 1 {
				t.Errorf("round %d: one proof let %d in", round, n)
			}
		}
	})
}

// replica is another server on the same database.
func (w *world) replica() http.Handler {
	w.t.Helper()
	another := *w
	another.join()
	return another.server
}

// sendTo sends a request to one of the replicas, also beside others.
func (w *world) sendTo(server http.Handler, method, target, body string, headers ...string) answer {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host, r.RemoteAddr = "portal.example.com", "192.0.2.1:1234"
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, r)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// atOnce counts of n tries at once those that worked.
func atOnce(n int, try func(i int) bool) int {
	var wait sync.WaitGroup
	worked := make(chan bool, n)
	for i := range n {
		wait.Go(func() { worked <- try(i) })
	}
	wait.Wait()
	close(worked)
	count := 0
	for ok := range worked {
		if ok {
			count++
		}
	}
	return count
}

// bound is an access token that is bound to the holder's key.
func (w *world) bound(h holder, m tokens.Minted) string {
	w.t.Helper()
	a := w.post(tokenPath, asserted(h.assertion(w, m.Token.ID, nil)), "DPoP", h.proof(w, http.MethodPost, tokenPath, ""))
	got := a.fields(w.t)
	jwt, _ := got["access_token"].(string)
	if a.status != http.StatusOK || got["token_type"] != "DPoP" || jwt == "" {
		w.t.Fatalf("%d %s", a.status, a.body)
	}
	return jwt
}

func TestDPoP_BindsATokenToAKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, h, thief := newWorld(t, s), newHolder(t), newHolder(t)
		m := h.client(w)
		jwt, other := w.bound(h, m), w.bound(h, m)
		plain := w.granted(w.mint(combination{models.API, models.ClientCredentials}, 0))
		for _, path := range []string{"/v1/whoami", "/v1/authorize"} {
			good := h.proof(w, http.MethodGet, path, jwt)
			if a := w.send(http.MethodGet, path, "", "Authorization", "DPoP "+jwt, "DPoP", good); a.status != http.StatusOK {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
			const unproven, wrong, bearer = "invalid_token", "invalid_dpop_proof", "Bearer"
			for name, tc := range map[string]struct {
				headers   []string
				challenge string
			}{
				"as a bearer token":     {[]string{"Authorization", "Bearer " + jwt}, `DPoP error="` + unproven},
				"as a bearer, proven":   {[]string{"Authorization", "Bearer " + jwt, "DPoP", h.proof(w, "GET", path, jwt)}, `DPoP error="` + unproven},
				"without a proof":       {[]string{"Authorization", "DPoP " + jwt}, `DPoP error="` + wrong},
				"with two proofs":       {[]string{"Authorization", "DPoP " + jwt, "DPoP", h.proof(w, "GET", path, jwt), "DPoP", h.proof(w, "GET", path, jwt)}, `DPoP error="` + wrong},
				"with a used proof":     {[]string{"Authorization", "DPoP " + jwt, "DPoP", good}, `DPoP error="` + wrong},
				"of another token":      {[]string{"Authorization", "DPoP " + jwt, "DPoP", h.proof(w, "GET", path, other)}, `DPoP error="` + wrong},
				"of no token":           {[]string{"Authorization", "DPoP " + jwt, "DPoP", h.proof(w, "GET", path, "")}, `DPoP error="` + wrong},
				"by another key":        {[]string{"Authorization", "DPoP " + jwt, "DPoP", thief.proof(w, "GET", path, jwt)}, `DPoP error="` + wrong},
				"for another method":    {[]string{"Authorization", "DPoP " + jwt, "DPoP", h.proof(w, "POST", path, jwt)}, `DPoP error="` + wrong},
				"for another address":   {[]string{"Authorization", "DPoP " + jwt, "DPoP", h.proof(w, "GET", path+"/x", jwt)}, `DPoP error="` + wrong},
				"nonsense":              {[]string{"Authorization", "DPoP " + jwt, "DPoP", "x"}, `DPoP error="` + wrong},
				"a plain token, proven": {[]string{"Authorization", "DPoP " + plain, "DPoP", h.proof(w, "GET", path, plain)}, `DPoP error="` + unproven},
				"a key in its place":    {[]string{"Authorization", "DPoP x", "DPoP", h.proof(w, "GET", path, "x")}, `DPoP error="` + unproven},
			} {
				a := w.send(http.MethodGet, path, "", tc.headers...)
				if a.status != http.StatusUnauthorized || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), tc.challenge) {
					t.Errorf("%s, %s: %d %q", path, name, a.status, a.header.Get("WWW-Authenticate"))
				}
			}
		}
		const demand = "/v1/authorize?permission=payouts.write"
		a := w.send(http.MethodGet, demand, "", "Authorization", "DPoP "+jwt, "DPoP", h.proof(w, "GET", "/v1/authorize", jwt))
		if a.status != http.StatusForbidden || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), `DPoP error="insufficient_scope", scope="payouts.write", algs="`) {
			t.Errorf("without the right: %d %q", a.status, a.header.Get("WWW-Authenticate"))
		}
		if all := w.send(http.MethodGet, "/v1/whoami", "").header.Values("WWW-Authenticate"); len(all) != 2 || !strings.HasPrefix(all[1], `DPoP algs="ES256`) {
			t.Errorf("without a credential: %q", all)
		}
		a = w.introspect(jwt, w.vendorBasic())
		cnf, _ := a.fields(t)["cnf"].(map[string]any)
		if a.fields(t)["token_type"] != "DPoP" || cnf["jkt"] == "" || cnf["jkt"] != unpacked(t, jwt, 1)["cnf"].(map[string]any)["jkt"] {
			t.Errorf("introspected as %s", a.body)
		}
		for name, headers := range map[string][]string{
			"two proofs":          {"DPoP", h.proof(w, "POST", tokenPath, ""), "DPoP", h.proof(w, "POST", tokenPath, "")},
			"for another address": {"DPoP", h.proof(w, "POST", introspectPath, "")},
			"an empty one":        {"DPoP", ""},
		} {
			a := w.post(tokenPath, asserted(h.assertion(w, m.Token.ID, nil)), headers...)
			if a.status != http.StatusBadRequest || a.fields(t)["error"] != "invalid_dpop_proof" {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
	})
}

// A stranger's key signs as many proofs as it likes: none is written down.
func TestDPoP_WritesNothingForStrangers(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		h := newHolder(l.t)
		m := h.client(w)
		jwt := w.bound(h, m)
		stranger := newHolder(l.t)
		before := l.rows()
		for _, send := range []func() answer{
			func() answer {
				return w.post(tokenPath, formOf("grant_type", "client_credentials"), "DPoP", stranger.proof(w, "POST", tokenPath, ""), "Authorization", clientBasic(m.Token.ID, "x"))
			},
			func() answer {
				return w.post(tokenPath, asserted(stranger.assertion(w, m.Token.ID, nil)), "DPoP", stranger.proof(w, "POST", tokenPath, ""))
			},
			func() answer {
				return w.send(http.MethodGet, "/v1/whoami", "", "Authorization", "DPoP x", "DPoP", stranger.proof(w, "GET", "/v1/whoami", "x"))
			},
			func() answer {
				return w.send(http.MethodGet, "/v1/whoami", "", "Authorization", "DPoP "+jwt, "DPoP", stranger.proof(w, "GET", "/v1/whoami", jwt))
			},
		} {
			if a := send(); a.status != http.StatusUnauthorized {
				l.t.Errorf("%d %s", a.status, a.body)
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("strangers wrote:\n%s", changed)
		}
	})
}
