package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
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

// Two people who change a policy at once must not take back each other's rule
// unseen.
func TestPolicyPages_AFormFromBeforeAChangeOverwritesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		seenField := regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`)
		for _, path := range []string{"/console/authentication/policy", "/workspace/security"} {
			if path == "/workspace/security" {
				d.headers, d.token = d.visit(walker{userID: d.dana.UserID, tenantID: d.acme.ID})
			}
			seen := seenField.FindStringSubmatch(d.get(path).body)[1]
			rule := func(days, seen string) []string {
				return []string{"life", days, "permission", "", "lives", "1", "lives", "7", "seen", seen}
			}
			d.goes(d.post(path, rule("7", seen)...), path, "The policy was saved.")
			a := d.post(path, rule("0", seen)...)
			d.says(a, http.StatusConflict, "Somebody changed the policy since you opened this page")
			now := seenField.FindStringSubmatch(a.body)[1]
			if !regexp.MustCompile(`value="7" checked`).MatchString(a.body) || now == seen {
				t.Errorf("%s: the form is not the policy in force: %s", path, a.body)
			}
			d.mint(combination{models.API, models.AccessToken}, 24*time.Hour)
			asked := d.post(path, append(rule("1", now), "addresses", "on")...)
			d.says(asked, http.StatusOK, "This policy touches", `name="seen" value="`+now+`"`)
			d.goes(d.post(path, rule("0", now)...), path, "The policy was saved.")
			digest := rehearsedField.FindStringSubmatch(asked.body)[1]
			d.says(d.post(path, append(rule("1", now), "addresses", "on", "start", "now", "rehearsed", digest)...), http.StatusConflict, "Somebody changed the policy")
		}
	})
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

func TestPolicyPages_ListsAndTokensSayWhatAPolicyDoes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.New(t))
	key := d.mint(combination{models.API, models.AccessToken}, 0)
	row := key.Token
	page, list := views.Token(models.API, row.ID), "/workspace/tokens"
	set := func(p models.Policy) {
		d.must(d.store.ChangePolicy(d.t.Context(), d.acme.ID, func(models.Policy) (models.Policy, error) { return p, nil },
			models.Event{Action: models.TenantUpdated, ActorKind: models.System, At: models.Stamp(d.clock.Now()), Outcome: models.Done}))
	}
	since := models.Stamp(d.clock.Now())
	life := func(days int) models.Policy {
		return models.Policy{MaxLife: models.Rule[time.Duration]{}.Save(models.LifeOf(days), since, since)}
	}
	d.headers, d.token = d.visit(walker{userID: d.dana.UserID, tenantID: d.acme.ID})

	set(life(5))
	d.says(d.get(list), http.StatusOK, ", by policy")
	d.says(d.get(page), http.StatusOK, "Expires in 5 days", "by the policy of Acme")
	d.clock.pass(5 * 24 * time.Hour)
	d.headers, d.token = d.visit(walker{userID: d.dana.UserID, tenantID: d.acme.ID})
	d.says(d.get(list), http.StatusOK, "Refused: policy of Acme")
	d.says(d.get(page), http.StatusOK, "Refused by policy", "lets a token live 5 days at most")

	set(models.Policy{AddressesRequired: models.Rule[bool]{}.Save(true, since, since)})
	d.says(d.get(page+"?check=1"), http.StatusOK, "demands allowed addresses, and this token works from anywhere", `href="`+page+`/edit"`)
	for _, form := range []string{page + "/edit", list + "/new"} {
		d.says(d.get(form), http.StatusOK, "The policy of Acme demands at least one.")
	}
	if open := regexp.MustCompile(`<details class="group [^>]* open>`); !open.MatchString(d.get(list + "/new").body) {
		t.Error("the fields that must be filled in are folded away")
	}
	d.goes(d.post(page+"/edit", "description", row.Description, "contact", "", "metadata", "", "addresses", "192.0.2.1"), page, "was saved.")
	if a := d.whoami(key); a.status != http.StatusOK {
		t.Errorf("with addresses: %d", a.status)
	}

	set(models.Policy{CreatePermission: "reports.write"})
	clerk := d.join1("clerk@acme.example", d.acme.ID, "Admin")
	d.headers, d.token = d.visit(walker{userID: clerk.UserID, tenantID: d.acme.ID})
	d.says(d.get(list), http.StatusOK, "A policy demands the permission reports.write")
	if a := d.get(page); strings.Contains(a.body, page+"/rotate") {
		t.Error("whoever can't generate is offered to rotate")
	}
}
