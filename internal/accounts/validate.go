package accounts

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-dev/latchkey/models"
)

// checker reads the fields of one form and gathers their problems.
type checker struct{ problems models.InvalidError }

func (c *checker) err() error { return c.problems.OrNil() }

// text is an optional line of at most max characters.
func (c *checker) text(field, value string, max int) string {
	value, problem := models.Text(norm.NFC.String(value), max)
	if problem != "" {
		c.problems.Add(field, problem, "max", max)
	}
	return value
}

// required is a line that must hold something.
func (c *checker) required(field, value string, max int) string {
	before := len(c.problems.Problems)
	value = c.text(field, value, max)
	if value == "" && len(c.problems.Problems) == before {
		c.problems.Add(field, "required")
	}
	return value
}

// email is an e-mail address, see models.Email.
func (c *checker) email(field, value string) string {
	value, problem := models.Email(norm.NFC.String(value))
	if problem != "" {
		c.problems.Add(field, problem, "max", models.MaxEmail)
	}
	return value
}

// roleKey is the name by which programs know a role.
func (c *checker) roleKey(field, value string) string {
	before := len(c.problems.Problems)
	value = c.required(field, value, models.MaxRoleKey)
	if len(c.problems.Problems) == before && !models.ValidRoleKey(value) {
		c.problems.Add(field, "key_format")
	}
	return value
}

// permissionKey is a dotted key, or a wildcard over all keys below a dot.
func (c *checker) permissionKey(field, value string) string {
	before := len(c.problems.Problems)
	value = c.required(field, value, models.MaxPermissionKey)
	if len(c.problems.Problems) > before {
		return value
	}
	switch {
	case strings.Contains(strings.TrimSuffix(value, ".*"), "*"):
		c.problems.Add(field, "wildcard")
	case !models.ValidPermissionKey(value):
		c.problems.Add(field, "key_format")
	}
	return value
}

// known sorts values, drops repetitions, and adds the problem key when one of
// them is not among those that exist.
func (c *checker) known(field, key string, values, exist []string) []string {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	for _, v := range values {
		if !slices.Contains(exist, v) {
			c.problems.Add(field, key)
			break
		}
	}
	if values == nil {
		values = []string{}
	}
	return values
}

// keyFault tells a key that is taken from a fault while doing something.
func keyFault(doing string, err error) error {
	if errors.Is(err, models.ErrConflict) {
		return models.Invalid("key", "taken")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
