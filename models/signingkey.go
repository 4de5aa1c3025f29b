package models

import "time"

// KeyState is a signing key's place in its life. All keys are published, and verify.
type KeyState string

const (
	// KeyNext is the one that signs after the next rotation: one of each algorithm.
	KeyNext KeyState = "next"
	// KeyActive is the one that signs: one of each algorithm.
	KeyActive KeyState = "active"
	// KeyRetired signs no more.
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
	// ActivatedAt is from when it signs, which may be ahead; nil for a key that waits,
	// and for an active one that signed since CreatedAt, made before this was kept.
	ActivatedAt *time.Time
	// RetiredAt is nil for a key that signs, or will.
	RetiredAt *time.Time
}

// SignsFrom is when an active key began to sign, or will.
func (k SigningKey) SignsFrom() time.Time {
	if k.ActivatedAt != nil {
		return *k.ActivatedAt
	}
	return k.CreatedAt
}

// SigningKeyRow is a key as pages show it, without its halves.
type SigningKeyRow struct {
	SigningKey
	// InUse tells that JWTs are signed with its algorithm, as the settings are now.
	InUse bool
	// RotatesAt is when an active key is replaced by itself; nil for by hand alone.
	RotatesAt *time.Time
	// Live counts the access tokens that are JWTs of it and not over for good; More
	// tells that there may be others.
	Live int
	More bool
}
