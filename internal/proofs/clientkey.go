package proofs

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4/json"
)

const (
	// maxPasted bounds what is pasted as a key, in bytes: with certificates a
	// public key can be long. maxJWK bounds what is kept of it.
	maxPasted = 16 << 10
	maxJWK    = 4 << 10
)

// ParseJWK reads a public key that a person pasted: EC P-256, OKP Ed25519, or RSA
// of 2048 to 4096 bits. It gives the JWK as it is to be kept: the members that
// make the key, kid (the RFC 7638 thumbprint where none was given), and alg and
// use where given; at most 4 KiB.
//
// The problem is empty, or a key of the message catalogue under "invalid.". With
// "private_key" and "jwk_symmetric" the text holds a secret: it must not be
// stored, logged, or shown again.
func ParseJWK(text string) (jwk, problem string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", "required"
	}
	if len(text) > maxPasted {
		return "", noJWK(text, "jwk_long")
	}
	key, problem := readJWK([]byte(text))
	if problem == problemFormat {
		return "", noJWK(text, problem)
	}
	if problem != "" {
		return "", problem
	}
	if key.id == nil || *key.id == "" {
		key.id = &key.thumbprint
	}
	if !usableKeyID(*key.id) {
		return "", "jwk_id"
	}
	canonical, err := keptForm(text, *key.id)
	if err != nil {
		return "", problemFormat
	}
	if len(canonical) > maxJWK {
		return "", "jwk_long"
	}
	return string(canonical), ""
}

func keptForm(text, id string) ([]byte, error) {
	var members jwkMembers
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return nil, err
	}
	members.KeyID, members.Operations = &id, nil
	return json.Marshal(members)
}

// privateText is what private keys look like in other forms than that of a JWK:
// in PEM, in a set, within another object, in JSON with a slip in it, as JavaScript
// and Python print an object, in a text within JSON.
var privateText = regexp.MustCompile(`(?i)private.?key|\\?["']?\b(d|p|q|dp|dq|qi|k)\b\\?["']?\s*:`)

// noJWK is what is wrong with a text that is no JWK, where nothing worse is.
func noJWK(text, problem string) string {
	switch {
	case privateText.MatchString(text):
		return problemPrivate
	case isKeySet(text):
		return "jwk_set"
	}
	return problem
}

func isKeySet(text string) bool {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	return json.Unmarshal([]byte(text), &set) == nil && set.Keys != nil
}

// usableKeyID tells whether a kid can be kept and shown.
func usableKeyID(id string) bool {
	return utf8.RuneCountInString(id) <= maxID && !strings.ContainsFunc(id, unicode.IsControl)
}
