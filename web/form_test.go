package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

func TestForm_BadInputIsAClear400(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	token := "csrf=" + s.token("/me", "dana")
	for name, row := range map[string]struct{ body, key string }{
		"invalid UTF-8":        {"description=%ff", "bad_characters"},
		"raw invalid UTF-8":    {"description=\xff", "bad_characters"},
		"NUL":                  {"description=a%00b", "bad_characters"},
		"raw NUL":              {"description=a\x00b", "bad_characters"},
		"NUL in a name":        {"des%00cription=a", "bad_characters"},
		"half an escape":       {"description=%4", "bad_form"},
		"no hexadecimal":       {"description=%zz", "bad_form"},
		"repeated field":       {"description=a&description=b", "repeated_field"},
		"repeated token":       {token, "repeated_field"},
		"repeated extra field": {"tenant_id=a&tenant_id=b", "repeated_field"},
		"too many fields":      {strings.Repeat("roles=a&", 1001), "too_many_fields"},
	} {
		res := s.do(as(request("POST", "/workspace/tokens", token+"&"+row.body), "dana"))
		if body := bodyOf(t, res); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "error page "+row.key) {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
	}
}

func TestForm_FieldsOfTheTableMayComeMoreThanOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	body := "csrf=" + s.token("/me", "dana") + "&roles=a&roles=b&description=x%20y&tenant_id=globex&is_operator=true"
	if res := s.do(as(request("POST", "/workspace/tokens", body), "dana")); res.StatusCode != http.StatusCreated {
		t.Errorf("%d %s", res.StatusCode, bodyOf(t, res))
	}
}

func TestQuery_IsReadAsStrictlyAsAForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for query, want := range map[string]int{
		"q=a": 200, "": 200, "q=%ff": 400, "q=%00": 400, "q=%": 400, "q=a&q=b": 400, "other=1": 200,
	} {
		r := as(request("GET", "/workspace/tokens/x", ""), "dana")
		r.URL.RawQuery = query
		if got := s.do(r).StatusCode; got != want {
			t.Errorf("?%s: %d, want %d", query, got, want)
		}
	}
}

func TestPath_ThatIsNoTextIsNotFound(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, path := range []string{"/workspace/tokens/%00", "/workspace/tokens/%ff", "/workspace/tokens/%2f%00"} {
		r := as(request("GET", "/x", ""), "dana")
		u, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		if got := s.do(r).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
}

// endless is a body that would go on for ever; it counts what was read.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func TestBody_OfAMebibyteIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	token := s.token("/me", "dana")
	mebibyte := strings.Repeat("a", 1<<20)
	for name, r := range map[string]*http.Request{
		"form":         as(request("POST", "/workspace/tokens", "csrf="+token+"&description="+mebibyte), "dana"),
		"visitor form": request("POST", "/sign-in", "email="+mebibyte),
		"json":         request("POST", "/v1/echo", `{"name":"`+mebibyte+`"}`),
	} {
		if res := s.do(r); res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	// Without a length little is read before the refusal.
	for _, path := range []string{"/workspace/tokens", "/v1/echo"} {
		r := as(request("POST", path, ""), "dana")
		body := &endless{}
		r.Body, r.ContentLength = io.NopCloser(body), -1
		if res := s.do(r); res.StatusCode != http.StatusRequestEntityTooLarge || body.read > 256<<10 {
			t.Errorf("%s: %d after %d bytes", path, res.StatusCode, body.read)
		}
	}
	fits := "csrf=" + token + "&description="
	fits += strings.Repeat("a", web.DefaultMaxBody-len(fits))
	if res := s.do(as(request("POST", "/workspace/tokens", fits), "dana")); res.StatusCode != http.StatusCreated {
		t.Errorf("a body of exactly the limit: %d", res.StatusCode)
	}
}

func TestBody_CutShortIsTheClientsFault(t *testing.T) {
	t.Parallel()
	r := as(request("POST", "/workspace/tokens", ""), "dana")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("csrf="), brokenReader{}))
	r.ContentLength = 10
	if res := newSite(t, nil).do(r); res.StatusCode != http.StatusBadRequest {
		t.Errorf("%d", res.StatusCode)
	}
}

// A body that comes too slowly ends as one whose sender has gone.
func TestBody_ThatNeverEndsIsTheClientsFault(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := request("POST", "/v1/echo", "").WithContext(ctx)
	r.Body, r.ContentLength = io.NopCloser(brokenReader{}), 10
	if res := newSite(t, nil).do(r); res.StatusCode != http.StatusBadRequest {
		t.Errorf("%d", res.StatusCode)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestJSON_IsReadStrictly(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	deep := strings.Repeat(`{"x":`, 33) + "1" + strings.Repeat("}", 33)
	for body, want := range map[string]string{
		`{"name":"a","number":3,"list":["x"]}`:        `{"name":"a","number":3,"list":["x"]}`,
		`{"unknown":{"a":[1,{"b":null}]},"name":"é"}`: `{"name":"é","number":0,"list":null}`,
		"  {}\n ":                    `{"name":"","number":0,"list":null}`,
		`{"a":{"x":1},"b":{"x":2}}`:  `{"name":"","number":0,"list":null}`,
		``:                           "400 The body must be one JSON object.",
		`nonsense`:                   "400 The body must be one JSON object.",
		`null`:                       "400 The body must be one JSON object.",
		`[]`:                         "400 The body must be one JSON object.",
		`"text"`:                     "400 The body must be one JSON object.",
		`{"name":"a"`:                "400 The body must be one JSON object.",
		`{"name":"a"}}`:              "400 The body must be one JSON object.",
		`{} {}`:                      "400 The body must be one JSON object.",
		`{"name":}`:                  "400 The body must be one JSON object.",
		`{"name":1}`:                 "400 name must be a string",
		`{"name":{}}`:                "400 name must be a string",
		`{"kind":1}`:                 "400 kind must be a string",
		`{"number":"1"}`:             "400 number must be a number",
		`{"number":1.5}`:             "400 number must be a number",
		`{"list":"x"}`:               "400 list must be a list of strings",
		`{"name":"a","name":"b"}`:    "400 The body names a field more than once.",
		`{"name":"a","NAME":"b"}`:    "400 The body names a field more than once.",
		`{"list":[],"liſt":["x"]}`:   "400 The body names a field more than once.",
		`{"x":{"K":1,"\u212a":2}}`:   "400 The body names a field more than once.",
		`{"x":[{"a":1,"\u0061":2}]}`: "400 The body names a field more than once.",
		`{"name":"a\u0000b"}`:        "400 The body has characters that are not valid text (UTF-8 without NUL).",
		"{\"name\":\"\xff\"}":        "400 The body has characters that are not valid text (UTF-8 without NUL).",
		deep:                         "400 The body nests too deep.",
		"name=a&csrf=b":              "400 The body must be one JSON object.",
	} {
		res := s.do(request("POST", "/v1/echo", body))
		got := bodyOf(t, res)
		if status, detail, failed := strings.Cut(want, " "); failed && status == "400" {
			if res.StatusCode != http.StatusBadRequest || !strings.Contains(got, detail) {
				t.Errorf("%s: %d %s", body, res.StatusCode, got)
			}
		} else if strings.TrimSpace(got) != want {
			t.Errorf("%s: %d %s", body, res.StatusCode, got)
		}
	}
}

func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{"", "a=b", "a=b&a=c", "roles=1&roles=2", "%zz=1", "a=%00", "a=\xff", "&&=&a", "a=%F0%9F%94%91", "a+b=c+d", "a;b=c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := web.ParseForm(text, []string{"roles"})
		var refused *web.Error
		if err != nil {
			if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest || refused.Detail == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		// What is taken means the same to net/url, and can be kept anywhere.
		// A semicolon is the one thing that only net/url refuses.
		want, err := url.ParseQuery(strings.ReplaceAll(text, ";", "%3B"))
		if err != nil {
			t.Fatalf("%q: net/url says %v", text, err)
		}
		for name, all := range want {
			got := values.All(name)
			if len(got) != len(all) || len(got) > 1 && name != "roles" || values.Get(name) != all[0] || !values.Has(name) {
				t.Fatalf("%q: %s is %q, want %q", text, name, got, all)
			}
			for _, value := range append(got, name) {
				if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
					t.Fatalf("%q: %q is taken", text, value)
				}
			}
		}
	})
}

func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"name":"a"}`, `{"name":1}`, `[`, `{"a":{"b":[1,2,{"c":null}]}}`, "{\"name\":\"\xff\"}", `{"name":"\u0000"}`} {
		f.Add(seed)
	}
	s := newSite(f, nil)
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, request("POST", "/v1/echo", body))
		res := w.Result()
		if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusBadRequest {
			t.Fatalf("%q: %d", body, res.StatusCode)
		}
	})
}

func FuzzSafeNext(f *testing.F) {
	for _, seed := range []string{"/", "/workspace/tokens?q=a", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "/%2f%2fevil", "/..//evil.example"} {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "http", Host: "portal.example.com", Path: "/sign-in"}
	f.Fuzz(func(t *testing.T, next string) {
		safe := web.SafeNext(next)
		if safe == "" {
			return
		}
		u, err := url.Parse(safe)
		if err != nil || safe != next || base.ResolveReference(u).Host != base.Host || strings.ContainsAny(safe, "\\\r\n\t") || strings.HasPrefix(safe, "//") {
			t.Fatalf("%q is taken for a local path", next)
		}
	})
}

func TestSafeNext(t *testing.T) {
	t.Parallel()
	for next, safe := range map[string]bool{
		"/": true, "/workspace/tokens?q=a%20b&x=1": true, "/a%2Fb": true,
		"": false, "workspace": false, "//evil.example": false, "///evil.example": false, `/\evil.example`: false,
		"/\t/evil.example": false, "/\n/evil.example": false, "https://evil.example/": false, "javascript:alert(1)": false,
		"/a b": false, "\\\\evil.example": false, "/\u00a0": false, "/" + strings.Repeat("a", 3000): false,
	} {
		if got := web.SafeNext(next); (got != "") != safe {
			t.Errorf("%q: %q", next, got)
		}
	}
}

func TestForm_RefusedTokenIsWrittenDownWithItsAction(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.do(as(request("POST", "/console", ""), "op"))
	if len(s.refused) != 1 || s.refused[0].Action != models.SettingsUpdated || s.refused[0].Reason != "csrf" {
		t.Errorf("%+v", s.refused)
	}
}
