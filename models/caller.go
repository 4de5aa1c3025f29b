package models

// CallerKind says what sort of party asks.
type CallerKind string

const (
	// Anyone is a caller who has shown nothing.
	Anyone CallerKind = "anyone"
	// Person is a signed-in user.
	Person CallerKind = "person"
	// System is Latchkey's own command line: migrate, seed, operator.
	System CallerKind = "system"
	// Vendor is a program of the vendor's with a vendor key.
	Vendor CallerKind = "vendor"
	// Client is a program of an account that has shown its client credentials.
	Client CallerKind = "client"
)

// Caller is who asks, from where. It is an explicit argument of every verb.
type Caller struct {
	Kind CallerKind
	// KeyID is the vendor key of a Vendor.
	KeyID string
	// ClientID is that of a Client.
	ClientID string
	// UserID, Name and Email are set for a Person; a Vendor that acts for a
	// person sets UserID.
	UserID string
	Name   string
	Email  string
	// Operator may use the Console.
	Operator bool
	// TenantID is the account that a Person acts in, or a Vendor acts on; empty
	// for none.
	TenantID string
	// Permissions are the effective ones on TenantID.
	Permissions PermissionSet
	// IP, UserAgent and RequestID describe the request, for the event log.
	IP        string
	UserAgent string
	RequestID string
}

// May tells whether the caller holds the permission on their account.
func (c Caller) May(permission string) bool {
	return c.Kind == Person && c.TenantID != "" && c.Permissions.Has(permission)
}

// MayConsole tells whether the caller may do what the Console and the command line
// alone may: make operators, and make and end keys. A vendor key may not: one that
// leaked would outlive its own revocation.
func (c Caller) MayConsole() bool {
	return c.Kind == System || c.Kind == Person && c.Operator
}

// MayAdminister tells whether the caller may change the environment otherwise, its
// accounts, people and roles: a vendor key may too.
func (c Caller) MayAdminister() bool { return c.Kind == Vendor || c.MayConsole() }

// Trusted tells whether the caller is the vendor's own machinery, which no role
// binds: Latchkey's command line, or a program with a vendor key.
func (c Caller) Trusted() bool { return c.Kind == System || c.Kind == Vendor }

// ActorID names the caller in the event log: a person's id, a vendor key's, or a client's.
func (c Caller) ActorID() string {
	switch c.Kind {
	case Vendor:
		return c.KeyID
	case Client:
		return c.ClientID
	default:
		return c.UserID
	}
}
