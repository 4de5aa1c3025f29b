package models

import "time"

// RevokedJWT is a JWT that is refused before its end. JWTs are kept nowhere: Hash
// names it, 32 bytes.
type RevokedJWT struct {
	Hash []byte
	// TokenID names the client credentials that it was made for.
	TokenID             string
	IssuedAt, ExpiresAt time.Time
}
