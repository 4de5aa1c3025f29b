package models

import "time"

// Tenant is an account: a customer of the vendor. Tenants are walls.
type Tenant struct {
	ID   string
	Name string
	// M2M inherits the environment's master switch or overrides it, either way.
	M2M Inherit
	// Kind overrides the environment's kind; empty inherits it.
	Kind Kind
	// Policy is what the account demands of its tokens besides the environment.
	Policy     Policy
	CreatedAt  time.Time
	DisabledAt *time.Time
}

// Disabled tells whether every token and session of the account is refused.
func (t Tenant) Disabled() bool { return t.DisabledAt != nil }

// M2MOn is whether the account's tokens are accepted at all.
func (t Tenant) M2MOn(s Settings) bool { return t.M2M.Over(s.M2MEnabled) }

// KindInForce is the kind that people of the account make.
func (t Tenant) KindInForce(s Settings) Kind {
	if t.Kind.Valid() {
		return t.Kind
	}
	return s.Kind
}

// Policies are both levels that bind the account's tokens.
func (t Tenant) Policies(s Settings) Policies {
	return Policies{Environment: s.Policy, Account: t.Policy}
}
