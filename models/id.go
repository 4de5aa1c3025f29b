package models

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// NewID is a UUIDv7 (RFC 9562, 5.7) of the moment at, in lower case with
// dashes. Ids sort by their moments to the microsecond, so the order
// of ids is the order of creation; 62 bits are random.
func NewID(at time.Time) string {
	var b [16]byte
	rand.Read(b[8:]) // never fails: crypto/rand ends the process instead
	micros := at.UnixMicro()
	binary.BigEndian.PutUint64(b[:8], uint64(micros/1000)<<16)
	// The twelve bits after the version hold the fraction of the millisecond
	// (RFC 9562, 6.2, method 3).
	fraction := uint16(micros % 1000 * 4096 / 1000)
	binary.BigEndian.PutUint16(b[6:], 0x7000|fraction)
	b[8] = b[8]&0x3f | 0x80
	text := make([]byte, 36)
	hex.Encode(text, b[:4])
	hex.Encode(text[9:], b[4:6])
	hex.Encode(text[14:], b[6:8])
	hex.Encode(text[19:], b[8:10])
	hex.Encode(text[24:], b[10:])
	for _, i := range []int{8, 13, 18, 23} {
		text[i] = '-'
	}
	return string(text)
}

// ValidID tells whether id is spelled as Latchkey spells ids: a UUID in lower
// case, with dashes. Any other spelling is an unknown id, and must not reach
// the database, which might take it for a known one or fail on it.
func ValidID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}
