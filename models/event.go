package models

import "time"

// Action names what happened, noun first.
type Action string

const (
	TokenCreated       Action = "token.created"
	TokenUpdated       Action = "token.updated"
	TokenDisabled      Action = "token.disabled"
	TokenEnabled       Action = "token.enabled"
	TokenRotated       Action = "token.rotated"
	SecretEnded        Action = "token.secret_ended"
	RotationCancelled  Action = "token.rotation_cancelled"
	JWTsEnded          Action = "token.jwts_ended"
	JWTRevoked         Action = "jwt.revoked"
	TokenDeleted       Action = "token.deleted"
	TokenFound         Action = "token.found" // only refused: it changes nothing
	TokensExported     Action = "token.exported"
	BulkStarted        Action = "bulk.started"
	BulkEnded          Action = "bulk.ended"
	SignedIn           Action = "session.created"
	SignedOut          Action = "session.ended"
	AccountSwitched    Action = "session.account_switched"
	PasswordChanged    Action = "user.password_changed"
	LinkCreated        Action = "link.created"
	LinkUsed           Action = "link.used"
	UserCreated        Action = "user.created"
	UserDisabled       Action = "user.disabled"
	UserEnabled        Action = "user.enabled"
	UserDeleted        Action = "user.deleted"
	MembershipCreated  Action = "membership.created"
	MembershipUpdated  Action = "membership.updated"
	MembershipDisabled Action = "membership.disabled"
	MembershipEnabled  Action = "membership.enabled"
	MembershipRemoved  Action = "membership.removed"
	TenantCreated      Action = "tenant.created"
	TenantUpdated      Action = "tenant.updated"
	TenantDisabled     Action = "tenant.disabled"
	TenantEnabled      Action = "tenant.enabled"
	SettingsUpdated    Action = "settings.updated"
	RoleCreated        Action = "role.created"
	RoleUpdated        Action = "role.updated"
	RoleDeleted        Action = "role.deleted"
	PermissionCreated  Action = "permission.created"
	PermissionUpdated  Action = "permission.updated"
	PermissionDeleted  Action = "permission.deleted"
	SigningKeyCreated  Action = "signing_key.created"
	SigningKeyRotated  Action = "signing_key.rotated"
	SigningKeyRetired  Action = "signing_key.retired" // of an algorithm that no setting uses any more
	SigningKeyRemoved  Action = "signing_key.removed"
	VendorKeyCreated   Action = "vendor_key.created"
	VendorKeyRotated   Action = "vendor_key.rotated"
	VendorSecretEnded  Action = "vendor_key.secret_ended"
	VendorKeyRevoked   Action = "vendor_key.revoked"
	VendorKeyRefused   Action = "vendor_key.refused" // of a known key that has ended
	RefreshReused      Action = "refresh_token.reused"
	RefreshRevoked     Action = "refresh_token.revoked"
	PortalLinkCreated  Action = "portal_link.created"
	PortalLinkUsed     Action = "portal_link.used"
)

// Outcome tells a change from a refused one.
type Outcome string

const (
	Done    Outcome = "done"
	Refused Outcome = "refused"
)

// Event is one line of the log that everything leaves: who did what to what,
// from where, and whether it was let through. It never holds a secret, a
// digest or a form's contents.
type Event struct {
	// Number is taken by the store inside the writing transaction: numbers
	// commit in order and without gaps.
	Number    int64
	At        time.Time
	Action    Action
	Outcome   Outcome
	Reason    string
	ActorKind CallerKind
	ActorID   string
	// TargetKind is the noun ("token", "user", …), TargetName what people call it.
	TargetKind string
	TargetID   string
	TargetName string
	TenantID   string
	IP         string
	UserAgent  string
	RequestID  string
}

// NewEvent is an event of the caller's, about nothing yet.
func NewEvent(c Caller, a Action, at time.Time) Event {
	return Event{
		At: at, Action: a, Outcome: Done,
		ActorKind: c.Kind, ActorID: c.ActorID(), TenantID: c.TenantID,
		IP: c.IP, UserAgent: c.UserAgent, RequestID: c.RequestID,
	}
}

// About names the event's target.
func (e Event) About(kind, id, name string) Event {
	e.TargetKind, e.TargetID, e.TargetName = kind, id, name
	return e
}

// In places the event in an account.
func (e Event) In(tenantID string) Event {
	e.TenantID = tenantID
	return e
}

// Refuse marks the event as a change that was not let through.
func (e Event) Refuse(reason string) Event {
	e.Outcome, e.Reason = Refused, reason
	return e
}
