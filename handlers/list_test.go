package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// assorted makes a list of dana's and priya's tokens that differ in everything: of API
// tokens or, without priya, of dana's own.
func (w *world) assorted(in models.Context) (priya models.Member) {
	w.t.Helper()
	const at, cc, days = models.AccessToken, models.ClientCredentials, 24 * time.Hour
	priya, roles := w.dana, func(...string) []string { return nil }
	if in == models.API {
		priya, roles = w.join1("priya@acme.example", w.acme.ID, "Admin", "Editor"), func(keys ...string) []string { return keys }
	}
	alpha := w.sow(w.dana, in, cc, "alpha export", 0, roles("Editor")...)
	w.clock.pass(time.Hour)
	w.sow(priya, in, at, "Bravo sync", days, roles("Viewer")...)
	w.clock.pass(time.Hour)
	w.sow(w.dana, in, at, "charlie", 20*days, roles("Editor", "Viewer")...)
	w.clock.pass(25 * time.Hour)
	echo := w.sow(priya, in, cc, "Echo export", 90*days, roles("Viewer")...)
	for _, used := range []tokens.Minted{alpha, echo} {
		w.clock.pass(time.Minute)
		w.whoami(used)
	}
	w.must(w.tokens.Flush(w.t.Context()))
	return priya
}

// names are the tokens of the page, as it shows them.
func (b *browser) names() string {
	b.t.Helper()
	return strings.Join(b.doc().Find("tbody .title").Map(func(_ int, s *goquery.Selection) string { return s.Text() }), ", ")
}

func TestList_IsNarrowedAndSortedByItsAddress(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		priya := w.assorted(models.API)
		w.assorted(models.Personal)
		b := w.as(w.dana)
		for query, want := range map[string]string{
			"":                                   "Echo export, charlie, Bravo sync, alpha export",
			"state=active":                       "Echo export, charlie, alpha export",
			"state=expiring":                     "charlie",
			"state=permanent":                    "alpha export",
			"state=expired":                      "Bravo sync",
			"state=disabled":                     "",
			"used=never":                         "charlie, Bravo sync",
			"type=AccessToken":                   "charlie, Bravo sync",
			"type=ClientCredentials":             "Echo export, alpha export",
			"q=EXPORT":                           "Echo export, alpha export",
			"state=active&used=never":            "charlie",
			"state=expired&type=AccessToken":     "Bravo sync",
			"state=permanent&used=never":         "",
			"sort=created":                       "alpha export, Bravo sync, charlie, Echo export",
			"sort=-created":                      "Echo export, charlie, Bravo sync, alpha export",
			"sort=description":                   "alpha export, Bravo sync, charlie, Echo export",
			"sort=-description":                  "Echo export, charlie, Bravo sync, alpha export",
			"sort=expires":                       "Bravo sync, charlie, Echo export, alpha export",
			"sort=-expires":                      "alpha export, Echo export, charlie, Bravo sync",
			"sort=lastUsed":                      "Bravo sync, charlie, alpha export, Echo export",
			"sort=-lastUsed":                     "Echo export, alpha export, charlie, Bravo sync",
			"state=active&sort=expires":          "charlie, Echo export, alpha export",
			"q=export&state=active&sort=created": "alpha export, Echo export",
			"q=&state=&used=&type=&sort=":        "Echo export, charlie, Bravo sync, alpha export",
		} {
			for _, p := range places() {
				b.open(p.path + "?" + query)
				if got := b.names(); b.page.status != http.StatusOK || got != want {
					t.Errorf("%s?%s: %d, %s", p.path, query, b.page.status, got)
				}
			}
		}
		for query, want := range map[string]string{
			"role=Viewer":                 "Echo export, charlie, Bravo sync",
			"role=Editor":                 "charlie, alpha export",
			"role=Admin":                  "",
			"creator=" + w.dana.UserID:    "charlie, alpha export",
			"creator=" + priya.UserID:     "Echo export, Bravo sync",
			"creator=vendor":              "",
			"creator=" + uuid.NewString(): "",
			"q=char&state=active&used=never&type=AccessToken&role=Editor&creator=" + w.dana.UserID: "charlie",
			"state=active&role=Viewer&sort=expires&creator=" + priya.UserID:                        "Echo export",
		} {
			b.open("/workspace/tokens?" + query)
			if got := b.names(); b.page.status != http.StatusOK || got != want {
				t.Errorf("?%s: %d, %s", query, b.page.status, got)
			}
			if want == "" {
				b.says(http.StatusOK, "No token matches", "The list is narrowed to")
			}
		}
	})
}

// Whatever a list offers to narrow it by leads to as many tokens as it says.
func TestList_CountsWhatItsFiltersLeadTo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, p := range places() {
			w.assorted(p.context)
			for _, name := range []string{"one", "two", "three", "four"} {
				var roles []string
				if p.context == models.API {
					roles = []string{"Editor"}
				}
				w.sow(w.dana, p.context, models.AccessToken, name, 6*24*time.Hour, roles...)
			}
		}
		b := w.as(w.dana)
		for _, p := range places() {
			b.open(p.path)
			b.says(http.StatusOK, "7 live", "5 expire within 30 days", "6 never used", "ends in", "and 3 more end within 7 days")
			links := map[string]int{}
			b.doc().Find(`nav[aria-label="Filter"] a`).Each(func(_ int, a *goquery.Selection) {
				n, err := strconv.Atoi(strings.TrimSpace(a.Children().Last().Text()))
				if err != nil {
					t.Errorf("%s: %q has no count", p.path, a.Text())
				}
				links[a.AttrOr("href", "")] = n
			})
			b.doc().Find(".summary a").Each(func(_ int, a *goquery.Selection) {
				links[a.AttrOr("href", "")], _ = strconv.Atoi(a.Find("b").Text())
			})
			if want := map[models.Context]int{models.API: 12, models.Personal: 8}[p.context]; len(links) != want {
				t.Errorf("%s has %d filters: %v", p.path, len(links), links)
			}
			for link, n := range links {
				b.open(link)
				if got := b.doc().Find("tbody tr").Length(); b.page.status != http.StatusOK || got != n {
					t.Errorf("%s: %d, %d rows, want %d", link, b.page.status, got, n)
				}
				if cleared := b.doc().Find(`main a:contains("Clear")`).AttrOr("href", ""); link != p.path && cleared != p.path {
					t.Errorf("%s is cleared by %q", link, cleared)
				}
			}
		}
	})
}

func TestList_LinksKeepWhatTheAddressHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.assorted(models.API)
	b := w.as(w.dana)
	b.open("/workspace/tokens?sort=description&q=exp&state=active&role=Viewer")
	for text, want := range map[string]string{
		"Active":        "/workspace/tokens?q=exp&role=Viewer&sort=description",
		"Expired":       "/workspace/tokens?q=exp&state=expired&role=Viewer&sort=description",
		"Never used":    "/workspace/tokens?q=exp&state=active&used=never&role=Viewer&sort=description",
		"All roles":     "/workspace/tokens?q=exp&state=active&sort=description",
		"Access token":  "/workspace/tokens?q=exp&state=active&type=AccessToken&role=Viewer&sort=description",
		"Clear":         "/workspace/tokens?sort=description",
		"Last used":     "/workspace/tokens?q=exp&state=active&role=Viewer&sort=-lastUsed",
		"Client ID":     "/workspace/tokens?q=exp&state=active&role=Viewer&sort=-description",
		"Find by value": "/workspace/tokens/find",
	} {
		if got := b.doc().Find(`main a:contains("`+text+`")`).Not(".summary a").First().AttrOr("href", ""); got != want {
			t.Errorf("%s leads to %q", text, got)
		}
	}
	if got := b.doc().Find("th[aria-sort]"); got.Length() != 1 || got.AttrOr("aria-sort", "") != "ascending" || !strings.Contains(got.Text(), "Client ID") {
		t.Errorf("sorted by %q, %q", got.Text(), got.AttrOr("aria-sort", ""))
	}
	// A browser sends the search form with what it holds.
	sent := url.Values{}
	b.doc().Find("main form[role=search] input[name]").Each(func(_ int, input *goquery.Selection) {
		sent.Add(input.AttrOr("name", ""), input.AttrOr("value", ""))
	})
	if got := sent.Encode(); got != "q=exp&role=Viewer&sort=description&state=active" {
		t.Errorf("the search sends %s", got)
	}
}

func TestList_OfAnAddressThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		for n := range 52 {
			w.clock.pass(time.Duration(n%2) * time.Second)
			w.mint(combination{models.API, models.AccessToken}, 0)
		}
		b := w.as(w.dana)
		older := func(query string) string {
			b.open("/workspace/tokens?" + query)
			next, err := url.Parse(b.doc().Find(`main nav a:contains("Older"), main nav a:contains("Next")`).AttrOr("href", ""))
			w.must(err)
			cursor := next.Query().Get("after")
			if cursor == "" {
				l.t.Fatalf("%s has one page", query)
			}
			return cursor
		}
		newest, oldest := older(""), older("sort=created")
		bad := []string{
			"state=Active", "state=live", "state=active%20", "state=0", "used=ever", "used=never%20", "used=true", "type=accesstoken", "type=lk_at",
			"role=No-such", "role=viewer", "role=%20", "role=" + strings.Repeat("a", 65), "role=" + w.roles["Viewer"], "creator=dana", "creator=VENDOR",
			"creator=" + strings.ToUpper(w.dana.UserID), "sort=id", "sort=-", "sort=created,id", "sort=Created", "sort=--created", "sort=description%20desc",
			"after=" + newest + "&before=" + newest, "sort=created&after=" + newest, "sort=expires&after=" + newest, "after=" + oldest,
			"sort=-lastUsed&before=" + oldest, "sort=description&after=" + oldest, "state=expiring&after=" + newest, "after=" + newest[1:],
		}
		before := l.rows()
		for _, query := range bad {
			b.open("/workspace/tokens?" + query)
			b.says(http.StatusBadRequest, "This page of the list can’t be found", "Newest tokens")
			if b.page.header.Get("Cache-Control") != "no-store" {
				l.t.Errorf("%s: %v", query, b.page.header)
			}
		}
		for _, query := range []string{"role=Viewer", "creator=" + w.dana.UserID, "creator=vendor", "state=x", "sort=x"} {
			b.open("/account/tokens?" + query)
			b.says(http.StatusBadRequest, "This page of the list can’t be found")
		}
		for _, query := range []string{"state=active&state=expired", "sort=created&sort=created", "role=%ff", "creator=%00"} {
			b.open("/workspace/tokens?" + query)
			b.says(http.StatusBadRequest, "This form can’t be read")
		}
		b.open("/workspace/tokens?after=" + newest)
		b.says(http.StatusOK, "51–52 of 52, newest first")
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("looking changed the database:\n%s", changed)
		}
	})
}

func TestList_KnowsNobodyElsesTokens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		priya := w.assorted(models.API)
		w.assorted(models.Personal)
		hank := w.join1("hank@globex.example", w.globex.ID, "Admin", "Editor")
		for _, who := range []models.Member{hank, priya} {
			b := w.as(who)
			for _, p := range places() {
				for _, query := range []string{"", "state=active", "used=never", "type=AccessToken", "q=export", "sort=expires", "state=expiring"} {
					if who.TenantID == w.acme.ID && p.context == models.API {
						continue
					}
					b.open(p.path + "?" + query)
					if names := b.names(); b.page.status != http.StatusOK || names != "" || b.doc().Find(".summary b:not(:contains('0'))").Length() > 0 {
						t.Errorf("%s sees at %s?%s: %d, %s", who.User.Email, p.path, query, b.page.status, b.mainText())
					}
				}
			}
		}
		b := w.as(hank)
		for _, query := range []string{"role=Viewer", "creator=" + w.dana.UserID, "creator=" + hank.UserID} {
			b.open("/workspace/tokens?" + query)
			b.says(http.StatusOK, "No token matches")
			for _, secret := range []string{"Acme", "dana", "Dana", "Priya"} {
				if strings.Contains(b.mainText(), secret) {
					t.Errorf("%s tells of %s", query, secret)
				}
			}
		}
	})
}

func TestList_EveryOrderGoesThereAndBackWithoutLossOrRepetition(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for n := range 120 {
			w.clock.pass(time.Duration(n%2) * time.Second) // two at each instant: the id decides
			w.sow(w.dana, models.Personal, models.AccessToken, []string{"same", "Same", "another", "Øresund"}[n%4], time.Duration(n%3)*time.Hour)
		}
		b := w.as(w.dana)
		ids := func() []string {
			return b.doc().Find("tbody .id code").Map(func(_ int, c *goquery.Selection) string { return c.Text() })
		}
		follow := func(links string) bool {
			next := b.doc().Find(links).AttrOr("href", "")
			if next != "" {
				b.open(next)
			}
			return next != ""
		}
		for _, sort := range []string{"", "-created", "created", "description", "-description", "lastUsed", "-lastUsed", "expires", "-expires"} {
			var pages [][]string
			b.open("/account/tokens?sort=" + sort)
			b.says(http.StatusOK, "1–50 of more than 100, ")
			for more := true; more; more = follow(`main nav a:contains("Older"), main nav a:contains("Next")`) {
				pages = append(pages, ids())
			}
			all := slices.Concat(pages...)
			slices.Sort(all)
			if len(pages) != 3 || len(pages[2]) != 20 || len(slices.Compact(all)) != 120 {
				t.Fatalf("%s: %d pages, %d tokens", sort, len(pages), len(all))
			}
			for n := len(pages) - 2; n >= 0; n-- {
				if !follow(`main nav a:contains("Newer"), main nav a:contains("Previous")`) || !slices.Equal(ids(), pages[n]) {
					t.Errorf("%s: page %d differs on the way back", sort, n)
				}
			}
		}
	})
}
