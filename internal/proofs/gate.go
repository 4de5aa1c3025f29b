package proofs

import (
	"context"
	"slices"
	"sync"
)

// How many fetches are under way at once: in all, for one account, and from one
// host.
const (
	maxFetches        = 16
	maxAccountFetches = 4
	maxHostFetches    = 1
)

// gate lets so many fetches through at once; the others wait for their turn, in
// the order in which they came. Whoever waits for its account's turn waits for no
// other meanwhile, so that an account with many fetches keeps few from theirs.
type gate struct {
	mu    sync.Mutex
	turns map[string]*turns
}

// turns are those of one account, one host, or all.
type turns struct {
	taken chan struct{}
	// wanted is how many have one or wait for one, guarded by gate.mu.
	wanted int
}

func newGate() *gate { return &gate{turns: map[string]*turns{}} }

// enter waits for the turn of a fetch for an account from a host. The error is
// that of ctx; without one the caller must leave.
func (g *gate) enter(ctx context.Context, account, host string) (leave func(), err error) {
	var ends []func()
	leave = func() {
		for _, end := range slices.Backward(ends) {
			end()
		}
	}
	for _, each := range []struct {
		name string
		most int
	}{{"account " + account, maxAccountFetches}, {"host " + host, maxHostFetches}, {"all", maxFetches}} {
		end, err := g.take(ctx, each.name, each.most)
		if err != nil {
			leave()
			return nil, err
		}
		ends = append(ends, end)
	}
	return leave, nil
}

func (g *gate) take(ctx context.Context, name string, most int) (end func(), err error) {
	g.mu.Lock()
	of := g.turns[name]
	if of == nil {
		of = &turns{taken: make(chan struct{}, most)}
		g.turns[name] = of
	}
	of.wanted++
	g.mu.Unlock()
	select {
	case of.taken <- struct{}{}:
		return func() { <-of.taken; g.forget(name, of) }, nil
	case <-ctx.Done():
		g.forget(name, of)
		return nil, ctx.Err()
	}
}

// forget drops turns that nobody wants any more.
func (g *gate) forget(name string, of *turns) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if of.wanted--; of.wanted == 0 {
		delete(g.turns, name)
	}
}
