package models

import "time"

// Session is a browser that signed in. The cookie holds a random 256-bit id;
// only its SHA-256 is kept.
type Session struct {
	IDHash []byte
	UserID string
	// TenantID is the account that the person works in now; empty for none.
	TenantID string
	// Bound keeps the session in TenantID, whatever other accounts the person is in:
	// who let them in speaks for that account alone.
	Bound bool
	// CSRF is the session's own 32-byte form secret.
	CSRF       []byte
	CreatedAt  time.Time
	LastSeenAt time.Time
	// ExpiresAt is the absolute end.
	ExpiresAt time.Time
	IP        string
	UserAgent string
	// Flash is the catalogue key (and its arguments, as JSON) of a message
	// for the next page, empty for none.
	Flash string
}

// Identity is a session with all that a page needs to know about its person,
// read at one moment.
type Identity struct {
	Session Session
	User    User
	// Tenant is the active account, nil for none.
	Tenant *Tenant
	// Accounts are those the person may switch to, by name: enabled
	// accounts in which the membership is enabled.
	Accounts []Tenant
	// Permissions are the effective ones on Tenant.
	Permissions PermissionSet
	Settings    Settings
}

// LinkPurpose says what a one-time link does.
type LinkPurpose string

const (
	// SetupLink makes the first operator.
	SetupLink LinkPurpose = "setup"
	// PasswordLink lets a person set a password.
	PasswordLink LinkPurpose = "password"
)

// Link is a one-time link; only the SHA-256 of its code is kept.
type Link struct {
	CodeHash  []byte
	Purpose   LinkPurpose
	UserID    string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Attempts counts failed sign-ins under one key (an HMAC, never an address or
// e-mail in the clear).
type Attempts struct {
	Key      string
	Failures int
	// WindowStart opens the 15 minutes in which Failures fell.
	WindowStart time.Time
	LastFailure time.Time
}

// longestPause is the most that a limited key waits for its next try.
const longestPause = time.Minute

// Pause is how long the next try has to wait after the last failure: not at
// all below limit; from there on one second, doubled by each further failure,
// to at most one minute.
func (a Attempts) Pause(limit int) time.Duration {
	switch over := a.Failures - limit; {
	case over < 0:
		return 0
	case over < 6: // 2^6 s is more than a minute
		return time.Second << over
	default:
		return longestPause
	}
}

// BrowserSession is a person who signed in from a page of the vendor's own. The
// refresh cookie is rotated by each use; only SHA-256s of it are kept.
type BrowserSession struct {
	// ID is the sid of the JWTs that the session gets.
	ID string
	// SeriesHash is that of the part of the cookie which stays, by which all
	// cookies of the session are known; Hash that of the whole cookie in force.
	SeriesHash []byte
	Hash       []byte
	// PreviousHash is that of the cookie before, nil for none.
	PreviousHash []byte
	RotatedAt    time.Time
	UserID       string
	// TenantID is the account that the person works in now; empty for none.
	TenantID  string
	CreatedAt time.Time
	ExpiresAt time.Time
	IP        string
	UserAgent string
}

// PortalLink opens the portal once as the person whom a vendor's program hands
// over; only the SHA-256 of its code is kept.
type PortalLink struct {
	CodeHash []byte
	UserID   string
	TenantID string
	// Page is where it leads, a path of the portal.
	Page string
	// KeyID is the vendor key that made it.
	KeyID     string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Handover is a portal link that is open, with its person and account.
type Handover struct {
	Link   PortalLink
	User   User
	Tenant Tenant
}
