package gallery

import (
	"net/netip"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/portal"
)

// detailed is the demo's first token with all that is known about it.
func detailed() models.TokenDetail {
	d := models.TokenDetail{TokenRow: demoTokens()[0]}
	d.Roles[0].Permissions = []string{"deployments.read", "deployments.write"}
	d.Roles[1].Permissions = []string{"reports.read", "reports.write"}
	d.CreatedBy = "dana"
	d.ContactID, d.Contact = "priya", &models.User{ID: "priya", Name: "Priya Nair", Email: "priya@acme.example"}
	d.Metadata = `{"team":"platform","runbook":"https://wiki.acme.example/deploy","pager":[1042,1077]}`
	d.Addresses = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8:4f::1c/128")}
	d.Secrets = []models.TokenSecret{demoSecret("first", d.LastFour, "2026-11-22 09:14:00", "2026-11-23 21:03:50")}
	d.Uses = []models.TokenUse{
		{SecretID: "first", At: when("2026-11-23 21:03:50"), IP: "203.0.113.9", UserAgent: "deployer/4.2 (linux; amd64)"},
		{SecretID: "first", At: when("2026-11-23 17:40:12"), IP: "203.0.113.10", UserAgent: "deployer/4.1 (linux; amd64)"},
		{SecretID: "first", At: when("2026-11-22 09:20:31"), IP: "2001:db8:4f::1c", UserAgent: "curl/8.9.1"},
	}
	d.Events = []models.Event{
		demoEvent(models.TokenUpdated, "dana", "2026-11-22 16:02:00", "addresses, contact"),
		demoEvent(models.TokenCreated, "dana", "2026-11-22 09:14:00", ""),
	}
	d.EventActors = map[string]models.User{
		"dana": {ID: "dana", Name: "Dana Levi", Email: "dana@acme.example"}, "mateo": {ID: "mateo", Name: "Mateo Ruiz", Email: "mateo@acme.example"},
	}
	return d
}

func demoSecret(id, lastFour, created, used string) models.TokenSecret {
	s := models.TokenSecret{ID: id, Prefix: "lk_cs", LastFour: lastFour, CreatedAt: when(created), EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed}
	if used != "" {
		s.LastUsedAt = when(used)
	}
	return s
}

func demoEvent(action models.Action, actor, on, reason string) models.Event {
	return models.Event{Action: action, ActorKind: models.Person, ActorID: actor, At: when(on), Reason: reason, Outcome: models.Done, IP: "198.51.100.7"}
}

// rotated is the same token in the middle of a rotation.
func rotated() models.TokenDetail {
	d := detailed()
	d.LastFour, d.LastUsedAt = "Wd8e", when("2026-11-23 21:06:10")
	old := d.Secrets[0]
	replaced := when("2026-11-23 20:41:00")
	old.ReplacedAt, old.EndsAt, old.Silence = &replaced, replaced.Add(24*time.Hour), time.Hour
	d.Secrets = []models.TokenSecret{demoSecret("second", "Wd8e", "2026-11-23 20:41:00", "2026-11-23 21:06:10"), old}
	d.Uses = append([]models.TokenUse{{SecretID: "second", At: when("2026-11-23 21:06:10"), IP: "203.0.113.10", UserAgent: "deployer/4.2 (linux; amd64)"}}, d.Uses...)
	d.Events = append([]models.Event{demoEvent(models.TokenRotated, "mateo", "2026-11-23 20:41:00", "")}, d.Events...)
	return d
}

func tokenPage(name string, change func(*portal.TokenInput)) Entry {
	return Entry{Group: "One token", Name: name, Page: func(h views.Head) templ.Component {
		in := portal.TokenInput{
			Layout: portalFrame(h, "API Tokens"), Account: "Acme", PublicURL: "https://portal.vendor.example", TTL: ttl,
			MayWrite: true, MayDelete: true, TokenDetail: detailed(), IP: "203.0.113.77", Now: at(),
		}
		change(&in)
		return portal.TokenPage(portal.Token(english(), in))
	}}
}

// tested is the page after the test, refused for the reason unless it is empty.
func tested(name, reason string, change func(*portal.TokenInput)) Entry {
	return tokenPage("test: "+name, func(in *portal.TokenInput) {
		in.Checked, in.Reason = true, reason
		if change != nil {
			change(in)
		}
	})
}

// unused is a token of which nothing has happened yet.
func unused(in *portal.TokenInput) {
	in.TokenRow, in.Uses, in.Addresses, in.Metadata = demoTokens()[1], nil, nil, "{}"
	in.Contact, in.Secrets, in.Events = nil, []models.TokenSecret{demoSecret("first", in.LastFour, "2026-11-19 10:20:00", "")}, in.Events[1:]
}

func ended(in *portal.TokenInput) {
	in.TokenRow, in.Reason = demoTokens()[8], "expired"
	in.Secrets[0].CreatedAt = in.CreatedAt
	in.Contact, in.Uses, in.Events = nil, nil, in.Events[1:]
	in.Events[0].ActorKind, in.Events[0].ActorID = models.System, ""
	in.Refusals = []models.Refusal{{Reason: "expired", Count: 1742, Minute: when("2026-11-23 21:07:00")}}
}

func switchedOff(in *portal.TokenInput) {
	off := when("2026-11-23 18:30:00")
	in.DisabledAt, in.DisabledBy, in.Reason = &off, "mateo", "disabled"
	in.Events = append([]models.Event{demoEvent(models.TokenDisabled, "mateo", "2026-11-23 18:30:00", "")}, in.Events...)
	in.Refusals = []models.Refusal{
		{Reason: "disabled", Count: 14, Minute: when("2026-11-23 21:04:00")}, {Reason: "address_not_allowed", Count: 1, Minute: when("2026-11-21 07:15:00")},
	}
}

func ownToken(in *portal.TokenInput) {
	in.Layout = portalFrame(in.Layout.Head, "Personal Tokens")
	in.TokenRow = personalTokens()[1]
	in.Secrets[0].CreatedAt = in.CreatedAt
	in.Roles = demoRoles("Admin", "Reader")
	in.Roles[0].Permissions, in.Roles[1].Permissions = []string{"fe.secure.*"}, nil
	in.Contact, in.Addresses, in.Metadata = nil, nil, "{}"
}

// atMost is a policy that lets tokens live so many days, for long already.
func atMost(days int) models.Policy {
	set := at().Add(-48 * time.Hour)
	return models.Policy{MaxLife: models.Rule[time.Duration]{}.Save(models.LifeOf(days), set, set)}
}

// addressesDemanded is a policy that refuses tokens which may be used from anywhere.
func addressesDemanded() models.Policy {
	set := at().Add(-48 * time.Hour)
	return models.Policy{AddressesRequired: models.Rule[bool]{}.Save(true, set, set)}
}

// anywhere is a token without addresses that the vendor's policy refuses.
func anywhere(in *portal.TokenInput) {
	in.Addresses, in.Policies.Environment = nil, addressesDemanded()
}

func onePageEntries() []Entry {
	return []Entry{
		tokenPage("active", func(*portal.TokenInput) {}),
		tokenPage("never used", unused),
		tokenPage("never used for long", func(in *portal.TokenInput) {
			unused(in)
			in.CreatedAt = when("2026-08-19 10:20:00")
		}),
		tokenPage("ends within a week", func(in *portal.TokenInput) { in.TokenRow, in.Uses, in.Secrets = demoTokens()[7], nil, nil }),
		tokenPage("ends within a month", func(in *portal.TokenInput) { in.TokenRow, in.Secrets = demoTokens()[5], nil }),
		tokenPage("expired", ended),
		tokenPage("disabled", switchedOff),
		tokenPage("in rotation", func(in *portal.TokenInput) { in.TokenDetail = rotated() }),
		tokenPage("in rotation, as a viewer", func(in *portal.TokenInput) {
			in.TokenDetail, in.MayWrite, in.MayDelete = rotated(), false, false
			in.Secrets[0].LastUsedAt, in.Secrets[1].Silence = models.NeverUsed, 0
			in.Uses = in.Uses[1:]
		}),
		tokenPage("as a viewer", func(in *portal.TokenInput) { in.MayWrite, in.MayDelete = false, false }),
		tokenPage("M2M off", func(in *portal.TokenInput) { in.Reason = "m2m_disabled" }),
		tokenPage("ends by the vendor’s policy", func(in *portal.TokenInput) {
			in.ExpiresAt, in.Policies.Environment = models.NeverExpires, atMost(7)
		}),
		tokenPage("ends by the account’s policy, and can’t be rotated by the person", func(in *portal.TokenInput) {
			in.Policies.Account, in.Lacks = atMost(30), "reports.write"
		}),
		tokenPage("personal", ownToken),
		tokenPage("without roles", func(in *portal.TokenInput) { in.Roles = nil }),
		tokenPage("long words", func(in *portal.TokenInput) {
			in.TokenRow = longTokens()[0]
			in.Roles[0].Permissions = []string{strings.Repeat("permission.of.the.company.", 5) + "read"}
			in.Metadata = `{"` + strings.Repeat("key", 30) + `":"` + strings.Repeat("value", 30) + `"}`
			in.Uses[0].UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 " + strings.Repeat("x", 60)
			in.Uses[0].IP = "2001:db8:85a3:8d3:1319:8a2e:370:7348"
			in.Events[0].Outcome = models.Refused
		}),
		tested("works", "", func(in *portal.TokenInput) { in.Addresses = nil }),
		tested("works from the person’s address too", "", nil),
		tested("works from elsewhere", "", func(in *portal.TokenInput) {
			in.IP = "198.51.100.7"
			in.Addresses = append(in.Addresses, netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("10.0.0.1/32"))
		}),
		tested("works as you", "", ownToken),
		tested("works without a role", "", func(in *portal.TokenInput) { in.Roles = nil }),
		tested("expired", "expired", ended),
		tested("disabled", "disabled", switchedOff),
		tested("M2M off", "m2m_disabled", nil),
		tested("address", "address_not_allowed", nil),
		tested("too old for a policy", "policy", func(in *portal.TokenInput) { in.Policies.Account = atMost(1) }),
		tested("without the addresses that a policy demands", "policy", anywhere),
		tested("without the addresses that a policy demands, as a viewer", "policy", func(in *portal.TokenInput) {
			anywhere(in)
			in.MayWrite, in.MayDelete = false, false
		}),
		tested("account disabled", "tenant_disabled", nil),
		tested("owner disabled", "user_disabled", ownToken),
		tested("owner gone", "user_gone", ownToken),
		tested("secret ended", "secret_ended", nil),
		tested("deleted", "revoked", nil),
		tested("another reason", "of_tomorrow", nil),
	}
}

func rotatePage(name string, change func(*portal.RotateInput)) Entry {
	return Entry{Group: "Rotate", Name: name, Page: func(h views.Head) templ.Component {
		in := portal.RotateInput{
			Layout: portalFrame(h, "API Tokens"), TokenDetail: detailed(), Now: at(),
			Form: portal.RotateForm{Overlap: views.DefaultOverlap(), Silence: views.HoursValue(0), Replaces: "first", ID: "form-id", Key: portal.KeyForm{Proof: portal.ProofSecret}},
		}
		change(&in)
		return portal.RotatePage(portal.Rotate(english(), in))
	}}
}

func changePage(group, name string, build func(portal.ChangeInput) portal.AskProps, change func(*models.TokenDetail)) Entry {
	return Entry{Group: group, Name: name, Page: func(h views.Head) templ.Component {
		in := portal.ChangeInput{Layout: portalFrame(h, "API Tokens"), TokenDetail: rotated(), TTL: ttl, Now: at()}
		change(&in.TokenDetail)
		return portal.AskPage(build(in))
	}}
}

func secondPage(name string, build func(portal.SecondInput) portal.TwiceProps) Entry {
	return Entry{Group: "Rotate", Name: name, Page: func(h views.Head) templ.Component {
		return portal.TwicePage(build(portal.SecondInput{Layout: portalFrame(h, "API Tokens"), Token: demoTokens()[0], Now: at()}))
	}}
}

func rotatedSecret(name string, change func(*portal.SecretInput)) Entry {
	return Entry{Group: "Secret", Name: name, Page: func(h views.Head) templ.Component {
		in := portal.SecretInput{
			Layout: portalFrame(h, "API Tokens"), Account: "Acme", PublicURL: "https://portal.vendor.example", TTL: ttl, Token: demoTokens()[0], Now: at(),
			Secret: models.NewSecret("lk_cs_4Tq9ZxVb2mKfR7wJcY8uNsH3pLdG6aEeQ1oXyB5vMih3Zp8R"), Rotated: &portal.Rotated{EndsAt: at().Add(24 * time.Hour)},
		}
		change(&in)
		return portal.SecretPage(portal.Secret(english(), in))
	}}
}

func changeEntries() []Entry {
	disable := func(in portal.ChangeInput) portal.AskProps { return portal.Disable(english(), in) }
	end := func(in portal.ChangeInput) portal.AskProps { return portal.EndOld(english(), in) }
	cancel := func(in portal.ChangeInput) portal.AskProps { return portal.Cancel(english(), in) }
	return []Entry{
		rotatePage("in use", func(*portal.RotateInput) {}),
		rotatePage("never used", func(in *portal.RotateInput) {
			in.LastUsedAt, in.Uses, in.Form.Overlap = models.NeverUsed, nil, views.HoursValue(0)
		}),
		rotatePage("ends before", func(in *portal.RotateInput) { in.ExpiresAt = when("2026-11-26 14:00:00") }),
		rotatePage("errors", func(in *portal.RotateInput) {
			in.Form.Overlap, in.Form.Silence = "", ""
			in.Problems = []models.Problem{{Field: "overlap", Key: "out_of_range"}, {Field: "silence", Key: "out_of_range"}, {Field: "form", Key: "required"}}
		}),
		rotatePage("more rights than one’s own", func(in *portal.RotateInput) { in.Problems = []models.Problem{{Key: "not_grantable"}} }),
		secondPage("the same form twice", func(in portal.SecondInput) portal.TwiceProps {
			in.Sent = in.Now.Add(-2 * time.Minute)
			return portal.RotatedBefore(english(), in)
		}),
		secondPage("somebody was quicker", func(in portal.SecondInput) portal.TwiceProps { return portal.RotatedBefore(english(), in) }),
		secondPage("no rotation under way", func(in portal.SecondInput) portal.TwiceProps { return portal.NoRotation(english(), in) }),
		rotatedSecret("rotated", func(*portal.SecretInput) {}),
		rotatedSecret("rotated, silent", func(in *portal.SecretInput) { in.Rotated.Silence = time.Hour }),
		rotatedSecret("rotated, the old one ended", func(in *portal.SecretInput) { in.Rotated.EndsAt = in.Now }),
		changePage("End the old secret", "in use", end, func(*models.TokenDetail) {}),
		changePage("End the old secret", "never used, access token", end, func(d *models.TokenDetail) {
			d.Kind, d.Uses, d.Secrets[1].LastUsedAt = models.AccessToken, nil, models.NeverUsed
		}),
		changePage("Cancel a rotation", "in use", cancel, func(*models.TokenDetail) {}),
		changePage("Cancel a rotation", "never used, access token", cancel, func(d *models.TokenDetail) {
			d.Kind, d.Uses, d.Secrets[0].LastUsedAt = models.AccessToken, nil, models.NeverUsed
		}),
		changePage("Disable token", "in use", disable, func(d *models.TokenDetail) { *d = detailed() }),
		changePage("Disable token", "never used", disable, func(d *models.TokenDetail) {
			*d = models.TokenDetail{TokenRow: demoTokens()[1]}
		}),
		changePage("End the JWTs", "client credentials", func(in portal.ChangeInput) portal.AskProps { return portal.EndJWTs(english(), in) }, func(d *models.TokenDetail) {
			*d = detailed()
		}),
		editPage("as it begins", func(*portal.EditInput) {}),
		editPage("access token, nothing yet", func(in *portal.EditInput) {
			in.TokenDetail = models.TokenDetail{TokenRow: demoTokens()[3]}
			in.Form = portal.FilledIn(in.Token)
		}),
		editPage("addresses are demanded", func(in *portal.EditInput) {
			in.Policies.Environment, in.Account, in.Now = addressesDemanded(), "Acme", at()
		}),
		editPage("errors", func(in *portal.EditInput) {
			in.Form = portal.EditForm{More: portal.MoreForm{ContactID: "gone", Addresses: "203.0.113.0/24\n10.1.2.3/8", Metadata: "{team: platform}"}}
			in.Problems = []models.Problem{
				{Field: "description", Key: "required"}, {Field: "contact", Key: "unknown"},
				{Field: "addresses", Key: "address_bits", Args: map[string]any{"value": "10.1.2.3/8", "network": "10.0.0.0/8"}}, {Field: "metadata", Key: "metadata_json"},
			}
		}),
	}
}

func demoPeople() []models.User {
	return []models.User{
		{ID: "dana", Name: "Dana Levi", Email: "dana@acme.example"}, {ID: "mateo", Name: "Mateo Ruiz", Email: "mateo@acme.example"},
		{ID: "priya", Name: "Priya Nair", Email: "priya@acme.example"},
	}
}

func editPage(name string, change func(*portal.EditInput)) Entry {
	return Entry{Group: "Edit token", Name: name, Page: func(h views.Head) templ.Component {
		in := portal.EditInput{Layout: portalFrame(h, "API Tokens"), TokenDetail: detailed(), Contacts: demoPeople()}
		in.Form = portal.FilledIn(in.Token)
		change(&in)
		return portal.EditPage(portal.Edit(english(), in))
	}}
}
