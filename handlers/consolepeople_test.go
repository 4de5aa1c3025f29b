package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestConsole_EveryEndIsAskedAboutByNameAndThenHappens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		key := d.mint(combination{models.Personal, models.AccessToken}, 0)
		account := "/console/accounts/" + d.acme.ID
		page := account + "/users/" + d.dana.UserID
		refused := func(want bool) {
			t.Helper()
			if a := d.whoami(key); (a.status != http.StatusOK) != want {
				t.Errorf("the personal token is answered %d", a.status)
			}
		}
		d.says(d.get(page), http.StatusOK, "dana@acme.example", "1 live here", "Remove from Acme")

		d.says(d.get(page+"/disable"), http.StatusOK, "Disable “Dana” in Acme?", "their <b>1</b> personal token here is refused")
		d.goes(d.post(page+"/disable"), page, "Dana was disabled in Acme.")
		refused(true)
		d.goes(d.post(page+"/enable"), page, "Dana was enabled in Acme.")
		refused(false)

		d.says(d.get(page+"/disable-everywhere"), http.StatusOK, "Disable “Dana” everywhere?")
		d.goes(d.post(page+"/disable-everywhere"), page, "Dana was disabled everywhere.")
		refused(true)
		d.goes(d.post(page+"/enable-everywhere"), page, "Dana was enabled everywhere.")
		refused(false)

		d.goes(d.post(page, "roles", d.roles["Viewer"]), page, "The roles of Dana were saved and are in force.")
		if m, err := d.store.Member(t.Context(), d.acme.ID, d.dana.UserID, d.clock.Now()); err != nil || len(m.RoleIDs) != 1 || m.RoleIDs[0] != d.roles["Viewer"] {
			t.Errorf("%+v %v", m, err)
		}

		d.says(d.get(page+"/remove"), http.StatusOK, "Remove “Dana” from Acme?", "their <b>1</b> personal token here ends for good")
		d.goes(d.post(page+"/remove"), account, "Dana was removed from Acme.")
		refused(true)
		d.says(d.get(page), http.StatusNotFound)

		vic := d.join1("vic@acme.example", d.acme.ID)
		page = account + "/users/" + vic.UserID
		d.says(d.get(page+"/delete"), http.StatusOK, "Delete “Vic@” everywhere?", "This can’t be undone")
		d.goes(d.post(page+"/delete"), account, "Vic@ was deleted.")
		if _, err := d.store.UserByEmail(t.Context(), "vic@acme.example"); err == nil {
			t.Error("the person is still there")
		}
	})
}

func TestConsole_NobodyEndsThemselves(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	d.join1("noa@vendor.example", d.acme.ID, "Admin")
	page := "/console/accounts/" + d.acme.ID + "/users/" + d.operator.ID
	for _, act := range []string{"/disable-everywhere", "/delete"} {
		d.says(d.post(page+act), http.StatusUnprocessableEntity, "This is you. Another operator can do it.", "Noa Brandt")
	}
	if u, err := d.store.User(t.Context(), d.operator.ID); err != nil || u.Disabled() {
		t.Errorf("%+v %v", u, err)
	}
}

func TestConsole_UnknownIdsAreNotFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	hank := d.join1("hank@globex.example", d.globex.ID)
	globex := "/console/accounts/" + d.globex.ID + "/users/" + d.dana.UserID
	acme := "/console/accounts/" + d.acme.ID + "/users/" + hank.UserID
	before := d.done()
	for _, id := range []string{uuid.NewString(), "no-such-id", "%20", strings.ToUpper(d.acme.ID)} {
		for _, page := range []string{"/console/accounts/" + id, "/console/roles/" + id, "/console/permissions/" + id, "/console/accounts/" + d.acme.ID + "/users/" + id, globex, acme} {
			for _, act := range []string{"", "/disable", "/remove", "/delete", "/disable-everywhere", "/m2m", "/enable", "/link", "/enable-everywhere", "/users"} {
				if a := d.post(page+act, "m2m", "on", "kind", "inherit", "key", "k", "name", "n", "email", "a@b"); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
					t.Errorf("POST %s: %d", page+act, a.status)
				}
				if a := d.get(page + act); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
					t.Errorf("GET %s: %d", page+act, a.status)
				}
			}
		}
	}
	if d.done() != before {
		t.Error("something changed")
	}
}

func TestConsole_ErrorsStandInItsFrame(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	framed := func(a answer) bool { return strings.Contains(a.body, `href="/console/accounts"`) }
	for _, path := range []string{"/console/nowhere", "/console/accounts/" + uuid.NewString(), "/console/accounts?q=%ff"} {
		if a := d.get(path); a.status < http.StatusBadRequest || !framed(a) {
			t.Errorf("GET %s: %d without the Console's sections", path, a.status)
		}
	}
	if a := d.send("POST", m2mPath, "csrf=stale", d.headers...); a.status != http.StatusForbidden || !framed(a) {
		t.Errorf("POST with a stale form: %d without the Console's sections", a.status)
	}
	for _, path := range []string{"/nowhere", "/consoles"} {
		if a := d.get(path); a.status != http.StatusNotFound || framed(a) {
			t.Errorf("GET %s: %d in the Console's frame", path, a.status)
		}
	}
	headers, _ := d.visit(walker{userID: d.dana.UserID, tenantID: d.acme.ID})
	if a := d.send("GET", "/console/nowhere", "", headers...); a.status != http.StatusNotFound || framed(a) {
		t.Errorf("somebody else's /console: %d, framed %v", a.status, framed(a))
	}
}

func TestConsole_LeadsOperatorsOfAnAccountToThePortal(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	if a := d.get("/console"); a.status != http.StatusSeeOther || a.header.Get("Location") != m2mPath {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a := d.get(m2mPath); strings.Contains(a.body, `href="/workspace/tokens"`) {
		t.Error("a way to the portal for somebody without an account")
	}
	d.join1("noa@vendor.example", d.acme.ID, "Admin")
	d.headers, d.token = d.visit(walker{userID: d.operator.ID, tenantID: d.acme.ID, operator: true})
	d.says(d.get(m2mPath), http.StatusOK, `href="/workspace/tokens"`)
}
