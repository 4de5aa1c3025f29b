package m2m

import (
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"strings"
)

// KeyKind is the part of a key that says what it is for.
type KeyKind string

const (
	// AccessToken is sent as it is in the X-API-KEY header.
	AccessToken KeyKind = "at"
	// ClientSecret is exchanged, together with its client id, for a JWT.
	ClientSecret KeyKind = "cs"
	// RefreshToken renews a JWT once.
	RefreshToken KeyKind = "rt"
	// VendorKey is the vendor's own, under the environment's client id.
	VendorKey KeyKind = "vk"
)

// Valid tells whether k is one of the four kinds.
func (k KeyKind) Valid() bool {
	return k == AccessToken || k == ClientSecret || k == RefreshToken || k == VendorKey
}

// Pattern is a regular expression (RE2, PCRE and ECMAScript alike) for secret
// scanners. It matches a key of any kind and prefix where it stands as a word
// of its own; ParseKey tells by the checksum whether a match is a key.
const Pattern = `\b[a-z][a-z0-9]{0,11}_(?:at|cs|rt|vk)_[0-9A-Za-z]{49}\b`

const (
	maxPrefix      = 12
	secretDigits   = 43 // 62^43 > 2^256 > 62^42
	checksumDigits = 6  // 62^6 > 2^32 > 62^5
	hintLength     = 4
)

// ErrNotKey is text that is not a key: another shape, an unknown kind, or a
// checksum that does not fit. It never quotes the text.
var ErrNotKey = errors.New("m2m: not a key")

// Key is a well-formed key. However it is printed, logged or marshalled, its
// secret part is redacted; only Reveal gives the whole. The zero Key is no key.
type Key struct {
	// Prefix is the vendor's, "lk" unless they chose another.
	Prefix string
	Kind   KeyKind
	// text is the whole key.
	text string
}

// NewKey makes a key with 256 bits from crypto/rand. For a prefix that
// ValidPrefix refuses, or an unknown kind, it is the zero Key.
func NewKey(prefix string, kind KeyKind) Key {
	var secret [32]byte
	rand.Read(secret[:]) // never fails: crypto/rand ends the process instead
	return FormatKey(prefix, kind, secret)
}

// FormatKey writes a given secret as a key: for tests with known answers. Like
// NewKey it gives the zero Key for a prefix or kind that no key can have.
func FormatKey(prefix string, kind KeyKind, secret [32]byte) Key {
	if !ValidPrefix(prefix) || !kind.Valid() {
		return Key{}
	}
	body := prefix + "_" + string(kind) + "_" + base62(secret[:], secretDigits)
	return Key{Prefix: prefix, Kind: kind, text: body + checksum(body)}
}

// ValidPrefix tells whether keys may begin with prefix: a lower-case letter,
// then at most eleven lower-case letters or digits.
func ValidPrefix(prefix string) bool {
	if len(prefix) < 1 || len(prefix) > maxPrefix || prefix[0] < 'a' || prefix[0] > 'z' {
		return false
	}
	for i := range len(prefix) {
		if c := prefix[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// ParseKey reads a key with any valid prefix. The text must be the key and
// nothing else: surrounding white space is an error too. The only error is
// ErrNotKey. A key that parses may still be unknown to Latchkey, or refused.
func ParseKey(s string) (Key, error) {
	prefix, rest, _ := strings.Cut(s, "_")
	kind, digits, _ := strings.Cut(rest, "_")
	if !ValidPrefix(prefix) || !KeyKind(kind).Valid() || len(digits) != secretDigits+checksumDigits {
		return Key{}, ErrNotKey
	}
	for i := range len(digits) {
		if strings.IndexByte(alphabet, digits[i]) < 0 {
			return Key{}, ErrNotKey
		}
	}
	body := s[:len(s)-checksumDigits]
	if s[len(body):] != checksum(body) {
		return Key{}, ErrNotKey
	}
	return Key{Prefix: prefix, Kind: KeyKind(kind), text: s}, nil
}

// IsZero tells whether k is no key.
func (k Key) IsZero() bool { return k.text == "" }

// Reveal is the whole key, in plain text.
func (k Key) Reveal() string { return k.text }

// Hint is what may be shown of a key so that people recognise it: what it
// begins with ("lk_at") and its last four characters, which belong to the
// checksum. Both are empty for the zero Key.
func (k Key) Hint() (prefix, lastFour string) {
	if k.IsZero() {
		return "", ""
	}
	return k.Prefix + "_" + string(k.Kind), k.text[len(k.text)-hintLength:]
}

// String is the key without its secret: "lk_at_[redacted]".
func (k Key) String() string {
	if k.IsZero() {
		return ""
	}
	return k.Prefix + "_" + string(k.Kind) + "_[redacted]"
}

// Format redacts for every verb of fmt, those for numbers and Go syntax too.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue redacts in structured logs.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText redacts in JSON, XML and wherever else text is marshalled.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	return base62([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}, checksumDigits)
}
