package models

import "time"

// AccessQuery asks for a page of access tokens of all accounts that may be good.
type AccessQuery struct {
	Context Context
	// TenantID narrows to one account.
	TenantID string
	Now      time.Time
	// After continues behind a place; the zero one is before all.
	After AccessPlace
	// Limit is how many tokens to look at.
	Limit int
}

// AccessPlace is a token's place among those of all accounts.
type AccessPlace struct{ TenantID, TokenID string }

// AccessPage is one page of the secrets that may be good.
type AccessPage struct {
	Secrets []AccessSecret
	// Last is the place of the last token that was looked at, zero when the page
	// is the last.
	Last AccessPlace
}

// AccessSecret is a secret of an access token with what judging it needs, but
// for tenant and settings; rights are left out. Owner and Membership have only
// what says whether they are disabled.
type AccessSecret struct {
	Credential
	// FirstKeyID is the signing key of the token's first secret, empty where that
	// was no JWT.
	FirstKeyID string
}

// Subject is by what programs know the secret: a JWT by its own id, its sub, and
// any other by the token's, unless that is a JWT's. Then it is known by none.
func (s AccessSecret) Subject() string {
	switch {
	case s.Secret.KeyID != "":
		return s.Secret.ID
	case s.FirstKeyID == "":
		return s.Token.ID
	default:
		return ""
	}
}
