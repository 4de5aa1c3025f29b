package signin

import (
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/models"
)

func TestPassword_LengthIsCountedInCharactersAfterNFC(t *testing.T) {
	t.Parallel()
	r := newRules()
	for _, c := range []struct {
		name, password, want string
	}{
		{"empty", "", "too_short"},
		{"14 characters", "vYq3mTz8kWp2xR", "too_short"},
		{"15 characters", "vYq3mTz8kWp2xRd", ""},
		{"128 characters", longPassword(128), ""},
		{"129 characters", longPassword(129), "too_long"},
		{"15 letters of two bytes each", "äöüßéèêñçåøæœłđ", ""},
		{"14 letters of two bytes each", "äöüßéèêñçåøæœł", "too_short"},
		{"14 letters, one of them decomposed", "vYq3mTz8kWp2xe\u0301", "too_short"},
		{"15 letters, one of them decomposed", "vYq3mTz8kWp2xRe\u0301", ""},
		{"128 letters, one of them decomposed", longPassword(127) + "e\u0301", ""},
		{"spaces are characters", "vq mz kp xr da bn", ""},
		{"invalid UTF-8", "vYq3mTz8kWp2xRd\xff", "characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := problem(r.judge(models.NewSecret(c.password), "dana@acme.example", "Dana Levi")); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPassword_BlockListRefusesWhatIsEasilyGuessed(t *testing.T) {
	t.Parallel()
	r := newRules()
	for _, p := range []string{
		"passwordpassword", "password12345678", "P4$$w0rdP4ssw0rd1", "Password!Password!", "letmeinletmeinletmein",
		"qwertyuiopasdfghjkl", "1qaz2wsx3edc4rfv5tgb", "123456789012345", "098765432109876", "poiuytrewqlkjhgfdsa",
		"aaaaaaaaaaaaaaa", "abcdabcdabcdabcdabc", "abcdefghijklmnopqrstuvwxyz", "aaaaaaaabbbbbbbbcccc", "121212121212121",
		"Summer2024Summer2024", "iloveyou iloveyou", "correcthorsebatterystaple", "thequickbrownfox1",
		"ThisIsMyPassword", "Monday-January-2025!", "welcome google 123",
		"latchkeylatchkey", "Latchkey-Password-1", "LatchkeyConsole2026", "latchkey!!!!!!!!!",
		"dana.levi@acme.example", "DanaLeviDanaLevi1", "dana levi acme 2026", "D4n4L3v1L4tchk3y",
		"ＰＡＳＳＷＯＲＤ１２３４５６７８",
	} {
		if got := problem(r.judge(models.NewSecret(p), "dana.levi@acme.example", "Dana Levi")); got != "common" {
			t.Errorf("%q: got %q, want common", p, got)
		}
	}
}

func TestPassword_NoCompositionRules(t *testing.T) {
	t.Parallel()
	r := newRules()
	for _, p := range []string{
		"teapot gravel anvil lung", "mein zahnarzt trinkt nebel", "kvjdhqpwmzntrxb", "839104756201938475",
		"правильнаялошадь", "正确的马电池订书钉很多汉字还有更多", "wooden-spoon-in-my-attic", "dana rides a crooked tandem",
	} {
		if got := problem(r.judge(models.NewSecret(p), "dana@acme.example", "Dana Levi")); got != "" {
			t.Errorf("%q: got %q, want none", p, got)
		}
	}
}

func TestPassword_RandomOnesAreNeverCommon(t *testing.T) {
	t.Parallel()
	r := newRules()
	for range 500 {
		p := models.NewOpaque()
		if got := problem(r.judge(models.NewSecret(p.Reveal()[:15]), "dana@acme.example", "Dana Levi")); got != "" {
			t.Fatalf("%q: got %q", p.Reveal()[:15], got)
		}
	}
}

func TestPassword_LongestIsJudgedWithoutFault(t *testing.T) {
	t.Parallel()
	r := newRules()
	for _, p := range []string{strings.Repeat("a", 128), strings.Repeat("qwertyuiop1", 11), strings.Repeat("!", 128), strings.Repeat("界", 128)} {
		if got := problem(r.judge(models.NewSecret(p), "", "")); got != "common" {
			t.Errorf("%.12q…: got %q", p, got)
		}
	}
}

func TestBlockList_IsSortedLowerCaseAndUnique(t *testing.T) {
	t.Parallel()
	words := strings.Fields(blockList)
	if len(words) < 400 {
		t.Errorf("only %d words", len(words))
	}
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Error("not sorted, or with repetitions")
	}
	for _, w := range words {
		if w != strings.ToLower(w) || len(w) < 2 {
			t.Errorf("%q can never match", w)
		}
	}
}

// longPassword is n characters that no rule but the length speaks against.
func longPassword(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(string("bdfhjlnprtvxzcgkmqsw"[(i*i+i*7+i/20)%20]))
		b.WriteString(string("86420"[(i*3+i/7)%5]))
	}
	return b.String()[:n]
}

func problem(e *models.InvalidError) string {
	if len(e.Problems) == 0 {
		return ""
	}
	return e.Problems[0].Key
}
