package proofs_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// assertionClaims are what a client writes at the start.
func assertionClaims() object {
	return object{
		"iss": clientID, "sub": clientID, "aud": issuer, "jti": "one",
		"iat": start.Unix(), "nbf": start.Unix(), "exp": start.Unix() + 60,
	}
}

// assertionHead is of the client that signs with es.
func assertionHead() object { return object{"alg": "ES256", "kid": thumbprintOf(es())} }

func check(t *testing.T, p *proofs.Proofs, assertion string, keys ...proofs.Key) error {
	t.Helper()
	_, err := p.CheckAssertion(t.Context(), models.NewSecret(assertion), clientID, keys)
	return err
}

// wantRefusal wants err to refuse for a reason, in words that hold nothing of
// what was sent.
func wantRefusal(t *testing.T, err error, reason string) {
	t.Helper()
	if !errors.Is(err, proofs.ErrRefused) || proofs.Reason(err) != reason {
		t.Errorf("%v, want a refusal for %q", err, reason)
	}
}

// wantUnavailable wants err to say that nobody can tell, in words that hold nothing
// of the address.
func wantUnavailable(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, proofs.ErrUnavailable) || errors.Is(err, proofs.ErrRefused) || err.Error() != "key set unavailable" {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}

// noCalls fails a test that calls out.
func noCalls(t *testing.T) proofs.Fetch {
	return proofs.Fetch{Allow: func(a netip.AddrPort) bool {
		t.Errorf("called %s", a)
		return false
	}}
}

func TestCheckAssertion_GivesTheKeyThatSigned(t *testing.T) {
	t.Parallel()
	keys := []proofs.Key{kept(t, jwkOf(es())), kept(t, jwkOf(rs())), kept(t, jwkOf(ed()))}
	for algorithm, key := range algorithmsOf {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			p := newProofs(t, proofs.Config{})
			for kid, head := range map[string]object{
				"named":   {"alg": algorithm, "kid": thumbprintOf(key()), "typ": "JWT"},
				"unnamed": {"alg": algorithm},
			} {
				assertion := models.NewSecret(sign(key(), head, with(assertionClaims(), object{"jti": kid})))
				got, err := p.CheckAssertion(t.Context(), assertion, clientID, keys)
				if err != nil || got != "of "+thumbprintOf(key()) {
					t.Errorf("%s: %q, %v", kid, got, err)
				}
			}
		})
	}
}

// What clients may write in one way or another, and the edges of their clocks.
func TestCheckAssertion_TakesWhatTheStandardAllows(t *testing.T) {
	t.Parallel()
	at := start.Unix()
	key := kept(t, jwkOf(es()))
	for name, row := range map[string]struct{ head, claims object }{
		"aud in a list":                   {nil, object{"aud": []string{issuer}}},
		"no nbf and iat":                  {nil, object{"nbf": nil, "iat": nil}},
		"nbf and iat half a minute ahead": {nil, object{"nbf": at + 30, "iat": at + 30}},
		"iat long ago":                    {nil, object{"iat": at - 86400}},
		"a second left":                   {nil, object{"exp": at + 1}},
		"a part of a second left":         {nil, object{"exp": float64(at) + 0.25}},
		"ten minutes by a clock ahead":    {nil, object{"exp": at + 630}},
		"jti of 256 characters":           {nil, object{"jti": strings.Repeat("é", 256)}},
		"claims that nobody knows":        {nil, object{"scope": "x", "nonce": 1}},
		"typ of RFC 7523's revision":      {object{"typ": "client-authentication+jwt"}, nil},
		"typ in lower case":               {object{"typ": "jwt"}, nil},
		"header members nobody knows":     {object{"x5t": "AAAA", "cty": "x"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProofs(t, proofs.Config{Fetch: noCalls(t)})
			assertion := sign(es(), with(assertionHead(), row.head), with(assertionClaims(), row.claims))
			if err := check(t, p, assertion, key); err != nil {
				t.Error(err)
			}
		})
	}
}

// Each is refused for its own reason, calls nobody, and leaves its jti unused.
func TestCheckAssertion_RefusesForgeries(t *testing.T) {
	t.Parallel()
	at := start.Unix()
	public := must(x509.MarshalPKIXPublicKey(es().Public()))
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	good := sign(es(), assertionHead(), assertionClaims())
	parts := strings.Split(good, ".")
	head, body, signature := parts[0], parts[1], parts[2]
	claimed := func(more object) string { return sign(es(), assertionHead(), with(assertionClaims(), more)) }
	headed := func(more object) string { return sign(es(), with(assertionHead(), more), assertionClaims()) }
	foreign := func(key crypto.Signer, more object) string {
		return sign(key, with(assertionHead(), more), assertionClaims())
	}
	hmacBy := func(secret []byte) string {
		input := encode(with(assertionHead(), object{"alg": "HS256"})) + "." + body
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	rawHead := func(text string) string { return sign(es(), text, assertionClaims()) }
	rawClaims := func(text string) string { return sign(es(), assertionHead(), text) }
	kid := thumbprintOf(es())

	for name, row := range map[string]struct{ assertion, reason string }{
		"alg none":                        {encode(with(assertionHead(), object{"alg": "none"})) + "." + body + ".", "form"},
		"alg none with a signature":       {headed(object{"alg": "none"}), "algorithm"},
		"alg nOnE with a signature":       {headed(object{"alg": "nOnE"}), "algorithm"},
		"alg missing":                     {sign(es(), without(assertionHead(), "alg"), assertionClaims()), "algorithm"},
		"alg null":                        {headed(object{"alg": nil}), "algorithm"},
		"alg a list":                      {headed(object{"alg": []string{"ES256"}}), "header"},
		"alg in lower case":               {headed(object{"alg": "es256"}), "algorithm"},
		"HS256 keyed with the public key": {hmacBy(public), "algorithm"},
		"HS256 keyed with its PEM":        {hmacBy(publicPEM), "algorithm"},
		"HS256 keyed with its JWK":        {hmacBy([]byte(textOf(jwkOf(es())))), "algorithm"},
		"RS256":                           {foreign(rs(), object{"alg": "RS256"}), "algorithm"},
		"ES384":                           {foreign(otherCurve(), object{"alg": "ES384"}), "algorithm"},
		"PS256 by a key for ES256":        {headed(object{"alg": "PS256"}), "signature"},
		"EdDSA by a key for ES256":        {headed(object{"alg": "EdDSA"}), "signature"},
		"ES256 on another curve":          {foreign(otherCurve(), nil), "signature"},
		"another key, the kid":            {foreign(evilES(), nil), "signature"},
		"another key, its own kid":        {foreign(evilES(), object{"kid": thumbprintOf(evilES())}), "no_key"},
		"another key, no kid":             {sign(evilES(), without(assertionHead(), "kid"), assertionClaims()), "signature"},
		"another key, its own jwk":        {foreign(evilES(), object{"jwk": jwkOf(evilES())}), "signature"},
		"another key, its jwk and kid":    {foreign(evilES(), object{"jwk": jwkOf(evilES()), "kid": thumbprintOf(evilES())}), "no_key"},
		"another key, jku":                {foreign(evilES(), object{"jku": "https://evil.example/jwks.json"}), "signature"},
		"another key, x5u":                {foreign(evilES(), object{"x5u": "https://evil.example/cert.pem"}), "signature"},
		"another key, x5c":                {foreign(evilES(), object{"x5c": []string{base64.StdEncoding.EncodeToString(public)}}), "signature"},
		"RSA of another client":           {foreign(evilRSA(), object{"alg": "PS256"}), "signature"},
		"Ed25519 of another client":       {foreign(evilEd(), object{"alg": "Ed25519"}), "signature"},
		"kid a path":                      {headed(object{"kid": "../../../../dev/null"}), "no_key"},
		"kid SQL":                         {headed(object{"kid": "' OR 1=1 --"}), "no_key"},
		"kid with NUL":                    {headed(object{"kid": kid + "\x00"}), "no_key"},
		"kid empty":                       {headed(object{"kid": ""}), "no_key"},
		"kid a number":                    {headed(object{"kid": 1}), "header"},
		"kid twice":                       {rawHead(`{"alg":"ES256","kid":"x","kid":"` + kid + `"}`), "header"},
		"alg twice":                       {rawHead(`{"alg":"none","alg":"ES256"}`), "header"},
		"ALG in capitals":                 {rawHead(`{"ALG":"ES256"}`), "algorithm"},
		"crit unknown":                    {headed(object{"crit": []string{"exp"}, "exp": 1}), "header"},
		"crit empty":                      {headed(object{"crit": []string{}}), "header"},
		"crit null":                       {headed(object{"crit": nil}), "header"},
		"b64 false":                       {headed(object{"b64": false, "crit": []string{"b64"}}), "header"},
		"b64 without crit":                {headed(object{"b64": true}), "header"},
		"typ of an access token":          {headed(object{"typ": "at+jwt"}), "type"},
		"typ of a DPoP proof":             {headed(object{"typ": "dpop+jwt"}), "type"},
		"header a list":                   {rawHead(`["ES256"]`), "header"},
		"more after the header":           {rawHead(`{"alg":"ES256"} {}`), "header"},
		"iss another client":              {claimed(object{"iss": "other"}), "issuer"},
		"iss missing":                     {claimed(object{"iss": nil}), "issuer"},
		"iss in capitals":                 {claimed(object{"iss": strings.ToUpper(clientID)}), "issuer"},
		"iss twice":                       {rawClaims(`{"iss":"x","iss":"` + clientID + `"}`), "claims"},
		"sub another client":              {claimed(object{"sub": "other"}), "subject"},
		"sub missing":                     {claimed(object{"sub": nil}), "subject"},
		"aud another issuer":              {claimed(object{"aud": "https://evil.example"}), "audience"},
		"aud with a slash":                {claimed(object{"aud": issuer + "/"}), "audience"},
		"aud the token endpoint":          {claimed(object{"aud": issuer + "/oauth/token"}), "audience"},
		"aud missing":                     {claimed(object{"aud": nil}), "audience"},
		"aud an empty list":               {claimed(object{"aud": []string{}}), "audience"},
		"aud two":                         {claimed(object{"aud": []string{issuer, "https://evil.example"}}), "audience"},
		"aud the same twice":              {claimed(object{"aud": []string{issuer, issuer}}), "audience"},
		"aud an object":                   {claimed(object{"aud": object{"a": issuer}}), "claims"},
		"exp now":                         {claimed(object{"exp": at}), "expired"},
		"exp a second ago":                {claimed(object{"exp": at - 1}), "expired"},
		"exp missing":                     {claimed(object{"exp": nil}), "claims"},
		"exp a text":                      {claimed(object{"exp": "9999999999"}), "claims"},
		"exp beyond all time":             {claimed(object{"exp": 1e300}), "claims"},
		"exp below zero":                  {claimed(object{"exp": -1}), "claims"},
		"exp eleven minutes ahead":        {claimed(object{"exp": at + 660}), "lifetime"},
		"exp in a year":                   {claimed(object{"exp": at + 365*86400}), "lifetime"},
		"nbf 31 seconds ahead":            {claimed(object{"nbf": at + 31}), "not_yet"},
		"iat 31 seconds ahead":            {claimed(object{"iat": at + 31}), "not_yet"},
		"iat a text":                      {claimed(object{"iat": "now"}), "claims"},
		"nbf beyond all time":             {claimed(object{"nbf": 1e300}), "not_yet"},
		"jti missing":                     {claimed(object{"jti": nil}), "jti"},
		"jti empty":                       {claimed(object{"jti": ""}), "jti"},
		"jti of 257 characters":           {claimed(object{"jti": strings.Repeat("x", 257)}), "jti"},
		"jti a number":                    {claimed(object{"jti": 1}), "claims"},
		"claims a list":                   {rawClaims(`[]`), "claims"},
		"claims null":                     {rawClaims(`null`), "issuer"},
		"claims of another assertion":     {head + "." + encode(with(assertionClaims(), object{"jti": "two"})) + "." + signature, "signature"},
		"signature of zeros":              {head + "." + body + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)), "signature"},
		"signature cut":                   {head + "." + body + "." + signature[:len(signature)-2], "signature"},
		"signature longer":                {head + "." + body + "." + encode(string(must(base64.RawURLEncoding.DecodeString(signature)))+"\x00"), "signature"},
		"signature missing":               {head + "." + body + ".", "form"},
		"signature left off":              {head + "." + body, "form"},
		"signature padded":                {good + "==", "form"},
		"header padded":                   {head + "=." + body + "." + signature, "form"},
		"claims detached":                 {head + ".." + signature, "form"},
		"five parts":                      {good + ".e30.e30", "form"},
		"space before":                    {" " + good, "form"},
		"newline after":                   {good + "\n", "form"},
		"newline inside":                  {head + "." + body + "." + signature[:8] + "\n" + signature[8:], "form"},
		"JSON serialisation":              {`{"protected":"` + head + `","payload":"` + body + `","signature":"` + signature + `"}`, "form"},
		"two of them":                     {good + "," + good, "form"},
		"a megabyte":                      {head + "." + strings.Repeat("A", 1<<20) + "." + signature, "form"},
		"empty":                           {"", "form"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			used := &memory{}
			p := newProofs(t, proofs.Config{Store: used, Fetch: noCalls(t)})
			wantRefusal(t, check(t, p, row.assertion, kept(t, jwkOf(es()))), row.reason)
			if used.count() != 0 {
				t.Error("its jti is spent")
			}
		})
	}
	if err := check(t, newProofs(t, proofs.Config{}), good, kept(t, jwkOf(es()))); err != nil {
		t.Errorf("the pattern of all forgeries is refused itself: %v", err)
	}
}

// A trailing character of a signature carries bits that say nothing: with them an
// assertion would have other spellings.
func TestCheckAssertion_HasOneSpelling(t *testing.T) {
	t.Parallel()
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	good := sign(es(), assertionHead(), assertionClaims())
	last := strings.IndexByte(letters, good[len(good)-1])
	stray := good[:len(good)-1] + string(letters[last^1])
	wantRefusal(t, check(t, newProofs(t, proofs.Config{}), stray, kept(t, jwkOf(es()))), "form")
}

func TestCheckAssertion_AClientWithoutKeysIsRefused(t *testing.T) {
	t.Parallel()
	good := sign(es(), assertionHead(), assertionClaims())
	p := newProofs(t, proofs.Config{})
	wantRefusal(t, check(t, p, good), "no_key")
	wantRefusal(t, check(t, p, good, proofs.Key{ID: "broken", ClientKey: models.ClientKey{JWK: "{}"}}), "key")
	_, err := p.CheckAssertion(t.Context(), models.NewSecret(sign(es(), assertionHead(), with(assertionClaims(), object{"iss": "", "sub": ""}))), "", []proofs.Key{kept(t, jwkOf(es()))})
	wantRefusal(t, err, "issuer")
}

func TestCheckAssertion_IsGoodOnce(t *testing.T) {
	t.Parallel()
	used, clock := &memory{}, newClock()
	p := newProofs(t, proofs.Config{Store: used, Now: clock.Now})
	key := kept(t, jwkOf(es()))
	if err := check(t, p, sign(es(), assertionHead(), assertionClaims()), key); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, check(t, p, sign(es(), assertionHead(), assertionClaims()), key), "replayed")
	if err := check(t, p, sign(es(), assertionHead(), with(assertionClaims(), object{"jti": "two"})), key); err != nil {
		t.Errorf("another jti: %v", err)
	}
	for _, until := range used.used {
		if until.Before(start.Add(time.Minute)) || until.After(start.Add(5*time.Minute)) {
			t.Errorf("forgotten at %s", until)
		}
	}
}

// A jti is its client's: nobody spends another's.
func TestCheckAssertion_ClientsMayHaveTheSameID(t *testing.T) {
	t.Parallel()
	p := newProofs(t, proofs.Config{})
	for _, client := range []string{"a", "b"} {
		assertion := sign(es(), assertionHead(), with(assertionClaims(), object{"iss": client, "sub": client}))
		if _, err := p.CheckAssertion(t.Context(), models.NewSecret(assertion), client, []proofs.Key{kept(t, jwkOf(es()))}); err != nil {
			t.Errorf("%s: %v", client, err)
		}
	}
}

func TestCheckAssertion_IsGoodOnceAlsoAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		replicas := []*proofs.Proofs{newProofs(t, proofs.Config{Store: s}), newProofs(t, proofs.Config{Store: s})}
		key := kept(t, jwkOf(ed()))
		assertion := sign(ed(), object{"alg": "EdDSA"}, assertionClaims())
		wantOneWinner(t, atOnce(50, func(i int) error { return check(t, replicas[i%2], assertion, key) }))
	})
}

// wantOneWinner wants one nil, and the rest to be replays.
func wantOneWinner(t *testing.T, errs []error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantRefusal(t, err, "replayed")
	}
	if won != 1 {
		t.Errorf("%d winners", won)
	}
}

func TestCheckAssertion_WithoutADatabaseItCannotTell(t *testing.T) {
	t.Parallel()
	p := newProofs(t, proofs.Config{Store: &memory{err: models.ErrBusy}})
	err := check(t, p, sign(es(), assertionHead(), assertionClaims()), kept(t, jwkOf(es())))
	if !errors.Is(err, models.ErrBusy) || errors.Is(err, proofs.ErrRefused) || proofs.Reason(err) != "" {
		t.Errorf("%v", err)
	}
}

func TestUnverifiedClientID_IsWhoTheAssertionSaysItIsFrom(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ assertion, want string }{
		"good":                 {sign(es(), assertionHead(), assertionClaims()), clientID},
		"another's signature":  {sign(evilES(), assertionHead(), assertionClaims()), clientID},
		"iss and sub differ":   {sign(es(), assertionHead(), with(assertionClaims(), object{"sub": "other"})), ""},
		"longer than any id":   {sign(es(), assertionHead(), with(assertionClaims(), object{"iss": strings.Repeat("x", 257), "sub": strings.Repeat("x", 257)})), ""},
		"no algorithm of ours": {sign(es(), with(assertionHead(), object{"alg": "none"}), assertionClaims()), ""},
		"no JWT":               {"x.y", ""},
	} {
		if got := proofs.UnverifiedClientID(models.NewSecret(row.assertion)); got != row.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzCheckAssertion(f *testing.F) {
	good := sign(fuzzed, object{"alg": "EdDSA"}, assertionClaims())
	text, _ := proofs.ParseJWK(textOf(jwkOf(fuzzed)))
	keys := []proofs.Key{{ID: "x", ClientKey: models.ClientKey{JWK: text}}}
	f.Add(good)
	f.Add(sign(es(), with(assertionHead(), object{"crit": []string{"b64"}}), assertionClaims()))
	f.Add(encode(`{"alg":"EdDSA"}`) + "." + encode(`{"aud":["x"],"exp":1e9}`) + ".AA")
	f.Add("..")
	f.Fuzz(func(t *testing.T, assertion string) {
		p := newProofs(t, proofs.Config{})
		_, err := p.CheckAssertion(t.Context(), models.NewSecret(assertion), clientID, keys)
		if err == nil && assertion != good {
			t.Fatalf("%q is taken", assertion)
		}
		if err != nil && !errors.Is(err, proofs.ErrRefused) {
			t.Fatal(err)
		}
	})
}

// A key that can be had is enough; where it did not sign, nobody can tell whether
// one did that can't be had.
func TestCheckAssertion_KnowsWhatItCantTell(t *testing.T) {
	t.Parallel()
	h := newHost(t, http.NotFound)
	for _, keys := range [][]proofs.Key{{h.key(), kept(t, jwkOf(es()))}, {kept(t, jwkOf(es())), h.key()}} {
		p := newProofs(t, proofs.Config{Fetch: h.fetch(t)})
		if err := check(t, p, sign(es(), assertionHead(), assertionClaims()), keys...); err != nil {
			t.Error(err)
		}
		foreign := with(assertionHead(), object{"kid": thumbprintOf(evilES())})
		wantUnavailable(t, check(t, p, sign(evilES(), foreign, assertionClaims()), keys...))
		wantUnavailable(t, check(t, p, sign(evilES(), assertionHead(), assertionClaims()), keys...))
	}
}
