package store_test

import (
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestPlans_ActiveTokensAreReadAlongTheirIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := crowded(t, s)
		_, err := s.Pool().ExecContext(t.Context(), "ANALYZE")
		ok(t, err)
		middle := models.AccessPlace{TenantID: w.tenant.ID, TokenID: models.NewID(noon)}
		for _, q := range []models.AccessQuery{
			{Context: models.API}, {Context: models.Personal}, {Context: models.API, After: middle}, {Context: models.Personal, TenantID: w.tenant.ID, After: middle},
		} {
			q.Now, q.Limit = noon, 10
			wantIndexed(t, s, func() {
				_, err := s.AccessTokens(t.Context(), q)
				ok(t, err)
			}, false)
		}
	})
}

func TestAccessTokens_ContinueBehindThePlaceOfThePage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := crowded(t, s)
		q := models.AccessQuery{Context: models.Personal, Now: noon, Limit: 300}
		seen := map[string]bool{}
		for pages := 0; ; pages++ {
			page, err := s.AccessTokens(t.Context(), q)
			ok(t, err)
			for _, secret := range page.Secrets {
				if seen[secret.Secret.ID] || secret.Token.UserID != w.dana.ID || secret.Owner == nil || secret.Membership == nil {
					t.Fatalf("%+v", secret)
				}
				seen[secret.Secret.ID] = true
			}
			if page.Last == (models.AccessPlace{}) {
				break
			}
			if pages > crowd/300+2 {
				t.Fatal("the walk does not end")
			}
			q.After = page.Last
		}
		var all int
		ok(t, s.Readers().QueryRowContext(t.Context(), "SELECT count(*) FROM tokens WHERE context = 'personal' AND kind = 'AccessToken'").Scan(&all))
		if all == 0 || len(seen) != all {
			t.Errorf("%d of %d", len(seen), all)
		}
	})
}
