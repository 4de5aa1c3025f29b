package shell

import (
	"context"
	"errors"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
	"github.com/latchkey-dev/latchkey/web"
)

// Section is the line of the sidebar that a page belongs to; empty for none.
type Section string

const (
	Security       Section = "security"
	PersonalTokens Section = "personalTokens"
	APITokens      Section = "apiTokens"
	// Policy is an account's own, EnvironmentPolicy the Console's.
	Policy            Section = "policy"
	M2M               Section = "m2m"
	Audiences         Section = "audiences"
	EnvironmentPolicy Section = "environmentPolicy"
	Modules           Section = "modules"
	Accounts          Section = "accounts"
	Roles             Section = "roles"
	Permissions       Section = "permissions"
	Keys              Section = "keys"
)

// Config is what pages fetch and show everywhere.
type Config struct {
	// Assets are the addresses of style sheet, script and icon. Required.
	Assets views.Assets
	// Host is the small print of pages without a sidebar: where one is.
	Host string
}

// Shell is safe for concurrent use.
type Shell struct{ cfg Config }

// New checks the config.
func New(cfg Config) (*Shell, error) {
	if cfg.Assets.Style == "" || cfg.Assets.Script == "" {
		return nil, errors.New("shell: Assets are required")
	}
	return &Shell{cfg}, nil
}

// Bare is around pages without a sidebar: sign-in, set-up, errors before it.
// The page adds its title.
func (s *Shell) Bare() views.BareProps {
	return views.BareProps{Head: views.Head{Assets: s.cfg.Assets}, Foot: s.cfg.Host}
}

// Portal is around the pages of the Admin Portal, which add their titles. It
// takes the session's message, which is shown once: call it for answers that
// show a page.
func (s *Shell) Portal(c echo.Context, at Section) (views.LayoutProps, error) {
	id, err := identity(c)
	if err != nil {
		return views.LayoutProps{}, err
	}
	p := s.portal(c.Request().Context(), id, web.CSRF(c), at)
	p.Flash = flash(c)
	return p, nil
}

// Error is around the page of an error that a signed-in person meets at path: the
// Console's frame for an operator at one of its addresses, otherwise the portal's.
// It leaves the session's message to the next page and cannot fail.
func (s *Shell) Error(ctx context.Context, id *models.Identity, csrf, path string) views.LayoutProps {
	if id.User.Operator && views.InConsole(path) {
		return s.console(ctx, id, csrf, "")
	}
	return s.portal(ctx, id, csrf, "")
}

func (s *Shell) portal(ctx context.Context, id *models.Identity, csrf string, at Section) views.LayoutProps {
	p := s.around(id, csrf)
	p.Home = views.Home()
	p.Nav = portalNav(ctx, id, at)
	if id.User.Operator {
		p.Links = []views.NavItem{{Text: words.T(ctx, "nav.console"), Icon: ui.IconSettings, Href: views.ConsoleM2M()}}
	}
	return p
}

// Console is around the pages of the vendor's operators; otherwise as Portal.
func (s *Shell) Console(c echo.Context, at Section) (views.LayoutProps, error) {
	id, err := identity(c)
	if err != nil {
		return views.LayoutProps{}, err
	}
	p := s.console(c.Request().Context(), id, web.CSRF(c), at)
	p.Flash = flash(c)
	return p, nil
}

func (s *Shell) console(ctx context.Context, id *models.Identity, csrf string, at Section) views.LayoutProps {
	p := s.around(id, csrf)
	p.Console = true
	p.Home = views.ConsoleM2M()
	p.Nav = consoleNav(ctx, at)
	p.Links = []views.NavItem{{Text: words.T(ctx, "nav.security"), Icon: ui.IconLock, Href: views.Security()}}
	if id.Tenant != nil {
		p.Links = append(p.Links, views.NavItem{Text: words.T(ctx, "nav.portal"), Icon: ui.IconAccount, Href: firstPage(id)})
	}
	return p
}

func identity(c echo.Context) (*models.Identity, error) {
	id := web.Identity(c)
	if id == nil {
		return nil, models.ErrUnauthenticated
	}
	return id, nil
}

func (s *Shell) around(id *models.Identity, csrf string) views.LayoutProps {
	p := views.LayoutProps{
		Head: views.Head{Assets: s.cfg.Assets}, User: views.Person{Name: id.User.Name, Email: id.User.Email}, CSRF: csrf,
	}
	for _, a := range id.Accounts {
		p.Accounts = append(p.Accounts, views.AccountChoice{
			ID: a.ID, Name: a.Name, Active: id.Tenant != nil && a.ID == id.Tenant.ID,
		})
	}
	return p
}

// flash is the message that the last form left, said once.
func flash(c echo.Context) *ui.BannerProps {
	f := web.TakeFlash(c)
	if f == nil {
		return nil
	}
	args := words.Args{}
	for name, value := range f.Args {
		if n, ok := value.(float64); ok {
			value = int(n) // JSON knows no whole numbers
		}
		args[name] = value
	}
	return &ui.BannerProps{Tone: ui.Done, Text: words.T(c.Request().Context(), f.Key, args), Status: true}
}

// MaySee tells whether the tab of a context's tokens is shown to the person: by
// the module's setting, and in an account only.
func MaySee(id *models.Identity, in models.Context) bool {
	if id == nil || id.Tenant == nil {
		return false
	}
	switch id.Settings.Visibility(in) {
	case models.Always:
		return true
	case models.ByPermissions:
		return id.Permissions.Has(in.Rights().Read)
	default:
		return false
	}
}

// MayOpen tells whether the person finds a list behind the tab, and not that
// they lack the permission.
func MayOpen(id *models.Identity, in models.Context) bool {
	return MaySee(id, in) && id.Permissions.Has(in.Rights().Read)
}

// firstPage is the portal's first page that the person may see.
func firstPage(id *models.Identity) string {
	for _, in := range []models.Context{models.API, models.Personal} {
		if MayOpen(id, in) {
			return views.Tokens(in, views.ListQuery{})
		}
	}
	return views.Security()
}

// FirstPage is where a person begins: the Console for operators, otherwise the
// first page of the portal that they may see.
func FirstPage(id *models.Identity) string {
	if id.User.Operator {
		return views.ConsoleM2M()
	}
	return firstPage(id)
}

func portalNav(ctx context.Context, id *models.Identity, at Section) []views.NavGroup {
	mine := views.NavGroup{Label: words.T(ctx, "nav.yours"), Plain: true, Items: []views.NavItem{
		{Text: words.T(ctx, "nav.security"), Icon: ui.IconLock, Href: views.Security(), Active: at == Security},
	}}
	if MaySee(id, models.Personal) {
		mine.Items = append(mine.Items, views.NavItem{
			Text: words.T(ctx, "nav.personalTokens"), Icon: ui.IconPersonalKey,
			Href: views.Tokens(models.Personal, views.ListQuery{}), Active: at == PersonalTokens,
		})
	}
	groups := []views.NavGroup{mine}
	if id.Tenant == nil {
		return groups
	}
	work := views.NavGroup{Label: words.T(ctx, "nav.workspace"), Workspace: true}
	if id.Permissions.Has(models.ReadTokenPolicy) {
		work.Items = append(work.Items, views.NavItem{
			Text: words.T(ctx, "nav.policy"), Icon: ui.IconShield, Href: views.WorkspaceSecurity(), Active: at == Policy,
		})
	}
	if MaySee(id, models.API) {
		work.Items = append(work.Items, views.NavItem{
			Text: words.T(ctx, "nav.apiTokens"), Icon: ui.IconKey,
			Href: views.Tokens(models.API, views.ListQuery{}), Active: at == APITokens,
		})
	}
	return append(groups, work)
}

func consoleNav(ctx context.Context, at Section) []views.NavGroup {
	return []views.NavGroup{
		{Label: words.T(ctx, "nav.authentication"), Items: []views.NavItem{
			{Text: words.T(ctx, "nav.m2m"), Icon: ui.IconKey, Href: views.ConsoleM2M(), Active: at == M2M},
			{Text: words.T(ctx, "nav.audiences"), Icon: ui.IconChain, Href: views.ConsoleAudiences(), Active: at == Audiences},
			{Text: words.T(ctx, "nav.environmentPolicy"), Icon: ui.IconShield, Href: views.ConsolePolicy(), Active: at == EnvironmentPolicy},
			{Text: words.T(ctx, "nav.keys"), Icon: ui.IconTerminal, Href: views.VendorKeys(), Active: at == Keys},
		}},
		{Label: words.T(ctx, "nav.adminPortal"), Items: []views.NavItem{
			{Text: words.T(ctx, "nav.modules"), Icon: ui.IconBlocks, Href: views.ConsolePortal(), Active: at == Modules},
		}},
		{Label: words.T(ctx, "nav.customers"), Items: []views.NavItem{
			{Text: words.T(ctx, "nav.accounts"), Icon: ui.IconAccount, Href: views.Accounts(views.ListQuery{}), Active: at == Accounts},
			{Text: words.T(ctx, "nav.roles"), Icon: ui.IconRoles, Href: views.Roles(), Active: at == Roles},
			{Text: words.T(ctx, "nav.permissions"), Icon: ui.IconLock, Href: views.Permissions(), Active: at == Permissions},
		}},
	}
}
