package models

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds of failure that callers branch on. Anything else is a fault of
// ours: callers fail closed and web answers 500 (or 503 where a credential
// was to be judged).
var (
	// ErrNotFound also stands for a thing of another tenant: the two must
	// not be told apart.
	ErrNotFound = errors.New("not found")
	// ErrConflict is a unique name or a one-use id that is taken already.
	ErrConflict = errors.New("conflict")
	// ErrForbidden is a known caller without the right.
	ErrForbidden = errors.New("forbidden")
	// ErrUnauthenticated is a caller that is not, or no longer, known.
	ErrUnauthenticated = errors.New("unauthenticated")
	// ErrBusy asks the caller to come again in a moment (503).
	ErrBusy = errors.New("busy")
	// ErrUnavailable is something of another's that the answer takes and that
	// can't be had right now (503). It is no fault of ours.
	ErrUnavailable = errors.New("unavailable")
)

// Problem is a field's fault, told as a key of the message catalogue under
// "invalid." ("required", "too_long", …) with the values its sentence needs.
type Problem struct {
	Field string
	Key   string
	Args  map[string]any
}

// InvalidError is input that a person can mend. It is the only error whose
// contents are shown to people; the sentences come from the catalogue.
type InvalidError struct {
	Problems []Problem
}

// Invalid is an InvalidError about one field.
func Invalid(field, key string) *InvalidError {
	return &InvalidError{Problems: []Problem{{Field: field, Key: key}}}
}

func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Field + ": " + p.Key
	}
	return fmt.Sprintf("invalid input (%s)", strings.Join(parts, ", "))
}

// Add notes a problem; args alternate names and values.
func (e *InvalidError) Add(field, key string, args ...any) {
	p := Problem{Field: field, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if p.Args == nil {
			p.Args = map[string]any{}
		}
		p.Args[fmt.Sprint(args[i])] = args[i+1]
	}
	e.Problems = append(e.Problems, p)
}

// OrNil is e as an error, or nil when it holds no problem.
func (e *InvalidError) OrNil() error {
	if e == nil || len(e.Problems) == 0 {
		return nil
	}
	return e
}

// LimitedError is a caller that must wait (429 with Retry-After).
type LimitedError struct {
	RetryAfter time.Duration
}

func (e *LimitedError) Error() string {
	return fmt.Sprintf("limited: retry after %s", e.RetryAfter)
}
