package handlers_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// desk is an operator's browser at the Console.
type desk struct {
	*world
	headers  []string
	token    string
	operator models.User
}

func newDesk(t *testing.T, s *store.Store) *desk {
	t.Helper()
	return deskOf(newWorld(t, s))
}

// deskOf is the operator of a world at their desk.
func deskOf(w *world) *desk {
	w.t.Helper()
	d := &desk{world: w, operator: w.noa()}
	d.headers, d.token = w.visit(walker{userID: d.operator.ID, operator: true})
	return d
}

// noa is a new operator, whose password is nobody's.
func (w *world) noa() models.User {
	w.t.Helper()
	user := models.User{
		ID: models.NewID(w.clock.Now()), Email: "noa@vendor.example", Name: "Noa Brandt", PasswordHash: strings.Replace(passwordHash, "$G", "$H", 1),
		Operator: true, CreatedAt: models.Stamp(w.clock.Now()),
	}
	w.must(w.store.CreateUser(w.t.Context(), user, models.NewEvent(system(), models.UserCreated, w.clock.Now()).About("user", user.ID, user.Name)))
	return user
}

func (d *desk) get(path string) answer { d.t.Helper(); return d.send("GET", path, "", d.headers...) }

// post sends a form; fields alternate names and values.
func (d *desk) post(path string, fields ...string) answer {
	d.t.Helper()
	form := url.Values{"csrf": {d.token}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return d.send("POST", path, form.Encode(), d.headers...)
}

// says asserts an answer's status and that its page has all of these words.
func (d *desk) says(a answer, status int, texts ...string) {
	d.t.Helper()
	page := html.UnescapeString(a.body)
	if a.status != status {
		d.t.Fatalf("status %d, want %d with %q: %s", a.status, status, texts, page)
	}
	for _, text := range texts {
		if !strings.Contains(page, text) {
			d.t.Errorf("the page lacks %q", text)
		}
	}
}

// goes asserts that a form led on to a page, whose message is said there once.
func (d *desk) goes(a answer, to, message string) {
	d.t.Helper()
	if a.status != http.StatusSeeOther || a.header.Get("Location") != to {
		d.t.Fatalf("answered %d to %q, want 303 to %q: %s", a.status, a.header.Get("Location"), to, a.body)
	}
	d.says(d.get(to), http.StatusOK, message)
	if strings.Contains(html.UnescapeString(d.get(to).body), message) {
		d.t.Errorf("%q is said twice", message)
	}
}

const m2mPath = "/console/authentication/m2m"

func TestConsole_SwitchingOffIsAskedAboutWithTheTokensItRefuses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		key := d.mint(combination{models.API, models.AccessToken}, 0)
		d.mint(combination{models.Personal, models.AccessToken}, 0)
		d.must(d.accounts.SetTenantM2M(t.Context(), system(), d.globex.ID, models.On, ""))
		if a := d.whoami(key); a.status != http.StatusOK {
			t.Fatalf("the token is not let in: %d", a.status)
		}
		d.must(d.tokens.Flush(t.Context()))

		d.says(d.get(m2mPath), http.StatusOK, "Switched off, this refuses <b>2</b> live tokens, <b>1</b> of them used in the last 24 hours.", "Globex</b> keeps its own switch")
		asked := d.post(m2mPath, "format", "opaque", "kind", "AccessToken")
		d.says(asked, http.StatusOK, "Switch M2M authentication off?", "This refuses <b>2</b> live tokens, <b>1</b> of them used", `name="confirm" value="2"`, `name="kind" value="AccessToken"`)
		if settings, err := s.Settings(t.Context()); err != nil || !settings.M2MEnabled || settings.Kind != models.ClientCredentials {
			t.Fatalf("saved before it was confirmed: %+v %v", settings, err)
		}
		d.goes(d.post(m2mPath, "format", "opaque", "kind", "AccessToken", "confirm", "2"), m2mPath, "M2M authentication was switched off. Tokens are refused.")
		if a := d.whoami(key); a.status != http.StatusUnauthorized {
			t.Errorf("the token is let in: %d", a.status)
		}
		d.says(d.get(m2mPath), http.StatusOK, "Switched on, <b>2</b> live tokens work again.")
		d.goes(d.post(m2mPath, "format", "opaque", "enabled", "on", "kind", "ClientCredentials"), m2mPath, "M2M authentication was saved.")
	})
}

func TestConsole_KindIsSavedWithoutQuestions(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	d.mint(combination{models.API, models.ClientCredentials}, 0)
	d.goes(d.post(m2mPath, "format", "opaque", "enabled", "on", "kind", "AccessToken"), m2mPath, "M2M authentication was saved.")
	settings, err := d.store.Settings(t.Context())
	if err != nil || !settings.M2MEnabled || settings.Kind != models.AccessToken {
		t.Errorf("%+v %v", settings, err)
	}
}

func TestConsole_AccessTokensBecomeJWTsAndBothFormatsAreTaken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		save := func(format string) models.Secret {
			t.Helper()
			d.goes(d.post(m2mPath, "enabled", "on", "kind", "AccessToken", "format", format), m2mPath, "M2M authentication was saved.")
			return d.mint(combination{models.API, models.AccessToken}, 0).Secret
		}
		secrets := []models.Secret{save("jwt"), save("opaque")}
		for i, jwt := range []bool{true, false} {
			if got := strings.Count(secrets[i].Reveal(), ".") == 2; got != jwt {
				t.Errorf("token %d is a JWT: %t", i, got)
			}
			if a := d.send("GET", "/v1/whoami", "", "X-API-KEY", secrets[i].Reveal()); a.status != http.StatusOK {
				t.Errorf("token %d: %d %s", i, a.status, a.body)
			}
		}
	})
}

func TestConsole_AccountSwitchIsAskedAboutWithTheTokensItRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	key := d.mint(combination{models.API, models.AccessToken}, 0)
	d.must(d.accounts.SetTenantM2M(t.Context(), system(), d.acme.ID, models.Inherited, ""))
	page := "/console/accounts/" + d.acme.ID

	d.says(d.get(page), http.StatusOK, "Refuses 1 live token, 0 used in 24 hours", "0 of 1</b> live tokens are refused by this change.", "dana@acme.example")
	d.says(d.post(page+"/m2m", "m2m", "off", "kind", "AccessToken"), http.StatusOK,
		"Switch M2M authentication off for “Acme”?", "This refuses <b>1</b> live token", `name="m2m" value="off"`, `name="kind" value="AccessToken"`)
	d.goes(d.post(page+"/m2m", "m2m", "off", "kind", "AccessToken", "confirm", "1"), page, "M2M authentication of Acme was saved.")
	if a := d.whoami(key); a.status != http.StatusUnauthorized {
		t.Errorf("the token is let in: %d", a.status)
	}
	d.goes(d.post(page+"/m2m", "m2m", "on", "kind", "inherit"), page, "M2M authentication of Acme was saved.")
	if a := d.whoami(key); a.status != http.StatusOK {
		t.Errorf("the token is refused: %d", a.status)
	}
	if acme, err := d.store.Tenant(t.Context(), d.acme.ID); err != nil || acme.M2M != models.On || acme.Kind != "" {
		t.Errorf("%+v %v", acme, err)
	}
}

func TestConsole_DisablingAnAccountNamesWhatItRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	key := d.mint(combination{models.API, models.AccessToken}, 0)
	page := "/console/accounts/" + d.acme.ID
	d.says(d.get(page+"/disable"), http.StatusOK, "Disable “Acme”?", "1 person can’t work in it", "This refuses <b>1</b> live token")
	d.goes(d.post(page+"/disable", "confirm", "1"), page, "Acme was disabled. Its tokens are refused.")
	d.says(d.get(page), http.StatusOK, "Disabled since", "Enable account")
	if a := d.whoami(key); a.status != http.StatusUnauthorized {
		t.Errorf("the token is let in: %d", a.status)
	}
	d.goes(d.post(page+"/enable"), page, "Acme was enabled. Its tokens work again.")
}

var oneTime = regexp.MustCompile(`http://portal\.example\.com/password/([A-Za-z0-9_-]{43})`)

func TestConsole_PasswordLinkIsShownOnceToBeCopied(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		d.headers = append(d.headers, "Accept-Encoding", "gzip")
		users := "/console/accounts/" + d.globex.ID + "/users"
		a := d.post(users, "email", "hank@globex.example", "name", "Hank Scorpio", "roles", d.roles["Admin"], "roles", d.roles["Editor"],
			"is_operator", "true", "operator", "1", "tenant_id", d.acme.ID, "user_id", d.dana.UserID)
		d.says(a, http.StatusCreated, "Hank Scorpio was added to Globex", "24 November 2026 at 20:00 UTC")
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Encoding") != "" {
			t.Errorf("headers %v", a.header)
		}
		first := oneTime.FindStringSubmatch(a.body)
		if first == nil {
			t.Fatalf("no link in %s", a.body)
		}
		_, user, err := d.signin.OpenLink(t.Context(), first[1])
		if err != nil || user == nil || user.Operator || user.Email != "hank@globex.example" {
			t.Fatalf("the link opens for %+v, %v", user, err)
		}
		members, err := d.store.Members(t.Context(), d.globex.ID, d.clock.Now())
		if err != nil || len(members) != 1 || len(members[0].RoleIDs) != 2 {
			t.Fatalf("%+v %v", members, err)
		}

		// Another link ends the first.
		a = d.post(users+"/"+user.ID+"/link", "email", "somebody@else.example")
		d.says(a, http.StatusCreated, "Password link for Hank Scorpio")
		if again := oneTime.FindStringSubmatch(a.body); again == nil || again[1] == first[1] {
			t.Errorf("no new link: %v", again)
		}
		if _, _, err := d.signin.OpenLink(t.Context(), first[1]); err == nil {
			t.Error("the first link still opens")
		}
		if strings.Contains(d.log.String(), first[1]) {
			t.Error("the link is in the log")
		}
	})
}

func TestConsole_SomebodyWithAPasswordJoinsWithoutALink(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	page := "/console/accounts/" + d.globex.ID
	a := d.post(page+"/users", "email", "NOA@vendor.example", "name", "Another name")
	d.goes(a, page, "Noa Brandt was added to Globex and signs in with the password that they have.")
}

func TestConsole_RefusedFormsKeepTheirValuesAndLeadToTheirFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	acme, role := "/console/accounts/"+d.acme.ID, "/console/roles/"+d.roles["Editor"]
	long := strings.Repeat("ä", 301)
	for path, forms := range map[string][][]string{
		m2mPath:                             {{"Kind of new tokens: choose", "enabled", "on", "kind", "OAuth"}, {"M2M authentication: choose", "enabled", "maybe", "kind", "AccessToken"}, {"Kind of new tokens: choose"}},
		"/console/authentication/audiences": {{"“reports” is no absolute URI", "audiences", "https://api.vendor.example\r\nreports"}, {"“urn:a” is listed twice", "audiences", "urn:a\nurn:a"}},
		"/console/portal":                   {{"API Tokens: choose", "api", "sometimes", "personal", "always"}, {"Personal Tokens: choose", "api", "hidden"}},
		"/console/accounts":                 {{"Name is required", "name", " "}, {"Name is longer than 100 characters", "name", long}, {"Name has characters", "name", "a\nb"}},
		acme + "/m2m":                       {{"Tokens of this account: choose", "m2m", "perhaps", "kind", "inherit"}, {"Kind of new tokens: choose", "m2m", "on", "kind", ""}},
		acme + "/users":                     {{"E-mail is required", "name", "Kim"}, {"E-mail is not an address", "email", "kim@", "name", "Kim"}, {"Name is required", "email", "kim@acme.example"}, {"E-mail belongs to somebody", "email", "Dana@Acme.example", "name", "Dana"}, {"Roles: one of them no longer exists", "email", "kim@acme.example", "name", "Kim", "roles", "nonsense"}},
		acme + "/users/" + d.dana.UserID:    {{"Roles: one of them no longer exists", "roles", uuid.NewString()}},
		"/console/roles":                    {{"Key is required", "name", "Auditor"}, {"Key is taken already", "key", "Editor", "name", "Auditor"}, {"Key has characters", "key", "a b", "name", "Auditor"}, {"Description is longer than 300 characters", "key", "Auditor", "name", "Auditor", "description", long}, {"Permissions: one of them no longer exists", "key", "Auditor", "name", "Auditor", "permissions", "no.such.thing"}},
		role:                                {{"Key is taken already", "key", "Admin", "name", "Auditor"}, {"Name is required", "key", "Editor"}},
		"/console/permissions":              {{"Key is taken already", "key", "reports.read", "name", "Read"}, {"Key may have * only", "key", "a.*.b", "name", "Read"}, {"Name is required", "key", "a.b"}},
	} {
		for _, form := range forms {
			before := d.done()
			a := d.post(path, form[1:]...)
			d.says(a, http.StatusUnprocessableEntity, form[0], `id="errors-title"`, `href="#f-`)
			for i := 1; i+1 < len(form); i += 2 {
				if slices.Contains([]string{"name", "email", "key", "description"}, form[i]) && strings.TrimSpace(form[i+1]) != "" && !strings.Contains(form[i+1], "\n") {
					d.says(a, http.StatusUnprocessableEntity, form[i+1])
				}
			}
			if d.done() != before {
				t.Errorf("POST %s with %q changed something", path, form)
			}
		}
	}
}

func TestConsole_BuiltInPermissionsStay(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	all, err := d.store.Permissions(t.Context())
	d.must(err)
	builtIn := all[slices.IndexFunc(all, models.Permission.BuiltIn)]
	page := "/console/permissions/" + builtIn.ID
	d.says(d.get(page), http.StatusOK, "came with Latchkey", builtIn.Key)
	if a := d.get(page + "/delete"); a.status != http.StatusSeeOther || a.header.Get("Location") != page {
		t.Errorf("%d %v", a.status, a.header)
	}
	d.says(d.post(page, "key", "other", "name", "Other"), http.StatusUnprocessableEntity, "can’t be changed or deleted")
	d.says(d.post(page+"/delete"), http.StatusUnprocessableEntity, "can’t be changed or deleted")
	if after, err := d.store.Permission(t.Context(), builtIn.ID); err != nil || after.Key != builtIn.Key {
		t.Errorf("%+v %v", after, err)
	}
}

func TestConsole_RolesAndPermissionsFromCreationToDeletion(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	d.goes(d.post("/console/permissions", "key", "payouts.write", "name", "Write payouts"), "/console/permissions", "payouts.write was created. Give it to a role next.")
	d.goes(d.post("/console/roles", "key", "Cashier", "name", "Cashier", "permissions", "payouts.write", "permissions", "reports.read"), "/console/roles", "Cashier was created.")
	role := d.roleByKey("Cashier")
	if !slices.Equal(role.Permissions, []string{"payouts.write", "reports.read"}) {
		t.Errorf("permissions %v", role.Permissions)
	}
	d.must(d.accounts.SetMemberRoles(t.Context(), system(), d.acme.ID, d.dana.UserID, []string{role.ID}))
	d.goes(d.post("/console/roles/"+role.ID, "key", "Cashier", "name", "Cashiers", "permissions", "payouts.write"), "/console/roles", "Cashiers was saved and is in force.")
	d.says(d.get("/console/roles/"+role.ID+"/delete"), http.StatusOK, "Delete “Cashiers”?", "1 person and 0 API tokens")

	all, err := d.store.Permissions(t.Context())
	d.must(err)
	own := all[slices.IndexFunc(all, func(p models.Permission) bool { return p.Key == "payouts.write" })]
	page := "/console/permissions/" + own.ID
	d.goes(d.post(page, "key", "payouts.send", "name", "Send payouts"), "/console/permissions", "payouts.send was saved.")
	if role := d.roleByKey("Cashier"); !slices.Equal(role.Permissions, []string{"payouts.send"}) {
		t.Errorf("the role holds %v", role.Permissions)
	}
	d.says(d.get(page+"/delete"), http.StatusOK, "Delete “payouts.send”?", "<b>1</b> role loses it")
	d.goes(d.post(page+"/delete"), "/console/permissions", "payouts.send was deleted.")
	d.goes(d.post("/console/roles/"+role.ID+"/delete"), "/console/roles", "Cashiers was deleted.")
	d.says(d.get("/console/roles/"+role.ID), http.StatusNotFound)
}

func (d *desk) roleByKey(key string) models.Role {
	d.t.Helper()
	roles, err := d.store.Roles(d.t.Context())
	d.must(err)
	i := slices.IndexFunc(roles, func(r models.Role) bool { return r.Key == key })
	if i < 0 {
		d.t.Fatalf("no role %s", key)
	}
	return roles[i]
}

func TestConsole_AccountsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	for i := range 110 {
		_, err := d.accounts.CreateTenant(t.Context(), system(), fmt.Sprintf("Customer %03d", i))
		d.must(err)
	}
	next := regexp.MustCompile(`href="(/console/accounts\?after=[^"]+)"`)
	names := regexp.MustCompile(`class="title">([^<]+)<`)
	var seen []string
	for path := "/console/accounts"; path != ""; {
		a := d.get(path)
		d.says(a, http.StatusOK, "112 accounts, by name.")
		for _, m := range names.FindAllStringSubmatch(a.body, -1) {
			seen = append(seen, m[1])
		}
		path = ""
		if m := next.FindStringSubmatch(html.UnescapeString(a.body)); m != nil {
			path = m[1]
		}
	}
	if len(seen) != 112 || !slices.IsSorted(seen) || seen[0] != "Acme" {
		t.Errorf("%d accounts: %v", len(seen), seen)
	}
	d.says(d.get("/console/accounts?q=CUSTOMER+04"), http.StatusOK, "10 accounts, by name.", "Customer 049")
	d.says(d.get("/console/accounts?q=%3Cglobbex%3E"), http.StatusOK, "No account matches “<globbex>”", "Clear search")
	key := m2m.NewKey("lk", m2m.AccessToken).Reveal()
	a := d.get("/console/accounts?q=" + key)
	d.says(a, http.StatusBadRequest, "Don’t put a secret in the address")
	if strings.Contains(a.body, key) {
		t.Error("the secret is shown again")
	}
	d.says(d.get("/console/accounts?q="+strings.Repeat("a", 201)), http.StatusUnprocessableEntity, "Search is longer than 200 characters")
	d.says(d.get("/console/accounts?after=nonsense"), http.StatusNotFound)
}

func TestConsole_AudiencesAreKeptAsTheyWereTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	const page = "/console/authentication/audiences"
	settings, err := d.accounts.Settings(t.Context())
	d.must(err)
	d.says(d.get(page), http.StatusOK, publicURL+"</code>", publicURL+"/v1</code>", "at most 1\u00a0hour later")
	d.goes(d.post(page, "audiences", "https://API.vendor.example/Reports/?a=b&c\r\n\r\n  urn:vendor:billing \r\nhttps://api.vendor.example"), page, "The audiences were saved.")
	want := []string{"https://API.vendor.example/Reports/?a=b&c", "urn:vendor:billing", "https://api.vendor.example"}
	saved, err := d.accounts.Settings(t.Context())
	d.must(err)
	if !slices.Equal(saved.Audiences, want) {
		t.Errorf("%q", saved.Audiences)
	}
	d.says(d.get(page), http.StatusOK, "https://API.vendor.example/Reports/?a=b&c\nurn:vendor:billing\nhttps://api.vendor.example</textarea>")
	d.goes(d.post(page), page, "The audiences were saved.")
	if saved, err = d.accounts.Settings(t.Context()); err != nil || len(saved.Audiences) != 0 || saved.Kind != settings.Kind {
		t.Errorf("%+v, %v", saved, err)
	}
}

func TestConsole_ModulesFollowTheSettingAndSayWhoMayUseThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	d.says(d.get("/console/portal"), http.StatusOK, "Shown to people with one of the roles Admin and Viewer")
	admin, err := d.accounts.Role(t.Context(), system(), d.roles["Admin"])
	d.must(err)
	_, err = d.accounts.UpdateRole(t.Context(), system(), admin.ID, accounts.RoleInput{Key: admin.Key, Name: admin.Name})
	d.must(err)
	d.says(d.get("/console/portal"), http.StatusOK, "Shown to people with the role Viewer", "No role may generate these tokens. Give "+models.WriteTenantTokens+" to one.")
	d.goes(d.post("/console/portal", "api", "byPermissions", "personal", "hidden"), "/console/portal", "The portal’s modules were saved.")
	if s, err := d.store.Settings(t.Context()); err != nil || s.APITokens != models.ByPermissions || s.PersonalTokens != models.Hidden {
		t.Errorf("%+v %v", s, err)
	}
}
