package models

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"
)

// NewLink makes a one-time link of 256 random bits that ends ttl after now.
// The code is in the answer once; only its digest is in the Link.
func NewLink(purpose LinkPurpose, userID string, now time.Time, ttl time.Duration) (Link, Secret) {
	code := NewOpaque()
	return Link{
		CodeHash: HashOpaque(code.Reveal()), Purpose: purpose, UserID: userID,
		CreatedAt: Stamp(now), ExpiresAt: Stamp(now.Add(ttl)),
	}, code
}

// OpaqueLength is how many characters NewOpaque gives.
const OpaqueLength = 43

// NewOpaque is 256 random bits as 43 characters of unpadded base64url: the
// value of a session cookie or a one-time link.
func NewOpaque() Secret {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return NewSecret(base64.RawURLEncoding.EncodeToString(b))
}

// HashOpaque is the digest under which such a value is kept. With 256 random
// bits nothing slower or keyed is needed.
func HashOpaque(value string) []byte {
	sum := sha256.Sum256([]byte(value))
	return sum[:]
}

// HashSecret is the digest under which the secret of a token or of a vendor key is
// kept. It has 256 random bits, so nothing slower is needed; the pepper makes a
// stolen database useless for checking guesses.
func HashSecret(pepper []byte, secret string) []byte {
	mac := hmac.New(sha256.New, pepper)
	mac.Write([]byte(secret))
	return mac.Sum(nil)
}

// HashFormID is a form's one-use id as it is kept, "" for none. What came in may be
// any text, of any length; hashed with the person it can neither trouble a database
// nor meet another person's.
func HashFormID(c Caller, formID string) string {
	if formID == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(c.UserID + "\x00" + formID))
	return hex.EncodeToString(sum[:])
}
