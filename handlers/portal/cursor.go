package portal

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
)

var errCursor = errors.New("not a cursor of this list")

// encodeCursor is a place in a list as it stands in an address: the order, the id and
// the sort key, in base64url; "" for none. The order is part of it because a place in
// one order is no place in another, though the keys of both are times.
func encodeCursor(o models.TokenOrder, c models.TokenCursor) string {
	if c == (models.TokenCursor{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(views.SortText(o) + " " + c.ID + " " + c.Key))
}

// decodeCursor reads it back; nil for "". What is in it may be anybody's invention: it
// is used to compare with, never to look something up.
func decodeCursor(o models.TokenOrder, text string) (*models.TokenCursor, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errCursor
	}
	order, place, _ := strings.Cut(string(b), " ")
	id, key, whole := strings.Cut(place, " ")
	c := models.TokenCursor{ID: id, Key: key}
	if !whole || order != views.SortText(o) || !c.ValidIn(o) {
		return nil, errCursor
	}
	return &c, nil
}
