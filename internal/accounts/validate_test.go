package accounts

import (
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/models"
)

func TestRoleKey_Grammar(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"Admin": "", "a": "", " Admin ": "", "reports-writer_2.eu": "", strings.Repeat("a", 64): "",
		"": "required", "  ": "required", strings.Repeat("a", 65): "too_long", "1st": "key_format", "-a": "key_format",
		"a b": "key_format", "a*": "key_format", "rôle": "key_format", "a\n": "", "a\nb": "characters", "a\x00": "characters", "a\xff": "characters",
	} {
		var c checker
		c.roleKey("key", key)
		if got := only(t, c.problems); got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}

func TestPermissionKey_Grammar(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"reports": "", "reports.read": "", "fe.secure.*": "", "1.2.3": "", "a_b-c.D": "", strings.Repeat("a", 128): "",
		"": "required", strings.Repeat("a", 129): "too_long", "a..b": "key_format", ".a": "key_format", "a.": "key_format", "a b": "key_format",
		".*": "key_format", "*": "wildcard", "a*": "wildcard", "a.*.b": "wildcard", "*.a": "wildcard", "a.**": "wildcard", "a.*.*": "wildcard",
		"a\x00": "characters", "a\xff": "characters",
	} {
		var c checker
		c.permissionKey("key", key)
		if got := only(t, c.problems); got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}

func TestEmail_Grammar(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"dana@acme.example": "", "  dana@acme.example\n": "", "o'neil+x@host": "", "ren\u00e9@acme.example": "",
		strings.Repeat("a", 241) + "@acme.example": "", strings.Repeat("a", 242) + "@acme.example": "too_long",
		"": "required", "dana": "email", "@acme.example": "email", "dana@": "email", "a@b@c": "email",
		"da na@acme.example": "email", "dana@acme\u00a0.example": "email", "dana\u200b@acme.example": "email",
		"da\x00na@acme.example": "characters", "da\tna@acme.example": "characters", "dana\xff@acme.example": "characters",
	} {
		var c checker
		c.email("email", email)
		if got := only(t, c.problems); got != want {
			t.Errorf("%q: %q, want %q", email, got, want)
		}
	}
}

func TestKnown_SortsDropsRepetitionsAndNamesStrangersOnce(t *testing.T) {
	t.Parallel()
	var c checker
	if got := c.known("roles", "role_unknown", []string{"b", "a", "b"}, []string{"a", "b", "c"}); !slices.Equal(got, []string{"a", "b"}) {
		t.Error(got)
	}
	if got := c.known("roles", "role_unknown", nil, nil); got == nil || len(got) != 0 {
		t.Errorf("%#v", got)
	}
	if c.err() != nil {
		t.Error(c.err())
	}
	c.known("roles", "role_unknown", []string{"x", "y", ""}, []string{"a"})
	if got := only(t, c.problems); got != "role_unknown" {
		t.Error(got)
	}
}

func TestBuiltIn_AreTheOnesThatModelsKnow(t *testing.T) {
	t.Parallel()
	if len(builtIn) != 12 {
		t.Errorf("%d of them", len(builtIn))
	}
	for _, b := range builtIn {
		if !(models.Permission{Key: b.Key}).BuiltIn() {
			t.Errorf("%s is not built in", b.Key)
		}
		if _, err := checkPermission(b); err != nil {
			t.Errorf("%s: %v", b.Key, err)
		}
	}
}

// only is the one problem's key, or "".
func only(t *testing.T, e models.InvalidError) string {
	t.Helper()
	if len(e.Problems) > 1 {
		t.Errorf("more than one problem: %v", e.Problems)
	}
	if len(e.Problems) == 0 {
		return ""
	}
	return e.Problems[0].Key
}
