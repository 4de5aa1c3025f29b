// Package storetest gives tests real stores: SQLite files and databases on a
// throwaway PostgreSQL, each test its own, migrated and empty.
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
//
//	func TestTokens_Something(t *testing.T) {
//		t.Parallel()
//		storetest.Each(t, func(t *testing.T, s *store.Store) { … })
//	}
//
// It stands on internal/store. Nothing but tests may import it.
package storetest
