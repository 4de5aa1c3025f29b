package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAssets_EveryFileIsServedForEverUnderItsHash(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	for name, kind := range map[string]string{
		Style: "text/css; charset=utf-8", Script: "text/javascript; charset=utf-8", Icon: "image/svg+xml", font: "font/woff2",
	} {
		res := get(t, assets, assets.Path(name))
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %q", name, res.StatusCode, res.Header.Get("Content-Type"))
		}
		if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
	}
}

func TestAssets_StyleNamesTheFontByItsHash(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	body, err := io.ReadAll(get(t, assets, assets.Path(Style)).Body)
	if err != nil {
		t.Fatal(err)
	}
	if address := strings.TrimPrefix(assets.Path(font), Prefix); !strings.Contains(string(body), address) {
		t.Errorf("the style sheet does not name %s", address)
	}
}

func TestAssets_OtherAddressesAre404(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	for _, address := range []string{"/static/css/app.css", "/static/", "/static/../embed.go", "/static/app.000.css"} {
		if res := get(t, assets, address); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", address, res.StatusCode)
		}
	}
	if got := assets.Path("nothing.css"); got != "" {
		t.Errorf("path of a file that does not exist: %q", got)
	}
}

func TestAssets_PostIsRefused(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	w := httptest.NewRecorder()
	assets.ServeHTTP(w, httptest.NewRequest(http.MethodPost, assets.Path(Icon), nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestAssets_ChangedFontChangesTheStylesAddress(t *testing.T) {
	t.Parallel()
	files := func(fontBytes string) fstest.MapFS {
		return fstest.MapFS{
			font: {Data: []byte(fontBytes)}, Icon: {}, Script: {},
			Style: {Data: []byte(`@font-face{src:url(inter-latin-wght-normal.woff2)}`)},
		}
	}
	one, err := load(files("one"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := load(files("two"))
	if err != nil {
		t.Fatal(err)
	}
	if one.Path(Style) == two.Path(Style) {
		t.Errorf("both are %s", one.Path(Style))
	}
}

func TestAssets_KeepTheirBudgets(t *testing.T) {
	t.Parallel()
	for name, budget := range map[string]int{Style: 12 << 10, Script: 6 << 10} {
		content, err := FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if packed.Len() > budget {
			t.Errorf("%s is %d bytes gzip, over its budget of %d", name, packed.Len(), budget)
		}
	}
}

func newAssets(t *testing.T) *Assets {
	t.Helper()
	assets, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return assets
}

func get(t *testing.T, assets *Assets, address string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	assets.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	return w.Result()
}
