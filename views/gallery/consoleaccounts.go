package gallery

import (
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/console"
)

func ago(d time.Duration) *time.Time { t := at().Add(-d); return &t }

func globex() models.Tenant {
	return models.Tenant{
		ID: "d3b07384-d9a0-4c2e-8f6b-1e5a7c90b4d2", Name: "Globex", M2M: models.Inherited, Kind: models.ClientCredentials,
		CreatedAt: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC),
	}
}

func demoAccounts() []models.TenantRow {
	made := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 9, 0, 0, 0, time.UTC) }
	return []models.TenantRow{
		{Tenant: models.Tenant{ID: "0d9c4b1a-7e52-4f38-a6c1-5b2e8d7f9043", Name: "Acme", M2M: models.Inherited, CreatedAt: made(1, 12)}, Members: 9, TokenCounts: models.TokenCounts{Live: 1131, Used: 402}},
		{Tenant: globex(), Members: 4, TokenCounts: models.TokenCounts{Live: 42, Used: 17}},
		{Tenant: models.Tenant{ID: "5f1c2a7e-30b4-4d86-9a7d-c8e15f20b63a", Name: "Initech", M2M: models.On, Kind: models.AccessToken, CreatedAt: made(5, 20)}, Members: 12, TokenCounts: models.TokenCounts{Live: 300, Used: 120}},
		{Tenant: models.Tenant{ID: "91fb7d3c-604e-4ad2-8c15-e8b2f6037da4", Name: "Massive Dynamic and Sons International Holdings", M2M: models.Off, CreatedAt: made(8, 2)}, Members: 1},
		{Tenant: models.Tenant{ID: "c7a1e0f2-58b3-4c1d-9a77-2f0d6b8e4c19", Name: "Umbrella", M2M: models.Inherited, CreatedAt: made(10, 31), DisabledAt: ago(48 * time.Hour)}, TokenCounts: models.TokenCounts{Live: 269, Used: 0}},
	}
}

// hank is a person of Globex.
func hank() models.Member {
	admin := consoleRoles()[:1]
	return models.Member{
		Membership:     models.Membership{TenantID: globex().ID, UserID: "019-hank", RoleIDs: []string{"019-admin"}, CreatedAt: time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)},
		User:           models.User{ID: "019-hank", Name: "Hank Scorpio", Email: "hank@globex.example", PasswordHash: "set", LastSignInAt: ago(13 * time.Hour), LastSignInIP: "198.51.100.8"},
		Roles:          admin,
		PersonalTokens: 3,
	}
}

func demoMembers() []models.Member {
	roles := consoleRoles()
	person := func(id, name, email string, tokens int, roles ...models.Role) models.Member {
		m := hank()
		m.UserID, m.User.ID, m.User.Name, m.User.Email, m.PersonalTokens, m.Roles = id, id, name, email, tokens, roles
		return m
	}
	ines := person("019-ines", "Ines Okafor", "ines@globex.example", 1, roles[0], roles[1])
	ines.User.LastSignInAt, ines.User.LastSignInIP = ago(26*time.Hour), "2001:db8:77::4"
	tomasz := person("019-tomasz", "Tomasz Wilk", "tomasz@globex.example", 0, roles[3])
	tomasz.User.LastSignInAt, tomasz.User.PasswordHash, tomasz.LinkExpiresAt = nil, "", ago(-21*time.Hour)
	uma := person("019-uma", "Uma Thorne", "uma@globex.example", 0)
	uma.User.LastSignInAt, uma.User.PasswordHash = nil, ""
	lena := person("019-lena", "Lena Fischer", "lena@globex.example", 2, roles[3])
	lena.User.LastSignInAt, lena.User.LastSignInIP, lena.Membership.DisabledAt = ago(22*24*time.Hour), "203.0.113.90", ago(time.Hour)
	omar := person("019-omar", "Omar Haddad", "omar@globex.example", 5, roles[0])
	omar.User.LastSignInAt, omar.User.DisabledAt = ago(90*24*time.Hour), ago(time.Hour)
	return []models.Member{hank(), ines, tomasz, uma, lena, omar}
}

func accountsPage(name string, state func(*console.AccountsInput)) Entry {
	return consolePage("accounts, "+name, func(h views.Head) templ.Component {
		f := console.AccountsInput{Settings: environment(), Page: models.TenantPage{Rows: demoAccounts(), Total: 5}}
		state(&f)
		return console.AccountsPage(console.Accounts(english(), consoleFrame(h, "Accounts", "Accounts"), f))
	})
}

func accountPage(name string, state func(*console.AccountInput)) Entry {
	return consolePage("account, "+name, func(h views.Head) templ.Component {
		t := globex()
		f := console.AccountInput{Tenant: t, Settings: environment(), Members: demoMembers()[:5], M2M: t.M2M, Kind: t.Kind, Tokens: models.TokenCounts{Live: 42, Used: 17}, Now: at()}
		state(&f)
		f.Refused = func(m2m models.Inherit) models.TokenCounts {
			if m2m.Over(f.Settings.M2MEnabled) || f.Tenant.Disabled() {
				return models.TokenCounts{}
			}
			return f.Tokens
		}
		return console.AccountPage(console.Account(english(), consoleFrame(h, "Globex", "Accounts"), f))
	})
}

func newAccountPage(name, value string, invalid *models.InvalidError) Entry {
	return consolePage("account, "+name, func(h views.Head) templ.Component {
		return console.NewAccountPage(console.NewAccount(english(), consoleFrame(h, "Create account", "Accounts"), value, invalid))
	})
}

func accountEntries() []Entry {
	frame := func(h views.Head, title string) views.LayoutProps { return consoleFrame(h, title, "Accounts") }
	return []Entry{
		accountsPage("one page", func(*console.AccountsInput) {}),
		accountsPage("first of many", func(f *console.AccountsInput) { f.Page.Next, f.Page.Total = "c", 138 }),
		accountsPage("further on in a search", func(f *console.AccountsInput) {
			f.Page.Next, f.Page.Total, f.Search, f.After = "c", 61, "a", "b"
		}),
		accountsPage("M2M off", func(f *console.AccountsInput) { f.Settings.M2MEnabled = false }),
		accountsPage("no match", func(f *console.AccountsInput) { f.Page, f.Search = models.TenantPage{}, "globbex" }),
		accountsPage("none", func(f *console.AccountsInput) { f.Page = models.TenantPage{} }),
		accountsPage("search refused", func(f *console.AccountsInput) {
			f.Page, f.Invalid = models.TenantPage{}, &models.InvalidError{}
			f.Invalid.Add("q", "too_long", "max", 200)
		}),
		newAccountPage("new", "", nil),
		newAccountPage("new, refused input", "", models.Invalid("name", "required")),
		accountPage("inherits", func(*console.AccountInput) {}),
		accountPage("off chosen", func(f *console.AccountInput) { f.M2M = models.Off }),
		accountPage("off", func(f *console.AccountInput) { f.Tenant.M2M, f.M2M = models.Off, models.Off }),
		accountPage("environment off", func(f *console.AccountInput) { f.Settings.M2MEnabled = false }),
		accountPage("disabled", func(f *console.AccountInput) { f.Tenant.DisabledAt = ago(48 * time.Hour) }),
		accountPage("nobody in it", func(f *console.AccountInput) { f.Members, f.Tokens = nil, models.TokenCounts{} }),
		accountPage("refused input", func(f *console.AccountInput) {
			f.Invalid = models.Invalid("m2m", "unknown_switch")
			f.Invalid.Add("kind", "unknown_kind")
		}),
		consolePage("account, asked before it refuses", func(h views.Head) templ.Component {
			return console.ConfirmPage(console.AccountM2MConfirm(english(), frame(h, "Switch off?"), globex(), models.Off, "", models.TokenCounts{Live: 42, Used: 17}))
		}),
		consolePage("account, disable", func(h views.Head) templ.Component {
			return console.ConfirmPage(console.DisableAccount(english(), frame(h, "Disable?"), globex(), 4, models.TokenCounts{Live: 42, Used: 17}))
		}),
		consolePage("account, disable without tokens", func(h views.Head) templ.Component {
			return console.ConfirmPage(console.DisableAccount(english(), frame(h, "Disable?"), globex(), 1, models.TokenCounts{}))
		}),
	}
}

func userPage(name string, m models.Member, invalid *models.InvalidError) Entry {
	return consolePage("user, "+name, func(h views.Head) templ.Component {
		return console.UserPage(console.User(english(), consoleFrame(h, m.User.Name, "Accounts"), console.UserInput{
			Tenant: globex(), Member: m, Roles: consoleRoles(), RoleIDs: m.RoleIDs, Invalid: invalid, Now: at(),
		}))
	})
}

func userEntries() []Entry {
	members := demoMembers()
	refused := console.NewUserInput{Tenant: globex(), Roles: consoleRoles(), Email: "tomasz@", RoleIDs: []string{"019-viewer"}, Invalid: models.Invalid("email", "email")}
	refused.Invalid.Add("name", "required")
	newUser := func(name string, f console.NewUserInput) Entry {
		return consolePage("user, "+name, func(h views.Head) templ.Component {
			return console.NewUserPage(console.NewUser(english(), consoleFrame(h, "Create user", "Accounts"), f))
		})
	}
	link := func(name string, isNew bool) Entry {
		return consolePage("user, "+name, func(h views.Head) templ.Component {
			return console.LinkPage(console.Link(english(), consoleFrame(h, "Password link", "Accounts"), console.LinkInput{
				Tenant: globex(), Member: members[2], New: isNew, ExpiresAt: at().Add(24 * time.Hour), Now: at(),
				URL: "https://portal.vendor.example/password/k3Vd0mC1pTq8yWb6zRn5LxJ2aUeH9sGfO7iKtQvB4cE",
			}))
		})
	}
	confirm := func(act console.UserAct, m models.Member, name string, invalid *models.InvalidError) Entry {
		return consolePage("user, "+name, func(h views.Head) templ.Component {
			return console.ConfirmPage(console.UserConfirm(english(), consoleFrame(h, m.User.Name, "Accounts"), act, globex(), m, invalid))
		})
	}
	return []Entry{
		newUser("new", console.NewUserInput{Tenant: globex(), Roles: consoleRoles()}),
		newUser("new without roles", console.NewUserInput{Tenant: globex()}),
		newUser("refused input", refused),
		newUser("in the account already", console.NewUserInput{Tenant: globex(), Roles: consoleRoles(), Email: "hank@globex.example", Name: "Hank", Invalid: models.Invalid("email", "member")}),
		link("link of a new one", true),
		link("another link", false),
		userPage("active", members[0], nil),
		userPage("link open", members[2], nil),
		userPage("no password", members[3], nil),
		userPage("disabled here", members[4], nil),
		userPage("disabled everywhere", members[5], nil),
		userPage("role gone meanwhile", members[0], models.Invalid("roles", "role_unknown")),
		confirm(console.DisableHere, members[0], "disable", nil),
		confirm(console.RemoveHere, members[1], "remove", nil),
		confirm(console.DisableEverywhere, members[0], "disable everywhere", nil),
		confirm(console.DisableEverywhere, members[0], "disable oneself", models.Invalid("", "self")),
		confirm(console.DeleteEverywhere, members[3], "delete", nil),
		confirm(console.DeleteEverywhere, members[0], "delete the last operator", models.Invalid("", "last_operator")),
	}
}
