package signing

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// ErrWrongSealKey is a private key that the sealing key does not open: another
// secret key is configured than the one the database was made with, or the row
// was changed.
var ErrWrongSealKey = errors.New("it was sealed under another secret key, or changed since")

// sealer encrypts private keys with AES-256-GCM. The kid is additional data, so
// that a sealed key is of no use in another row.
type sealer struct{ aead cipher.AEAD }

func newSealer(sealKey []byte) (sealer, error) {
	block, err := aes.NewCipher(sealKey)
	if err != nil {
		return sealer{}, fmt.Errorf("sealing key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("sealing key: %w", err)
	}
	return sealer{aead}, nil
}

// seal gives nonce || ciphertext of the key in PKCS #8.
func (s sealer) seal(private *rsa.PrivateKey, kid string) ([]byte, error) {
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	return s.aead.Seal(nil, nil, plain, []byte(kid)), nil
}

func (s sealer) open(sealed []byte, kid string) (*rsa.PrivateKey, error) {
	plain, err := s.aead.Open(nil, nil, sealed, []byte(kid))
	if err != nil {
		return nil, ErrWrongSealKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, fmt.Errorf("decode private key: %w", err)
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("decode private key: not an RSA key")
	}
	return private, nil
}

// publicJWK is the public half with its RFC 7638 thumbprint as kid, and no
// private member.
func publicJWK(private *rsa.PrivateKey) (jose.JSONWebKey, error) {
	jwk := jose.JSONWebKey{Key: private.Public(), Use: "sig", Algorithm: string(jose.RS256)}
	thumbprint, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("thumbprint: %w", err)
	}
	jwk.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return jwk, nil
}
