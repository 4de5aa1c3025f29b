package gallery

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"github.com/latchkey-dev/latchkey/static"
	"github.com/latchkey-dev/latchkey/views"
)

func TestEntries_EachIsSoundHTML(t *testing.T) {
	t.Parallel()
	for _, entry := range Entries() {
		t.Run(entry.Slug(), func(t *testing.T) {
			t.Parallel()
			component := entry.Part
			if entry.Page != nil {
				component = entry.Page(views.Head{Title: entry.Group})
			}
			var body bytes.Buffer
			if err := component.Render(t.Context(), &body); err != nil {
				t.Fatal(err)
			}
			checkSound(t, body.Bytes())
		})
	}
}

func TestEntries_HaveSlugsOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, entry := range Entries() {
		if seen[entry.Slug()] {
			t.Errorf("two entries are called %q", entry.Slug())
		}
		seen[entry.Slug()] = true
		if (entry.Part == nil) == (entry.Page == nil) {
			t.Errorf("%s is not exactly one of part and page", entry.Slug())
		}
	}
}

func TestEntries_GiveEachKeyToOneElementOfAPage(t *testing.T) {
	t.Parallel()
	for _, entry := range Entries() {
		if entry.Page == nil {
			continue
		}
		var body bytes.Buffer
		if err := entry.Page(views.Head{}).Render(t.Context(), &body); err != nil {
			t.Fatal(err)
		}
		keys := map[string]bool{}
		parse(t, body.Bytes()).Find("[data-key]").Each(func(_ int, s *goquery.Selection) {
			key := s.AttrOr("data-key", "")
			if key == "" || keys[key] {
				t.Errorf("%s: the key %q is empty or there twice", entry.Slug(), key)
			}
			keys[key] = true
		})
	}
}

func TestHandler_ServesTheSheetAndEachPage(t *testing.T) {
	t.Parallel()
	handler := newHandler(t)
	addresses := []string{"/", "/?theme=dark", "/?dir=rtl"}
	for _, entry := range Entries() {
		if entry.Page != nil {
			addresses = append(addresses, "/"+entry.Slug())
		}
	}
	for _, address := range addresses {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d, policy %q", address, w.Code, w.Header().Get("Content-Security-Policy"))
		}
		checkSound(t, w.Body.Bytes())
	}
}

func TestHandler_ThemeAndDirectionAreOnTheDocument(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	newHandler(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?theme=dark&dir=rtl", nil))
	doc := parse(t, w.Body.Bytes())
	root := doc.Find("html")
	if theme, dir := root.AttrOr("data-theme", ""), root.AttrOr("dir", ""); theme != "dark" || dir != "rtl" {
		t.Errorf("theme %q, direction %q", theme, dir)
	}
}

func TestHandler_UnknownPageIs404(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	newHandler(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/no-such-page", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

func newHandler(t *testing.T) http.Handler {
	t.Helper()
	assets, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	return Handler(assets)
}

func parse(t *testing.T, body []byte) *goquery.Document {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return goquery.NewDocumentFromNode(root)
}

// checkSound asserts what a browser forgives and a person does not: ids that are
// there twice, references to nothing, controls without a name, anything inline that
// the content security policy would drop.
func checkSound(t *testing.T, body []byte) {
	t.Helper()
	doc := parse(t, body)
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if id == "" || ids[id] {
			t.Errorf("the id %q is empty or there twice", id)
		}
		ids[id] = true
	})
	for _, attribute := range []string{"for", "aria-describedby", "aria-labelledby", "data-copy", "data-opens"} {
		doc.Find("[" + attribute + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(attribute, "")) {
				if !ids[id] {
					t.Errorf("%s names %q, which is not there: %s", attribute, id, outer(t, s))
				}
			}
		})
	}
	doc.Find("a, button, summary").Each(func(_ int, s *goquery.Selection) {
		if strings.TrimSpace(s.Text()) == "" && s.AttrOr("aria-label", "") == "" {
			t.Errorf("no name: %s", outer(t, s))
		}
	})
	doc.Find("input:not([type=hidden]), select, textarea, output").Each(func(_ int, s *goquery.Selection) {
		labelled := s.AttrOr("aria-label", "") != "" || s.Closest("label").Length() > 0
		if id, ok := s.Attr("id"); ok && !labelled {
			labelled = doc.Find(`label[for="`+id+`"]`).Length() > 0
		}
		if !labelled {
			t.Errorf("no label: %s", outer(t, s))
		}
	})
	doc.Find("[style], [onclick], style, script:not([src])").Each(func(_ int, s *goquery.Selection) {
		t.Errorf("inline style or script: %s", outer(t, s))
	})
	doc.Find(`form[method="post"]`).Each(func(_ int, s *goquery.Selection) {
		if s.Find(`input[name="csrf"]`).Length() != 1 {
			t.Errorf("a form without its token: %s", outer(t, s))
		}
	})
}

func outer(t *testing.T, s *goquery.Selection) string {
	t.Helper()
	text, err := goquery.OuterHtml(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
