package accounts

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// ErrWrongKey is a deployment that was started with another secret key than
// the one its database was made with. Going on would refuse every token.
var ErrWrongKey = errors.New("the secret key is not the one this database was made with")

// Initial is what a new environment begins with.
type Initial struct {
	// TokenPrefix begins new keys: [a-z][a-z0-9]{0,11}.
	TokenPrefix string
	// AccessTokenFormat is what new access tokens are; empty for opaque.
	AccessTokenFormat models.AccessTokenFormat
	// KeyCheck is what the deployment's secret key derives to.
	KeyCheck []byte
}

// How long an exchanged JWT lives at first, and a refresh token.
const (
	tokenTTL   = time.Hour
	refreshTTL = 30 * 24 * time.Hour
)

// builtIn are the permissions without which nobody could be given the token
// screens; models.Permission.BuiltIn knows them by their keys.
var builtIn = []PermissionInput{
	{"fe.secure.*", "All security screens", "Everything below, and what is added later."},
	{"fe.secure.read.*", "See all security screens", "See tokens of every kind."},
	{"fe.secure.write.*", "Change all security screens", "Make tokens of every kind."},
	{"fe.secure.delete.*", "Delete on all security screens", "Delete tokens of every kind."},
	{models.ReadTenantTokens, "See API tokens", "See the account’s API tokens."},
	{models.WriteTenantTokens, "Generate API tokens", "Make API tokens for the account."},
	{models.DeleteTenantTokens, "Delete API tokens", "Delete the account’s API tokens."},
	{models.ReadUserTokens, "See personal tokens", "See one’s own personal tokens."},
	{models.WriteUserTokens, "Generate personal tokens", "Make personal tokens for oneself."},
	{models.DeleteUserTokens, "Delete personal tokens", "Delete one’s own personal tokens."},
	{models.ReadTokenPolicy, "See the token policy", "See what the account demands of its tokens."},
	{models.WriteTokenPolicy, "Change the token policy", "Change what the account demands of its tokens."},
}

// Bootstrap makes the environment on first start: its settings, the built-in
// permissions and the roles Admin and Viewer. On every other start it checks
// the secret key and answers ErrWrongKey when it is another one, and makes the
// built-in permissions that came with a newer release. Several replicas may
// call it at once: one of them makes each thing.
func (a *Accounts) Bootstrap(ctx context.Context, initial Initial) error {
	kept, err := a.store.Settings(ctx)
	if errors.Is(err, models.ErrNotFound) {
		if err := a.begin(ctx, initial); err != nil {
			return err
		}
		// Read it again: another replica may have been the one to make it.
		kept, err = a.store.Settings(ctx)
	}
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	if subtle.ConstantTimeCompare(kept.KeyCheck, initial.KeyCheck) != 1 {
		return ErrWrongKey
	}
	return a.complete(ctx)
}

// complete makes the built-in permissions that are missing. One that the vendor
// had made under the same key is built in from now on, as it is.
func (a *Accounts) complete(ctx context.Context) error {
	all, err := a.store.Permissions(ctx)
	if err != nil {
		return fmt.Errorf("list permissions: %w", err)
	}
	for _, p := range builtInPermissions(models.Stamp(a.now())) {
		if slices.ContainsFunc(all, func(held models.Permission) bool { return held.Key == p.Key }) {
			continue
		}
		event := a.event(models.Caller{Kind: models.System}, models.PermissionCreated).About("permission", p.ID, p.Key)
		if err := a.store.CreatePermission(ctx, p, event); err != nil && !errors.Is(err, models.ErrConflict) {
			return fmt.Errorf("make the permission %s: %w", p.Key, err)
		}
	}
	return nil
}

func builtInPermissions(now time.Time) []models.Permission {
	permissions := make([]models.Permission, len(builtIn))
	for i, b := range builtIn {
		permissions[i] = models.Permission{
			ID: models.NewID(now), Key: b.Key, Name: b.Name, Description: b.Description, CreatedAt: now, UpdatedAt: now,
		}
	}
	return permissions
}

// begin makes the environment, unless somebody else just has.
func (a *Accounts) begin(ctx context.Context, initial Initial) error {
	settings, permissions, roles := a.beginnings(initial)
	event := a.event(models.Caller{Kind: models.System}, models.SettingsUpdated).
		About("settings", settings.ClientID, "environment")
	made, err := a.store.Bootstrap(ctx, settings, permissions, roles, event)
	if err != nil && !errors.Is(err, models.ErrConflict) {
		return fmt.Errorf("make the environment: %w", err)
	}
	if made {
		a.log.InfoContext(ctx, "environment made", "client_id", settings.ClientID)
	}
	return nil
}

func (a *Accounts) beginnings(initial Initial) (models.Settings, []models.Permission, []models.Role) {
	now := models.Stamp(a.now())
	settings := models.Settings{
		ClientID: models.NewID(now), M2MEnabled: true, Kind: models.ClientCredentials,
		TokenPrefix: initial.TokenPrefix,
		APITokens:   models.Always, PersonalTokens: models.Always,
		AccessTokenFormat: cmp.Or(initial.AccessTokenFormat, models.Opaque), TokenTTL: tokenTTL, RefreshTTL: refreshTTL,
		CookieSameSite: models.SameSiteLax, ForcePermissions: true, RolesInJWT: true, PermissionsInJWT: true, KeyCheck: initial.KeyCheck, UpdatedAt: now,
	}
	roles := []models.Role{
		{Key: "Admin", Name: "Admin", Description: "Sees, makes and deletes tokens.", Permissions: []string{"fe.secure.*"}},
		{Key: "Viewer", Name: "Viewer", Description: "Sees tokens.", Permissions: []string{"fe.secure.read.*"}},
	}
	for i := range roles {
		roles[i].ID, roles[i].CreatedAt, roles[i].UpdatedAt = models.NewID(now), now, now
	}
	return settings, builtInPermissions(now), roles
}
