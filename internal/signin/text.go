package signin

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func nfc(s string) string { return norm.NFC.String(s) }

// fold is how e-mails are compared: as the database's folded column is made.
func fold(s string) string { return strings.ToLower(nfc(strings.TrimSpace(s))) }

// maxAgent is how much of a browser's name is kept, in characters.
const maxAgent = 256

// clip makes a browser's name fit to be kept: a header may hold any bytes.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if r := []rune(s); len(r) > maxAgent {
		s = string(r[:maxAgent])
	}
	return s
}
