package handlers_test

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

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

// walkers are a stranger, Acme's admin, its viewer and a member without a right
// to tokens, an operator without an account, and the admin of another account.
func (w *world) walkers() []walker {
	w.t.Helper()
	vic := w.join1("vic@acme.example", w.acme.ID, "Viewer")
	rae := w.join1("rae@acme.example", w.acme.ID)
	hank := w.join1("hank@globex.example", w.globex.ID, "Admin", "Editor")
	w.must(w.signin.CreateOperator(w.t.Context(), system(), "op@latchkey.example", "Op", models.NewSecret("a long pass phrase of an operator")))
	op, err := w.store.UserByEmail(w.t.Context(), "op@latchkey.example")
	w.must(err)
	return []walker{
		{name: "stranger"},
		{name: "admin", userID: w.dana.UserID, tenantID: w.acme.ID, permissions: models.PermissionSet{"fe.secure.*"}},
		{name: "viewer", userID: vic.UserID, tenantID: w.acme.ID, permissions: models.PermissionSet{"fe.secure.read.*"}},
		{name: "member", userID: rae.UserID, tenantID: w.acme.ID},
		{name: "operator", userID: op.ID, operator: true},
		{name: "neighbour", userID: hank.UserID, tenantID: w.globex.ID, permissions: models.PermissionSet{"fe.secure.*"}},
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
	case unguarded(r), r.Access == web.Public:
		return 0
	case r.Access.ForPrograms():
		return http.StatusUnauthorized // a cookie counts for nothing
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

// unguarded tells whether the portal's session counts for nothing on a route and the
// handler judges whoever comes.
func unguarded(r web.Route) bool { return r.Access == web.Open || r.Access == web.Cookie }

var parameter = regexp.MustCompile(`:[A-Za-z]+|\*`)

// address fills every parameter of a route's pattern.
func address(r web.Route, value string) string {
	return parameter.ReplaceAllString(r.Path, value)
}

// changes tells whether a route may change something. A gateway's question never
// does, whatever its method.
func changes(r web.Route) bool { return r.Method != http.MethodGet && r.Path != authorizePath }

// done counts the changes that were made so far. A sign-in and an export are in
// the log and are none.
func (w *world) done() int {
	w.t.Helper()
	w.lastEvent()
	return w.changes
}

// lastEvent is the number of the log's last event.
func (w *world) lastEvent() int64 {
	w.t.Helper()
	for _, e := range w.news() {
		if e.Outcome == models.Done && e.Action != models.SignedIn && e.Action != models.TokensExported {
			w.changes++
		}
	}
	return w.seen
}

// visits are one session for each walker, by their name.
func (w *world) visits(walkers []walker) (headers map[string][]string, tokens map[string]string) {
	w.t.Helper()
	headers, tokens = map[string][]string{}, map[string]string{}
	for _, who := range walkers {
		headers[who.name], tokens[who.name] = w.visit(who)
	}
	return headers, tokens
}

// acmes are the ids of Acme's own things, by the beginning of the routes that
// they are for. The personal token is dana's.
func (w *world) acmes() map[string]string {
	w.t.Helper()
	permissions, err := w.store.Permissions(w.t.Context())
	w.must(err)
	return map[string]string{
		"/account/tokens":        w.mint(combination{models.Personal, models.AccessToken}, 0).Token.ID,
		"/account/tokens/bulk":   w.begin(w.dana, models.Personal).ID,
		"/workspace/tokens":      w.mint(combination{models.API, models.AccessToken}, 0).Token.ID,
		"/workspace/tokens/bulk": w.begin(w.dana, models.API).ID,
		"/console/accounts":      w.acme.ID,
		"/console/roles":         w.roles["Editor"],
		"/console/permissions":   permissions[0].ID,
		"/console/keys":          w.vendorKey().Key.ID,
		"/console/keys/signing":  w.signingKey(),
	}
}

// signingKey is the id of the RS256 key that signs.
func (w *world) signingKey() string {
	w.t.Helper()
	rows, err := w.keys.List(w.t.Context(), system())
	w.must(err)
	return rows[0].ID
}

func (w *world) acmesAddress(r web.Route, ids map[string]string) string {
	path, of := strings.ReplaceAll(r.Path, ":userId", w.dana.UserID), ""
	for prefix := range ids {
		if strings.HasPrefix(path, prefix) && len(prefix) > len(of) {
			of = prefix
		}
	}
	if of != "" {
		path = strings.ReplaceAll(path, ":id", ids[of])
	}
	return parameter.ReplaceAllString(path, "no-such-code")
}

func TestRoutes_EveryoneAtEveryDoor(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		walkers := w.walkers()
		headers, tokens := w.visits(walkers)
		acmes := w.acmes()
		unknown, err := uuid.NewV7()
		w.must(err)
		before := l.rows()
		for _, r := range w.server.Routes() {
			for _, who := range walkers {
				name := r.Method + " " + r.Path + " as " + who.name
				at, want := w.acmesAddress(r, acmes), judged(r, who)
				a := w.send(r.Method, at, "", headers[who.name]...)
				nobodys := w.send(r.Method, address(r, unknown.String()), "", headers[who.name]...)
				switch {
				case want == http.StatusSeeOther:
					if a.status != want || !strings.HasPrefix(a.header.Get("Location"), "/sign-in") {
						l.t.Errorf("%s: %d %s", name, a.status, a.header.Get("Location"))
					}
				case want != 0:
					// An id is not looked up for somebody who may not come in.
					if a.status != want || a.bare() != nobodys.bare() {
						l.t.Errorf("%s: %d, with unknown ids %d, want %d", name, a.status, nobodys.status, want)
					}
					if changes(r) && who.userID != "" {
						// With a good token the answer is the same: it was not looked at.
						if b := w.send(r.Method, at, "csrf="+tokens[who.name], headers[who.name]...); b.bare() != a.bare() {
							l.t.Errorf("%s with a token: %d", name, b.status)
						}
					}
				case !changes(r):
					w.opened(l.t, name, r, who, a, nobodys)
				case !unguarded(r) && a.status != http.StatusForbidden:
					l.t.Errorf("%s passes without a form token: %d", name, a.status)
				}
				if a.header.Get("Content-Security-Policy") == "" || who.userID != "" && !unguarded(r) && a.header.Get("Cache-Control") != "no-store" {
					l.t.Errorf("%s: headers %v", name, a.header)
				}
				w.silent(l.t, name, who, a.text(), acmes)
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("looking in changed the database:\n%s", changed)
		}
	})
}

// opened judges what somebody sees at a page that they may open: their own
// things, and of another account's none.
func (w *world) opened(t *testing.T, name string, r web.Route, who walker, a, nobodys answer) {
	t.Helper()
	switch {
	case unguarded(r):
		if a.status >= http.StatusInternalServerError {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	case strings.Contains(r.Path, ":code"), strings.Contains(r.Path, ":id") && who.tenantID == w.globex.ID,
		strings.HasPrefix(r.Path, "/account/tokens/") && strings.Contains(r.Path, ":id") && who.userID != w.dana.UserID:
		if a.status != http.StatusNotFound || a.bare() != nobodys.bare() {
			t.Errorf("%s: %d, with unknown ids %d", name, a.status, nobodys.status)
		}
	case a.status != http.StatusOK && a.status != http.StatusSeeOther,
		a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/sign-in"):
		t.Errorf("%s is kept out: %d %s", name, a.status, a.header.Get("Location"))
	}
}

// silent fails the test when a page tells somebody of what is not theirs to know.
func (w *world) silent(t *testing.T, name string, who walker, text string, acmes map[string]string) {
	t.Helper()
	secrets := []string{acmes["/account/tokens"], acmes["/account/tokens/bulk"]}
	switch {
	case who.name == "admin":
		return
	case who.operator:
		secrets = append(secrets, acmes["/workspace/tokens"], acmes["/workspace/tokens/bulk"])
	case who.tenantID != w.acme.ID:
		secrets = append(secrets, acmes["/workspace/tokens"], acmes["/workspace/tokens/bulk"], w.acme.ID, w.acme.Name, w.dana.UserID, w.dana.User.Email)
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s tells of %s", name, secret)
		}
	}
}

func TestRoutes_RefusedChangesLeaveOneEventEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	walkers := w.walkers()
	headers, tokens := w.visits(walkers)
	for _, r := range w.server.Routes() {
		for _, who := range walkers {
			if !changes(r) || who.userID == "" || judged(r, who) == 0 || r.Access.ForPrograms() {
				continue
			}
			w.news()
			w.send(r.Method, address(r, "x"), "csrf="+tokens[who.name], headers[who.name]...)
			events := w.news()
			if len(events) != 1 || events[0].Outcome != models.Refused || events[0].Action != r.Action || events[0].ActorID != who.userID || events[0].RequestID == "" {
				t.Errorf("%s %s as %s left %+v", r.Method, r.Path, who.name, events)
			}
		}
	}
}

func TestRoutes_OfAHiddenModuleAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.must(w.accounts.UpdateModules(t.Context(), system(), new(models.Hidden), new(models.Hidden)))
	who, dana := walker{userID: w.dana.UserID, tenantID: w.acme.ID}, newBench(w).comes(w.dana)
	for _, r := range w.server.Routes() {
		if r.Module == web.NoModule {
			continue
		}
		headers, token := w.visit(who)
		if r.Access.ForPrograms() {
			headers = dana.headers
		}
		if a := w.send(r.Method, address(r, "x"), "csrf="+token, headers...); a.status != http.StatusNotFound {
			t.Errorf("%s %s: %d", r.Method, r.Path, a.status)
		}
	}
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
