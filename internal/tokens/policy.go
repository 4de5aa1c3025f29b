package tokens

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

const (
	minLife = time.Minute
	// maxLife is 5,256,000 minutes: ten years of 365 days.
	maxLife = 5_256_000 * time.Minute

	notGrantable = "not_grantable"
)

// may tells whether the caller may do what asks for the permission, on the
// account they act in. Latchkey's own command line and the vendor's programs may
// do everything, for an account and, where a token is personal, a person that
// they name.
func may(c models.Caller, in models.Context, permission string) bool {
	if permission == "" || c.TenantID == "" || in == models.Personal && c.UserID == "" {
		return false
	}
	return c.Trusted() || c.May(permission)
}

// grantable tells whether the caller may give the role to a token: nobody gives
// more than they hold themselves, but whoever may change the environment gives
// any. defined is every permission key that exists.
func grantable(c models.Caller, role models.Role, defined []string) bool {
	return c.MayAdminister() || c.Permissions.Covers(role.Permissions, defined)
}

// keysOf is the keys of all permissions that exist.
func keysOf(all []models.Permission) []string {
	keys := make([]string, len(all))
	for i, p := range all {
		keys[i] = p.Key
	}
	return keys
}

// checkLife notes a lifetime that no token can have, or that the policies in
// force forbid. 0 is never.
func checkLife(life time.Duration, terms models.Terms, invalid *models.InvalidError) {
	switch {
	case life != 0 && (life < minLife || life > maxLife):
		invalid.Add("expires", "out_of_range")
	case !terms.AllowsLife(life):
		longest := terms.MaxLife
		invalid.Add("expires", "policy_life", "minutes", int(longest.Value/time.Minute), "by", string(longest.By))
	}
}

// checkAddresses notes that a token would be free to be used from anywhere
// although the policies in force forbid that.
func checkAddresses(networks []netip.Prefix, terms models.Terms, invalid *models.InvalidError) {
	if !terms.AddressesRequired.Value || !(models.Token{Addresses: networks}).FromAnywhere() {
		return
	}
	problem := "policy_addresses"
	if len(networks) > 0 {
		problem = "policy_addresses_all"
	}
	invalid.Add("addresses", problem, "by", string(terms.AddressesRequired.By))
}

// mayCreate tells whether the caller holds what the policies in force demand of
// whoever makes a token, besides the permission to. No role binds whoever is
// trusted.
func mayCreate(c models.Caller, terms models.Terms) bool {
	return c.Trusted() || terms.Lacks(c.Permissions) == ""
}

// expiry is the end of a token made at created. 0 is never.
func expiry(created time.Time, life time.Duration) time.Time {
	if life == 0 {
		return models.NeverExpires
	}
	return created.Add(life)
}

// chosenRoles picks the wanted roles out of all, each once and in the order of
// all. The second result is the key of the problem, empty when there is none:
// an id in any other spelling is as unknown as one that was never given out.
func chosenRoles(c models.Caller, wanted []string, all []models.Role, defined []string) ([]models.Role, string) {
	var chosen []models.Role
	for _, role := range all {
		if slices.Contains(wanted, role.ID) {
			chosen = append(chosen, role)
		}
	}
	for _, id := range wanted {
		if !slices.ContainsFunc(chosen, func(r models.Role) bool { return r.ID == id }) {
			return nil, "unknown"
		}
	}
	for _, role := range chosen {
		if !grantable(c, role, defined) {
			return nil, notGrantable
		}
	}
	return chosen, ""
}

// ErrOtherKind is a person who named the kind that is not in force. It is a
// models.ErrForbidden.
var ErrOtherKind = fmt.Errorf("the other kind is in force: %w", models.ErrForbidden)

// chosenKind is the kind to make. The kind in force binds people only.
func chosenKind(c models.Caller, wanted, inForce models.Kind) (models.Kind, error) {
	switch {
	case wanted == "":
		return inForce, nil
	case !wanted.Valid():
		return "", models.Invalid("kind", "unknown")
	case wanted != inForce && !c.Trusted():
		return "", &refusal{"other_kind", ErrOtherKind}
	default:
		return wanted, nil
	}
}

// secretKind is what secrets of the kind are called in their keys.
func secretKind(k models.Kind) m2m.KeyKind {
	if k == models.AccessToken {
		return m2m.AccessToken
	}
	return m2m.ClientSecret
}
