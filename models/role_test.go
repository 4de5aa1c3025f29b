package models

import (
	"slices"
	"strings"
	"testing"
)

// A key stands in headers, queries and scopes, so nothing that means something
// there can be in one.
func TestKeys_HoldNothingThatSeparates(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]struct{ role, permission bool }{
		"Editor": {true, true}, "fe.secure.read": {true, true}, "a-b_c": {true, true}, "1st": {false, true}, "reports.*": {false, true},
		"fe.secure.*": {false, true}, "a..b": {true, false}, "a.": {true, false}, ".a": {false, false}, "-a": {false, true}, "": {false, false},
		"*": {false, false}, "a*": {false, false}, "*.a": {false, false}, "a.*.b": {false, false}, ".*": {false, false}, "rôle": {false, false},
		strings.Repeat("a", 64): {true, true}, strings.Repeat("a", 65): {false, true}, strings.Repeat("a", 129): {false, false},
		strings.Repeat("a", 127) + ".*": {false, false},
	} {
		if role, permission := ValidRoleKey(key), ValidPermissionKey(key); role != want.role || permission != want.permission {
			t.Errorf("%q: as a role's %t, as a permission's %t", key, role, permission)
		}
	}
	for _, c := range "\x00\t\n\r \"&'(),/:;<=>?@[\\]{}|\x7f\u2028" {
		if key := "a" + string(c); ValidRoleKey(key) || ValidPermissionKey(key) {
			t.Errorf("%q can be a key", key)
		}
		if key := "a" + string(c) + "b"; ValidRoleKey(key) || ValidPermissionKey(key) {
			t.Errorf("%q can be a key", key)
		}
	}
}

func TestPermissionSet_HasByItselfOrByPrefix(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		held PermissionSet
		key  string
		want bool
	}{
		{PermissionSet{"reports.read"}, "reports.read", true},
		{PermissionSet{"reports.read"}, "reports.reading", false},
		{PermissionSet{"reports.read"}, "reports", false},
		{PermissionSet{"reports.*"}, "reports.read", true},
		{PermissionSet{"reports.*"}, "reports", false},
		{PermissionSet{"reports.*"}, "reportsx.read", false},
		{PermissionSet{"fe.secure.*"}, "fe.secure.read.*", true},
		{PermissionSet{"fe.secure.read.*"}, "fe.secure.*", false},
		{PermissionSet{"fe.secure.read.*"}, ReadTenantTokens, true},
		{PermissionSet{"fe.secure.read.*"}, WriteTenantTokens, false},
		{PermissionSet{"*"}, "reports.read", false}, // no such wildcard: it has no prefix
		{PermissionSet{"rep*"}, "reports.read", false},
		{nil, "reports.read", false},
		{PermissionSet{"Reports.read"}, "reports.read", false},
	} {
		if got := test.held.Has(test.key); got != test.want {
			t.Errorf("%v has %q = %v, want %v", test.held, test.key, got, test.want)
		}
	}
}

func TestPermissionSet_NobodyGivesMoreThanTheyHold(t *testing.T) {
	t.Parallel()
	defined := []string{
		"fe.secure.*", "fe.secure.read.*", ReadTenantTokens, WriteTenantTokens, DeleteTenantTokens,
		ReadUserTokens, WriteUserTokens, DeleteUserTokens, "reports.read", "reports.write",
	}
	six := PermissionSet{ReadTenantTokens, WriteTenantTokens, DeleteTenantTokens, ReadUserTokens, WriteUserTokens, DeleteUserTokens}
	for _, test := range []struct {
		name   string
		held   PermissionSet
		wanted []string
		want   bool
	}{
		{"nothing is always covered", nil, nil, true},
		{"the same", PermissionSet{"reports.read"}, []string{"reports.read"}, true},
		{"one too many", PermissionSet{"reports.read"}, []string{"reports.read", "reports.write"}, false},
		{"a broader wildcard", PermissionSet{"fe.secure.*"}, []string{"fe.secure.read.*", WriteUserTokens}, true},
		{"a narrower wildcard", PermissionSet{"fe.secure.read.*"}, []string{"fe.secure.*"}, false},
		{"a wildcard, held key by key", six, []string{"fe.secure.*"}, true},
		{"a wildcard, one key short", six[1:], []string{"fe.secure.*"}, false},
		{"a wildcard over keys that nobody defined", six, []string{"invoices.*"}, false},
		{"a key that nobody defined", six, []string{"invoices.read"}, false},
	} {
		if got := test.held.Covers(test.wanted, defined); got != test.want {
			t.Errorf("%s: %v covers %v = %v, want %v", test.name, test.held, test.wanted, got, test.want)
		}
	}
}

func TestPermissionSet_IntersectKeepsWhatBothGrant(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ a, b, want PermissionSet }{
		{PermissionSet{"a.read", "a.write"}, PermissionSet{"a.write", "b.read"}, PermissionSet{"a.write"}},
		{PermissionSet{"a.*"}, PermissionSet{"a.read", "b.read"}, PermissionSet{"a.read"}},
		{PermissionSet{"a.read"}, PermissionSet{"a.*"}, PermissionSet{"a.read"}},
		{PermissionSet{"a.*"}, PermissionSet{"a.b.*", "a.c"}, PermissionSet{"a.b.*", "a.c"}},
		{PermissionSet{"a.*", "a.read"}, PermissionSet{"a.read"}, PermissionSet{"a.read"}},
		{PermissionSet{"a.*"}, nil, PermissionSet{}},
		{nil, PermissionSet{"a.*"}, PermissionSet{}},
	} {
		if got := test.a.Intersect(test.b); !slices.Equal(got, test.want) {
			t.Errorf("%v ∩ %v = %v, want %v", test.a, test.b, got, test.want)
		}
		if got := test.b.Intersect(test.a); !slices.Equal(got, test.want) {
			t.Errorf("%v ∩ %v = %v, want %v", test.b, test.a, got, test.want)
		}
	}
}
