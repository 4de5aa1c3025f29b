package store_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/models"
)

// manyTokens is how many tokens a list must bear.
const manyTokens = 100_000

// longList is an account with manyTokens API tokens.
type longList struct {
	*world
	// people made the tokens, in turn; zoe made three.
	people []models.User
	zoe    models.User
}

func (w *world) longList() *longList {
	w.t.Helper()
	l := &longList{world: w, zoe: w.addMember(w.tenant.ID, "zoe@acme.example")}
	for i := range 20 {
		l.people = append(l.people, w.addMember(w.tenant.ID, fmt.Sprintf("person%02d@acme.example", i)))
	}
	l.load(w.tenant.ID, func(yield func(models.Token) bool) {
		for i := range manyTokens {
			if !yield(l.token(i)) {
				return
			}
		}
	})
	return l
}

// load writes tokens into an account.
func (l *longList) load(tenantID string, tokens iter.Seq[models.Token]) {
	l.t.Helper()
	_, err := l.LoadTokens(l.t.Context(), func(yield func(store.LoadedToken) bool) {
		for token := range tokens {
			token.TenantID = tenantID
			if !yield(store.LoadedToken{Token: token, Secret: store.SecretFor(token), Event: event(models.TokenCreated)}) {
				return
			}
		}
	})
	ok(l.t, err)
}

// token is the one at place i of the list: each property goes round at a pace
// of its own.
func (l *longList) token(i int) models.Token {
	token := madeAt(l.apiToken(fmt.Sprintf("export %06d", i*7919%manyTokens), l.reader.ID), noon.Add(time.Duration(i-manyTokens)*time.Second))
	token.CreatedBy = l.people[i%len(l.people)].ID
	switch {
	case i%33_333 == 10:
		token.CreatedBy = l.zoe.ID
	case i%50 == 1:
		token.CreatedBy = ""
	}
	if i%2 == 0 {
		token.Kind, token.Prefix = models.AccessToken, "lk_at"
	}
	if i%3 == 0 {
		token.RoleIDs = []string{l.editor.ID}
	}
	switch i % 10 {
	case 0, 1:
		token.ExpiresAt = noon.Add(-time.Duration(i) * time.Second)
	case 2:
		token.ExpiresAt = noon.Add(10*24*time.Hour + time.Duration(i)*time.Second)
	case 3, 4:
		token.ExpiresAt = noon.Add(100*24*time.Hour + time.Duration(i)*time.Second)
	}
	if i%7 != 0 {
		token.LastUsedAt = noon.Add(-time.Duration(i) * time.Minute)
	}
	if i%97 == 0 {
		at := noon
		token.DisabledAt = &at
	}
	switch {
	case i%5_000 == 7:
		token.Description += " rarely"
	case i%111 == 0:
		token.Description += " nightly"
	}
	return token
}

// question is something to ask of a list, and which tokens answer it.
type question struct {
	name   string
	filter models.TokenFilter
	order  models.TokenOrder
	match  func(models.Token) bool
}

// questions are every order, every filter and every way to search, alone, and
// some together.
func (l *longList) questions() []question {
	soon := noon.Add(models.ExpiringWithin)
	all := func(models.Token) bool { return true }
	questions := []question{{name: "all", match: all}}
	for _, by := range []models.TokenSort{models.SortCreated, models.SortDescription, models.SortLastUsed, models.SortExpires} {
		for _, descending := range []bool{false, true} {
			name := fmt.Sprintf("by %s", by)
			if descending {
				name += ", descending"
			}
			questions = append(questions, question{name: name, order: models.TokenOrder{By: by, Descending: descending}, match: all})
		}
	}
	has := func(text string) func(models.Token) bool {
		return func(t models.Token) bool { return strings.Contains(t.Description, text) }
	}
	byZoe := func(t models.Token) bool { return t.CreatedBy == l.zoe.ID }
	return append(questions,
		question{name: "active", filter: models.TokenFilter{State: models.StateActive},
			match: func(t models.Token) bool { return t.ExpiresAt.After(noon) && t.DisabledAt == nil }},
		question{name: "expiring", filter: models.TokenFilter{State: models.StateExpiring},
			match: func(t models.Token) bool { return t.ExpiresAt.After(noon) && !t.ExpiresAt.After(soon) }},
		question{name: "permanent", filter: models.TokenFilter{State: models.StatePermanent}, match: models.Token.Never},
		question{name: "expired", filter: models.TokenFilter{State: models.StateExpired},
			match: func(t models.Token) bool { return t.Expired(noon) }},
		question{name: "disabled", filter: models.TokenFilter{State: models.StateDisabled}, match: models.Token.Disabled},
		question{name: "never used", filter: models.TokenFilter{NeverUsed: true}, match: func(t models.Token) bool { return !t.Used() }},
		question{name: "kind", filter: models.TokenFilter{Kind: models.AccessToken},
			match: func(t models.Token) bool { return t.Kind == models.AccessToken }},
		question{name: "role", filter: models.TokenFilter{RoleKey: l.editor.Key},
			match: func(t models.Token) bool { return t.RoleIDs[0] == l.editor.ID }},
		question{name: "creator", filter: models.TokenFilter{Creator: l.people[3].ID},
			match: func(t models.Token) bool { return t.CreatedBy == l.people[3].ID }},
		question{name: "vendor", filter: models.TokenFilter{Creator: models.CreatedByVendor},
			match: func(t models.Token) bool { return t.CreatedBy == "" }},
		question{name: "search: all", filter: searchFor("export"), match: all},
		question{name: "search: 900", filter: searchFor("nightly"), match: has("nightly")},
		question{name: "search: 20", filter: searchFor("rarely"), match: has("rarely")},
		question{name: "search: none", filter: searchFor("no such thing"), match: func(models.Token) bool { return false }},
		question{name: "search: creator", filter: searchFor("person03"), match: func(t models.Token) bool { return t.CreatedBy == l.people[3].ID }},
		question{name: "search: creator of 3", filter: searchFor("zoe@"), match: byZoe},
		question{name: "search: two letters", filter: searchFor("ex"), match: all},
		question{name: "search: no letters", filter: searchFor("_…w"), match: all},
		question{name: "search in state", filter: models.TokenFilter{Search: "export", State: models.StateExpiring, Kind: models.AccessToken},
			match: func(t models.Token) bool {
				return t.ExpiresAt.After(noon) && !t.ExpiresAt.After(soon) && t.Kind == models.AccessToken
			}},
		question{name: "creator of 3, by description", filter: models.TokenFilter{Creator: l.zoe.ID},
			order: models.TokenOrder{By: models.SortDescription}, match: byZoe},
		question{name: "active of a kind, by last use", filter: models.TokenFilter{State: models.StateActive, Kind: models.AccessToken},
			order: models.TokenOrder{By: models.SortLastUsed, Descending: true},
			match: func(t models.Token) bool {
				return t.ExpiresAt.After(noon) && t.DisabledAt == nil && t.Kind == models.AccessToken
			}},
		question{name: "role, disabled, by description", filter: models.TokenFilter{RoleKey: l.editor.Key, State: models.StateDisabled},
			order: models.TokenOrder{By: models.SortDescription},
			match: func(t models.Token) bool { return t.Disabled() && t.RoleIDs[0] == l.editor.ID }},
	)
}

// ask is the question's query.
func (l *longList) ask(q question) models.TokenQuery {
	return models.TokenQuery{TenantID: l.tenant.ID, Context: models.API, TokenFilter: q.filter, Order: q.order, Now: noon, Limit: 50}
}

// further is the place after some rows of the query, if it has so many.
func (l *longList) further(q models.TokenQuery, rows int) *models.TokenCursor {
	l.t.Helper()
	for q.Limit = 198; rows > 0; rows -= q.Limit {
		page, err := l.Tokens(l.t.Context(), q)
		ok(l.t, err)
		if !page.Older {
			return nil
		}
		q.After = &page.Last
	}
	return q.After
}

// answers gives the descriptions of all tokens that answer a question, in its order.
func (l *longList) answers() func(question) []string {
	tokens := make([]models.Token, manyTokens)
	for i := range tokens {
		tokens[i] = l.token(i)
	}
	sorted := map[models.TokenOrder][]*models.Token{}
	return func(q question) []string {
		order := q.order
		if order == (models.TokenOrder{}) {
			order = q.filter.DefaultOrder()
		}
		if sorted[order] == nil {
			for i := range tokens {
				sorted[order] = append(sorted[order], &tokens[i])
			}
			slices.SortFunc(sorted[order], func(a, b *models.Token) int { return follow(a, b, order) })
		}
		var found []string
		for _, token := range sorted[order] {
			if q.match(*token) {
				found = append(found, token.Description)
			}
		}
		return found
	}
}
