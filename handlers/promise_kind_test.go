package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// P1: the environment's kind, or the account's own, is what people make, whatever
// they send; tokens of the other kind stay listed and go on working.
func TestP1_TheKindInForceBindsPeopleAndOlderTokensGoOn(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		old, dana := d.four(), d.dan()
		kinds := []models.Kind{models.AccessToken, models.ClientCredentials}
		account := "/console/accounts/" + d.acme.ID + "/m2m"
		for _, environment := range kinds {
			d.goes(d.post(m2mPath, "format", "opaque", "enabled", "on", "kind", string(environment)), m2mPath, "M2M authentication was saved.")
			for _, own := range []string{"inherit", string(kinds[0]), string(kinds[1])} {
				d.goes(d.post(account, "m2m", "inherit", "kind", own), strings.TrimSuffix(account, "/m2m"), "M2M authentication of Acme was saved.")
				want := environment
				if own != "inherit" {
					want = models.Kind(own)
				}
				for _, p := range places() {
					// Which kind is not the form's to say.
					other := kinds[0]
					if want == other {
						other = kinds[1]
					}
					d.clock.pass(time.Second) // The list begins with the latest.
					if a := dana.generate(p, "kind", string(other), "type", string(other)); a.status != http.StatusCreated {
						t.Fatalf("%s: %d %s", p.path, a.status, a.body)
					}
					if got := d.listed(p.context)[0]; got.Kind != want {
						t.Errorf("%s with %s and %s: made %s", p.path, environment, own, got.Kind)
					}
				}
				for _, in := range []models.Context{models.API, models.Personal} {
					old.work("with another kind in force", in, true)
				}
			}
		}
		for _, p := range places() {
			page := dana.get(p.path).body
			for c, m := range old.minted {
				if c.context == p.context && !strings.Contains(page, m.Token.ID) {
					t.Errorf("%s does not list the %s", p.path, c.kind)
				}
			}
		}
	})
}

// P2: off for the environment or the account, every token is refused in every way,
// exchanges and issued JWTs too; nothing is deleted, and on again they work.
func TestP2_OffMeansOffAndOnAgainTheyWork(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		f, dana := d.four(), d.dan()
		account := "/console/accounts/" + d.acme.ID + "/m2m"
		all := func(when string, want bool) {
			t.Helper()
			f.work(when, models.API, want)
			f.work(when, models.Personal, want)
			for _, p := range places() {
				page := dana.get(p.path)
				marks := strings.Count(page.body, ">Refused: M2M authentication is off<")
				if wanted := map[bool]int{true: 0, false: 2}[want]; page.status != http.StatusOK || marks != wanted || len(d.listed(p.context)) != 2 {
					t.Errorf("%s: %s has %d rows and %d marks, want %d", when, p.path, len(d.listed(p.context)), marks, wanted)
				}
				if a := dana.get(p.path + "/new"); strings.Contains(a.body, `name="description"`) != want {
					t.Errorf("%s: the form is there: %v", when, !want)
				}
			}
		}
		saved := func(a answer) {
			t.Helper()
			if a.status != http.StatusSeeOther {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		all("at first", true)
		saved(d.post(m2mPath, "format", "opaque", "kind", "AccessToken", "confirm", "4"))
		all("environment off", false)
		saved(d.post(account, "m2m", "on", "kind", "inherit"))
		all("environment off, account on", true)
		saved(d.post(m2mPath, "format", "opaque", "enabled", "on", "kind", "AccessToken"))
		saved(d.post(account, "m2m", "off", "kind", "inherit", "confirm", "4"))
		all("account off", false)
		for _, p := range places() {
			if a := dana.generate(p); a.status != http.StatusUnprocessableEntity || len(d.listed(p.context)) != 2 {
				t.Errorf("a token is made while it is off: %d", a.status)
			}
		}
		saved(d.post(account, "m2m", "inherit", "kind", "inherit"))
		all("on again", true)
	})
}

// P2: before a change that refuses live tokens is saved, the page says how many, and
// how many of them were used in the last 24 hours.
func TestP2_CountsAreSaidBeforeAChangeIsSaved(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		f := d.four()
		f.work("at first", models.API, true)
		f.work("at first", models.Personal, true)
		d.must(d.tokens.Flush(t.Context()))
		d.four() // four more, of which two were used: in an exchange
		account := "/console/accounts/" + d.acme.ID
		const all = "<b>8</b> live tokens, <b>6</b> of them used in the last 24 hours"
		d.must(d.tokens.Flush(t.Context()))
		before := d.done()
		d.says(d.post(m2mPath, "format", "opaque", "kind", "AccessToken"), http.StatusOK, all)
		d.says(d.post(account+"/m2m", "m2m", "off", "kind", "inherit"), http.StatusOK, all)
		d.says(d.get(account+"/disable"), http.StatusOK, all)
		if d.done() != before {
			t.Error("something was saved before it was confirmed")
		}
	})
}

// P3: a hidden module has no tab, its addresses answer as any that does not exist, for
// whoever is signed in; its tokens go on working.
func TestP3_HiddenIsNotFoundAndItsTokensGoOnWorking(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		f, dana := d.four(), d.dan()
		rae := d.seatOf(d.join1("rae@acme.example", d.acme.ID))
		nothing := func(s *seat) string { return alike(s.get("/no/such/page").body, "-") }
		for hidden, p := range places() {
			visible := places()[1-hidden]
			set := []string{"api", "hidden", "personal", "always"}
			if p.context == models.Personal {
				set = []string{"api", "always", "personal", "hidden"}
			}
			d.goes(d.post("/console/portal", set...), "/console/portal", "The portal’s modules were saved.")
			id := f.minted[combination{p.context, models.AccessToken}].Token.ID
			for _, path := range []string{p.path, p.path + "?q=x", p.path + "/new", p.path + "/" + id + "/delete", p.path + "/" + uuid.NewString() + "/delete"} {
				for _, s := range []*seat{dana, rae} {
					if a := s.get(path); a.status != http.StatusNotFound || alike(a.body, "-") != nothing(s) {
						t.Errorf("GET %s: %d, or not the ordinary page", path, a.status)
					}
				}
			}
			if a := dana.post(p.path+"/"+id+"/delete", "form", "x"); a.status != http.StatusNotFound {
				t.Errorf("delete: %d", a.status)
			}
			if a := dana.generate(p); a.status != http.StatusNotFound || len(d.listed(p.context)) != 2 {
				t.Errorf("generate: %d", a.status)
			}
			page := dana.get(visible.path)
			if page.status != http.StatusOK || strings.Contains(page.body, `href="`+p.path) || !strings.Contains(page.body, `href="`+visible.path+`"`) {
				t.Errorf("%s: %d, or the wrong tabs", visible.path, page.status)
			}
			f.work("hidden", models.API, true)
			f.work("hidden", models.Personal, true)
		}
		d.goes(d.post("/console/portal", "api", "byPermissions", "personal", "always"), "/console/portal", "The portal’s modules were saved.")
		for s, want := range map[*seat]bool{dana: true, rae: false} {
			page := s.get("/account/security").body
			if strings.Contains(page, `href="/workspace/tokens"`) != want || !strings.Contains(page, `href="/account/tokens"`) {
				t.Errorf("%s sees the wrong tabs", s.who.name)
			}
		}
	})
}

// showsToken tells whether a page that asks before a change, or the answer to a form,
// shows the token too.
func showsToken(r web.Route) bool {
	_, act, of := strings.Cut(r.Path, "/tokens/:id/")
	return of && (r.Method == http.MethodGet || act == "edit" || act == "rotate")
}

// P4: read, write and delete are each checked on the server, one permission by one.
func TestP4_EachPermissionOpensItsOwnDoorsOnly(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		f := d.four()
		holds := []string{
			"fe.secure.*", "fe.secure.read.*", "fe.secure.write.*", "fe.secure.delete.*", "reports.read",
			models.ReadTenantTokens, models.WriteTenantTokens, models.DeleteTenantTokens,
			models.ReadUserTokens, models.WriteUserTokens, models.DeleteUserTokens,
		}
		for i, held := range holds {
			role := "Only" + string(rune('A'+i))
			d.role(role, held)
			who := d.seatOf(d.join1("p"+role+"@acme.example", d.acme.ID, role))
			for _, r := range d.server.Routes() {
				key, ok := r.Access.Permission()
				if !ok {
					continue
				}
				// With everything right but the permission.
				a := who.send(r.Method, address(r, f.minted[combinations()[0]].Token.ID), "csrf="+who.token, who.headers...)
				want := models.PermissionSet{held}.Has(key)
				if want && r.Method == http.MethodPost && strings.Contains(r.Path, "/rotate/") {
					continue // no rotation is under way: the answer shows the token where there is one
				}
				if showsToken(r) {
					read := strings.NewReplacer(".delete.", ".read.", ".write.", ".read.").Replace(key)
					want = want && models.PermissionSet{held}.Has(read)
				}
				if (a.status != http.StatusForbidden) != want {
					t.Errorf("%s %s with %s alone: %d", r.Method, r.Path, held, a.status)
				}
			}
			if strings.HasPrefix(held, "fe.secure.delete") || held == "fe.secure.*" {
				f = d.four() // they have just deleted one
			}
		}
	})
}

// P4: nobody makes a token with rights that they do not hold; wildcards count as what
// they stand for.
func TestP4_NobodyGivesMoreThanTheyHold(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		d.role("Writer", "reports.write")
		d.role("Tokens", models.WriteTenantTokens)
		d.role("EachWrite", models.WriteTenantTokens, models.WriteUserTokens, models.WriteTokenPolicy)
		d.role("AllWrite", "fe.secure.write.*")
		form := func(s *seat, role string) int {
			t.Helper()
			return s.post("/workspace/tokens", "description", "x", "roles", d.roles[role], "expires", "7", "form", models.NewOpaque().Reveal()).status
		}
		for who, may := range map[string]map[string]bool{
			"Admin":     {"Editor": false, "Writer": false, "Tokens": true, "AllWrite": true, "Viewer": true, "Admin": true},
			"Tokens":    {"Tokens": true, "EachWrite": false, "AllWrite": false, "Viewer": false, "Admin": false},
			"EachWrite": {"Tokens": true, "EachWrite": true, "AllWrite": true, "Viewer": false, "Admin": false},
			"AllWrite":  {"Tokens": true, "EachWrite": true, "AllWrite": true, "Writer": false, "Admin": false},
		} {
			s := d.seatOf(d.join1("holds"+strings.ToLower(who)+"@acme.example", d.acme.ID, who))
			for role, want := range may {
				status := map[bool]int{true: http.StatusCreated, false: http.StatusUnprocessableEntity}[want]
				if got := form(s, role); got != status {
					t.Errorf("%s gives %s: %d, want %d", who, role, got, status)
				}
			}
		}
	})
}
