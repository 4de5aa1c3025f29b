package tokens

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey-dev/latchkey/models"
)

func TestParseAddresses_GivesTheirOneSpelling(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"":                                     "",
		" ,\n,, \t":                            "",
		"203.0.113.7":                          "203.0.113.7/32",
		"2001:DB8::1":                          "2001:db8::1/128",
		"2001:0db8:0:0::/32":                   "2001:db8::/32",
		"::ffff:203.0.113.7":                   "203.0.113.7/32",
		"::ffff:203.0.113.0/120":               "203.0.113.0/24",
		"::ffff:0:0/96":                        "0.0.0.0/0",
		"0.0.0.0/0 ::/0":                       "0.0.0.0/0 ::/0",
		"10.0.0.0/8,192.0.2.0/24\r\n::1":       "10.0.0.0/8 192.0.2.0/24 ::1/128",
		"10.0.0.1 10.0.0.1/32 ::ffff:10.0.0.1": "10.0.0.1/32",
		"192.0.2.0/24\u00a0192.0.3.0/24":       "192.0.2.0/24 192.0.3.0/24",
		"b::/16 a::/16":                        "b::/16 a::/16",
	} {
		invalid := &models.InvalidError{}
		got := strings.Trim(fmt.Sprint(parseAddresses(typed, invalid)), "[]")
		if err := invalid.OrNil(); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", typed, got, err, want)
		}
	}
}

func TestParseAddresses_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"10.1.2.3/8":                       "address_bits 10.1.2.3/8 10.0.0.0/8",
		"192.0.2.0/24 10.0.0.1/31":         "address_bits 10.0.0.1/31 10.0.0.0/31",
		"2001:db8::1/64":                   "address_bits 2001:db8::1/64 2001:db8::/64",
		"::ffff:10.1.2.3/104":              "address_bits ::ffff:10.1.2.3/104 10.0.0.0/8",
		"::ffff:0:0/95":                    "address_bits ::ffff:0:0/95 ::fffe:0:0/95",
		"fe80::1%eth0":                     "address_zone fe80::1%eth0",
		"fe80::%eth0/64":                   "address_zone fe80::%eth0/64",
		"10.0.0.0/33":                      "address 10.0.0.0/33",
		"10.0.0.0/-1":                      "address 10.0.0.0/-1",
		"10.0.0.0/08":                      "address 10.0.0.0/08",
		"10.0.0/8":                         "address 10.0.0/8",
		"010.0.0.1":                        "address 010.0.0.1",
		"10.0.0.0/":                        "address 10.0.0.0/",
		"/8":                               "address /8",
		"10.0.0.0/255.0.0.0":               "address 10.0.0.0/255.0.0.0",
		"example.com":                      "address example.com",
		"10.0.0.1;10.0.0.2":                "address 10.0.0.1;10.0.0.2",
		"10.0.0.1\x00":                     "address 10.0.0.1\uFFFD",
		"\xff":                             "address \uFFFD",
		strings.Repeat("1", 1<<20):         "address " + strings.Repeat("1", 64) + "…",
		strings.Repeat("é", 65):            "address " + strings.Repeat("é", 64) + "…",
		networks(51):                       "address_count 50",
		"not-one " + networks(51) + " nor": "address not-one",
	} {
		invalid := &models.InvalidError{}
		if got := parseAddresses(typed, invalid); got != nil || len(invalid.Problems) != 1 || invalid.Problems[0].Field != "addresses" {
			t.Errorf("%.60q: %v, %v", typed, got, invalid)
			continue
		}
		p := invalid.Problems[0]
		said := []string{p.Key}
		for _, name := range []string{"value", "network", "max"} {
			if arg, ok := p.Args[name]; ok {
				said = append(said, fmt.Sprint(arg))
			}
		}
		if got := strings.Join(said, " "); got != want {
			t.Errorf("%.60q: %s, want %s", typed, got, want)
		}
	}
}

func networks(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("192.0.2.%d", i))
	}
	return strings.Join(all, "\n")
}

func TestParseAddresses_FiftyAreEnoughAndCountOnce(t *testing.T) {
	t.Parallel()
	invalid := &models.InvalidError{}
	if got := parseAddresses(networks(50)+" "+networks(50), invalid); len(got) != 50 || invalid.OrNil() != nil {
		t.Errorf("%d networks, %v", len(got), invalid)
	}
}

// What is kept reads back as what it was.
func TestParseAddresses_ItsOwnSpellingIsTakenAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringMatching(`([0-9a-f.:/%, ]{0,20}|[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]{1,2})?|[0-9a-f]{1,4}::[0-9a-f]{0,4}(/[0-9]{1,3})?)`).Draw(t, "typed")
		invalid := &models.InvalidError{}
		first := parseAddresses(typed, invalid)
		if invalid.OrNil() != nil {
			return
		}
		for _, network := range first {
			if network != network.Masked() || network.Addr().Is4In6() || network.Addr().Zone() != "" {
				t.Fatalf("%q gives %s", typed, network)
			}
		}
		again := parseAddresses(strings.Trim(fmt.Sprint(first), "[]"), invalid)
		if invalid.OrNil() != nil || fmt.Sprint(again) != fmt.Sprint(first) {
			t.Fatalf("%q gives %v, then %v, %v", typed, first, again, invalid)
		}
	})
}
