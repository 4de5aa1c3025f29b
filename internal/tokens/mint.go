package tokens

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// MintRequest is a token to be made on the account that the caller acts in.
type MintRequest struct {
	Context models.Context
	// Kind is empty for the one in force. A person may name no other.
	Kind models.Kind
	// Description is optional here, at most 200 characters.
	Description string
	// RoleIDs are those of an API token, none included. A personal token has
	// its owner's and this is ignored.
	RoleIDs []string
	// ExpiresIn is 0 for never, else 1 to 5,256,000 minutes.
	ExpiresIn time.Duration
	// ContactID, Metadata and Addresses are as in Update; empty for none.
	ContactID string
	Metadata  string
	Addresses string
	// Key is what client credentials prove themselves with in the place of a
	// secret, which is not made then; zero for a secret.
	Key models.ClientKey
	// FormID is the one-use id of the form, empty for a caller without one.
	FormID string
}

// Minted is a token with its new secret, which is nowhere else and never again.
type Minted struct {
	Token models.TokenRow
	// Secret is empty for a token with a key of its owner's.
	Secret models.Secret
	// OldEndsAt is the latest end of the secret that it replaced, zero for a new
	// token's.
	OldEndsAt time.Time
}

// Mint makes a token. Its owner (of a personal token) and creator is the
// caller.
//
// Errors: *models.InvalidError about description (too_long, characters),
// expires (out_of_range, policy_life), roles (unknown, not_grantable), kind
// (unknown), contact, metadata and addresses (as Update has them), jwk, jwks_url
// and key (as CheckKey has them, and key_kind for an access token) or about no
// field (m2m_off); models.ErrForbidden without the permission or one that a
// policy demands besides, or on a disabled account; ErrOtherKind;
// models.ErrConflict when the same person sent the form before. What a known
// person is refused for want of a right leaves an event.
func (t *Tokens) Mint(ctx context.Context, caller models.Caller, r MintRequest) (Minted, error) {
	now := models.Stamp(t.now())
	terms, err := t.agree(ctx, caller, r, now)
	if refused, ok := errors.AsType[*refusal](err); ok {
		return Minted{}, t.refuse(ctx, models.NewEvent(caller, models.TokenCreated, now).About("token", "", ""), refused)
	}
	if err != nil {
		return Minted{}, err
	}
	token := models.Token{
		ID: models.NewID(now), TenantID: caller.TenantID, Context: r.Context, Kind: terms.kind,
		Description: terms.description, RoleIDs: idsOf(terms.roles),
		CreatedBy: caller.UserID, CreatedAt: now, ExpiresAt: expiry(now, r.ExpiresIn),
		LastUsedAt: models.NeverUsed, FormID: models.HashFormID(caller, r.FormID),
		ContactID: r.ContactID, Metadata: terms.metadata, Addresses: terms.addresses,
	}
	if r.Context == models.Personal {
		token.UserID = caller.UserID
	}
	secret, plain, err := t.newSecret(ctx, token, terms.settings, terms.key, token.ID, now)
	if err != nil {
		return Minted{}, fmt.Errorf("mint: %w", err)
	}
	token.Prefix, token.LastFour = secret.Prefix, secret.LastFour
	event := models.NewEvent(caller, models.TokenCreated, now).About("token", token.ID, token.Description)
	if err := t.store.CreateToken(ctx, token, secret, event); err != nil {
		return Minted{}, fmt.Errorf("mint: %w", err)
	}
	return Minted{
		Token:  models.TokenRow{Token: token, Roles: terms.roles, CreatorName: caller.Name, CreatorEmail: caller.Email},
		Secret: plain,
	}, nil
}

// newSecret is a secret that is in force, with the id, as it is kept and as it
// is shown: a JWT where the environment wants access tokens to be that, and none
// where there is a client's key.
func (t *Tokens) newSecret(ctx context.Context, token models.Token, settings models.Settings, key models.ClientKey, id string, now time.Time) (models.TokenSecret, models.Secret, error) {
	if !key.IsZero() {
		return t.newKey(token.ID, id, key, now), models.Secret{}, nil
	}
	if token.Kind == models.AccessToken && settings.AccessTokenFormat == models.JWT {
		return t.newAccessJWT(ctx, token, settings.ClientID, id, now)
	}
	made := m2m.NewKey(settings.TokenPrefix, secretKind(token.Kind))
	if made.IsZero() {
		return models.TokenSecret{}, models.Secret{}, fmt.Errorf("no key can begin with the prefix %q of the settings", settings.TokenPrefix)
	}
	s := models.TokenSecret{
		ID: id, TokenID: token.ID, Digest: t.digest(made.Reveal()),
		CreatedAt: now, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}
	s.Prefix, s.LastFour = made.Hint()
	return s, models.NewSecret(made.Reveal()), nil
}

// terms are what a token is made on once everything asked for has been allowed.
type terms struct {
	settings    models.Settings
	kind        models.Kind
	description string
	roles       []models.Role
	metadata    string
	addresses   []netip.Prefix
	key         models.ClientKey
}

// agree judges a request: first the caller's right, then the account's state,
// then what was typed and chosen, of which every fault is named at once. What
// is refused for want of a right is a *refusal.
func (t *Tokens) agree(ctx context.Context, caller models.Caller, r MintRequest, now time.Time) (terms, error) {
	if !may(caller, r.Context, r.Context.Rights().Write) {
		return terms{}, &refusal{"permission", models.ErrForbidden}
	}
	settings, err := t.store.Settings(ctx)
	if err != nil {
		return terms{}, fmt.Errorf("mint: %w", err)
	}
	tenant, err := t.store.Tenant(ctx, caller.TenantID)
	if err != nil {
		return terms{}, fmt.Errorf("mint: %w", err)
	}
	if tenant.Disabled() {
		return terms{}, &refusal{"tenant_disabled", models.ErrForbidden}
	}
	if !tenant.M2MOn(settings) {
		return terms{}, &refusal{"m2m_off", models.Invalid("", "m2m_off")}
	}
	demanded := tenant.Policies(settings).Merge(now, now)
	if !mayCreate(caller, demanded) {
		return terms{}, &refusal{"policy_permission", models.ErrForbidden}
	}
	agreed := terms{settings: settings}
	if agreed.kind, err = chosenKind(caller, r.Kind, tenant.KindInForce(settings)); err != nil {
		return terms{}, err
	}
	invalid := &models.InvalidError{}
	agreed.description = checkDescription(r.Description, invalid)
	checkLife(r.ExpiresIn, demanded, invalid)
	agreed.metadata = parseMetadata(r.Metadata, invalid)
	if agreed.addresses = parseAddresses(r.Addresses, invalid); agreed.addresses != nil {
		checkAddresses(agreed.addresses, demanded, invalid)
	}
	agreed.key = checkKeyOf(agreed.kind, r.Key, invalid)
	if err := t.checkContact(ctx, caller.TenantID, r.ContactID, invalid); err != nil {
		return terms{}, fmt.Errorf("mint: %w", err)
	}
	var problem string
	if r.Context == models.API && len(r.RoleIDs) > 0 {
		all, defined, err := t.rolesAndPermissions(ctx)
		if err != nil {
			return terms{}, fmt.Errorf("mint: %w", err)
		}
		if agreed.roles, problem = chosenRoles(caller, r.RoleIDs, all, defined); problem != "" {
			invalid.Add("roles", problem)
		}
	}
	if problem == notGrantable {
		return terms{}, &refusal{notGrantable, invalid}
	}
	return agreed, invalid.OrNil()
}

func (t *Tokens) rolesAndPermissions(ctx context.Context) ([]models.Role, []string, error) {
	roles, err := t.store.Roles(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, err := t.store.Permissions(ctx)
	if err != nil {
		return nil, nil, err
	}
	return roles, keysOf(all), nil
}

// refusal is a change that is not let through although nothing is wrong with
// its form. The reason is for the event, the error for the caller.
type refusal struct {
	reason string
	err    error
}

func (r *refusal) Error() string { return r.reason + ": " + r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// refuse leaves the trace of a refusal of a known caller and answers its error.
// When the trace can't be left, that is the answer instead.
func (t *Tokens) refuse(ctx context.Context, event models.Event, r *refusal) error {
	if event.ActorKind == models.Anyone || event.ActorKind == "" {
		return r.err
	}
	if err := t.store.AppendEvent(ctx, event.Refuse(r.reason)); err != nil {
		return fmt.Errorf("record a refusal: %w", err)
	}
	return r.err
}

func idsOf(roles []models.Role) []string {
	ids := make([]string, len(roles))
	for i, role := range roles {
		ids[i] = role.ID
	}
	slices.Sort(ids)
	return ids
}
