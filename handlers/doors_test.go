package handlers_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// door is one route that changes something, with a form that it lets through
// and what each of its fields takes. The tests of bad input, of smuggled fields
// and of who may do what are derived from the table of doors.
type door struct {
	// verb is its method, "" for POST, and route its pattern in the table of routes.
	verb, route string
	// open makes what the form is about and fills it in.
	open   func(b *bench) errand
	fields []field
	// done is the status of the form as open filled it in.
	done int
	// json marks a route that takes a JSON object, or nothing, and no form.
	json bool
	// program marks a form of a program's, whose own credentials are in it.
	program bool
	// looks marks a form that changes nothing, and leaves no event where it is
	// let through.
	looks bool
}

// errand is a form that works, and who may send it where.
type errand struct {
	who  walker
	path string
	form url.Values
	// jwt is the credential of a program, object what it sends, and acting are
	// headers that say for whom: names and values by turns.
	jwt    string
	object map[string]any
	acting []string
}

// method is that of the door's route.
func (d door) method() string { return cmp.Or(d.verb, http.MethodPost) }

// name is how tests speak of the door.
func (d door) name() string { return d.method() + " " + d.route }

// doors is EVERY route that changes something. The one behind a set-up link is first:
// it works only while there is no operator.
func doors() []door {
	return slices.Concat(signInDoors(), tokenDoors(), settingsDoors(), policyDoors(), accountDoors(), rightsDoors(), keyDoors(),
		exchangeDoors(), refreshDoors(), personDoors(), vendorDoors(), oauthDoors(), programDoors(), portalLinkDoors())
}

func signInDoors() []door {
	code := func(path string, code models.Secret, more ...string) errand {
		return errand{path: path + code.Reveal(), form: formOf(append(more, "password", password)...)}
	}
	return []door{
		{route: "/setup/:code", done: http.StatusSeeOther, open: func(b *bench) errand {
			secret, _, err := b.signin.EnsureSetupLink(b.t.Context())
			b.must(err)
			return code("/setup/", secret, "name", "Noa Brandt", "email", "noa@vendor.example")
		}, fields: []field{line(portal, "name", 100, true), emailAddress(portal, "email"), newPassword("password")}},
		{route: "/password/:code", done: http.StatusSeeOther, open: func(b *bench) errand {
			m := b.person(b.acme.ID)
			secret, _, err := b.accounts.NewPasswordLink(b.t.Context(), system(), m.TenantID, m.UserID)
			b.must(err)
			return code("/password/", secret)
		}, fields: []field{newPassword("password")}},
		{route: "/portal-link/:code", done: http.StatusSeeOther, open: func(b *bench) errand {
			return errand{path: "/portal-link/" + b.handOver(b.person(b.acme.ID, "Viewer")), form: url.Values{}}
		}},
		{route: "/sign-in", done: http.StatusSeeOther, open: func(b *bench) errand {
			m := b.withPassword(b.person(b.acme.ID, "Admin"))
			return errand{path: "/sign-in", form: formOf("email", m.User.Email, "password", password, "next", "/account/security")}
		}, fields: []field{credential("email"), credential("password"), free("next")}},
		{route: "/sign-out", done: http.StatusSeeOther, open: func(b *bench) errand {
			return errand{who: b.admin(), path: "/sign-out", form: url.Values{}}
		}},
		{route: "/account/switch", done: http.StatusSeeOther, open: func(b *bench) errand {
			m := b.person(b.acme.ID)
			b.join1(m.User.Email, b.initech, "Viewer")
			return errand{who: walker{userID: m.UserID, tenantID: b.acme.ID}, path: "/account/switch", form: formOf("tenant", b.initech)}
		}, fields: []field{account("tenant")}},
		{route: "/account/security", done: http.StatusSeeOther, open: func(b *bench) errand {
			m := b.withPassword(b.person(b.acme.ID))
			return errand{who: walker{userID: m.UserID, tenantID: b.acme.ID}, path: "/account/security",
				form: formOf("current", password, "password", "another tall heron at dawn")}
		}, fields: []field{currentPassword("current"), newPassword("password")}},
	}
}

func tokenDoors() []door {
	made := func(path string, roles ...string) func(b *bench) errand {
		return func(b *bench) errand {
			form := formOf("description", "Nightly export", "expires", "90", "form", models.NewOpaque().Reveal())
			for _, key := range roles {
				form.Add("roles", b.roles[key])
			}
			return errand{who: b.admin(), path: path, form: form}
		}
	}
	// about is a change of a token that was made, with what has to be so before it.
	about := func(path, act string, in models.Context, before func(b *bench, m tokens.Minted), values ...string) func(b *bench) errand {
		return func(b *bench) errand {
			m := b.mint(combination{in, models.AccessToken}, 0)
			if before != nil {
				before(b, m)
			}
			return errand{who: b.admin(), path: path + m.Token.ID + act, form: formOf(values...)}
		}
	}
	exchanging := func(path string, in models.Context) func(b *bench) errand {
		return func(b *bench) errand {
			m := b.mint(combination{in, models.ClientCredentials}, 0)
			return errand{who: b.admin(), path: path + m.Token.ID + "/end-jwts", form: url.Values{}}
		}
	}
	rotated := func(path string, in models.Context) func(b *bench) errand {
		return func(b *bench) errand {
			m := b.mint(combination{in, models.AccessToken}, 0)
			return errand{who: b.admin(), path: path + m.Token.ID + "/rotate", form: formOf(
				"overlap", "24", "silence", "1", "form", models.NewOpaque().Reveal(), "replaces", b.secretOf(m.Token.ID))}
		}
	}
	keyed := func(path string, in models.Context) func(b *bench) errand {
		return func(b *bench) errand {
			m := b.mint(combination{in, models.ClientCredentials}, 0)
			return errand{who: b.admin(), path: path + m.Token.ID + "/rotate", form: formOf("proof", "jwk", "jwk", onePublic,
				"overlap", "24", "silence", "1", "form", models.NewOpaque().Reveal(), "replaces", b.secretOf(m.Token.ID))}
		}
	}
	turning := func(path, act string, in models.Context) func(b *bench) errand {
		return func(b *bench) errand {
			e := about(path, act, in, (*bench).rotate)(b)
			e.form.Set("replaces", b.secretOf(strings.TrimSuffix(strings.TrimPrefix(e.path, path), act)))
			return e
		}
	}
	sought := func(path string, in models.Context) func(b *bench) errand {
		return func(b *bench) errand {
			m := b.mint(combination{in, models.AccessToken}, 0)
			return errand{who: b.admin(), path: path, form: formOf("value", m.Secret.Reveal())}
		}
	}
	// several are two tokens to be deleted, stopped is a bulk that waits.
	several := func(path string, in models.Context) func(b *bench) errand {
		return func(b *bench) errand {
			form := formOf("action", "delete", "count", "2", "form", models.NewOpaque().Reveal())
			for range 2 {
				b.clock.pass(time.Second) // so that their ids are in the order in which they were made
				form.Add("tokens", b.mint(combination{in, models.AccessToken}, 0).Token.ID)
			}
			return errand{who: b.admin(), path: path, form: form}
		}
	}
	stopped := func(path string, in models.Context) func(b *bench) errand {
		return func(b *bench) errand {
			return errand{who: b.admin(), path: path + b.begin(b.dana, in).ID + "/stop", form: url.Values{}}
		}
	}
	description, expires, once := line(portal, "description", 200, true), life("expires"), formID("form", "tokens.problem.form")
	more := []field{networks("addresses"), person("contact"), object("metadata")}
	var all []door
	for _, p := range places() {
		in, one, at := p.context, p.path+"/:id", p.path+"/"
		generate, fields := made(p.path), append([]field{description, expires, once}, more...)
		// A personal token goes from a secret to a key.
		rotate := door{route: one + "/rotate", done: http.StatusSeeOther, open: keyed(at, in), fields: []field{proof("proof"), publicKey("jwk")}}
		if in == models.API {
			rotate = door{route: one + "/rotate", done: http.StatusCreated, open: rotated(at, in)}
			generate = made(p.path, "Viewer", "Editor")
			fields = append(fields, someOf("roles", "tokens.problem.roleUnknown", "tokens.problem.roleRequired"))
		}
		rotate.fields = append(rotate.fields, hours("overlap", "2", "invalid.out_of_range"), hours("silence", "168", "invalid.out_of_range"),
			once, replaced("replaces", "tokens.problem.form"))
		all = append(all,
			door{route: p.path, done: http.StatusCreated, open: generate, fields: fields},
			door{route: at + "find", done: http.StatusSeeOther, looks: true, open: sought(at+"find", in), fields: []field{secret("value")}},
			door{route: one + "/edit", done: http.StatusSeeOther, open: about(at, "/edit", in, nil, "description", "Edited", "addresses", "203.0.113.0/24\r\n2001:db8::1", "metadata", `{"team": "a"}`),
				fields: append([]field{description, free("seen")}, more...)},
			rotate,
			door{route: one + "/rotate/end", done: http.StatusSeeOther, open: turning(at, "/rotate/end", in), fields: []field{inForce("replaces")}},
			door{route: one + "/rotate/cancel", done: http.StatusSeeOther, open: turning(at, "/rotate/cancel", in), fields: []field{inForce("replaces")}},
			door{route: one + "/end-jwts", done: http.StatusSeeOther, open: exchanging(at, in)},
			door{route: one + "/disable", done: http.StatusSeeOther, open: about(at, "/disable", in, nil)},
			door{route: one + "/enable", done: http.StatusSeeOther, open: about(at, "/enable", in, (*bench).disable)},
			door{route: one + "/delete", done: http.StatusSeeOther, open: about(at, "/delete", in, nil)},
			door{route: at + "bulk", done: http.StatusSeeOther, open: several(at+"bulk", in),
				fields: append([]field{chosen("tokens"), bulkAction("action"), allMatching("all"), typed("count"), bulkForm("form")}, narrowing()...)},
			door{route: at + "bulk/:id/stop", done: http.StatusSeeOther, open: stopped(at+"bulk/", in)},
		)
	}
	return all
}

func settingsDoors() []door {
	sent := func(path string, values ...string) func(b *bench) errand {
		return func(b *bench) errand {
			return errand{who: b.operator(), path: path, form: formOf(values...)}
		}
	}
	return []door{
		{route: "/console/authentication/m2m", done: http.StatusSeeOther, open: sent("/console/authentication/m2m", "enabled", "on", "kind", "AccessToken", "format", "opaque"),
			fields: []field{tick("enabled"), oneOf("kind"), oneOf("format"), free("confirm")}},
		{route: "/console/authentication/audiences", done: http.StatusSeeOther, open: sent("/console/authentication/audiences", "audiences", "https://api.vendor.example/reports\r\n\r\n urn:vendor:billing"),
			fields: []field{audiences("audiences")}},
		{route: "/console/portal", done: http.StatusSeeOther, open: sent("/console/portal", "api", "byPermissions", "personal", "always"),
			fields: []field{oneOf("api"), oneOf("personal")}},
		{route: "/console/accounts", done: http.StatusSeeOther, open: sent("/console/accounts", "name", "Umbrella"),
			fields: []field{line(console, "name", 100, true)}},
	}
}

func policyDoors() []door {
	sent := func(path string, who func(b *bench) walker) func(b *bench) errand {
		return func(b *bench) errand {
			return errand{who: who(b), path: path, form: formOf("life", "0", "permission", "", "lives", "7", "lives", "30")}
		}
	}
	unprocessed := func(values []string, says string) flaw { return flaw{values, http.StatusUnprocessableEntity, says} }
	fields := []field{
		{name: "life", flaws: func([]string) []flaw {
			return append(flawed("invalid.unknown", "", "2", "-1", "030", "+7", " 7", "never", "7d", "CUSTOM"), unprocessed(nil, "invalid.unknown"), unprocessed([]string{"custom"}, "invalid.life_range"))
		}},
		{name: "permission", flaws: func([]string) []flaw {
			return append(flawed("invalid.permission_unknown", "no.such", "fe.secure.*", "*"), flawed("invalid.too_long", strings.Repeat("a", 129))...)
		}},
		{name: "lives", many: true, flaws: func([]string) []flaw {
			return append(flawed("invalid.unknown", "", "2", "07", "never"), unprocessed(nil, "invalid.lives_required"))
		}},
		{name: "addresses", flaws: func([]string) []flaw { return flawed("invalid.unknown", "off", "true", "ON", " on") }},
		{name: "older", flaws: func([]string) []flaw { return flawed("invalid.unknown", "off", "1") }},
		free("days"), free("rehearsed"), free("start"), free("date"),
	}
	return []door{
		{route: "/console/authentication/policy", done: http.StatusSeeOther, open: sent("/console/authentication/policy", (*bench).operator), fields: fields},
		{route: "/workspace/security", done: http.StatusSeeOther, open: sent("/workspace/security", (*bench).admin), fields: fields},
	}
}

// accountDoors are about an account, and about a person of it.
func accountDoors() []door {
	tenant := func(act string, before func(b *bench, id string) error, values ...string) func(b *bench) errand {
		return func(b *bench) errand {
			t, err := b.accounts.CreateTenant(b.t.Context(), system(), b.next("Customer"))
			b.must(err)
			if before != nil {
				b.must(before(b, t.ID))
			}
			return errand{who: b.operator(), path: "/console/accounts/" + t.ID + act, form: formOf(values...)}
		}
	}
	person := func(act string, before func(b *bench, tenantID, userID string) error, roles ...string) func(b *bench) errand {
		return func(b *bench) errand {
			m := b.person(b.acme.ID, "Viewer")
			if before != nil {
				b.must(before(b, m.TenantID, m.UserID))
			}
			form := url.Values{}
			for _, key := range roles {
				form.Add("roles", b.roles[key])
			}
			return errand{who: b.operator(), path: "/console/accounts/" + m.TenantID + "/users/" + m.UserID + act, form: form}
		}
	}
	const one, user = "/console/accounts/:id", "/console/accounts/:id/users/:userId"
	roles := someOf("roles", "console.problem.roleUnknown", "")
	return []door{
		{route: one + "/m2m", done: http.StatusSeeOther, open: tenant("/m2m", nil, "m2m", "on", "kind", "AccessToken"),
			fields: []field{oneOf("m2m"), oneOf("kind"), free("confirm")}},
		{route: one + "/disable", done: http.StatusSeeOther, open: tenant("/disable", nil), fields: []field{free("confirm")}},
		{route: one + "/enable", done: http.StatusSeeOther, open: tenant("/enable", func(b *bench, id string) error {
			return b.accounts.DisableTenant(b.t.Context(), system(), id)
		})},
		{route: one + "/users", done: http.StatusCreated, open: func(b *bench) errand {
			return errand{who: b.operator(), path: "/console/accounts/" + b.acme.ID + "/users",
				form: formOf("email", b.next("kim")+"@acme.example", "name", "Kim", "roles", b.roles["Viewer"], "roles", b.roles["Editor"])}
		}, fields: []field{emailAddress(console, "email"), line(console, "name", 100, true), roles}},
		{route: user, done: http.StatusSeeOther, open: person("", nil, "Editor", "Admin"), fields: []field{roles}},
		{route: user + "/link", done: http.StatusCreated, open: person("/link", nil)},
		{route: user + "/disable", done: http.StatusSeeOther, open: person("/disable", nil), fields: []field{free("confirm")}},
		{route: user + "/enable", done: http.StatusSeeOther, open: person("/enable", func(b *bench, tenantID, userID string) error {
			return b.accounts.DisableMember(b.t.Context(), system(), tenantID, userID)
		})},
		{route: user + "/remove", done: http.StatusSeeOther, open: person("/remove", nil), fields: []field{free("confirm")}},
		{route: user + "/disable-everywhere", done: http.StatusSeeOther, open: person("/disable-everywhere", nil), fields: []field{free("confirm")}},
		{route: user + "/enable-everywhere", done: http.StatusSeeOther, open: person("/enable-everywhere", func(b *bench, _, userID string) error {
			return b.accounts.DisableUser(b.t.Context(), system(), userID)
		})},
		{route: user + "/delete", done: http.StatusSeeOther, open: person("/delete", nil), fields: []field{free("confirm")}},
	}
}

func rightsDoors() []door {
	role := func(act string) func(b *bench) errand {
		return func(b *bench) errand {
			r, err := b.accounts.CreateRole(b.t.Context(), system(), accounts.RoleInput{Key: b.next("Role"), Name: "Clerk", Permissions: []string{"reports.read"}})
			b.must(err)
			return errand{who: b.operator(), path: "/console/roles/" + r.ID + act, form: url.Values{}}
		}
	}
	permission := func(act string) func(b *bench) errand {
		return func(b *bench) errand {
			p, err := b.accounts.CreatePermission(b.t.Context(), system(), accounts.PermissionInput{Key: b.next("payouts."), Name: "Payouts"})
			b.must(err)
			return errand{who: b.operator(), path: "/console/permissions/" + p.ID + act, form: url.Values{}}
		}
	}
	filled := func(open func(b *bench) errand, more ...string) func(b *bench) errand {
		return func(b *bench) errand {
			e := errand{who: b.operator(), path: "/console/roles"}
			if open != nil {
				e = open(b)
			}
			e.form = formOf(append(more, "key", b.next("key"), "name", "Auditor", "description", "Looks at things")...)
			return e
		}
	}
	const roles, permissions = "/console/roles", "/console/permissions"
	texts := []field{line(console, "name", 100, true), line(console, "description", 300, false)}
	roleFields := append([]field{roleKey("key"), someKeys("permissions")}, texts...)
	permissionFields := append([]field{permissionKey("key")}, texts...)
	rights := []string{"permissions", "reports.read", "permissions", "fe.secure.read.*"}
	return []door{
		{route: roles, done: http.StatusSeeOther, open: filled(nil, rights...), fields: roleFields},
		{route: roles + "/:id", done: http.StatusSeeOther, open: filled(role(""), rights...), fields: roleFields},
		{route: roles + "/:id/delete", done: http.StatusSeeOther, open: role("/delete"), fields: []field{free("confirm")}},
		{route: permissions, done: http.StatusSeeOther, fields: permissionFields, open: filled(func(b *bench) errand {
			return errand{who: b.operator(), path: permissions}
		})},
		{route: permissions + "/:id", done: http.StatusSeeOther, open: filled(permission("")), fields: permissionFields},
		{route: permissions + "/:id/delete", done: http.StatusSeeOther, open: permission("/delete"), fields: []field{free("confirm")}},
	}
}

// formOf makes a form; pairs alternate names and values.
func formOf(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

func TestDoors_AreAllRoutesThatChangeSomething(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	count := map[string]int{}
	for _, d := range doors() {
		count[d.name()]++
	}
	for _, r := range w.server.Routes() {
		if !changes(r) {
			continue
		}
		name := r.Method + " " + r.Path
		if count[name] != 1 {
			t.Errorf("%s is in the table of doors %d times: bad input there goes untested", name, count[name])
		}
		delete(count, name)
	}
	for route := range count {
		t.Errorf("%s is a door and no route", route)
	}
}

// parameters are the values that an address has for the parameters of a pattern.
func parameters(pattern, path string) map[string]string {
	values := map[string]string{}
	parts := strings.Split(path, "/")
	for i, name := range strings.Split(pattern, "/") {
		if strings.HasPrefix(name, ":") {
			values[name] = parts[i]
		}
	}
	return values
}

var csrfValue = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

// enter gives the headers and the form token of whoever has the errand: of a
// fresh session, of a program, or for visitors those of the page itself.
func (b *bench) enter(e errand) (headers []string, token string) {
	b.t.Helper()
	if e.jwt != "" {
		return append([]string{"Content-Type", "application/json", "Authorization", "Bearer " + e.jwt}, e.acting...), ""
	}
	if e.who.userID != "" {
		return b.visit(e.who)
	}
	page := b.send(http.MethodGet, e.path, "")
	if token := csrfValue.FindStringSubmatch(page.body); token != nil {
		cookie, _, _ := strings.Cut(page.header.Get("Set-Cookie"), ";")
		return []string{"Content-Type", formType, "Cookie", cookie}, token[1]
	}
	return []string{"Content-Type", formType}, ""
}

const formType = "application/x-www-form-urlencoded"

// next is a name that was not used before.
func (b *bench) next(name string) string {
	b.n++
	return fmt.Sprintf("%s%03d", name, b.n)
}
