package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Values are the fields of a form or a query: valid UTF-8 without NUL, and
// each field that its route does not list under Many comes at most once.
type Values struct{ fields map[string][]string }

// Get is the field's value, "" when it is absent.
func (v Values) Get(name string) string {
	if values := v.fields[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// All are the values of a field that may come more than once, in order.
func (v Values) All(name string) []string { return slices.Clone(v.fields[name]) }

// Has tells whether the field is there at all.
func (v Values) Has(name string) bool { return len(v.fields[name]) > 0 }

// maxFields bounds the pairs of one form; within 64 KiB there is room for more.
const maxFields = 1000

// The sentences name no input: what was sent is never shown again.
var (
	errFormEncoding = Refuse(http.StatusBadRequest, "bad_form", "The input is not properly encoded.")
	errFormText     = Refuse(http.StatusBadRequest, "bad_characters", "The input has characters that are not valid text (UTF-8 without NUL).")
	errFormFields   = Refuse(http.StatusBadRequest, "too_many_fields", "The input has too many fields.")
	errFormRepeated = Refuse(http.StatusBadRequest, "repeated_field", "A field that may come only once came more than once.")
	errBodyCut      = Refuse(http.StatusBadRequest, "bad_form", "The body could not be read to its end.")
)

// ParseForm reads an application/x-www-form-urlencoded text strictly; many
// names the fields that may come more than once. Its errors are [*Error]s
// with status 400.
func ParseForm(text string, many []string) (Values, error) {
	fields := map[string][]string{}
	count := 0
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		if count++; count > maxFields {
			return Values{}, errFormFields
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		if nameErr != nil || valueErr != nil {
			return Values{}, errFormEncoding
		}
		if !isText(name) || !isText(value) {
			return Values{}, errFormText
		}
		if len(fields[name]) > 0 && !slices.Contains(many, name) {
			return Values{}, errFormRepeated
		}
		fields[name] = append(fields[name], value)
	}
	return Values{fields}, nil
}

// isText tells whether s can be kept in any database as it is.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// readForm reads the body as a form. A body of any other type is left alone
// and counts as an empty form, which has no token and is refused for that.
func readForm(r *http.Request, many []string) (Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return Values{}, nil
	}
	body, err := readBody(r)
	if err != nil {
		return Values{}, err
	}
	return ParseForm(string(body), many)
}

// readBody reads a body that guard has already bounded.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &tooLarge):
		return nil, err
	default:
		// The client stopped half way, was too slow, or broke the encoding: its fault.
		return nil, errBodyCut
	}
}
