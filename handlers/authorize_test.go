package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

const authorizePath = "/v1/authorize"

// gatewayMethods are those that gateways ask with; HEAD is served like GET.
var gatewayMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// shown gives the headers by which a token's kind is shown.
func (w *world) shown(m tokens.Minted) []string {
	w.t.Helper()
	if m.Token.Kind == models.AccessToken {
		return []string{"X-API-KEY", m.Secret.Reveal()}
	}
	return []string{"Authorization", "Bearer " + w.exchange(m)}
}

// introduced is what an answer says about whom it lets through, in the order of
// introductions; an absent header is "-".
func introduced(a answer) []string {
	var said []string
	for _, name := range introductions {
		values, ok := a.header[name]
		if !ok {
			values = []string{"-"}
		}
		said = append(said, strings.Join(values, "|"))
	}
	return said
}

var introductions = []string{"X-Auth-Tenant", "X-Auth-Subject", "X-Auth-User", "X-Auth-Roles", "X-Auth-Permissions"}

// nobody is what every refusal introduces.
var nobody = []string{"-", "-", "-", "-", "-"}

func TestAuthorize_SaysWhoItLetsThroughByEveryMethod(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations() {
			m := w.mint(c, 90*24*time.Hour)
			want := []string{w.acme.ID, m.Token.ID, "", "Editor", "reports.read,reports.write"}
			if c.context == models.Personal {
				want = []string{w.acme.ID, m.Token.ID, w.dana.UserID, "Admin,Editor", "fe.secure.*,reports.read,reports.write"}
			}
			for _, method := range gatewayMethods {
				a := w.send(method, authorizePath, "", w.shown(m)...)
				if a.status != http.StatusOK || a.body != "" || a.header.Get("Cache-Control") != "no-store" || !slices.Equal(introduced(a), want) {
					t.Errorf("%v by %s: %d %q %v, want %v", c, method, a.status, a.body, a.header, want)
				}
			}
		}
	})
}

// What a token without roles may do is said, too: a gateway that found no header
// might hand on the client's own.
func TestAuthorize_SaysNothingInHeadersThatAreThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	m := w.sow(w.dana, models.API, models.AccessToken, "bare", 0)
	if a := w.send("GET", authorizePath, "", w.shown(m)...); a.status != http.StatusOK || !slices.Equal(introduced(a), []string{w.acme.ID, m.Token.ID, "", "", ""}) {
		t.Errorf("%d %v", a.status, a.header)
	}
}

func TestAuthorize_WhereACredentialMayBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	key := w.mint(combination{models.API, models.AccessToken}, 0).Secret.Reveal()
	bearer := w.exchange(w.mint(combination{models.API, models.ClientCredentials}, 0))
	const (
		unknown = `Bearer resource_metadata="` + publicURL + resourcePath + `"`
		invalid = `Bearer error="invalid_token"`
		twice   = `Bearer error="invalid_request"`
	)
	for name, row := range map[string]struct {
		headers   []string
		challenge string
		detail    string
	}{
		"nothing":       {nil, unknown, "Send an access token in X-API-KEY, or a JWT in Authorization: Bearer or DPoP."},
		"empty key":     {[]string{"X-API-KEY", ""}, unknown, "Send an access token in X-API-KEY, or a JWT in Authorization: Bearer or DPoP."},
		"Basic":         {[]string{"Authorization", "Basic " + bearer}, unknown, "Send an access token in X-API-KEY, or a JWT in Authorization: Bearer or DPoP."},
		"a cookie":      {[]string{"Cookie", "access_token=" + bearer}, unknown, "Send an access token in X-API-KEY, or a JWT in Authorization: Bearer or DPoP."},
		"garbage":       {[]string{"X-API-KEY", "garbage"}, invalid, "The credential is not valid."},
		"key as bearer": {[]string{"Authorization", "Bearer " + key}, invalid, "The credential is not valid."},
		"JWT as key":    {[]string{"X-API-KEY", bearer}, invalid, "The credential is not valid."},
		"both":          {[]string{"X-API-KEY", key, "Authorization", "Bearer " + bearer}, twice, "Send one credential: either X-API-KEY or Authorization, once."},
		"key and Basic": {[]string{"X-API-KEY", key, "Authorization", "Basic x"}, twice, "Send one credential: either X-API-KEY or Authorization, once."},
		"two keys":      {[]string{"X-API-KEY", key, "X-API-KEY", key}, twice, "Send one credential: either X-API-KEY or Authorization, once."},
	} {
		for _, method := range gatewayMethods {
			a := w.send(method, authorizePath, "", row.headers...)
			if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") != row.challenge || a.header.Get("Content-Type") != "application/problem+json" ||
				a.header.Get("Cache-Control") != "no-store" || !slices.Equal(introduced(a), nobody) {
				t.Errorf("%s by %s: %d %v", name, method, a.status, a.header)
			}
			if method != "HEAD" && a.fields(t)["detail"] != row.detail {
				t.Errorf("%s by %s: %s", name, method, a.body)
			}
		}
	}
}

func TestAuthorize_DemandsEveryRequirement(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		editor := w.mint(combination{models.API, models.AccessToken}, 0)
		client := w.mint(combination{models.API, models.ClientCredentials}, 0)
		admin := w.mint(combination{models.Personal, models.AccessToken}, 0)
		bare := w.sow(w.dana, models.API, models.AccessToken, "bare", 0)
		const yes = ""
		scope := func(keys string) string { return `Bearer error="insufficient_scope", scope="` + keys + `"` }
		none := `Bearer error="insufficient_scope"`
		for _, row := range []struct {
			who   tokens.Minted
			query string
			want  string
		}{
			{editor, "role=Editor", yes},
			{editor, "role=editor", none},
			{editor, "role=Admin", none},
			{editor, "role=Editor&role=Admin", none},
			{editor, "permission=reports.read", yes},
			{editor, "permission=reports%2Eread", yes},
			{editor, "permission=reports.read&permission=reports.write&role=Editor", yes},
			{editor, "permission=reports.read&permission=reports.delete", scope("reports.read reports.delete")},
			{editor, "permission=reports.read&role=Admin", scope("reports.read")},
			{editor, "permission=reports.*", scope("reports.*")},
			{editor, "permission=reports", scope("reports")},
			{editor, "permission=fe.secure.read.tenantApiTokens", scope("fe.secure.read.tenantApiTokens")},
			{client, "permission=reports.write&role=Editor", yes},
			{client, "permission=billing.read", scope("billing.read")},
			{admin, "role=Admin&role=Editor", yes},
			{admin, "permission=fe.secure.read.tenantApiTokens", yes},
			{admin, "permission=fe.secure.anything.below", yes},
			{admin, "permission=fe.secure.read.*", yes},
			{admin, "permission=fe.secure.%2A", yes},
			{admin, "permission=fe.secure", scope("fe.secure")},
			{admin, "permission=fe.*", scope("fe.*")},
			{bare, "role=Editor", none},
			{bare, "permission=reports.read", scope("reports.read")},
		} {
			a := w.send("GET", authorizePath+"?"+row.query, "", w.shown(row.who)...)
			if row.want == yes {
				if a.status != http.StatusOK || introduced(a)[1] != row.who.Token.ID {
					t.Errorf("%s: %d %s", row.query, a.status, a.body)
				}
				continue
			}
			if a.status != http.StatusForbidden || a.header.Get("WWW-Authenticate") != row.want || !slices.Equal(introduced(a), nobody) ||
				a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("Cache-Control") != "no-store" ||
				a.fields(t)["detail"] != "The credential doesn't hold what this address demands." {
				t.Errorf("%s: %d %v %s", row.query, a.status, a.header, a.body)
			}
		}
	})
}

// A requirement that isn't one lets nobody in, not even who holds everything.
func TestAuthorize_ABadRequirementIsNeverNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	admin := w.mint(combination{models.Personal, models.AccessToken}, 0)
	first := ""
	for _, query := range []string{
		"", "&", "=", "role", "role=", "permission", "permission=", "permission=&role=Editor", "role=Editor&", "&role=Editor", "role=Editor&&role=Admin",
		"roles=Editor", "permissions=reports.read", "Role=Editor", "PERMISSION=reports.read", "perm=reports.read", "scope=reports.read", "role[]=Editor",
		"%72ole=Editor", "role%20=Editor", " role=Editor", "role=Editor;permission=reports.read", "q=1", "role=Editor&q=1",
		"role=Editor,Admin", "role=Editor%20", "role=+Editor", "role=%00", "role=%ff", "role=Editor%0d%0aX-Auth-User:%20x", "role=%zz", "role=%",
		"role=1st", "role=r%C3%B4le", "role=$role", "role={role}", "role=*", "role=" + strings.Repeat("a", 65),
		"permission=*", "permission=*.read", "permission=reports*", "permission=fe.secure..read", "permission=.fe", "permission=fe.", "permission=fe.secure.a,b",
		"permission=fe.secure.a%20b", "permission=fe.secure.%22", "permission=fe.secure." + strings.Repeat("a", 120),
	} {
		for name, headers := range map[string][]string{"the admin": w.shown(admin), "a stranger": nil} {
			a := w.send("GET", "/v1/authorize?"+strings.ReplaceAll(query, " ", "%20"), "", headers...)
			if first == "" {
				first = a.bare()
			}
			if a.status != http.StatusForbidden || a.bare() != first || !slices.Equal(introduced(a), nobody) || a.header.Get("WWW-Authenticate") != "" {
				t.Errorf("?%s for %s: %d %v %s", query, name, a.status, a.header, a.body)
			}
		}
	}
	if !strings.Contains(first, "The gateway's requirements can't be read") {
		t.Error(first)
	}
}

// Nothing that a client sends along counts, whatever of it the gateway passes on.
func TestAuthorize_NothingOfTheClientsCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	editor := w.mint(combination{models.API, models.AccessToken}, 0)
	forged := []string{
		"X-Auth-Tenant", w.globex.ID, "X-Auth-Subject", "x", "X-Auth-User", w.dana.UserID, "X-Auth-Roles", "Admin", "X-Auth-Permissions", "fe.secure.*",
		"X-Original-Url", authorizePath, "X-Original-Uri", "/?role=Editor", "X-Original-Method", "GET", "X-Rewrite-Url", authorizePath,
		"X-Forwarded-Uri", authorizePath, "X-Forwarded-Method", "GET", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "X-Http-Method-Override", "GET",
		"Content-Type", "application/x-www-form-urlencoded", "Cookie", "role=Editor",
	}
	const body = "role=Editor&permission=reports.read"
	for _, method := range gatewayMethods {
		plain, clever := w.send(method, authorizePath, "", w.shown(editor)...), w.send(method, authorizePath, body, append(forged, w.shown(editor)...)...)
		if clever.status != http.StatusOK || !slices.Equal(introduced(clever), introduced(plain)) {
			t.Errorf("%s: %d %v", method, clever.status, clever.header)
		}
		if a := w.send(method, authorizePath+"?role=Admin", body, append(forged, w.shown(editor)...)...); a.status != http.StatusForbidden {
			t.Errorf("%s lets a liar in: %d", method, a.status)
		}
		if a := w.send(method, authorizePath, body, forged...); a.status != http.StatusUnauthorized || strings.Contains(a.header.Get("WWW-Authenticate"), "evil") {
			t.Errorf("%s lets nobody in: %d %v", method, a.status, a.header)
		}
	}
	// Every 2xx means yes to a gateway: the neighbours of the address say no.
	for _, at := range []string{authorizePath + "/", authorizePath + "/reports", authorizePath + "%2f", authorizePath + "%3Frole=Editor", "/v1/Authorize", "/v1//authorize", "/v1/./authorize"} {
		for _, method := range append(gatewayMethods, "TRACE", "PROPFIND") {
			if a := w.send(method, at, "", w.shown(editor)...); a.status != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, at, a.status)
			}
		}
	}
	for _, method := range []string{"TRACE", "PROPFIND", "REPORT", "ANYTHING"} {
		if a := w.send(method, authorizePath, "", w.shown(editor)...); a.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, a.status)
		}
	}
}

func TestAuthorize_CountsAsUseFromTheClientsAddressAndWritesNothing(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		m, idle := w.mint(combination{models.API, models.AccessToken}, 0), w.mint(combination{models.API, models.AccessToken}, 0)
		before := l.rows()
		for _, query := range []string{"", "?role=Editor"} {
			if a := w.sendFrom("10.0.0.1:80", "POST", authorizePath+query, "", "X-API-KEY", m.Secret.Reveal(), "X-Forwarded-For", "203.0.113.7", "User-Agent", "job/1"); a.status != http.StatusOK {
				l.t.Fatal(a.body)
			}
		}
		w.send("GET", authorizePath+"?roles=Editor", "", "X-API-KEY", idle.Secret.Reveal())
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("asking wrote:\n%s", changed)
		}
		w.must(w.tokens.Flush(l.t.Context()))
		row, err := w.store.Token(l.t.Context(), w.acme.ID, m.Token.ID)
		w.must(err)
		if !row.Used() || row.LastUsedIP != "203.0.113.7" || row.LastUsedAgent != "job/1" {
			l.t.Errorf("%v %q %q", row.LastUsedAt, row.LastUsedIP, row.LastUsedAgent)
		}
		row, err = w.store.Token(l.t.Context(), w.acme.ID, idle.Token.ID)
		w.must(err)
		if row.Used() {
			l.t.Error("a gateway's fault counts as a use")
		}
		if log := w.log.String(); strings.Contains(log, m.Secret.Reveal()) || strings.Contains(log, "role=") {
			l.t.Error("the log holds a secret or a query")
		}
	})
}

// Rights that change are in force at the next question.
func TestAuthorize_RightsAreThoseOfNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		client := w.mint(combination{models.API, models.ClientCredentials}, time.Hour)
		shown := w.shown(client)
		ask := func(query string) answer { return w.send("GET", authorizePath+query, "", shown...) }
		if a := ask("?permission=reports.write"); a.status != http.StatusOK {
			t.Fatal(a.body)
		}
		_, err := w.accounts.UpdateRole(t.Context(), system(), w.roles["Editor"], accounts.RoleInput{Key: "Editor", Name: "Editor", Permissions: []string{"reports.read"}})
		w.must(err)
		if a := ask("?permission=reports.write"); a.status != http.StatusForbidden {
			t.Errorf("with what was taken away: %d", a.status)
		}
		if a := ask("?permission=reports.read"); a.status != http.StatusOK || a.header.Get("X-Auth-Permissions") != "reports.read" {
			t.Errorf("%d %v", a.status, a.header)
		}
		w.clock.pass(time.Hour)
		if a := ask(""); a.status != http.StatusUnauthorized || a.fields(t)["detail"] != "The token has expired." || a.header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
			t.Errorf("expired: %d %v %s", a.status, a.header, a.body)
		}
	})
}

// No form makes such a key. One that got into the database all the same forges no
// header, nor does a gateway let its holder in.
func TestAuthorize_NoKeyForgesAHeader(t *testing.T) {
	eachRaw(t, func(t *testing.T, w *world, db *raw) {
		editor, admin := w.mint(combination{models.API, models.AccessToken}, 0), w.mint(combination{models.Personal, models.AccessToken}, 0)
		for _, key := range []string{"Editor,Admin", "Editor\r\nX-Auth-User: x", "Editor Admin", "Éditor"} {
			if _, err := db.db.ExecContext(t.Context(), "UPDATE roles SET key = '"+key+"' WHERE id = '"+w.roles["Editor"]+"'"); err != nil {
				t.Fatal(err)
			}
			for _, m := range []tokens.Minted{editor, admin} {
				a := w.send("GET", authorizePath, "", w.shown(m)...)
				if a.status != http.StatusInternalServerError || !slices.Equal(introduced(a), nobody) {
					t.Errorf("%q: %d %v", key, a.status, a.header)
				}
			}
		}
	})
}
