package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// comes is a person on a page of the vendor's own, in the first of their accounts.
func (b *bench) comes(m models.Member) program {
	b.t.Helper()
	return program{b, []string{"Authorization", "Bearer " + b.jwtOf(m), "Content-Type", "application/json"}}
}

// jwtOf signs them in.
func (b *bench) jwtOf(m models.Member) string {
	b.t.Helper()
	in, err := b.browsers.Begin(b.t.Context(), m.User, models.Caller{IP: "192.0.2.1"})
	b.must(err)
	return in.AccessToken.Reveal()
}

// holding is somebody new in Acme who holds exactly these permissions.
func (b *bench) holding(permissions ...string) program {
	b.t.Helper()
	role := b.next("Holder")
	b.role(role, permissions...)
	return b.comes(b.person(b.acme.ID, role))
}

// Rule 4: each route asks a person for its own permission and takes no other for
// it; to the vendor's own routes nobody comes.
func TestPeople_EachRouteAsksForItsOwnPermission(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		for _, held := range []string{
			"reports.read", models.ReadTenantTokens, models.WriteTenantTokens, models.DeleteTenantTokens, models.ReadUserTokens, models.WriteUserTokens, models.DeleteUserTokens,
			"fe.secure.read.*", "fe.secure.*",
		} {
			p := b.holding(held)
			for _, r := range b.server.Routes() {
				if !r.Access.ForPrograms() || strings.HasPrefix(r.Path, "/frontegg") || strings.HasSuffix(r.Path, "/") {
					continue
				}
				b.news()
				a := p.call(r.Method, address(r, "x"), "")
				key, byPermission := strings.CutPrefix(string(r.Access), "program:")
				refused := r.Access == web.Vendor || byPermission && !(models.PermissionSet{held}).Has(key)
				if refused != (a.status == http.StatusForbidden) {
					t.Errorf("%s: %s %s: %d %s", held, r.Method, r.Path, a.status, a.body)
				}
				events := b.news()
				if refused && changes(r) && (len(events) != 1 || events[0].Outcome != models.Refused || events[0].Action != r.Action || events[0].TenantID != b.acme.ID) {
					t.Errorf("%s: %s %s left %+v", held, r.Method, r.Path, events)
				}
			}
		}
	})
}

// A person makes the kind in force and no other, gives no more than they hold, and
// still sees and deletes what was made before.
func TestPeople_AreBoundByTheKindInForceAndByWhatTheyHold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.comes(b.dana)
		weak := b.holding("fe.secure.*")
		ids := map[combination]string{}
		for _, kind := range []models.Kind{models.ClientCredentials, models.AccessToken} {
			b.must(b.accounts.SetTenantM2M(t.Context(), system(), b.acme.ID, models.Inherited, kind))
			for _, l := range dialectLists() {
				a := p.call("POST", l.path, `{"description":"mine"}`)
				if want := map[bool]int{true: http.StatusCreated, false: http.StatusForbidden}[l.kind == kind]; a.status != want {
					t.Errorf("%s while %s: %d %s", l.path, kind, a.status, a.body)
				}
				if l.kind != kind && !strings.Contains(a.body, "can't be generated in this account") {
					t.Errorf("%s while %s does not tell why: %s", l.path, kind, a.body)
				}
				if l.kind == kind {
					ids[l.combination] = l.id(a.fields(t))
					if l.context == models.API && a.fields(t)["createdByUserId"] != b.dana.UserID {
						t.Errorf("%s: %s", l.path, a.body)
					}
				}
				if l.context == models.API && l.kind == kind {
					body := fmt.Sprintf(`{"roleIds":[%q]}`, b.roles["Editor"])
					if a := weak.call("POST", l.path, body); a.status != http.StatusBadRequest {
						t.Errorf("%s with a role beyond one's own: %d %s", l.path, a.status, a.body)
					}
					if a := p.call("POST", l.path, body); a.status != http.StatusCreated {
						t.Errorf("%s: %d %s", l.path, a.status, a.body)
					}
				}
			}
		}
		pair := resources + "tenants/api-tokens/v1/" + ids[combination{models.API, models.ClientCredentials}]
		if a := weak.call("PATCH", pair, fmt.Sprintf(`{"roleIds":[%q]}`, b.roles["Editor"])); a.status != http.StatusBadRequest {
			t.Errorf("PATCH with a role beyond one's own: %d %s", a.status, a.body)
		}
		// The headers of the vendor's programs count for nothing.
		for _, l := range dialectLists() {
			who := p.with("Frontegg-Tenant-Id", b.globex.ID, "Frontegg-User-Id", b.hank.UserID)
			listed := items(t, who.call("GET", l.path, ""))
			if !slices.ContainsFunc(listed, func(e map[string]any) bool { return l.id(e) == ids[l.combination] }) {
				t.Errorf("%s does not list what was made: %v", l.path, listed)
			}
			hank := b.comes(b.hank)
			if a := hank.call("DELETE", l.path+"/"+ids[l.combination], ""); a.status != http.StatusNotFound {
				t.Errorf("%s: a neighbour's delete is answered %d", l.path, a.status)
			}
			if cole := b.comes(b.cole); l.context == models.Personal {
				if a := cole.call("DELETE", l.path+"/"+ids[l.combination], ""); a.status != http.StatusNotFound {
					t.Errorf("%s: a colleague's delete is answered %d", l.path, a.status)
				}
			}
			if a := p.call("DELETE", l.path+"/"+ids[l.combination], ""); a.status != http.StatusOK {
				t.Errorf("%s: %d %s", l.path, a.status, a.body)
			}
		}
	})
}

// The dialog for tokens offers a role whose level is at least the lowest of the
// person's own: those that they may give.
func TestPeople_AreOfferedTheRolesThatTheyMayGive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		b.role("Reader", "reports.read")
		m := b.person(b.acme.ID, "Viewer", "Reader")
		roles := objects(t, b.comes(m).call("GET", "/frontegg/team/resources/roles/v1", ""), "items")
		lowest := 1e9
		for _, e := range roles {
			if level, _ := e["permissionLevel"].(float64); slices.Contains(m.RoleIDs, e["id"].(string)) {
				lowest = min(lowest, level)
			}
		}
		offered := []string{}
		for _, e := range roles {
			if level, told := e["permissionLevel"].(float64); told && level >= lowest {
				offered = append(offered, e["key"].(string))
			}
		}
		slices.Sort(offered)
		if !slices.Equal(offered, []string{"Reader", "Viewer"}) {
			t.Errorf("offered %v", offered)
		}
	})
}

// A person is told who their colleagues are, with what a list of tokens shows.
func TestPeople_SeeColleaguesAndNobodyElse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.comes(b.dana)
		a := p.call("GET", resources+"users/v1/"+b.cole.UserID, "")
		hasKeys(t, "a colleague", a.fields(t), []string{"email", "id", "name", "profilePictureUrl"})
		if a.fields(t)["email"] != "cole@acme.example" {
			t.Errorf("%s", a.body)
		}
		unknown := p.call("GET", resources+"users/v1/"+models.NewID(b.clock.Now()), "")
		if a := p.call("GET", resources+"users/v1/"+b.hank.UserID, ""); a.status != http.StatusNotFound || a.bare() != unknown.bare() {
			t.Errorf("a neighbour: %d %s", a.status, a.body)
		}
	})
}
