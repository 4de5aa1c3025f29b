package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// The algorithms that this release signs with (RFC 7518 section 3.1, RFC 8037
// section 3.1). A kept key of any other is of a newer release, of which this one is
// the roll-back: it is left alone.
const (
	ES256 = string(jose.ES256)
	RS256 = string(jose.RS256)
	EdDSA = string(jose.EdDSA)
)

const rsaBits = 2048

// Algorithms are those that Config.OAuthAlgorithm may name, the default first.
func Algorithms() []string { return []string{ES256, RS256, EdDSA} }

func known(algorithm string) bool { return slices.Contains(Algorithms(), algorithm) }

// pair is one opened key pair.
type pair struct {
	algorithm jose.SignatureAlgorithm
	public    jose.JSONWebKey
	private   crypto.Signer
	// heads are the first parts of JWTs by their typ, with the dot behind.
	heads map[string]string
}

// generate makes a private key for an algorithm.
func generate(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	default:
		return rsa.GenerateKey(rand.Reader, rsaBits)
	}
}

// newPair readies a private key; it gives an error for one of another algorithm.
func newPair(private crypto.Signer, algorithm string) (*pair, error) {
	public, err := publicJWK(private, algorithm)
	if err != nil {
		return nil, err
	}
	p := &pair{algorithm: jose.SignatureAlgorithm(algorithm), public: public, private: private, heads: map[string]string{}}
	if _, err := p.signature(nil); err != nil {
		return nil, err
	}
	for _, typ := range []string{jwtType, accessTokenType} {
		head, err := json.Marshal(header{Algorithm: algorithm, KeyID: public.KeyID, Type: typ})
		if err != nil {
			return nil, fmt.Errorf("ready the %s key: %w", algorithm, err)
		}
		p.heads[typ] = base64.RawURLEncoding.EncodeToString(head) + "."
	}
	return p, nil
}

// signature signs a text as RFC 7518 section 3.1 and RFC 8037 section 3.1 have it.
// go-jose, which verifies, would encode the header and the whole JWS for each signature:
// two fifths of what a signature of ES256 takes.
func (p *pair) signature(text []byte) ([]byte, error) {
	digest := sha256.Sum256(text)
	switch key := p.private.(type) {
	case *rsa.PrivateKey:
		if p.algorithm == jose.RS256 {
			return rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
		}
	case *ecdsa.PrivateKey:
		if p.algorithm == jose.ES256 && key.Curve == elliptic.P256() {
			r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
			if err != nil {
				return nil, err
			}
			const half = 32
			signature := make([]byte, 2*half)
			r.FillBytes(signature[:half])
			s.FillBytes(signature[half:])
			return signature, nil
		}
	case ed25519.PrivateKey:
		if p.algorithm == jose.EdDSA {
			return ed25519.Sign(key, text), nil
		}
	}
	return nil, fmt.Errorf("a %T does not sign %s", p.private, p.algorithm)
}

// publicJWK is the public half with its RFC 7638 thumbprint as kid, and no
// private member.
func publicJWK(private crypto.Signer, algorithm string) (jose.JSONWebKey, error) {
	jwk := jose.JSONWebKey{Key: private.Public(), Use: "sig", Algorithm: algorithm}
	thumbprint, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("thumbprint: %w", err)
	}
	jwk.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return jwk, nil
}

// open unseals a row. What is published comes from the sealed half and never
// from the public column: that one could be changed by whoever can write to the
// database and knows no secret key.
func (k *Keys) open(row models.SigningKey) (*pair, error) {
	private, err := k.seal.open(row.Sealed, row.ID)
	if err != nil {
		return nil, err
	}
	opened, err := newPair(private, row.Algorithm)
	if err != nil {
		return nil, err
	}
	if opened.public.KeyID != row.ID {
		return nil, errors.New("the key has another thumbprint than its id")
	}
	return opened, nil
}
