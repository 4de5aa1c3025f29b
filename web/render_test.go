package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

func TestRender_PacksPagesButNoSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	r := request("GET", "/big", "")
	r.Header.Set("Accept-Encoding", "gzip")
	res := s.do(r)
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("%v", res.Header)
	}
	unpacked, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil || string(text) != strings.Repeat("big page ", 1000) {
		t.Errorf("%d bytes, %v", len(text), err)
	}

	r = as(request("POST", "/workspace/tokens", "csrf="+s.token("/me", "dana")), "dana")
	r.Header.Set("Accept-Encoding", "gzip")
	res = s.do(r)
	if res.StatusCode != http.StatusCreated || res.Header.Get("Content-Encoding") != "" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page with the secret: %d %v", res.StatusCode, res.Header)
	}
}

func TestRender_AcceptEncoding(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br": false, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0": false,
		"*": true, "*;q=0": false, "*, gzip;q=0": false, "identity": false, "gzip;q=x": false,
	} {
		r := request("GET", "/big", "")
		r.Header.Set("Accept-Encoding", accept)
		if got := s.do(r).Header.Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: packed %t", accept, got)
		}
	}
}

func TestRender_HeadHasTheLengthAndNoBody(t *testing.T) {
	t.Parallel()
	res := newSite(t, nil).do(request("HEAD", "/big", ""))
	if res.Header.Get("Content-Length") != strconv.Itoa(9000) || bodyOf(t, res) != "" {
		t.Errorf("%v", res.Header)
	}
}

func TestRedirect_GoesToLocalPathsOnly(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]int{"/workspace": 303, "//evil.example": 500, "https://evil.example": 500} {
		s := newSite(t, func(c *configOf) {
			c.Routes = append(c.Routes, web.Route{Method: "GET", Path: "/go", Access: web.Public, Handler: func(ec echo.Context) error {
				return web.Redirect(ec, target)
			}})
		})
		res := s.do(request("GET", "/go", ""))
		if res.StatusCode != want || want == 303 && res.Header.Get("Location") != target {
			t.Errorf("%s: %d %q", target, res.StatusCode, res.Header.Get("Location"))
		}
	}
}

func TestDevice_IsKnownByTheEmailsThatSignedIn(t *testing.T) {
	t.Parallel()
	known := map[string]string{}
	s := newSite(t, func(c *configOf) {
		c.Routes = append(c.Routes,
			web.Route{Method: "GET", Path: "/remember/:key", Access: web.Public, Handler: func(ec echo.Context) error {
				if err := web.RememberBrowser(ec, ec.Param("key"), models.SameSiteLax); err != nil {
					return err
				}
				return web.JSON(ec, 200, nil)
			}},
			web.Route{Method: "GET", Path: "/known/:key", Access: web.Public, Handler: func(ec echo.Context) error {
				known[ec.Param("key")] = web.KnownBrowser(ec, ec.Param("key"))
				return web.JSON(ec, 200, nil)
			}})
	})
	var device *http.Cookie
	visit := func(path string) *http.Response {
		r := request("GET", path, "")
		if device != nil {
			r.AddCookie(device)
		}
		return s.do(r)
	}
	visit("/known/a")
	if known["a"] != "" {
		t.Errorf("a new browser is known as %q", known["a"])
	}
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "b"} {
		device = cookieNamed(t, visit("/remember/"+key), "latchkey_device")
	}
	if !device.HttpOnly || device.SameSite != http.SameSiteLaxMode || device.MaxAge != 400*24*3600 || device.Path != "/" {
		t.Errorf("%s", device)
	}
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		visit("/known/" + key)
	}
	if known["a"] != "" {
		t.Error("more than five e-mails are remembered")
	}
	for _, key := range []string{"b", "c", "d", "e", "f"} {
		if len(known[key]) != 43 || known[key] != known["b"] {
			t.Errorf("%s: %q", key, known[key])
		}
	}
	device.Value = device.Value[:len(device.Value)-6] + "AAAAAA"
	visit("/known/b")
	if known["b"] != "" {
		t.Error("a cookie that was changed is believed")
	}
	// The form cookie is signed by the same key and still is no device.
	form := cookieNamed(t, visit("/sign-in"), "latchkey_form")
	device = &http.Cookie{Name: "latchkey_device", Value: form.Value}
	visit("/known/c")
	if known["c"] != "" {
		t.Error("another cookie's signature is believed")
	}
}

func TestCache_IsInWholeSeconds(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *configOf) {
		c.Routes = append(c.Routes, web.Route{Method: "GET", Path: "/kept", Access: web.Open, Handler: func(ec echo.Context) error {
			web.Cache(ec, 90*time.Second)
			return web.JSON(ec, 200, nil)
		}})
	})
	if got := s.do(request("GET", "/kept", "")).Header.Get("Cache-Control"); got != "public, max-age=90" {
		t.Error(got)
	}
}
