package handlers

import (
	"context"

	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/web"
)

// programs tells who sent a JWT or a vendor key.
type programs struct {
	vendors *vendors.Vendors
}

func (p programs) identify(ctx context.Context, shown web.Shown) (web.Program, error) {
	if shown.ClientID != "" {
		caller, err := p.vendors.CallerOfKey(ctx, vendors.Request{ClientID: shown.ClientID, Secret: shown.Secret, Client: shown.Client})
		return web.Program{Caller: caller}, err
	}
	caller, err := p.vendors.CallerOfJWT(ctx, shown.Token, shown.Client)
	return web.Program{Caller: caller}, err
}
