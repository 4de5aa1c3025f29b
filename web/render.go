package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

const (
	htmlType = "text/html; charset=utf-8"
	noStore  = "no-store"
	// minPacked is the size in bytes below which compressing saves nothing.
	minPacked = 1024
)

// Render sends a page. It is rendered whole before its status goes out, so
// that a failure becomes an error page and never half a page.
func Render(c echo.Context, status int, page templ.Component) error {
	return render(c, status, page, true)
}

// RenderSecret sends a page that holds a secret, uncompressed: the length of a
// compressed page beside text of the asker's choice tells about it (BREACH).
func RenderSecret(c echo.Context, status int, page templ.Component) error {
	return render(c, status, page, false)
}

func render(c echo.Context, status int, page templ.Component, pack bool) error {
	var body bytes.Buffer
	// What was asked for is done: a client that only seems to have left is to
	// see it.
	if err := page.Render(context.WithoutCancel(c.Request().Context()), &body); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	return stateOf(c).server.send(c, status, htmlType, body.Bytes(), pack)
}

// JSON sends v, uncompressed: answers of the API are small and may hold secrets.
func JSON(c echo.Context, status int, v any) error {
	return stateOf(c).server.sendJSON(c, status, "application/json", v)
}

func (s *Server) sendJSON(c echo.Context, status int, contentType string, v any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return s.send(c, status, contentType, body.Bytes(), false)
}

// Cache lets everybody keep the answer that follows for a while. Errors are
// never kept.
func Cache(c echo.Context, ttl time.Duration) {
	c.Response().Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(ttl/time.Second)))
}

// Redirect sends the browser to a local path by GET (303): the answer to a
// form that worked.
func Redirect(c echo.Context, path string) error {
	if SafeNext(path) == "" {
		return errors.New("web: redirect to an address that is not local")
	}
	return c.Redirect(http.StatusSeeOther, path)
}

const maxNext = 2048

// SafeNext is next when it is a local path (with a query, perhaps) that a
// browser cannot read as another site, and "" otherwise.
func SafeNext(next string) string {
	if len(next) > maxNext || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		return ""
	}
	// Browsers read \ as / and drop tabs and line breaks: "/\t/host" is "//host".
	for _, r := range next {
		if r <= ' ' || r == '\\' || r >= 0x7f {
			return ""
		}
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	return next
}

// send answers with a whole body, compressed when that is wanted and worth it.
func (s *Server) send(c echo.Context, status int, contentType string, body []byte, pack bool) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, contentType)
	if pack {
		h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
		if len(body) >= minPacked && acceptsGzip(c.Request()) {
			body = s.gzip(body)
			h.Set(echo.HeaderContentEncoding, "gzip")
		}
	}
	h.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	c.Response().WriteHeader(status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	// A client that left meanwhile is no fault of ours, and nobody is there to be told.
	_, _ = c.Response().Write(body)
	return nil
}

func (s *Server) gzip(body []byte) []byte {
	var packed bytes.Buffer
	w, ok := s.compressors.Get().(*gzip.Writer)
	if !ok {
		w = gzip.NewWriter(nil)
	}
	defer s.compressors.Put(w)
	w.Reset(&packed)
	// Writing to memory cannot fail.
	_, _ = w.Write(body)
	_ = w.Close()
	return packed.Bytes()
}

// acceptsGzip tells whether the client takes gzip (RFC 9110, 12.5.3).
func acceptsGzip(r *http.Request) bool {
	accepted := false
	for part := range strings.SplitSeq(strings.Join(r.Header.Values(echo.HeaderAcceptEncoding), ","), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "gzip" && coding != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q=")
		value, err := strconv.ParseFloat(q, 64)
		wanted := !found || err == nil && value > 0
		if coding == "gzip" {
			return wanted
		}
		accepted = wanted
	}
	return accepted
}
