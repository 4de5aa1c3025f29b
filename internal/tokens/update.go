package tokens

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// Update is what to change of a token; nil keeps what is.
type Update struct {
	// Kind is the token's, empty for either: one of the other is not found.
	Kind models.Kind
	// Description is at most 200 characters.
	Description *string
	// ContactID is a person whom Contacts gives, empty for nobody.
	ContactID *string
	// Metadata is a JSON object of at most 4,096 bytes in its shortest form,
	// empty for none.
	Metadata *string
	// Addresses are at most 50 networks or addresses, with lines, spaces or
	// commas between; empty for from anywhere.
	Addresses *string
	// RoleIDs are those of an API token, none included. Only what the token does
	// not hold yet must be the caller's to give. A personal token has its owner's
	// and this is ignored.
	RoleIDs *[]string
}

// Update changes parts of a token. Its event names them, never what is in them;
// where nothing differs there is none.
//
// Errors: *models.InvalidError about description (too_long, characters), contact
// (unknown), metadata (as parseMetadata has them) and addresses (as
// parseAddresses has them, and policy_addresses: there must be some, policy_addresses_all: these
// are all there are) and roles (unknown, not_grantable, which leaves an event);
// models.ErrForbidden without the write permission, which leaves an event;
// models.ErrNotFound as Get has it; models.ErrConflict when somebody else gave
// the token other roles meanwhile.
func (t *Tokens) Update(ctx context.Context, caller models.Caller, in models.Context, id string, u Update) (models.TokenRow, error) {
	row, event, err := t.begin(ctx, caller, in, id, models.TokenUpdated)
	if err != nil {
		return models.TokenRow{}, err
	}
	if u.Kind != "" && row.Kind != u.Kind {
		return models.TokenRow{}, models.ErrNotFound
	}
	change, roles, err := t.agreeToUpdate(ctx, caller, row, u, event.At)
	if refused, ok := errors.AsType[*refusal](err); ok {
		return models.TokenRow{}, t.refuse(ctx, event, refused)
	}
	if err != nil {
		return models.TokenRow{}, err
	}
	if change.RoleIDs != nil {
		row.Roles = roles
	}
	parts := apply(&row.Token, &change)
	if len(parts) == 0 {
		return row, nil
	}
	event = event.About("token", row.ID, row.Description)
	event.Reason = strings.Join(parts, ", ")
	if err := t.store.UpdateToken(ctx, row.TenantID, id, change, event); err != nil {
		return models.TokenRow{}, fmt.Errorf("update: %w", err)
	}
	return row, nil
}

// agreeToUpdate reads what was typed, of which every fault is named at once, and
// gives the roles that the token is to have.
func (t *Tokens) agreeToUpdate(ctx context.Context, caller models.Caller, row models.TokenRow, u Update, now time.Time) (change models.TokenChange, roles []models.Role, err error) {
	invalid := &models.InvalidError{}
	if u.Description != nil {
		text := checkDescription(*u.Description, invalid)
		change.Description = &text
	}
	if u.Metadata != nil {
		text := parseMetadata(*u.Metadata, invalid)
		change.Metadata = &text
	}
	if u.Addresses != nil {
		networks := parseAddresses(*u.Addresses, invalid)
		change.Addresses = &networks
		// Whoever mends something else need not name any first.
		if networks != nil && !slices.Equal(networks, row.Addresses) {
			demanded, err := t.demanded(ctx, row, now)
			if err != nil {
				return change, nil, fmt.Errorf("update: %w", err)
			}
			checkAddresses(networks, demanded, invalid)
		}
	}
	// Whoever is the contact may stay it, also when they have left.
	if u.ContactID != nil && *u.ContactID != row.ContactID {
		if err := t.checkContact(ctx, row.TenantID, *u.ContactID, invalid); err != nil {
			return change, nil, fmt.Errorf("update: %w", err)
		}
		change.ContactID = u.ContactID
	}
	var problem string
	if u.RoleIDs != nil && row.Context == models.API {
		all, defined, err := t.rolesAndPermissions(ctx)
		if err != nil {
			return change, nil, fmt.Errorf("update: %w", err)
		}
		if roles, problem = otherRoles(caller, row.RoleIDs, *u.RoleIDs, all, defined); problem != "" {
			invalid.Add("roles", problem)
		}
		ids := idsOf(roles)
		change.RoleIDs = &ids
	}
	if problem == notGrantable {
		return change, nil, &refusal{notGrantable, invalid}
	}
	return change, roles, invalid.OrNil()
}

// otherRoles is chosenRoles for a token that holds some already.
func otherRoles(c models.Caller, held, wanted []string, all []models.Role, defined []string) ([]models.Role, string) {
	added := slices.DeleteFunc(slices.Clone(wanted), func(id string) bool { return slices.Contains(held, id) })
	if _, problem := chosenRoles(c, added, all, defined); problem != "" {
		return nil, problem
	}
	var chosen []models.Role
	for _, role := range all {
		if slices.Contains(wanted, role.ID) {
			chosen = append(chosen, role)
		}
	}
	return chosen, ""
}

// demanded is what the policies in force demand of the token.
func (t *Tokens) demanded(ctx context.Context, row models.TokenRow, now time.Time) (models.Terms, error) {
	settings, err := t.store.Settings(ctx)
	if err != nil {
		return models.Terms{}, err
	}
	tenant, err := t.store.Tenant(ctx, row.TenantID)
	if err != nil {
		return models.Terms{}, err
	}
	return tenant.Policies(settings).Merge(row.CreatedAt, now), nil
}

func checkDescription(typed string, invalid *models.InvalidError) string {
	text, problem := models.Text(typed, models.MaxTokenDescription)
	if problem != "" {
		invalid.Add("description", problem, "max", models.MaxTokenDescription)
	} else if HoldsSecret(text) {
		invalid.Add("description", "holds_secret")
	}
	return text
}

// checkContact notes a contact who can't be named: an id of another account is
// as unknown as one that was never given out.
func (t *Tokens) checkContact(ctx context.Context, tenantID, userID string, invalid *models.InvalidError) error {
	if userID == "" {
		return nil
	}
	people, err := t.store.Contacts(ctx, tenantID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(people, func(u models.User) bool { return u.ID == userID }) {
		invalid.Add("contact", "unknown")
	}
	return nil
}

// apply makes the change on the token, takes out of it what is no change, and
// names the parts that remain, in the order of the alphabet.
func apply(token *models.Token, change *models.TokenChange) []string {
	var parts []string
	if change.Addresses != nil {
		if slices.Equal(*change.Addresses, token.Addresses) {
			change.Addresses = nil
		} else {
			token.Addresses = *change.Addresses
			parts = append(parts, "addresses")
		}
	}
	for _, part := range []struct {
		name string
		from *string
		to   **string
	}{
		{"contact", &token.ContactID, &change.ContactID},
		{"description", &token.Description, &change.Description},
		{"metadata", &token.Metadata, &change.Metadata},
	} {
		switch to := *part.to; {
		case to == nil:
		case *to == *part.from:
			*part.to = nil
		default:
			*part.from = *to
			parts = append(parts, part.name)
		}
	}
	if change.RoleIDs != nil {
		if slices.Equal(*change.RoleIDs, token.RoleIDs) {
			change.RoleIDs = nil
		} else {
			change.HeldRoleIDs, token.RoleIDs = token.RoleIDs, *change.RoleIDs
			parts = append(parts, "roles")
		}
	}
	return parts
}
