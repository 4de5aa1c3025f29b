package tokens

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// maxMetadata is the most that a token's metadata may have, in bytes and in
	// its shortest form: it is in every JWT.
	maxMetadata = 4096
	// maxMetadataDepth is how many objects and arrays may be inside of each other.
	maxMetadataDepth = 8
)

// parseMetadata reads a JSON object as people type it, and gives its shortest
// form: members in the order typed, numbers in the spelling typed, so that none
// loses a digit. Empty text is the empty object. It notes the first fault:
// metadata_json (not JSON), metadata_object (something else than an object),
// metadata_twice (key: a member that is there twice, of which each reader would
// take another one), metadata_number (value: a number beyond what programs can
// hold), metadata_deep (max), metadata_long (max), characters, holds_secret.
func parseMetadata(text string, invalid *models.InvalidError) string {
	if strings.TrimSpace(text) == "" {
		return "{}"
	}
	if !utf8.ValidString(text) {
		invalid.Add("metadata", "characters")
		return ""
	}
	c := &compactor{decoder: json.NewDecoder(strings.NewReader(text))}
	c.decoder.UseNumber()
	err := c.document()
	if fault, ok := errors.AsType[*metadataFault](err); ok {
		invalid.Add("metadata", fault.key, fault.args...)
		return ""
	}
	if err != nil {
		invalid.Add("metadata", "metadata_json")
		return ""
	}
	if c.out.Len() > maxMetadata {
		invalid.Add("metadata", "metadata_long", "max", maxMetadata)
		return ""
	}
	return c.out.String()
}

// metadataFault is a fault that has a sentence of its own.
type metadataFault struct {
	key  string
	args []any
}

func (f *metadataFault) Error() string { return f.key }

// compactor copies one JSON document, token by token.
type compactor struct {
	decoder *json.Decoder
	out     bytes.Buffer
	depth   int
}

func (c *compactor) document() error {
	first, err := c.decoder.Token()
	if err != nil {
		return err
	}
	if first != json.Delim('{') {
		// Whether the rest is JSON at all does not matter any more.
		return &metadataFault{key: "metadata_object"}
	}
	if err := c.object(); err != nil {
		return err
	}
	if _, err := c.decoder.Token(); err != io.EOF {
		return errors.New("something follows the object")
	}
	return nil
}

func (c *compactor) value() error {
	token, err := c.decoder.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return c.object()
		}
		return c.array()
	case json.Number:
		if _, err := strconv.ParseFloat(v.String(), 64); err != nil {
			return &metadataFault{"metadata_number", []any{"value", quotable(v.String())}}
		}
		c.out.WriteString(v.String())
		return nil
	case string:
		return c.text(v)
	default: // true, false, null
		plain, err := json.Marshal(v)
		c.out.Write(plain)
		return err
	}
}

// object copies what follows an opening brace, and its closing one.
func (c *compactor) object() error {
	return c.inside('{', '}', func(seen map[string]bool) error {
		token, err := c.decoder.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // The decoder takes no other keys.
		if seen[key] {
			return &metadataFault{"metadata_twice", []any{"key", quotable(key)}}
		}
		seen[key] = true
		if err := c.text(key); err != nil {
			return err
		}
		c.out.WriteByte(':')
		return c.value()
	})
}

func (c *compactor) array() error {
	return c.inside('[', ']', func(map[string]bool) error { return c.value() })
}

// inside copies the members of an object or array with member.
func (c *compactor) inside(opening, closing byte, member func(seen map[string]bool) error) error {
	if c.depth++; c.depth > maxMetadataDepth {
		return &metadataFault{"metadata_deep", []any{"max", maxMetadataDepth}}
	}
	c.out.WriteByte(opening)
	seen := map[string]bool{}
	for first := true; c.decoder.More(); first = false {
		if !first {
			c.out.WriteByte(',')
		}
		if err := member(seen); err != nil {
			return err
		}
	}
	c.depth--
	c.out.WriteByte(closing)
	_, err := c.decoder.Token()
	return err
}

// text writes a string without escapes that it does not need. What was broken
// has become U+FFFD in the decoder, and NUL trips databases and programs.
func (c *compactor) text(s string) error {
	if strings.ContainsAny(s, "\x00\uFFFD") {
		return &metadataFault{key: "characters"}
	}
	if HoldsSecret(s) {
		return &metadataFault{key: "holds_secret"}
	}
	encoder := json.NewEncoder(&c.out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return err
	}
	c.out.Truncate(c.out.Len() - 1) // the line's end
	return nil
}
