package m2m

import "time"

// TokenType is the claim that says what a JWT was made from.
type TokenType string

const (
	// UserAPIToken is a person's client credentials, exchanged.
	UserAPIToken TokenType = "userApiToken"
	// TenantAPIToken is an account's client credentials, exchanged.
	TenantAPIToken TokenType = "tenantApiToken"
	// UserAccessToken is a person's access token that is a JWT itself.
	UserAccessToken TokenType = "userAccessToken"
	// TenantAccessToken is an account's access token that is a JWT itself.
	TenantAccessToken TokenType = "tenantAccessToken"
	// UserToken is a person who signed in.
	UserToken TokenType = "userToken"
)

// NumericDate is an instant in whole seconds since 1970-01-01 UTC (RFC 7519, section 2).
type NumericDate int64

// Time is d as a time in UTC.
func (d NumericDate) Time() time.Time { return time.Unix(int64(d), 0).UTC() }

// AccessClaims is the payload of an access token that is an RS256 JWT. Roles and
// permissions are not in it: they are what they are when Latchkey is asked.
type AccessClaims struct {
	// Subject names the secret, a UUID: a rotated token has two that live. That of
	// a token's first secret is the token's own id.
	Subject string `json:"sub"`
	// TenantID is the account.
	TenantID string    `json:"tenantId"`
	Type     TokenType `json:"type"`
	// UserID is the owner of a userAccessToken; absent from a tenantAccessToken.
	UserID string `json:"userId,omitempty"`
	// ApplicationID, Audience and Issuer are as in Claims.
	ApplicationID string `json:"applicationId"`
	Audience      string `json:"aud"`
	Issuer        string `json:"iss"`
	// IssuedAt is rounded down, so it never lies in the future.
	IssuedAt NumericDate `json:"iat"`
	// ExpiresAt is absent from a token without an end.
	ExpiresAt NumericDate `json:"exp,omitzero"`
}

// UserClaims is the payload of the RS256 JWT of a person who signed in from a
// page of the vendor's own.
type UserClaims struct {
	// Subject is the person, a UUID.
	Subject       string         `json:"sub"`
	Name          string         `json:"name"`
	Email         string         `json:"email"`
	EmailVerified bool           `json:"email_verified"`
	Metadata      map[string]any `json:"metadata"`
	// ProfilePictureURL is null for none.
	ProfilePictureURL *string `json:"profilePictureUrl"`
	// SessionID names the sign-in: where Latchkey is asked, the JWT ends with it.
	SessionID string `json:"sid"`
	// TenantID is the account that the person works in, TenantIDs are all of
	// theirs. TenantID is absent for a person without any.
	TenantID  string    `json:"tenantId,omitempty"`
	TenantIDs []string  `json:"tenantIds"`
	Type      TokenType `json:"type"`
	// Roles and Permissions are as in Claims.
	Roles       []string `json:"roles,omitzero"`
	Permissions []string `json:"permissions,omitzero"`
	// ApplicationID, Audience, Issuer, IssuedAt and ExpiresAt are as in Claims.
	ApplicationID string      `json:"applicationId"`
	Audience      string      `json:"aud"`
	Issuer        string      `json:"iss"`
	IssuedAt      NumericDate `json:"iat"`
	ExpiresAt     NumericDate `json:"exp"`
}

// Claims is the payload of the RS256 JWT that client credentials are exchanged
// for. The rights in it are those at the moment of the exchange.
//
// Latchkey writes every member with exactly these JSON types. Where a comment
// says "absent" the member is left out, never null.
type Claims struct {
	// Subject is the client id, a UUID.
	Subject string `json:"sub"`
	// TenantID is the account.
	TenantID string    `json:"tenantId"`
	Type     TokenType `json:"type"`
	// UserID is the owner of a userApiToken; absent from a tenantApiToken.
	UserID string `json:"userId,omitempty"`
	// CreatedByUserID is who made the credentials: the owner of a
	// userApiToken, the creator of a tenantApiToken. It is null, and present,
	// when the vendor made them.
	CreatedByUserID *string `json:"createdByUserId"`
	// Email is the owner's in a userApiToken; absent from a tenantApiToken.
	Email string `json:"email,omitempty"`
	// UserMetadata is an object, empty when there is none, in a userApiToken;
	// absent (a nil map) from a tenantApiToken.
	UserMetadata map[string]any `json:"userMetadata,omitzero"`
	// Metadata is an object, empty when the token has none.
	Metadata map[string]any `json:"metadata,omitzero"`
	// SecretID names the secret that was exchanged, a UUID: where Latchkey is
	// asked, the JWT ends with it.
	SecretID string `json:"secretId,omitempty"`
	// Roles and Permissions are arrays of keys, sorted; [] for none. A
	// permission may be a wildcard that ends in ".*". A nil slice is absent: the
	// environment leaves them out, and Latchkey says what they are.
	Roles       []string `json:"roles,omitzero"`
	Permissions []string `json:"permissions,omitzero"`
	// ApplicationID is the environment's client id: a deployment is one application.
	ApplicationID string `json:"applicationId"`
	// Audience is the environment's client id, always one string.
	Audience string `json:"aud"`
	// Issuer is the public URL of the Latchkey that signed.
	Issuer string `json:"iss"`
	// IssuedAt is rounded down, so it never lies in the future.
	IssuedAt NumericDate `json:"iat"`
	// ExpiresAt is never later than the end of the credentials themselves.
	ExpiresAt NumericDate `json:"exp"`
}
