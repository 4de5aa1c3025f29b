package signing

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/x509"
	"errors"
	"fmt"
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
func (s sealer) seal(private crypto.Signer, kid string) ([]byte, error) {
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("encode private key: %w", err)
	}
	return s.aead.Seal(nil, nil, plain, []byte(kid)), nil
}

func (s sealer) open(sealed []byte, kid string) (crypto.Signer, error) {
	plain, err := s.aead.Open(nil, nil, sealed, []byte(kid))
	if err != nil {
		return nil, ErrWrongSealKey
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, fmt.Errorf("decode private key: %w", err)
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("decode private key: it can't sign")
	}
	return private, nil
}
