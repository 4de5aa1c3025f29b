package proofs

import "net/netip"

// IsPublic is what an address must be to be called.
func IsPublic(a netip.Addr) bool { return isPublic(a) }

// MostSets is how many key sets are remembered.
const MostSets = maxSets

// Allows is what the guard of production says to an address.
func Allows(a netip.AddrPort) bool { return onlyPublic(a) }

// Sets is the number of key sets that are remembered.
func (p *Proofs) Sets() int { return len(p.sets.byURL) }

// Remembers tells whether the key set behind an address is one of them.
func (p *Proofs) Remembers(address string) bool { return p.sets.byURL[address] != nil }
