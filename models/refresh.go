package models

import "time"

// RefreshToken renews the JWT of client credentials once. Digest is
// HMAC-SHA-256(pepper, whole token).
type RefreshToken struct {
	ID     string
	Digest []byte
	// TokenID are the client credentials, SecretID their secret that was shown
	// at the exchange: what it renews ends with either.
	TokenID, SecretID string
	// Chain is the id of the first one, which the exchange gave out.
	Chain     string
	CreatedAt time.Time
	ExpiresAt time.Time
	// SpentAt is when it was used, EndedAt when its chain ended.
	SpentAt, EndedAt *time.Time
}

// Expired tells whether it has ended by itself: now >= ExpiresAt.
func (r RefreshToken) Expired(now time.Time) bool { return !now.Before(r.ExpiresAt) }
