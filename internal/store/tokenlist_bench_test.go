package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// BenchmarkTokens_LongAgainstShort asks a list of 100,000 tokens and, in turn,
// one of 50 that answers with as many rows. x-of-50 is how many times longer
// the long one takes: what is asked for is at most 1.5, and 3 for a whole page.
//
//	go test ./internal/store -run '^$' -bench LongAgainstShort -benchtime 200x
func BenchmarkTokens_LongAgainstShort(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { longAgainstShort(b, storetest.New(b)) })
	b.Run("postgres", func(b *testing.B) { longAgainstShort(b, storetest.NewPostgres(b)) })
}

func longAgainstShort(b *testing.B, s *store.Store) {
	l := newWorld(b, s).longList()
	list := func(b *testing.B, q models.TokenQuery) func() {
		return func() {
			if _, err := s.Tokens(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
	}
	overview := func(b *testing.B, q models.TokenQuery) func() {
		return func() {
			if _, err := s.TokenOverview(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, q := range l.questions() {
		long := l.ask(q)
		short := long
		short.TenantID = l.short(q)
		b.Run(q.name, func(b *testing.B) { race(b, list(b, long), list(b, short)) })
		if long.After = l.further(long, 4950); long.After != nil {
			b.Run(q.name+", page 100", func(b *testing.B) { race(b, list(b, long), list(b, short)) })
		}
	}
	long := l.ask(question{})
	short := long
	short.TenantID = l.short(question{match: func(models.Token) bool { return true }})
	b.Run("whole page", func(b *testing.B) {
		race(b, func() { list(b, long)(); overview(b, long)() }, func() { list(b, short)(); overview(b, short)() })
	})
}

// short is an account with the first 50 tokens that answer a question.
func (l *longList) short(q question) string {
	tenant := l.addTenant(fmt.Sprintf("Short %s", q.name))
	for i, n := 0, 0; i < manyTokens && n < 50; i++ {
		if token := l.token(i); q.match(token) {
			token.TenantID = tenant.ID
			l.add(token)
			n++
		}
	}
	return tenant.ID
}

// race runs two in turn, so that what else the machine does troubles both, and
// compares what each took in half of its runs.
func race(b *testing.B, long, short func()) {
	var longs, shorts []time.Duration
	took := func(run func()) time.Duration {
		begin := time.Now()
		run()
		return time.Since(begin)
	}
	for b.Loop() {
		longs, shorts = append(longs, took(long)), append(shorts, took(short))
	}
	slices.Sort(longs)
	slices.Sort(shorts)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(longs[len(longs)/2].Microseconds()), "µs")
	b.ReportMetric(float64(shorts[len(shorts)/2].Microseconds()), "µs-of-50")
	b.ReportMetric(float64(longs[len(longs)/2])/float64(shorts[len(shorts)/2]), "x-of-50")
}
