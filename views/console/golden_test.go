package console_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/gallery"
)

var update = flag.Bool("update", false, "write the golden pages anew")

func TestPages_AreAsTheyWereRead(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, entry := range gallery.ConsoleEntries() {
		name := filepath.Join("testdata", entry.Slug()+".html")
		known[name] = true
		t.Run(entry.Slug(), func(t *testing.T) {
			t.Parallel()
			var page bytes.Buffer
			head := views.Head{Assets: views.Assets{Style: "app.css", Script: "app.js", Icon: "icon.svg"}}
			if err := entry.Page(head).Render(t.Context(), &page); err != nil {
				t.Fatal(err)
			}
			compare(t, name, readable(page.String()))
		})
	}
	kept, err := filepath.Glob("testdata/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range kept {
		switch {
		case known[name]:
		case *update:
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s is of a state that no longer exists", name)
		}
	}
}

// readable is the page without the frame that all of them share, each tag on a
// line of its own, for whoever reviews a change.
func readable(page string) string {
	if start, end := strings.Index(page, "<main"), strings.LastIndex(page, "</main>"); start >= 0 && end > start {
		page = page[start:end]
	}
	return strings.ReplaceAll(page, "><", ">\n<") + "\n"
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v (make it with -update)", err)
	}
	if got != string(want) {
		t.Errorf("%s is out of date at %q (look at it, then -update)", name, firstDifference(string(want), got))
	}
}

func firstDifference(want, got string) string {
	wanted := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(wanted) || wanted[i] != line {
			return line
		}
	}
	return "the end"
}
