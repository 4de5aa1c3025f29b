package handlers_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/latchkey-dev/latchkey/handlers"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// place is one of the two lists.
type place struct {
	context models.Context
	path    string
	title   string
}

func places() []place {
	return []place{
		{models.API, "/workspace/tokens", "API Tokens"},
		{models.Personal, "/account/tokens", "Personal Access Tokens"},
	}
}

// filled is what a person types for a token of the place, and more after it.
func (w *world) filled(p place, description string, more ...string) []string {
	values := append([]string{"description", description}, more...)
	if p.context == models.API {
		values = append(values, "roles", w.roles["Editor"])
	}
	return values
}

// listed is the tokens of a place as dana's list holds them.
func (w *world) listed(in models.Context) []models.TokenRow {
	w.t.Helper()
	q := models.TokenQuery{TenantID: w.acme.ID, Context: in, Limit: 200}
	if in == models.Personal {
		q.UserID = w.dana.UserID
	}
	page, err := w.store.Tokens(w.t.Context(), q)
	w.must(err)
	return page.Rows
}

func shown(doc *goquery.Document, id string) string {
	return strings.TrimSpace(doc.Find("#" + id).Text())
}

func TestPortal_FromTheFirstTokenToItsDeletion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.as(w.dana)
		for _, p := range places() {
			for _, kind := range []models.Kind{models.AccessToken, models.ClientCredentials} {
				w.must(w.accounts.SetTenantM2M(t.Context(), system(), w.acme.ID, models.Inherited, kind))
				before := len(w.listed(p.context))
				b.open(p.path + "/new")
				b.says(http.StatusOK, "Generate Token", "This token will expire", "After 90 days Ends 21 February 2027, 20:00 UTC")
				a := b.submit("", w.filled(p, "CI pipeline")...)
				if a.status != http.StatusCreated || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Encoding") != "" {
					t.Fatalf("%s %s: %d %v", p.path, kind, a.status, a.header)
				}
				rows := w.listed(p.context)
				if len(rows) != before+1 {
					t.Fatalf("%d tokens", len(rows))
				}
				token := rows[0]
				if token.Kind != kind || token.Description != "CI pipeline" || !token.ExpiresAt.Equal(token.CreatedAt.Add(90*24*time.Hour)) || token.CreatedBy != w.dana.UserID {
					t.Errorf("%+v", token)
				}
				secret := shown(b.doc(), "access-token")
				if kind == models.ClientCredentials {
					secret = shown(b.doc(), "secret-key")
					if got := shown(b.doc(), "client-id"); got != token.ID {
						t.Errorf("client id %q", got)
					}
				}
				if !strings.HasPrefix(secret, token.Prefix) || !strings.HasSuffix(secret, token.LastFour) || len(secret) < 50 {
					t.Errorf("secret of %d characters", len(secret))
				}
				b.tryOut(kind, secret, token.ID, http.StatusOK)

				b.open(p.path)
				b.says(http.StatusOK, p.title, "CI pipeline", token.ID, token.Prefix+"_…"+token.LastFour, "in 3 months", "21 Feb 2027, 20:00 UTC", "Never used")
				if strings.Contains(b.page.body, secret) {
					t.Error("the list shows the secret")
				}
				b.open(p.path + "/" + token.ID + "/delete")
				b.says(http.StatusOK, "Delete “CI pipeline”?", token.ID)
				if a := b.submit(""); a.status != http.StatusSeeOther || a.header.Get("Location") != p.path {
					t.Errorf("%d %v", a.status, a.header)
				}
				b.says(http.StatusOK, "CI pipeline was deleted. Calls with it are refused.")
				b.tryOut(kind, secret, token.ID, http.StatusUnauthorized)
				if b.open(p.path); strings.Contains(b.page.body, "was deleted") {
					t.Error("the message is there twice")
				}
				if b.open(p.path + "/" + token.ID + "/delete"); b.page.status != http.StatusNotFound {
					t.Errorf("a deleted token is asked about: %d", b.page.status)
				}
			}
		}
		if strings.Contains(w.log.String(), "lk_") {
			t.Error("a secret is in the log")
		}
	})
}

// tryOut calls whoami with the secret as a program would.
func (b *browser) tryOut(kind models.Kind, secret, id string, want int) {
	b.t.Helper()
	if kind == models.AccessToken {
		if a := b.send(http.MethodGet, "/v1/whoami", "", "X-API-KEY", secret); a.status != want {
			b.t.Errorf("whoami: %d %s", a.status, a.body)
		}
		return
	}
	if a := b.send(http.MethodPost, exchangePath, credentials(id, secret)); a.status != want {
		b.t.Errorf("exchange: %d %s", a.status, a.body)
	}
}

// The commands on the secret page are run as they stand, with a curl of our own that
// asks this server; those on the token's page with the secret in the variable that they
// name.
func TestPortal_CommandsWorkAsPasted(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	w := newWorld(t, storetest.New(t))
	b := w.as(w.dana)
	for _, kind := range []models.Kind{models.AccessToken, models.ClientCredentials} {
		m, page := b.minted(places()[0], kind)
		secret := m.Secret.Reveal()
		for _, code := range []string{
			b.doc().Find("#code").Text(),
			"TOKEN='" + secret + "' SECRET='" + secret + "'\n" + func() string { b.open(page); return b.doc().Find("#code").Text() }(),
		} {
			// The stub answers what the server answers to the two requests, and tells what it was asked.
			jwt := "header.payload.signature"
			stub := `curl() { echo "curl $*" >&2; case "$*" in */oauth/token*) printf '{"access_token":"` + jwt + `","token_type":"Bearer","expires_in":3600,"scope":"x"}\n';; *) echo asked;; esac; }` + "\n"
			var out, asked strings.Builder
			cmd := exec.CommandContext(t.Context(), shell)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stub+code), &out, &asked
			if err := cmd.Run(); err != nil {
				t.Fatalf("%s: %v %s", kind, err, asked.String())
			}
			want := "X-API-KEY: " + secret
			if kind == models.ClientCredentials {
				want = "Authorization: Bearer " + jwt
				if !strings.Contains(asked.String(), publicURL+"/oauth/token -u "+m.Token.ID+":"+secret+" -d grant_type=client_credentials\n") {
					t.Errorf("asked %s", asked.String())
				}
			}
			if out.String() != "asked\n" || !strings.Contains(asked.String(), publicURL+"/v1/whoami -H "+want+"\n") {
				t.Errorf("%s: %q, asked %s", kind, out.String(), asked.String())
			}
		}
	}
}

func TestPortal_SameFormTwiceMakesOneToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.as(w.dana)
		for _, p := range places() {
			b.open(p.path + "/new")
			action, fields := b.form("")
			fields.Set("description", "Twice")
			fields.Set("roles", w.roles["Editor"])
			first := b.request(http.MethodPost, action, fields.Encode())
			second := b.request(http.MethodPost, action, fields.Encode())
			b.page = second
			b.says(http.StatusConflict, "This token was already generated", "Delete", "Generate another")
			if first.status != http.StatusCreated || len(w.listed(p.context)) != 1 {
				t.Errorf("%d, %d tokens", first.status, len(w.listed(p.context)))
			}
			if regexp.MustCompile(`lk_[a-z]{2}_[0-9A-Za-z]{40,}`).MatchString(second.body) {
				t.Error("the secret is shown again")
			}
			b.open(p.path + "/" + w.listed(p.context)[0].ID + "/delete")
			b.submit("")
			b.page = b.request(http.MethodPost, action, fields.Encode())
			b.says(http.StatusConflict, "has been deleted since")
			if b.doc().Find(`main a[href$="/delete"]`).Length() != 0 {
				t.Error("a deleted token is offered to be deleted")
			}
		}
	})
}

func TestPortal_FormErrorsKeepWhatWasTypedAndWriteNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		eve := w.join1("eve@acme.example", w.acme.ID, "Admin")
		b := w.as(eve) // an admin without Editor's rights
		before := w.done()
		long := strings.Repeat("é", 201)
		for name, row := range map[string]struct {
			values []string
			says   []string
		}{
			"no description":      {[]string{"description", " ", "roles", w.roles["Viewer"]}, []string{"One thing needs your attention", "Description is required"}},
			"long description":    {[]string{"description", long, "roles", w.roles["Viewer"]}, []string{"Use at most 200 characters"}},
			"control characters":  {[]string{"description", "a\x07b", "roles", w.roles["Viewer"]}, []string{"Use plain text without control characters"}},
			"no role":             {[]string{"description", "CI"}, []string{"At least one role is required"}},
			"unknown role":        {[]string{"description", "CI", "roles", "00000000-0000-7000-8000-000000000000"}, []string{"One of the roles doesn’t exist any more"}},
			"role in upper case":  {[]string{"description", "CI", "roles", strings.ToUpper(w.roles["Viewer"])}, []string{"One of the roles doesn’t exist any more"}},
			"rights above one's":  {[]string{"description", "CI", "roles", w.roles["Viewer"], "roles", w.roles["Editor"]}, []string{"One of the roles gives more than you may do yourself"}},
			"an end of its own":   {[]string{"description", "CI", "roles", w.roles["Viewer"], "expires", "5256001"}, []string{"Choose when this token will expire"}},
			"everything at once":  {[]string{"description", "", "expires", "x", "form", ""}, []string{"4 things need your attention"}},
			"no form id":          {[]string{"description", "CI", "roles", w.roles["Viewer"], "form", ""}, []string{"This form is incomplete"}},
			"an endless form id":  {[]string{"description", "CI", "roles", w.roles["Viewer"], "form", strings.Repeat("f", 5000)}, []string{"This form is incomplete"}},
			"a role that is text": {[]string{"description", "CI", "roles", "' OR 1=1 --"}, []string{"One of the roles doesn’t exist any more"}},
		} {
			b.open("/workspace/tokens/new")
			_, fields := b.form("")
			b.submit("", row.values...)
			b.says(http.StatusUnprocessableEntity, row.says...)
			_, kept := b.form("")
			for i := 0; i < len(row.values); i += 2 {
				if row.values[i] == "description" && strings.TrimSpace(row.values[i+1]) != "" && !strings.Contains(row.values[i+1], "\x07") && kept.Get("description") != row.values[i+1] {
					t.Errorf("%s: description is %q", name, kept.Get("description"))
				}
			}
			if name != "no form id" && name != "an endless form id" && name != "everything at once" && kept.Get("form") != fields.Get("form") {
				t.Errorf("%s: the form's id changed", name)
			}
			b.doc().Find("[data-errors] a").Each(func(_ int, a *goquery.Selection) {
				if target := b.doc().Find(a.AttrOr("href", "")); target.Length() != 1 {
					t.Errorf("%s: %s leads nowhere", name, a.AttrOr("href", ""))
				}
			})
		}
		if len(w.listed(models.API)) != 0 || w.done() != before {
			t.Errorf("something was written: %d tokens", len(w.listed(models.API)))
		}
	})
}

func TestPortal_SmuggledFieldsHaveNoEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	hank := w.join1("hank@globex.example", w.globex.ID, "Admin")
	b := w.as(w.dana)
	for _, p := range places() {
		b.open(p.path + "/new")
		values := append(w.filled(p, "Smuggled"), "tenant_id", w.globex.ID, "user_id", hank.UserID, "is_operator", "true", "kind", string(models.AccessToken),
			"context", "api", "created_by", hank.UserID, "expires_at", "9999-12-31", "id", hank.UserID, "secret", "lk_at_mine")
		if a := b.submit("", values...); a.status != http.StatusCreated {
			t.Fatalf("%s: %d", p.path, a.status)
		}
		rows := w.listed(p.context)
		if len(rows) != 1 || rows[0].CreatedBy != w.dana.UserID || rows[0].Kind != models.ClientCredentials || rows[0].Context != p.context || rows[0].Never() {
			t.Errorf("%+v", rows)
		}
	}
	user, err := w.store.User(t.Context(), w.dana.UserID)
	w.must(err)
	if user.Operator {
		t.Error("dana became an operator")
	}
}

func TestPortal_OffMeansOffOnEveryTokenPage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.mint(combination{models.API, models.AccessToken}, 0)
		w.mint(combination{models.Personal, models.AccessToken}, 0)
		b := w.as(w.dana)
		forms := map[string]url.Values{}
		for _, p := range places() {
			b.open(p.path + "/new")
			_, forms[p.path] = b.form("")
		}
		w.must(w.accounts.SetTenantM2M(t.Context(), system(), w.acme.ID, models.Off, ""))
		for _, p := range places() {
			b.open(p.path)
			b.says(http.StatusOK, "Refused: M2M authentication is off. Ask your vendor to switch it on.")
			if row := b.doc().Find("tbody tr").First(); !strings.Contains(row.Text(), "Refused: M2M authentication is off") || !row.HasClass("off") {
				t.Errorf("%s: the row says %q", p.path, row.Text())
			}
			button := b.doc().Find("main button:contains('Generate Token')")
			if _, disabled := button.Attr("disabled"); !disabled || b.doc().Find("main #"+button.AttrOr("aria-describedby", "x")).Text() != "M2M authentication is off" {
				t.Errorf("%s: Generate Token is not disabled for a reason", p.path)
			}
			if b.doc().Find("main a:contains('Generate Token')").Length() != 0 {
				t.Errorf("%s leads to the form", p.path)
			}
			b.open(p.path + "/new")
			b.says(http.StatusOK, "M2M authentication is off for Acme")
			if b.doc().Find("main form").Length() != 0 {
				t.Errorf("%s/new has a form", p.path)
			}
			fields := forms[p.path]
			fields.Set("description", "While it is off")
			fields.Set("roles", w.roles["Editor"])
			b.page = b.request(http.MethodPost, p.path, fields.Encode())
			b.says(http.StatusUnprocessableEntity, "M2M authentication is off for Acme")
			if n := len(w.listed(p.context)); n != 1 {
				t.Errorf("%s: %d tokens", p.path, n)
			}
		}
	})
}

func TestPortal_RightsDecideWhatAPageOffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.mint(combination{models.API, models.AccessToken}, 0)
	vic := w.as(w.join1("vic@acme.example", w.acme.ID, "Viewer"))
	vic.open("/")
	vic.says(http.StatusOK, "API Tokens", "test")
	if n := vic.doc().Find(`main a[href*="delete"], main a[href*="new"], main button:contains('Generate')`).Length(); n != 0 {
		t.Errorf("%d ways to do what a viewer may not", n)
	}
	vic.open("/account/tokens")
	vic.says(http.StatusOK, "You don’t have any personal tokens yet", "but not make them")

	rae := w.as(w.join1("rae@acme.example", w.acme.ID))
	rae.open("/")
	rae.says(http.StatusOK, "Privacy & Security")
	rae.open("/workspace/tokens")
	rae.says(http.StatusForbidden, "You may not do this")

	w.must(w.accounts.UpdateModules(t.Context(), system(), new(models.Hidden), new(models.ByPermissions)))
	vic.open("/")
	if vic.title() != "Personal Access Tokens" || vic.doc().Find(`aside a[href="/workspace/tokens"]`).Length() != 0 {
		t.Errorf("with API tokens hidden the first page is %q", vic.title())
	}
	rae.open("/account/security")
	if n := rae.doc().Find(`aside a[href$="/tokens"]`).Length(); n != 0 {
		t.Errorf("%d tabs that open nothing", n)
	}
}

func TestPortal_SearchIsOnTheServerAndKeepsNoSecret(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.as(w.dana)
		for _, description := range []string{"Ärger mit Öl", "100% of _all_ exports", "Warehouse"} {
			b.open("/workspace/tokens/new")
			b.submit("", w.filled(places()[0], description)...)
		}
		id := w.listed(models.API)[0].ID
		for q, want := range map[string]int{
			"ärger MIT": 1, "WAREHOUSE": 1, "00%": 1, "0%": 0, "_all_": 1, "%": 0, "10": 1, "W": 1, "nothing": 0, id: 1, strings.ToUpper(id[:13]): 3, "' OR 1=1 --": 0, "  warehouse ": 1,
		} {
			b.open("/workspace/tokens?q=" + url.QueryEscape(q))
			if n := b.doc().Find("tbody tr").Length(); b.page.status != http.StatusOK || want == 0 != (n == 0) || q != strings.ToUpper(id[:13]) && n != want {
				t.Errorf("%q: %d, %d rows", q, b.page.status, n)
			}
			if want == 0 {
				b.says(http.StatusOK, "No token matches “"+q+"”", "Clear")
			}
		}
		key := w.mint(combination{models.API, models.AccessToken}, 0).Secret.Reveal()
		for _, q := range []string{key, " " + key + " "} {
			b.open("/workspace/tokens?q=" + url.QueryEscape(q))
			b.says(http.StatusBadRequest, "Don’t put a secret in the address")
			if strings.Contains(b.page.body, key) {
				t.Error("the page repeats the key")
			}
		}
		b.open("/workspace/tokens?q=" + strings.Repeat("a", 201))
		b.says(http.StatusBadRequest, "This can’t be searched for")
		for _, cursor := range []string{"after=x", "before=AAAAAAAAAAAA", "after=" + strings.Repeat("A", 500), "after=AAAAAAAAAAB4", "before=%C3%A9"} {
			b.open("/workspace/tokens?" + cursor)
			b.says(http.StatusBadRequest, "This page of the list can’t be found", "Newest tokens")
		}
		if strings.Contains(w.log.String(), key) {
			t.Error("the key is in the log")
		}
	})
}

// noList is a store whose lists can't be read.
type noList struct{ *store.Store }

func (noList) Tokens(context.Context, models.TokenQuery) (models.TokenPage, error) {
	return models.TokenPage{}, errors.New("the disk is on fire")
}

func TestPortal_FailedListHasAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	b := w.as(w.dana)
	broken, err := tokens.New(tokens.Config{Store: noList{w.store}, Keys: w.keys, Proofs: w.proofs, Pepper: make([]byte, 32), Issuer: publicURL})
	w.must(err)
	public, err := url.Parse(publicURL)
	w.must(err)
	w.server, err = handlers.New(handlers.Config{
		Store: w.store, Tokens: broken, Accounts: w.accounts, SignIn: w.signin, Vendors: w.vendors, Browsers: w.browsers, Keys: w.keys,
		PublicURL: public, CookieKey: make([]byte, 32), Log: slog.New(slog.NewJSONHandler(w.log, nil)), Now: w.clock.Now,
	})
	w.must(err)
	b.open("/workspace/tokens?q=CI")
	b.says(http.StatusServiceUnavailable, "The tokens could not be loaded", "Request ID")
	if again := b.doc().Find("main a").AttrOr("href", ""); again != "/workspace/tokens?q=CI" {
		t.Errorf("try again leads to %q", again)
	}
	if strings.Contains(b.page.body, "on fire") || !strings.Contains(w.log.String(), "on fire") {
		t.Error("the fault belongs into the log, not on the page")
	}
}
