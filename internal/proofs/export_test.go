package proofs

import (
	"context"
	"net/http"
	"net/netip"
)

// IsPublic is what an address must be to be called.
func IsPublic(a netip.Addr) bool { return isPublic(a) }

// Allows is what the guard of production says to an address.
func Allows(a netip.AddrPort) bool { return onlyPublic(a) }

// Remember bounds how many key sets are remembered, of those that have verified
// something and of the others each.
func (p *Proofs) Remember(most int) { p.sets.proven.most, p.sets.others.most = most, most }

// Sets is the number of key sets that are remembered.
func (p *Proofs) Sets() int { return len(p.sets.proven.byURL) + len(p.sets.others.byURL) }

// Remembers tells whether the key set behind an address is one of them.
func (p *Proofs) Remembers(address string) bool {
	return p.sets.proven.byURL[address] != nil || p.sets.others.byURL[address] != nil
}

// CallInstead takes the place of the network.
func (p *Proofs) CallInstead(host http.RoundTripper) { p.sets.fetcher.client.Transport = host }

// Gate bounds the fetches that are under way.
type Gate struct{ gate *gate }

func NewGate() Gate { return Gate{newGate()} }

// Enter is as the gate has it.
func (g Gate) Enter(ctx context.Context, account, host string) (leave func(), err error) {
	return g.gate.enter(ctx, account, host)
}

// Remembered is how many accounts and hosts have a turn or wait for one.
func (g Gate) Remembered() int { return len(g.gate.turns) }
