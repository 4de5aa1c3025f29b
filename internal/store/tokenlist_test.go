package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func descriptions(page models.TokenPage) []string {
	var out []string
	for _, row := range page.Rows {
		out = append(out, row.Description)
	}
	return out
}

// list reads one page and fails on an error.
func (w *world) list(q models.TokenQuery) models.TokenPage {
	w.t.Helper()
	q.TenantID = w.tenant.ID
	if q.Limit == 0 {
		q.Limit = 50
	}
	page, err := w.Tokens(w.t.Context(), q)
	ok(w.t, err)
	return page
}

// madeAt is the token as if it had been made then: ids are in the order of creation.
func madeAt(token models.Token, at time.Time) models.Token {
	token.ID, token.CreatedAt = models.NewID(at), at
	return token
}

func searchFor(text string) models.TokenFilter { return models.TokenFilter{Search: text} }

func TestTokens_ListWhatIsTheirsNewestFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old := madeAt(w.apiToken("old", w.editor.ID), noon.Add(-time.Hour))
		expired := madeAt(w.apiToken("expired"), noon.Add(-time.Minute))
		expired.ExpiresAt = noon.Add(-time.Second)
		w.add(w.apiToken("new"))
		w.add(old)
		w.add(expired)
		gone := w.add(w.apiToken("gone"))
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, gone.ID, "", noon, event(models.TokenDeleted)))
		w.add(w.personalToken(w.dana.ID, "dana's"))
		w.add(w.personalToken(w.vic.ID, "vic's"))
		globex := w.addTenant("Globex")
		theirs := w.apiToken("theirs")
		theirs.TenantID = globex.ID
		w.add(theirs)

		page := w.list(models.TokenQuery{Context: models.API})
		if diff := cmp.Diff([]string{"new", "expired", "old"}, descriptions(page)); diff != "" {
			t.Errorf("API tokens (-want +got):\n%s", diff)
		}
		if page.Total != 3 || page.Newer || page.Older {
			t.Errorf("total %d, newer %t, older %t", page.Total, page.Newer, page.Older)
		}
		if roles := page.Rows[2].Roles; len(roles) != 1 || roles[0].Name != "Editor" || page.Rows[2].CreatorName != w.dana.Name {
			t.Errorf("roles %v, creator %q", roles, page.Rows[2].CreatorName)
		}
		page = w.list(models.TokenQuery{Context: models.Personal, UserID: w.vic.ID})
		if diff := cmp.Diff([]string{"vic's"}, descriptions(page)); diff != "" {
			t.Errorf("personal tokens (-want +got):\n%s", diff)
		}
	})
}

func TestTokens_RefuseUnclearQuestions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		at := &models.TokenCursor{ID: newID()}
		for name, q := range map[string]models.TokenQuery{
			"no context": {TenantID: w.tenant.ID}, "nobody's personal tokens": {TenantID: w.tenant.ID, Context: models.Personal},
			"both sides": {TenantID: w.tenant.ID, Context: models.API, After: at, Before: at},
		} {
			if _, err := s.Tokens(t.Context(), q); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}

func TestTokens_PagesMeetWithoutGapOrOverlap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var all []string
		for i := range 23 {
			token := w.apiToken(fmt.Sprintf("t%02d", i))
			// Several share a moment: then the id decides.
			token.CreatedAt = noon.Add(time.Duration(i/4) * time.Microsecond)
			w.add(token)
			all = append(all, token.Description)
		}
		slices.Reverse(all)

		var forward []string
		q := models.TokenQuery{Context: models.API, Limit: 5}
		page := w.list(q)
		if page.Newer {
			t.Error("the first page has newer ones")
		}
		for {
			forward = append(forward, descriptions(page)...)
			if !page.Older {
				break
			}
			q.After = &page.Last
			if page = w.list(q); !page.Newer || page.Total != 23 {
				t.Errorf("newer %t, total %d", page.Newer, page.Total)
			}
		}
		if diff := cmp.Diff(all, forward); diff != "" {
			t.Errorf("forward (-want +got):\n%s", diff)
		}

		backward := descriptions(page)
		for page.Newer {
			page = w.list(models.TokenQuery{Context: models.API, Limit: 5, Before: &page.First})
			if !page.Older {
				t.Error("nothing older where we came from")
			}
			backward = append(descriptions(page), backward...)
		}
		if diff := cmp.Diff(all, backward); diff != "" {
			t.Errorf("backward (-want +got):\n%s", diff)
		}
	})
}

func TestTokens_SidesAreTrueWhenNeighboursAreDeleted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		one := w.add(w.apiToken("one"))
		two := w.add(w.apiToken("two"))
		edge := &models.TokenCursor{ID: two.ID}
		remove := func(id string) {
			ok(t, s.RevokeToken(t.Context(), w.tenant.ID, id, "", noon, event(models.TokenDeleted)))
		}
		remove(two.ID)
		if page := w.list(models.TokenQuery{Context: models.API, After: edge}); page.Newer || len(page.Rows) != 1 {
			t.Errorf("after the deleted newest: newer %t, %d rows", page.Newer, len(page.Rows))
		}
		if page := w.list(models.TokenQuery{Context: models.API, Before: edge}); !page.Older || page.Newer || len(page.Rows) != 0 {
			t.Errorf("before the deleted newest: older %t, newer %t, %d rows", page.Older, page.Newer, len(page.Rows))
		}
		remove(one.ID)
		page := w.list(models.TokenQuery{Context: models.API, After: edge})
		if page.Newer || page.Older || page.Total != 0 || len(page.Rows) != 0 {
			t.Errorf("of nothing: %+v", page)
		}
	})
}

func TestTokens_SearchTakesEveryCharacterAsItIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var ids []string
		for _, description := range []string{"100% sure", "1000 sure", "a_b", "axb", `back\slash`, "ÉCLAIR", "e\u0301clair two", "STRASSE"} {
			ids = append(ids, w.add(w.apiToken(description)).ID)
		}
		for search, want := range map[string][]string{
			"100%":           {"100% sure"},
			"a_":             {"a_b"},
			"_b":             nil, // two characters are a beginning
			"a_b":            {"a_b"},
			`k\s`:            {`back\slash`},
			`%\`:             nil,
			`%\%`:            nil,
			"00%":            {"100% sure"},
			"É":              {"e\u0301clair two", "ÉCLAIR"},
			`a"b`:            nil,
			`" OR "`:         nil,
			"axb NOT":        nil,
			"str*":           nil,
			"éclair":         {"e\u0301clair two", "ÉCLAIR"},
			"sTrA":           {"STRASSE"},
			ids[2]:           {"a_b"},
			"'; DROP TABLE ": nil,
			"a\x00b":         nil,
			"\xff":           nil,
		} {
			page := w.list(models.TokenQuery{Context: models.API, TokenFilter: searchFor(search)})
			if diff := cmp.Diff(want, descriptions(page)); diff != "" {
				t.Errorf("search %q (-want +got):\n%s", search, diff)
			}
			if page.Total != len(want) {
				t.Errorf("search %q: total %d", search, page.Total)
			}
		}
	})
}

func TestTokens_TotalIsExactToAHundred(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		add := func(n int) {
			var tokens []models.Token
			for range n {
				tokens = append(tokens, w.apiToken("many"))
			}
			ok(t, s.AddTokens(t.Context(), tokens))
		}
		for _, step := range []struct{ add, want int }{{99, 99}, {1, 100}, {1, 101}, {50, 101}} {
			add(step.add)
			if page := w.list(models.TokenQuery{Context: models.API, Limit: 1}); page.Total != step.want {
				t.Errorf("total %d, want %d", page.Total, step.want)
			}
		}
		if page := w.list(models.TokenQuery{Context: models.API, Limit: 100_000}); len(page.Rows) != 151 || page.Total != 101 {
			t.Errorf("an enormous limit: %d rows, total %d", len(page.Rows), page.Total)
		}
	})
}

func TestTokens_TakeAConstantNumberOfQueries(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		count := func() int {
			return len(s.Record(t, func() { w.list(models.TokenQuery{Context: models.API}) }))
		}
		w.add(w.apiToken("one", w.editor.ID))
		few := count()
		for range 30 {
			token := w.apiToken("more", w.editor.ID, w.reader.ID)
			token.CreatedBy = w.vic.ID
			w.add(token)
		}
		if many := count(); many != few || many > 6 {
			t.Errorf("%d queries for one token, %d for 31", few, many)
		}
	})
}

func TestTokens_SearchFollowsEveryChange(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("nightly"))
		want := func(search string, want int) {
			t.Helper()
			if page := w.list(models.TokenQuery{Context: models.API, TokenFilter: searchFor(search)}); len(page.Rows) != want || page.Total != want {
				t.Errorf("%q finds %d of %d, want %d", search, len(page.Rows), page.Total, want)
			}
		}
		want("nightly", 1)
		want("LK_CS_…WX", 1)
		description := "weekly"
		ok(t, s.UpdateToken(t.Context(), w.tenant.ID, token.ID, models.TokenChange{Description: &description}, event(models.TokenUpdated)))
		want("nightly", 0)
		want("eekl", 1)
		want(token.ID[9:20], 1)
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, token.ID, "", noon, event(models.TokenDeleted)))
		want("weekly", 0)
		want(token.ID, 0)
		want("name of dana", 0)
		w.add(w.apiToken("weekly"))
		want("weekly", 1)
		want("name of dana", 1)
		want("dana@acme", 1)
		want("na", 1)
		want("of", 0)
		want("vic@acme", 0)
	})
}

// An index of search is asked for a part of a long text, which more may have.
func TestTokens_ALongSearchCountsWhatMatches(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		const begin = "nightly export of every customer record, part "
		tokens := make([]models.Token, 1100)
		for i := range tokens {
			tokens[i] = w.apiToken(begin + fmt.Sprint(i))
		}
		ok(t, s.AddTokens(t.Context(), tokens))
		page := w.list(models.TokenQuery{Context: models.API, TokenFilter: searchFor(begin + "700")})
		if page.Total != 1 || page.TotalIsMany {
			t.Errorf("of one: %d, many %t", page.Total, page.TotalIsMany)
		}
		page = w.list(models.TokenQuery{Context: models.API, TokenFilter: searchFor(begin)})
		if page.Total != 101 {
			t.Errorf("of all: %d", page.Total)
		}
	})
}

func TestTokens_WhoHasLeftIsANameAndNoAddressAnyMore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		made := w.apiToken("x", w.editor.ID)
		made.CreatedBy = w.vic.ID
		w.add(made)
		_, err := s.Pool().ExecContext(t.Context(), "UPDATE users SET name = 'Vic', name_folded = 'vic' WHERE id = '"+w.vic.ID+"'")
		ok(t, err)
		look := func(search string) (models.TokenPage, models.TokenOverview) {
			q := models.TokenQuery{TenantID: w.tenant.ID, Context: models.API, Now: noon, Limit: 10, TokenFilter: models.TokenFilter{Search: search}}
			page, err := s.Tokens(t.Context(), q)
			ok(t, err)
			q.Search = ""
			overview, err := s.TokenOverview(t.Context(), q)
			ok(t, err)
			return page, overview
		}
		if page, overview := look(w.vic.Email); len(page.Rows) != 1 || page.Rows[0].CreatorEmail != w.vic.Email || overview.Creators[0].Email != w.vic.Email {
			t.Fatalf("a member: %+v, %+v", page, overview)
		}
		ok(t, s.RemoveMember(t.Context(), w.tenant.ID, w.vic.ID, "", noon, event(models.MembershipRemoved)))
		if page, _ := look(w.vic.Email); len(page.Rows) != 0 {
			t.Error("found by the address of who has left")
		}
		page, overview := look("Vic")
		if len(page.Rows) != 1 || page.Rows[0].CreatorName != "Vic" || page.Rows[0].CreatorEmail != "" || overview.Creators[0].Email != "" {
			t.Errorf("who has left: %+v, %+v", page, overview)
		}
	})
}
