package models

import "net/netip"

// TokenChange is new values for parts of a token; nil keeps what is.
type TokenChange struct {
	Description *string
	// ContactID is empty for nobody.
	ContactID *string
	// Metadata is a JSON object in its shortest form.
	Metadata  *string
	Addresses *[]netip.Prefix
	// RoleIDs are those of an API token, in the place of HeldRoleIDs: the ones by
	// which the change was judged, in any order.
	RoleIDs     *[]string
	HeldRoleIDs []string
}

const (
	// MostUses is how many distinct uses of a token are kept.
	MostUses = 20
	// MostEvents is how many of its events its page has.
	MostEvents = 50
)

// TokenDetail is a token with all that its own page shows, read at one moment.
type TokenDetail struct {
	// The Roles of a personal token are its owner's, now.
	TokenRow
	// Secrets are the live ones, the one in force first, without their digests.
	Secrets []TokenSecret
	// Uses are the latest distinct ones, at most MostUses, newest first.
	Uses []TokenUse
	// Events are those about the token, at most MostEvents, newest first.
	Events []Event
	// Refusals are sums over the last 7 days, one for each reason, the latest
	// first; Minute is that of the last refusal.
	Refusals []Refusal
	// Contact is nil when there is none. Of somebody who has left the account
	// only id and name are known, here and in EventActors.
	Contact *User
	// EventActors are the people whom Events and DisabledBy name, by id.
	EventActors map[string]User
}
