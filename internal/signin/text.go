package signin

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

func nfc(s string) string { return norm.NFC.String(s) }

// fold is how e-mails are compared: as the database's folded column is made.
func fold(s string) string { return strings.ToLower(nfc(strings.TrimSpace(s))) }
