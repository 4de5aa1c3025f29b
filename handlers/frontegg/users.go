package frontegg

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// colleague is what people learn of one another. Latchkey keeps no pictures.
type colleague struct {
	ID                string  `json:"id"`
	Name              string  `json:"name"`
	Email             string  `json:"email"`
	ProfilePictureURL *string `json:"profilePictureUrl"`
}

func newColleague(u models.User) colleague { return colleague{ID: u.ID, Name: u.Name, Email: u.Email} }

// userRecord is a person as the vendor knows them. TenantID is the account that
// the question was about, else the first of theirs.
type userRecord struct {
	colleague
	Verified       bool             `json:"verified"`
	MFAEnrolled    bool             `json:"mfaEnrolled"`
	IsLocked       bool             `json:"isLocked"`
	TenantID       string           `json:"tenantId"`
	TenantIDs      []string         `json:"tenantIds"`
	Tenants        []userMembership `json:"tenants"`
	Metadata       string           `json:"metadata"`
	VendorMetadata string           `json:"vendorMetadata"`
	CreatedAt      string           `json:"createdAt"`
	LastLogin      *string          `json:"lastLogin"`
}

type userMembership struct {
	TenantID   string `json:"tenantId"`
	IsDisabled bool   `json:"isDisabled"`
}

func newUserRecord(u models.UserRow, tenantID string) userRecord {
	told := userRecord{
		colleague: newColleague(u.User), Verified: true, IsLocked: u.Disabled(), TenantID: tenantID, TenantIDs: []string{},
		Tenants: []userMembership{}, Metadata: "{}", VendorMetadata: "{}", CreatedAt: isoDate(u.CreatedAt),
	}
	for _, m := range u.Memberships {
		told.TenantIDs = append(told.TenantIDs, m.TenantID)
		told.Tenants = append(told.Tenants, userMembership{m.TenantID, m.Disabled()})
	}
	if tenantID == "" && len(told.TenantIDs) > 0 {
		told.TenantID = told.TenantIDs[0]
	}
	if u.LastSignInAt != nil {
		told.LastLogin = optional(isoDate(*u.LastSignInAt))
	}
	return told
}

// User answers GET users/v1/:id: to the vendor with anybody, of the account if it
// names one; to a person with those of their own account.
func (f *Frontegg) User(c echo.Context) error {
	ctx, caller := c.Request().Context(), web.Caller(c)
	if caller.Kind != models.Vendor {
		user, err := f.cfg.Accounts.Colleague(ctx, caller, c.Param("id"))
		if err != nil {
			return err
		}
		return web.JSON(c, http.StatusOK, newColleague(user))
	}
	user, err := f.cfg.Accounts.User(ctx, caller, caller.TenantID, c.Param("id"))
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, newUserRecord(user, caller.TenantID))
}

// ListUsers answers GET users/v3. Whatever it is sorted by, the order is that in
// which people came.
func (f *Frontegg) ListUsers(c echo.Context) error {
	p, err := pageOf(c)
	if err != nil {
		return err
	}
	ctx, caller := c.Request().Context(), web.Caller(c)
	q := models.UserQuery{
		Email: c.QueryParam("_email"), TenantID: c.QueryParam("_tenantId"), Offset: p.offset * p.limit, Limit: p.limit,
	}
	if caller.TenantID != "" {
		q.TenantID = caller.TenantID
	}
	if ids := c.QueryParam("ids"); ids != "" {
		q.IDs = strings.Split(ids, ",")
	}
	found, err := f.cfg.Accounts.Users(ctx, caller, q)
	if err != nil {
		return err
	}
	var told []userRecord
	for _, u := range found.Rows {
		told = append(told, newUserRecord(u, q.TenantID))
	}
	return web.JSON(c, http.StatusOK, newPaged(c, p, told, found.Total))
}

// RemoveUser answers DELETE users/v1/:id: from the account that is named, else
// everywhere.
func (f *Frontegg) RemoveUser(c echo.Context) error {
	ctx, caller := c.Request().Context(), byVendor(c)
	var err error
	if caller.TenantID != "" {
		err = f.cfg.Accounts.RemoveMember(ctx, caller, caller.TenantID, c.Param("id"))
	} else {
		err = f.cfg.Accounts.DeleteUser(ctx, caller, c.Param("id"))
	}
	if err != nil {
		return err
	}
	return done(c)
}

// DisableUser answers POST tenants/users/v1/:id/disable.
func (f *Frontegg) DisableUser(c echo.Context) error { return f.setDisabled(c, true) }

// EnableUser answers POST tenants/users/v1/:id/enable.
func (f *Frontegg) EnableUser(c echo.Context) error { return f.setDisabled(c, false) }

func (f *Frontegg) setDisabled(c echo.Context, disabled bool) error {
	caller := byVendor(c)
	if caller.TenantID == "" {
		return headerRequired("frontegg-tenant-id")
	}
	set := f.cfg.Accounts.EnableMember
	if disabled {
		set = f.cfg.Accounts.DisableMember
	}
	if err := set(c.Request().Context(), caller, caller.TenantID, c.Param("id")); err != nil {
		return err
	}
	return done(c)
}

// byVendor is the vendor's program, which acts for nobody.
func byVendor(c echo.Context) models.Caller {
	caller := web.Caller(c)
	caller.UserID = ""
	return caller
}
