package handlers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// program is a program of the vendor's, with the headers that it sends.
type program struct {
	*bench
	headers []string
}

// acts is a program that acts for Acme and, where tokens are personal, for dana.
func (b *bench) acts(in models.Context) program {
	b.t.Helper()
	return program{b, append([]string{"X-Access-Token", b.vendorToken(), "Content-Type", "application/json"}, b.acting(in)...)}
}

// with is the program with other headers besides; an empty value takes one away.
func (p program) with(headers ...string) program {
	var kept []string
	for i := 0; i+1 < len(p.headers); i += 2 {
		if !slices.Contains(headers, p.headers[i]) {
			kept = append(kept, p.headers[i], p.headers[i+1])
		}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] != "" {
			kept = append(kept, headers[i], headers[i+1])
		}
	}
	p.headers = kept
	return p
}

func (p program) call(method, path, body string) answer {
	p.t.Helper()
	return p.send(method, path, body, p.headers...)
}

// items are the entries of a list, however it is wrapped, of which none is null.
func items(t *testing.T, a answer) []map[string]any {
	t.Helper()
	var list []map[string]any
	text := a.body
	if strings.HasPrefix(text, "{") {
		var wrapped map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &wrapped); err != nil || len(wrapped) != 1 {
			t.Fatalf("%v: %s", err, text)
		}
		text = string(wrapped["accessTokens"])
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil || list == nil || a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v %v: %s", a.status, a.header, err, a.body)
	}
	return list
}

// keys are those of each kind of entry in the contract, sorted; secret and
// expires come with some.
func (l dialectList) keys() []string {
	return map[combination][]string{
		{models.Personal, models.ClientCredentials}: {"clientId", "createdAt", "description", "metadata"},
		{models.Personal, models.AccessToken}:       {"createdAt", "description", "id"},
		{models.API, models.ClientCredentials}:      {"clientId", "createdAt", "createdByUserId", "description", "metadata", "permissionIds", "roleIds", "tenantId"},
		{models.API, models.AccessToken}:            {"createdAt", "createdByUserId", "description", "id", "roleIds"},
	}[l.combination]
}

// id is what the entry is named by.
func (l dialectList) id(entry map[string]any) string {
	if l.kind == models.ClientCredentials {
		id, _ := entry["clientId"].(string)
		return id
	}
	id, _ := entry["id"].(string)
	return id
}

func hasKeys(t *testing.T, name string, entry map[string]any, want []string, more ...string) {
	t.Helper()
	want = slices.Sorted(slices.Values(append(slices.Clone(want), more...)))
	if got := slices.Sorted(maps.Keys(entry)); !slices.Equal(got, want) {
		t.Errorf("%s has the keys %v, want %v", name, got, want)
	}
}

func TestDialect_TokensAreCreatedListedAndDeletedInTheShapesOfTheContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		for _, l := range dialectLists() {
			p := b.acts(l.context)
			before := items(t, p.call("GET", l.path, ""))
			plain := p.call("POST", l.path, "{}")
			b.clock.pass(time.Second)
			full := p.call("POST", l.path+"/", fmt.Sprintf(`{"description":"Nightly","metadata":{"a":{"b":[1]}},"expiresInMinutes":1440,"roleIds":[%q],"extra":[null]}`, b.roles["Editor"]))
			if plain.status != http.StatusCreated || full.status != http.StatusCreated {
				t.Fatalf("%s: %d %s, %d %s", l.path, plain.status, plain.body, full.status, full.body)
			}
			one, two := plain.fields(t), full.fields(t)
			hasKeys(t, "new "+l.path, one, l.keys(), "secret")
			hasKeys(t, "new "+l.path, two, l.keys(), "secret", "expires")
			if one["description"] != "" || two["description"] != "Nightly" || two["createdAt"] != b.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z") || two["expires"] != b.clock.Now().Add(24*time.Hour).UTC().Format("2006-01-02T15:04:05.000Z") {
				t.Errorf("%s: %v %v", l.path, one, two)
			}
			if l.context == models.API && (two["createdByUserId"] != nil || len(texts(one["roleIds"])) != 0 || !slices.Equal(texts(two["roleIds"]), []string{b.roles["Editor"]})) {
				t.Errorf("%s: %v %v", l.path, one, two)
			}
			if l.kind == models.ClientCredentials && (fmt.Sprint(two["metadata"]) != "map[a:map[b:[1]]]" || fmt.Sprint(one["metadata"]) != "map[]") {
				t.Errorf("%s: %v", l.path, two["metadata"])
			}
			listed := items(t, p.call("GET", "/frontegg"+l.path+"/", ""))
			if len(listed) != len(before)+2 || l.id(listed[0]) != l.id(two) || l.id(listed[1]) != l.id(one) {
				t.Fatalf("%s lists %v", l.path, listed)
			}
			hasKeys(t, l.path, listed[0], l.keys(), "expires")
			hasKeys(t, l.path, listed[1], l.keys())
			b.opens(l, one)
			for _, entry := range []map[string]any{one, two} {
				if a := p.call("DELETE", l.path+"/"+l.id(entry), ""); a.status != http.StatusOK || a.body != "" {
					t.Errorf("DELETE %s: %d %q", l.path, a.status, a.body)
				}
				if a := p.call("DELETE", l.path+"/"+l.id(entry), ""); a.status != http.StatusNotFound || len(texts(a.fields(t)["errors"])) != 1 {
					t.Errorf("DELETE %s again: %d %q", l.path, a.status, a.body)
				}
			}
			if left := items(t, p.call("GET", l.path, "")); len(left) != len(before) {
				t.Errorf("%s lists %v", l.path, left)
			}
		}
	})
}

// opens holds a new token to its word: its secret is let in.
func (b *bench) opens(l dialectList, entry map[string]any) {
	b.t.Helper()
	secret, _ := entry["secret"].(string)
	a := b.send("GET", "/v1/whoami", "", "X-API-KEY", secret)
	if l.kind == models.ClientCredentials {
		a = b.send("POST", exchangePath, credentials(l.id(entry), secret))
	}
	if a.status != http.StatusOK {
		b.t.Errorf("%s: its secret is answered %d %s", l.path, a.status, a.body)
	}
}

func TestDialect_TokensOfAPersonAreTheirsAndOfAnAccountTheAccounts(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		mine := map[combination]string{}
		for _, list := range dialectLists() {
			mine[list.combination] = b.mint(list.combination, 0).Token.ID
		}
		b.vendorToken()
		before := l.rows()
		unknown := models.NewID(b.clock.Now())
		for _, list := range dialectLists() {
			p := b.acts(list.context)
			first := ""
			others := append(misspelt(mine[list.combination]), unknown, b.hank.UserID, b.acme.ID)
			for c, id := range mine {
				if c != list.combination {
					others = append(others, id)
				}
			}
			for _, id := range append(others, b.seals["token"]...) {
				verbs := map[string]string{"DELETE": ""}
				if list.combination == (combination{models.API, models.ClientCredentials}) {
					verbs["PATCH"] = `{"description":"mine now"}`
				}
				for verb, body := range verbs {
					a := p.call(verb, list.path+"/"+strings.NewReplacer("%", "%25", " ", "%20", "\n", "%0a", "?", "%3f", "#", "%23", "/", "%2f").Replace(id), body)
					if first == "" {
						first = a.bare()
					}
					if a.status != http.StatusNotFound || a.bare() != first {
						l.t.Errorf("%s %s of %q: %d %s", verb, list.path, id, a.status, a.body)
					}
				}
			}
			for name, row := range map[string]struct {
				program
				status int
			}{
				"no account":            {p.with("Frontegg-Tenant-Id", ""), 400},
				"an unknown account":    {p.with("Frontegg-Tenant-Id", unknown), 404},
				"an id in capitals":     {p.with("Frontegg-Tenant-Id", strings.ToUpper(b.acme.ID)), 404},
				"an account of no form": {p.with("Frontegg-Tenant-Id", "acme"), 404},
			} {
				for verb, body := range map[string]string{"GET": "", "POST": "{}"} {
					if a := row.call(verb, list.path, body); a.status != row.status || len(texts(a.fields(l.t)["errors"])) != 1 {
						l.t.Errorf("%s %s for %s: %d %s", verb, list.path, name, a.status, a.body)
					}
				}
			}
			if list.context == models.Personal {
				for user, status := range map[string]int{"": 400, b.hank.UserID: 404, unknown: 404, "dana": 404} {
					for verb, body := range map[string]string{"GET": "", "POST": "{}"} {
						if a := p.with("Frontegg-User-Id", user).call(verb, list.path, body); a.status != status {
							l.t.Errorf("%s %s for %q: %d %s", verb, list.path, user, a.status, a.body)
						}
					}
				}
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("what is refused changed:\n%s", changed)
		}
		// Of the two accounts each has its own; a colleague's are not dana's.
		for _, list := range dialectLists() {
			for tenant, has := range map[string]bool{b.acme.ID: true, b.globex.ID: false} {
				p := b.acts(list.context).with("Frontegg-Tenant-Id", tenant)
				if tenant == b.globex.ID && list.context == models.Personal {
					p = p.with("Frontegg-User-Id", b.hank.UserID)
				}
				found := slices.ContainsFunc(items(l.t, p.call("GET", list.path, "")), func(e map[string]any) bool { return list.id(e) == mine[list.combination] })
				if found != has {
					l.t.Errorf("%s of %s has dana's: %v", list.path, tenant, found)
				}
			}
			if list.context == models.Personal {
				if found := items(l.t, b.acts(list.context).with("Frontegg-User-Id", b.cole.UserID).call("GET", list.path, "")); slices.ContainsFunc(found, func(e map[string]any) bool { return list.id(e) == mine[list.combination] }) {
					l.t.Errorf("%s of a colleague: %v", list.path, found)
				}
			}
		}
	})
}

func TestDialect_TokensOfBadInputAreRefusedInASentenceAndChangeNothing(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		id := b.mint(combination{models.API, models.ClientCredentials}, 0).Token.ID
		shared := []string{
			"", "[]", "null", "x", "{", `{"description":1}`, `{"description":"` + strings.Repeat("a", 201) + `"}`, `{"description":"a\u0000"}`, `{"description":"a\u0007"}`,
			`{"description":"a","description":"b"}`, "{\"description\":\"\xff\"}",
		}
		lives := []string{`{"expiresInMinutes":0}`, `{"expiresInMinutes":-1}`, `{"expiresInMinutes":0.5}`, `{"expiresInMinutes":5256001}`, `{"expiresInMinutes":"60"}`, `{"expiresInMinutes":1e400}`, `{"expiresInMinutes":[1]}`}
		metadata := []string{`{"metadata":[]}`, `{"metadata":"a"}`, `{"metadata":1}`, `{"metadata":{"a":"` + strings.Repeat("b", 5000) + `"}}`, `{"metadata":{"a":1,"a":2}}`}
		roles := []string{`{"roleIds":"x"}`, `{"roleIds":["x"]}`, `{"roleIds":[""]}`, `{"roleIds":[1]}`, `{"roleIds":[null]}`, `{"roleIds":["` + strings.ToUpper(b.roles["Editor"]) + `"]}`, `{"roleIds":{}}`, `{"permissionIds":["` + b.roles["Editor"] + `"]}`, `{"roleIds":[],"permissionIds":["` + b.roles["Editor"] + `"]}`, `{"permissionIds":1}`}
		b.vendorToken()
		before := l.rows()
		refused := func(p program, verb, path, body string) {
			a := p.call(verb, path, body)
			errs := texts(a.fields(l.t)["errors"])
			if a.status != http.StatusBadRequest || len(errs) != 1 || !strings.Contains(errs[0], " ") || strings.Contains(strings.Fields(errs[0])[0], ".") {
				l.t.Errorf("%s %s with %s: %d %s", verb, path, clipped(body), a.status, a.body)
			}
			for _, ours := range inside() {
				if strings.Contains(a.text(), ours) {
					l.t.Errorf("%s %s with %s lets out %q: %s", verb, path, clipped(body), ours, a.body)
				}
			}
		}
		for _, list := range dialectLists() {
			p := b.acts(list.context)
			bad := append(slices.Clone(shared), lives...)
			if list.kind == models.ClientCredentials {
				bad = append(bad, metadata...)
			}
			if list.context == models.API {
				bad = append(bad, roles...)
			}
			for _, body := range bad {
				refused(p, "POST", list.path, body)
			}
		}
		for _, body := range slices.Concat(shared, metadata, roles) {
			refused(b.acts(models.API), "PATCH", resources+"tenants/api-tokens/v1/"+id, body)
		}
		if a := b.acts(models.API).call("POST", resources+"tenants/api-tokens/v2", `{"description":"`+strings.Repeat("a", 70<<10)+`"}`); a.status != http.StatusRequestEntityTooLarge {
			l.t.Errorf("a large body: %d", a.status)
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("bad input changed:\n%s", changed)
		}
	})
}

func TestDialect_PatchChangesWhatItNamesAndNoMore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.acts(models.API)
		editor, viewer := b.roles["Editor"], b.roles["Viewer"]
		made := p.call("POST", resources+"tenants/api-tokens/v1", fmt.Sprintf(`{"description":"a","metadata":{"m":1},"roleIds":[%q]}`, editor)).fields(t)
		id, _ := made["clientId"].(string)
		for _, step := range []struct {
			body, description, metadata string
			roles                       []string
		}{
			{`{}`, "a", "map[m:1]", []string{editor}},
			{`{"description":"b"}`, "b", "map[m:1]", []string{editor}},
			{fmt.Sprintf(`{"roleIds":[%q,%q],"permissionIds":["ignored"]}`, viewer, editor), "b", "map[m:1]", []string{viewer, editor}},
			{`{"description":null,"roleIds":null,"permissionIds":[]}`, "b", "map[m:1]", []string{viewer, editor}},
			{`{"metadata":{"n":{}}}`, "b", "map[n:map[]]", []string{viewer, editor}},
			{`{"metadata":null}`, "b", "map[]", []string{viewer, editor}},
			{`{"description":"","roleIds":[]}`, "", "map[]", nil},
		} {
			a := p.call("PATCH", resources+"tenants/api-tokens/v1/"+id, step.body)
			if a.status != http.StatusOK {
				t.Fatalf("%s: %d %s", step.body, a.status, a.body)
			}
			got := a.fields(t)
			hasKeys(t, "PATCH "+step.body, got, dialectLists()[2].keys())
			slices.Sort(step.roles)
			listed := items(t, p.call("GET", resources+"tenants/api-tokens/v1", ""))[0]
			for _, entry := range []map[string]any{got, listed} {
				if entry["description"] != step.description || fmt.Sprint(entry["metadata"]) != step.metadata || !slices.Equal(texts(entry["roleIds"]), append([]string{}, step.roles...)) {
					t.Errorf("%s: %v", step.body, entry)
				}
			}
		}
		if a := b.acts(models.API).call("PATCH", resources+"tenants/access-tokens/v1/"+id, "{}"); a.status != http.StatusMethodNotAllowed {
			t.Errorf("PATCH of an access token: %d", a.status)
		}
	})
}

// A list longer than a page of the store is answered whole, each token once.
func TestDialect_ListsAreAnsweredWhole(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.acts(models.API)
		path := resources + "tenants/api-tokens/v1"
		want := map[string]bool{}
		for _, e := range items(t, p.call("GET", path, "")) {
			want[e["clientId"].(string)] = true
		}
		for range 411 {
			b.clock.pass(time.Millisecond)
			id, _ := p.call("POST", path, "{}").fields(t)["clientId"].(string)
			want[id] = true
		}
		last := ""
		for _, e := range items(t, p.call("GET", path, "")) {
			id, _ := e["clientId"].(string)
			at, _ := e["createdAt"].(string)
			if !want[id] || last != "" && at > last {
				t.Errorf("%s at %s is out of place", id, at)
			}
			delete(want, id)
			last = at
		}
		if len(want) != 0 {
			t.Errorf("%d are missing", len(want))
		}
	})
}
