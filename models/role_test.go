package models

import (
	"slices"
	"testing"
)

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
