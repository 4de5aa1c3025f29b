package signin

import (
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

func TestNetwork_IPv6CountsAsItsSlash64(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{
		"203.0.113.9":         "203.0.113.9",
		"::ffff:203.0.113.9":  "203.0.113.9",
		"2001:db8:4f:1::1c":   "2001:db8:4f:1::/64",
		"2001:db8:4f:1:9::ff": "2001:db8:4f:1::/64",
		"2001:db8:4f:2::1c":   "2001:db8:4f:2::/64",
		"fe80::1%eth0":        "fe80::/64",
		"":                    "",
		"not an address":      "not an address",
	} {
		if got := network(ip); got != want {
			t.Errorf("%q: %q, want %q", ip, got, want)
		}
	}
}

func TestRetryAfter_DoublesFromOneSecondToOneMinute(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		failures int
		since    time.Duration
		want     time.Duration
	}{
		{10, 0, time.Second}, {11, 0, 2 * time.Second}, {12, 0, 4 * time.Second}, {13, 0, 8 * time.Second},
		{14, 0, 16 * time.Second}, {15, 0, 32 * time.Second}, {16, 0, time.Minute}, {17, 0, time.Minute}, {100000, 0, time.Minute},
		{13, 3 * time.Second, 5 * time.Second}, {13, 9 * time.Second, time.Second}, {16, -time.Hour, time.Minute},
	} {
		got := retryAfter(models.Attempts{Failures: c.failures, LastFailure: at}, 10, at.Add(c.since))
		if got != c.want {
			t.Errorf("%d failures, %s ago: %s, want %s", c.failures, c.since, got, c.want)
		}
	}
}

func TestMac_PartsCantBeShiftedIntoEachOther(t *testing.T) {
	t.Parallel()
	s := &Signin{limitKey: make([]byte, 32)}
	if s.mac("a", "bc") == s.mac("ab", "c") || s.mac("a", "") == s.mac("a") {
		t.Error("two lists of parts have one key")
	}
}

func TestEmailKey_FoldsCaseAndForm(t *testing.T) {
	t.Parallel()
	s := &Signin{limitKey: make([]byte, 32)}
	if s.EmailKey("Ren\u00e9@Acme.example ") != s.EmailKey("rene\u0301@acme.example") {
		t.Error("one person has two keys")
	}
	if s.EmailKey("a@acme.example") == s.EmailKey("b@acme.example") {
		t.Error("two people have one key")
	}
}
