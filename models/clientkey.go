package models

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"
)

// ClientKey is what a client without a secret signs with, or where that is to be
// found (RFC 7523): one of the two at most.
type ClientKey struct {
	// JWK is a public key as JSON (RFC 7517).
	JWK string
	// JWKSURL is an https address of a key set.
	JWKSURL string
}

// IsZero tells that there is no key.
func (k ClientKey) IsZero() bool { return k == ClientKey{} }

// ID is the kid of a JWK, empty for a key set.
func (k ClientKey) ID() string { return k.members().ID }

// Algorithm is what a JWK signs with: ES256, PS256 or EdDSA. It is empty for a
// key set, whose keys are its owner's to change.
func (k ClientKey) Algorithm() string {
	return map[string]string{"EC": "ES256", "RSA": "PS256", "OKP": "EdDSA"}[k.members().Type]
}

type jwkMembers struct {
	ID   string `json:"kid"`
	Type string `json:"kty"`
}

func (k ClientKey) members() jwkMembers {
	var m jwkMembers
	_ = json.Unmarshal([]byte(k.JWK), &m) // what is kept was read before
	return m
}

const (
	// jwkHint and jwksHint stand in lists for the beginning of a secret. No secret
	// begins with them: all of those have an underscore after the vendor's prefix.
	jwkHint  = "jwk"
	jwksHint = "jwks:"
	// hintLength is how much of the end of a kid a list shows, in characters.
	hintLength = 4
)

// Hint is how lists tell a key, as Prefix and LastFour of a secret: by the end of
// its kid ("jwk", "f3Kq"), or by the host of its key set ("jwks:keys.acme.example").
func (k ClientKey) Hint() (prefix, lastFour string) {
	if k.JWKSURL == "" {
		id := k.ID()
		for utf8.RuneCountInString(id) > hintLength {
			_, size := utf8.DecodeRuneInString(id)
			id = id[size:]
		}
		return jwkHint, id
	}
	if u, err := url.Parse(k.JWKSURL); err == nil {
		return jwksHint + u.Host, ""
	}
	return jwksHint, ""
}

// isKeyHint tells whether a Prefix is of a key, and not of a secret.
func isKeyHint(prefix string) bool { return prefix == jwkHint || strings.HasPrefix(prefix, jwksHint) }
