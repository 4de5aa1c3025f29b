package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// maxDepth bounds how deep the values of a JSON body may nest.
const maxDepth = 32

var (
	errJSON      = Refuse(http.StatusBadRequest, "bad_json", "The body must be one JSON object.")
	errJSONText  = Refuse(http.StatusBadRequest, "bad_characters", "The body has characters that are not valid text (UTF-8 without NUL).")
	errJSONTwice = Refuse(http.StatusBadRequest, "repeated_field", "The body names a field more than once.")
	errJSONDeep  = Refuse(http.StatusBadRequest, "bad_json", "The body nests too deep.")
)

// DecodeJSON reads the body, whatever its Content-Type says, as one JSON
// object into a struct. Fields that the struct lacks are ignored. Its errors
// answer 400 (413 for a body over the route's limit) with a sentence that
// names the field of a wrong type and never its value.
func DecodeJSON(c echo.Context, into any) error {
	body, err := readBody(c.Request())
	if err != nil {
		return err
	}
	if err := checkJSON(body); err != nil {
		return err
	}
	err = json.Unmarshal(body, into)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return Refuse(http.StatusBadRequest, "wrong_type", wrongTypeText(wrongType, into))
	}
	if err != nil {
		return errJSON
	}
	return nil
}

// checkJSON finds what encoding/json lets pass: text that is not text, names
// that come twice (however they are spelled, as it matches them without regard
// to case), and anything behind the object.
func checkJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errJSONText
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	// open holds the objects and arrays that the walk is inside of.
	var open []container
	for {
		token, err := decoder.Token()
		if err != nil || len(open) == 0 && token != json.Delim('{') {
			return errJSON
		}
		if text, ok := token.(string); ok && strings.ContainsRune(text, 0) {
			return errJSONText
		}
		if err := step(&open, token); err != nil {
			return err
		}
		if len(open) > maxDepth {
			return errJSONDeep
		}
		if len(open) == 0 {
			return checkEnd(decoder)
		}
	}
}

// container is an object or array around the token at hand.
type container struct {
	// names are those met so far; nil in an array.
	names map[string]bool
	// value tells that the next token of an object is a value.
	value bool
}

// step moves the walk over one token.
func step(open *[]container, token json.Token) error {
	if token == json.Delim('}') || token == json.Delim(']') {
		*open = (*open)[:len(*open)-1]
		return nil
	}
	if len(*open) > 0 {
		inside := &(*open)[len(*open)-1]
		if inside.names != nil && !inside.value {
			name, _ := token.(string)
			folded := foldName(name)
			if inside.names[folded] {
				return errJSONTwice
			}
			inside.names[folded], inside.value = true, true
			return nil
		}
		inside.value = false
	}
	switch token {
	case json.Delim('{'):
		*open = append(*open, container{names: map[string]bool{}})
	case json.Delim('['):
		*open = append(*open, container{})
	}
	return nil
}

// foldName is a name as encoding/json compares it: to it even ſ is an s.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r {
				return next // the first of all that fold alike
			}
			r = next
		}
	}, name)
}

func checkEnd(decoder *json.Decoder) error {
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errJSON
	}
	return nil
}

// wrongTypeText is in the manner of Frontegg's validation: "x must be a string".
func wrongTypeText(err *json.UnmarshalTypeError, into any) string {
	if err.Field == "" {
		return errJSON.Detail
	}
	wanted := "of another type"
	switch err.Type.Kind() {
	case reflect.String:
		wanted = "a string"
	case reflect.Bool:
		wanted = "true or false"
	case reflect.Int, reflect.Int64, reflect.Float64:
		wanted = "a number"
	case reflect.Slice:
		if err.Type.Elem().Kind() == reflect.String {
			wanted = "a list of strings"
		}
	}
	return fmt.Sprintf("%s must be %s", shownName(err.Field, reflect.TypeOf(into).Elem()), wanted)
}

// shownName is a field's path as clients write it: encoding/json puts the names
// of embedded structs into it, which are nobody else's business.
func shownName(path string, t reflect.Type) string {
	first, rest, more := strings.Cut(path, ".")
	if !more || t.Kind() != reflect.Struct {
		return path
	}
	if f, ok := t.FieldByName(first); ok && f.Anonymous && f.Tag.Get("json") == "" {
		return shownName(rest, f.Type)
	}
	return path
}
