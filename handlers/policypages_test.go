package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

var rehearsedField = regexp.MustCompile(`name="rehearsed" value="([0-9a-f]+)"`)

// The rehearsal is shown once before anything is saved, and again when what was
// sent is something else.
func TestPolicyPages_ARuleThatTouchesTokensIsRehearsedFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		key := d.mint(combination{models.API, models.AccessToken}, 0)
		for _, who := range []struct {
			path    string
			headers []string
			token   string
		}{{path: "/console/authentication/policy"}, {path: "/workspace/security"}} {
			if who.path == "/workspace/security" {
				d.headers, d.token = d.visit(walker{userID: d.dana.UserID, tenantID: d.acme.ID})
			}
			rule := []string{"life", "7", "permission", "", "lives", "1", "lives", "7"}
			with := func(more ...string) []string { return append(append([]string{}, rule...), more...) }
			asked := d.post(who.path, rule...)
			d.says(asked, http.StatusOK, "This policy touches 1 live token", "Nothing is saved yet", `name="life" value="7"`)
			digest := rehearsedField.FindStringSubmatch(asked.body)[1]
			d.says(d.post(who.path, with("start", "now", "rehearsed", "0"+digest)...), http.StatusOK, "This policy touches")
			d.says(d.post(who.path, with("start", "date", "date", "2020-01-01", "rehearsed", digest)...), http.StatusUnprocessableEntity, "Choose a date in the future")
			d.says(d.post(who.path, with("start", "soon", "rehearsed", digest)...), http.StatusUnprocessableEntity, "This policy touches")
			if a := d.whoami(key); a.status != http.StatusOK {
				t.Fatalf("%s: the token is refused before anything is saved: %d", who.path, a.status)
			}
			d.goes(d.post(who.path, with("start", "new", "rehearsed", digest)...), who.path, "The policy was saved.")
			if a := d.whoami(key); a.status != http.StatusOK {
				t.Errorf("%s: an older token is refused: %d", who.path, a.status)
			}
			d.says(d.get(who.path), http.StatusOK, "are not bound", "Bind older tokens too")
			d.goes(d.post(who.path, "life", "0", "permission", "", "lives", "0", "lives", "1", "lives", "7", "lives", "30", "lives", "90", "lives", "365"), who.path, "The policy was saved.")
		}
	})
}

func TestPolicyPages_TheFormSaysTheRuleBeforehand(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	d.goes(d.post("/console/authentication/policy", "life", "30", "permission", "", "lives", "7", "lives", "30", "lives", "90"),
		"/console/authentication/policy", "The policy was saved.")
	d.headers, d.token = d.visit(walker{userID: d.dana.UserID, tenantID: d.acme.ID})
	form := d.get("/workspace/tokens/new")
	d.says(form, http.StatusOK, "Your vendor allows at most 30 days", "After 90 days")
	if strings.Contains(form.body, "After 365 days") || !regexp.MustCompile(`value="30" checked`).MatchString(form.body) ||
		!regexp.MustCompile(`value="90" disabled`).MatchString(form.body) {
		t.Errorf("the form: %s", form.body)
	}
	d.says(d.get("/workspace/security"), http.StatusOK, "Your vendor allows at most 30 days", "Your vendor doesn’t offer it.")
	d.says(d.post("/workspace/security", "life", "90", "permission", "", "lives", "7"), http.StatusUnprocessableEntity, "Your vendor allows less than this")
}

func TestPolicyPages_WhoeverLacksThePermissionIsToldBeforehand(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	d.goes(d.post("/console/authentication/policy", "life", "0", "permission", "reports.write", "lives", "7"),
		"/console/authentication/policy", "The policy was saved.")
	clerk := d.join1("clerk@acme.example", d.acme.ID, "Admin")
	d.headers, d.token = d.visit(walker{userID: clerk.UserID, tenantID: d.acme.ID})
	d.says(d.get("/workspace/tokens/new"), http.StatusOK, "You can’t generate tokens here", "reports.write")
}
