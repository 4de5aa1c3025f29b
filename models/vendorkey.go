package models

import "time"

// VendorKey lets the vendor's programs act as the vendor: they show its secret
// under the environment's client id. What opens it are its VendorSecrets.
type VendorKey struct {
	ID   string
	Name string
	// CreatedBy is the operator who made it, empty for the command line.
	CreatedBy string
	CreatedAt time.Time
	// RevokedAt is set once.
	RevokedAt *time.Time
	RevokedBy string
	// FormID is the one-use id of the form that made the key, unique.
	FormID string
}

// VendorSecret is one secret of a vendor key: the one in force or, while a
// rotation's overlap lasts, the one before it. Digest is
// HMAC-SHA-256(pepper, whole secret).
type VendorSecret struct {
	ID     string
	KeyID  string
	Digest []byte
	// Prefix is what the secret begins with ("lk_vk"), LastFour what it ends with.
	Prefix    string
	LastFour  string
	CreatedAt time.Time
	// ReplacedAt is when another took its place, nil for the one in force.
	ReplacedAt *time.Time
	// EndsAt is the end of a replaced secret; NeverExpires for the one in force.
	EndsAt time.Time
	// LastUsedAt is NeverUsed before the first use.
	LastUsedAt    time.Time
	LastUsedIP    string
	LastUsedAgent string
	// RefusedAt is when a refused use was last written down, nil for never.
	RefusedAt *time.Time
	// FormID is the one-use id of the form that rotated to it, unique within the
	// key; empty for a key's first secret.
	FormID string
}

// Ended tells whether the secret opens nothing any more: now >= EndsAt.
func (s VendorSecret) Ended(now time.Time) bool { return !now.Before(s.EndsAt) }

// Used tells whether the secret has ever been used.
func (s VendorSecret) Used() bool { return s.LastUsedAt.After(NeverUsed) }

// VendorKeyRow is a key as pages show it.
type VendorKeyRow struct {
	VendorKey
	// CreatorName is empty for the command line.
	CreatorName string
	// Secrets are those that live, the one in force first, without digests.
	Secrets []VendorSecret
}

// LastUsed is the secret of the key that was used last, and whether any was.
func (r VendorKeyRow) LastUsed() (VendorSecret, bool) {
	var last VendorSecret
	for _, s := range r.Secrets {
		if s.Used() && s.LastUsedAt.After(last.LastUsedAt) {
			last = s
		}
	}
	return last, last.Used()
}

// VendorCredential is all that judging what a vendor's program shows needs.
type VendorCredential struct {
	Key    VendorKey
	Secret VendorSecret
	// ClientID is the environment's.
	ClientID string
}

// VendorRotation puts a new secret in the place of the one in force.
type VendorRotation struct {
	// Replaces is the id of the secret that is taken to be in force.
	Replaces string
	// EndsAt is what the replaced secret gets.
	EndsAt time.Time
	// Secret is the new one; its CreatedAt is the moment of the rotation.
	Secret VendorSecret
}
