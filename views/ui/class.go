package ui

import "strings"

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

// Focused draws a part as if the keyboard had reached it, for the gallery.
const Focused = "demo-focus"
