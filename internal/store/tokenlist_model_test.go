package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// mixed is a world whose lists have something of everything, in every mixture,
// with many equal sort keys; around them are the tokens of others, and deleted
// ones, that are no different.
type mixed struct {
	*world
	zoe models.User
	// api is the account's list, personal is dana's.
	api, personal listModel
}

const (
	mixedAPI      = 107
	mixedPersonal = 31
)

func newMixed(t *testing.T, s *store.Store) *mixed {
	t.Helper()
	w := newWorld(t, s)
	m := &mixed{world: w, zoe: w.addMember(w.tenant.ID, "zoe@acme.example")}
	globex := w.addTenant("Globex")
	for i := range mixedAPI {
		token := m.token(i)
		m.api.tokens = append(m.api.tokens, w.add(token))
		if i%3 == 0 {
			other := m.token(i)
			other.TenantID = globex.ID
			w.add(other)
		}
		if i%5 == 0 {
			gone := w.add(m.token(i))
			ok(t, s.RevokeToken(t.Context(), w.tenant.ID, gone.ID, "", noon, event(models.TokenDeleted)))
		}
	}
	for i := range mixedPersonal {
		for _, whose := range []models.User{w.dana, w.vic} {
			token := m.token(i)
			token.Context, token.UserID, token.CreatedBy, token.RoleIDs = models.Personal, whose.ID, whose.ID, nil
			if w.add(token); whose.ID == w.dana.ID {
				m.personal.tokens = append(m.personal.tokens, token)
			}
		}
	}
	people := map[string]models.User{w.dana.ID: w.dana, w.vic.ID: w.vic, m.zoe.ID: m.zoe}
	roles := map[string]models.Role{w.admin.ID: w.admin, w.editor.ID: w.editor, w.reader.ID: w.reader}
	m.api.people, m.api.roles = people, roles
	m.personal.people, m.personal.roles = people, roles
	return m
}

// token is an API token whose properties go round, each at a pace of its own.
// The ends lie on both sides of each moment that matters.
func (m *mixed) token(i int) models.Token {
	names := []string{"Nightly export", "nightly EXPORT", "Éclair feed", "CI", "100% sure", "", "ci deploy"}
	ends := []time.Time{
		models.NeverExpires, noon, noon.Add(time.Microsecond), noon.Add(models.EndingWithin), noon.Add(-time.Hour), models.NeverExpires,
		noon.Add(models.ExpiringWithin), noon.Add(models.ExpiringWithin + time.Microsecond), noon.Add(-time.Microsecond),
		noon.Add(models.EndingWithin + time.Microsecond), noon.Add(300 * 24 * time.Hour),
	}
	roles := [][]string{{m.editor.ID}, {m.reader.ID}, nil, {m.editor.ID, m.reader.ID}}
	token := madeAt(m.apiToken(names[i%len(names)], roles[i%len(roles)]...), noon.Add(time.Duration(i/3-mixedAPI)*time.Minute))
	token.ExpiresAt = ends[i%len(ends)]
	token.CreatedBy = []string{m.dana.ID, m.vic.ID, "", m.zoe.ID, m.dana.ID}[i%5]
	token.LastFour = fmt.Sprintf("Qr%02d", i%13)
	if i%2 == 1 {
		token.Kind, token.Prefix = models.AccessToken, "lk_at"
	}
	if i%8 > 2 {
		token.LastUsedAt = noon.Add(-time.Duration(i%6) * time.Hour)
	}
	if i%9 == 4 {
		token.DisabledAt = &token.CreatedAt
	}
	return token
}

// filters are each filter and each way to search, alone.
func (m *mixed) filters() []models.TokenFilter {
	filters := []models.TokenFilter{
		{}, {NeverUsed: true}, {Kind: models.AccessToken}, {Kind: models.ClientCredentials},
		{RoleKey: m.editor.Key}, {RoleKey: m.reader.Key}, {RoleKey: m.admin.Key},
		{Creator: m.dana.ID}, {Creator: m.vic.ID}, {Creator: models.CreatedByVendor}, {Creator: newID()},
	}
	for _, state := range []models.TokenState{
		models.StateActive, models.StateExpiring, models.StatePermanent, models.StateExpired, models.StateDisabled,
	} {
		filters = append(filters, models.TokenFilter{State: state})
	}
	some := m.api.tokens[40]
	for _, text := range []string{
		"export", "ÉCL", "0% s", some.ID, some.ID[9:23], "lk_at", "LK_CS_…Qr1", "qr07", "name of", "vic@acme", "zoe",
		"ci", "NI", "é", "na", "vi", "lk", "nothing like it", "00",
	} {
		filters = append(filters, searchFor(text))
	}
	return filters
}

var tokenOrders = func() (all []models.TokenOrder) {
	for _, by := range []models.TokenSort{models.SortCreated, models.SortDescription, models.SortLastUsed, models.SortExpires} {
		all = append(all, models.TokenOrder{By: by}, models.TokenOrder{By: by, Descending: true})
	}
	return append(all, models.TokenOrder{})
}()

// together is some filters at once, each with even odds.
func together(random *rand.Rand, filters []models.TokenFilter) models.TokenFilter {
	var all models.TokenFilter
	for _, i := range random.Perm(len(filters)) {
		f := filters[i]
		if random.IntN(3) == 0 {
			continue
		}
		all.State, all.Kind = cmp.Or(all.State, f.State), cmp.Or(all.Kind, f.Kind)
		all.RoleKey, all.Creator = cmp.Or(all.RoleKey, f.RoleKey), cmp.Or(all.Creator, f.Creator)
		all.NeverUsed = all.NeverUsed || f.NeverUsed
		all.Search = cmp.Or(all.Search, f.Search)
		if random.IntN(4) == 0 {
			break
		}
	}
	return all
}

// wantPages walks a list to its end and back again, and wants what the model
// answers: each token once, in order, with a true total and true neighbours.
func (m *mixed) wantPages(model listModel, q models.TokenQuery) {
	m.t.Helper()
	q.Now, q.Limit = noon, 13
	want := model.answer(q.TokenFilter, q.Order)
	name := fmt.Sprintf("%s %+v by %+v", q.Context, q.TokenFilter, q.Order)
	check := func(page models.TokenPage, begin int) {
		m.t.Helper()
		part := want[begin:min(begin+q.Limit, len(want))]
		if diff := gocmp.Diff(part, idsOf(page)); diff != "" && len(part)+len(page.Rows) > 0 {
			m.t.Fatalf("%s from %d of %d (-want +got):\n%s", name, begin, len(want), diff)
		}
		if older := begin+len(part) < len(want); page.Total != min(len(want), 101) || page.Newer != (begin > 0) || page.Older != older {
			m.t.Fatalf("%s from %d of %d: total %d, newer %t, older %t", name, begin, len(want), page.Total, page.Newer, page.Older)
		}
	}
	page, begin := m.list(q), 0
	check(page, begin)
	for begin+q.Limit < len(want) {
		last := page.Last
		q.After, begin = &last, begin+q.Limit
		page = m.list(q)
		check(page, begin)
	}
	for q.After = nil; begin > 0; {
		first := page.First
		q.Before, begin = &first, begin-q.Limit
		page = m.list(q)
		check(page, begin)
	}
}

func idsOf(page models.TokenPage) []string {
	var ids []string
	for _, row := range page.Rows {
		ids = append(ids, row.ID)
	}
	return ids
}

// One world serves all: making it takes as long as asking.
func TestTokens_ListsAreWhatTheModelSays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		m := newMixed(t, s)
		t.Run("each filter in each order", func(t *testing.T) { m.on(t).eachFilter() })
		t.Run("filters together", func(t *testing.T) { m.on(t).filtersTogether() })
		t.Run("a person's tokens", func(t *testing.T) { m.on(t).personalTokens() })
		t.Run("all that match", func(t *testing.T) { m.on(t).bulks() })
		t.Run("the counts of a whole list", func(t *testing.T) { m.on(t).overviews() })
	})
}

// on is the same world in a test within the test.
func (m *mixed) on(t *testing.T) *mixed {
	w := *m.world
	w.t = t
	return &mixed{world: &w, zoe: m.zoe, api: m.api, personal: m.personal}
}

func (m *mixed) eachFilter() {
	for _, filter := range m.filters() {
		for _, order := range tokenOrders {
			m.wantPages(m.api, models.TokenQuery{Context: models.API, TokenFilter: filter, Order: order})
		}
	}
}

func (m *mixed) filtersTogether() {
	random := rand.New(rand.NewPCG(1, 2))
	filters := m.filters()
	found := 0
	for i := range 120 {
		q := models.TokenQuery{Context: models.API, TokenFilter: together(random, filters), Order: tokenOrders[i%len(tokenOrders)]}
		m.wantPages(m.api, q)
		if len(m.api.answer(q.TokenFilter, q.Order)) > 0 {
			found++
		}
	}
	if found < 40 {
		m.t.Errorf("only %d of 120 find anything", found)
	}
}

func (m *mixed) personalTokens() {
	for i, filter := range m.filters() {
		order := tokenOrders[i%len(tokenOrders)]
		m.wantPages(m.personal, models.TokenQuery{Context: models.Personal, UserID: m.dana.ID, TokenFilter: filter, Order: order})
	}
}

// bulks are about the very tokens that the list shows.
func (m *mixed) bulks() {
	for _, filter := range m.filters() {
		b := models.Bulk{TenantID: m.tenant.ID, Context: models.API, Action: models.BulkDelete, Filter: filter, CreatedAt: noon}
		got, err := m.PreviewBulk(m.t.Context(), b)
		ok(m.t, err)
		want := m.api.answer(filter, models.TokenOrder{By: models.SortCreated, Descending: true})
		if got.Total != len(want) || got.Total > 0 && got.NoLater != want[0] {
			m.t.Errorf("%+v: %d up to %s, want %d", filter, got.Total, got.NoLater, len(want))
		}
	}
}

func (m *mixed) overviews() {
	initech := m.addTenant("Initech")
	api := models.TokenQuery{TenantID: m.tenant.ID, Context: models.API}
	filtered := api
	filtered.TokenFilter, filtered.Limit = searchFor("export"), 1
	for name, of := range map[string]struct {
		model listModel
		query models.TokenQuery
	}{
		"the account's": {m.api, api},
		"dana's":        {m.personal, models.TokenQuery{TenantID: m.tenant.ID, Context: models.Personal, UserID: m.dana.ID}},
		"none":          {listModel{}, models.TokenQuery{TenantID: initech.ID, Context: models.API}},
		"part of it":    {m.api, filtered},
	} {
		of.query.Now = noon
		got, err := m.TokenOverview(m.t.Context(), of.query)
		ok(m.t, err)
		if got.EndsFirst != nil {
			got.EndsFirst = &models.TokenRow{Token: models.Token{ID: got.EndsFirst.ID}}
		}
		if diff := gocmp.Diff(of.model.overview(), got); diff != "" {
			m.t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTokens_ARoleThatIsNoneIsNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		_, err := s.Tokens(t.Context(), models.TokenQuery{
			TenantID: w.tenant.ID, Context: models.API, TokenFilter: models.TokenFilter{RoleKey: "no-such-role"},
		})
		if !errors.Is(err, models.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
}
