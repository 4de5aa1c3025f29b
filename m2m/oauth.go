package m2m

import (
	"encoding/json"
	"errors"
	"slices"
)

// Audience is for whom a JWT was made: one text, or a list of several (RFC 7519,
// section 4.1.3).
type Audience []string

// Has tells whether the JWT was made for a resource server.
func (a Audience) Has(resource string) bool { return slices.Contains(a, resource) }

// MarshalJSON writes a single audience as a text and several as a list.
func (a Audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// UnmarshalJSON takes both.
func (a *Audience) UnmarshalJSON(data []byte) error {
	var one string
	if err := json.Unmarshal(data, &one); err == nil {
		*a = Audience{one}
		return nil
	}
	var several []string
	if err := json.Unmarshal(data, &several); err != nil || several == nil {
		return errors.New("aud is neither a text nor a list of texts")
	}
	*a = several
	return nil
}

// Confirmation names the key that a JWT is bound to (RFC 7800).
type Confirmation struct {
	// JKT is the SHA-256 thumbprint of a public key in base64url (RFC 9449, section 6).
	JKT string `json:"jkt"`
}

// OAuthClaims is the payload of the access token that POST /oauth/token gives for
// client credentials (RFC 9068, section 2.2), in a JWT with the typ "at+jwt". The
// rights in it are those at that moment, or fewer where fewer were asked for.
//
// Latchkey writes every member with exactly these JSON types. Where a comment says
// "absent" the member is left out, never null.
type OAuthClaims struct {
	// Issuer is the public URL of the Latchkey that signed.
	Issuer string `json:"iss"`
	// Audience is Latchkey's public URL, or the resource servers that the client named
	// (RFC 8707).
	Audience Audience `json:"aud"`
	// Subject and ClientID are both the client id, a UUID.
	Subject  string `json:"sub"`
	ClientID string `json:"client_id"`
	// IssuedAt is rounded down, so it never lies in the future.
	IssuedAt NumericDate `json:"iat"`
	// ExpiresAt is never later than the end of the client credentials themselves.
	ExpiresAt NumericDate `json:"exp"`
	// ID is unique, a UUID: a revoked JWT is known by it.
	ID string `json:"jti"`
	// Scope is Permissions as OAuth writes them, with a space between; "" for none.
	Scope string `json:"scope"`
	// TenantID is the account.
	TenantID string `json:"tenantId"`
	// UserID is the owner of personal client credentials; absent from an account's.
	UserID string `json:"userId,omitempty"`
	// Roles and Permissions are arrays of keys, sorted; [] for none. A permission may
	// be a wildcard that ends in ".*". Roles that give more than Permissions are left
	// out.
	Roles       []string `json:"roles"`
	Permissions []string `json:"permissions"`
	// SecretID names the secret or key that the client showed, a UUID: where Latchkey
	// is asked, the JWT ends with it.
	SecretID string `json:"secretId"`
	// Confirmation is absent from a JWT that whoever holds it may use.
	Confirmation *Confirmation `json:"cnf,omitempty"`
}
