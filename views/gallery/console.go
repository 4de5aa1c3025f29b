package gallery

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/views/ui"
)

// ConsoleEntries are the pages of the Console, in every state.
func ConsoleEntries() []Entry {
	return slices.Concat(m2mEntries(), audienceEntries(), environmentPolicyEntries(), moduleEntries(), accountEntries(), userEntries(), roleEntries(), permissionEntries(), vendorKeyEntries())
}

func consoleFrame(h views.Head, title, current string) views.LayoutProps {
	h.Title = title
	p := Console(h, current)
	p.CSRF = csrf
	return p
}

func consolePage(name string, page func(views.Head) templ.Component) Entry {
	return Entry{Group: "Console", Name: name, Page: page}
}

func done(p views.LayoutProps, text string) views.LayoutProps {
	p.Flash = &ui.BannerProps{Tone: ui.Done, Text: text, Status: true}
	return p
}

// environment is the demo's settings.
func environment() models.Settings {
	return models.Settings{
		M2MEnabled: true, Kind: models.AccessToken, TokenPrefix: "lk", TokenTTL: time.Hour,
		APITokens: models.Always, PersonalTokens: models.ByPermissions, AccessTokenFormat: models.Opaque,
	}
}

func m2mFacts() console.M2MInput {
	return console.M2MInput{
		Settings: environment(), Enabled: true, Kind: models.AccessToken, Format: models.Opaque,
		AccessTokens:      models.TokenCounts{Live: 1284, Used: 498},
		ClientCredentials: models.TokenCounts{Live: 458, Used: 115},
		RefusedOff:        models.TokenCounts{Live: 1700, Used: 596},
		OwnSwitch:         console.Exceptions{Inheriting: 37, Own: 1, Names: []string{"Globex"}},
		OwnKind:           console.Exceptions{Inheriting: 36, Own: 2, Names: []string{"Globex", "Initech"}},
	}
}

func m2mPage(name string, state func(*console.M2MInput)) Entry {
	return consolePage("M2M, "+name, func(h views.Head) templ.Component {
		f := m2mFacts()
		state(&f)
		return console.M2MPage(console.M2M(english(), consoleFrame(h, "M2M authentication", "M2M authentication"), f))
	})
}

func m2mEntries() []Entry {
	return []Entry{
		m2mPage("on", func(*console.M2MInput) {}),
		m2mPage("another kind chosen", func(f *console.M2MInput) { f.Kind = models.ClientCredentials }),
		m2mPage("switched off but not saved", func(f *console.M2MInput) { f.Enabled = false }),
		m2mPage("off", func(f *console.M2MInput) { f.Settings.M2MEnabled, f.Enabled = false, false }),
		m2mPage("no accounts", func(f *console.M2MInput) {
			*f = console.M2MInput{Settings: f.Settings, Enabled: true, Kind: f.Kind, Format: models.JWT}
		}),
		m2mPage("many exceptions", func(f *console.M2MInput) {
			f.OwnSwitch = console.Exceptions{Inheriting: 2, Own: 36, Names: []string{"Globex", "Initech", "Umbrella"}}
			f.OwnKind = console.Exceptions{Own: 38, Names: []string{"Globex", "Initech", "Umbrella"}}
		}),
		m2mPage("refused input", func(f *console.M2MInput) { f.Invalid = models.Invalid("format", "unknown_format") }),
		consolePage("M2M, asked before it refuses", func(h views.Head) templ.Component {
			return console.ConfirmPage(console.M2MConfirm(english(), consoleFrame(h, "Switch M2M authentication off?", "M2M authentication"),
				models.AccessToken, models.Opaque, models.TokenCounts{Live: 1700, Used: 596}))
		}),
	}
}

func modulesPage(name string, f console.ModulesInput) Entry {
	return consolePage("modules, "+name, func(h views.Head) templ.Component {
		return console.ModulesPage(console.Modules(english(), consoleFrame(h, "Portal modules", "Portal modules"), f))
	})
}

func moduleEntries() []Entry {
	readers := []models.Role{consoleRoles()[3]}
	return []Entry{
		modulesPage("as made", console.ModulesInput{API: models.Always, Personal: models.ByPermissions, Roles: consoleRoles()}),
		modulesPage("nobody may write", console.ModulesInput{API: models.ByPermissions, Personal: models.Hidden, Roles: readers}),
		modulesPage("no roles", console.ModulesInput{API: models.Always, Personal: models.Always}),
		modulesPage("refused input", console.ModulesInput{API: "sometimes", Personal: models.Always, Roles: consoleRoles(), Invalid: models.Invalid("api", "unknown_visibility")}),
	}
}

// consoleRoles are by name, as the store lists them.
func consoleRoles() []models.Role {
	return []models.Role{
		{ID: "019-admin", Key: "Admin", Name: "Admin", Description: "Sees, makes and deletes tokens.", Permissions: []string{"fe.secure.*"}},
		{ID: "019-billing", Key: "billing.reader", Name: "Billing reader", Description: "For the finance team’s tools.", Permissions: []string{"invoices.read", "payouts.read"}},
		{ID: "019-guest", Key: "Guest", Name: "Guest"},
		{ID: "019-viewer", Key: "Viewer", Name: "Viewer", Description: "Sees tokens.", Permissions: []string{"fe.secure.read.*"}},
	}
}

func demoPermissions() []models.Permission {
	return []models.Permission{
		{ID: "019-all", Key: "fe.secure.*", Name: "All security screens", Description: "Everything below, and what is added later."},
		{ID: "019-write", Key: models.WriteTenantTokens, Name: "Generate API tokens", Description: "Make API tokens for the account."},
		{ID: "019-invoices", Key: "invoices.read", Name: "Read invoices", Description: "The invoices of the account, with their lines."},
		{ID: "019-payouts", Key: "payouts.read", Name: "Read payouts"},
	}
}

func roleEntries() []Entry {
	role := consoleRoles()[1]
	edit := console.RoleInput{
		Role: &role, Use: models.RoleUse{Members: 12, Tokens: 7}, Permissions: demoPermissions(),
		Key: role.Key, Name: role.Name, Description: role.Description, Chosen: role.Permissions,
	}
	refused := console.RoleInput{Permissions: demoPermissions(), Key: "1st", Description: "For a while", Chosen: []string{"invoices.read"}, Invalid: &models.InvalidError{}}
	refused.Invalid.Add("key", "key_format")
	refused.Invalid.Add("name", "required")
	refused.Invalid.Add("permissions", "permission_unknown")
	rolePage := func(name, title string, f console.RoleInput) Entry {
		return consolePage("role, "+name, func(h views.Head) templ.Component {
			return console.RolePage(console.Role(english(), consoleFrame(h, title, "Roles"), f))
		})
	}
	remove := func(name string, use models.RoleUse) Entry {
		return consolePage("role, "+name, func(h views.Head) templ.Component {
			return console.ConfirmPage(console.DeleteRole(english(), consoleFrame(h, "Delete “Billing reader”?", "Roles"), role, use))
		})
	}
	return []Entry{
		consolePage("roles", func(h views.Head) templ.Component {
			return console.RolesPage(console.Roles(english(), done(consoleFrame(h, "Roles", "Roles"), "Guest was created."), consoleRoles()))
		}),
		consolePage("roles, none", func(h views.Head) templ.Component {
			return console.RolesPage(console.Roles(english(), consoleFrame(h, "Roles", "Roles"), nil))
		}),
		rolePage("new", "Create role", console.RoleInput{Permissions: demoPermissions()}),
		rolePage("refused input", "Create role", refused),
		rolePage("in use", role.Name, edit),
		remove("deleted in use", edit.Use),
		remove("deleted unused", models.RoleUse{}),
	}
}

func permissionEntries() []Entry {
	all := demoPermissions()
	builtIn, own := all[0], all[2]
	use := models.RoleUse{Roles: 1, Members: 12, Tokens: 7}
	refused := console.PermissionInput{Key: "reports read", Name: "Read reports", Invalid: &models.InvalidError{}}
	refused.Invalid.Add("key", "key_format")
	refused.Invalid.Add("description", "too_long", "max", 300)
	form := func(name, title string, f console.PermissionInput) Entry {
		return consolePage("permission, "+name, func(h views.Head) templ.Component {
			return console.PermissionPage(console.Permission(english(), consoleFrame(h, title, "Permissions"), f))
		})
	}
	list := func(name string, permissions []models.Permission) Entry {
		return consolePage(name, func(h views.Head) templ.Component {
			return console.PermissionsPage(console.Permissions(english(), consoleFrame(h, "Permissions", "Permissions"), permissions))
		})
	}
	remove := func(name string, use models.RoleUse) Entry {
		return consolePage("permission, "+name, func(h views.Head) templ.Component {
			return console.ConfirmPage(console.DeletePermission(english(), consoleFrame(h, "Delete “invoices.read”?", "Permissions"), own, use))
		})
	}
	return []Entry{
		list("permissions", all),
		list("permissions, built-in only", all[:2]),
		form("new", "Create permission", console.PermissionInput{}),
		form("refused input", "Create permission", refused),
		form("in use", own.Key, console.PermissionInput{Permission: &own, Use: use, Key: own.Key, Name: own.Name, Description: own.Description}),
		form("built in", builtIn.Key, console.PermissionInput{Permission: &builtIn, Use: models.RoleUse{Roles: 1, Members: 3}}),
		form("built in, change refused", builtIn.Key, console.PermissionInput{Permission: &builtIn, Invalid: models.Invalid("", "built_in")}),
		remove("deleted in use", use),
		remove("deleted in use, and a policy demands it", models.RoleUse{Roles: 1, Members: 12, Tokens: 7, Policies: 1}),
		remove("deleted, though policies demand it", models.RoleUse{Policies: 3}),
	}
}
