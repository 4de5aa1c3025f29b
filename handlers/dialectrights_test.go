package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
)

// objects are the entries of a bare array, or of the named part of an object.
func objects(t *testing.T, a answer, part string) []map[string]any {
	t.Helper()
	text := json.RawMessage(a.body)
	if part != "" {
		var whole map[string]json.RawMessage
		if err := json.Unmarshal(text, &whole); err != nil {
			t.Fatalf("%v: %s", err, a.body)
		}
		text = whole[part]
	}
	var list []map[string]any
	if err := json.Unmarshal(text, &list); err != nil || list == nil || a.status != http.StatusOK {
		t.Fatalf("%d %v: %s", a.status, err, a.body)
	}
	return list
}

// entryOf is the entry with the key.
func entryOf(t *testing.T, list []map[string]any, key string) map[string]any {
	t.Helper()
	i := slices.IndexFunc(list, func(e map[string]any) bool { return e["key"] == key })
	if i < 0 {
		t.Fatalf("no %s among %v", key, list)
	}
	return list[i]
}

func TestDialect_RolesAndPermissionsAreToldInTheShapesOfTheContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := program{b, []string{"Authorization", "Bearer " + b.vendorToken(), "Content-Type", "application/json"}}
		get := func(path string) answer { return p.call("GET", path, "") }
		roleKeys := []string{"createdAt", "description", "firstUserRole", "id", "isDefault", "key", "level", "name", "permissions", "tenantId", "updatedAt", "vendorId"}
		permissions := objects(t, get(resources+"permissions/v1"), "")
		reports := entryOf(t, permissions, "reports.read")
		hasKeys(t, "a permission", reports, []string{"categoryId", "createdAt", "description", "fePermission", "id", "key", "name", "roleIds", "updatedAt"})
		if reports["fePermission"] != false || entryOf(t, permissions, "fe.secure.*")["fePermission"] != true || !slices.Equal(texts(reports["roleIds"]), []string{b.roles["Editor"]}) {
			t.Errorf("%v", reports)
		}
		pages := get(resources + "roles/v2")
		hasKeys(t, "a page", pages.fields(t), []string{"_links", "_metadata", "items"})
		hasKeys(t, "links", pages.fields(t)["_links"].(map[string]any), []string{"first", "last", "next", "prev"})
		for name, list := range map[string][]map[string]any{
			"roles/v1":    objects(t, get("/frontegg"+resources+"roles/v1/"), ""),
			"roles/v2":    objects(t, pages, "items"),
			"a filter's":  objects(t, get(resources+"roles/v2?_limit=1&_sortBy=key&_order=DESC&_filter=EDIT"), "items"),
			"a last page": objects(t, get(resources+"roles/v2?_limit=1&_offset=1&_sortBy=key"), "items"),
		} {
			editor := entryOf(t, list, "Editor")
			hasKeys(t, name, editor, roleKeys)
			if editor["id"] != b.roles["Editor"] || editor["vendorId"] != b.settings.ClientID || editor["tenantId"] != nil || len(texts(editor["permissions"])) != 2 || !slices.Contains(texts(editor["permissions"]), reports["id"].(string)) {
				t.Errorf("%s: %v", name, editor)
			}
		}
		team := objects(t, get("/frontegg/team/resources/roles/v1"), "items")
		hasKeys(t, "team roles", team[0], []string{"description", "id", "key", "name", "permissionLevel", "permissions", "tenantId", "vendorId"})
		if hasKeys(t, "a team's answer", get("/team/resources/roles/v1/").fields(t), []string{"items"}); len(team) != 3 {
			t.Errorf("%d roles", len(team))
		}
		categories := objects(t, get(resources+"permissions/v1/categories"), "")
		total := 0
		for _, c := range categories {
			total += len(c["permissions"].([]any))
		}
		if total != len(permissions) || len(categories) != 2 {
			t.Errorf("%d permissions in %d categories, of %d", total, len(categories), len(permissions))
		}
		if links := get(resources + "roles/v2?_limit=1").fields(t); fmt.Sprint(links["_metadata"]) != "map[totalItems:3 totalPages:3]" || !strings.Contains(fmt.Sprint(links["_links"]), "_offset=1") {
			t.Errorf("%v", links)
		}
		for _, query := range []string{"_limit=0", "_limit=2001", "_limit=x", "_offset=-1", "_offset=9999999999999999999", "_limit=1e3"} {
			if a := get(resources + "roles/v2?" + query); a.status != http.StatusBadRequest || len(texts(a.fields(t)["errors"])) != 1 {
				t.Errorf("%s: %d %s", query, a.status, a.body)
			}
		}
	})
}

func TestDialect_RolesAreMadeOfPermissionsThatExist(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		p := program{b, []string{"X-Access-Token", b.vendorToken(), "Content-Type", "application/json"}}
		path := resources + "roles/v2"
		before := l.rows()
		for _, body := range []string{
			"", "[]", "{}", `{"key":"Clerk"}`, `{"name":"Clerk"}`, `{"key":"a b","name":"Clerk"}`, `{"key":"Editor","name":"Again"}`, `{"key":1,"name":"Clerk"}`,
			`{"key":"Clerk","name":"Clerk","permissionIds":["x"]}`, `{"key":"Clerk","name":"Clerk","permissionIds":"x"}`, `{"key":"Clerk","name":"Clerk","permissionIds":["` + b.roles["Editor"] + `"]}`,
			`{"key":"Clerk","name":"Clerk","baseRoleId":"x"}`, `{"key":"Clerk","name":"Clerk","isDefault":true}`, `{"key":"Clerk","name":"Clerk","isDefault":"x"}`,
			`{"key":"` + strings.Repeat("a", 65) + `","name":"Clerk"}`,
		} {
			if a := p.call("POST", path, body); a.status != http.StatusBadRequest || len(texts(a.fields(l.t)["errors"])) == 0 {
				l.t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("bad input changed:\n%s", changed)
		}
		reports := entryOf(l.t, objects(l.t, p.call("GET", resources+"permissions/v1", ""), ""), "reports.read")["id"]
		for body, holds := range map[string]int{
			fmt.Sprintf(`{"key":"One","name":"One","permissionIds":[%q]}`, reports):                         1,
			fmt.Sprintf(`{"key":"Two","name":"Two","baseRoleId":%q}`, b.roles["Editor"]):                    2,
			fmt.Sprintf(`{"key":"Nil","name":"Nil","baseRoleId":%q,"permissionIds":[]}`, b.roles["Editor"]): 0,
		} {
			b.news()
			a := p.call("POST", path, body)
			if a.status != http.StatusCreated || len(texts(a.fields(l.t)["permissions"])) != holds {
				l.t.Errorf("%s: %d %s", body, a.status, a.body)
			}
			if e := b.news(); len(e) != 1 || e[0].Action != "role.created" || e[0].ActorKind != "vendor" || e[0].ActorID == "" {
				l.t.Errorf("%s left %+v", body, e)
			}
		}
	})
}
