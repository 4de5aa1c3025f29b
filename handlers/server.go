package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/api"
	"github.com/latchkey-dev/latchkey/handlers/console"
	"github.com/latchkey-dev/latchkey/handlers/frontegg"
	"github.com/latchkey-dev/latchkey/handlers/oauth"
	"github.com/latchkey-dev/latchkey/handlers/ops"
	"github.com/latchkey-dev/latchkey/handlers/policy"
	"github.com/latchkey-dev/latchkey/handlers/portal"
	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/browsers"
	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/static"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/words"
	"github.com/latchkey-dev/latchkey/web"
)

// Store is what the assembly itself asks of the database.
type Store interface {
	ops.Pinger
	Settings(ctx context.Context) (models.Settings, error)
	AppendEvent(ctx context.Context, event models.Event) error
}

// Config is everything that the server stands on.
type Config struct {
	// Store, Tokens, Accounts, SignIn, Vendors, Browsers and Keys are required.
	Store    Store
	Tokens   *tokens.Tokens
	Accounts *accounts.Accounts
	SignIn   *signin.Signin
	Vendors  *vendors.Vendors
	Browsers *browsers.Browsers
	Keys     *signing.Keys
	// PublicURL is the address that people and programs use, without a path. Required.
	PublicURL *url.URL
	// CookieKey signs cookies of browsers without a session: 32 bytes. Required.
	CookieKey []byte
	// DialectPrefix is the second home of Frontegg's routes, "/frontegg"; empty for none.
	DialectPrefix string
	// AllowedOrigins are those of the vendor's own pages.
	AllowedOrigins []string
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Listen is the address for Run, Listening is told the one it got.
	Listen    string
	Listening func(net.Addr)
	// Log is nil for silence, Now is nil for time.Now.
	Log *slog.Logger
	Now func() time.Time
}

// New joins the rooms and their routes into a server.
func New(cfg Config) (*web.Server, error) {
	switch {
	case cfg.Store == nil, cfg.Tokens == nil, cfg.Accounts == nil, cfg.SignIn == nil, cfg.Vendors == nil, cfg.Browsers == nil, cfg.Keys == nil:
		return nil, errors.New("handlers: Store, Tokens, Accounts, SignIn, Vendors, Browsers and Keys are required")
	case cfg.PublicURL == nil:
		return nil, errors.New("handlers: PublicURL is required")
	}
	assets, err := static.New()
	if err != nil {
		return nil, err
	}
	around, err := shell.New(shell.Config{
		Assets: views.Assets{Style: assets.Path(static.Style), Script: assets.Path(static.Script), Icon: assets.Path(static.Icon)},
		Host:   cfg.PublicURL.Host,
	})
	if err != nil {
		return nil, err
	}
	r, err := newRooms(cfg, around)
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{
		Routes:         r.routes(cfg.DialectPrefix),
		Groups:         groups(cfg.DialectPrefix),
		PublicURL:      cfg.PublicURL,
		CookieKey:      cfg.CookieKey,
		Identify:       cfg.SignIn.Identify,
		Program:        programsOf(cfg).identify,
		AllowedOrigins: cfg.AllowedOrigins,
		Flashes:        cfg.SignIn,
		Refused:        cfg.Store.AppendEvent,
		TrustedProxies: cfg.TrustedProxies,
		Asset:          assets.File,
		ErrorPage:      r.portal.ErrorPage,
		Sentence:       sentence,
		HoldsSecret:    tokens.HoldsSecret,
		SignInPath:     "/sign-in",
		Listen:         cfg.Listen,
		Listening:      cfg.Listening,
		Log:            cfg.Log,
		Now:            cfg.Now,
	})
}

func newRooms(cfg Config, around *shell.Shell) (r rooms, err error) {
	public := cfg.PublicURL.String()
	if r.ops, err = ops.New(ops.Config{Store: cfg.Store}); err != nil {
		return r, err
	}
	if r.api, err = api.New(api.Config{
		Tokens: cfg.Tokens, Keys: cfg.Keys, Accounts: cfg.Accounts, SignIn: cfg.SignIn, PublicURL: public,
	}); err != nil {
		return r, err
	}
	if r.oauth, err = oauth.New(oauth.Config{Tokens: cfg.Tokens, Vendor: programsOf(cfg).vendor, PublicURL: public}); err != nil {
		return r, err
	}
	if r.console, err = console.New(console.Config{
		Accounts: cfg.Accounts, VendorKeys: cfg.Vendors, SigningKeys: cfg.Keys, Shell: around, PublicURL: public, Now: cfg.Now,
	}); err != nil {
		return r, err
	}
	if r.portal, err = portal.New(portal.Config{
		Tokens: cfg.Tokens, SignIn: cfg.SignIn, Shell: around, PublicURL: public, Log: cfg.Log, Now: cfg.Now,
	}); err != nil {
		return r, err
	}
	if err := r.addPolicies(cfg, around); err != nil {
		return r, err
	}
	r.frontegg, err = frontegg.New(frontegg.Config{
		Tokens: cfg.Tokens, Accounts: cfg.Accounts, Vendors: cfg.Vendors, SignIn: cfg.SignIn, Browsers: cfg.Browsers, Keys: cfg.Keys,
	})
	return r, err
}

// addPolicies adds the two pages about policies.
func (r *rooms) addPolicies(cfg Config, around *shell.Shell) (err error) {
	if r.policy, err = policy.New(policy.Config{
		Sheet: cfg.Accounts.Policy, Save: cfg.Accounts.SetPolicy, Path: views.ConsolePolicy(), Now: cfg.Now,
		Layout:   func(c echo.Context) (views.LayoutProps, error) { return around.Console(c, shell.EnvironmentPolicy) },
		MayWrite: models.Caller.MayConsole,
	}); err != nil {
		return err
	}
	r.tenantPolicy, err = policy.New(policy.Config{
		Sheet: cfg.Accounts.TenantPolicy, Save: cfg.Accounts.SetTenantPolicy, Path: views.WorkspaceSecurity(), Now: cfg.Now,
		Layout:   func(c echo.Context) (views.LayoutProps, error) { return around.Portal(c, shell.Policy) },
		MayWrite: func(caller models.Caller) bool { return caller.May(models.WriteTokenPolicy) },
	})
	return err
}

// sentence tells a program what is wrong with a field, in the catalogue's words.
func sentence(ctx context.Context, p models.Problem) string {
	text := words.T(ctx, "invalid."+p.Key, words.Args(p.Args))
	if p.Field == "" {
		return text
	}
	return p.Field + ": " + text
}
