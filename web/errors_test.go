package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// failing is a site whose routes, one of each format, answer with the error at hand.
func failing(t *testing.T, err error) *site {
	t.Helper()
	fail := func(echo.Context) error { return err }
	return newSite(t, func(c *configOf) {
		c.Routes = []web.Route{
			{Method: "GET", Path: "/page", Access: web.Public, Handler: fail},
			{Method: "GET", Path: "/problem", Access: web.Open, Format: web.Problem, Handler: fail},
			{Method: "GET", Path: "/frontegg", Access: web.Open, Format: web.Frontegg, Handler: fail},
			{Method: "GET", Path: "/oauth", Access: web.Open, Format: web.OAuth, Handler: fail},
		}
		c.Sentence = func(_ context.Context, p models.Problem) string { return p.Field + " must be mended: " + p.Key }
	})
}

func TestErrors_StatusAndKeyOfEachKind(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err          error
		page, others int
		key          string
		retryAfter   string
		oauth        string
	}{
		{models.ErrNotFound, 404, 404, "not_found", "", "invalid_request"},
		{models.ErrConflict, 409, 409, "conflict", "", "invalid_request"},
		{models.ErrForbidden, 403, 403, "forbidden", "", "invalid_request"},
		{models.ErrUnauthenticated, 303, 401, "", "", "invalid_client"},
		{models.Invalid("description", "too_long"), 422, 400, "invalid", "", "invalid_request"},
		{&models.LimitedError{RetryAfter: 1500 * time.Millisecond}, 429, 429, "limited", "2", "temporarily_unavailable"},
		{models.ErrBusy, 503, 503, "busy", "1", "temporarily_unavailable"},
		{web.CouldNotTell(errSecretDetail), 503, 503, "unavailable", "1", "temporarily_unavailable"},
		{web.CouldNotTell(models.ErrUnavailable), 503, 503, "unavailable", "1", "temporarily_unavailable"},
		{&http.MaxBytesError{Limit: 5}, 413, 413, "too_large", "", "invalid_request"},
		{web.Refuse(http.StatusTeapot, "teapot", "I am a teapot."), 418, 418, "teapot", "", "invalid_request"},
		{web.Refuse(http.StatusBadRequest, web.InvalidScope, "Not held."), 400, 400, "invalid_scope", "", "invalid_scope"},
		{errSecretDetail, 500, 500, "internal", "", "server_error"},
	} {
		s := failing(t, fmt.Errorf("mint token: %w", row.err))
		for path, want := range map[string]int{"/page": row.page, "/problem": row.others, "/frontegg": row.others, "/oauth": row.others} {
			res := s.do(request("GET", path, ""))
			body := bodyOf(t, res)
			if res.StatusCode != want || res.Header.Get("Retry-After") != row.retryAfter {
				t.Errorf("%s %v: %d, Retry-After %q", path, row.err, res.StatusCode, res.Header.Get("Retry-After"))
			}
			if path == "/page" && !strings.Contains(body, row.key) {
				t.Errorf("%v: page %s", row.err, body)
			}
			if path == "/oauth" && !strings.HasPrefix(body, `{"error":"`+row.oauth+`",`) {
				t.Errorf("%v: OAuth %s", row.err, body)
			}
			if strings.Contains(body, "hunter2") || strings.Contains(body, "mint token") {
				t.Errorf("%s %v tells its cause: %s", path, row.err, body)
			}
		}
	}
}

func TestErrors_ProblemBody(t *testing.T) {
	t.Parallel()
	invalid := models.Invalid("description", "too_long")
	res := failing(t, invalid).do(request("GET", "/problem", ""))
	if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(bodyOf(t, res)), &body); err != nil {
		t.Fatal(err)
	}
	if body["type"] != "about:blank" || body["title"] != "Bad Request" || body["status"] != 400.0 || body["detail"] == "" ||
		body["request_id"] != res.Header.Get("X-Request-Id") {
		t.Errorf("%v", body)
	}
	if fmt.Sprint(body["errors"]) != "[map[detail:description must be mended: too_long field:description]]" {
		t.Errorf("errors %v", body["errors"])
	}
}

func TestErrors_ProblemChallengesWhoShowsNothing(t *testing.T) {
	t.Parallel()
	if got := failing(t, models.ErrUnauthenticated).do(request("GET", "/problem", "")).Header.Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("%q", got)
	}
}

func TestErrors_FronteggBodyIsAlwaysAList(t *testing.T) {
	t.Parallel()
	for _, err := range []error{models.Invalid("description", "too_long"), models.ErrNotFound, errSecretDetail} {
		res := failing(t, err).do(request("GET", "/frontegg", ""))
		var body struct{ Errors []string }
		if err := json.Unmarshal([]byte(bodyOf(t, res)), &body); err != nil {
			t.Fatal(err)
		}
		if len(body.Errors) != 1 || body.Errors[0] == "" || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v: %v", err, body)
		}
	}
}

func TestErrors_FaultIsLoggedOnceWithTheIDThatIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, path := range []string{"/fail", "/v1/fail", "/half", "/panic"} {
		res := s.do(request("GET", path, ""))
		id := res.Header.Get("X-Request-Id")
		body := bodyOf(t, res)
		if !strings.Contains(body, id) || strings.Contains(body, "half") || strings.Contains(body, "hunter2") || strings.Contains(body, "goroutine") {
			t.Errorf("%s: %s", path, body)
		}
		failed := 0
		for line := range strings.SplitSeq(s.log.String(), "\n") {
			if strings.Contains(line, id) && strings.Contains(line, `"request failed"`) {
				failed++
			}
		}
		if failed != 1 {
			t.Errorf("%s is logged %d times", path, failed)
		}
	}
}

func TestErrors_ExpectedRefusalsAreNoFaults(t *testing.T) {
	t.Parallel()
	for _, err := range []error{models.ErrNotFound, models.ErrBusy, models.ErrForbidden, models.Invalid("x", "y")} {
		s := failing(t, err)
		s.do(request("GET", "/page", ""))
		if strings.Contains(s.log.String(), `"ERROR"`) {
			t.Errorf("%v: %s", err, s.log)
		}
	}
}

func TestErrors_ClientThatLeftIsQuiet(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := failing(t, fmt.Errorf("list tokens: %w", context.Canceled))
	s.do(request("GET", "/page", "").WithContext(ctx))
	if log := s.log.String(); strings.Contains(log, "ERROR") || !strings.Contains(log, `"status":499`) {
		t.Error(log)
	}
	// Canceled by ourselves while the client waits: that is a fault.
	if res := s.do(request("GET", "/page", "")); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("%d", res.StatusCode)
	}
}

// A client that closes its half of the connection looks like one that left,
// and still reads. What net/http sends where nobody answers is 200.
func TestErrors_ClientThatSeemsToHaveLeftIsNotToldYes(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := failing(t, web.CouldNotTell(fmt.Errorf("verify key: %w", context.Canceled)))
	for _, path := range []string{"/page", "/problem", "/frontegg"} {
		res := s.do(request("GET", path, "").WithContext(ctx))
		if body := bodyOf(t, res); res.StatusCode != http.StatusServiceUnavailable || body == "" {
			t.Errorf("%s: %d %q", path, res.StatusCode, body)
		}
	}
	if log := s.log.String(); strings.Contains(log, "ERROR") || strings.Count(log, `"status":499`) != 3 {
		t.Error(log)
	}
}

func TestErrors_FaultIsLoggedThoughTheClientLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := failing(t, errSecretDetail)
	if res := s.do(request("GET", "/page", "").WithContext(ctx)); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("%d", res.StatusCode)
	}
	if !strings.Contains(s.log.String(), "ERROR") {
		t.Error(s.log)
	}
}

func TestErrors_UnknownAddressKnowsWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	var shown []string
	s := newSite(t, func(c *configOf) {
		c.ErrorPage = func(p web.ErrorProps) templ.Component {
			name := ""
			if p.Identity != nil {
				name = p.Identity.User.Name
			}
			shown = append(shown, fmt.Sprint(p.Status, name, p.CSRF != ""))
			return html("error")
		}
	})
	s.do(request("GET", "/nothing", ""))
	s.do(as(request("GET", "/nothing", ""), "dana"))
	s.do(as(request("PUT", "/me", ""), "dana"))
	s.do(as(request("GET", "/nothing", ""), "broken"))
	if got := fmt.Sprint(shown); got != "[404false 404danatrue 405danatrue 404false]" {
		t.Error(got)
	}
}

func TestErrors_WithoutAPageArePlainWords(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *configOf) { c.ErrorPage = nil })
	res := s.do(request("GET", "/nothing", ""))
	if res.Header.Get("Content-Type") != "text/plain; charset=utf-8" || bodyOf(t, res) != "There is nothing at this address.\n" {
		t.Errorf("%v", res.Header)
	}
}

func TestLog_HasThePatternAndNeverTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	r := as(request("GET", "/workspace/tokens/tok-123?q=lk_at_secret", ""), "dana")
	r.Header.Set("User-Agent", "agent-x")
	s.do(r)
	s.do(request("GET", "/setup/one-time-code", ""))
	s.do(request("BREW", "/sign-in", ""))
	s.do(as(request("POST", "/workspace/tokens", "description=from-the-form"), "dana"))
	log := s.log.String()
	for _, secret := range []string{"tok-123", "lk_at_secret", "one-time-code", "BREW", "from-the-form", cookieOf("dana")} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines for four requests:\n%s", len(lines), log)
	}
	var line struct {
		Msg, Route, Method string
		RequestID          string `json:"request_id"`
		Status, Bytes      int
		Duration           *int64
		IP                 string
	}
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	if line.Msg != "request" || line.Route != "/workspace/tokens/:id" || line.Method != "GET" || line.Status != 200 ||
		line.Bytes == 0 || line.Duration == nil || line.IP != "192.0.2.1" || len(line.RequestID) != 24 {
		t.Errorf("%+v", line)
	}
	for i, want := range []string{`"status":200`, `"status":404`, `"status":405`, `"status":403`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d lacks %s: %s", i, want, lines[i])
		}
	}
}

func TestErrors_RefusedEventThatCantBeWrittenStillRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *configOf) {
		c.Refused = func(context.Context, models.Event) error { return errors.New("disk full") }
	})
	res := s.do(as(request("POST", "/workspace/tokens", ""), "vic"))
	if res.StatusCode != http.StatusForbidden || !strings.Contains(s.log.String(), "disk full") {
		t.Errorf("%d %s", res.StatusCode, s.log)
	}
}
