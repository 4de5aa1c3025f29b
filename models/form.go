package models

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest texts that forms take, in characters: for the field that takes
// one, the verb that judges it, and the sentence about it.
const (
	// MaxName is for accounts, people, roles and permissions.
	MaxName  = 100
	MaxEmail = 254
	// MaxDescription is for roles and permissions.
	MaxDescription      = 300
	MaxTokenDescription = 200
	MaxRoleKey          = 64
	MaxPermissionKey    = 128
	MaxSearch           = 200
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

// Email is an e-mail address that a person typed, already in NFC: trimmed, at
// most MaxEmail characters, one @ with something on either side, and nothing
// invisible. It says what can be told without sending mail, no more. The
// second result is the key of the problem, empty when there is none.
func Email(s string) (string, string) {
	s, problem := Text(s, MaxEmail)
	if problem != "" {
		return s, problem
	}
	if s == "" {
		return "", "required"
	}
	local, domain, _ := strings.Cut(s, "@")
	hidden := func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }
	if local == "" || domain == "" || strings.Contains(domain, "@") || strings.ContainsFunc(s, hidden) {
		return s, "email"
	}
	return s, ""
}
