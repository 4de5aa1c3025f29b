package portal

import (
	"context"
	"io"

	"github.com/a-h/templ"

	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// ErrorPage is the page of an error: within the portal for whoever is signed in, within
// the Console for an operator at one of its addresses, by itself for everybody else.
func (p *Portal) ErrorPage(e web.ErrorProps) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		in := view.ErrorInput{
			Bare: p.cfg.Shell.Bare(), Status: e.Status, Key: e.Key, RequestID: e.RequestID, RetryAfter: e.RetryAfter,
		}
		if e.Identity != nil {
			layout := p.cfg.Shell.Error(ctx, e.Identity, e.CSRF, e.Path)
			in.Layout = &layout
		}
		return view.MessagePage(view.Error(ctx, in)).Render(ctx, w)
	})
}
