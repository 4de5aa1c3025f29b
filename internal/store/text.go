package store

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longestNote bounds what requests say about themselves (user agent, address,
// request id): it is kept for people to read, not to be matched.
const longestNote = 512

// fold is how names and addresses are compared, sorted and searched.
func fold(s string) string { return strings.ToLower(norm.NFC.String(s)) }

// clip makes text from a request fit for both databases: PostgreSQL refuses
// NUL and invalid UTF-8, and a header must not be able to fail a write.
func clip(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= longestNote {
		return s
	}
	end := longestNote
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// storable tells whether text can be in the database at all; what can't is
// looked for in vain.
func storable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// containing is the pattern for LIKE … ESCAPE '\' that finds s, folded, anywhere.
func containing(s string) string { return "%" + likeEscaper.Replace(fold(s)) + "%" }

// optionalText is NULL for "".
func optionalText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
