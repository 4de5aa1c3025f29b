package gallery

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
)

// PortalEntries are the pages of the portal, in every state.
func PortalEntries() []Entry {
	return slices.Concat(tokenListEntries(), findEntries(), tokenPageEntries(), onePageEntries(), changeEntries(), keyEntries(), bulkEntries(), policyEntries(), personEntries(), errorEntries())
}

// english is the language of the gallery: a context without another one.
func english() context.Context { return context.Background() }

const csrf = "csrf-token"

func portalFrame(h views.Head, current string) views.LayoutProps {
	p := Portal(h, current)
	p.CSRF = csrf
	return p
}

func demoToken(description, id string, kind models.Kind, lastFour string, roles []string, created, expires, used, from, maker string) models.TokenRow {
	t := models.TokenRow{Token: models.Token{
		ID: id, TenantID: "acme", Context: models.API, Kind: kind, Description: description, Prefix: "lk_cs", LastFour: lastFour,
		CreatedAt: when(created), ExpiresAt: models.NeverExpires, LastUsedAt: models.NeverUsed, LastUsedIP: from,
	}, Roles: demoRoles(roles...), CreatorName: maker}
	if kind == models.AccessToken {
		t.Prefix = "lk_at"
	}
	if expires != "" {
		t.ExpiresAt = when(expires)
	}
	if used != "" {
		t.LastUsedAt = when(used)
	}
	switch maker {
	case "Dana Levi":
		t.CreatedBy, t.CreatorEmail = "dana", "dana@acme.example"
	case "Mateo Ruiz":
		t.CreatedBy, t.CreatorEmail = "mateo", "mateo@acme.example"
	case "Priya Nair":
		t.CreatedBy, t.CreatorEmail = "priya", "priya@acme.example"
	}
	return t
}

func demoRoles(names ...string) []models.Role {
	roles := make([]models.Role, len(names))
	for i, name := range names {
		roles[i] = models.Role{ID: name, Key: name, Name: name}
	}
	return roles
}

// when reads a time of the demo; a mistake in one of them is the zero time, which the
// golden pages show.
func when(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		return time.Time{}
	}
	return t
}

func demoTokens() []models.TokenRow {
	const cc, at = models.ClientCredentials, models.AccessToken
	return []models.TokenRow{
		demoToken("CI deploy pipeline", "7f3c9b2e-4a1d-4c56-9e8f-2b7d10c4a6e1", cc, "9f3K", []string{"Deployer", "Reports writer"}, "2026-11-22 09:14:00", "2027-02-20 09:14:00", "2026-11-23 21:03:50", "203.0.113.9", "Dana Levi"),
		demoToken("Warehouse sync (staging)", "b81c25d9-f03a-4e68-9d47-34b6a7ec5f02", cc, "1vGd", []string{"Inventory reader", "Inventory writer"}, "2026-11-19 10:20:00", "2027-02-17 10:20:00", "", "", "Priya Nair"),
		demoToken("Terraform production", "0b94d6aa-7e25-4f0c-8d31-95c2e7f1b380", cc, "tR7w", []string{"Admin"}, "2026-11-11 16:40:00", "2027-11-11 16:40:00", "2026-11-23 08:00:00", "203.0.113.41", "Dana Levi"),
		demoToken("Datadog log shipper", "e2d85f17-1c9b-4b7e-a6f4-0c3a9d28b754", at, "Zp0c", []string{"Audit reader"}, "2026-10-31 09:00:00", "", "2026-11-23 21:07:48", "192.0.2.77", "Mateo Ruiz"),
		demoToken("Partner sandbox: Globex integration test, shared with their on-call", "91fb7d3c-604e-4ad2-8c15-e8b2f6037da4", at, "8LkV", []string{"Viewer"}, "2026-10-09 11:05:00", "2027-01-07 11:05:00", "2026-11-18 20:00:00", "2001:db8:4f::1c", "Mateo Ruiz"),
		demoToken("Nightly export job", "5a6e3c90-d27f-4819-b5c8-71fe04a9d62b", cc, "b4Hs", []string{"Reports reader", "Reports writer", "Audit reader"}, "2026-09-24 02:30:00", "2026-12-23 02:30:00", "2026-11-23 02:08:00", "198.51.100.60", "Priya Nair"),
		demoToken("Grafana dashboards", "3d70c8e5-9b12-47f6-93ea-6a5f1d80c2b7", at, "yN6e", []string{"Reports reader"}, "2026-09-02 12:00:00", "", "2026-11-23 21:07:29", "192.0.2.18", "Dana Levi"),
		demoToken("Payments reconciliation", "c7a1e0f2-58b3-4c1d-9a77-2f0d6b8e4c19", cc, "Qm2x", []string{"Billing reader", "Reports reader"}, "2026-08-28 14:00:00", "2026-11-26 14:00:00", "2026-11-23 19:00:00", "198.51.100.24", "Priya Nair"),
		demoToken("", "f64a09be-823d-4d5c-b7e1-d95c4e20317a", at, "Jc5u", []string{"Admin"}, "2026-08-23 18:00:00", "2026-11-21 18:00:00", "2026-11-20 18:00:00", "203.0.113.152", ""),
	}
}

func personalTokens() []models.TokenRow {
	rows := []models.TokenRow{demoTokens()[0], demoTokens()[3]}
	rows[0].Description, rows[1].Description = "Laptop", "Release script <on the shared box> & others"
	for i := range rows {
		rows[i].Context, rows[i].Roles = models.Personal, nil
		rows[i].CreatorName, rows[i].CreatorEmail = "Dana Levi", "dana@acme.example"
	}
	return rows
}

// longTokens are rows that would run out of their card if they could.
func longTokens() []models.TokenRow {
	rows := demoTokens()[:3]
	rows[0].Description = strings.Repeat("description-without-spaces", 8)[:200]
	rows[0].Roles = demoRoles(strings.Repeat("RoleWithoutSpaces", 6)[:100], "Inventory reader of the whole company and its subsidiaries")
	rows[0].CreatorName, rows[0].CreatorEmail = strings.Repeat("Maximiliane", 6), "maximiliane.vandenberghe-oyelaran@subsidiary.company.example"
	rows[0].LastUsedIP = "2001:db8:85a3:8d3:1319:8a2e:370:7348"
	rows[1].LastUsedAt, rows[1].LastUsedIP = rows[0].LastUsedAt, "2001:db8:85a3:8d3:1319:8a2e:370:7348"
	return rows
}

func fiftyTokens() []models.TokenRow {
	demo := demoTokens()
	var rows []models.TokenRow
	for i := range 50 {
		row := demo[i%len(demo)]
		if i >= len(demo) {
			n := strconv.Itoa(100000 + i*7919)
			row.ID = row.ID[:8] + "-" + n[:4] + "-4" + n[2:5] + "-9" + n[1:4] + "-" + n + n
			row.LastFour = n[2:]
			row.Description += " " + strconv.Itoa(i+1)
		}
		rows = append(rows, row)
	}
	return rows
}
