package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// several makes n tokens of dana's, a second apart, named by their numbers.
func (w *world) several(in models.Context, name string, n int) []tokens.Minted {
	w.t.Helper()
	var roles []string
	if in == models.API {
		roles = []string{"Editor"}
	}
	all := make([]tokens.Minted, n)
	for i := range all {
		w.clock.pass(time.Second)
		all[i] = w.sow(w.dana, in, models.AccessToken, fmt.Sprintf("%s %d", name, i), 0, roles...)
	}
	return all
}

// choose sends the list's form as a browser does when the boxes of the tokens are checked
// and one of its buttons is pressed.
func (b *browser) choose(action models.BulkAction, all ...tokens.Minted) answer {
	b.t.Helper()
	values := []string{"action", string(action)}
	for _, m := range all {
		if box := b.doc().Find(`tbody input[name="tokens"][value="` + m.Token.ID + `"]`); box.Length() != 1 {
			b.t.Fatalf("%s has %d boxes", m.Token.Description, box.Length())
		}
		values = append(values, "tokens", m.Token.ID)
	}
	return b.submit("", values...)
}

// work does what was begun, to its end.
func (w *world) work() {
	w.t.Helper()
	for worked := true; worked; {
		var err error
		worked, err = w.tokens.WorkBulk(w.t.Context())
		w.must(err)
	}
}

// tally counts the changes since the last look by what they were.
func (w *world) tally() map[models.Action]int {
	w.t.Helper()
	counts := map[models.Action]int{}
	for _, e := range w.news() {
		if e.Outcome == models.Done {
			counts[e.Action]++
		}
	}
	return counts
}

func TestBulk_DoesToTheChosenTokensWhatWasConfirmed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.as(w.dana)
		for _, p := range places() {
			for action, does := range map[models.BulkAction]struct {
				ask, progress, done string
				event               models.Action
			}{
				models.BulkDelete:  {"Delete 3 tokens", "0 of 3 deleted", "3 of 3 deleted", models.TokenDeleted},
				models.BulkDisable: {"Disable 3 tokens", "0 of 3 disabled", "3 of 3 disabled", models.TokenDisabled},
			} {
				all := w.several(p.context, string(action), 4)
				w.whoami(all[1])
				w.must(w.tokens.Flush(t.Context()))
				b.open(p.path)
				w.news()
				b.choose(action, all[:3]...)
				b.says(http.StatusOK, does.ask+"?", "1 of 3 was used in the last 24 hours.", string(action)+" 2", string(action)+" 0", "Type 3 to confirm")
				if strings.Contains(b.mainText(), string(action)+" 3") {
					t.Errorf("%s: a token is named that was not chosen: %s", p.path, b.mainText())
				}

				b.submit("", "count", "4")
				b.says(http.StatusUnprocessableEntity, does.ask+"?", "That isn’t the number: it is 3")
				if _, kept := b.form(""); len(kept["tokens"]) != 3 || kept.Get("action") != string(action) || kept.Get("count") != "4" {
					t.Errorf("the choice is lost: %v", kept)
				}
				if news := w.news(); len(news) != 0 || w.whoami(all[0]).status != http.StatusOK {
					t.Errorf("a wrong number left %+v", news)
				}

				a := b.submit("", "count", " 3 ")
				progress := a.header.Get("Location")
				if a.status != http.StatusSeeOther || !strings.HasPrefix(progress, p.path+"/bulk/") {
					t.Fatalf("%d %v: %s", a.status, a.header, b.mainText())
				}
				b.says(http.StatusOK, does.progress, "Begins in a moment.")
				w.work()
				b.open(progress)
				b.says(http.StatusOK, does.done, "Back to the list")
				if n := b.doc().Find("[data-reload], main form").Length(); n != 0 {
					t.Error("what is over goes on")
				}
				if got := w.tally(); got[models.BulkStarted] != 1 || got[does.event] != 3 || got[models.BulkEnded] != 1 || len(got) != 3 {
					t.Errorf("%s at %s left %v", action, p.path, got)
				}
				for i, m := range all {
					want := http.StatusUnauthorized
					if i == 3 {
						want = http.StatusOK
					}
					if a := w.whoami(m); a.status != want {
						t.Errorf("%s after the bulk: %d", m.Token.Description, a.status)
					}
				}
				b.open(p.path)
				off := b.doc().Find(`tbody tr:contains("Disabled")`).Length()
				if strings.Contains(b.names(), string(action)+" 0") != (action == models.BulkDisable) || action == models.BulkDisable && off < 3 {
					t.Errorf("the list after it: %s, %d disabled", b.names(), off)
				}
			}
		}
	})
}

func TestBulk_AllThatMatchAreCountedAnewWhenItBegins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := w.several(models.API, "other", 2)
		w.several(models.API, "export", 52)
		b := w.as(w.dana)
		b.open("/workspace/tokens?q=export&sort=description")
		b.says(http.StatusOK, "All 52 that match")
		b.submit("", "action", "disable", "all", "1")
		b.says(http.StatusOK, "Disable 52 tokens?", "and 47 more", "None of them was used in the last 24 hours.")
		if back := b.doc().Find(`main a:contains("Keep them")`).AttrOr("href", ""); back != "/workspace/tokens?q=export&sort=description" {
			t.Errorf("Cancel leads to %q", back)
		}
		w.several(models.API, "export", 1)
		w.news()
		b.submit("", "count", "52")
		b.says(http.StatusUnprocessableEntity, "Disable 53 tokens?", "That isn’t the number: it is 53")
		if got := w.news(); len(got) != 0 {
			t.Errorf("the old number left %+v", got)
		}
		a := b.submit("", "count", "53")
		later := w.several(models.API, "export", 1)
		w.work()
		b.open(a.header.Get("Location"))
		b.says(http.StatusOK, "53 of 53 disabled")
		for _, m := range append(other, later...) {
			if a := w.whoami(m); a.status != http.StatusOK {
				t.Errorf("%s: %d", m.Token.Description, a.status)
			}
		}
		b.open("/workspace/tokens?q=export&state=disabled")
		b.says(http.StatusOK, "1–50 of 53")
	})
}

func TestBulk_OneFormBeginsOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := w.several(models.API, "job", 3)
		b := w.as(w.dana)
		b.open("/workspace/tokens")
		b.choose(models.BulkDelete, all...)
		action, form := b.form("")
		form.Set("count", "3")
		w.news()
		var sent sync.WaitGroup
		answers := make([]answer, 8)
		dan := w.dan()
		for i := range answers {
			fields := url.Values{"csrf": {dan.token}}
			for name, values := range form {
				if name != "csrf" {
					fields[name] = values
				}
			}
			sent.Go(func() { answers[i] = dan.send(http.MethodPost, action, fields.Encode(), dan.headers...) })
		}
		sent.Wait()
		w.work()
		b.page = b.request(http.MethodPost, action, form.Encode())
		for _, a := range append(answers, b.page) {
			if at := a.header.Get("Location"); a.status != http.StatusSeeOther || at == "" || at != b.page.header.Get("Location") {
				t.Errorf("%d %s", a.status, at)
			}
		}
		if got := w.tally(); got[models.BulkStarted] != 1 || got[models.TokenDeleted] != 3 {
			t.Errorf("events %v", got)
		}
	})
}

// Rule 4: what is not offered is refused, too.
func TestBulk_IsForThoseWhoMayDoItToOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.role("Clerk", models.ReadTenantTokens, models.WriteTenantTokens)
		w.role("Cleaner", models.ReadTenantTokens, models.DeleteTenantTokens)
		for role, may := range map[string][]models.BulkAction{
			"Viewer": nil, "Clerk": {models.BulkDisable}, "Cleaner": {models.BulkDelete}, "Admin": {models.BulkDisable, models.BulkDelete},
		} {
			all := w.several(models.API, role, 2)
			m := w.join1(strings.ToLower(role)+"@acme.example", w.acme.ID, role)
			b, seat := w.as(m), w.seatOf(m)
			b.open("/workspace/tokens")
			offers := b.doc().Find(`main button[name="action"]`).Map(func(_ int, button *goquery.Selection) string { return button.AttrOr("value", "") })
			if boxes := b.doc().Find(`main input[type="checkbox"]`).Length(); len(offers) != len(may) || (boxes > 0) != (len(may) > 0) {
				t.Errorf("%s is offered %v and %d boxes", role, offers, boxes)
			}
			for _, action := range []models.BulkAction{models.BulkDisable, models.BulkDelete} {
				fields := []string{"action", string(action), "tokens", all[0].Token.ID, "tokens", all[1].Token.ID}
				want, started, event := http.StatusForbidden, http.StatusForbidden, models.Refused
				if slices.Contains(may, action) {
					want, started, event = http.StatusOK, http.StatusSeeOther, models.Done
				}
				if a := seat.post("/workspace/tokens/bulk", fields...); a.status != want {
					t.Errorf("%s asks to %s: %d", role, action, a.status)
				}
				w.news()
				a := seat.post("/workspace/tokens/bulk", append(fields, "count", "2", "form", models.NewOpaque().Reveal())...)
				events := w.news()
				if a.status != started || len(events) != 1 || events[0].Action != models.BulkStarted || events[0].Outcome != event {
					t.Errorf("%s begins to %s: %d, %+v", role, action, a.status, events)
				}
				w.work()
			}
		}
	})
}

// Rule 10: ids of elsewhere are as ids that do not exist.
func TestBulk_ReachesNothingOutsideItsList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		mine := map[models.Context]tokens.Minted{}
		for _, p := range places() {
			mine[p.context] = w.several(p.context, "mine", 1)[0]
		}
		priya := w.join1("priya@acme.example", w.acme.ID, "Admin", "Editor")
		hers := w.sow(priya, models.Personal, models.AccessToken, "hers", 0)
		foreign := w.foreignTokens()
		dan := w.dan()
		for _, p := range places() {
			other := mine[models.API]
			if p.context == models.API {
				other = mine[models.Personal]
			}
			strange := append([]string{other.Token.ID, hers.Token.ID, "' OR 1=1 --", "*", ""}, foreign...)
			w.news()
			var unknown string
			for _, id := range append([]string{models.NewID(w.clock.Now())}, strange...) {
				a := dan.post(p.path+"/bulk", "action", "delete", "tokens", id)
				if unknown == "" {
					unknown = a.bare()
				}
				if a.status != http.StatusUnprocessableEntity || a.bare() != unknown {
					t.Errorf("%s with %q: %d %s", p.path, id, a.status, a.body)
				}
			}
			fields := []string{"action", "delete", "tokens", mine[p.context].Token.ID}
			for _, id := range strange {
				fields = append(fields, "tokens", id)
			}
			if a := dan.post(p.path+"/bulk", fields...); a.status != http.StatusOK || !strings.Contains(a.body, "Delete 1 token?") || strings.Contains(a.body, "hers") {
				t.Errorf("%s: %d %s", p.path, a.status, a.body)
			}
			if a := dan.post(p.path+"/bulk", append(fields, "count", "1", "form", "f"+p.path)...); a.status != http.StatusSeeOther {
				t.Errorf("%s: %d %s", p.path, a.status, a.body)
			}
			w.work()
			if got := w.tally(); got[models.TokenDeleted] != 1 || w.whoami(mine[p.context]).status != http.StatusUnauthorized {
				t.Errorf("%s: %v", p.path, got)
			}
		}
		w.several(models.Personal, "more", 1)
		if a := dan.post("/account/tokens/bulk", "action", "delete", "all", "1", "count", "1", "form", "all"); a.status != http.StatusSeeOther {
			t.Errorf("all of dana's: %d", a.status)
		}
		w.work()
		if a := w.whoami(hers); a.status != http.StatusOK {
			t.Errorf("another person's token: %d", a.status)
		}
		for _, id := range foreign {
			if token, err := s.CredentialByID(t.Context(), id); err != nil || token.Token.RevokedAt != nil {
				t.Errorf("another account's token: %+v, %v", token, err)
			}
		}
	})
}

func TestBulk_OfTooManyFieldsIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	fields := []string{"action", "delete"}
	for id := range ids(1001) {
		fields = append(fields, "tokens", id)
	}
	dan := w.dan()
	a := dan.post("/workspace/tokens/bulk", fields...)
	if a.status != http.StatusBadRequest {
		t.Errorf("%d", a.status)
	}
	speaks(t, "1,001 tokens", a, "error.badForm.title")
	if a := dan.get("/workspace/tokens/bulk"); a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.status)
	}
}

func TestBulk_StoppedKeepsWhatWasDone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.several(models.API, "job", 230)
		b := w.as(w.dana)
		b.open("/workspace/tokens")
		b.submit("", "action", "delete", "all", "1")
		progress := b.submit("", "count", "230").header.Get("Location")
		storetest.FailAfter(s, 4, errors.New("gone")) // look, account, member, one batch
		if _, err := w.tokens.WorkBulk(t.Context()); err == nil {
			t.Fatal("all of it was done at once")
		}
		b.open(progress)
		b.says(http.StatusOK, "Deleting 230 tokens", "200 of 230 deleted", "You can leave this page")
		if n := b.doc().Find("[data-reload]").Length(); n != 1 {
			t.Errorf("%d parts load again", n)
		}
		w.news()
		for range 2 {
			action, form := progress+"/stop", ""
			if b.doc().Find("main form").Length() > 0 {
				var fields url.Values
				action, fields = b.form("")
				form = fields.Encode()
			} else {
				form = "csrf=" + csrfValue.FindStringSubmatch(b.page.body)[1]
			}
			b.page = b.follow(b.request(http.MethodPost, action, form))
			b.says(http.StatusOK, "200 of 230 deleted", "What was done stays done.")
		}
		w.clock.pass(time.Minute)
		w.work()
		if got := w.tally(); got[models.BulkEnded] != 1 || len(got) != 1 {
			t.Errorf("events %v", got)
		}
		b.open("/workspace/tokens")
		b.says(http.StatusOK, "30 live")
	})
}

// What others changed meanwhile is left alone, and said.
func TestBulk_PassesOverWhatOthersDidMeanwhile(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := w.several(models.API, "job", 3)
		b := w.as(w.dana)
		b.open("/workspace/tokens")
		b.choose(models.BulkDelete, all...)
		progress := b.submit("", "count", "3").header.Get("Location")
		_, err := w.tokens.Delete(t.Context(), callerOf(w.dana), models.API, all[0].Token.ID)
		w.must(err)
		w.work()
		b.open(progress)
		b.says(http.StatusOK, "2 of 3 deleted", "1 had changed meanwhile and was left alone.")
	})
}
