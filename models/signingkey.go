package models

import "time"

// KeyState is a signing key's place in its life.
type KeyState string

const (
	KeyNext    KeyState = "next"
	KeyActive  KeyState = "active"
	KeyRetired KeyState = "retired"
)

// SigningKey is a key pair for JWTs. The private half is sealed (AES-256-GCM
// under a sub-key of the deployment's secret key) from the first row.
type SigningKey struct {
	// ID is the kid: the RFC 7638 thumbprint of the public key.
	ID        string
	Algorithm string
	State     KeyState
	// Public is the public JWK as JSON.
	Public []byte
	// Sealed is nonce || ciphertext of the private key in PKCS #8.
	Sealed    []byte
	CreatedAt time.Time
	// ActivatedAt is when it began to sign, nil for the next one.
	ActivatedAt *time.Time
	// RetiredAt is nil for a key that signs, or will.
	RetiredAt *time.Time
}

// SigningKeyRow is a key as pages show it, without its halves.
type SigningKeyRow struct {
	SigningKey
	// Live counts the access tokens that are JWTs of it and not over for good; More
	// tells that there may be others.
	Live int
	More bool
}
