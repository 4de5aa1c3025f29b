package handlers

import (
	"context"
	"errors"

	"github.com/latchkey-dev/latchkey/internal/browsers"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// programs tells who sent a JWT or a vendor key.
type programs struct {
	vendors  *vendors.Vendors
	browsers *browsers.Browsers
}

func (p programs) identify(ctx context.Context, shown web.Shown) (web.Program, error) {
	if shown.ClientID != "" {
		caller, err := p.vendors.CallerOfKey(ctx, vendors.Request{ClientID: shown.ClientID, Secret: shown.Secret, Client: shown.Client})
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

// callerOf is the person of a session, who asks from the client.
func callerOf(id models.Identity, client models.Caller) models.Caller {
	client.Kind, client.UserID, client.Name, client.Email = models.Person, id.User.ID, id.User.Name, id.User.Email
	if id.Tenant != nil {
		client.TenantID, client.Permissions = id.Tenant.ID, id.Permissions
	}
	return client
}
