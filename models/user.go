package models

import "time"

// User is a person. One person may belong to several accounts; an operator is
// a user with a flag.
type User struct {
	ID    string
	Email string
	Name  string
	// PasswordHash is argon2id in PHC form; empty until the person has set one.
	PasswordHash string
	Operator     bool
	CreatedAt    time.Time
	// DisabledAt refuses the person everywhere.
	DisabledAt *time.Time
	// LastSignInAt is nil before the first sign-in.
	LastSignInAt *time.Time
	LastSignInIP string
}

// Disabled tells whether the person is refused everywhere.
func (u User) Disabled() bool { return u.DisabledAt != nil }

// Membership is a person in an account, with roles.
type Membership struct {
	TenantID string
	UserID   string
	// RoleIDs are sorted.
	RoleIDs   []string
	CreatedAt time.Time
	// DisabledAt refuses the person in this account only.
	DisabledAt *time.Time
}

// Disabled tells whether the person is refused in this account.
func (m Membership) Disabled() bool { return m.DisabledAt != nil }

// Member is a membership as an account's list shows it.
type Member struct {
	Membership
	User User
	// Roles are the membership's roles, by name.
	Roles []Role
	// PersonalTokens counts the person's live tokens in this account.
	PersonalTokens int
	// LinkExpiresAt is the end of an open password link, if there is one.
	LinkExpiresAt *time.Time
}
