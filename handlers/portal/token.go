package portal

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// Token shows one token. With check it says how a call with it would be answered now.
func (p *Portal) Token(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, caller := c.Request().Context(), web.Caller(c)
		detail, err := p.cfg.Tokens.Detail(ctx, caller, in, c.Param("id"))
		if err != nil {
			return err
		}
		verdict, err := p.cfg.Tokens.Check(ctx, caller, in, detail.ID, "")
		if err != nil {
			return err
		}
		id, tenant, err := account(c)
		if err != nil {
			return err
		}
		layout, err := p.cfg.Shell.Portal(c, section(in))
		if err != nil {
			return err
		}
		policies, now := tenant.Policies(id.Settings), p.cfg.Now()
		lacks := policies.Lacks(id.Permissions, now)
		return web.Render(c, http.StatusOK, view.TokenPage(view.Token(ctx, view.TokenInput{
			Layout: layout, Account: tenant.Name, PublicURL: p.cfg.PublicURL, TTL: id.Settings.TokenTTL,
			MayWrite: caller.May(in.Rights().Write), MayDelete: caller.May(in.Rights().Delete),
			TokenDetail: detail, Policies: policies, Lacks: lacks, Reason: string(verdict.Reason),
			Checked: web.Query(c).Get("check") != "", IP: caller.IP, Now: now,
		})))
	}
}

// AskDisable says what stops before a token is switched off.
func (p *Portal) AskDisable(in models.Context) echo.HandlerFunc {
	return p.ask(in, view.Disable, func(d models.TokenDetail) bool { return !d.Disabled() })
}

// Disable switches a token off.
func (p *Portal) Disable(in models.Context) echo.HandlerFunc {
	return p.change(in, p.cfg.Tokens.Disable, "token.disable.done")
}

// Enable switches it on again.
func (p *Portal) Enable(in models.Context) echo.HandlerFunc {
	return p.change(in, p.cfg.Tokens.Enable, "token.enable.done")
}

// AskEndJWTs says what stops before the JWTs of client credentials end.
func (p *Portal) AskEndJWTs(in models.Context) echo.HandlerFunc {
	return p.ask(in, view.EndJWTs, func(d models.TokenDetail) bool { return d.Kind == models.ClientCredentials })
}

// EndJWTs ends those that were issued until now.
func (p *Portal) EndJWTs(in models.Context) echo.HandlerFunc {
	return p.change(in, p.cfg.Tokens.EndJWTs, "token.jwts.done")
}

// ask shows a page that asks before something of a token ends, or the token itself when
// there is nothing to end.
func (p *Portal) ask(in models.Context, build askPage, has func(models.TokenDetail) bool) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		detail, err := p.cfg.Tokens.Detail(ctx, web.Caller(c), in, c.Param("id"))
		if err != nil {
			return err
		}
		if !has(detail) {
			return web.Redirect(c, views.Token(in, detail.ID))
		}
		id, _, err := account(c)
		if err != nil {
			return err
		}
		layout, err := p.cfg.Shell.Portal(c, section(in))
		if err != nil {
			return err
		}
		return web.Render(c, http.StatusOK, view.AskPage(build(ctx, view.ChangeInput{
			Layout: layout, TokenDetail: detail, TTL: id.Settings.TokenTTL, Now: p.cfg.Now(),
		})))
	}
}

// change makes a change of a token that needs no more than its id, and goes to its page.
func (p *Portal) change(in models.Context, verb tokenVerb, flash string) echo.HandlerFunc {
	return func(c echo.Context) error {
		token, err := verb(c.Request().Context(), web.Caller(c), in, c.Param("id"))
		if err != nil {
			return err
		}
		web.SetFlash(c, flash, "Name", nameOf(token))
		return web.Redirect(c, views.Token(in, token.ID))
	}
}

// nameOf is what a message calls a token.
func nameOf(t models.TokenRow) string {
	if t.Description == "" {
		return t.ID
	}
	return t.Description
}
