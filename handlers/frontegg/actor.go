package frontegg

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// actor is who asks for tokens: a person for themselves, or a program of the
// vendor's for the account and, where tokens are personal, the person that it
// names. models.ErrNotFound for an account or person that is not there.
func (f *Frontegg) actor(c echo.Context, in models.Context) (models.Caller, error) {
	caller := web.Caller(c)
	if caller.Kind != models.Vendor {
		return caller, nil
	}
	if caller.TenantID == "" {
		return caller, headerRequired("frontegg-tenant-id")
	}
	ctx := c.Request().Context()
	if in == models.API {
		// Whoever the vendor's program speaks for, the vendor makes it.
		caller.UserID = ""
		_, err := f.cfg.Accounts.Tenant(ctx, caller, caller.TenantID)
		return caller, err
	}
	if caller.UserID == "" {
		return caller, headerRequired("frontegg-user-id")
	}
	return caller, f.member(ctx, caller)
}

func (f *Frontegg) member(ctx context.Context, caller models.Caller) error {
	_, err := f.cfg.Accounts.Member(ctx, caller, caller.TenantID, caller.UserID)
	return err
}

func headerRequired(name string) error {
	return web.Refuse(http.StatusBadRequest, "required", "The header "+name+" is required here.")
}
