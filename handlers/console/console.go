package console

import (
	"context"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/web"
)

// Environment is what concerns every account.
type Environment interface {
	Settings(ctx context.Context) (models.Settings, error)
	Impact(ctx context.Context, caller models.Caller) (accounts.Impact, error)
	UpdateM2M(ctx context.Context, caller models.Caller, in accounts.M2MInput) error
	UpdateAudiences(ctx context.Context, caller models.Caller, audiences []string) error
	UpdateModules(ctx context.Context, caller models.Caller, api, personal *models.Visibility) error
}

// Tenants is what can be done to accounts.
type Tenants interface {
	Tenants(ctx context.Context, caller models.Caller, q models.TenantQuery) (models.TenantPage, error)
	Tenant(ctx context.Context, caller models.Caller, id string) (models.Tenant, error)
	TenantImpact(ctx context.Context, caller models.Caller, id string) (accounts.Impact, error)
	CreateTenant(ctx context.Context, caller models.Caller, name string) (models.Tenant, error)
	SetTenantM2M(ctx context.Context, caller models.Caller, id string, m2m models.Inherit, kind models.Kind) error
	DisableTenant(ctx context.Context, caller models.Caller, id string) error
	EnableTenant(ctx context.Context, caller models.Caller, id string) error
}

// People is what can be done to the people of accounts.
type People interface {
	Members(ctx context.Context, caller models.Caller, tenantID string) ([]models.Member, error)
	Member(ctx context.Context, caller models.Caller, tenantID, userID string) (models.Member, error)
	CreateMember(ctx context.Context, caller models.Caller, n accounts.NewMember) (models.Member, models.Secret, error)
	SetMemberRoles(ctx context.Context, caller models.Caller, tenantID, userID string, roleIDs []string) error
	DisableMember(ctx context.Context, caller models.Caller, tenantID, userID string) error
	EnableMember(ctx context.Context, caller models.Caller, tenantID, userID string) error
	RemoveMember(ctx context.Context, caller models.Caller, tenantID, userID string) error
	DisableUser(ctx context.Context, caller models.Caller, userID string) error
	EnableUser(ctx context.Context, caller models.Caller, userID string) error
	DeleteUser(ctx context.Context, caller models.Caller, userID string) error
	NewPasswordLink(ctx context.Context, caller models.Caller, tenantID, userID string) (models.Secret, time.Time, error)
}

// Rights is what can be done to roles and permissions.
type Rights interface {
	Roles(ctx context.Context, caller models.Caller) ([]models.Role, error)
	Role(ctx context.Context, caller models.Caller, id string) (models.Role, error)
	RoleUse(ctx context.Context, caller models.Caller, id string) (models.RoleUse, error)
	CreateRole(ctx context.Context, caller models.Caller, in accounts.RoleInput) (models.Role, error)
	UpdateRole(ctx context.Context, caller models.Caller, id string, in accounts.RoleInput) (models.Role, error)
	DeleteRole(ctx context.Context, caller models.Caller, id string) error
	Permissions(ctx context.Context, caller models.Caller) ([]models.Permission, error)
	Permission(ctx context.Context, caller models.Caller, id string) (models.Permission, error)
	PermissionUse(ctx context.Context, caller models.Caller, id string) (models.RoleUse, error)
	CreatePermission(ctx context.Context, caller models.Caller, in accounts.PermissionInput) (models.Permission, error)
	UpdatePermission(ctx context.Context, caller models.Caller, id string, in accounts.PermissionInput) (models.Permission, error)
	DeletePermission(ctx context.Context, caller models.Caller, id string) error
}

// Accounts is what the Console needs of internal/accounts.
type Accounts interface {
	Environment
	Tenants
	People
	Rights
}

// VendorKeys is what can be done to the keys of the vendor's programs.
type VendorKeys interface {
	Keys(ctx context.Context, caller models.Caller) ([]models.VendorKeyRow, error)
	Key(ctx context.Context, caller models.Caller, id string) (models.VendorKeyRow, error)
	KeyByFormID(ctx context.Context, caller models.Caller, formID string) (models.VendorKeyRow, error)
	SecretByFormID(ctx context.Context, caller models.Caller, id, formID string) (models.VendorSecret, error)
	Create(ctx context.Context, caller models.Caller, name, formID string) (vendors.Minted, error)
	Rotate(ctx context.Context, caller models.Caller, id string, r vendors.RotateRequest) (vendors.Minted, error)
	EndOld(ctx context.Context, caller models.Caller, id string) (models.VendorKeyRow, error)
	Revoke(ctx context.Context, caller models.Caller, id string) (models.VendorKeyRow, error)
}

// SigningKeys is what can be done to the keys that sign JWTs.
type SigningKeys interface {
	List(ctx context.Context, caller models.Caller) ([]models.SigningKeyRow, error)
	Key(ctx context.Context, caller models.Caller, kid string) (models.SigningKeyRow, error)
	Rotate(ctx context.Context, caller models.Caller, replaces string) (models.SigningKey, error)
	Remove(ctx context.Context, caller models.Caller, kid string) error
}

// Config is what the handlers stand on.
type Config struct {
	// Accounts, VendorKeys, SigningKeys, Shell and PublicURL are required. PublicURL
	// begins the one-time links that operators pass on and the commands that they
	// paste; it has no slash at its end.
	Accounts    Accounts
	VendorKeys  VendorKeys
	SigningKeys SigningKeys
	Shell       *shell.Shell
	PublicURL   string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Console holds the handlers. It is safe for concurrent use.
type Console struct {
	accounts    Accounts
	vendorKeys  VendorKeys
	signingKeys SigningKeys
	shell       *shell.Shell
	publicURL   string
	now         func() time.Time
}

// New checks the config.
func New(cfg Config) (*Console, error) {
	if cfg.Accounts == nil || cfg.VendorKeys == nil || cfg.SigningKeys == nil || cfg.Shell == nil || cfg.PublicURL == "" {
		return nil, errors.New("console: Accounts, VendorKeys, SigningKeys, Shell and PublicURL are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Console{cfg.Accounts, cfg.VendorKeys, cfg.SigningKeys, cfg.Shell, cfg.PublicURL, cfg.Now}, nil
}

// First leads from /console to the first page.
func (h *Console) First(c echo.Context) error { return web.Redirect(c, views.ConsoleM2M()) }

func ctxOf(c echo.Context) context.Context { return c.Request().Context() }

// done leads on after a change, with a message for the next page.
func done(c echo.Context, to, key string, args ...any) error {
	web.SetFlash(c, key, args...)
	return web.Redirect(c, to)
}

// confirmField is sent by a page that has named the consequences; its value is
// the count that it showed.
const confirmField = "confirm"
