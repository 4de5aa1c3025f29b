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
)

// Caller is who asks, from where. It is an explicit argument of every verb.
type Caller struct {
	Kind CallerKind
	// UserID, Name and Email are set for a Person.
	UserID string
	Name   string
	Email  string
	// Operator may use the Console.
	Operator bool
	// TenantID is the account that a Person acts in; empty for none.
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

// MayConsole tells whether the caller may change the environment.
func (c Caller) MayConsole() bool {
	return c.Kind == System || c.Kind == Person && c.Operator
}
