package handlers_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/models"
)

// P9: who leaves an account, is disabled in it or everywhere, or is deleted, and what
// then becomes of their tokens and sessions; API tokens stay.
func TestP9_WhoLeavesLeavesNothingThatWorks(t *testing.T) {
	const nowhere = "nowhere"
	for name, leaver := range map[string]struct {
		act, undo []string
		// api tells whether API tokens go on, in which the accounts where the
		// person's sessions do, and rejoin whether their tokens come back.
		api      bool
		sessions string
	}{
		"removed":             {act: []string{"/users/", "/remove"}, api: true, sessions: "Globex"},
		"deleted":             {act: []string{"/users/", "/delete"}, api: true, sessions: nowhere},
		"disabled here":       {act: []string{"/users/", "/disable"}, undo: []string{"/users/", "/enable"}, api: true, sessions: "Globex"},
		"disabled everywhere": {act: []string{"/users/", "/disable-everywhere"}, undo: []string{"/users/", "/enable-everywhere"}, api: true, sessions: nowhere},
		"account disabled":    {act: []string{"/disable"}, undo: []string{"/enable"}, api: false, sessions: "Globex"},
	} {
		t.Run(name, func(t *testing.T) {
			promised(t, func(t *testing.T, d *desk) {
				d.join1("dana@acme.example", d.globex.ID, "Admin")
				vic := d.seatOf(d.join1("vic@acme.example", d.acme.ID, "Viewer"))
				f, acme := d.four(), d.dan()
				globex := d.sit(walker{userID: d.dana.UserID, tenantID: d.globex.ID})
				send := func(act []string) {
					t.Helper()
					path := "/console/accounts/" + d.acme.ID + act[0]
					if len(act) > 1 {
						path += d.dana.UserID + act[1]
					}
					if a := d.post(path); a.status != http.StatusSeeOther {
						t.Fatalf("%s: %d %s", path, a.status, a.body)
					}
				}
				check := func(when string, personal, api bool) {
					t.Helper()
					f.work(when, models.Personal, personal)
					f.work(when, models.API, api)
				}
				check("before", true, true)
				send(leaver.act)
				check("after", false, leaver.api)
				if acme.in() {
					t.Error("their session in Acme goes on")
				}
				if globex.in() != (leaver.sessions != nowhere) {
					t.Errorf("their session in Globex goes on: %v", globex.in())
				}
				if vic.in() != leaver.api {
					t.Errorf("somebody else's session goes on: %v", vic.in())
				}
				if leaver.api {
					page := vic.get("/workspace/tokens").body
					for _, c := range combinations()[:2] {
						if !strings.Contains(page, f.minted[c].Token.ID) || !strings.Contains(page, "Dana") {
							t.Error("an API token is no longer listed, or nobody's")
						}
					}
				}
				if leaver.undo == nil {
					if name == "removed" {
						d.join1("dana@acme.example", d.acme.ID, "Admin", "Editor")
						check("back again", false, true)
					}
					return
				}
				send(leaver.undo)
				check("let in again", true, true)
				if acme.in() {
					t.Error("an ended session is back")
				}
			})
		})
	}
}

// P9: roles and permissions are in force at the next call; a JWT permits its claims ∩
// the rights now.
func TestP9_RightsAreThoseOfNow(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		f := d.four()
		rights := func(a answer) (roles, permissions []string) {
			t.Helper()
			if a.status != http.StatusOK {
				t.Fatalf("%d %s", a.status, a.body)
			}
			var said struct{ Roles, Permissions []string }
			d.must(json.Unmarshal([]byte(a.body), &said))
			return said.Roles, said.Permissions
		}
		check := func(when string, in models.Context, wantRoles, want []string) {
			t.Helper()
			for _, kind := range []models.Kind{models.AccessToken, models.ClientCredentials} {
				m := f.minted[combination{in, kind}]
				if roles, permissions := rights(d.whoami(m)); !slices.Equal(roles, wantRoles) || !slices.Equal(permissions, want) {
					t.Errorf("%s: the %s has %v and %v", when, kind, roles, permissions)
				}
			}
		}
		jwt := func(in models.Context) answer {
			return d.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+f.issued[combination{in, models.ClientCredentials}])
		}
		check("before", models.API, []string{"Editor"}, []string{"reports.read", "reports.write"})
		editor := "/console/roles/" + d.roles["Editor"]
		d.goes(d.post(editor, "key", "Writer", "name", "Editor", "permissions", "reports.write"), "/console/roles", "Editor was saved and is in force.")
		check("a role changed", models.API, []string{"Writer"}, []string{"reports.write"})
		check("a role changed", models.Personal, []string{"Admin", "Writer"}, []string{"fe.secure.*", "reports.write"})
		if roles, permissions := rights(jwt(models.API)); len(roles) != 0 || !slices.Equal(permissions, []string{"reports.write"}) {
			t.Errorf("the JWT of before has %v and %v", roles, permissions)
		}
		user := "/console/accounts/" + d.acme.ID + "/users/" + d.dana.UserID
		d.goes(d.post(user, "roles", d.roles["Viewer"]), user, "The roles of Dana were saved and are in force.")
		check("a person's roles changed", models.Personal, []string{"Viewer"}, []string{"fe.secure.read.*"})
		check("a person's roles changed", models.API, []string{"Writer"}, []string{"reports.write"})
		// fe.secure.* is claimed and fe.secure.read.* is held: no more is left.
		if roles, permissions := rights(jwt(models.Personal)); len(roles) != 0 || !slices.Equal(permissions, []string{"fe.secure.read.*"}) {
			t.Errorf("the personal JWT of before has %v and %v", roles, permissions)
		}
		d.goes(d.post(editor+"/delete"), "/console/roles", "Editor was deleted.")
		check("a role deleted", models.API, []string{}, []string{})
		if a := d.dan().get("/workspace/tokens/new"); a.status != http.StatusForbidden {
			t.Errorf("dana, a viewer now, may generate: %d", a.status)
		}
	})
}

// P10: an id of another account, of a colleague's personal token, of the other list,
// or in another spelling answers as one that does not exist.
func TestP10_WhatIsNotOnesOwnDoesNotExist(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		f := d.four()
		eve := d.seatOf(d.join1("eve@acme.example", d.acme.ID, "Admin"))
		hank := d.sit(walker{userID: d.join1("hank@globex.example", d.globex.ID, "Admin").UserID, tenantID: d.globex.ID})
		api, personal := f.minted[combinations()[0]].Token.ID, f.minted[combinations()[2]].Token.ID
		unknown := uuid.NewString()
		for _, s := range []*seat{eve, hank} {
			foreign := map[string][]string{"/account/tokens/": {personal, api}, "/workspace/tokens/": {personal}}
			if s == hank {
				foreign["/workspace/tokens/"] = []string{personal, api}
			}
			for at, ids := range foreign {
				for _, own := range ids {
					for _, id := range []string{own, strings.ToUpper(own), "{" + own + "}", strings.ReplaceAll(own, "-", ""), "urn:uuid:" + own, own + "%20", "%00"} {
						for _, a := range [][2]answer{
							{s.get(at + id + "/delete"), s.get(at + unknown + "/delete")},
							{s.post(at + id + "/delete"), s.post(at + unknown + "/delete")},
						} {
							if a[0].status != http.StatusNotFound || alike(a[0].body, id) != alike(a[1].body, unknown) {
								t.Errorf("%s%s: %d, unknown %d", at, id, a[0].status, a[1].status)
							}
						}
					}
				}
				for _, page := range []string{s.get(strings.TrimSuffix(at, "/")).body, s.get(strings.TrimSuffix(at, "/") + "?q=" + personal).body} {
					if strings.Contains(strings.ReplaceAll(page, `value="`+personal+`"`, ""), personal+"<") {
						t.Errorf("%s lists a token that is not theirs", at)
					}
				}
			}
		}
		// One's own, in another spelling, is no other.
		if a := d.dan().get("/workspace/tokens/" + strings.ToUpper(api) + "/delete"); a.status != http.StatusNotFound {
			t.Errorf("upper case: %d", a.status)
		}
		f.work("afterwards", models.API, true)
		f.work("afterwards", models.Personal, true)
		for _, page := range []string{"/workspace/tokens", "/account/tokens"} {
			acmes, globexs := eve.get(page), hank.get(page)
			if acmes.status != http.StatusOK || globexs.status != http.StatusOK || strings.Contains(acmes.text(), d.globex.Name) || strings.Contains(globexs.text(), d.acme.Name) {
				t.Errorf("%s names another account: %d, %d", page, acmes.status, globexs.status)
			}
		}
	})
}

// P13: a deleted token is gone from every list and answer, refused as revoked, purged
// after 90 days; its events stay.
func TestP13_DeleteIsRevoke(t *testing.T) {
	eachRaw(t, func(t *testing.T, w *world, db *raw) {
		f, dana := w.four(), w.dan()
		for c, m := range f.minted {
			at := "/workspace/tokens"
			if c.context == models.Personal {
				at = "/account/tokens"
			}
			if a := dana.post(at + "/" + m.Token.ID + "/delete"); a.status != http.StatusSeeOther {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if a := dana.get(at + "/" + m.Token.ID + "/delete"); a.status != http.StatusNotFound {
				t.Errorf("asked about again: %d", a.status)
			}
			if a := dana.post(at + "/" + m.Token.ID + "/delete"); a.status != http.StatusNotFound {
				t.Errorf("deleted again: %d", a.status)
			}
			for _, page := range []string{at, at + "?q=" + m.Token.ID} {
				if a := dana.get(page); a.status != http.StatusOK || strings.Contains(a.body, `"`+at+"/"+m.Token.ID) {
					t.Errorf("%s lists it: %d", page, a.status)
				}
			}
		}
		f.work("deleted", models.API, false)
		f.work("deleted", models.Personal, false)
		w.must(w.tokens.Flush(t.Context()))
		revoked := 0
		for _, line := range db.table("token_refusals") {
			if strings.Contains(line, "reason=revoked ") {
				revoked++
			}
		}
		if revoked != 4 || len(db.table("tokens")) != 4 {
			t.Errorf("%d tokens are counted as revoked, %d rows kept", revoked, len(db.table("tokens")))
		}
		events := len(db.table("events"))
		purge := func(after time.Duration, want int) {
			t.Helper()
			w.clock.pass(after)
			_, err := w.store.PurgeTokens(t.Context(), w.clock.Now().UTC().Add(-90*24*time.Hour))
			w.must(err)
			if n := len(db.table("tokens")); n != want {
				t.Errorf("%d rows are kept, want %d", n, want)
			}
		}
		purge(90*24*time.Hour-time.Second, 4)
		purge(2*time.Second, 0)
		if len(db.table("token_refusals")) != 0 || len(db.table("events")) != events {
			t.Errorf("after the purge: %v", db.counts())
		}
		f.work("purged", models.API, false)
	})
}
