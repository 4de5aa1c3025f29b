package store_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/latchkey-dev/latchkey/internal/store"
)

func TestClip_IsShortAndFitForBothDatabases(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "plain", strings.Repeat("é", 400), strings.Repeat("\xff", 400), "\x00\x00", strings.Repeat("a", 511) + "é"} {
		out := store.Clip(in)
		if len(out) > 512 || !utf8.ValidString(out) || strings.ContainsRune(out, 0) {
			t.Errorf("%q became %q", in, out)
		}
	}
	if out := store.Clip("plain é"); out != "plain é" {
		t.Errorf("good text became %q", out)
	}
}

func TestFold_MakesOneOfWhatPeopleTakeForOne(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{{"Dana@ACME.example", "dana@acme.example"}, {"E\u0301mile", "émile"}} {
		if store.Fold(same[0]) != store.Fold(same[1]) {
			t.Errorf("%q and %q differ", same[0], same[1])
		}
	}
	if got := store.Containing(`5%_\É`); got != `%5\%\_\\é%` {
		t.Errorf("pattern %q", got)
	}
}
