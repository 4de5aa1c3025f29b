package handlers

import (
	"context"
	"errors"

	"github.com/latchkey-dev/latchkey/internal/browsers"
	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// programs tells who sent a JWT or a vendor key.
type programs struct {
	vendors  *vendors.Vendors
	browsers *browsers.Browsers
	signIn   *signin.Signin
}

func programsOf(cfg Config) programs { return programs{cfg.Vendors, cfg.Browsers, cfg.SignIn} }

func (p programs) identify(ctx context.Context, shown web.Shown) (web.Program, error) {
	if shown.ClientID != "" {
		caller, err := p.vendor(ctx, shown)
		return web.Program{Caller: caller}, err
	}
	caller, err := p.vendors.CallerOfJWT(ctx, shown.Token, shown.Client)
	if !errors.Is(err, models.ErrUnauthenticated) {
		return web.Program{Caller: caller}, err
	}
	identity, session, err := p.browsers.Identify(ctx, shown.Token)
	if err != nil {
		return web.Program{}, err
	}
	return web.Program{Caller: callerOf(identity, shown.Client), Identity: &identity, SessionID: session}, nil
}

// vendor counts wrong secrets together with those of auth/vendor: no door is a way
// around another's limit.
func (p programs) vendor(ctx context.Context, shown web.Shown) (models.Caller, error) {
	caller, err := p.vendors.CallerOfKey(ctx, vendors.Request{ClientID: shown.ClientID, Secret: shown.Secret, Client: shown.Client})
	if errors.Is(err, models.ErrUnauthenticated) {
		if err := p.signIn.CountWrong(ctx, signin.VendorDoor, shown.Client.IP); err != nil {
			return models.Caller{}, err
		}
	}
	return caller, err
}

// callerOf is the person of a session, who asks from the client. Unlike that of a
// page (web.Caller) it is never an operator: pages of the vendor's own hold its
// JWT, and what is stolen there must not open the Console.
func callerOf(id models.Identity, client models.Caller) models.Caller {
	client.Kind, client.UserID, client.Name, client.Email = models.Person, id.User.ID, id.User.Name, id.User.Email
	if id.Tenant != nil {
		client.TenantID, client.Permissions = id.Tenant.ID, id.Permissions
	}
	return client
}
