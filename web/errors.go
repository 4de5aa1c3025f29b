package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// Error is a refusal that knows its status and its words: Key names the
// sentence for people (ErrorPage looks it up), Detail is the one for programs.
// Neither ever repeats what was sent.
type Error struct {
	Status int
	Key    string
	Detail string
}

// Refuse makes an Error.
func Refuse(status int, key, detail string) *Error { return &Error{status, key, detail} }

func (e *Error) Error() string { return fmt.Sprintf("%d %s", e.Status, e.Key) }

// couldNotTell is a fault while somebody's credential was to be judged.
type couldNotTell struct{ err error }

// CouldNotTell marks a fault while a credential was to be judged: the answer
// is 503, never yes, and the fault is logged. A *models.LimitedError within it
// is still answered 429, and a models.ErrUnavailable is not logged: strangers
// could fill the log with it.
func CouldNotTell(err error) error { return couldNotTell{err} }

func (e couldNotTell) Error() string { return "could not tell: " + e.err.Error() }
func (e couldNotTell) Unwrap() error { return e.err }

// ErrorProps is what an error's page can tell.
type ErrorProps struct {
	Status int
	// Key names the sentence: not_found, conflict, forbidden, signed_out,
	// invalid, limited, busy, unavailable, internal, method, too_large, csrf,
	// cross_origin, secret_in_address, bad_form, bad_characters, too_many_fields,
	// repeated_field, or a handler's own.
	Key string
	// Path is the address that was asked for, without its query.
	Path string
	// RequestID is what a person may quote.
	RequestID string
	// RetryAfter is in whole seconds, 0 when there is nothing to wait for.
	RetryAfter time.Duration
	// Identity is who is signed in, nil when nobody is known to be.
	Identity *models.Identity
	// CSRF is the token for the page's own forms, "" without an Identity.
	CSRF string
}

// verdict is an error as it is answered.
type verdict struct {
	status     int
	key        string
	detail     string
	retryAfter time.Duration
	problems   []models.Problem
	// fault is an error of ours: it is logged, with its cause.
	fault bool
}

// describe is the table of errors: what each is answered with.
func describe(err error, format Format) verdict {
	var own *Error
	var limited *models.LimitedError
	var invalid *models.InvalidError
	var tooLarge *http.MaxBytesError
	var judging couldNotTell
	var routing *echo.HTTPError
	switch {
	case errors.As(err, &own):
		return verdict{status: own.Status, key: own.Key, detail: own.Detail, fault: own.Status >= http.StatusInternalServerError}
	case errors.As(err, &tooLarge):
		return describe(errTooLarge, format)
	case errors.As(err, &limited):
		return verdict{status: http.StatusTooManyRequests, key: "limited", detail: "Too many tries. Come again a little later.", retryAfter: limited.RetryAfter}
	case errors.As(err, &invalid):
		status := http.StatusBadRequest
		if format == Page {
			status = http.StatusUnprocessableEntity
		}
		return verdict{status: status, key: "invalid", detail: "The input is not valid.", problems: invalid.Problems}
	case errors.Is(err, models.ErrBusy):
		return verdict{status: http.StatusServiceUnavailable, key: "busy", detail: "The server is busy. Try again in a moment.", retryAfter: time.Second}
	case errors.Is(err, models.ErrUnavailable):
		return verdict{status: http.StatusServiceUnavailable, key: "unavailable", detail: "The server can't tell right now. Try again in a moment.", retryAfter: time.Second}
	case errors.As(err, &judging):
		return verdict{status: http.StatusServiceUnavailable, key: "unavailable", detail: "The server can't tell right now. Try again in a moment.", retryAfter: time.Second, fault: true}
	case errors.Is(err, models.ErrNotFound):
		return verdict{status: http.StatusNotFound, key: "not_found", detail: "There is nothing at this address."}
	case errors.Is(err, models.ErrConflict):
		return verdict{status: http.StatusConflict, key: "conflict", detail: "This exists already."}
	case errors.Is(err, models.ErrForbidden):
		return verdict{status: http.StatusForbidden, key: "forbidden", detail: "You don't have the permission for this."}
	case errors.Is(err, models.ErrUnauthenticated):
		if format == Page {
			return verdict{status: http.StatusForbidden, key: "signed_out", detail: "You are not signed in."}
		}
		return verdict{status: http.StatusUnauthorized, key: "unauthenticated", detail: "No valid credential was given."}
	case errors.As(err, &routing):
		return describeRouting(routing)
	}
	return verdict{status: http.StatusInternalServerError, key: "internal", detail: "Something went wrong on our side.", fault: true}
}

// describeRouting is for what echo's router itself answers.
func describeRouting(err *echo.HTTPError) verdict {
	switch err.Code {
	case http.StatusNotFound:
		return describe(models.ErrNotFound, Page)
	case http.StatusMethodNotAllowed:
		return verdict{status: err.Code, key: "method", detail: "This address doesn't take the method."}
	}
	return verdict{
		status: err.Code, key: "internal", detail: http.StatusText(err.Code),
		fault: err.Code >= http.StatusInternalServerError,
	}
}

// answer sends an error in the format of its route. A fault is logged here,
// once, with the request id that the answer names.
func (s *Server) answer(c echo.Context, err error) {
	r, st := c.Request(), stateOf(c)
	format := s.formatOf(c)
	v := describe(err, format)
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		// The client left; the access log says so. Or it only closed its half
		// of the connection, which looks the same, and reads on: without an
		// answer of ours net/http would send it 200.
		st.left = true
		v = describe(models.ErrBusy, format)
	}
	if v.fault || c.Response().Committed {
		s.cfg.Log.ErrorContext(r.Context(), "request failed", "request_id", st.requestID, "error", err)
	}
	if c.Response().Committed {
		return
	}
	if format == Page && v.key == "signed_out" && !changes(r.Method) {
		s.toSignIn(c)
		return
	}
	if format == Page && st.route == nil {
		// No route has asked who it is; the page of an unknown address is
		// shown in the frame that the person knows. Who can't be identified
		// gets the one for strangers.
		if err := s.identify(c); err != nil {
			s.cfg.Log.WarnContext(r.Context(), "identify for an error page", "request_id", st.requestID, "error", err)
		}
	}
	h := c.Response().Header()
	h.Set("Cache-Control", noStore)
	if v.retryAfter > 0 {
		v.retryAfter = time.Duration(math.Ceil(v.retryAfter.Seconds())) * time.Second
		h.Set("Retry-After", strconv.Itoa(int(v.retryAfter/time.Second)))
	}
	if v.fault {
		v.detail += " If it goes on, tell the operator this request id: " + st.requestID + "."
	}
	switch format {
	case Problem:
		err = s.sendProblem(c, v)
	case Frontegg:
		err = s.sendFrontegg(c, v)
	case OAuth:
		err = s.sendOAuth(c, v)
	default:
		err = s.sendErrorPage(c, v)
	}
	if err != nil {
		s.cfg.Log.ErrorContext(r.Context(), "send error", "request_id", st.requestID, "error", err)
	}
}

// toSignIn sends a person without a session to the sign-in page, which brings
// them back, unless their address has a secret in it.
func (s *Server) toSignIn(c echo.Context) {
	target := s.cfg.SignInPath
	if next := SafeNext(c.Request().URL.RequestURI()); next != "" && next != "/" && !s.holdsSecret(next) {
		target += "?next=" + url.QueryEscape(next)
	}
	c.Response().Header().Set(echo.HeaderLocation, target)
	c.Response().WriteHeader(http.StatusSeeOther)
}

func (s *Server) sendErrorPage(c echo.Context, v verdict) error {
	if s.cfg.ErrorPage != nil {
		st := stateOf(c)
		props := ErrorProps{
			Status: v.status, Key: v.key, Path: c.Request().URL.Path, RequestID: st.requestID,
			RetryAfter: v.retryAfter, Identity: st.identity,
		}
		if st.identity != nil {
			props.CSRF = CSRF(c)
		}
		var page bytes.Buffer
		err := s.cfg.ErrorPage(props).Render(context.WithoutCancel(c.Request().Context()), &page)
		if err == nil {
			return s.send(c, v.status, htmlType, page.Bytes(), true)
		}
		s.cfg.Log.ErrorContext(c.Request().Context(), "render error page", "request_id", st.requestID, "error", err)
	}
	return s.send(c, v.status, "text/plain; charset=utf-8", []byte(v.detail+"\n"), false)
}

// problem is a body of RFC 9457. The type is about:blank: the status says it all.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	RequestID string         `json:"request_id"`
	Errors    []fieldProblem `json:"errors,omitempty"`
}

type fieldProblem struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

func (s *Server) sendProblem(c echo.Context, v verdict) error {
	if h := c.Response().Header(); v.status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", "Bearer")
	}
	body := problem{
		Type: "about:blank", Title: http.StatusText(v.status), Status: v.status,
		Detail: v.detail, RequestID: RequestID(c),
	}
	for _, p := range v.problems {
		body.Errors = append(body.Errors, fieldProblem{Field: p.Field, Detail: s.sentence(c, p)})
	}
	return s.sendJSON(c, v.status, "application/problem+json", body)
}

func (s *Server) sendFrontegg(c echo.Context, v verdict) error {
	sentences := []string{}
	for _, p := range v.problems {
		sentences = append(sentences, s.sentence(c, p))
	}
	if len(sentences) == 0 {
		sentences = append(sentences, v.detail)
	}
	return s.sendJSON(c, v.status, "application/json", map[string][]string{"errors": sentences})
}

func (s *Server) sentence(c echo.Context, p models.Problem) string {
	if s.cfg.Sentence == nil {
		return p.Field + ": " + p.Key
	}
	return s.cfg.Sentence(c.Request().Context(), p)
}
