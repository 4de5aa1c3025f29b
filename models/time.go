package models

import "time"

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
