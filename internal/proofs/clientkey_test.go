package proofs_test

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/proofs"
)

func TestParseJWK_KeepsThePublicMembers(t *testing.T) {
	t.Parallel()
	for kind, key := range map[string]crypto.Signer{"EC": es(), "OKP": ed(), "RSA": rs()} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			pasted := with(jwkOf(key), object{"key_ops": []string{"verify"}, "ext": true, "x5t": "AAAA", "use": "sig"})
			text, problem := proofs.ParseJWK(" " + textOf(pasted) + "\n")
			var got object
			if err := json.Unmarshal([]byte(text), &got); problem != "" || err != nil {
				t.Fatalf("%s, %v", problem, err)
			}
			want := with(jwkOf(key), object{"kid": thumbprintOf(key), "use": "sig"})
			if !maps.EqualFunc(got, want, func(a, b any) bool { return a == b }) {
				t.Errorf("%v, want %v", got, want)
			}
			if again, problem := proofs.ParseJWK(text); again != text || problem != "" {
				t.Errorf("what is kept is read as %q, %s", again, problem)
			}
		})
	}
}

func TestParseJWK_KeepsWhatTheKeySaysOfItself(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"EdDSA", "Ed25519"} {
		text, problem := proofs.ParseJWK(textOf(with(jwkOf(ed()), object{"kid": "mine", "alg": algorithm})))
		if problem != "" || !strings.Contains(text, `"kid":"mine"`) || !strings.Contains(text, `"alg":"`+algorithm+`"`) {
			t.Errorf("%s, %s", text, problem)
		}
	}
}

func TestParseJWK_NamesTheProblem(t *testing.T) {
	t.Parallel()
	privatePEM := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(es()))}))
	publicPEM := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(es().Public()))}))
	ec, rsa := jwkOf(es()), jwkOf(rs())
	changed := func(jwk, more object) string { return textOf(with(jwk, more)) }
	private := privateJWKOf(es())
	for name, row := range map[string]struct{ text, want string }{
		"nothing":                         {" \n", "required"},
		"a private EC key":                {private, "private_key"},
		"a private Ed25519 key":           {privateJWKOf(ed()), "private_key"},
		"a private RSA key":               {privateJWKOf(rs()), "private_key"},
		"a private key, d empty":          {changed(ec, object{"d": ""}), "private_key"},
		"a private key, d null":           {changed(ec, object{"d": nil}), "private_key"},
		"an RSA key's primes":             {changed(rsa, object{"p": "AQ"}), "private_key"},
		"a private key in a set":          {`{"keys":[` + private + `]}`, "private_key"},
		"a private key in a list":         {`[` + private + `]`, "private_key"},
		"a private key within":            {`{"key":` + private + `}`, "private_key"},
		"a private key with a slip":       {private + ",", "private_key"},
		"a private key without its brace": {strings.TrimSuffix(private, "}"), "private_key"},
		"a private key in PEM":            {privatePEM, "private_key"},
		"a long private key":              {strings.TrimSuffix(private, "}") + `,"x":"` + strings.Repeat("A", 1<<15) + `"}`, "private_key"},
		"a private key with an escape":    {strings.Replace(private, `"d"`, `"\u0064"`, 1), "private_key"},
		"a secret":                        {`{"kty":"oct","k":"c2VjcmV0"}`, "jwk_symmetric"},
		"a secret without its value":      {`{"kty":"oct"}`, "jwk_symmetric"},
		"a public key in PEM":             {publicPEM, "jwk_format"},
		"a text":                          {"hello", "jwk_format"},
		"null":                            {"null", "jwk_format"},
		"an empty object":                 {"{}", "jwk_format"},
		"a set":                           {`{"keys":[` + textOf(ec) + `]}`, "jwk_set"},
		"an address":                      {"https://keys.company.example/jwks.json", "jwk_format"},
		"kty twice":                       {strings.Replace(textOf(ec), "{", `{"kty":"EC",`, 1), "jwk_format"},
		"two keys":                        {textOf(ec) + textOf(ec), "jwk_format"},
		"a coordinate missing":            {textOf(without(ec, "y")), "jwk_format"},
		"a coordinate cut":                {changed(ec, object{"x": "AQ"}), "jwk_format"},
		"a point off the curve":           {changed(ec, object{"x": jwkOf(evilES())["x"]}), "jwk_format"},
		"a coordinate a number":           {changed(ec, object{"x": 1}), "jwk_format"},
		"an Ed25519 point of low order":   {`{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, "jwk_format"},
		"no modulus":                      {textOf(without(rsa, "n")), "jwk_format"},
		"P-384":                           {textOf(jwkOf(otherCurve())), "jwk_kind"},
		"Ed448":                           {`{"kty":"OKP","crv":"Ed448","x":"AQ"}`, "jwk_kind"},
		"X25519":                          {`{"kty":"OKP","crv":"X25519","x":"AQ"}`, "jwk_kind"},
		"ML-DSA":                          {`{"kty":"AKP","alg":"ML-DSA-44","pub":"AQ"}`, "jwk_kind"},
		"RSA of 1024 bits":                {textOf(jwkOf(weakRSA())), "jwk_size"},
		"RSA of 4104 bits":                {changed(rsa, object{"n": encode("\xff" + strings.Repeat("\xff", 512))}), "jwk_size"},
		"RSA with an even modulus":        {changed(rsa, object{"n": encode(strings.Repeat("\xfe", 256))}), "jwk_size"},
		"RSA with the exponent 1":         {changed(rsa, object{"e": "AQ"}), "jwk_format"},
		"RSA with an even exponent":       {changed(rsa, object{"e": "AQAA"}), "jwk_size"},
		"RSA for RS256":                   {changed(rsa, object{"alg": "RS256"}), "jwk_use"},
		"EC for ES384":                    {changed(ec, object{"alg": "ES384"}), "jwk_use"},
		"for another algorithm of ours":   {changed(ec, object{"alg": "EdDSA"}), "jwk_use"},
		"for encryption":                  {changed(ec, object{"use": "enc"}), "jwk_use"},
		"for signing":                     {changed(ec, object{"key_ops": []string{"sign"}}), "jwk_use"},
		"for nothing":                     {changed(ec, object{"key_ops": []string{}}), "jwk_use"},
		"a kid of 257 characters":         {changed(ec, object{"kid": strings.Repeat("x", 257)}), "jwk_id"},
		"a kid with a control character":  {changed(ec, object{"kid": "a\nb"}), "jwk_id"},
		"a kid that is a number":          {changed(ec, object{"kid": 1}), "jwk_format"},
		"more than anybody needs":         {changed(ec, object{"x5c": strings.Repeat("A", 1<<15)}), "jwk_long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, problem := proofs.ParseJWK(row.text)
			if problem != row.want || text != "" {
				t.Errorf("%q, %q; want %q", text, problem, row.want)
			}
		})
	}
}

// The largest key with the longest kid fits.
func TestParseJWK_KeepsFourKibibytesAtMost(t *testing.T) {
	t.Parallel()
	largest := with(jwkOf(rs()), object{"n": encode(strings.Repeat("\xff", 512)), "kid": strings.Repeat("💚", 256), "alg": "PS256", "use": "sig"})
	text, problem := proofs.ParseJWK(textOf(largest))
	if problem != "" || len(text) > 4<<10 {
		t.Errorf("%d bytes, %s", len(text), problem)
	}
}

func FuzzParseJWK(f *testing.F) {
	f.Add(textOf(jwkOf(es())))
	f.Add(textOf(jwkOf(rs())))
	f.Add(textOf(with(jwkOf(ed()), object{"kid": "x", "alg": "EdDSA", "key_ops": []string{"verify"}})))
	f.Add(privateJWKOf(ed()))
	f.Add(`{"keys":[{}]}`)
	f.Fuzz(func(t *testing.T, pasted string) {
		text, problem := proofs.ParseJWK(pasted)
		if (text == "") == (problem == "") {
			t.Fatalf("%q, %q", text, problem)
		}
		if text == "" {
			return
		}
		var members object
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatal(err)
		}
		known := []string{"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"}
		for name := range members {
			if !slices.Contains(known, name) {
				t.Fatalf("%q is kept", name)
			}
		}
		if again, problem := proofs.ParseJWK(text); again != text || problem != "" {
			t.Fatalf("%q is read as %q, %s", text, again, problem)
		}
	})
}
