package proofs

import (
	"encoding/base64"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4/json"
)

// maxJWT bounds the work that a stranger's text can cause, in bytes. It has room
// for the certificates that some clients put into their headers.
const maxJWT = 16 << 10

// jwt is a text in the form of a signed JWT (RFC 7515 section 7.1), its signature
// not checked.
type jwt struct {
	header    header
	claims    []byte
	signed    []byte
	signature []byte
}

// header is what is read of a header. By jku, x5u and x5c a text names its own
// judge: they stay unread, as do members that nobody knows.
type header struct {
	Algorithm string          `json:"alg"`
	Type      string          `json:"typ"`
	KeyID     *string         `json:"kid"`
	Key       json.RawMessage `json:"jwk"`
	// Critical and Base64 would change what is signed, or how: we know no such
	// extension.
	Critical json.RawMessage `json:"crit"`
	Base64   json.RawMessage `json:"b64"`
}

// parseJWT takes the compact form with canonical base64url and nothing else: no
// JSON serialisation, padding or white space. Members that are there twice, or in
// other case, are refused or not seen (go-jose's decoder sees to that).
func parseJWT(text string) (jwt, error) {
	if len(text) > maxJWT {
		return jwt{}, badForm
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return jwt{}, badForm
	}
	var decoded [3][]byte
	for i, part := range parts {
		var ok bool
		if decoded[i], ok = decodePart(part); !ok {
			return jwt{}, badForm
		}
	}
	j := jwt{claims: decoded[1], signature: decoded[2], signed: []byte(parts[0] + "." + parts[1])}
	if err := json.Unmarshal(decoded[0], &j.header); err != nil || j.header.Critical != nil || j.header.Base64 != nil {
		return jwt{}, badHeader
	}
	if _, ok := signatureAlgorithm(j.header.Algorithm); !ok {
		return jwt{}, badAlgorithm
	}
	return j, nil
}

// decodePart reads one part, which has a byte or more. Left to itself, Go's
// decoder skips line ends and ignores stray bits, and a JWT would have many
// spellings.
func decodePart(part string) ([]byte, bool) {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
	return decoded, err == nil && len(decoded) > 0 && !strings.ContainsAny(part, "\r\n")
}

// numericDate is seconds since 1970, with or without a fraction; nil where the
// claim is absent.
type numericDate = *float64

// farSeconds is beyond every time that a claim can mean (the year 9999).
const farSeconds = 253_402_300_800

// timeOf is the moment of a claim, and false when it is absent or means none.
func timeOf(n numericDate) (time.Time, bool) {
	if n == nil || *n < 0 || *n >= farSeconds {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(*n)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), true
}

// startsBy tells whether a claim that may be absent names a moment that has come,
// or comes within what clocks may differ.
func startsBy(n numericDate, now time.Time) bool {
	if n == nil {
		return true
	}
	at, ok := timeOf(n)
	return ok && !at.After(now.Add(ahead))
}

// audience is an aud claim: one text or a list of texts (RFC 7519 section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*a = audience{""}
		return json.Unmarshal(text, &(*a)[0])
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// usableID tells whether an id is one that may be looked up or remembered.
func usableID(id string) bool { return id != "" && utf8.RuneCountInString(id) <= maxID }
