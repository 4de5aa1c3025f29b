package models

import (
	"strings"
	"testing"
)

func TestValidID_OneSpellingOfAnId(t *testing.T) {
	t.Parallel()
	const id = "0190b7c8-7b1c-7d7e-8b1a-2d3c4b5a6978"
	if !ValidID(id) {
		t.Fatal("an id is not valid")
	}
	for _, other := range []string{
		"", strings.ToUpper(id), id[:8] + "B" + id[9:], strings.ReplaceAll(id, "-", ""), strings.ReplaceAll(id, "-", "x"),
		"{" + id + "}", "{" + id[1:35] + "}", "urn:uuid:" + id, " " + id, id + "\n", id + "\x00", id + "0",
		id[:35], id[:35] + "\xff", id[:35] + "\x00", id[:35] + "g", "%", "' OR 1=1 --",
	} {
		if ValidID(other) {
			t.Errorf("%q is taken for an id", other)
		}
	}
}
