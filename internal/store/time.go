package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// stamp is the one place that binds and reads times: UTC, microseconds. A zero
// time is an error when bound: it is a forgotten one.
type stamp time.Time

var errNoTime = errors.New("a time was not set")

// Value implements driver.Valuer.
func (s stamp) Value() (driver.Value, error) {
	t := time.Time(s)
	if t.IsZero() {
		return nil, errNoTime
	}
	return models.StampText(t), nil
}

// Scan implements sql.Scanner: SQLite gives text, PostgreSQL a time in the
// machine's zone.
func (s *stamp) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*s = stamp{}
	case time.Time:
		*s = stamp(v.UTC())
	case string:
		t, err := models.ParseStamp(v)
		if err != nil {
			return err
		}
		*s = stamp(t)
	default:
		return fmt.Errorf("read a time from %T", src)
	}
	return nil
}

func (s stamp) time() time.Time { return time.Time(s) }

func optionalStamp(t *time.Time) *stamp {
	if t == nil {
		return nil
	}
	s := stamp(*t)
	return &s
}

func (s *stamp) optional() *time.Time {
	if s == nil {
		return nil
	}
	t := time.Time(*s)
	return &t
}
