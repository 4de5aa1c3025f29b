package proofs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/models"
)

// numbered is the key of one of an account's many clients, each with its own URL.
func (h *host) numbered(owner string, i int) proofs.Key {
	return proofs.Key{ID: owner, Owner: owner, ClientKey: models.ClientKey{JWKSURL: fmt.Sprintf("%s/%s/%d", h.URL, owner, i)}}
}

const mostSets = 20

// signerWithFew remembers mostSets sets of each kind, and calls no host while away.
func signerWithFew(t *testing.T, h *host) (s *signer, away *atomic.Bool) {
	t.Helper()
	away = &atomic.Bool{}
	fetch := h.fetch(t)
	allow := fetch.Allow
	fetch.Allow = func(a netip.AddrPort) bool { return !away.Load() && allow(a) }
	s = newSigner(t, fetch)
	s.Remember(mostSets)
	return s, away
}

// However many addresses the clients of one account name, so many are remembered;
// nobody else loses a place or goes without one, and no set that has verified
// something makes room for one that has not.
func TestKeySets_AStrangerTakesNobodysPlace(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es()))
	s, away := signerWithFew(t, h)
	proven := []proofs.Key{h.numbered("proven", 1), h.numbered("stranger", -1)}
	for _, key := range proven {
		wantGood(t, s.assert(es(), key))
	}
	away.Store(true)
	for i := range 2 * mostSets {
		s.clock.advance(time.Millisecond)
		wantUnavailable(t, s.assert(es(), h.numbered("stranger", i)))
	}
	away.Store(false)
	if got := s.Sets(); got != mostSets+len(proven) {
		t.Errorf("%d sets", got)
	}
	wantGood(t, s.assert(es(), h.numbered("newcomer", 1)))
	for _, key := range proven {
		wantGood(t, s.assert(es(), key))
	}
	h.wantCalls(t, 3)
}

// Sets that a stranger's own keys prove drive out the stranger's.
func TestKeySets_AStrangerWhoSignsTakesNobodysPlace(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es()))
	s, _ := signerWithFew(t, h)
	wantGood(t, s.assert(es(), h.numbered("proven", 1)))
	for i := range mostSets + 5 {
		s.clock.advance(time.Millisecond)
		wantGood(t, s.assert(es(), h.numbered("stranger", i)))
	}
	if got := s.Sets(); got != mostSets {
		t.Errorf("%d sets", got)
	}
	if !s.Remembers(h.numbered("proven", 1).JWKSURL) || s.Remembers(h.numbered("stranger", 0).JWKSURL) {
		t.Error("not the stranger's oldest set was dropped")
	}
}

// A set that has lost its place is not called again within the minute.
func TestKeySets_WithoutAPlaceAreCalledOnceAMinute(t *testing.T) {
	t.Parallel()
	h := newHost(t, http.NotFound)
	s, away := signerWithFew(t, h)
	first := h.numbered("stranger", -1)
	wantUnavailable(t, s.assert(es(), first))
	away.Store(true)
	for i := range mostSets {
		s.clock.advance(time.Millisecond)
		wantUnavailable(t, s.assert(es(), h.numbered("stranger", i)))
	}
	away.Store(false)
	if s.Remembers(first.JWKSURL) {
		t.Fatal("it has a place")
	}
	wantUnavailable(t, s.assert(es(), first))
	h.wantCalls(t, 1)
	s.clock.advance(time.Minute)
	wantUnavailable(t, s.assert(es(), first))
	h.wantCalls(t, 2)
}

// One host is called by one fetch at a time, whoever asks.
func TestKeySets_CallAHostOnceAtATime(t *testing.T) {
	t.Parallel()
	var under, most atomic.Int32
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if n := under.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer under.Add(-1)
		publishes(es())(w, r)
	})
	s := newSigner(t, h.fetch(t))
	for _, err := range atOnce(40, func(i int) error { return s.assert(es(), h.numbered(fmt.Sprint(i%10), i)) }) {
		wantGood(t, err)
	}
	if got := most.Load(); got != 1 {
		t.Errorf("%d calls at once", got)
	}
	h.wantCalls(t, 40)
}

// So many fetches are under way for one account and in all; one that waits for its
// account's turn keeps nobody else from theirs, and one whose turn doesn't come
// leaves without a trace.
func TestGate_BoundsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := proofs.NewGate()
		// The clock goes on only when everybody waits: whoever has a turn has it at once.
		enter := func(account, host string) (func(), bool) {
			ctx, end := context.WithTimeout(t.Context(), time.Second)
			defer end()
			leave, err := g.Enter(ctx, account, host)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			return leave, err == nil
		}
		var leaves []func()
		for account := range 6 {
			for host := range 6 {
				if leave, ok := enter(fmt.Sprint(account), fmt.Sprint(account, host)); ok {
					leaves = append(leaves, leave)
				}
			}
			if in, want := len(leaves), min(16, 4*(account+1)); in != want {
				t.Errorf("%d fetches under way of %d accounts, want %d", in, account+1, want)
			}
		}
		leaves[0]()
		if _, ok := enter("new", "0 1"); ok {
			t.Error("two fetches from one host")
		}
		var waiting sync.WaitGroup
		waiting.Go(func() {
			leave, err := g.Enter(t.Context(), "1", "late")
			if err != nil {
				t.Error(err)
				return
			}
			leave()
		})
		synctest.Wait()
		leave, ok := enter("new", "new")
		if !ok {
			t.Fatal("no turn for an account that has none")
		}
		leave()
		for _, leave := range leaves[1:] {
			leave()
		}
		waiting.Wait()
		if got := g.Remembered(); got != 0 {
			t.Errorf("%d turns are remembered", got)
		}
	})
}
