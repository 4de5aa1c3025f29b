package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// fieldNames are those of every form, and some that no form has.
func fieldNames() []string {
	return []string{
		"description", "roles", "expires", "form", "name", "email", "key", "permissions", "m2m", "kind", "enabled", "visibility",
		"apiTokens", "personalTokens", "password", "current", "next", "tenant", "q", "after", "before", "code",
		"tenant_id", "user_id", "is_operator", "id", "created_by",
	}
}

// form gives every field the value, and the token first.
func form(token, value string) string {
	var b strings.Builder
	b.WriteString("csrf=" + token)
	for _, name := range fieldNames() {
		b.WriteString("&" + name + "=" + value)
	}
	return b.String()
}

// real fills a route's parameters with ids that exist.
func (w *world) real(r web.Route, tokenID string) string {
	id := tokenID
	switch {
	case strings.HasPrefix(r.Path, "/console/accounts"):
		id = w.acme.ID
	case strings.HasPrefix(r.Path, "/console/roles"):
		id = w.roles["Editor"]
	}
	path := strings.ReplaceAll(r.Path, ":userId", w.dana.UserID)
	return parameter.ReplaceAllString(path, id)
}

// mighty are those who together pass at every door.
func (w *world) mighty() []walker {
	w.t.Helper()
	all := w.walkers()
	return []walker{all[0], all[1], all[len(all)-1]}
}

func TestRoutes_BadInputIsNeverOurFault(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		walkers := w.mighty()
		tokenID := w.mint(combination{models.API, models.AccessToken}, 0).Token.ID
		values := []string{"", strings.Repeat("a", 1500), "-1", "99999999999999999999", "null", "true", url.QueryEscape("<script>'\"; --"), "%F0%9F%94%91%E2%80%AE", "%0d%0aSet-Cookie:%20x", w.globex.ID}
		for _, who := range walkers {
			for _, r := range w.server.Routes() {
				if judged(r, who) != 0 || r.Access == web.Open {
					continue
				}
				path := w.real(r, tokenID)
				name := r.Method + " " + r.Path + " as " + who.name
				headers, token := w.visit(who)
				for _, value := range values {
					body, target := form(token, value), path
					if !changes(r) {
						body, target = "", path+"?q="+value+"&after="+value+"&next="+value+"&notice="+value
					}
					if a := w.send(r.Method, target, body, headers...); a.status >= http.StatusInternalServerError || a.header.Get("Set-Cookie") == "x" {
						t.Errorf("%s with %.40q: %d %s", name, value, a.status, a.body)
					}
				}
			}
		}
	})
}

func TestRoutes_UnreadableInputChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		walkers := w.mighty()
		tokenID := w.mint(combination{models.API, models.AccessToken}, 0).Token.ID
		for _, who := range walkers {
			for _, r := range w.server.Routes() {
				if judged(r, who) != 0 || r.Access == web.Open {
					continue
				}
				path, before := w.real(r, tokenID), w.done()
				name := r.Method + " " + r.Path + " as " + who.name
				headers, token := w.visit(who)
				for bad, want := range map[string]int{
					"name=%ff": 400, "name=a%00b": 400, "name=%zz": 400, "name=a&name=b": 400,
					"name=" + strings.Repeat("a", 1<<20): 413,
				} {
					body, target := "csrf="+token+"&"+bad, path
					if !changes(r) {
						if want == 413 {
							continue
						}
						body, target = "", path+"?"+bad
					}
					if a := w.send(r.Method, target, body, headers...); a.status != want {
						t.Errorf("%s with %.40q: %d, want %d", name, bad, a.status, want)
					}
				}
				if w.done() != before {
					t.Errorf("%s changed something", name)
				}
			}
		}
	})
}
