package models

import "time"

// TokenSecret is one secret of a token. A token has one in force and, while a
// rotation's overlap lasts, the one before it. The secret itself is kept
// nowhere: Digest is HMAC-SHA-256(pepper, whole secret).
type TokenSecret struct {
	ID      string
	TokenID string
	Digest  []byte
	// Prefix is what the secret begins with ("lk_at"), LastFour what it ends with;
	// for a key they are its ClientKey.Hint.
	Prefix    string
	LastFour  string
	CreatedAt time.Time
	// ReplacedAt is when another secret took its place, nil for the one in force.
	ReplacedAt *time.Time
	// EndsAt is the latest end of a replaced secret; NeverExpires for the one in force.
	EndsAt time.Time
	// Silence ends a replaced secret once it has not been used for so long, in
	// whole seconds; 0 leaves it until EndsAt.
	Silence time.Duration
	// LastUsedAt is NeverUsed before the first use.
	LastUsedAt time.Time
	// KeyID is the signing key (kid) of a secret that is a JWT, empty for any
	// other.
	KeyID string
	// Key takes the place of a secret; the zero one is of a secret.
	Key ClientKey
	// FormID is the one-use id of the form that rotated to it, unique within
	// the token; empty for a token's first secret.
	FormID string
}

// SilenceSlack is how much longer than Silence a secret lives: every use must be
// written, by whichever replica saw it, before another may call the secret silent.
const SilenceSlack = time.Minute

// End is when the secret ends unless it is used again before: at EndsAt, or
// after Silence and SilenceSlack since its last use or its replacement,
// whichever came later.
func (s TokenSecret) End() time.Time {
	if s.ReplacedAt == nil || s.Silence == 0 {
		return s.EndsAt
	}
	if silent := s.SilentSince().Add(s.Silence + SilenceSlack); silent.Before(s.EndsAt) {
		return silent
	}
	return s.EndsAt
}

// SilentSince is the later of the secret's last use and its replacement.
func (s TokenSecret) SilentSince() time.Time {
	if s.ReplacedAt != nil && s.ReplacedAt.After(s.LastUsedAt) {
		return *s.ReplacedAt
	}
	return s.LastUsedAt
}

// Ended tells whether the secret opens nothing any more: now >= End.
func (s TokenSecret) Ended(now time.Time) bool { return !now.Before(s.End()) }

// Hint is all that is kept of the secret in the clear, how it begins and ends, or
// what tells its key.
func (s TokenSecret) Hint() string { return secretHint(s.Prefix, s.LastFour) }

// secretHint is how lists show a secret or a key, and how a search finds it:
// "lk_at_…f3Kq", "jwk_…f3Kq", "jwks:keys.acme.example".
func secretHint(prefix, lastFour string) string {
	if lastFour == "" {
		return prefix
	}
	return prefix + "_…" + lastFour
}

// Used tells whether the secret has ever been used.
func (s TokenSecret) Used() bool { return s.LastUsedAt.After(NeverUsed) }

// Rotation puts a new secret in the place of the one in force.
type Rotation struct {
	TenantID string
	// Replaces is the id of the secret that is taken to be in force.
	Replaces string
	// EndsAt and Silence are what the replaced secret gets.
	EndsAt  time.Time
	Silence time.Duration
	// Secret is the new one, of the token that is rotated; its CreatedAt is the
	// moment of the rotation.
	Secret TokenSecret
}
