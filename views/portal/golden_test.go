package portal_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/gallery"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// fiftyRows is measured and not kept: the same row over and over teaches no reader.
const fiftyRows = "tokens-fifty-rows"

func TestPages_AreAsTheyWereRead(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, entry := range gallery.PortalEntries() {
		if entry.Slug() == fiftyRows {
			continue
		}
		name := filepath.Join("testdata", entry.Slug()+".html")
		known[name] = true
		t.Run(entry.Slug(), func(t *testing.T) {
			t.Parallel()
			compare(t, name, readable(string(render(t, entry))))
		})
	}
	kept, err := filepath.Glob("testdata/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range kept {
		if !known[name] {
			t.Errorf("%s is of a state that no longer exists", name)
		}
	}
}

// A key stands on the page where the catalogue lacks its sentence or an argument.
func TestPages_SpeakSentencesAndNoKeys(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile(`[>"]\s*(account|error|home|invalid|keys|link|nav|password|policy|problem|security|signIn|tokens|ui)(\.[A-Za-z0-9]+)+\s*[<"]|no value|%!`)
	for _, entry := range gallery.PortalEntries() {
		if found := key.Find(render(t, entry)); found != nil {
			t.Errorf("%s says %q", entry.Slug(), found)
		}
	}
}

func TestListPage_FiftyRowsKeepTheBudget(t *testing.T) {
	t.Parallel()
	for _, entry := range gallery.PortalEntries() {
		if entry.Slug() != fiftyRows {
			continue
		}
		page := render(t, entry)
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(page); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(bytes.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		elements, rows := doc.Find("*").Length(), doc.Find("tbody tr").Length()
		t.Logf("%d rows, %d elements, %d bytes, %d packed", rows, elements, len(page), packed.Len())
		if rows != 50 || elements > 1600 || packed.Len() > 20<<10 {
			t.Errorf("%d rows, %d elements, %d bytes packed", rows, elements, packed.Len())
		}
		return
	}
	t.Error("the gallery has no list of fifty rows")
}

func render(t *testing.T, entry gallery.Entry) []byte {
	t.Helper()
	var page bytes.Buffer
	head := views.Head{Assets: views.Assets{Style: "app.css", Script: "app.js", Icon: "icon.svg"}}
	if err := entry.Page(head).Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	return page.Bytes()
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
	if got == string(want) {
		return
	}
	wanted := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(wanted) || wanted[i] != line {
			t.Fatalf("%s is out of date at %q (look at it, then -update)", name, line)
		}
	}
	t.Fatalf("%s is out of date at its end (look at it, then -update)", name)
}
