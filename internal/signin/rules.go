package signin

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-dev/latchkey/models"
)

// The length of a password, in characters after NFC.
const (
	minPassword = 15
	maxPassword = 128
)

// easyPieces is how many easy guesses in a row a password may come down to and
// still be refused: with a few hundred words in the block list, that many of
// them can be tried through.
const easyPieces = 4

// blockList holds the words and phrases that people's passwords are most often
// made of, one a line, in lower case without spaces.
//
//go:embed blocklist.txt
var blockList string

// runs are the rows and walks of keyboards, the alphabet and the digits; each
// is looked for in both directions.
var runs = []string{
	"abcdefghijklmnopqrstuvwxyz", "01234567890",
	"qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiopü", "asdfghjklöä", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp", "zaqxswcdevfrbgtnhymju",
	"qweasdzxc", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "!@#$%^&*()_+", "147258369", "159357", "112233445566778899",
}

// leet are the letters that a sign is written for.
var leet = map[rune]string{
	'0': "o", '1': "il", '!': "il", '3': "e", '4': "a", '@': "a", '5': "s", '$': "s", '7': "t", '+': "t", '8': "b", '9': "g",
}

// rules judge new passwords. There are none about composition: length and the
// block list are what helps.
type rules struct {
	words [][]rune
	runs  [][]rune
}

func newRules() *rules {
	r := &rules{}
	for word := range strings.FieldsSeq(blockList) {
		r.words = append(r.words, []rune(word))
	}
	for _, run := range runs {
		forth := []rune(run)
		back := slices.Clone(forth)
		slices.Reverse(back)
		r.runs = append(r.runs, forth, back)
	}
	return r
}

// judge gives the problems of a new password for the person with this e-mail
// and name: characters, too_short, too_long, common.
func (r *rules) judge(password models.Secret, email, name string) *models.InvalidError {
	var problems models.InvalidError
	text := password.Reveal()
	if !utf8.ValidString(text) {
		problems.Add("password", "characters")
		return &problems
	}
	text = nfc(text)
	switch n := utf8.RuneCountInString(text); {
	case n < minPassword:
		problems.Add("password", "too_short", "min", minPassword)
	case n > maxPassword:
		problems.Add("password", "too_long", "max", maxPassword)
	case r.common(text, ownWords(email, name)):
		problems.Add("password", "common")
	}
	return &problems
}

// ownWords are the words that stand for the person or the product: they make a
// password no harder to guess.
func ownWords(email, name string) [][]rune {
	words := [][]rune{[]rune("latchkey")}
	split := func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }
	for word := range strings.FieldsFuncSeq(simple(email)+" "+simple(name), split) {
		if utf8.RuneCountInString(word) > 2 {
			words = append(words, []rune(word))
		}
	}
	return words
}

func simple(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// common tells whether text is one thing over and over, of very few different
// characters, or made of few easy pieces.
func (r *rules) common(text string, person [][]rune) bool {
	t := []rune(simple(text))
	return repeats(t) || few(t) || r.pieces(t, person) <= easyPieces
}

// repeats tells whether t is a shorter text, twice or more, the last one
// perhaps cut off.
func repeats(t []rune) bool {
	for period := 1; period <= len(t)/2; period++ {
		if slices.Equal(t[period:], t[:len(t)-period]) {
			return true
		}
	}
	return false
}

func few(t []rune) bool {
	seen := map[rune]bool{}
	for _, c := range t {
		seen[c] = true
	}
	return len(seen) < 5
}

// pieces is the least number of pieces that t can be cut into, where a piece
// is a character, a listed word, part of a run, one character repeated, or a
// year. A lone separator and the person's own words count nothing.
func (r *rules) pieces(t []rune, person [][]rune) int {
	best := make([]int, len(t)+1)
	for i := range best {
		best[i] = i
	}
	for i := range t {
		reach := func(length, cost int) { best[i+length] = min(best[i+length], best[i]+cost) }
		rest := t[i:]
		reach(1, 1)
		if lone(t, i) {
			reach(1, 0)
		}
		for n := 2; n <= sameRun(rest); n++ {
			reach(n, 1)
		}
		for _, run := range r.runs {
			for n := 3; n <= inRun(rest, run); n++ {
				reach(n, 1)
			}
		}
		if isYear(rest) {
			reach(4, 1)
		}
		for _, w := range r.words {
			if begins(rest, w) {
				reach(len(w), 1)
			}
		}
		for _, w := range person {
			if begins(rest, w) {
				reach(len(w), 0)
			}
		}
	}
	return best[len(t)]
}

// lone tells whether a sign stands by itself between letters and digits.
func lone(t []rune, i int) bool {
	sign := func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }
	return sign(t[i]) && (i == 0 || !sign(t[i-1])) && (i == len(t)-1 || !sign(t[i+1]))
}

// sameRun is how often t's first character stands in a row.
func sameRun(t []rune) int {
	n := 1
	for n < len(t) && t[n] == t[0] {
		n++
	}
	return n
}

// inRun is the length of the longest start of t that is part of run.
func inRun(t, run []rune) int {
	longest := 0
	for from := range run {
		n := 0
		for n < len(t) && from+n < len(run) && t[n] == run[from+n] {
			n++
		}
		longest = max(longest, n)
	}
	return longest
}

func isYear(t []rune) bool {
	if len(t) < 4 {
		return false
	}
	century := string(t[:2])
	return (century == "19" || century == "20") && unicode.IsDigit(t[2]) && unicode.IsDigit(t[3])
}

// begins tells whether t begins with word, signs for letters allowed.
func begins(t, word []rune) bool {
	if len(t) < len(word) {
		return false
	}
	for i, w := range word {
		if t[i] != w && !strings.ContainsRune(leet[t[i]], w) {
			return false
		}
	}
	return true
}
