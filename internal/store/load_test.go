package store_test

import (
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestLoadTokens_AreWhatCreateTokenWouldHaveMade(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		before, schema := w.count(), readSchema(t, s)
		indexes := textsOf(t, s, indexNames(s))
		token := w.apiToken("loaded", w.editor.ID, w.reader.ID)
		secret := store.SecretFor(token)
		use := models.TokenUse{TokenID: token.ID, SecretID: secret.ID, At: noon, IP: "192.0.2.1", UserAgent: "curl"}
		rows, err := s.LoadTokens(t.Context(), slices.Values([]store.LoadedToken{{
			Token: token, Secret: secret, Uses: []models.TokenUse{use}, Event: event(models.TokenCreated),
		}}))
		ok(t, err)
		if rows != 6 {
			t.Errorf("%d rows", rows)
		}
		got, err := s.CredentialByDigest(t.Context(), secret.Digest)
		ok(t, err)
		slices.Sort(token.RoleIDs)
		if diff := cmp.Diff(token, got.Token); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if uses, err := s.TokenUses(t.Context(), token.ID); err != nil || len(uses) != 1 || uses[0] != use {
			t.Errorf("uses %+v, %v", uses, err)
		}
		for search, want := range map[string]int{"loaded": 1, "oaded l": 0, "dana@": 1} {
			if page := w.list(models.TokenQuery{Context: models.API, TokenFilter: searchFor(search)}); page.Total != want {
				t.Errorf("%q finds %d", search, page.Total)
			}
		}
		if after := w.count(); after != before+1 {
			t.Errorf("%d events", after-before)
		}
		if diff := cmp.Diff(schema, readSchema(t, s)); diff != "" {
			t.Errorf("the schema changed:\n%s", diff)
		}
		if diff := cmp.Diff(indexes, textsOf(t, s, indexNames(s))); diff != "" {
			t.Errorf("the indexes changed:\n%s", diff)
		}
	})
}

func TestLoadTokens_AFailedOneLeavesTheIndexes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		indexes := textsOf(t, s, indexNames(s))
		stranger := w.apiToken("of no account")
		stranger.TenantID = newID()
		one := store.LoadedToken{Token: stranger, Secret: store.SecretFor(stranger), Event: event(models.TokenCreated)}
		var all iter.Seq[store.LoadedToken] = slices.Values([]store.LoadedToken{one})
		if _, err := s.LoadTokens(t.Context(), all); err == nil {
			t.Error("a token of no account was loaded")
		}
		if diff := cmp.Diff(indexes, textsOf(t, s, indexNames(s))); diff != "" {
			t.Errorf("the indexes changed:\n%s", diff)
		}
	})
}

func (w *world) count() int64 {
	w.t.Helper()
	n, err := w.Counter(w.t.Context())
	ok(w.t, err)
	return n
}

// indexNames gives every index and trigger there is.
func indexNames(s *store.Store) string {
	if s.Dialect() == "postgres" {
		return "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
	}
	return "SELECT name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE type IN ('index', 'trigger') ORDER BY 1"
}
