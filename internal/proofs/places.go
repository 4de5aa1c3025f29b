package proofs

// places are key sets by their URLs, so many at most. They are not safe for
// concurrent use.
type places struct {
	most  int
	byURL map[string]*keySet
}

func newPlaces(most int) places { return places{most, map[string]*keySet{}} }

// put gives a set a place. Where none is left the account that has the most gives
// one up, so that nobody goes without for what another took.
func (p places) put(set *keySet) {
	if p.byURL[set.address] == nil && len(p.byURL) >= p.most {
		p.giveUpOne(set.owner)
	}
	p.byURL[set.address] = set
}

// giveUpOne drops the set that was used the longest ago of the account that has
// the most, with the one that its owner is about to put.
func (p places) giveUpOne(owner string) {
	has := map[string]int{owner: 1}
	for _, set := range p.byURL {
		has[set.owner]++
	}
	var out *keySet
	for _, set := range p.byURL {
		if out == nil || has[set.owner] > has[out.owner] || has[set.owner] == has[out.owner] && set.used.Before(out.used) {
			out = set
		}
	}
	delete(p.byURL, out.address)
}
