package models

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that must never be printed, logged or marshalled: a password,
// a key, a one-time code. Reveal is the one way to its value.
type Secret struct{ value string }

// NewSecret wraps value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal gives the plain value; every use of it is meant to be found by search.
func (s Secret) Reveal() string { return s.value }

// Empty tells whether there is nothing inside.
func (s Secret) Empty() bool { return s.value == "" }

const redacted = "[redacted]"

func (Secret) String() string               { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format redacts for every verb of fmt, those for numbers and Go syntax too.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }
