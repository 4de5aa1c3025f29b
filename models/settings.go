package models

import "time"

// Kind is a token's kind, in Frontegg's words (machineToMachineAuthStrategy).
type Kind string

const (
	// AccessToken is one secret, sent as it is in X-API-KEY.
	AccessToken Kind = "AccessToken"
	// ClientCredentials is a client id and a secret, exchanged for a JWT.
	ClientCredentials Kind = "ClientCredentials"
)

// Valid tells whether k is one of the two kinds.
func (k Kind) Valid() bool { return k == AccessToken || k == ClientCredentials }

// AccessTokenFormat is what an access token is.
type AccessTokenFormat string

const (
	// Opaque is a key of ours.
	Opaque AccessTokenFormat = "opaque"
	// JWT is a signed one, which Frontegg's own SDKs expect.
	JWT AccessTokenFormat = "jwt"
)

// Valid tells whether f is one of the two formats.
func (f AccessTokenFormat) Valid() bool { return f == Opaque || f == JWT }

// SameSite says which pages of other sites a cookie is sent from, in Frontegg's
// words.
type SameSite string

const (
	SameSiteStrict SameSite = "STRICT"
	SameSiteLax    SameSite = "LAX"
	SameSiteNone   SameSite = "NONE"
)

// Valid tells whether s is one of the three.
func (s SameSite) Valid() bool {
	return s == SameSiteStrict || s == SameSiteLax || s == SameSiteNone
}

// Visibility says who sees a portal module.
type Visibility string

const (
	Hidden        Visibility = "hidden"
	Always        Visibility = "always"
	ByPermissions Visibility = "byPermissions"
)

// Valid tells whether v is one of the three.
func (v Visibility) Valid() bool { return v == Hidden || v == Always || v == ByPermissions }

// LongestJWT is the longest life that Settings.TokenTTL may have, and so any JWT
// that is kept nowhere.
const LongestJWT = 30 * 24 * time.Hour

// Settings is the environment: one deployment's own row.
type Settings struct {
	// ClientID is the environment's client id, a UUID: aud of the Frontegg dialect.
	ClientID string
	// M2MEnabled is the master switch of M2M authentication.
	M2MEnabled bool
	// Kind is what people make in the portal, unless their account overrides it.
	Kind Kind
	// TokenPrefix begins new keys: [a-z][a-z0-9]{0,11}.
	TokenPrefix string
	// APITokens and PersonalTokens are the visibilities of the two portal modules.
	APITokens, PersonalTokens Visibility
	// AccessTokenFormat is what new access tokens are.
	AccessTokenFormat AccessTokenFormat
	// TokenTTL is how long an exchanged JWT lives (defaultTokenExpiration), in whole seconds.
	TokenTTL time.Duration
	// RefreshTTL is how long a refresh token can be used (defaultRefreshTokenExpiration), in whole seconds.
	RefreshTTL time.Duration
	// CookieSameSite is that of the refresh cookie of browsers on the vendor's own pages.
	CookieSameSite SameSite
	// ForcePermissions tells clients to show what a person may not do as such.
	ForcePermissions bool
	// RolesInJWT and PermissionsInJWT put these claims into JWTs of the dialect,
	// exchanged ones and those of people (addRolesToJwt, addPermissionsToJwt).
	RolesInJWT, PermissionsInJWT bool
	// Audiences are resource servers that clients may ask a JWT for besides Latchkey
	// itself (RFC 8707): absolute URIs without a fragment, in order.
	Audiences []string
	// KeyCheck is what the deployment's secret key derives to: a wrong key stops the start.
	KeyCheck []byte
	// Policy is what the environment demands of tokens: the ceiling of every
	// account's own.
	Policy    Policy
	UpdatedAt time.Time
}

// Visibility is that of the portal module of a context; an unknown one has none.
func (s Settings) Visibility(in Context) Visibility {
	switch in {
	case API:
		return s.APITokens
	case Personal:
		return s.PersonalTokens
	default:
		return Hidden
	}
}

// Inherit is a switch that an account takes from the environment or sets itself.
type Inherit string

const (
	Inherited Inherit = "inherit"
	On        Inherit = "on"
	Off       Inherit = "off"
)

// Valid tells whether i is one of the three.
func (i Inherit) Valid() bool { return i == Inherited || i == On || i == Off }

// Over is the switch in force where the environment says env.
func (i Inherit) Over(env bool) bool {
	switch i {
	case On:
		return true
	case Off:
		return false
	default:
		return env
	}
}
