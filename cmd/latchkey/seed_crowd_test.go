package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/models"
)

func TestShares_TheFirstAccountIsBigTheRestIsSpread(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]struct{ accounts, first, last int }{
		1: {1, 1, 1}, 100_000: {1, 100_000, 100_000}, 100_500: {501, 100_000, 1}, 1_000_000: {1000, 100_000, 901},
	} {
		all, sum := shares(n), 0
		for _, share := range all {
			sum += share
		}
		if len(all) != want.accounts || all[0] != want.first || all[len(all)-1] != want.last || sum != n {
			t.Errorf("%d tokens: %d accounts, first %d, last %d, in all %d", n, len(all), all[0], all[len(all)-1], sum)
		}
	}
}

func TestSeed_LoadsACrowdAndPrintsOnlyTheObject(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		const crowd = 400
		out, err := p.run(t.Context(), "", "seed", "--json", "--tokens", "400")
		if err != nil {
			t.Fatal(err)
		}
		var data seeded
		in := json.NewDecoder(strings.NewReader(out))
		if err := in.Decode(&data); err != nil || in.More() {
			t.Fatalf("not one JSON object: %v", err)
		}
		st, err := store.Open(t.Context(), store.Config{URL: p.url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		counts, err := st.TokenCounts(t.Context(), data.Tenants[0].ID, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		live := 0
		for _, c := range counts {
			live += c.Live
		}
		if live < crowd/2 {
			t.Errorf("%d of %d are live", live, crowd)
		}
		page, err := st.Tokens(t.Context(), models.TokenQuery{TenantID: data.Tenants[0].ID, Context: models.API, Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		for _, row := range page.Rows {
			if row.CreatedAt.After(now) || row.Used() && (row.LastUsedAt.Before(row.CreatedAt) || row.LastUsedAt.After(now)) ||
				row.CreatorName == "" || len(row.Roles) == 0 || !row.ExpiresAt.After(row.CreatedAt) {
				t.Errorf("%+v", row)
			}
		}
		uses, err := st.TokenUses(t.Context(), page.Rows[len(page.Rows)-1].ID)
		if err != nil || len(uses) > 1 {
			t.Errorf("uses %+v, %v", uses, err)
		}
		events, err := st.Events(t.Context(), 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range events {
			if e.Number != int64(i)+1 {
				t.Fatalf("event %d has the number %d", i+1, e.Number)
			}
		}
	})
}

func TestSeed_RefusesACrowdOutOfRange(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p program) {
		for _, n := range []string{"-1", "10000001", "many"} {
			if _, err := p.run(t.Context(), "", "seed", "--tokens="+n); err == nil {
				t.Errorf("--tokens=%s was taken", n)
			}
		}
	})
}
