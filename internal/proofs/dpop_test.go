package proofs_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

const (
	resource    = "https://tokens.example/v1/whoami"
	accessToken = "an access token"
)

// dpopClaims are what a client writes at the start for a GET of the resource.
func dpopClaims() object {
	return object{"htm": "GET", "htu": resource, "jti": "one", "iat": start.Unix(), "ath": digestOf(accessToken)}
}

func dpopHead(algorithm string, key crypto.Signer) object {
	return object{"typ": "dpop+jwt", "alg": algorithm, "jwk": jwkOf(key)}
}

func digestOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// request is that of dpopClaims, with a proof.
func request(proof string) proofs.DPoP {
	return proofs.DPoP{Proof: proof, Method: "GET", URL: resource, AccessToken: models.NewSecret(accessToken)}
}

func TestCheckDPoP_GivesTheThumbprintOfTheKey(t *testing.T) {
	t.Parallel()
	for algorithm, key := range algorithmsOf {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			p := newProofs(t, proofs.Config{})
			bound := request(sign(key(), dpopHead(algorithm, key()), dpopClaims()))
			bound.Thumbprint = thumbprintOf(key())
			got, err := p.CheckDPoP(t.Context(), bound)
			if err != nil || got != thumbprintOf(key()) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestCheckDPoP_TakesWhatTheStandardAllows(t *testing.T) {
	t.Parallel()
	at := start.Unix()
	for name, row := range map[string]struct {
		jwk, claims object
		change      func(*proofs.DPoP)
	}{
		"at the token endpoint":       {nil, object{"ath": nil, "htm": "POST"}, func(d *proofs.DPoP) { d.AccessToken, d.Method = models.Secret{}, "POST" }},
		"a minute old":                {nil, object{"iat": at - 60}, nil},
		"half a minute ahead":         {nil, object{"iat": at + 30}, nil},
		"query and fragment in htu":   {nil, object{"htu": resource + "?a=b#c"}, nil},
		"query in the URL":            {nil, nil, func(d *proofs.DPoP) { d.URL += "?role=x" }},
		"host in capitals":            {nil, object{"htu": "HTTPS://TOKENS.example/v1/whoami"}, nil},
		"https's own port":            {nil, object{"htu": "https://tokens.example:443/v1/whoami"}, nil},
		"an empty path":               {nil, object{"htu": "https://tokens.example"}, func(d *proofs.DPoP) { d.URL = "https://tokens.example/" }},
		"another port, on both sides": {nil, object{"htu": "http://localhost:8080/a%2Fb"}, func(d *proofs.DPoP) { d.URL = "http://localhost:8080/a%2Fb" }},
		"jti of 256 characters":       {nil, object{"jti": strings.Repeat("x", 256)}, nil},
		"claims that nobody knows":    {nil, object{"nonce": "x", "iss": "x"}, nil},
		"what browsers add to a key":  {object{"alg": "ES256", "use": "sig", "key_ops": []string{"verify"}, "ext": true, "kid": "x"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := with(dpopHead("ES256", es()), object{"jwk": with(jwkOf(es()), row.jwk)})
			d := request(sign(es(), head, with(dpopClaims(), row.claims)))
			if row.change != nil {
				row.change(&d)
			}
			if got, err := newProofs(t, proofs.Config{}).CheckDPoP(t.Context(), d); err != nil || got != thumbprintOf(es()) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// Each is refused for its own reason, calls nobody, and leaves its jti unused.
func TestCheckDPoP_RefusesForgeries(t *testing.T) {
	t.Parallel()
	at := start.Unix()
	ours := dpopHead("ES256", es())
	good := sign(es(), ours, dpopClaims())
	parts := strings.Split(good, ".")
	claimed := func(more object) string { return sign(es(), ours, with(dpopClaims(), more)) }
	headed := func(more object) string { return sign(es(), with(ours, more), dpopClaims()) }
	keyed := func(more object) string { return headed(object{"jwk": with(jwkOf(es()), more)}) }
	target := func(htu string) string { return claimed(object{"htu": htu}) }
	private := object{}
	must(0, json.Unmarshal([]byte(privateJWKOf(es())), &private))
	symmetric := object{"kty": "oct", "k": "c2VjcmV0"}
	hmacProof := encode(with(ours, object{"alg": "HS256", "jwk": symmetric})) + "." + parts[1]
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte(hmacProof))
	hmacProof += "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))

	for name, row := range map[string]struct{ proof, reason string }{
		"alg none":                        {headed(object{"alg": "none"}), "algorithm"},
		"alg none, unsigned":              {encode(with(ours, object{"alg": "none"})) + "." + parts[1] + ".", "form"},
		"HS256 with the key in the proof": {hmacProof, "algorithm"},
		"RS256":                           {sign(rs(), dpopHead("RS256", rs()), dpopClaims()), "algorithm"},
		"ES384":                           {sign(otherCurve(), dpopHead("ES384", otherCurve()), dpopClaims()), "algorithm"},
		"PS256 with a key for ES256":      {headed(object{"alg": "PS256"}), "signature"},
		"PS256 with a weak key":           {sign(weakRSA(), dpopHead("PS256", weakRSA()), dpopClaims()), "key"},
		"another key than the one inside": {sign(evilES(), ours, dpopClaims()), "signature"},
		"a private key inside":            {headed(object{"jwk": private}), "key"},
		"an empty private member":         {keyed(object{"d": ""}), "key"},
		"a private member null":           {keyed(object{"d": nil}), "key"},
		"a symmetric key inside":          {headed(object{"jwk": symmetric}), "key"},
		"no key":                          {sign(es(), without(ours, "jwk"), dpopClaims()), "key"},
		"key null":                        {headed(object{"jwk": nil}), "key"},
		"key a text":                      {headed(object{"jwk": textOf(jwkOf(es()))}), "key"},
		"key a kid":                       {sign(es(), object{"typ": "dpop+jwt", "alg": "ES256", "kid": thumbprintOf(es())}, dpopClaims()), "key"},
		"key for encryption":              {keyed(object{"use": "enc"}), "key"},
		"key for signing only":            {keyed(object{"key_ops": []string{"sign"}}), "key"},
		"key of another algorithm":        {keyed(object{"alg": "ES512"}), "key"},
		"key off its curve":               {keyed(object{"x": jwkOf(evilES())["x"]}), "key"},
		"key of no kind":                  {keyed(object{"kty": "AKP"}), "key"},
		"kty twice":                       {sign(es(), `{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"oct","kty":"EC"}}`, dpopClaims()), "key"},
		"jwk twice":                       {sign(es(), `{"typ":"dpop+jwt","alg":"ES256","jwk":{},"jwk":`+textOf(jwkOf(es()))+`}`, dpopClaims()), "header"},
		"jku in the place of jwk":         {sign(es(), object{"typ": "dpop+jwt", "alg": "ES256", "jku": "https://evil.example/"}, dpopClaims()), "key"},
		"typ missing":                     {sign(es(), without(ours, "typ"), dpopClaims()), "type"},
		"typ JWT":                         {headed(object{"typ": "JWT"}), "type"},
		"typ of an access token":          {headed(object{"typ": "at+jwt"}), "type"},
		"typ in capitals":                 {headed(object{"typ": "DPOP+JWT"}), "type"},
		"crit unknown":                    {headed(object{"crit": []string{"x"}, "x": 1}), "header"},
		"b64 false":                       {headed(object{"b64": false, "crit": []string{"b64"}}), "header"},
		"htm another method":              {claimed(object{"htm": "POST"}), "method"},
		"htm in lower case":               {claimed(object{"htm": "get"}), "method"},
		"htm missing":                     {claimed(object{"htm": nil}), "method"},
		"htm a list":                      {claimed(object{"htm": []string{"GET"}}), "claims"},
		"htu another host":                {target("https://evil.example/v1/whoami"), "url"},
		"htu a host below":                {target("https://tokens.example.evil.example/v1/whoami"), "url"},
		"htu another path":                {target("https://tokens.example/v1/authorize"), "url"},
		"htu the path with a slash":       {target(resource + "/"), "url"},
		"htu the path in capitals":        {target("https://tokens.example/v1/WHOAMI"), "url"},
		"htu the path in escapes":         {target("https://tokens.example/v1/whoam%69"), "url"},
		"htu the path with dots":          {target("https://tokens.example/v1/../v1/whoami"), "url"},
		"htu another port":                {target("https://tokens.example:8443/v1/whoami"), "url"},
		"htu http's port":                 {target("https://tokens.example:80/v1/whoami"), "url"},
		"htu http":                        {target("http://tokens.example/v1/whoami"), "url"},
		"htu with a user":                 {target("https://x@tokens.example/v1/whoami"), "url"},
		"htu a path":                      {target("/v1/whoami"), "url"},
		"htu without a scheme":            {target("//tokens.example/v1/whoami"), "url"},
		"htu no URL":                      {target("https://tokens.example:x/v1/whoami"), "url"},
		"htu empty":                       {target(""), "url"},
		"htu missing":                     {claimed(object{"htu": nil}), "url"},
		"iat 61 seconds ago":              {claimed(object{"iat": at - 61}), "too_old"},
		"iat 31 seconds ahead":            {claimed(object{"iat": at + 31}), "not_yet"},
		"iat missing, exp there":          {claimed(object{"iat": nil, "exp": at + 60}), "claims"},
		"iat a text":                      {claimed(object{"iat": "now"}), "claims"},
		"iat beyond all time":             {claimed(object{"iat": 1e300}), "claims"},
		"jti missing":                     {claimed(object{"jti": nil}), "jti"},
		"jti of 257 characters":           {claimed(object{"jti": strings.Repeat("x", 257)}), "jti"},
		"ath missing":                     {claimed(object{"ath": nil}), "access_token"},
		"ath of another token":            {claimed(object{"ath": digestOf("another")}), "access_token"},
		"ath the token itself":            {claimed(object{"ath": accessToken}), "access_token"},
		"ath padded":                      {claimed(object{"ath": digestOf(accessToken) + "="}), "access_token"},
		"claims of another proof":         {parts[0] + "." + encode(with(dpopClaims(), object{"jti": "two"})) + "." + parts[2], "signature"},
		"two proofs":                      {good + ", " + good, "form"},
		"JSON serialisation":              {`{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`, "form"},
		"padded":                          {good + "==", "form"},
		"newline after":                   {good + "\n", "form"},
		"empty":                           {"", "form"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			used := &memory{}
			p := newProofs(t, proofs.Config{Store: used, Fetch: noCalls(t)})
			_, err := p.CheckDPoP(t.Context(), request(row.proof))
			wantRefusal(t, err, row.reason)
			if used.count() != 0 {
				t.Error("its jti is spent")
			}
		})
	}
	if _, err := newProofs(t, proofs.Config{}).CheckDPoP(t.Context(), request(good)); err != nil {
		t.Errorf("the pattern of all forgeries is refused itself: %v", err)
	}
}

// A good proof by the wrong key spends nothing, and so fills no table.
func TestCheckDPoP_WantsTheKeyThatTheTokenIsBoundTo(t *testing.T) {
	t.Parallel()
	used := &memory{}
	p := newProofs(t, proofs.Config{Store: used})
	stolen := request(sign(evilES(), dpopHead("ES256", evilES()), dpopClaims()))
	stolen.Thumbprint = thumbprintOf(es())
	_, err := p.CheckDPoP(t.Context(), stolen)
	wantRefusal(t, err, "key")
	if used.count() != 0 {
		t.Error("its jti is spent")
	}
}

func TestCheckDPoP_IsGoodOnceAndForEachKey(t *testing.T) {
	t.Parallel()
	used := &memory{}
	p := newProofs(t, proofs.Config{Store: used})
	first := request(sign(es(), dpopHead("ES256", es()), dpopClaims()))
	if _, err := p.CheckDPoP(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	_, err := p.CheckDPoP(t.Context(), first)
	wantRefusal(t, err, "replayed")
	if _, err := p.CheckDPoP(t.Context(), request(sign(ed(), dpopHead("EdDSA", ed()), dpopClaims()))); err != nil {
		t.Errorf("another key with the same jti: %v", err)
	}
	for _, until := range used.used {
		if until.Before(start.Add(time.Minute)) || until.After(start.Add(5*time.Minute)) {
			t.Errorf("forgotten at %s", until)
		}
	}
}

func TestCheckDPoP_IsGoodOnceAlsoAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		replicas := []*proofs.Proofs{newProofs(t, proofs.Config{Store: s}), newProofs(t, proofs.Config{Store: s})}
		proof := request(sign(ed(), dpopHead("EdDSA", ed()), dpopClaims()))
		wantOneWinner(t, atOnce(50, func(i int) error {
			_, err := replicas[i%2].CheckDPoP(t.Context(), proof)
			return err
		}))
	})
}

func FuzzCheckDPoP(f *testing.F) {
	good := sign(fuzzed, dpopHead("EdDSA", fuzzed), dpopClaims())
	f.Add(good)
	f.Add(sign(es(), dpopHead("ES256", es()), with(dpopClaims(), object{"htu": "https://[::1]%zz"})))
	f.Add(encode(`{"alg":"PS256","typ":"dpop+jwt","jwk":{"kty":"RSA","n":"AQ","e":"AQAB"}}`) + "." + encode(dpopClaims()) + ".AA")
	f.Fuzz(func(t *testing.T, proof string) {
		_, err := newProofs(t, proofs.Config{}).CheckDPoP(t.Context(), request(proof))
		if err == nil && proof != good {
			t.Fatalf("%q is taken", proof)
		}
		if err != nil && !errors.Is(err, proofs.ErrRefused) {
			t.Fatal(err)
		}
	})
}
