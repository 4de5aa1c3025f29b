package ui

import (
	"strings"
	"unicode/utf8"
)

// classes joins class lists and leaves out the empty ones.
func classes(lists ...string) string {
	var kept []string
	for _, list := range lists {
		if list != "" {
			kept = append(kept, list)
		}
	}
	return strings.Join(kept, " ")
}

// when is list if the condition holds, empty otherwise.
func when(condition bool, list string) string {
	if condition {
		return list
	}
	return ""
}

// long is the class of text with a word that no column has room for: it may break
// anywhere. Shorter words keep together, so that usual addresses and names do not.
func long(texts ...string) string {
	for _, text := range texts {
		for _, word := range strings.Fields(text) {
			if utf8.RuneCountInString(word) > longestWord {
				return "long"
			}
		}
	}
	return ""
}

const longestWord = 32

// Focused draws a part as if the keyboard had reached it, for the gallery.
const Focused = "demo-focus"
