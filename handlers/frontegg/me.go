package frontegg

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// profile is a person as they are told of themselves.
type profile struct {
	person
	Sub                     string          `json:"sub"`
	Provider                string          `json:"provider"`
	Tenants                 []ownMembership `json:"tenants"`
	VendorMetadata          string          `json:"vendorMetadata"`
	CreatedAt               string          `json:"createdAt"`
	LastLogin               *string         `json:"lastLogin"`
	SubAccountAccessAllowed bool            `json:"subAccountAccessAllowed"`
}

type ownMembership struct {
	TenantID   string `json:"tenantId"`
	Roles      []role `json:"roles"`
	IsDisabled bool   `json:"isDisabled"`
}

// authorization is what a person may do in the account that they work in. A
// permission may be a wildcard, which clients match by themselves.
type authorization struct {
	Roles       []role       `json:"roles"`
	Permissions []permission `json:"permissions"`
}

type authorizedProfile struct {
	profile
	authorization
}

// self is who asks, with all that they hold.
type self struct {
	models.Identity
	rights rights
	// roleIDs are those of the person, by account.
	roleIDs map[string][]string
}

// self reads the person of a JWT. Whoever is in no account holds nothing.
func (f *Frontegg) self(c echo.Context) (self, error) {
	id := web.Identity(c)
	if id == nil {
		return self{}, models.ErrForbidden
	}
	s := self{Identity: *id}
	if id.Tenant == nil {
		return s, nil
	}
	ctx, caller := c.Request().Context(), web.Caller(c)
	var err error
	if s.rights, err = f.rights(ctx, caller); err != nil {
		return self{}, err
	}
	s.roleIDs, err = f.cfg.Accounts.OwnRoles(ctx, caller)
	return s, err
}

func (s self) roles(tenantID string) []role {
	held := []role{}
	for _, of := range s.rights.roles() {
		if slices.Contains(s.roleIDs[tenantID], of.ID) {
			held = append(held, of)
		}
	}
	return held
}

func (s self) authorization() authorization {
	told := authorization{Roles: s.roles(s.Session.TenantID), Permissions: []permission{}}
	for _, of := range s.rights.permissions() {
		if slices.Contains(s.Permissions, of.Key) {
			told.Permissions = append(told.Permissions, of)
		}
	}
	return told
}

func (s self) profile() profile {
	told := profile{
		person: newPerson(s.Identity), Sub: s.User.ID, Provider: "local", Tenants: []ownMembership{}, VendorMetadata: "{}", CreatedAt: isoDate(s.User.CreatedAt),
	}
	for _, tenant := range s.Accounts {
		told.Tenants = append(told.Tenants, ownMembership{TenantID: tenant.ID, Roles: s.roles(tenant.ID)})
	}
	if s.User.LastSignInAt != nil {
		told.LastLogin = optional(isoDate(*s.User.LastSignInAt))
	}
	return told
}

// Me answers GET users/v2/me.
func (f *Frontegg) Me(c echo.Context) error {
	s, err := f.self(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, authorizedProfile{s.profile(), s.authorization()})
}

// MeV3 answers GET users/v3/me, which leaves the rights to MyAuthorization.
func (f *Frontegg) MeV3(c echo.Context) error {
	s, err := f.self(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, s.profile())
}

// MyAuthorization answers GET users/v1/me/authorization.
func (f *Frontegg) MyAuthorization(c echo.Context) error {
	s, err := f.self(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, s.authorization())
}

// ownAccount is one that the person may work in.
type ownAccount struct {
	ID         string `json:"id"`
	TenantID   string `json:"tenantId"`
	VendorID   string `json:"vendorId"`
	Name       string `json:"name"`
	IsReseller bool   `json:"isReseller"`
	Metadata   string `json:"metadata"`
	CreatedAt  string `json:"createdAt"`
}

func newOwnAccount(t models.Tenant, vendorID string) ownAccount {
	return ownAccount{ID: t.ID, TenantID: t.ID, VendorID: vendorID, Name: t.Name, Metadata: "{}", CreatedAt: isoDate(t.CreatedAt)}
}

// ownAccounts are those of the person who asks, by name, and the one that they
// work in, nil for none.
type ownAccounts struct {
	Tenants      []ownAccount `json:"tenants"`
	ActiveTenant *ownAccount  `json:"activeTenant"`
}

func newOwnAccounts(c echo.Context) (ownAccounts, error) {
	id := web.Identity(c)
	if id == nil {
		return ownAccounts{}, models.ErrForbidden
	}
	told := ownAccounts{Tenants: []ownAccount{}}
	for _, tenant := range id.Accounts {
		told.Tenants = append(told.Tenants, newOwnAccount(tenant, id.Settings.ClientID))
	}
	if id.Tenant != nil {
		active := newOwnAccount(*id.Tenant, id.Settings.ClientID)
		told.ActiveTenant = &active
	}
	return told, nil
}

// MyTenants answers GET users/v2/me/tenants.
func (f *Frontegg) MyTenants(c echo.Context) error {
	told, err := newOwnAccounts(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, told.Tenants)
}

// MyTenantsActive answers GET users/v3/me/tenants and users/v1/me/tenants, of
// which clients take either.
func (f *Frontegg) MyTenantsActive(c echo.Context) error {
	told, err := newOwnAccounts(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, told)
}

// SwitchTenant answers PUT users/v1/tenant. The JWT that asked is of the account
// before, and counts no more: the next comes with a refresh.
func (f *Frontegg) SwitchTenant(c echo.Context) error {
	var body struct {
		TenantID string `json:"tenantId"`
	}
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	if body.TenantID == "" {
		return must("tenantId", "be a string and not empty")
	}
	program := web.ProgramOf(c)
	if program == nil || program.Identity == nil {
		return models.ErrForbidden
	}
	err := f.cfg.Browsers.Switch(c.Request().Context(), program.Caller, *program.Identity, program.SessionID, body.TenantID)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, struct{}{})
}
