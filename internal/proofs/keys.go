package proofs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
)

const (
	// minRSA and maxRSA bound the modulus, in bits: below is too weak, above is
	// too much work for a stranger to order.
	minRSA, maxRSA = 2048, 4096
	// es256Size is a signature's, in bytes: r and s, each 32 (RFC 7518 section 3.4).
	es256Size = 64
)

// Algorithms are those that a client may sign with, as metadata lists them.
func Algorithms() []string {
	return []string{string(jose.ES256), string(jose.PS256), string(jose.EdDSA), ed25519Name}
}

// ed25519Name is what RFC 9864 calls EdDSA with Ed25519, and what newer clients
// write; of EdDSA's curves we take no other.
const ed25519Name = "Ed25519"

// signatureAlgorithm is the one of ours that a header or a key names, and false
// for every other.
func signatureAlgorithm(name string) (jose.SignatureAlgorithm, bool) {
	if name == ed25519Name {
		return jose.EdDSA, true
	}
	algorithm := jose.SignatureAlgorithm(name)
	return algorithm, slices.Contains([]jose.SignatureAlgorithm{jose.ES256, jose.PS256, jose.EdDSA}, algorithm)
}

// publicKey is a key that signatures are checked with, by one algorithm.
type publicKey struct {
	// id is its kid, nil when it has none.
	id        *string
	algorithm jose.SignatureAlgorithm
	key       crypto.PublicKey
	// thumbprint is RFC 7638's with SHA-256, in base64url.
	thumbprint string
}

// jwkMembers are the members of a JWK that are read.
type jwkMembers struct {
	Type       string   `json:"kty"`
	Curve      string   `json:"crv,omitempty"`
	X          string   `json:"x,omitempty"`
	Y          string   `json:"y,omitempty"`
	N          string   `json:"n,omitempty"`
	E          string   `json:"e,omitempty"`
	KeyID      *string  `json:"kid,omitempty"`
	Algorithm  string   `json:"alg,omitempty"`
	Use        string   `json:"use,omitempty"`
	Operations []string `json:"key_ops,omitempty"`
}

// What a JWK may be refused for, as keys of the message catalogue under "invalid.".
const (
	problemFormat    = "jwk_format"
	problemPrivate   = "private_key"
	problemSymmetric = "jwk_symmetric"
	problemKind      = "jwk_kind"
	problemSize      = "jwk_size"
	problemUse       = "jwk_use"
)

// privateMembers are those of every kind of key that nobody but its owner may know.
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "priv"}

// readJWK reads a public key that one of our algorithms can use. The problem is
// empty when it is good.
func readJWK(text []byte) (key publicKey, problem string) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil || all == nil {
		return publicKey{}, problemFormat
	}
	for _, name := range privateMembers {
		if _, there := all[name]; there {
			return publicKey{}, problemPrivate
		}
	}
	if _, there := all["k"]; there {
		return publicKey{}, problemSymmetric
	}
	var members jwkMembers
	if err := json.Unmarshal(text, &members); err != nil || members.Type == "" {
		return publicKey{}, problemFormat
	}
	if members.Type == "oct" {
		return publicKey{}, problemSymmetric
	}
	return members.key()
}

func (m jwkMembers) key() (publicKey, string) {
	material := jwkMembers{Type: m.Type, Curve: m.Curve, X: m.X, Y: m.Y, N: m.N, E: m.E}
	algorithm, problem := material.algorithm()
	if problem != "" {
		return publicKey{}, problem
	}
	if !m.fits(algorithm) {
		return publicKey{}, problemUse
	}
	// Only what makes the key is handed on: go-jose would read certificates, too.
	text, err := json.Marshal(material)
	if err != nil {
		return publicKey{}, problemFormat
	}
	var parsed jose.JSONWebKey
	err = parsed.UnmarshalJSON(text)
	if errors.Is(err, jose.ErrUnsupportedKeyType) {
		// Of the kinds that get here, go-jose says so of an RSA key that is too long.
		return publicKey{}, problemSize
	}
	if err != nil || !parsed.Valid() {
		return publicKey{}, problemFormat
	}
	if !strong(parsed.Key) {
		return publicKey{}, problemSize
	}
	thumbprint, err := parsed.Thumbprint(crypto.SHA256)
	if err != nil {
		return publicKey{}, problemFormat
	}
	key := publicKey{
		id: m.KeyID, algorithm: algorithm, key: parsed.Key,
		thumbprint: base64.RawURLEncoding.EncodeToString(thumbprint),
	}
	return key, ""
}

// algorithm is the one that a kind of key is for.
func (m jwkMembers) algorithm() (jose.SignatureAlgorithm, string) {
	switch {
	case m.Type == "EC" && m.Curve == elliptic.P256().Params().Name:
		return jose.ES256, ""
	case m.Type == "OKP" && m.Curve == "Ed25519":
		return jose.EdDSA, ""
	case m.Type == "RSA":
		return jose.PS256, ""
	}
	return "", problemKind
}

// fits tells whether what a key says about itself lets it check signatures made
// by an algorithm.
func (m jwkMembers) fits(algorithm jose.SignatureAlgorithm) bool {
	if m.Algorithm != "" {
		if named, ok := signatureAlgorithm(m.Algorithm); !ok || named != algorithm {
			return false
		}
	}
	return (m.Use == "" || m.Use == "sig") && (m.Operations == nil || slices.Contains(m.Operations, "verify"))
}

// maxExponent is what everybody uses: with a greater one whoever names a key decides
// how long checking takes.
const maxExponent = 65537

func strong(key crypto.PublicKey) bool {
	public, isRSA := key.(*rsa.PublicKey)
	if !isRSA {
		return true
	}
	bits := public.N.BitLen()
	oddExponent := public.E >= 3 && public.E <= maxExponent && public.E%2 == 1
	return bits >= minRSA && bits <= maxRSA && public.N.Bit(0) == 1 && oddExponent
}

// verify tells whether the key made the signature of j.
func (k publicKey) verify(j jwt) bool {
	named, ok := signatureAlgorithm(j.header.Algorithm)
	if !ok || named != k.algorithm {
		return false
	}
	sum := sha256.Sum256(j.signed)
	switch key := k.key.(type) {
	case *ecdsa.PublicKey:
		if len(j.signature) != es256Size {
			return false
		}
		r, s := j.signature[:es256Size/2], j.signature[es256Size/2:]
		return ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(r), new(big.Int).SetBytes(s))
	case *rsa.PublicKey:
		options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], j.signature, options) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(key, j.signed, j.signature)
	}
	return false
}
