package views

import (
	"net/url"
	"strings"
)

// console is the Console's own address; all its pages are below it.
const console = "/console"

// InConsole tells whether an address is one of the Console's.
func InConsole(path string) bool { return path == console || strings.HasPrefix(path, console+"/") }

// ConsoleM2M is the environment's switch and kind; the same address takes the POST.
func ConsoleM2M() string { return "/console/authentication/m2m" }

// ConsoleAudiences is what JWTs can be for; the same address takes the POST.
func ConsoleAudiences() string { return "/console/authentication/audiences" }

// ConsolePolicy is the environment's token policy; the same address takes the POST.
func ConsolePolicy() string { return "/console/authentication/policy" }

// ConsolePortal says which modules the portal shows; the same address takes the POST.
func ConsolePortal() string { return "/console/portal" }

// Accounts lists the accounts; a POST creates one.
func Accounts(q ListQuery) string { return q.on("/console/accounts") }

// NewAccount is the form for one more.
func NewAccount() string { return "/console/accounts/new" }

// Account is one account.
func Account(id string) string { return "/console/accounts/" + url.PathEscape(id) }

// AccountM2M saves the account's own switch and kind (POST).
func AccountM2M(id string) string { return Account(id) + "/m2m" }

// DisableAccount asks before it disables; the same address takes the POST.
func DisableAccount(id string) string { return Account(id) + "/disable" }

// EnableAccount lets the account in again (POST).
func EnableAccount(id string) string { return Account(id) + "/enable" }

// AccountUsers takes the POST that creates a user.
func AccountUsers(id string) string { return Account(id) + "/users" }

// NewUser is the form for one more person.
func NewUser(accountID string) string { return Account(accountID) + "/users/new" }

// User is a person in an account; the same address takes the POST that saves roles.
func User(accountID, userID string) string {
	return AccountUsers(accountID) + "/" + url.PathEscape(userID)
}

// DisableUser shuts the person out of the account; it asks, then takes the POST.
func DisableUser(accountID, userID string) string { return User(accountID, userID) + "/disable" }

// EnableUser lets the person in again (POST).
func EnableUser(accountID, userID string) string { return User(accountID, userID) + "/enable" }

// RemoveUser takes the person off the account; it asks, then takes the POST.
func RemoveUser(accountID, userID string) string { return User(accountID, userID) + "/remove" }

// LinkUser makes a new one-time password link (POST).
func LinkUser(accountID, userID string) string { return User(accountID, userID) + "/link" }

// Roles lists the roles; a POST creates one.
func Roles() string { return "/console/roles" }

// NewRole is the form for one more.
func NewRole() string { return "/console/roles/new" }

// Role is one role; the same address takes the POST that saves it.
func Role(id string) string { return "/console/roles/" + url.PathEscape(id) }

// DeleteRole asks before it deletes; the same address takes the POST.
func DeleteRole(id string) string { return Role(id) + "/delete" }

// Permissions lists the permissions; a POST creates one.
func Permissions() string { return "/console/permissions" }

// NewPermission is the form for one more.
func NewPermission() string { return "/console/permissions/new" }

// Permission is one permission; the same address takes the POST that saves it.
func Permission(id string) string { return "/console/permissions/" + url.PathEscape(id) }

// DeletePermission asks before it deletes; the same address takes the POST.
func DeletePermission(id string) string { return Permission(id) + "/delete" }

// VendorKeys lists the keys of the vendor's programs; a POST creates one.
func VendorKeys() string { return "/console/keys" }

// NewVendorKey is the form for one more.
func NewVendorKey() string { return "/console/keys/new" }

// VendorKey is one key.
func VendorKey(id string) string { return "/console/keys/" + url.PathEscape(id) }

// RotateVendorKey is the form for another secret; the same address takes the POST.
func RotateVendorKey(id string) string { return VendorKey(id) + "/rotate" }

// EndOldVendorSecret asks before it ends the secret that a rotation replaced; the same
// address takes the POST.
func EndOldVendorSecret(id string) string { return RotateVendorKey(id) + "/end" }

// RevokeVendorKey asks before it revokes; the same address takes the POST.
func RevokeVendorKey(id string) string { return VendorKey(id) + "/revoke" }

// RotateSigningKey asks before the key that signs is replaced; the same address takes
// the POST.
func RotateSigningKey(id string) string { return signingKey(id) + "/rotate" }

// RemoveSigningKey asks before a key and its JWTs end; the same address takes the POST.
func RemoveSigningKey(id string) string { return signingKey(id) + "/remove" }

func signingKey(id string) string { return "/console/keys/signing/" + url.PathEscape(id) }

// DisableUserEverywhere shuts the person out of every account; it asks, then takes
// the POST.
func DisableUserEverywhere(accountID, userID string) string {
	return User(accountID, userID) + "/disable-everywhere"
}

// EnableUserEverywhere lets the person in again (POST).
func EnableUserEverywhere(accountID, userID string) string {
	return User(accountID, userID) + "/enable-everywhere"
}

// DeleteUser ends the person altogether; it asks, then takes the POST.
func DeleteUser(accountID, userID string) string { return User(accountID, userID) + "/delete" }
