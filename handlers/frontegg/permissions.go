package frontegg

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// Latchkey keeps no categories: there are those that came with it and those of
// the vendor's product.
const (
	builtInCategory = "00000000-0000-7000-8000-000000000001"
	productCategory = "00000000-0000-7000-8000-000000000002"
)

type permission struct {
	ID           string   `json:"id"`
	Key          string   `json:"key"`
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	CreatedAt    string   `json:"createdAt"`
	UpdatedAt    string   `json:"updatedAt"`
	RoleIDs      []string `json:"roleIds"`
	CategoryID   string   `json:"categoryId"`
	FEPermission bool     `json:"fePermission"`
}

type permissionCategory struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	CreatedAt   string       `json:"createdAt"`
	FECategory  bool         `json:"feCategory"`
	Permissions []permission `json:"permissions"`
}

// permissions are all of them, by key.
func (r rights) permissions() []permission {
	told := make([]permission, len(r.Permissions))
	for i, p := range r.Permissions {
		told[i] = permission{
			ID: p.ID, Key: p.Key, Name: p.Name, Description: p.Description,
			CreatedAt: isoDate(p.CreatedAt), UpdatedAt: isoDate(p.UpdatedAt),
			RoleIDs: r.holders(p), CategoryID: productCategory, FEPermission: p.BuiltIn(),
		}
		if p.BuiltIn() {
			told[i].CategoryID = builtInCategory
		}
	}
	return told
}

// holders are the ids of the roles that hold the permission by its own key.
func (r rights) holders(p models.Permission) []string {
	ids := []string{}
	for _, of := range r.Roles {
		if slices.Contains(of.Permissions, p.Key) {
			ids = append(ids, of.ID)
		}
	}
	return ids
}

// ListPermissions answers GET permissions/v1.
func (f *Frontegg) ListPermissions(c echo.Context) error {
	r, err := f.rights(c.Request().Context(), web.Caller(c))
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, r.permissions())
}

// ListPermissionCategories answers GET permissions/v1/categories.
func (f *Frontegg) ListPermissionCategories(c echo.Context) error {
	r, err := f.rights(c.Request().Context(), web.Caller(c))
	if err != nil {
		return err
	}
	categories := []permissionCategory{
		{ID: builtInCategory, Name: "Latchkey", FECategory: true, Permissions: []permission{}},
		{ID: productCategory, Name: "Product", Permissions: []permission{}},
	}
	for _, p := range r.permissions() {
		i := slices.IndexFunc(categories, func(k permissionCategory) bool { return k.ID == p.CategoryID })
		categories[i].Permissions = append(categories[i].Permissions, p)
		if at := categories[i].CreatedAt; at == "" || p.CreatedAt < at {
			categories[i].CreatedAt = p.CreatedAt
		}
	}
	return web.JSON(c, http.StatusOK, categories)
}
