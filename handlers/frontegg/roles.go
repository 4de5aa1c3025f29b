package frontegg

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// Clients offer a role whose level is at least the lowest of the roles that the
// caller holds, which are all theirs to give.
const (
	levelBeyond = iota
	levelGrantable
)

// role is a role of the environment's; those of a single account don't exist.
type role struct {
	ID            string   `json:"id"`
	VendorID      string   `json:"vendorId"`
	TenantID      *string  `json:"tenantId"`
	Key           string   `json:"key"`
	Name          string   `json:"name"`
	Description   string   `json:"description"`
	IsDefault     bool     `json:"isDefault"`
	FirstUserRole bool     `json:"firstUserRole"`
	Level         int      `json:"level"`
	CreatedAt     string   `json:"createdAt"`
	UpdatedAt     string   `json:"updatedAt"`
	Permissions   []string `json:"permissions"` // ids
}

// teamRole is a role as the dialogs for tokens and people choose from it.
type teamRole struct {
	ID              string   `json:"id"`
	VendorID        string   `json:"vendorId"`
	TenantID        *string  `json:"tenantId"`
	Key             string   `json:"key"`
	Name            string   `json:"name"`
	Description     string   `json:"description"`
	Permissions     []string `json:"permissions"` // ids
	PermissionLevel int      `json:"permissionLevel"`
}

// rights are roles and permissions, as the dialect tells of them.
type rights struct {
	accounts.Rights
	vendorID string
	// ids are those of permissions, by key.
	ids map[string]string
}

func (f *Frontegg) rights(ctx context.Context, caller models.Caller) (rights, error) {
	all, err := f.cfg.Accounts.Rights(ctx, caller)
	if err != nil {
		return rights{}, err
	}
	settings, err := f.cfg.Accounts.Settings(ctx)
	if err != nil {
		return rights{}, err
	}
	r := rights{Rights: all, vendorID: settings.ClientID, ids: map[string]string{}}
	for _, p := range all.Permissions {
		r.ids[p.Key] = p.ID
	}
	return r, nil
}

func (r rights) role(of accounts.RoleRight) role {
	told := role{
		ID: of.ID, VendorID: r.vendorID, Key: of.Key, Name: of.Name, Description: of.Description, Level: levelBeyond,
		CreatedAt: isoDate(of.CreatedAt), UpdatedAt: isoDate(of.UpdatedAt), Permissions: []string{},
	}
	if of.Grantable {
		told.Level = levelGrantable
	}
	for _, key := range of.Permissions {
		told.Permissions = append(told.Permissions, r.ids[key])
	}
	return told
}

// roles are all of them, as they are told.
func (r rights) roles() []role {
	told := make([]role, len(r.Roles))
	for i, of := range r.Roles {
		told[i] = r.role(of)
	}
	return told
}

// ListRoles answers GET roles/v1.
func (f *Frontegg) ListRoles(c echo.Context) error {
	r, err := f.rights(c.Request().Context(), web.Caller(c))
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, r.roles())
}

// ListTeamRoles answers GET /team/resources/roles/v1.
func (f *Frontegg) ListTeamRoles(c echo.Context) error {
	r, err := f.rights(c.Request().Context(), web.Caller(c))
	if err != nil {
		return err
	}
	answer := struct {
		Items []teamRole `json:"items"`
	}{[]teamRole{}}
	for _, of := range r.roles() {
		answer.Items = append(answer.Items, teamRole{
			ID: of.ID, VendorID: of.VendorID, Key: of.Key, Name: of.Name, Description: of.Description,
			Permissions: of.Permissions, PermissionLevel: of.Level,
		})
	}
	return web.JSON(c, http.StatusOK, answer)
}

// newRole is what clients post. A role without permissions of its own takes
// those of the one that it is based on.
type newRole struct {
	Key           string   `json:"key"`
	Name          string   `json:"name"`
	Description   string   `json:"description"`
	IsDefault     bool     `json:"isDefault"`
	BaseRoleID    string   `json:"baseRoleId"`
	PermissionIDs []string `json:"permissionIds"`
}

// permissions are the keys that the new role is to hold.
func (n newRole) permissions(r rights) ([]string, error) {
	if n.BaseRoleID != "" {
		i := slices.IndexFunc(r.Roles, func(of accounts.RoleRight) bool { return of.ID == n.BaseRoleID })
		if i < 0 {
			return nil, must("baseRoleId", "be the id of a role")
		}
		if n.PermissionIDs == nil {
			return r.Roles[i].Permissions, nil
		}
	}
	var keys []string
	for _, id := range n.PermissionIDs {
		i := slices.IndexFunc(r.Permissions, func(p models.Permission) bool { return p.ID == id })
		if i < 0 {
			return nil, must("permissionIds", "be ids of permissions")
		}
		keys = append(keys, r.Permissions[i].Key)
	}
	return keys, nil
}

// CreateRole answers POST roles/v2.
func (f *Frontegg) CreateRole(c echo.Context) error {
	var body newRole
	if err := web.DecodeJSON(c, &body); err != nil {
		return err
	}
	if body.IsDefault {
		return web.Refuse(http.StatusBadRequest, "invalid", "Default roles are not supported: isDefault must be false")
	}
	ctx, caller := c.Request().Context(), web.Caller(c)
	r, err := f.rights(ctx, caller)
	if err != nil {
		return err
	}
	keys, err := body.permissions(r)
	if err != nil {
		return err
	}
	made, err := f.cfg.Accounts.CreateRole(ctx, caller, accounts.RoleInput{
		Key: body.Key, Name: body.Name, Description: body.Description, Permissions: keys,
	})
	if err != nil {
		return named(err)
	}
	return created(c, r.role(accounts.RoleRight{Role: made, Grantable: true}))
}
