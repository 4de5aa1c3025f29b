package models

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a line of text that a person typed: trimmed, and checked to be
// valid UTF-8 without control characters and of at most max characters.
// The second result is the key of the problem, empty when there is none.
func Text(s string, max int) (string, string) {
	if !utf8.ValidString(s) {
		return "", "characters"
	}
	s = strings.TrimSpace(s)
	for _, r := range s {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return "", "characters"
		}
	}
	if utf8.RuneCountInString(s) > max {
		return s, "too_long"
	}
	return s, ""
}
