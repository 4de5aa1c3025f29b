package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// Files under /static/ have a hash of their content in their address, so that
// they may be kept for ever.
const (
	staticPath = "/static/*"
	immutable  = "public, max-age=31536000, immutable"
)

// static serves one file; an address without the hash of the day is not found.
func (s *Server) static(c echo.Context) error {
	address := c.Request().URL.Path
	content, kind, ok := s.cfg.Asset(address)
	if !ok {
		return models.ErrNotFound
	}
	h := c.Response().Header()
	h.Set("Cache-Control", immutable)
	if !packable(kind) {
		return s.send(c, http.StatusOK, kind, content, false)
	}
	h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if !acceptsGzip(c.Request()) {
		return s.send(c, http.StatusOK, kind, content, false)
	}
	// The files are few and fixed, so each is compressed once.
	packed, ok := s.packed.Load(address)
	if !ok {
		packed, _ = s.packed.LoadOrStore(address, s.gzip(content))
	}
	h.Set(echo.HeaderContentEncoding, "gzip")
	body, _ := packed.([]byte)
	return s.send(c, http.StatusOK, kind, body, false)
}

// packable tells whether files of the type get smaller by gzip.
func packable(contentType string) bool {
	return strings.HasPrefix(contentType, "text/") ||
		strings.HasPrefix(contentType, "image/svg+xml") ||
		strings.HasPrefix(contentType, "application/json")
}
