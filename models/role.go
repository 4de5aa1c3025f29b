package models

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	roleKey       = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)
	permissionKey = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?$`)
)

// ValidRoleKey tells whether a role can have the key: a letter, then at most 63
// letters, digits, "_", "." or "-", all of ASCII.
func ValidRoleKey(key string) bool { return len(key) <= MaxRoleKey && roleKey.MatchString(key) }

// ValidPermissionKey tells whether a permission can have the key: at most 128
// letters, digits, "_" or "-" of ASCII, in parts with dots between, and ".*" at
// the end of a wildcard.
func ValidPermissionKey(key string) bool {
	return len(key) <= MaxPermissionKey && permissionKey.MatchString(key)
}

// The permission keys that Latchkey itself asks for. A role may hold them one
// by one or by wildcard ("fe.secure.*", "fe.secure.read.*").
const (
	ReadTenantTokens   = "fe.secure.read.tenantApiTokens"
	WriteTenantTokens  = "fe.secure.write.tenantApiTokens"
	DeleteTenantTokens = "fe.secure.delete.tenantApiTokens"
	ReadUserTokens     = "fe.secure.read.userApiTokens"
	WriteUserTokens    = "fe.secure.write.userApiTokens"
	DeleteUserTokens   = "fe.secure.delete.userApiTokens"
	// ReadTokenPolicy and WriteTokenPolicy are for an account's own policy.
	ReadTokenPolicy  = "fe.secure.read.tokenPolicy"
	WriteTokenPolicy = "fe.secure.write.tokenPolicy"
)

// TokenRights are the permissions that the tokens of a context ask for.
type TokenRights struct{ Read, Write, Delete string }

// Rights are the permissions that the context's tokens ask for; empty, so that
// nobody holds them, for an unknown context.
func (c Context) Rights() TokenRights {
	switch c {
	case API:
		return TokenRights{Read: ReadTenantTokens, Write: WriteTenantTokens, Delete: DeleteTenantTokens}
	case Personal:
		return TokenRights{Read: ReadUserTokens, Write: WriteUserTokens, Delete: DeleteUserTokens}
	default:
		return TokenRights{}
	}
}

// builtInPermissions are made by migrate and can't be changed or deleted:
// without them nobody could be given the token screens.
var builtInPermissions = []string{
	"fe.secure.*", "fe.secure.read.*", "fe.secure.write.*", "fe.secure.delete.*",
	ReadTenantTokens, WriteTenantTokens, DeleteTenantTokens,
	ReadUserTokens, WriteUserTokens, DeleteUserTokens,
	ReadTokenPolicy, WriteTokenPolicy,
}

// Permission is one right that the vendor's API knows, named by its key.
type Permission struct {
	ID          string
	Key         string
	Name        string
	Description string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// BuiltIn tells whether the permission came with Latchkey.
func (p Permission) BuiltIn() bool { return slices.Contains(builtInPermissions, p.Key) }

// Wildcard tells whether the permission stands for every key below its own.
func (p Permission) Wildcard() bool { return strings.HasSuffix(p.Key, ".*") }

// Role is a named set of permission keys.
type Role struct {
	ID          string
	Key         string
	Name        string
	Description string
	// Permissions holds keys, sorted.
	Permissions []string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// PermissionSet is what somebody holds: keys, some of them wildcards that end
// in ".*".
type PermissionSet []string

// Has tells whether the set grants key, by itself or by a wildcard's prefix.
// A wildcard as key is granted only by itself or by a broader wildcard.
func (s PermissionSet) Has(key string) bool {
	for _, held := range s {
		if held == key {
			return true
		}
		if prefix, ok := strings.CutSuffix(held, "*"); ok && strings.HasSuffix(prefix, ".") && strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// Scope is the set as OAuth writes it, with a space between (RFC 6749, section 3.3).
func (s PermissionSet) Scope() string { return strings.Join(s, " ") }

// Covers tells whether every right in wanted is held: the rule that nobody
// gives more than they have. Both are compared as sets of effective
// permissions, with each wildcard expanded over defined, all keys that exist.
// A wildcard that matches no defined key must be held as it is written.
func (s PermissionSet) Covers(wanted, defined []string) bool {
	for _, w := range wanted {
		if s.Has(w) {
			continue
		}
		if !strings.HasSuffix(w, ".*") {
			return false
		}
		matched := false
		for _, d := range defined {
			if strings.HasSuffix(d, ".*") || !(PermissionSet{w}).Has(d) {
				continue
			}
			matched = true
			if !s.Has(d) {
				return false
			}
		}
		if !matched {
			return false
		}
	}
	return true
}

// Intersect keeps the rights of s that other grants too: what a JWT still
// permits when its owner's rights have shrunk.
func (s PermissionSet) Intersect(other PermissionSet) PermissionSet {
	kept := PermissionSet{}
	for _, key := range s {
		if other.Has(key) {
			kept = append(kept, key)
			continue
		}
		// s holds a wildcard that other only grants in part.
		for _, o := range other {
			if (PermissionSet{key}).Has(o) {
				kept = append(kept, o)
			}
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}
