package models

import (
	"fmt"
	"time"
)

// Sort keys are never NULL, so that one index serves every order: a token that
// never expires ends in the last year a database can hold, one never used was
// last used at the epoch.
var (
	NeverExpires = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	NeverUsed    = time.Unix(0, 0).UTC()
)

// Stamp is t as it is kept: UTC, in whole microseconds, what both databases
// can hold. Zoned text sorts wrongly on SQLite.
func Stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// stampLayout has a fixed width, so that text sorts as time does, and is also
// what PostgreSQL reads.
const stampLayout = "2006-01-02 15:04:05.000000Z"

// StampText spells t as it is kept.
func StampText(t time.Time) string { return Stamp(t).Format(stampLayout) }

// ParseStamp reads what StampText wrote.
func ParseStamp(text string) (time.Time, error) {
	t, err := time.Parse(stampLayout, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("read a time: %w", err)
	}
	return t, nil
}
