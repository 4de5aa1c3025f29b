package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
)

// statusClientGone is how the access log marks a request whose client left.
const statusClientGone = 499

// begin gives the request its id and writes its one line of the access log.
// The line has the route's pattern and never the address: that may hold an id,
// a one-time code or a query.
func (s *Server) begin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		started := time.Now()
		id := make([]byte, 12)
		rand.Read(id) // never fails: crypto/rand ends the process instead
		st := &state{server: s, requestID: hex.EncodeToString(id)}
		c.Set(stateKey, st)
		c.Response().Header().Set(echo.HeaderXRequestID, st.requestID)
		err := next(c)

		pattern, status := "-", c.Response().Status
		if st.route != nil {
			pattern = st.route.Path
		}
		if st.left {
			status = statusClientGone
		}
		s.cfg.Log.LogAttrs(context.WithoutCancel(c.Request().Context()), slog.LevelInfo, "request",
			slog.String("request_id", st.requestID),
			slog.String("method", method(c.Request())),
			slog.String("route", pattern),
			slog.Int("status", status),
			slog.Int64("bytes", c.Response().Size),
			slog.Duration("duration", time.Since(started)),
			slog.String("ip", IP(c)),
		)
		return err
	}
}

// method is a method as it may be logged: any token is allowed in HTTP.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// answerErrors sends the answer of whatever a handler returns.
func (s *Server) answerErrors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := next(c); err != nil {
			s.answer(c, err)
		}
		return nil
	}
}

// recoverPanics turns a panic into an error with its stack. The one panic with
// a meaning, to drop the connection, goes on to net/http.
func (s *Server) recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch r := recover(); r {
			case nil:
			case http.ErrAbortHandler:
				panic(r)
			default:
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		return next(c)
	}
}

// contentPolicy lets a page load what this server serves and nothing else; no
// script, style or handler may stand in the page itself, and no script may
// call anybody (connect-src falls back to 'none').
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden puts the security headers on every answer, errors included. An answer
// is not to be kept by anybody unless its handler says otherwise.
func (s *Server) harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: that makes the Origin of our own forms "null".
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		h.Set("Cache-Control", noStore)
		return next(c)
	}
}
