package portal

import (
	"encoding/base64"
	"errors"

	"github.com/latchkey-dev/latchkey/models"
)

var errCursor = errors.New("not a cursor")

// idLength is how long an id is.
const idLength = 36

// encodeCursor is a place in a list as it stands in an address: the id, then
// the sort key, in base64url; "" for none.
func encodeCursor(c models.TokenCursor) string {
	if c == (models.TokenCursor{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(c.ID + c.Key))
}

// decodeCursor reads it back; nil for "". What is in it may be anybody's invention:
// the list says whether it can be a place in its order.
func decodeCursor(text string) (*models.TokenCursor, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < idLength {
		return nil, errCursor
	}
	return &models.TokenCursor{ID: string(b[:idLength]), Key: string(b[idLength:])}, nil
}
