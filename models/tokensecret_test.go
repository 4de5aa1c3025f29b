package models

import (
	"testing"
	"time"
)

func TestTokenSecret_EndsAtItsEndOrOnceItHasBeenSilent(t *testing.T) {
	t.Parallel()
	replaced := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return replaced.Add(d) }
	for name, row := range map[string]struct {
		secret TokenSecret
		want   time.Time
	}{
		"in force":                        {TokenSecret{EndsAt: NeverExpires, LastUsedAt: NeverUsed}, NeverExpires},
		"replaced":                        {TokenSecret{ReplacedAt: &replaced, EndsAt: after(24 * time.Hour), LastUsedAt: NeverUsed}, after(24 * time.Hour)},
		"silent since it was replaced":    {TokenSecret{ReplacedAt: &replaced, EndsAt: after(24 * time.Hour), Silence: time.Hour, LastUsedAt: after(-time.Minute)}, after(time.Hour + SilenceSlack)},
		"used since":                      {TokenSecret{ReplacedAt: &replaced, EndsAt: after(24 * time.Hour), Silence: time.Hour, LastUsedAt: after(2 * time.Hour)}, after(3*time.Hour + SilenceSlack)},
		"used until the end":              {TokenSecret{ReplacedAt: &replaced, EndsAt: after(24 * time.Hour), Silence: time.Hour, LastUsedAt: after(24*time.Hour - time.Minute)}, after(24 * time.Hour)},
		"silence of one that is in force": {TokenSecret{EndsAt: NeverExpires, Silence: time.Hour, LastUsedAt: NeverUsed}, NeverExpires},
		"without any times":               {TokenSecret{}, time.Time{}},
	} {
		if got := row.secret.End(); !got.Equal(row.want) {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
		if !row.secret.Ended(row.want) || !row.want.IsZero() && row.secret.Ended(row.want.Add(-time.Microsecond)) {
			t.Errorf("%s: ends at another moment", name)
		}
	}
}
