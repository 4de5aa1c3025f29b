package store_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

const day = 24 * time.Hour

// bound are tokens of two accounts that policies may touch, and some that work
// no more and must never be told of. Their descriptions say what they are.
func bound(t *testing.T, s *store.Store) (*world, models.Tenant) {
	t.Helper()
	w := newWorld(t, s)
	globex := w.addTenant("Globex")
	made := noon.Add(-40 * day)
	add := func(description string, life time.Duration, change func(*models.Token)) models.Token {
		token := madeAt(w.apiToken(description), made)
		made = made.Add(time.Minute) // ids are in the order of this list
		token.ExpiresAt = token.CreatedAt.Add(life)
		if change != nil {
			change(&token)
		}
		return w.add(token)
	}
	fixed := func(token *models.Token) { token.Addresses = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }
	add("for 90 days", 90*day, nil)
	add("for 60 days", 60*day, nil)
	add("for 60 days and a moment", 60*day+time.Microsecond, fixed)
	add("for 60 days, fixed", 60*day, fixed)
	add("for ever, vic's", 0, func(token *models.Token) {
		token.Context, token.Kind, token.UserID, token.CreatedBy = models.Personal, models.AccessToken, w.vic.ID, w.vic.ID
		token.ExpiresAt, token.LastUsedAt = models.NeverExpires, noon.Add(-time.Hour)
	})
	add("for 59 days, from everywhere in parts", 59*day, func(token *models.Token) {
		token.Addresses = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/1"), netip.MustParsePrefix("128.0.0.0/1"), netip.MustParsePrefix("192.0.2.0/24")}
	})
	add("for ever, fixed", 0, func(token *models.Token) { fixed(token); token.ExpiresAt = models.NeverExpires })
	add("globex's for 90 days", 90*day, func(token *models.Token) { token.TenantID = globex.ID })
	add("just ended", 0, func(token *models.Token) { token.ExpiresAt = noon })
	add("disabled", 90*day, func(token *models.Token) { token.DisabledAt = &noon })
	gone := add("deleted", 90*day, nil)
	ok(t, s.RevokeToken(t.Context(), w.tenant.ID, gone.ID, "", noon, event(models.TokenDeleted)))
	return w, globex
}

// touched are the descriptions of what a policy might end, in the order told.
func (w *world) touched(q models.BoundQuery) []string {
	w.t.Helper()
	q.Now = noon
	tokens, err := w.TokensBound(w.t.Context(), q)
	ok(w.t, err)
	var names []string
	for _, token := range tokens {
		row, err := w.Token(w.t.Context(), token.TenantID, token.ID)
		ok(w.t, err)
		names = append(names, row.Description)
	}
	return names
}

func TestTokensBound_AreThoseThatARuleTouches(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, globex := bound(t, s)
		// What a rule leaves alone by less than a second may be told too.
		nearly := func(name string) bool { return name == "for 60 days" || name == "for 60 days, fixed" }
		for name, row := range map[string]struct {
			query models.BoundQuery
			want  []string
		}{
			"longest life": {models.BoundQuery{LongerThan: 60 * day}, []string{
				"for 90 days", "for 60 days and a moment", "for ever, vic's", "for ever, fixed", "globex's for 90 days"}},
			"a longer one": {models.BoundQuery{LongerThan: 61 * day}, []string{
				"for 90 days", "for ever, vic's", "for ever, fixed", "globex's for 90 days"}},
			"of one account": {models.BoundQuery{LongerThan: 61 * day, TenantID: w.tenant.ID}, []string{
				"for 90 days", "for ever, vic's", "for ever, fixed"}},
			"of another":              {models.BoundQuery{LongerThan: 61 * day, TenantID: globex.ID}, []string{"globex's for 90 days"}},
			"of none":                 {models.BoundQuery{LongerThan: 61 * day, TenantID: newID()}, nil},
			"longer than all but two": {models.BoundQuery{LongerThan: 1000 * day}, []string{"for ever, vic's", "for ever, fixed"}},
			"addresses required": {models.BoundQuery{FromAnywhere: true, TenantID: w.tenant.ID}, []string{
				"for 90 days", "for 60 days", "for ever, vic's", "for 59 days, from everywhere in parts"}},
			"both": {models.BoundQuery{FromAnywhere: true, LongerThan: 61 * day, TenantID: w.tenant.ID}, []string{
				"for 90 days", "for 60 days", "for ever, vic's", "for 59 days, from everywhere in parts", "for ever, fixed"}},
		} {
			row.query.Limit = 100
			got := w.touched(row.query)
			if name == "longest life" {
				got = slices.DeleteFunc(got, nearly)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestTokensBound_GivesWhatJudgingNeeds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := bound(t, s)
		tokens, err := s.TokensBound(t.Context(), models.BoundQuery{LongerThan: time.Hour, Now: noon, Limit: 100})
		ok(t, err)
		lately := 0
		for _, got := range tokens {
			row, err := s.Token(t.Context(), got.TenantID, got.ID)
			ok(t, err)
			want := models.Token{
				ID: row.ID, TenantID: row.TenantID, CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt,
				LastUsedAt: row.LastUsedAt, Addresses: row.Addresses,
			}
			got = models.Token{
				ID: got.ID, TenantID: got.TenantID, CreatedAt: got.CreatedAt, ExpiresAt: got.ExpiresAt,
				LastUsedAt: got.LastUsedAt, Addresses: got.Addresses,
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.Description, diff)
			}
			if got.LastUsedAt.After(noon.Add(-day)) {
				lately++
			}
		}
		if len(tokens) != 8 || lately != 1 {
			t.Errorf("%d tokens, %d used in the last 24 hours", len(tokens), lately)
		}
		rows, err := s.TokensOf(t.Context(), []string{tokens[4].ID, newID()})
		ok(t, err)
		if len(rows) != 1 || rows[0].UserID != w.vic.ID || rows[0].CreatorName != w.vic.Name {
			t.Errorf("whose: %+v", rows)
		}
	})
}

func TestTokensBound_ContinuesBehindAnID(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := bound(t, s)
		q := models.BoundQuery{LongerThan: time.Hour, Now: noon, Limit: 100}
		all := w.touched(q)
		var parts []string
		for q.Limit = 3; ; {
			tokens, err := s.TokensBound(t.Context(), q)
			ok(t, err)
			parts = append(parts, w.touched(q)...)
			if len(tokens) < q.Limit {
				break
			}
			q.After = tokens[2].ID
		}
		if diff := cmp.Diff(all, parts); diff != "" || len(all) != 8 {
			t.Errorf("%d in all (-at once +in parts):\n%s", len(all), diff)
		}
	})
}
