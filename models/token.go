package models

import (
	"math"
	"net/netip"
	"slices"
	"time"
)

// Context says whose a token is.
type Context string

const (
	// Personal tokens belong to a person on one account and have that person's roles.
	Personal Context = "personal"
	// API tokens belong to the account and hold the roles chosen at creation.
	API Context = "api"
)

// Token is a machine-to-machine credential of either kind. What opens it are
// its TokenSecrets.
type Token struct {
	// ID is the access token's id or the client id, a UUID.
	ID       string
	TenantID string
	Context  Context
	Kind     Kind
	// UserID is the owner of a personal token, empty for an API token.
	UserID      string
	Description string
	// Prefix is what the newest secret begins with ("lk_at"), LastFour what it
	// ends with; for a key they are its ClientKey.Hint.
	Prefix   string
	LastFour string
	// RoleIDs are an API token's own roles, sorted; none for a personal token.
	RoleIDs []string
	// CreatedBy is the user who made it, empty for the vendor.
	CreatedBy string
	CreatedAt time.Time
	// ExpiresAt is NeverExpires for a token without an end.
	ExpiresAt time.Time
	// LastUsedAt is NeverUsed before the first use.
	LastUsedAt    time.Time
	LastUsedIP    string
	LastUsedAgent string
	// DisabledAt refuses the token for as long as it is set. By is who did it: a
	// person's id, or a vendor key's; empty for the command line.
	DisabledAt *time.Time
	DisabledBy string
	// Addresses are the networks that the token may be used from, in their
	// canonical form; none means from anywhere.
	Addresses []netip.Prefix
	// ContactID is the person to ask about the token, empty for nobody.
	ContactID string
	// Metadata is a JSON object in its shortest form, "{}" when there is none.
	Metadata string
	// JWTsFrom ends the JWTs that were made for the client credentials before: those
	// whose iat is not after it. Nil ends none.
	JWTsFrom *time.Time
	// RevokedAt is set once by deletion, By as for DisabledAt.
	RevokedAt *time.Time
	RevokedBy string
	// FormID is the one-use id of the form that made the token, unique.
	FormID string
}

// Hint is all that is kept of the newest secret in the clear: how it begins and
// ends, or what tells its key.
func (t Token) Hint() string { return secretHint(t.Prefix, t.LastFour) }

// HasKey tells whether a key of its owner's is in force in the place of a secret.
func (t Token) HasKey() bool { return isKeyHint(t.Prefix) }

// Never tells whether the token has no end.
func (t Token) Never() bool { return !t.ExpiresAt.Before(NeverExpires) }

// Expired tells whether the token has ended: now >= ExpiresAt.
func (t Token) Expired(now time.Time) bool { return !now.Before(t.ExpiresAt) }

// Used tells whether the token has ever been used.
func (t Token) Used() bool { return t.LastUsedAt.After(NeverUsed) }

// Disabled tells whether the token is switched off.
func (t Token) Disabled() bool { return t.DisabledAt != nil }

// AllowsAddress tells whether the token may be used from a client's address.
// One that can't be read is outside of every network.
func (t Token) AllowsAddress(ip string) bool {
	if len(t.Addresses) == 0 {
		return true
	}
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	address = address.Unmap().WithZone("")
	return slices.ContainsFunc(t.Addresses, func(p netip.Prefix) bool { return p.Contains(address) })
}

// FromAnywhere tells whether the token may be used from anywhere: it names no
// networks, or such as hold every IPv4 or every IPv6 address between them.
func (t Token) FromAnywhere() bool {
	return len(t.Addresses) == 0 || holdAll(t.Addresses, true) || holdAll(t.Addresses, false)
}

// holdAll tells whether networks hold every address of a family. They lie either
// within one another or apart, so those that lie within no other add up.
func holdAll(networks []netip.Prefix, ipv4 bool) bool {
	share := 0.0
	for i, n := range networks {
		if !n.IsValid() || n.Addr().Is4() != ipv4 || slices.Index(networks, n) < i {
			continue
		}
		within := func(o netip.Prefix) bool { return o.Bits() < n.Bits() && o.Contains(n.Addr()) }
		if !slices.ContainsFunc(networks, within) {
			share += math.Ldexp(1, -n.Bits())
		}
	}
	return share >= 1
}

// TokenRow is a token as lists and pages show it.
type TokenRow struct {
	Token
	// Roles are those of an API token, by name.
	Roles []Role
	// CreatorName and CreatorEmail are empty when the vendor made it.
	CreatorName  string
	CreatorEmail string
}

// Credential is all that judging a credential needs, read at one moment.
type Credential struct {
	Token Token
	// Secret is the one that was shown, or that a JWT was exchanged for.
	Secret   TokenSecret
	Tenant   Tenant
	Settings Settings
	// Owner is the person of a personal token, nil when that person or their
	// membership is gone.
	Owner      *User
	Membership *Membership
	// Roles and Permissions are keys, sorted: the rights as they are now.
	Roles       []string
	Permissions PermissionSet
	// Held are the same roles, each with what it gives.
	Held []HeldRole
	// JWTRevoked tells that the JWT that was shown is on the deny-list.
	JWTRevoked bool
}

// HeldRole is the key of a role and those of its permissions.
type HeldRole struct {
	Key         string
	Permissions []string
}

// Policies are those that bind the token.
func (c Credential) Policies() Policies { return c.Tenant.Policies(c.Settings) }

// TokenUse is a use of a token: the latest of each secret, address and user
// agent.
type TokenUse struct {
	TokenID   string
	SecretID  string
	At        time.Time
	IP        string
	UserAgent string
}

// Refusal counts refused verifications of a known token within one minute.
type Refusal struct {
	TokenID string
	Reason  string
	Minute  time.Time
	Count   int
}

// UsedWithin is how long ago a token was used at most to be in use where it is
// told what a change would touch.
const UsedWithin = 24 * time.Hour

// TokenCounts is what a switch would touch. Live tokens are neither deleted
// nor expired; Used ones were used in the last 24 hours.
type TokenCounts struct {
	Live, Used int
}

// Add is the sum of two counts.
func (c TokenCounts) Add(d TokenCounts) TokenCounts {
	return TokenCounts{Live: c.Live + d.Live, Used: c.Used + d.Used}
}

// TenantTokenCounts are the live tokens of one account and kind.
type TenantTokenCounts struct {
	TenantID string
	Kind     Kind
	TokenCounts
}
