package tokens

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// flushEarlyAt is how many entries wait before they are written ahead of time.
	flushEarlyAt = 10_000
	// maxNotes is how many entries are held while the database can't be
	// written to; what comes on top is dropped, counted and logged.
	maxNotes = 50_000
	// maxAgent bounds a user agent, in bytes.
	maxAgent = 512
)

// notes holds uses and refusals until they are written: the latest use of each
// token, and the refusals of a token for one reason in one minute as a count.
// Verification itself writes nothing.
type notes struct {
	mu       sync.Mutex
	uses     map[string]models.TokenUse
	refusals map[refusalKey]int
	// dropped counts entries that found no room since the last take.
	dropped int
	// full is signalled once when flushEarlyAt is reached.
	full chan struct{}
}

type refusalKey struct {
	tokenID, reason string
	minute          time.Time
}

func newNotes() *notes {
	return &notes{uses: map[string]models.TokenUse{}, refusals: map[refusalKey]int{}, full: make(chan struct{}, 1)}
}

func (n *notes) use(u models.TokenUse) {
	// A copy, so that a note does not keep a whole request's headers alive.
	u.IP, u.UserAgent = strings.Clone(u.IP), strings.Clone(u.UserAgent[:min(len(u.UserAgent), maxAgent)])
	n.mu.Lock()
	defer n.mu.Unlock()
	before := n.held()
	n.putUse(u)
	n.signalAfter(before)
}

func (n *notes) refusal(tokenID, reason string, minute time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	before := n.held()
	n.putRefusal(refusalKey{tokenID, reason, minute}, 1)
	n.signalAfter(before)
}

func (n *notes) held() int { return len(n.uses) + len(n.refusals) }

// putUse keeps the later of two uses.
func (n *notes) putUse(u models.TokenUse) {
	held, known := n.uses[u.TokenID]
	if known && u.At.Before(held.At) || !known && !n.room() {
		return
	}
	n.uses[u.TokenID] = u
}

func (n *notes) putRefusal(key refusalKey, count int) {
	if _, known := n.refusals[key]; known || n.room() {
		n.refusals[key] += count
	}
}

// room tells whether one more entry fits, and counts the one that does not.
func (n *notes) room() bool {
	if n.held() < maxNotes {
		return true
	}
	n.dropped++
	return false
}

// signalAfter asks for an early flush when a new entry reaches the threshold,
// and neither with every entry beyond nor when a failed batch comes back: the
// next try is the ticker's then, or a database in trouble would be tried without
// pause.
func (n *notes) signalAfter(before int) {
	if before >= flushEarlyAt || n.held() < flushEarlyAt {
		return
	}
	select {
	case n.full <- struct{}{}:
	default:
	}
}

// take hands out everything, sorted by token: replicas that write the same
// tokens at once then lock them in the same order.
func (n *notes) take() (uses []models.TokenUse, refusals []models.Refusal, dropped int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	uses = slices.SortedFunc(maps.Values(n.uses), func(a, b models.TokenUse) int {
		return strings.Compare(a.TokenID, b.TokenID)
	})
	for key, count := range n.refusals {
		refusals = append(refusals, models.Refusal{TokenID: key.tokenID, Reason: key.reason, Minute: key.minute, Count: count})
	}
	slices.SortFunc(refusals, func(a, b models.Refusal) int {
		if c := strings.Compare(a.TokenID, b.TokenID); c != 0 {
			return c
		}
		if c := strings.Compare(a.Reason, b.Reason); c != 0 {
			return c
		}
		return a.Minute.Compare(b.Minute)
	})
	dropped = n.dropped
	n.uses, n.refusals, n.dropped = map[string]models.TokenUse{}, map[refusalKey]int{}, 0
	return uses, refusals, dropped
}

// giveBack takes in what could not be written, beside what has come since.
func (n *notes) giveBack(uses []models.TokenUse, refusals []models.Refusal) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, u := range uses {
		n.putUse(u)
	}
	for _, r := range refusals {
		n.putRefusal(refusalKey{r.TokenID, r.Reason, r.Minute}, r.Count)
	}
}
