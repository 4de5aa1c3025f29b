package web_test

import (
	"net/http"
	"strings"
	"testing"
)

const policy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// answers is one request for every kind of answer.
var answers = map[string]struct {
	method, path, as string
	status           int
}{
	"page":               {"GET", "/", "", 200},
	"head":               {"HEAD", "/", "", 200},
	"signed in":          {"GET", "/me", "dana", 200},
	"to sign-in":         {"GET", "/me", "", 303},
	"refused post":       {"POST", "/sign-out", "", 403},
	"no permission":      {"POST", "/workspace/tokens", "vic", 403},
	"no form token":      {"POST", "/workspace/tokens", "dana", 403},
	"hidden module":      {"GET", "/account/tokens", "dana", 404},
	"not an operator":    {"GET", "/console", "dana", 404},
	"operator":           {"GET", "/console", "op", 200},
	"no such page":       {"GET", "/nothing", "", 404},
	"method":             {"DELETE", "/me", "dana", 405},
	"options":            {"OPTIONS", "/me", "", 204},
	"fault":              {"GET", "/fail", "dana", 500},
	"panic":              {"GET", "/panic", "", 500},
	"half a page":        {"GET", "/half", "", 500},
	"database gone":      {"GET", "/me", "broken", 503},
	"bad query":          {"GET", "/me?q=%zz", "dana", 400},
	"file":               {"GET", "/static/app.abc.css", "", 200},
	"font":               {"GET", "/static/inter.abc.woff2", "", 200},
	"no such file":       {"GET", "/static/app.css", "", 404},
	"api":                {"GET", "/v1/cached", "", 200},
	"api fault":          {"GET", "/v1/fail", "", 500},
	"api credential":     {"GET", "/v1/unauthenticated", "", 401},
	"api method":         {"POST", "/v1/fail", "", 405},
	"api no such":        {"GET", "/v1/nothing", "", 404},
	"cached but failing": {"GET", "/v1/cached-fail", "", 503},
	"frontegg":           {"POST", "/identity/fail", "", 500},
	"frontegg no such":   {"POST", "/identity/nothing", "", 404},
}

func TestHeaders_AreOnEveryAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for name, a := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(a.method, a.path, "")
			if a.as != "" {
				as(r, a.as)
			}
			res := s.do(r)
			if res.StatusCode != a.status {
				t.Fatalf("status %d, want %d: %s", res.StatusCode, a.status, bodyOf(t, res))
			}
			for header, want := range map[string]string{
				"Content-Security-Policy":      policy,
				"X-Content-Type-Options":       "nosniff",
				"Referrer-Policy":              "same-origin",
				"X-Frame-Options":              "DENY",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
				"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
				"Strict-Transport-Security":    "",
			} {
				if got := res.Header.Get(header); got != want || len(res.Header.Values(header)) > 1 {
					t.Errorf("%s: %q, want %q", header, res.Header.Values(header), want)
				}
			}
			if len(res.Header.Get("X-Request-Id")) != 24 {
				t.Errorf("request id %q", res.Header.Get("X-Request-Id"))
			}
			cache := "no-store"
			switch name {
			case "file", "font":
				cache = "public, max-age=31536000, immutable"
			case "api":
				cache = "public, max-age=300"
			}
			if got := res.Header.Get("Cache-Control"); got != cache {
				t.Errorf("Cache-Control %q, want %q", got, cache)
			}
		})
	}
}

func TestHeaders_HSTSOverHTTPSOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, secure)
	for _, path := range []string{"/", "/nothing", "/fail", "/v1/fail", "/static/nothing"} {
		if got := s.do(request("GET", path, "")).Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
			t.Errorf("%s: %q", path, got)
		}
	}
	// A forwarded scheme changes nothing: only the public URL counts.
	r := request("GET", "/", "")
	r.Header.Set("X-Forwarded-Proto", "https")
	if got := newSite(t, nil).do(r).Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("over http: %q", got)
	}
}

func TestMethod_OfAnotherKindIsToldWhatIsAllowed(t *testing.T) {
	t.Parallel()
	res := newSite(t, nil).do(request("PUT", "/sign-in", ""))
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Fatalf("status %d", res.StatusCode)
	}
	for _, method := range []string{"GET", "HEAD", "POST"} {
		if !strings.Contains(res.Header.Get("Allow"), method) {
			t.Errorf("Allow %q lacks %s", res.Header.Get("Allow"), method)
		}
	}
}

func TestStatic_IsPackedForThoseWhoTakeIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for range 2 {
		r := request("GET", "/static/app.abc.css", "")
		r.Header.Set("Accept-Encoding", "br, gzip")
		res := s.do(r)
		if res.Header.Get("Content-Encoding") != "gzip" || len(bodyOf(t, res)) >= 2400 {
			t.Errorf("not packed: %v", res.Header)
		}
	}
	res := s.do(request("GET", "/static/app.abc.css", ""))
	if res.Header.Get("Content-Encoding") != "" || len(bodyOf(t, res)) != 2400 || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("packed for those who don't: %v", res.Header)
	}
	r := request("GET", "/static/inter.abc.woff2", "")
	r.Header.Set("Accept-Encoding", "gzip")
	if res := s.do(r); res.Header.Get("Content-Encoding") != "" {
		t.Error("a font was packed again")
	}
}
