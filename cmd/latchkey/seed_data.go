package main

import (
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
)

// demoAge is how many days ago the demo's accounts began.
const demoAge = 265

// demoPerson is somebody of a demo account.
type demoPerson struct {
	name, email string
	roles       []string
	// printed people are those whose password seed tells.
	printed bool
	// lastSignIn is how long ago, 0 for never, and ip from where.
	lastSignIn time.Duration
	ip         string
	// waiting people haven't used their link yet.
	waiting  bool
	disabled bool
}

// demoToken is an API token from before today.
type demoToken struct {
	description, lastFour string
	kind                  models.Kind
	roles                 []string
	by                    string
	// daysAgo and at, hours and minutes in UTC, are when it was made; days is
	// how long it lives, 0 for ever.
	daysAgo          int
	at               time.Duration
	days             int
	used             time.Duration
	usedFrom, usedBy string
}

// made is the moment of its making, seen from now.
func (t demoToken) made(now time.Time) time.Time {
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -t.daysAgo).Add(t.at)
}

type demoTenant struct {
	name string
	// people begin with the one who makes the first tokens.
	people []demoPerson
	// past tokens are in the order in which they were made.
	past []demoToken
}

var demoOperator = demoPerson{name: "Noa Brandt", email: "operator@latchkey.example"}

// demoAudiences are the vendor's APIs that JWTs can be for.
var demoAudiences = []string{"https://api.latchkey.example/reports"}

var demoPermissions = []accounts.PermissionInput{
	{Key: "reports.read", Name: "Read reports", Description: "Read every report of the account."},
	{Key: "reports.write", Name: "Write reports", Description: "File and correct reports."},
}

// demoRoles hold nothing beyond Admin and Editor, so that whoever has those
// two can give any of them.
var demoRoles = []accounts.RoleInput{
	{Key: "Editor", Name: "Editor", Description: "Reads and writes reports.", Permissions: []string{"reports.read", "reports.write"}},
	{Key: "Reader", Name: "Reader", Description: "Reads reports.", Permissions: []string{"reports.read"}},
	{Key: "ReportsReader", Name: "Reports reader", Description: "For dashboards and exports.", Permissions: []string{"reports.read"}},
	{Key: "ReportsWriter", Name: "Reports writer", Description: "For jobs that file reports.", Permissions: []string{"reports.write"}},
	{Key: "InventoryReader", Name: "Inventory reader", Description: "Reads the stock reports.", Permissions: []string{"reports.read"}},
	{Key: "InventoryWriter", Name: "Inventory writer", Description: "Files the stock reports.", Permissions: []string{"reports.write"}},
	{Key: "BillingReader", Name: "Billing reader", Description: "Reads the billing reports.", Permissions: []string{"reports.read"}},
	{Key: "AuditReader", Name: "Audit reader", Description: "Sees who holds tokens.", Permissions: []string{models.ReadTenantTokens, models.ReadUserTokens}},
	{Key: "Deployer", Name: "Deployer", Description: "Makes and ends tokens for deployments.", Permissions: []string{models.ReadTenantTokens, models.WriteTenantTokens, models.DeleteTenantTokens}},
}

var demoTenants = []demoTenant{
	{
		name: "Acme",
		people: []demoPerson{
			{name: "Dana Levi", email: "dana@acme.example", roles: []string{"Admin", "Editor"}, printed: true, lastSignIn: 26 * time.Hour, ip: "203.0.113.9"},
			{name: "Vic Moreau", email: "vic@acme.example", roles: []string{"Viewer"}, printed: true, lastSignIn: 6 * 24 * time.Hour, ip: "203.0.113.12"},
			{name: "Rae Lindqvist", email: "rae@acme.example", roles: []string{"Reader"}, printed: true, lastSignIn: 21 * 24 * time.Hour, ip: "2001:db8:4f::21"},
			{name: "Priya Nair", email: "priya@acme.example", roles: []string{"Admin", "Editor"}, lastSignIn: 4 * 24 * time.Hour, ip: "198.51.100.60"},
			{name: "Mateo Ruiz", email: "mateo@acme.example", roles: []string{"Admin", "Editor"}, lastSignIn: 23 * 24 * time.Hour, ip: "192.0.2.77"},
		},
		past: []demoToken{
			{description: "Old laptop script", lastFour: "Jc5u", kind: models.AccessToken, roles: []string{"Admin"}, by: "dana@acme.example",
				daysAgo: 92, at: 18 * time.Hour, days: 90, used: 72 * time.Hour, usedFrom: "203.0.113.152", usedBy: "curl/8.5.0"},
			{description: "Payments reconciliation", lastFour: "Qm2x", kind: models.ClientCredentials, roles: []string{"BillingReader", "ReportsReader"}, by: "priya@acme.example",
				daysAgo: 87, at: 14 * time.Hour, days: 90, used: 2 * time.Hour, usedFrom: "198.51.100.24", usedBy: "python-requests/2.32"},
			{description: "Grafana dashboards", lastFour: "yN6e", kind: models.AccessToken, roles: []string{"ReportsReader"}, by: "dana@acme.example",
				daysAgo: 82, at: 8*time.Hour + 51*time.Minute, used: 31 * time.Second, usedFrom: "192.0.2.18", usedBy: "Grafana/11.2"},
			{description: "Nightly export job", lastFour: "b4Hs", kind: models.ClientCredentials, roles: []string{"ReportsReader", "ReportsWriter", "AuditReader"}, by: "priya@acme.example",
				daysAgo: 60, at: 2*time.Hour + 30*time.Minute, days: 90, used: 19 * time.Hour, usedFrom: "198.51.100.60", usedBy: "python-requests/2.32"},
			{description: "Partner sandbox: Initech integration test, shared with their on-call", lastFour: "8LkV", kind: models.AccessToken, roles: []string{"Viewer"}, by: "mateo@acme.example",
				daysAgo: 45, at: 11*time.Hour + 5*time.Minute, days: 90, used: 5 * 24 * time.Hour, usedFrom: "2001:db8:4f::1c", usedBy: "PostmanRuntime/7.41"},
			{description: "Datadog log shipper", lastFour: "Zp0c", kind: models.AccessToken, roles: []string{"AuditReader"}, by: "mateo@acme.example",
				daysAgo: 23, at: 13*time.Hour + 22*time.Minute, used: 12 * time.Second, usedFrom: "192.0.2.77", usedBy: "datadog-agent/7.58"},
			{description: "Terraform production", lastFour: "tR7w", kind: models.ClientCredentials, roles: []string{"Admin"}, by: "dana@acme.example",
				daysAgo: 12, at: 16*time.Hour + 40*time.Minute, days: 365, used: 13 * time.Hour, usedFrom: "203.0.113.41", usedBy: "Terraform/1.9.8"},
			{description: "Warehouse sync (staging)", lastFour: "1vGd", kind: models.ClientCredentials, roles: []string{"InventoryReader", "InventoryWriter"}, by: "priya@acme.example",
				daysAgo: 4, at: 10*time.Hour + 20*time.Minute, days: 90},
			{description: "CI deploy pipeline", lastFour: "9f3K", kind: models.ClientCredentials, roles: []string{"Deployer", "ReportsWriter"}, by: "dana@acme.example",
				daysAgo: 1, at: 9*time.Hour + 14*time.Minute, days: 90, used: 4 * time.Minute, usedFrom: "203.0.113.9", usedBy: "Go-http-client/2.0"},
		},
	},
	{
		name: "Globex",
		people: []demoPerson{
			{name: "Hank Scott", email: "hank@globex.example", roles: []string{"Admin", "Editor"}, printed: true, lastSignIn: 13 * time.Hour, ip: "198.51.100.8"},
			{name: "Ines Okafor", email: "ines@globex.example", roles: []string{"Viewer"}, printed: true, lastSignIn: 27 * time.Hour, ip: "2001:db8:77::4"},
			{name: "Omar Haddad", email: "omar@globex.example", roles: []string{"Reader"}, printed: true, lastSignIn: 9 * 24 * time.Hour, ip: "198.51.100.31"},
			{name: "Tomasz Wilk", email: "tomasz@globex.example", roles: []string{"Viewer"}, waiting: true},
			{name: "Lena Fischer", email: "lena@globex.example", roles: []string{"Viewer"}, lastSignIn: 21 * 24 * time.Hour, ip: "203.0.113.90", disabled: true},
		},
		past: []demoToken{
			{description: "Order feed", lastFour: "k8Wd", kind: models.AccessToken, roles: []string{"ReportsReader"}, by: "hank@globex.example",
				daysAgo: 118, at: 7*time.Hour + 45*time.Minute, used: 48 * time.Second, usedFrom: "198.51.100.140", usedBy: "Java-http-client/21"},
			{description: "Quarterly close", lastFour: "T3xa", kind: models.ClientCredentials, roles: []string{"BillingReader", "ReportsWriter"}, by: "hank@globex.example",
				daysAgo: 34, at: 15*time.Hour + 10*time.Minute, days: 365, used: 31 * time.Hour, usedFrom: "198.51.100.141", usedBy: "Go-http-client/2.0"},
		},
	},
}
