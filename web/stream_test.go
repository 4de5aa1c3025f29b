package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

func streaming(write func(w io.Writer) error) (*httptest.ResponseRecorder, error) {
	recorder := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/export.csv", nil), recorder)
	return recorder, Stream(c, "text/csv; charset=utf-8", `a "b".csv`, write)
}

func TestStream_SendsWhatIsWritten(t *testing.T) {
	t.Parallel()
	want := strings.Repeat("x,y\r\n", 20_000)
	for name, text := range map[string]string{"much": want, "nothing": ""} {
		recorder, err := streaming(func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
		if err != nil || recorder.Code != http.StatusOK || recorder.Body.String() != text {
			t.Errorf("%s: %v, %d, %d bytes", name, err, recorder.Code, recorder.Body.Len())
		}
		if h := recorder.Header(); h.Get("Content-Type") != "text/csv; charset=utf-8" || h.Get("Content-Disposition") != `attachment; filename="a \"b\".csv"` {
			t.Errorf("%s: headers %v", name, h)
		}
	}
}

func TestStream_AnEarlyErrorIsReturnedALateOneDropsTheConnection(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk full")
	recorder, err := streaming(func(w io.Writer) error {
		_, _ = fmt.Fprint(w, "id,description\r\n") // not sent yet
		return broken
	})
	if !errors.Is(err, broken) || recorder.Body.Len() > 0 || recorder.Header().Get("Content-Disposition") != "" {
		t.Errorf("early: %v, headers %v", err, recorder.Header())
	}
	defer func() {
		if r := recover(); r != http.ErrAbortHandler {
			t.Errorf("late: recovered %v", r)
		}
	}()
	_, err = streaming(func(w io.Writer) error {
		_, _ = io.WriteString(w, strings.Repeat("x", 64<<10))
		return broken
	})
	t.Errorf("late: returned %v", err)
}
