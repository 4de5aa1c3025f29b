package frontegg

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// publicConfiguration is what anybody may know before they sign in. People have
// passwords, which they set by a link; nobody signs up.
type publicConfiguration struct {
	AllowSignups               bool        `json:"allowSignups"`
	AllowNotVerifiedUsersLogin bool        `json:"allowNotVerifiedUsersLogin"`
	APITokensEnabled           bool        `json:"apiTokensEnabled"`
	ForcePermissions           bool        `json:"forcePermissions"`
	AuthStrategy               string      `json:"authStrategy"`
	Strategy                   models.Kind `json:"machineToMachineAuthStrategy"`
}

func newPublicConfiguration(s models.Settings) publicConfiguration {
	return publicConfiguration{
		APITokensEnabled: s.M2MEnabled, ForcePermissions: s.ForcePermissions, AuthStrategy: "EmailAndPassword", Strategy: s.Kind,
	}
}

// configuration is the environment. AccessTokenFormat is Latchkey's own; what
// stands behind it is Frontegg's, and always the same here.
type configuration struct {
	ID                       string                   `json:"id"`
	DefaultTokenExpiration   int64                    `json:"defaultTokenExpiration"`
	DefaultRefreshExpiration int64                    `json:"defaultRefreshTokenExpiration"`
	PublicKey                string                   `json:"publicKey"`
	CookieSameSite           models.SameSite          `json:"cookieSameSite"`
	AddRolesToJWT            bool                     `json:"addRolesToJwt"`
	AddPermissionsToJWT      bool                     `json:"addPermissionsToJwt"`
	AccessTokenFormat        models.AccessTokenFormat `json:"accessTokenFormat"`
	publicConfiguration

	DefaultPasswordlessExpiration       int64  `json:"defaultPasswordlessTokenExpiration"`
	RefreshTokensRotationLimit          int    `json:"refreshTokensRotationLimit"`
	RotateRefreshTokens                 bool   `json:"rotateRefreshTokens"`
	JWTAlgorithm                        string `json:"jwtAlgorithm"`
	JWTSecret                           string `json:"jwtSecret"`
	AllowOverridePasswordComplexity     bool   `json:"allowOverridePasswordComplexity"`
	AllowOverridePasswordExpiration     bool   `json:"allowOverridePasswordExpiration"`
	AllowOverrideEnforcePasswordHistory bool   `json:"allowOverrideEnforcePasswordHistory"`
	ForceSameDeviceOnAuth               bool   `json:"forceSameDeviceOnAuth"`
	AllowTenantInvitations              bool   `json:"allowTenantInvitations"`
	AddSAMLAttributesToJWT              bool   `json:"addSamlAttributesToJwt"`
	AllowCustomLoginTenantSwitch        bool   `json:"allowCustomLoginTenantSwitch"`
}

func newConfiguration(s models.Settings, publicKey string) configuration {
	return configuration{
		ID: s.ClientID, DefaultTokenExpiration: seconds(s.TokenTTL), DefaultRefreshExpiration: seconds(s.RefreshTTL), PublicKey: publicKey,
		CookieSameSite: s.CookieSameSite, AddRolesToJWT: s.RolesInJWT, AddPermissionsToJWT: s.PermissionsInJWT,
		AccessTokenFormat: s.AccessTokenFormat, publicConfiguration: newPublicConfiguration(s),
		RefreshTokensRotationLimit: tokens.RefreshesKept, RotateRefreshTokens: true, JWTAlgorithm: "RS256",
	}
}

// Configuration answers GET configurations/v1. Most clients want the public key
// alone, and keep it for as long as they run.
func (f *Frontegg) Configuration(c echo.Context) error {
	told, err := f.configuration(c.Request().Context())
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, told)
}

func (f *Frontegg) configuration(ctx context.Context) (configuration, error) {
	settings, err := f.cfg.Accounts.Settings(ctx)
	if err != nil {
		return configuration{}, err
	}
	key, err := f.cfg.Keys.PublicKey(ctx)
	if err != nil {
		return configuration{}, fmt.Errorf("read the public key: %w", err)
	}
	return newConfiguration(settings, key), nil
}

// PublicConfiguration answers GET configurations/v1/public: anybody with the
// environment, and a person, who need not say who they are, with what is in force in
// their account. The dialog that makes tokens chooses its kind by this.
func (f *Frontegg) PublicConfiguration(c echo.Context) error {
	id, err := web.Recognise(c)
	if err != nil {
		return err
	}
	settings, err := f.cfg.Accounts.Settings(c.Request().Context())
	if err != nil {
		return err
	}
	told := newPublicConfiguration(settings)
	if id != nil && id.Tenant != nil {
		told.APITokensEnabled, told.Strategy = id.Tenant.M2MOn(settings), id.Tenant.KindInForce(settings)
	}
	return web.JSON(c, http.StatusOK, told)
}

type basicConfiguration struct {
	ForcePermissions bool        `json:"forcePermissions"`
	Strategy         models.Kind `json:"machineToMachineAuthStrategy"`
}

// BasicConfiguration answers GET configurations/v1/basic: a person with the kind
// of their account, which may have its own.
func (f *Frontegg) BasicConfiguration(c echo.Context) error {
	settings, err := f.cfg.Accounts.Settings(c.Request().Context())
	if err != nil {
		return err
	}
	told := basicConfiguration{settings.ForcePermissions, settings.Kind}
	if id := web.Identity(c); id != nil && id.Tenant != nil {
		told.Strategy = id.Tenant.KindInForce(settings)
	}
	return web.JSON(c, http.StatusOK, told)
}

// givenConfiguration is what the vendor may set. Clients send all that they were
// told, and more: the rest is not kept, and the answer says what is so.
type givenConfiguration struct {
	DefaultTokenExpiration   *int64                    `json:"defaultTokenExpiration"`
	DefaultRefreshExpiration *int64                    `json:"defaultRefreshTokenExpiration"`
	CookieSameSite           *models.SameSite          `json:"cookieSameSite"`
	AddRolesToJWT            *bool                     `json:"addRolesToJwt"`
	AddPermissionsToJWT      *bool                     `json:"addPermissionsToJwt"`
	AccessTokenFormat        *models.AccessTokenFormat `json:"accessTokenFormat"`
	APITokensEnabled         *bool                     `json:"apiTokensEnabled"`
	ForcePermissions         *bool                     `json:"forcePermissions"`
	Strategy                 *models.Kind              `json:"machineToMachineAuthStrategy"`
}

// over is what differs from the environment as it is.
func (g givenConfiguration) over(s models.Settings) models.SettingsChange {
	return models.SettingsChange{
		M2MEnabled: other(g.APITokensEnabled, s.M2MEnabled), Kind: other(g.Strategy, s.Kind),
		AccessTokenFormat: other(g.AccessTokenFormat, s.AccessTokenFormat), CookieSameSite: other(g.CookieSameSite, s.CookieSameSite),
		TokenTTL: other(life(g.DefaultTokenExpiration), s.TokenTTL), RefreshTTL: other(life(g.DefaultRefreshExpiration), s.RefreshTTL),
		ForcePermissions: other(g.ForcePermissions, s.ForcePermissions),
		RolesInJWT:       other(g.AddRolesToJWT, s.RolesInJWT), PermissionsInJWT: other(g.AddPermissionsToJWT, s.PermissionsInJWT),
	}
}

// other is the given value where it differs from the one before.
func other[T comparable](given *T, before T) *T {
	if given == nil || *given == before {
		return nil
	}
	return given
}

// life is a number of seconds. One that no duration holds is too long all the same.
func life(seconds *int64) *time.Duration {
	if seconds == nil {
		return nil
	}
	d := time.Duration(min(max(*seconds, -1), math.MaxInt32)) * time.Second
	return &d
}

// SaveConfiguration answers POST configurations/v1. It is the vendor's switch for
// the kind of token that people make.
func (f *Frontegg) SaveConfiguration(c echo.Context) error {
	var body givenConfiguration
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	ctx := c.Request().Context()
	settings, err := f.cfg.Accounts.Settings(ctx)
	if err != nil {
		return err
	}
	change := body.over(settings)
	if change.CookieSameSite != nil && *change.CookieSameSite == models.SameSiteNone && !web.Secure(c) {
		return must("cookieSameSite", "be STRICT or LAX: NONE needs an https address")
	}
	if change != (models.SettingsChange{}) {
		if err := f.cfg.Accounts.UpdateConfiguration(ctx, byVendor(c), change); err != nil {
			return named(err)
		}
	}
	told, err := f.configuration(ctx)
	if err != nil {
		return err
	}
	return created(c, told)
}
