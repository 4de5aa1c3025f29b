package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/handlers"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// reader is who may open every page of the route.
func (b *bench) reader(r web.Route) walker {
	if r.Access == web.Operator {
		return b.operator()
	}
	return b.admin()
}

// page is the address of a page that is there.
func (b *bench) page(r web.Route) string {
	b.t.Helper()
	path := strings.NewReplacer(":userId", b.dana.UserID).Replace(r.Path)
	id := ""
	switch {
	case !strings.Contains(path, ":"):
	case strings.HasPrefix(path, "/console/accounts"):
		id = b.acme.ID
	case strings.HasPrefix(path, "/console/roles"):
		id = b.roles["Editor"]
	case strings.HasPrefix(path, "/console/permissions"):
		all, err := b.store.Permissions(b.t.Context())
		b.must(err)
		id = all[len(all)-1].ID
	case strings.HasPrefix(path, "/console/keys/signing"):
		id = b.signingKey()
	case strings.HasPrefix(path, "/console/keys"):
		id = b.vendorKey().Key.ID
	case strings.HasPrefix(path, "/account/tokens/bulk"):
		id = b.begin(b.dana, models.Personal).ID
	case strings.HasPrefix(path, "/workspace/tokens/bulk"):
		id = b.begin(b.dana, models.API).ID
	case strings.HasPrefix(path, "/account/tokens"):
		id = b.mint(combination{models.Personal, models.AccessToken}, 0).Token.ID
	case strings.HasPrefix(path, "/workspace/tokens"):
		id = b.mint(combination{models.API, models.AccessToken}, 0).Token.ID
	case strings.HasPrefix(path, "/portal-link"):
		id = b.handOver(b.dana)
	default:
		m := b.person(b.acme.ID)
		code, _, err := b.accounts.NewPasswordLink(b.t.Context(), system(), m.TenantID, m.UserID)
		b.must(err)
		id = code.Reveal()
	}
	return parameter.ReplaceAllString(path, id)
}

func TestPages_AtBadAddressesAreRefusedInASentence(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		operator, admin := b.operator(), b.admin()
		headersOf := map[string][]string{}
		for _, who := range []walker{operator, admin} {
			headersOf[who.name], _ = b.visit(who)
		}
		for _, r := range w.server.Routes() {
			if r.Method != http.MethodGet || unguarded(r) || r.Access.ForPrograms() {
				continue
			}
			path, headers := b.page(r), headersOf[b.reader(r).name]
			before := l.rows()
			var attempts []attempt
			for _, bad := range []string{"q=%ff", "%ff=q", "q=%00", "after=a%00b", "next=%zz", "q=%", "q=%c3%28", "q=a&q=b", "after=a&after=a", strings.Repeat("x&", 1001)} {
				attempts = append(attempts, attempt{name: "with " + bad, path: path + "?" + bad, status: 400, says: "error.badForm.title"})
			}
			b.refuseAll(http.MethodGet, r.Path, path, append(attempts, b.strays(r.Path, path, "", l.sqlite)...), headers)
			for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
				b.refuseAll(method, r.Path, path, []attempt{{status: 405, says: "error.method.title"}}, headers)
			}
			if a := b.send(http.MethodGet, path, "", headers...); a.status != http.StatusOK && a.status != http.StatusSeeOther {
				l.t.Errorf("GET %s: %d", r.Path, a.status)
			}
			if changed := difference(before, l.rows()); changed != "" {
				l.t.Errorf("GET %s changed the database:\n%s", r.Path, changed)
			}
		}
	})
}

func TestPages_OfBadSearchesAndPlacesSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		m := b.mint(combination{models.API, models.AccessToken}, 0)
		places := []string{"nonsense", "AAAA", "AAAAAAAAAAA", "-1", strings.Repeat("A", 1<<20), "____________", "f39_f39_f39_f39_f39_", uuid.NewString(), w.globex.ID}
		long := []string{strings.Repeat("a", 201), strings.Repeat("%F0%9F%94%91", 201), strings.Repeat("a", 1<<20)}
		controls := []string{"a%0Ab", "a%0D%0ASet-Cookie:%20x", "a%1Bb"}
		headers, _ := b.visit(b.admin())
		for _, list := range []string{"/account/tokens", "/workspace/tokens"} {
			var attempts []attempt
			for _, bad := range append(long, controls...) {
				attempts = append(attempts, attempt{name: "search", path: list + "?q=" + bad, status: 400, says: "error.badSearch.title"})
			}
			for _, bad := range places {
				attempts = append(attempts,
					attempt{name: "place " + bad, path: list + "?after=" + bad, status: 400, says: "error.badPage.title"},
					attempt{name: "place " + bad, path: list + "?before=" + bad, status: 400, says: "error.badPage.title"})
			}
			attempts = append(attempts, attempt{name: "key", path: list + "?q=" + m.Secret.Reveal(), status: 400, says: "error.secret.title"})
			b.refuseAll(http.MethodGet, list, list, attempts, headers)
		}
		headers, _ = b.visit(b.operator())
		var attempts []attempt
		for _, bad := range long {
			attempts = append(attempts, attempt{name: "search", path: "/console/accounts?q=" + bad, status: 422, says: "console.problem.tooLong"})
		}
		for _, bad := range controls {
			attempts = append(attempts, attempt{name: "search", path: "/console/accounts?q=" + bad, status: 422, says: "console.problem.characters"})
		}
		for _, bad := range places[:len(places)-1] {
			attempts = append(attempts, attempt{name: "place " + bad, path: "/console/accounts?after=" + bad, status: 404, says: "error.notFound.title"})
		}
		b.refuseAll(http.MethodGet, "/console/accounts", "/console/accounts", attempts, headers)
	})
}

// The dialect's second home must not hide a page, nor a page it.
func TestTaken_IsWhatEachAddressBeginsWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	for _, r := range w.server.Routes() {
		first, _, _ := strings.Cut(r.Path[1:], "/")
		if taken := handlers.Taken(first); taken != (first != "" && first != "frontegg") {
			t.Errorf("%s begins with %q: taken is %t", r.Path, first, taken)
		}
	}
}
