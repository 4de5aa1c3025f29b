package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// BenchmarkListPage_LongAgainstShort opens the page of a list of 100,000 tokens
// and, in turn, that of one of 50, each signed in: session, list, chips and
// totals, and all of the HTML. x-of-50 is how many times longer the long one
// takes: what is asked for is at most 3.
//
//	go test ./handlers -run '^$' -bench ListPage -benchtime 100x
func BenchmarkListPage_LongAgainstShort(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { pagesLongAgainstShort(b, storetest.New(b)) })
	b.Run("postgres", func(b *testing.B) { pagesLongAgainstShort(b, storetest.NewPostgres(b)) })
}

func pagesLongAgainstShort(b *testing.B, s *store.Store) {
	w := newWorld(b, s)
	hank := w.join1("hank@globex.example", w.globex.ID, "Admin", "Editor")
	w.fill(w.dana, 100_000)
	w.fill(hank, 50)
	long, short := w.as(w.dana), w.as(hank)
	for _, query := range []string{"", "?state=active&sort=lastUsed", "?q=export"} {
		path := "/workspace/tokens" + query
		b.Run("tokens"+query, func(b *testing.B) {
			var longs, shorts []time.Duration
			for b.Loop() {
				longs, shorts = append(longs, long.takes(path)), append(shorts, short.takes(path))
			}
			slices.Sort(longs)
			slices.Sort(shorts)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(longs[len(longs)/2].Microseconds()), "µs")
			b.ReportMetric(float64(shorts[len(shorts)/2].Microseconds()), "µs-of-50")
			b.ReportMetric(float64(longs[len(longs)/2])/float64(shorts[len(shorts)/2]), "x-of-50")
		})
	}
}

// fill loads API tokens that the member made, one in ten of which has expired
// and one in seven never was used.
func (w *world) fill(m models.Member, n int) {
	w.t.Helper()
	now := w.clock.Now()
	_, err := w.store.LoadTokens(w.t.Context(), func(yield func(store.LoadedToken) bool) {
		for i := range n {
			made := now.Add(-time.Duration(n-i) * time.Minute)
			token := models.Token{
				ID: models.NewID(made), TenantID: m.TenantID, Context: models.API, Kind: models.AccessToken,
				Description: fmt.Sprintf("Nightly export %06d", i), Prefix: "lk_at", LastFour: "wxyz", RoleIDs: []string{w.roles["Editor"]},
				CreatedBy: m.UserID, CreatedAt: made, ExpiresAt: models.NeverExpires, LastUsedAt: models.NeverUsed, Metadata: "{}",
			}
			if i%10 == 3 {
				token.ExpiresAt = now.Add(-time.Hour)
			}
			if i%7 > 0 {
				token.LastUsedAt = now.Add(-time.Duration(i%5000) * time.Second)
			}
			loaded := store.LoadedToken{Token: token, Event: models.NewEvent(callerOf(m), models.TokenCreated, made), Secret: models.TokenSecret{
				ID: token.ID, TokenID: token.ID, Digest: []byte(token.ID)[:32], Prefix: token.Prefix, LastFour: token.LastFour,
				CreatedAt: made, EndsAt: models.NeverExpires, LastUsedAt: token.LastUsedAt,
			}}
			if !yield(loaded) {
				return
			}
		}
	})
	w.must(err)
}

// takes opens a page of a whole list and tells how long that took.
func (b *browser) takes(path string) time.Duration {
	b.t.Helper()
	begin := time.Now()
	a := b.request(http.MethodGet, path, "")
	took := time.Since(begin)
	if a.status != http.StatusOK {
		b.t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	return took
}
