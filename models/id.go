package models

// ValidID tells whether id is spelled as Latchkey spells ids: a UUID in lower
// case, with dashes. Any other spelling is an unknown id, and must not reach
// the database, which might take it for a known one or fail on it.
func ValidID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}
