package gallery

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/portal"
)

const ttl = time.Hour

func generateForm(h views.Head, in models.Context, kind models.Kind) portal.GenerateInput {
	p := portal.GenerateInput{
		Layout: portalFrame(h, "API Tokens"), Context: in, Account: "Acme", Kind: kind, Prefix: "lk", TTL: ttl, M2MOn: true, Now: at(), Contacts: demoPeople(),
		Form: portal.TokenForm{Description: "Invoice sync (production)", RoleIDs: []string{"billing", "writer"}, Expires: portal.DefaultLife(), ID: "form-id"},
	}
	if kind == models.ClientCredentials {
		p.Form.Key.Proof = portal.ProofSecret
	}
	if in == models.Personal {
		p.Layout = portalFrame(h, "Personal Tokens")
		return p
	}
	p.Roles = []portal.RoleChoice{
		{Role: models.Role{ID: "admin", Name: "Admin", Description: "Everything in this account, users and tokens included", Permissions: []string{"fe.secure.*"}}, Grantable: true},
		{Role: models.Role{ID: "billing", Name: "Billing reader", Permissions: []string{"invoices.read"}}, Grantable: true},
		{Role: models.Role{ID: "writer", Name: "Reports writer", Permissions: []string{"reports.read", "reports.write"}}, Grantable: true},
		{Role: models.Role{ID: "viewer", Name: "Viewer", Description: "Sees everything, changes nothing", Permissions: []string{"fe.secure.read.*"}}, Grantable: true},
		{Role: models.Role{ID: "payout", Name: "Payout manager", Permissions: []string{"payouts.write"}}},
	}
	return p
}

func generatePage(name string, state func(views.Head) portal.GenerateInput) Entry {
	return Entry{Group: "Generate Token", Name: name, Page: func(h views.Head) templ.Component {
		return portal.GeneratePage(portal.Generate(english(), state(h)))
	}}
}

func secretPage(name string, in models.Context, kind models.Kind, value string) Entry {
	return Entry{Group: "Secret", Name: name, Page: func(h views.Head) templ.Component {
		form := generateForm(h, in, kind)
		token := demoTokens()[0]
		token.Context, token.Kind, token.Description = in, kind, form.Form.Description
		token.ID, token.CreatedAt, token.ExpiresAt = "a41f7c08-93be-4d26-8e5a-c07b16d9f2e3", at(), at().AddDate(0, 0, 90)
		token.Roles = demoRoles("Billing reader", "Reports writer")
		if in == models.Personal {
			token.ExpiresAt, token.Roles = models.NeverExpires, nil
		}
		return portal.SecretPage(portal.Secret(english(), portal.SecretInput{
			Layout: form.Layout, Account: "Acme", PublicURL: "https://portal.vendor.example", TTL: ttl, Token: token, Secret: models.NewSecret(value), Now: at(),
		}))
	}}
}

func deletePage(name string, change func(*portal.DeleteInput)) Entry {
	return Entry{Group: "Delete token", Name: name, Page: func(h views.Head) templ.Component {
		in := portal.DeleteInput{Layout: portalFrame(h, "API Tokens"), M2MOn: true, MayWrite: true, Token: demoTokens()[0], Now: at()}
		change(&in)
		return portal.AskPage(portal.Delete(english(), in))
	}}
}

func twicePage(name string, change func(*portal.TwiceInput)) Entry {
	return Entry{Group: "Sent twice", Name: name, Page: func(h views.Head) templ.Component {
		in := portal.TwiceInput{Layout: portalFrame(h, "API Tokens"), Token: demoTokens()[0], MayDelete: true, Now: at()}
		change(&in)
		return portal.TwicePage(portal.Twice(english(), in))
	}}
}

func tokenPageEntries() []Entry {
	const cc, key = models.ClientCredentials, models.AccessToken
	return []Entry{
		generatePage("API token", func(h views.Head) portal.GenerateInput { return generateForm(h, models.API, cc) }),
		generatePage("personal token, never", func(h views.Head) portal.GenerateInput {
			in := generateForm(h, models.Personal, key)
			in.Form.Expires = portal.Never
			return in
		}),
		generatePage("errors", func(h views.Head) portal.GenerateInput {
			in := generateForm(h, models.API, key)
			in.Form.Description, in.Form.RoleIDs, in.Form.Expires = "", nil, ""
			in.Problems = []models.Problem{{Field: "description", Key: "required"}, {Field: "roles", Key: "required"}, {Field: "expires", Key: "required"}}
			return in
		}),
		generatePage("other errors", func(h views.Head) portal.GenerateInput {
			in := generateForm(h, models.API, cc)
			in.Problems = []models.Problem{{Field: "description", Key: "too_long", Args: map[string]any{"max": 200}}, {Field: "roles", Key: "not_grantable"}, {Field: "form", Key: "required"}}
			return in
		}),
		generatePage("no role to give", func(h views.Head) portal.GenerateInput {
			in := generateForm(h, models.API, cc)
			in.Form.RoleIDs = nil
			for i := range in.Roles {
				in.Roles[i].Grantable = false
			}
			return in
		}),
		generatePage("M2M off", func(h views.Head) portal.GenerateInput {
			in := generateForm(h, models.API, cc)
			in.M2MOn = false
			return in
		}),
		generatePage("more options", func(h views.Head) portal.GenerateInput {
			in := generateForm(h, models.API, cc)
			in.Form.More = portal.MoreForm{ContactID: "priya", Addresses: "203.0.113.0/24\n2001:db8:4f::1c", Metadata: "{\"team\": \"platform\"}"}
			return in
		}),
		generatePage("errors in more options", func(h views.Head) portal.GenerateInput {
			in := generateForm(h, models.API, cc)
			in.Form.More.Addresses = "fe80::1%eth0"
			in.Problems = []models.Problem{{Field: "addresses", Key: "address_zone", Args: map[string]any{"value": "fe80::1%eth0"}}}
			return in
		}),
		generatePage("addresses are demanded", func(h views.Head) portal.GenerateInput {
			in := generateForm(h, models.API, cc)
			in.Policies = models.Policies{Environment: atMost(90), Account: addressesDemanded()}
			return in
		}),
		secretPage("client credentials", models.API, cc, "lk_cs_4Tq9ZxVb2mKfR7wJcY8uNsH3pLdG6aEeQ1oXyB5vMih3Zp8R"),
		secretPage("access token", models.Personal, key, "lk_at_4Tq9ZxVb2mKfR7wJcY8uNsH3pLdG6aEeQ1oXyB5vMih3Zp8R"),
		twicePage("the token is there", func(*portal.TwiceInput) {}),
		twicePage("the token is deleted", func(in *portal.TwiceInput) { in.Token.RevokedAt = &in.Now }),
		deletePage("in use", func(*portal.DeleteInput) {}),
		deletePage("never used", func(in *portal.DeleteInput) { in.Token = demoTokens()[1] }),
		deletePage("long unused, personal", func(in *portal.DeleteInput) {
			in.Token = personalTokens()[1]
			in.Token.LastUsedAt = when("2026-05-01 10:00:00")
		}),
		deletePage("expired", func(in *portal.DeleteInput) { in.Token = demoTokens()[8] }),
		deletePage("disabled, as somebody who may only delete", func(in *portal.DeleteInput) { in.Token.DisabledAt, in.MayWrite = &in.Now, false }),
		deletePage("M2M off", func(in *portal.DeleteInput) { in.M2MOn = false }),
	}
}

func bareFrame(h views.Head) views.BareProps {
	return views.BareProps{Head: h, Foot: "portal.vendor.example"}
}

func signInPage(name string, in portal.SignInInput) Entry {
	return Entry{Group: "Sign in", Name: name, Page: func(h views.Head) templ.Component {
		in.Bare, in.CSRF = bareFrame(h), csrf
		return portal.SignInPage(portal.SignIn(english(), in))
	}}
}

func linkPage(name string, in portal.LinkInput) Entry {
	return Entry{Group: "One-time link", Name: name, Page: func(h views.Head) templ.Component {
		in.Bare, in.CSRF, in.Code = bareFrame(h), csrf, "code"
		return portal.LinkPage(portal.Link(english(), in))
	}}
}

func portalLinkPage(name string, other *models.User) Entry {
	return Entry{Group: "One-time link", Name: name, Page: func(h views.Head) templ.Component {
		p := portal.PortalLink(english(), portal.PortalLinkInput{
			Bare: bareFrame(h), CSRF: csrf, Code: "code", Other: other,
			Handover: models.Handover{User: models.User{Name: "Dana Levi", Email: "dana@acme.example"}, Tenant: models.Tenant{Name: "Acme"}},
		})
		p.AtOnce = false // so that it can be looked at
		return portal.LinkPage(p)
	}}
}

func securityPage(name string, in portal.SecurityInput) Entry {
	return Entry{Group: "Security", Name: name, Page: func(h views.Head) templ.Component {
		in.Layout, in.Email = portalFrame(h, "Privacy & Security"), "dana@acme.example"
		return portal.SecurityPage(portal.Security(english(), in))
	}}
}

func homePage(name string, accounts []views.AccountChoice) Entry {
	return Entry{Group: "Home", Name: name, Page: func(h views.Head) templ.Component {
		layout := portalFrame(h, "")
		layout.Nav, layout.Accounts = layout.Nav[:1], accounts
		return portal.MessagePage(portal.NoAccount(english(), portal.HomeInput{Layout: layout, User: models.User{Email: "dana@acme.example"}}))
	}}
}

func personEntries() []Entry {
	required := func(fields ...string) []models.Problem {
		var problems []models.Problem
		for _, f := range fields {
			problems = append(problems, models.Problem{Field: f, Key: "required"})
		}
		return problems
	}
	short := models.Problem{Field: "password", Key: "too_short", Args: map[string]any{"min": 15}}
	return []Entry{
		signInPage("as it begins", portal.SignInInput{Next: "/workspace/tokens"}),
		signInPage("refused", portal.SignInInput{Email: "dana@acme.example", Outcome: portal.Wrong}),
		signInPage("to wait", portal.SignInInput{Email: "dana@acme.example", Outcome: portal.Limited, Wait: 7500 * time.Millisecond}),
		signInPage("busy", portal.SignInInput{Email: "dana@acme.example", Outcome: portal.Busy}),
		signInPage("after a link", portal.SignInInput{Outcome: portal.PasswordSet}),
		signInPage("empty", portal.SignInInput{Problems: required("email", "password")}),
		linkPage("first operator", portal.LinkInput{Purpose: models.SetupLink}),
		linkPage("first operator, errors", portal.LinkInput{Purpose: models.SetupLink, Email: "noa", Problems: append(required("name"), models.Problem{Field: "email", Key: "email"}, short)}),
		linkPage("password", portal.LinkInput{Purpose: models.PasswordLink, Email: "tomasz@globex.example"}),
		linkPage("password, errors", portal.LinkInput{Purpose: models.PasswordLink, Email: "tomasz@globex.example", Problems: []models.Problem{{Field: "password", Key: "common"}}}),
		linkPage("password, busy", portal.LinkInput{Purpose: models.PasswordLink, Email: "tomasz@globex.example", Outcome: portal.Busy}),
		portalLinkPage("portal", nil),
		portalLinkPage("portal, of somebody else", &models.User{Name: "Tomasz", Email: "tomasz@globex.example"}),
		{Group: "One-time link", Name: "portal, ended", Page: func(h views.Head) templ.Component {
			return portal.MessagePage(portal.PortalLinkEnded(english(), bareFrame(h)))
		}},
		{Group: "One-time link", Name: "ended", Page: func(h views.Head) templ.Component {
			return portal.MessagePage(portal.LinkEnded(english(), bareFrame(h)))
		}},
		securityPage("as it begins", portal.SecurityInput{}),
		securityPage("errors", portal.SecurityInput{Problems: []models.Problem{{Field: "current", Key: "wrong"}, short}}),
		securityPage("to wait", portal.SecurityInput{Outcome: portal.Limited, Wait: time.Second}),
		securityPage("busy", portal.SecurityInput{Outcome: portal.Busy}),
		homePage("in no account", nil),
		homePage("accounts to choose from", []views.AccountChoice{{ID: "1", Name: "Acme"}, {ID: "2", Name: "Globex"}}),
	}
}

func errorEntries() []Entry {
	var entries []Entry
	for _, e := range []struct {
		key    string
		status int
		bare   bool
	}{
		{"bad_form", http.StatusBadRequest, false},
		{portal.ErrorBadPage, http.StatusBadRequest, false},
		{portal.ErrorBadSearch, http.StatusBadRequest, false},
		{portal.ErrorSecret, http.StatusBadRequest, false},
		{"forbidden", http.StatusForbidden, false},
		{"csrf", http.StatusForbidden, true},
		{"cross_origin", http.StatusForbidden, true},
		{"signed_out", http.StatusForbidden, true},
		{"not_found", http.StatusNotFound, false},
		{"method", http.StatusMethodNotAllowed, true},
		{"conflict", http.StatusConflict, false},
		{"too_large", http.StatusRequestEntityTooLarge, false},
		{"invalid", http.StatusUnprocessableEntity, false},
		{portal.ErrorNoneChosen, http.StatusUnprocessableEntity, false},
		{portal.ErrorNoneLeft, http.StatusUnprocessableEntity, false},
		{portal.ErrorTooManyChosen, http.StatusUnprocessableEntity, false},
		{"limited", http.StatusTooManyRequests, true},
		{"internal", http.StatusInternalServerError, false},
		{"busy", http.StatusServiceUnavailable, true},
		{"unavailable", http.StatusServiceUnavailable, true},
		{portal.ErrorCouldNotLoad, http.StatusServiceUnavailable, false},
	} {
		entries = append(entries, Entry{Group: "Error", Name: e.key, Page: func(h views.Head) templ.Component {
			in := portal.ErrorInput{
				Bare: bareFrame(h), Status: e.status, Key: e.key, RequestID: "4f1d0c6ab37e5298a1b0c3d4", RetryAfter: 4 * time.Second, Back: "#",
			}
			if !e.bare {
				layout := portalFrame(h, "API Tokens")
				in.Layout = &layout
			}
			return portal.MessagePage(portal.Error(english(), in))
		}})
	}
	return entries
}
