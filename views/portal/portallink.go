package portal

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/words"
)

// PortalLinkInput is what the page behind a portal link is built from.
type PortalLinkInput struct {
	Bare     views.BareProps
	CSRF     string
	Code     string
	Handover models.Handover
	// Other is who is signed in already, nil for nobody and for the link's own person.
	Other *models.User
}

// PortalLink builds the page, which says who comes in. It asks only where the
// browser is somebody else's by now: whoever got the link from a stranger is to see
// as whom they would go on.
func PortalLink(ctx context.Context, in PortalLinkInput) LinkProps {
	args := words.Args{"Name": in.Handover.User.Name, "Email": in.Handover.User.Email, "Account": in.Handover.Tenant.Name}
	p := LinkProps{
		Bare: in.Bare, Title: words.T(ctx, "link.portal.title"), Text: words.T(ctx, "link.portal.text", args), Button: words.T(ctx, "link.portal.go"),
		Action: views.PortalLink(in.Code), CSRF: in.CSRF, AtOnce: in.Other == nil,
	}
	if in.Other != nil {
		args["Other"] = in.Other.Email
		p.Text = words.T(ctx, "link.portal.other", args)
	}
	p.Bare.Title = p.Title
	return p
}
