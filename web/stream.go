package web

import (
	"bufio"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// Stream sends a file to be saved under a name, as it is written and without
// ever holding it whole. An error before anything has gone out is returned, for
// an error page; after that the connection is dropped, so that nobody takes
// half a file for a whole one.
func Stream(c echo.Context, contentType, filename string, write func(w io.Writer) error) error {
	return stream(c, contentType, mime.FormatMediaType("attachment", map[string]string{"filename": filename}), write)
}

// StreamJSON is Stream for an answer to a program, which has no name.
func StreamJSON(c echo.Context, write func(w io.Writer) error) error {
	return stream(c, echo.MIMEApplicationJSON, "", write)
}

func stream(c echo.Context, contentType, disposition string, write func(w io.Writer) error) error {
	out := &streamed{response: c.Response(), deadline: http.NewResponseController(c.Response())}
	out.begin = func() {
		h := c.Response().Header()
		h.Set(echo.HeaderContentType, contentType)
		if disposition != "" {
			h.Set(echo.HeaderContentDisposition, disposition)
		}
		c.Response().WriteHeader(http.StatusOK)
	}
	buffered := bufio.NewWriterSize(out, 32<<10)
	err := write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	switch {
	case err == nil && !out.begun:
		out.start()
		return nil
	case err == nil || !out.begun:
		return err
	default:
		panic(http.ErrAbortHandler)
	}
}

// streamed sends the headers before the first byte, and gives each write the
// time that a whole answer has otherwise.
type streamed struct {
	response io.Writer
	deadline *http.ResponseController
	begin    func()
	begun    bool
}

func (s *streamed) start() {
	if !s.begun {
		s.begun = true
		s.begin()
	}
}

func (s *streamed) Write(p []byte) (int, error) {
	s.start()
	// A writer without deadlines, as tests have, has none to move.
	_ = s.deadline.SetWriteDeadline(time.Now().Add(writeTimeout))
	return s.response.Write(p)
}
