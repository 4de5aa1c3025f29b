package handlers_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// walker is somebody who tries every door, with what they hold.
type walker struct {
	name        string
	userID      string
	tenantID    string
	operator    bool
	permissions models.PermissionSet
}

// walkers are a stranger, an account's admin, viewer and a member without a
// right to tokens, and an operator without an account.
func (w *world) walkers() []walker {
	w.t.Helper()
	vic := w.join1("vic@acme.example", w.acme.ID, "Viewer")
	rae := w.join1("rae@acme.example", w.acme.ID)
	w.must(w.signin.CreateOperator(w.t.Context(), system(), "op@latchkey.example", "Op", models.NewSecret("a long pass phrase of an operator")))
	op, err := w.store.UserByEmail(w.t.Context(), "op@latchkey.example")
	w.must(err)
	return []walker{
		{name: "stranger"},
		{name: "admin", userID: w.dana.UserID, tenantID: w.acme.ID, permissions: models.PermissionSet{"fe.secure.*"}},
		{name: "viewer", userID: vic.UserID, tenantID: w.acme.ID, permissions: models.PermissionSet{"fe.secure.read.*"}},
		{name: "member", userID: rae.UserID, tenantID: w.acme.ID},
		{name: "operator", userID: op.ID, operator: true},
	}
}

// visit is a fresh session of the walker's: the headers of a request with it,
// and a token for a form.
func (w *world) visit(who walker) (headers []string, token string) {
	w.t.Helper()
	headers = []string{"Content-Type", "application/x-www-form-urlencoded"}
	if who.userID == "" {
		return headers, ""
	}
	cookie, now := models.NewOpaque(), models.Stamp(w.clock.Now())
	secret := models.HashOpaque(models.NewOpaque().Reveal())
	w.must(w.store.CreateSession(w.t.Context(), models.Session{
		IDHash: models.HashOpaque(cookie.Reveal()), UserID: who.userID, TenantID: who.tenantID, CSRF: secret,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(time.Hour),
	}, models.NewEvent(models.Caller{Kind: models.Person, UserID: who.userID}, models.SignedIn, now)))
	// A token is mask || mask XOR secret; a mask of zeros does.
	token = base64.RawURLEncoding.EncodeToString(append(make([]byte, len(secret)), secret...))
	return append(headers, "Cookie", "latchkey_session="+cookie.Reveal()), token
}

// judged is what the table says of a walker at a route: 0 lets them in.
func judged(r web.Route, who walker) int {
	permission, byPermission := r.Access.Permission()
	switch {
	case r.Access == web.Open, r.Access == web.Public:
		return 0
	case who.userID == "" && r.Method == http.MethodGet:
		return http.StatusSeeOther
	case who.userID == "":
		return http.StatusForbidden
	case r.Access == web.Operator && !who.operator:
		return http.StatusNotFound
	case r.Access == web.Member && who.tenantID == "",
		byPermission && !who.permissions.Has(permission):
		return http.StatusForbidden
	}
	return 0
}

var parameter = regexp.MustCompile(`:[A-Za-z]+|\*`)

// address fills every parameter of a route's pattern.
func address(r web.Route, value string) string {
	return parameter.ReplaceAllString(r.Path, value)
}

func changes(r web.Route) bool { return r.Method != http.MethodGet }

// done counts the changes that were made so far.
func (w *world) done() int {
	w.t.Helper()
	w.lastEvent()
	return w.changes
}

// lastEvent is the number of the log's last event.
func (w *world) lastEvent() int64 {
	w.t.Helper()
	for _, e := range w.news() {
		if e.Outcome == models.Done && e.Action != models.SignedIn {
			w.changes++
		}
	}
	return w.seen
}

func TestRoutes_EveryoneAtEveryDoor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		walkers := w.walkers()
		unknown, err := uuid.NewV7()
		w.must(err)
		for _, r := range w.server.Routes() {
			for _, who := range walkers {
				before := w.done()
				headers, token := w.visit(who)
				a := w.send(r.Method, address(r, unknown.String()), "", headers...)
				want := judged(r, who)
				name := r.Method + " " + r.Path + " as " + who.name
				switch {
				case want == http.StatusSeeOther && (a.status != want || !strings.HasPrefix(a.header.Get("Location"), "/sign-in")),
					want != 0 && a.status != want:
					t.Errorf("%s: %d %s, want %d", name, a.status, a.header.Get("Location"), want)
				case want == 0 && a.status >= 500:
					t.Errorf("%s: %d %s", name, a.status, a.body)
				case want == 0 && !changes(r) && (a.status == http.StatusForbidden || strings.HasPrefix(a.header.Get("Location"), "/sign-in") && r.Access != web.Public):
					t.Errorf("%s is kept out: %d", name, a.status)
				case want == 0 && changes(r) && r.Access != web.Open && a.status != http.StatusForbidden:
					t.Errorf("%s passes without a form token: %d", name, a.status)
				}
				if changes(r) && w.done() != before {
					t.Errorf("%s changed something without a form token", name)
				}
				if want != 0 && changes(r) && who.userID != "" {
					// With a good token the answer is the same: it was not looked at.
					if a := w.send(r.Method, address(r, unknown.String()), "csrf="+token, headers...); a.status != want || w.done() != before {
						t.Errorf("%s with a token: %d", name, a.status)
					}
				}
				if a.header.Get("Content-Security-Policy") == "" || who.userID != "" && r.Access != web.Open && a.header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: headers %v", name, a.header)
				}
			}
		}
	})
}

func TestRoutes_RefusedChangesLeaveOneEventEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	walkers := w.walkers()
	for _, r := range w.server.Routes() {
		for _, who := range walkers {
			if !changes(r) || who.userID == "" || judged(r, who) == 0 {
				continue
			}
			last := w.lastEvent()
			headers, token := w.visit(who)
			w.send(r.Method, address(r, "x"), "csrf="+token, headers...)
			events, err := w.store.Events(t.Context(), last, 10)
			w.must(err)
			if len(events) != 2 || events[1].Outcome != models.Refused || events[1].Action != r.Action || events[1].ActorID != who.userID || events[1].RequestID == "" {
				t.Errorf("%s %s as %s left %+v", r.Method, r.Path, who.name, events)
			}
		}
	}
}

func TestRoutes_OfAHiddenModuleAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.must(w.accounts.UpdateModules(t.Context(), system(), models.Hidden, models.Hidden))
	who := walker{userID: w.dana.UserID, tenantID: w.acme.ID}
	for _, r := range w.server.Routes() {
		if r.Module == web.NoModule {
			continue
		}
		headers, token := w.visit(who)
		if a := w.send(r.Method, address(r, "x"), "csrf="+token, headers...); a.status != http.StatusNotFound {
			t.Errorf("%s %s: %d", r.Method, r.Path, a.status)
		}
	}
}

var (
	tokens43   = regexp.MustCompile(`[A-Za-z0-9_-]{43,}`)
	requestIDs = regexp.MustCompile(`[0-9a-f]{24}`)
)

// same is a body without what differs from one answer to the next.
func same(body, id string) string {
	body = strings.ReplaceAll(body, id, "ID")
	return requestIDs.ReplaceAllString(tokens43.ReplaceAllString(body, "TOKEN"), "REQUEST")
}

func TestRoutes_IdsOfAnotherAccountAreUnknownIds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		foreign := w.foreignTokens()
		unknown, err := uuid.NewV7()
		w.must(err)
		who := walker{userID: w.dana.UserID, tenantID: w.acme.ID}
		for _, r := range w.server.Routes() {
			if _, byPermission := r.Access.Permission(); !byPermission && r.Access != web.Member || !strings.Contains(r.Path, ":") {
				continue
			}
			headers, token := w.visit(who)
			nobody := w.send(r.Method, address(r, unknown.String()), "csrf="+token, headers...)
			ids := append([]string{"no-such-id", "%20", strings.ToUpper(foreign[0]), url.PathEscape("' OR 1=1 --"), "a%00b", "%ff"}, foreign...)
			for _, id := range ids {
				a := w.send(r.Method, address(r, id), "csrf="+token, headers...)
				if a.status != http.StatusNotFound || same(a.body, id) != same(nobody.body, unknown.String()) {
					t.Errorf("%s %s with %s: %d, an unknown id: %d", r.Method, r.Path, id, a.status, nobody.status)
				}
			}
		}
		for _, id := range foreign {
			if row, err := s.Token(t.Context(), w.globex.ID, id); err != nil || row.RevokedAt != nil {
				t.Errorf("token %s of the other account: %v %v", id, row.RevokedAt, err)
			}
		}
	})
}

// foreignTokens are ids of Globex: an API and a personal token of hank's.
func (w *world) foreignTokens() []string {
	w.t.Helper()
	hank := w.join1("hank@globex.example", w.globex.ID, "Admin", "Editor")
	mine, acme := w.dana, w.acme
	w.dana, w.acme = hank, w.globex
	ids := []string{
		w.mint(combination{models.API, models.AccessToken}, 0).Token.ID,
		w.mint(combination{models.Personal, models.AccessToken}, 0).Token.ID,
	}
	w.dana, w.acme = mine, acme
	return ids
}
