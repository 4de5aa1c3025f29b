package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// forger knows all that is public, and one genuine JWT.
type forger struct {
	t                  *testing.T
	head, claims       map[string]any
	rawHead, body, sig string
	own                *ecdsa.PrivateKey
}

func encoded(v any) string {
	text, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(text)
}

func changed(base map[string]any, pairs ...any) map[string]any {
	out := maps.Clone(base)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}

// signed is head and claims under the forger's own key.
func (f forger) signed(head, claims map[string]any) string {
	f.t.Helper()
	input := encoded(head) + "." + encoded(claims)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, f.own, sum[:])
	if err != nil {
		f.t.Fatal(err)
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return input + "." + base64.RawURLEncoding.EncodeToString(raw)
}

// keyed is head and claims under HS256.
func (f forger) keyed(secret []byte) string {
	input := encoded(changed(f.head, "alg", "HS256")) + "." + f.body
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Nothing that anybody but Latchkey made is taken, wherever it is shown, and nobody is
// called to look after it.
func TestForgedAccessTokens_AreRefusedEverywhereAndNobodyIsCalled(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var calls atomic.Int32
		trap := httptest.NewUnstartedServer(http.NotFoundHandler())
		trap.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				calls.Add(1)
			}
		}
		trap.StartTLS()
		defer trap.Close()
		m := w.mint(combination{models.API, models.ClientCredentials}, 0)
		good := w.granted(m)
		vendor := w.vendorBasic()
		if a := w.bearer(good); a.status != http.StatusOK {
			t.Fatalf("the genuine one is answered %d: %s", a.status, a.body)
		}
		forgeries := w.forgeries(t, good, trap.URL)
		for name, jwt := range forgeries {
			if a := w.bearer(jwt); a.status != http.StatusUnauthorized && a.status != http.StatusBadRequest {
				t.Errorf("%s: whoami says %d", name, a.status)
			}
			if a := w.send(http.MethodGet, "/v1/authorize", "", "Authorization", "Bearer "+jwt); a.status != http.StatusUnauthorized {
				t.Errorf("%s: authorize says %d", name, a.status)
			}
			if a := w.send(http.MethodGet, "/v1/whoami", "", "X-API-KEY", jwt); a.status != http.StatusUnauthorized {
				t.Errorf("%s: whoami says %d to it as a key", name, a.status)
			}
			if utf := strings.ToValidUTF8(jwt, "?"); utf == jwt && !strings.Contains(jwt, "\x00") {
				w.inactive(name, jwt, vendor)
			}
		}
		for _, jwt := range forgeries {
			w.post(revokePath, formOf("token", jwt), "Authorization", vendor)
		}
		if a := w.bearer(good); a.status != http.StatusOK {
			t.Errorf("the genuine one is answered %d: %s", a.status, a.body)
		}
		if n := calls.Load(); n != 0 {
			t.Errorf("%d calls went out", n)
		}
	})
}

func (w *world) forgeries(t *testing.T, good, trap string) map[string]string {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	parts := strings.Split(good, ".")
	f := forger{t: t, head: unpacked(t, good, 0), claims: unpacked(t, good, 1), rawHead: parts[0], body: parts[1], sig: parts[2], own: own}
	set, err := w.keys.JWKS(t.Context())
	w.must(err)
	public := set.Key(f.head["kid"].(string))[0]
	spki, err := x509.MarshalPKIXPublicKey(public.Key)
	w.must(err)
	publicJWK, err := json.Marshal(public)
	w.must(err)
	evil := jose.JSONWebKey{Key: own.Public(), KeyID: public.KeyID}
	reheaded := func(pairs ...any) string { return encoded(changed(f.head, pairs...)) + "." + f.body + "." + f.sig }
	resigned := func(pairs ...any) string { return f.signed(changed(f.head, pairs...), f.claims) }
	admin := encoded(changed(f.claims, "roles", []string{"Admin"}, "permissions", []string{"fe.secure.*"}, "scope", "fe.secure.*"))
	all := map[string]string{
		"alg none":                      encoded(changed(f.head, "alg", "none")) + "." + f.body + ".",
		"alg None, our signature":       reheaded("alg", "None"),
		"alg missing":                   encoded(map[string]any{"kid": public.KeyID, "typ": "at+jwt"}) + "." + f.body + "." + f.sig,
		"alg of another key":            reheaded("alg", "RS256"),
		"alg ES512":                     reheaded("alg", "ES512"),
		"HS256 with the SPKI":           f.keyed(spki),
		"HS256 with the PEM":            f.keyed(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})),
		"HS256 with the JWK":            f.keyed(publicJWK),
		"HS256 with nothing":            f.keyed(nil),
		"another key, our kid":          resigned(),
		"another key, its jwk":          resigned("jwk", evil),
		"another key, jku":              resigned("jku", trap+"/jwks.json"),
		"another key, x5u":              resigned("x5u", trap+"/cert.pem"),
		"another key, x5c":              resigned("x5c", []string{base64.StdEncoding.EncodeToString(spki)}),
		"another key, its own kid":      resigned("kid", "evil"),
		"our signature, our jwk":        reheaded("jwk", public),
		"kid a path":                    reheaded("kid", "../../../../dev/null"),
		"kid SQL":                       reheaded("kid", "' OR '1'='1"),
		"kid SQL of a key's length":     reheaded("kid", "' UNION SELECT id FROM signing_keys LIMIT 1 -"),
		"kid an address":                reheaded("kid", trap),
		"kid of the RSA key":            reheaded("kid", set.Keys[0].KeyID),
		"kid empty":                     reheaded("kid", ""),
		"kid an object":                 reheaded("kid", map[string]any{"x": 1}),
		"typ JWT":                       reheaded("typ", "JWT"),
		"typ dpop+jwt":                  reheaded("typ", "dpop+jwt"),
		"typ missing":                   encoded(map[string]any{"kid": public.KeyID, "alg": "ES256"}) + "." + f.body + "." + f.sig,
		"crit unknown":                  reheaded("crit", []string{"x"}, "x", 1),
		"crit b64":                      reheaded("crit", []string{"b64"}, "b64", false),
		"zip":                           reheaded("zip", "DEF"),
		"claims of an admin":            f.rawHead + "." + admin + "." + f.sig,
		"claims of an admin, resigned":  f.signed(f.head, changed(f.claims, "roles", []string{"Admin"})),
		"a signature of zeros":          f.rawHead + "." + f.body + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"no signature":                  f.rawHead + "." + f.body + ".",
		"two parts":                     f.rawHead + "." + f.body,
		"four parts":                    good + "." + f.sig,
		"five parts":                    good + ".." + f.sig,
		"padded":                        f.rawHead + "." + f.body + "." + f.sig + "==",
		"padded claims":                 f.rawHead + "." + f.body + "=." + f.sig,
		"a space within":                f.rawHead + ". " + f.body + "." + f.sig,
		"a space before the signature":  f.rawHead + "." + f.body + ". " + f.sig,
		"a tab behind":                  good + "\t",
		"a line end within":             f.rawHead + ".\n" + f.body + "." + f.sig,
		"standard base64":               strings.NewReplacer("-", "+", "_", "/").Replace(reheaded("kid", "~~~???")),
		"JSON serialisation":            `{"payload":"` + f.body + `","protected":"` + f.rawHead + `","signature":"` + f.sig + `"}`,
		"JSON with an unprotected head": `{"payload":"` + f.body + `","protected":"` + f.rawHead + `","header":{"kid":"x"},"signature":"` + f.sig + `"}`,
		"JSON with several signatures":  `{"payload":"` + f.body + `","signatures":[{"protected":"` + f.rawHead + `","signature":"` + f.sig + `"}]}`,
		"quoted":                        `"` + good + `"`,
		"with its scheme twice":         "Bearer " + good,
	}
	for name, jwt := range w.misissued(t, f.claims) {
		all[name] = jwt
	}
	return all
}

// misissued are JWTs that our own key signed and that are no good all the same.
func (w *world) misissued(t *testing.T, claims map[string]any) map[string]string {
	t.Helper()
	now := w.clock.Now()
	foreign, sibling := w.foreign(), w.mint(combination{models.API, models.ClientCredentials}, 0)
	key := w.mint(combination{models.API, models.AccessToken}, 0)
	all := map[string]string{}
	for name, change := range map[string][]any{
		"expired by a second":        {"exp", now.Unix() - 1},
		"expired this second":        {"exp", now.Unix()},
		"no end":                     {"exp", 0},
		"from the future":            {"iat", now.Add(2 * time.Minute).Unix()},
		"not yet":                    {"nbf", now.Add(2 * time.Minute).Unix()},
		"another issuer":             {"iss", "https://elsewhere.example"},
		"the issuer with a slash":    {"iss", publicURL + "/"},
		"no issuer":                  {"iss", ""},
		"no audience":                {"aud", []string{}},
		"an audience of numbers":     {"aud", []int{1}},
		"no id":                      {"jti", ""},
		"another client":             {"client_id", sibling.Token.ID},
		"another subject":            {"sub", sibling.Token.ID},
		"another account":            {"tenantId", w.globex.ID},
		"another account's client":   {"sub", foreign.Token.ID, "client_id", foreign.Token.ID, "tenantId", w.globex.ID},
		"an account's as a person's": {"userId", w.dana.UserID},
		"an unknown secret":          {"secretId", w.acme.ID},
		"another client's secret":    {"secretId", w.secretID(sibling)},
		"an access token's secret":   {"secretId", w.secretID(key), "sub", key.Token.ID, "client_id", key.Token.ID},
		"no secret":                  {"secretId", ""},
		"a secret of no form":        {"secretId", "' OR 1=1 --"},
		"roles of another shape":     {"roles", "Admin"},
		"times of another shape":     {"exp", "tomorrow"},
	} {
		jwt, err := w.keys.SignAccessToken(t.Context(), changed(changed(claims, "jti", models.NewID(now)), change...))
		w.must(err)
		all[name] = jwt
	}
	// So written claims are good where nothing else is wrong with them.
	control, err := w.keys.SignAccessToken(t.Context(), changed(claims, "jti", models.NewID(now)))
	w.must(err)
	if a := w.bearer(control); a.status != http.StatusOK {
		t.Fatalf("the control is answered %d: %s", a.status, a.body)
	}
	all["OAuth's claims in the dialect's JWT"], err = w.keys.Sign(t.Context(), claims)
	w.must(err)
	dialect := unpacked(t, w.exchange(sibling), 1)
	all["the dialect's claims in OAuth's JWT"], err = w.keys.SignAccessToken(t.Context(), dialect)
	w.must(err)
	all["the dialect's, from the future"], err = w.keys.Sign(t.Context(), changed(dialect, "iat", now.Add(2*time.Minute).Unix()))
	w.must(err)
	all["the dialect's, not yet"], err = w.keys.Sign(t.Context(), changed(dialect, "nbf", now.Add(2*time.Minute).Unix()))
	w.must(err)
	elsewhere, err := signing.New(signing.Config{Store: storetest.New(t), SealKey: make([]byte, 32), Now: w.clock.Now})
	w.must(err)
	w.must(elsewhere.Ensure(t.Context()))
	all["another Latchkey's"], err = elsewhere.SignAccessToken(t.Context(), claims)
	w.must(err)
	return all
}
