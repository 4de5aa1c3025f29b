package portal

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

var errCursor = errors.New("not a cursor")

const timeSize = 8

// encodeCursor is a place in a list as it stands in an address: the time in
// microseconds, then the id, in base64url.
func encodeCursor(t models.Token) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(t.CreatedAt.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(b, t.ID...))
}

// decodeCursor reads it back; nil for "". What is in it may be anybody's invention:
// it is used to compare with, never to look something up.
func decodeCursor(text string) (*models.TokenCursor, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) <= timeSize {
		return nil, errCursor
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC()
	// Beyond these years neither database can tell one time from the next.
	if at.Before(models.NeverUsed) || at.After(models.NeverExpires) {
		return nil, errCursor
	}
	return &models.TokenCursor{CreatedAt: at, ID: string(b[timeSize:])}, nil
}
