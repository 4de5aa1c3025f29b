package signing_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/signing"
)

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func decode(t *testing.T, part string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

type object = map[string]any

// forge writes head and claims and signs them with RS256 by the key given.
func forge(t *testing.T, key *rsa.PrivateKey, head, claims any) string {
	t.Helper()
	input := encode(head) + "." + encode(claims)
	sum := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func with(base object, more object) object {
	out := maps.Clone(base)
	maps.Copy(out, more)
	return out
}

func without(base object, name string) object {
	out := maps.Clone(base)
	delete(out, name)
	return out
}

func TestParse_ReadsWhatSignWrote(t *testing.T) {
	t.Parallel()
	keys := readyKeys(t, &memory{})
	jwt, err := keys.Sign(t.Context(), object{"sub": "c", "aud": "e"})
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Sub, Aud string }
	if err := keys.Parse(t.Context(), jwt, &claims); err != nil {
		t.Fatal(err)
	}
	if claims.Sub != "c" || claims.Aud != "e" {
		t.Errorf("claims = %+v", claims)
	}
	set, err := keys.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head := headOf(t, jwt)
	if len(head) != 3 || head["alg"] != "RS256" || head["typ"] != "JWT" || head["kid"] != set.Keys[0].KeyID {
		t.Errorf("header = %v", head)
	}
}

func TestParse_ClaimsOfAnotherShape(t *testing.T) {
	t.Parallel()
	keys := readyKeys(t, &memory{})
	jwt, err := keys.Sign(t.Context(), object{"aud": []string{"e"}})
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Aud string }
	if err := keys.Parse(t.Context(), jwt, &claims); !errors.Is(err, signing.ErrBadClaims) {
		t.Errorf("Parse = %v, want ErrBadClaims", err)
	}
}

// The typ keeps the dialect's JWTs and OAuth's apart, also where one key signs both.
func TestParse_TakesNoJWTOfTheOtherTyp(t *testing.T) {
	t.Parallel()
	for _, algorithm := range signing.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			keys := ready(t, signing.Config{Store: &memory{}, OAuthAlgorithm: algorithm})
			jwt, accessToken := sign(t, keys), signAccessToken(t, keys, algorithm)
			claims := object{}
			if err := keys.ParseEither(t.Context(), accessToken, nil, &claims); err != nil || claims["sub"] != "c" {
				t.Errorf("claims = %v, %v", claims, err)
			}
			if err := keys.Parse(t.Context(), accessToken, &object{}); !errors.Is(err, signing.ErrBadSignature) {
				t.Errorf("Parse of an access token = %v", err)
			}
			if err := keys.ParseEither(t.Context(), jwt, nil, &object{}); !errors.Is(err, signing.ErrBadSignature) {
				t.Errorf("ParseEither of another JWT = %v", err)
			}
		})
	}
}

func TestParseEither_RefusesForgeries(t *testing.T) {
	t.Parallel()
	for _, algorithm := range signing.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			keys := ready(t, signing.Config{Store: &memory{}, OAuthAlgorithm: algorithm})
			good := signAccessToken(t, keys, algorithm)
			parts := strings.Split(good, ".")
			body, signature := parts[1], parts[2]
			ours := headOf(t, good)
			rs256, err := keys.JWKS(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			reheaded := func(more object) string { return encode(with(ours, more)) + "." + body + "." + signature }
			raw := decode(t, signature)
			swapped := func(at int) string {
				changed := slices.Clone(raw)
				changed[at] ^= 1
				return parts[0] + "." + body + "." + base64.RawURLEncoding.EncodeToString(changed)
			}
			for name, jwt := range map[string]string{
				"alg none":                 encode(with(ours, object{"alg": "none"})) + "." + body + ".",
				"alg of another key":       reheaded(object{"alg": map[string]string{"RS256": "ES256"}[algorithm], "kid": rs256.Keys[0].KeyID}),
				"kid of another key":       reheaded(object{"kid": rs256.Keys[len(rs256.Keys)-1].KeyID}),
				"typ in capitals":          reheaded(object{"typ": "AT+JWT"}),
				"typ as a media type":      reheaded(object{"typ": "application/at+jwt"}),
				"typ JWT":                  reheaded(object{"typ": "JWT"}),
				"typ missing":              encode(without(ours, "typ")) + "." + body + "." + signature,
				"jwk":                      reheaded(object{"jwk": rs256.Keys[0]}),
				"claims changed":           parts[0] + "." + encode(object{"sub": "other"}) + "." + signature,
				"signature's first half":   swapped(3),
				"signature's second half":  swapped(len(raw) - 3),
				"signature zero":           parts[0] + "." + body + "." + base64.RawURLEncoding.EncodeToString(make([]byte, len(raw))),
				"signature one byte short": parts[0] + "." + body + "." + base64.RawURLEncoding.EncodeToString(raw[1:]),
				"signature one byte more":  parts[0] + "." + body + "." + base64.RawURLEncoding.EncodeToString(append(slices.Clone(raw), 0)),
				"signature in DER":         parts[0] + "." + body + "." + base64.RawURLEncoding.EncodeToString(der(t, raw)),
			} {
				into := object{}
				if err := keys.ParseEither(t.Context(), jwt, nil, &into); !errors.Is(err, signing.ErrBadSignature) || len(into) != 0 {
					t.Errorf("%s: %v, claims %v", name, err, into)
				}
			}
		})
	}
}

// der is an ES256 signature in the form that TLS has and JWS has not.
func der(t *testing.T, signature []byte) []byte {
	t.Helper()
	half := len(signature) / 2
	text, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Each of these was taken by somebody's library once.
func TestParse_RefusesForgeries(t *testing.T) {
	t.Parallel()
	keys := readyKeys(t, &memory{})
	claims := object{"sub": "c"}
	good, err := keys.Sign(t.Context(), claims)
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kid, public := set.Keys[0].KeyID, set.Keys[0].Key.(*rsa.PublicKey)
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	pemText := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})
	evil, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	evilJWK := jose.JSONWebKey{Key: evil.Public(), KeyID: kid}
	parts := strings.Split(good, ".")
	head, body, signature := parts[0], parts[1], parts[2]
	ours := object{"alg": "RS256", "kid": kid, "typ": "JWT"}
	raw := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	hs := func(alg string, secret []byte) string {
		input := encode(with(ours, object{"alg": alg})) + "." + body
		mac := hmac.New(sha256.New, secret)
		if alg == "HS512" {
			mac = hmac.New(sha512.New, secret)
		}
		mac.Write([]byte(input))
		return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	resigned := func(more object) string { return forge(t, evil, with(ours, more), claims) }
	reheaded := func(more object) string { return encode(with(ours, more)) + "." + body + "." + signature }
	none := func(alg string) string { return encode(with(ours, object{"alg": alg})) + "." + body + "." }
	flipped := func(s string, at int) string {
		b := decode(t, s)
		b[at%len(b)] ^= 1
		return base64.RawURLEncoding.EncodeToString(b)
	}
	// A trailing character of the signature carries 4 bits that say nothing.
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	stray := signature[:len(signature)-1] + string(letters[strings.IndexByte(letters, signature[len(signature)-1])^1])

	for name, jwt := range map[string]string{
		"alg none":                         none("none"),
		"alg None":                         none("None"),
		"alg NONE":                         none("NONE"),
		"alg nOnE, our signature":          reheaded(object{"alg": "nOnE"}),
		"alg empty":                        none(""),
		"alg missing":                      encode(without(ours, "alg")) + "." + body + "." + signature,
		"alg null":                         reheaded(object{"alg": nil}),
		"alg an array":                     reheaded(object{"alg": []string{"RS256"}}),
		"alg in lower case":                reheaded(object{"alg": "rs256"}),
		"alg with a space":                 reheaded(object{"alg": "RS256 "}),
		"alg PS256":                        reheaded(object{"alg": "PS256"}),
		"alg RS384":                        reheaded(object{"alg": "RS384"}),
		"alg RS512":                        reheaded(object{"alg": "RS512"}),
		"alg ES256":                        reheaded(object{"alg": "ES256"}),
		"alg EdDSA":                        reheaded(object{"alg": "EdDSA"}),
		"HS256 keyed with our SPKI":        hs("HS256", spki),
		"HS256 keyed with our PEM":         hs("HS256", pemText),
		"HS256 keyed with our modulus":     hs("HS256", public.N.Bytes()),
		"HS256 keyed with nothing":         hs("HS256", nil),
		"HS512 keyed with our PEM":         hs("HS512", pemText),
		"another key, our kid":             resigned(nil),
		"another key, its own jwk":         resigned(object{"jwk": evilJWK}),
		"another key, jku":                 resigned(object{"jku": "https://evil.example/jwks.json"}),
		"another key, x5u":                 resigned(object{"x5u": "https://evil.example/cert.pem"}),
		"another key, x5c":                 resigned(object{"x5c": []string{base64.StdEncoding.EncodeToString(spki)}}),
		"another key, x5t":                 resigned(object{"x5t": "AAAA"}),
		"another key, no kid":              forge(t, evil, without(ours, "kid"), claims),
		"our signature, its jwk":           reheaded(object{"jwk": set.Keys[0]}),
		"kid unknown":                      reheaded(object{"kid": "nobody"}),
		"kid empty":                        reheaded(object{"kid": ""}),
		"kid a number":                     reheaded(object{"kid": 1}),
		"kid a path":                       reheaded(object{"kid": "../../../../dev/null"}),
		"kid SQL":                          reheaded(object{"kid": "' OR 1=1 --"}),
		"kid SQL with union":               reheaded(object{"kid": kid + "' UNION SELECT 'k"}),
		"kid a URL":                        reheaded(object{"kid": "https://evil.example/key"}),
		"kid with NUL":                     reheaded(object{"kid": kid + "\x00"}),
		"kid in other case":                reheaded(object{"kid": strings.ToUpper(kid)}),
		"kid twice":                        raw(`{"alg":"RS256","kid":"x","kid":"`+kid+`","typ":"JWT"}`) + "." + body + "." + signature,
		"alg twice":                        raw(`{"alg":"none","alg":"RS256","kid":"`+kid+`","typ":"JWT"}`) + "." + body + "." + signature,
		"ALG in capitals":                  raw(`{"ALG":"RS256","kid":"`+kid+`","typ":"JWT"}`) + "." + body + "." + signature,
		"crit unknown":                     reheaded(object{"crit": []string{"exp"}, "exp": 1}),
		"crit b64":                         reheaded(object{"crit": []string{"b64"}, "b64": false}),
		"crit empty":                       reheaded(object{"crit": []string{}}),
		"b64 false":                        reheaded(object{"b64": false}),
		"zip":                              reheaded(object{"zip": "DEF"}),
		"typ missing":                      encode(without(ours, "typ")) + "." + body + "." + signature,
		"typ of another kind":              reheaded(object{"typ": "at+jwt"}),
		"cty JWT":                          reheaded(object{"cty": "JWT"}),
		"more after the header":            raw(`{"alg":"RS256","kid":"`+kid+`","typ":"JWT"} {}`) + "." + body + "." + signature,
		"header an array":                  raw(`["RS256"]`) + "." + body + "." + signature,
		"header null":                      raw(`null`) + "." + body + "." + signature,
		"header not JSON":                  raw(`alg=RS256`) + "." + body + "." + signature,
		"claims changed":                   head + "." + encode(object{"sub": "other"}) + "." + signature,
		"claims one bit changed":           head + "." + flipped(body, 3) + "." + signature,
		"signature one bit changed":        head + "." + body + "." + flipped(signature, 17),
		"signature last bit changed":       head + "." + body + "." + flipped(signature, 255),
		"signature shortened":              head + "." + body + "." + signature[:len(signature)-4],
		"signature zero":                   head + "." + body + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256)),
		"signature one":                    head + "." + body + "." + base64.RawURLEncoding.EncodeToString(append(make([]byte, 255), 1)),
		"signature missing":                head + "." + body + ".",
		"signature left off":               head + "." + body,
		"signature stray bits":             head + "." + body + "." + stray,
		"signature padded":                 good + "==",
		"header padded":                    head + "=." + body + "." + signature,
		"claims missing (detached)":        head + ".." + signature,
		"four parts":                       good + ".",
		"five parts (JWE)":                 head + "." + body + "." + signature + "." + body + "." + body,
		"space before":                     " " + good,
		"newline after":                    good + "\n",
		"newline inside":                   head + "." + body + "." + signature[:10] + "\n" + signature[10:],
		"carriage return inside":           head + "." + body[:2] + "\r\n" + body[2:] + "." + signature,
		"space inside":                     head + ". " + body + "." + signature,
		"tab inside":                       head + "." + body + "\t." + signature,
		"NUL after":                        good + "\x00",
		"standard base64":                  head + "." + body + "." + strings.NewReplacer("-", "+", "_", "/").Replace(signature) + "+",
		"Bearer before":                    "Bearer " + good,
		"JSON serialisation, flattened":    `{"protected":"` + head + `","payload":"` + body + `","signature":"` + signature + `"}`,
		"JSON serialisation, general":      `{"payload":"` + body + `","signatures":[{"protected":"` + head + `","signature":"` + signature + `"}]}`,
		"JSON with an unprotected header":  `{"header":{"alg":"none"},"protected":"` + head + `","payload":"` + body + `","signature":"` + signature + `"}`,
		"header of one, claims of another": forge(t, evil, ours, object{"sub": "c", "roles": []string{"Admin"}}),
		"dots only":                        "..",
		"empty":                            "",
		"a megabyte of dots":               strings.Repeat(".", 1<<20),
		"a megabyte of claims":             head + "." + strings.Repeat("A", 1<<20) + "." + signature,
		"a megabyte of header":             strings.Repeat("A", 1<<20) + "." + body + "." + signature,
		"deeply nested header":             raw(strings.Repeat(`{"a":`, 5000)+"1"+strings.Repeat("}", 5000)) + "." + body + "." + signature,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			into := object{}
			if err := keys.Parse(t.Context(), jwt, &into); !errors.Is(err, signing.ErrBadSignature) {
				t.Errorf("Parse = %v, want ErrBadSignature", err)
			}
			if len(into) != 0 {
				t.Errorf("claims were read: %v", into)
			}
		})
	}
	if err := keys.Parse(t.Context(), good, &object{}); err != nil {
		t.Errorf("the pattern of all forgeries is refused itself: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	keys, err := signing.New(signing.Config{Store: &memory{}, SealKey: sealKey})
	if err != nil {
		f.Fatal(err)
	}
	if err := keys.Ensure(f.Context()); err != nil {
		f.Fatal(err)
	}
	good, err := keys.Sign(f.Context(), object{"sub": "c"})
	if err != nil {
		f.Fatal(err)
	}
	accessToken, err := keys.SignAccessToken(f.Context(), object{"sub": "c"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(accessToken)
	f.Add("..")
	f.Add(`{"payload":""}`)
	f.Fuzz(func(t *testing.T, jwt string) {
		if err := keys.Parse(t.Context(), jwt, &object{}); err == nil && jwt != good {
			t.Fatalf("%q is taken for a JWT of ours", jwt)
		}
		// Of an ES256 signature (r, s) there is a second one, (r, n-s), for the same claims.
		if err := keys.ParseEither(t.Context(), jwt, nil, &object{}); err == nil && !strings.HasPrefix(jwt, accessToken[:strings.LastIndexByte(accessToken, '.')+1]) {
			t.Fatalf("%q is taken for an access token of ours", jwt)
		}
	})
}
