package models

import "time"

// TokenSecret is one secret of a token. A token has one in force and, while a
// rotation's overlap lasts, the one before it. The secret itself is kept
// nowhere: Digest is HMAC-SHA-256(pepper, whole secret).
type TokenSecret struct {
	ID      string
	TokenID string
	Digest  []byte
	// Prefix is what the secret begins with ("lk_at"), LastFour what it ends with.
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
	// FormID is the one-use id of the form that rotated to it, unique within
	// the token; empty for a token's first secret.
	FormID string
}

// End is when the secret ends unless it is used again before: at EndsAt, or
// after Silence since its last use or its replacement, whichever came later.
func (s TokenSecret) End() time.Time {
	if s.ReplacedAt == nil || s.Silence == 0 {
		return s.EndsAt
	}
	since := *s.ReplacedAt
	if s.LastUsedAt.After(since) {
		since = s.LastUsedAt
	}
	if silent := since.Add(s.Silence); silent.Before(s.EndsAt) {
		return silent
	}
	return s.EndsAt
}

// Ended tells whether the secret opens nothing any more: now >= End.
func (s TokenSecret) Ended(now time.Time) bool { return !now.Before(s.End()) }
