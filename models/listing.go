package models

import "time"

// TenantQuery asks for one page of accounts, by name.
type TenantQuery struct {
	// Search is matched within name and id, upper and lower case alike.
	Search string
	// After continues behind the last account of another page.
	After string
	// Limit is the page's size, 1 to 200.
	Limit int
}

// TenantRow is an account as the Console lists it.
type TenantRow struct {
	Tenant
	Members int
	TokenCounts
}

// TenantPage is one page of accounts.
type TenantPage struct {
	Rows []TenantRow
	// Next is the id to continue After, empty on the last page.
	Next  string
	Total int
}

// RoleUse is who holds a role, or a permission through their roles.
type RoleUse struct {
	Roles, Members, Tokens int
	// Policies are those that demand the permission of whoever makes a token.
	Policies int
}

// SettingsChange is a new value for part of the environment; nil keeps what is.
type SettingsChange struct {
	M2MEnabled                *bool
	Kind                      *Kind
	APITokens, PersonalTokens *Visibility
	AccessTokenFormat         *AccessTokenFormat
	TokenTTL, RefreshTTL      *time.Duration
	CookieSameSite            *SameSite
	ForcePermissions          *bool
	RolesInJWT                *bool
	PermissionsInJWT          *bool
	Audiences                 *[]string
	At                        time.Time
}
