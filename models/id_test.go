package models

import (
	"strconv"
	"strings"
	"testing"
	"time"
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

func TestNewID_IsAUUIDv7OfItsMomentAndSortsByIt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)
	last := NewID(at.Add(-time.Microsecond))
	seen := map[string]bool{}
	for i := range 2000 {
		id := NewID(at.Add(time.Duration(i) * time.Microsecond))
		if !ValidID(id) || id[14] != '7' || !strings.ContainsRune("89ab", rune(id[19])) {
			t.Fatalf("%s is no UUIDv7", id)
		}
		if id <= last {
			t.Fatalf("%s comes before %s", id, last)
		}
		last, seen[id[24:]] = id, true
	}
	if len(seen) != 2000 {
		t.Errorf("%d different tails of 2000", len(seen))
	}
	if ms, err := strconv.ParseInt(NewID(at)[:8]+NewID(at)[9:13], 16, 64); err != nil || ms != at.UnixMilli() {
		t.Errorf("the first 48 bits are %d, want %d", ms, at.UnixMilli())
	}
}
