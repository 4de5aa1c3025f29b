package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// everywhere are the addresses of a path of the dialect.
func everywhere(path string) []string {
	return []string{path, path + "/", "/frontegg" + path, "/frontegg" + path + "/"}
}

// keysIn are the keys of a list of objects, sorted.
func keysIn(t *testing.T, list any) []string {
	t.Helper()
	keys := []string{}
	all, ok := list.([]any)
	if !ok {
		t.Fatalf("no list: %v", list)
	}
	for _, e := range all {
		object, _ := e.(map[string]any)
		key, _ := object["key"].(string)
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

var profileKeys = []string{
	"createdAt", "email", "id", "lastLogin", "metadata", "mfaEnrolled", "name", "profilePictureUrl", "provider", "sub",
	"subAccountAccessAllowed", "tenantId", "tenantIds", "tenants", "vendorMetadata", "verified",
}

// The portal takes roles and permissions for arrays of objects, and shows what
// their keys allow.
func TestMe_TellsAPersonWhoTheyAreAndWhatTheyHold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		b.join1(b.dana.User.Email, b.initech, "Viewer")
		dana := b.comes(b.dana)
		for _, path := range everywhere(resources + "users/v2/me") {
			a := dana.call("GET", path+"?addRoles=true", "")
			if a.status != http.StatusOK {
				t.Fatalf("%s: %d %s", path, a.status, a.body)
			}
			me := a.fields(t)
			hasKeys(t, path, me, profileKeys, "roles", "permissions")
			if me["id"] != b.dana.UserID || me["sub"] != b.dana.UserID || me["email"] != b.dana.User.Email || me["tenantId"] != b.acme.ID || me["metadata"] != "{}" || me["lastLogin"] == nil {
				t.Errorf("%s: %s", path, a.body)
			}
			if got := keysIn(t, me["roles"]); !slices.Equal(got, []string{"Admin", "Editor"}) {
				t.Errorf("%s: roles %v", path, got)
			}
			if got := keysIn(t, me["permissions"]); !slices.Equal(got, []string{"fe.secure.*", "reports.read", "reports.write"}) {
				t.Errorf("%s: permissions %v", path, got)
			}
			held := map[string][]string{}
			for _, e := range me["tenants"].([]any) {
				tenant := e.(map[string]any)
				held[tenant["tenantId"].(string)] = keysIn(t, tenant["roles"])
			}
			if len(held) != 2 || !slices.Equal(held[b.acme.ID], []string{"Admin", "Editor"}) || !slices.Equal(held[b.initech], []string{"Viewer"}) {
				t.Errorf("%s: %v", path, held)
			}
		}
		for _, path := range everywhere(resources + "users/v3/me") {
			a := dana.call("GET", path, "")
			hasKeys(t, path, a.fields(t), profileKeys)
		}
		for _, path := range everywhere(resources + "users/v1/me/authorization") {
			a := dana.call("GET", path, "")
			hasKeys(t, path, a.fields(t), []string{"roles", "permissions"})
			if got := keysIn(t, a.fields(t)["roles"]); !slices.Equal(got, []string{"Admin", "Editor"}) {
				t.Errorf("%s: roles %v", path, got)
			}
		}
	})
}

// The rights are those of now, and somebody of no account has none.
func TestMe_HasTheRightsOfNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		m := b.person(b.acme.ID, "Viewer")
		p := b.comes(m)
		b.must(b.accounts.SetMemberRoles(t.Context(), system(), b.acme.ID, m.UserID, []string{b.roles["Editor"]}))
		me := p.call("GET", resources+"users/v2/me", "").fields(t)
		if got := keysIn(t, me["permissions"]); !slices.Equal(got, []string{"reports.read", "reports.write"}) {
			t.Errorf("permissions %v", got)
		}
		b.must(b.accounts.SetMemberRoles(t.Context(), system(), b.acme.ID, m.UserID, nil))
		me = p.call("GET", resources+"users/v2/me", "").fields(t)
		if len(keysIn(t, me["roles"])) != 0 || len(keysIn(t, me["permissions"])) != 0 {
			t.Errorf("%v", me)
		}
		operator, err := s.User(t.Context(), b.operator().userID)
		b.must(err)
		p = b.comes(models.Member{User: operator})
		me = p.call("GET", resources+"users/v2/me", "").fields(t)
		hasKeys(t, "an operator", me, profileKeys, "roles", "permissions")
		if me["tenantId"] != "" || len(keysIn(t, me["roles"])) != 0 || len(keysIn(t, me["permissions"])) != 0 || len(me["tenants"].([]any)) != 0 {
			t.Errorf("%v", me)
		}
		for _, path := range append(everywhere(resources+"users/v3/me/tenants"), everywhere(resources+"users/v1/me/tenants")...) {
			if a := p.call("GET", path, ""); a.body != `{"tenants":[],"activeTenant":null}`+"\n" {
				t.Errorf("%s: %s", path, a.body)
			}
		}
		if a := p.call("GET", resources+"users/v2/me/tenants", ""); a.body != "[]\n" {
			t.Errorf("%s", a.body)
		}
	})
}

func TestMe_TheVendorIsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	b := newBench(w)
	for _, path := range []string{"users/v2/me", "users/v3/me", "users/v1/me/authorization", "users/v2/me/tenants", "users/v3/me/tenants"} {
		a := b.acts(models.Personal).call("GET", resources+path, "")
		if a.status != http.StatusForbidden || len(texts(a.fields(t)["errors"])) != 1 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// A switch is the session's: the JWT from before opens the account before no
// more, and a refresh brings the next.
func TestSwitchTenant_MovesTheSessionAndEndsTheJWTFromBefore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		b.join1(b.dana.User.Email, b.initech, "Viewer")
		b.setPassword(b.dana)
		page := &app{world: b.world}
		jwt, _ := page.signIn().fields(t)["accessToken"].(string)
		dana := program{b, []string{"Authorization", "Bearer " + jwt, "Content-Type", "application/json", "Origin", appOrigin}}
		accounts := dana.call("GET", "/frontegg"+resources+"users/v3/me/tenants", "").fields(t)
		active, _ := accounts["activeTenant"].(map[string]any)
		names := []string{}
		for _, e := range accounts["tenants"].([]any) {
			tenant, _ := e.(map[string]any)
			hasKeys(t, "an account", tenant, []string{"createdAt", "id", "isReseller", "metadata", "name", "tenantId", "vendorId"})
			names = append(names, tenant["name"].(string))
		}
		if !slices.Equal(names, []string{"Acme", "Initech"}) || active["tenantId"] != b.acme.ID || active["name"] != "Acme" {
			t.Errorf("%v", accounts)
		}
		preflight := b.send("OPTIONS", "/frontegg"+resources+"users/v1/tenant", "", "Origin", appOrigin, "Access-Control-Request-Method", "PUT")
		if preflight.status != http.StatusNoContent || !strings.Contains(preflight.header.Get("Access-Control-Allow-Methods"), "PUT") {
			t.Errorf("%d %v", preflight.status, preflight.header)
		}
		b.clock.pass(time.Second)
		b.news()
		a := dana.call("PUT", "/frontegg"+resources+"users/v1/tenant", `{"tenantId":"`+b.initech+`"}`)
		if a.status != http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != appOrigin {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if events := b.news(); len(events) != 1 || events[0].Action != models.AccountSwitched || events[0].TenantID != b.initech || events[0].TargetName != "Initech" {
			t.Errorf("left %+v", events)
		}
		if a := dana.call("GET", resources+"users/v2/me", ""); a.status != http.StatusUnauthorized {
			t.Errorf("the JWT from before: %d", a.status)
		}
		next := page.call(refreshPath, "").fields(t)
		if next["tenantId"] != b.initech {
			t.Errorf("%v", next)
		}
		dana = dana.with("Authorization", "Bearer "+next["accessToken"].(string))
		me := dana.call("GET", resources+"users/v2/me", "").fields(t)
		if got := keysIn(t, me["permissions"]); me["tenantId"] != b.initech || !slices.Equal(got, []string{"fe.secure.read.*"}) {
			t.Errorf("%v", me)
		}
		listed := items(t, dana.call("GET", resources+"tenants/api-tokens/v1", ""))
		if len(listed) != 0 {
			t.Errorf("tokens of the account before: %v", listed)
		}
	})
}

// Tenants are walls: an account that is not the person's is not found, whether it
// exists or not, and the log of nobody else hears of it.
func TestSwitchTenant_RefusesEveryOtherAccountAlike(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		dana, left := b.comes(b.dana), b.initech
		b.join1(b.dana.User.Email, left, "Viewer")
		b.must(b.accounts.DisableMember(l.t.Context(), system(), left, b.dana.UserID))
		before := l.rows()
		refused := map[string]bool{}
		for _, id := range append(misspelt(b.acme.ID), b.globex.ID, left, b.dana.UserID) {
			b.news()
			a := dana.call("PUT", resources+"users/v1/tenant", fmt.Sprintf(`{"tenantId":%q}`, id))
			refused[a.bare()] = true
			if a.status != http.StatusNotFound {
				l.t.Errorf("%.50q: %d %s", id, a.status, a.body)
			}
			events := b.news()
			if len(events) != 1 || events[0].Outcome != models.Refused || events[0].Reason != "not_a_member" || events[0].TargetID != "" || events[0].TenantID != b.acme.ID {
				l.t.Errorf("%.50q left %+v", id, events)
			}
		}
		if len(refused) != 1 {
			l.t.Errorf("%d answers", len(refused))
		}
		for _, body := range []string{"", "{}", "[]", `{"tenantId":""}`, `{"tenantId":null}`, `{"tenantId":1}`, `{"tenantId":["` + b.acme.ID + `"]}`} {
			if a := dana.call("PUT", resources+"users/v1/tenant", body); a.status != http.StatusBadRequest || len(texts(a.fields(l.t)["errors"])) != 1 {
				l.t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("it changed:\n%s", changed)
		}
	})
}

// P12: of a person who can't be read to the end nothing is told.
func TestMe_IsToldWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		dana := b.comes(b.dana)
		for _, r := range b.server.Routes() {
			for passed := 0; r.Access == web.PersonsOwn && r.Method == http.MethodGet; passed++ {
				happened := storetest.FailAfter(s, passed, errGone)
				a := dana.call("GET", r.Path, "")
				if !happened() {
					storetest.FailNext(s, nil)
					break
				}
				if a.status < http.StatusInternalServerError || len(texts(a.fields(t)["errors"])) != 1 {
					t.Errorf("%s with read %d failing: %d %s", r.Path, passed, a.status, a.body)
				}
			}
		}
	})
}
