package m2m_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey-dev/latchkey/m2m"
)

func counting() (secret [32]byte) {
	for i := range secret {
		secret[i] = byte(i)
	}
	return secret
}

func last(b byte) (secret [32]byte) {
	secret[31] = b
	return secret
}

func full() (secret [32]byte) {
	for i := range secret {
		secret[i] = 0xff
	}
	return secret
}

// The answers were worked out by another program, in another language.
var knownKeys = []struct {
	name   string
	prefix string
	kind   m2m.KeyKind
	secret [32]byte
	want   string
}{
	{"all zero", "lk", m2m.AccessToken, [32]byte{}, "lk_at_00000000000000000000000000000000000000000001rfpgD"},
	{"all ones", "lk", m2m.AccessToken, full(), "lk_at_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp13mNkAH"},
	{"access token", "lk", m2m.AccessToken, counting(), "lk_at_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Kn6Vx"},
	{"client secret", "lk", m2m.ClientSecret, counting(), "lk_cs_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1y1Z8P"},
	{"refresh token", "lk", m2m.RefreshToken, counting(), "lk_rt_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1e66Au"},
	{"vendor key", "lk", m2m.VendorKey, counting(), "lk_vk_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf2QW9nC"},
	{"shortest prefix", "a", m2m.AccessToken, counting(), "a_at_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3F60NN"},
	{"longest prefix", "acme0service", m2m.ClientSecret, counting(), "acme0service_cs_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3x84B2"},
	{"one", "lk", m2m.AccessToken, last(1), "lk_at_00000000000000000000000000000000000000000010LSOmB"},
	{"sixty-two", "lk", m2m.AccessToken, last(62), "lk_at_00000000000000000000000000000000000000000102Htoz6"},
	{"checksum with leading zeros", "lk", m2m.AccessToken, last(43), "lk_at_000000000000000000000000000000000000000000h00MUMF"},
}

func TestFormatKey_KnownAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range knownKeys {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := m2m.FormatKey(tc.prefix, tc.kind, tc.secret).Reveal(); got != tc.want {
				t.Errorf("FormatKey = %s, want %s", got, tc.want)
			}
		})
	}
}

func TestParseKey_KnownAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range knownKeys {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			key, err := m2m.ParseKey(tc.want)
			if err != nil {
				t.Fatal(err)
			}
			if key.Prefix != tc.prefix || key.Kind != tc.kind || key.Reveal() != tc.want {
				t.Errorf("ParseKey = %q %q, want %q %q", key.Prefix, key.Kind, tc.prefix, tc.kind)
			}
		})
	}
}

func TestParseKey_RefusesEverythingElse(t *testing.T) {
	t.Parallel()
	good := knownKeys[2].want
	digits := strings.TrimPrefix(good, "lk_at_")
	for name, text := range map[string]string{
		"empty":                   "",
		"space before":            " " + good,
		"newline after":           good + "\n",
		"NUL after":               good + "\x00",
		"upper-case prefix":       "LK_at_" + digits,
		"prefix begins with 1":    "1k_at_" + digits,
		"no prefix":               "_at_" + digits,
		"prefix of 13":            "abcdefghijklm_at_" + digits,
		"unknown kind":            "lk_xx_" + digits,
		"upper-case kind":         "lk_AT_" + digits,
		"no kind":                 "lk__" + digits,
		"another kind's checksum": "lk_cs_" + digits,
		"another prefix":          "lx_at_" + digits,
		"one digit short":         good[:len(good)-1],
		"one digit long":          good + "0",
		"dash in the digits":      strings.Replace(good, "TJC", "T-C", 1),
		"letter beyond ASCII":     strings.Replace(good, "TJC", "TéC", 1),
		"digits swapped":          strings.Replace(good, "TJ", "JT", 1),
		"case of one digit":       strings.Replace(good, "TJC", "TjC", 1),
		"wrong checksum":          good[:len(good)-1] + "y",
		"two keys":                good + good,
		"a JWT":                   "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
		"a UUID":                  "0190b7c8-7b1c-7d7e-8b1a-2d3c4b5a6978",
		"a megabyte":              "lk_at_" + strings.Repeat("0", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := m2m.ParseKey(text)
			if err != m2m.ErrNotKey || !key.IsZero() {
				t.Errorf("ParseKey = %v, %v; want the zero Key and ErrNotKey", key, err)
			}
		})
	}
}

func TestNewKey_RoundTripsWithAnyPrefix(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.StringMatching(`[a-z][a-z0-9]{0,11}`).Draw(t, "prefix")
		kind := rapid.SampledFrom([]m2m.KeyKind{m2m.AccessToken, m2m.ClientSecret, m2m.RefreshToken, m2m.VendorKey}).Draw(t, "kind")
		key := m2m.NewKey(prefix, kind)
		parsed, err := m2m.ParseKey(key.Reveal())
		if err != nil || parsed != key {
			t.Fatalf("ParseKey(%s) = %v, %v", key.Reveal(), parsed, err)
		}
	})
}

func TestNewKey_UnusablePrefixOrKindIsTheZeroKey(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "L", "1a", "a-b", "a_b", "abcdefghijklm", "é"} {
		if key := m2m.NewKey(prefix, m2m.AccessToken); !key.IsZero() {
			t.Errorf("NewKey(%q) made a key", prefix)
		}
	}
	if key := m2m.NewKey("lk", "xx"); !key.IsZero() {
		t.Error("NewKey made a key of an unknown kind")
	}
}

func TestNewKey_NeverTheSameTwice(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 10_000 {
		seen[m2m.NewKey("lk", m2m.AccessToken).Reveal()] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("%d different keys of 10,000", len(seen))
	}
}

// The 43 digits are the 256 bits as one number and lose none of them.
func TestFormatKey_DigitsAreTheNumber(t *testing.T) {
	t.Parallel()
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	rapid.Check(t, func(t *rapid.T) {
		var secret [32]byte
		copy(secret[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "secret"))
		digits := strings.TrimPrefix(m2m.FormatKey("lk", m2m.AccessToken, secret).Reveal(), "lk_at_")[:43]
		number := new(big.Int)
		for i := range len(digits) {
			number.Mul(number, big.NewInt(62))
			number.Add(number, big.NewInt(int64(strings.IndexByte(alphabet, digits[i]))))
		}
		if number.Cmp(new(big.Int).SetBytes(secret[:])) != 0 {
			t.Fatalf("%s reads as %s", digits, number)
		}
	})
}

func TestParseKey_AnySingleChangeIsNoticed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		good := m2m.NewKey("lk", m2m.AccessToken).Reveal()
		at := rapid.IntRange(0, len(good)-1).Draw(t, "at")
		other := rapid.Byte().Filter(func(b byte) bool { return b != good[at] }).Draw(t, "other")
		if _, err := m2m.ParseKey(good[:at] + string([]byte{other}) + good[at+1:]); err == nil {
			t.Fatalf("a change at %d went unnoticed", at)
		}
	})
}

func TestPattern_FindsKeysInText(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(m2m.Pattern)
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.StringMatching(`[a-z][a-z0-9]{0,11}`).Draw(t, "prefix")
		kind := rapid.SampledFrom([]m2m.KeyKind{m2m.AccessToken, m2m.ClientSecret, m2m.RefreshToken, m2m.VendorKey}).Draw(t, "kind")
		key := m2m.NewKey(prefix, kind).Reveal()
		for _, text := range []string{key, `x-api-key: ` + key + "\n", `{"secret":"` + key + `"}`, "KEY=" + key + ";"} {
			if got := pattern.FindString(text); got != key {
				t.Fatalf("found %q in %q", got, text)
			}
		}
	})
	for _, text := range []string{
		"", "lk_at_", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
		"lk_at_" + strings.Repeat("0", 48), "lk_at_" + strings.Repeat("0", 50), "LK_AT_" + strings.Repeat("0", 49),
	} {
		if pattern.MatchString(text) {
			t.Errorf("the pattern matches %q", text)
		}
	}
}

func TestKey_IsRedactedHoweverItIsPrinted(t *testing.T) {
	t.Parallel()
	key := m2m.NewKey("lk", m2m.AccessToken)
	holder := struct {
		Key     m2m.Key
		Pointer *m2m.Key
	}{key, &key}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%o", "%t", "%e", "%c", "%U", "%5.2s", "%!"} {
		fmt.Fprintf(&out, verb+"\n", key)
		fmt.Fprintf(&out, verb+"\n", &key)
		fmt.Fprintf(&out, verb+"\n", holder)
		fmt.Fprintf(&out, verb+"\n", []m2m.Key{key})
	}
	fmt.Fprintln(&out, key.String())
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "key", key, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "key", key, "holder", holder)
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, xml.Marshal} {
		text, err := marshal(holder)
		if err != nil {
			text, err = marshal(key)
		}
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	secret := strings.TrimPrefix(key.Reveal(), "lk_at_")
	for _, leaked := range []string{secret, secret[:8], fmt.Sprintf("%x", secret[:8]), fmt.Sprintf("%X", secret[:8])} {
		if strings.Contains(out.String(), leaked) {
			t.Fatalf("the secret shows in\n%s", out.String())
		}
	}
	if !strings.Contains(out.String(), "lk_at_[redacted]") {
		t.Errorf("nothing was printed in its place:\n%s", out.String())
	}
}

func TestKey_HintIsPrefixAndLastFour(t *testing.T) {
	t.Parallel()
	key, err := m2m.ParseKey(knownKeys[3].want)
	if err != nil {
		t.Fatal(err)
	}
	if prefix, lastFour := key.Hint(); prefix != "lk_cs" || lastFour != "1Z8P" {
		t.Errorf("Hint = %q, %q", prefix, lastFour)
	}
	if prefix, lastFour := (m2m.Key{}).Hint(); prefix != "" || lastFour != "" || (m2m.Key{}).String() != "" {
		t.Errorf("the zero Key hints at %q, %q", prefix, lastFour)
	}
}

func FuzzParseKey(f *testing.F) {
	for _, tc := range knownKeys {
		f.Add(tc.want)
	}
	for _, seed := range []string{"", "_", "__", "lk_at_", "lk_at_\x00", "a_at_" + strings.Repeat("é", 25)} {
		f.Add(seed)
	}
	whole := regexp.MustCompile(`\A(?:` + m2m.Pattern + `)\z`)
	f.Fuzz(func(t *testing.T, text string) {
		key, err := m2m.ParseKey(text)
		if err != nil {
			if err != m2m.ErrNotKey || !key.IsZero() {
				t.Fatalf("ParseKey(%q) = %v, %v", text, key, err)
			}
			return
		}
		if key.Reveal() != text || !m2m.ValidPrefix(key.Prefix) || !key.Kind.Valid() {
			t.Fatalf("ParseKey(%q) = %q %q %q", text, key.Prefix, key.Kind, key.Reveal())
		}
		if !whole.MatchString(text) {
			t.Fatalf("scanners would not find %q", text)
		}
	})
}

func BenchmarkParseKey(b *testing.B) {
	text := knownKeys[2].want
	for b.Loop() {
		if _, err := m2m.ParseKey(text); err != nil {
			b.Fatal(err)
		}
	}
}
