package tokens

import (
	"cmp"
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

// notes holds uses and refusals until they are written: the latest distinct uses
// of each token, and the refusals of a token for one reason in one minute as a
// count. Verification itself writes nothing.
type notes struct {
	mu sync.Mutex
	// uses are by token; held counts them all.
	uses     map[string]map[useKey]time.Time
	useCount int
	refusals map[refusalKey]int
	// dropped counts entries that found no room since the last take.
	dropped int
	// full is signalled once when flushEarlyAt is reached, and by hurry.
	full chan struct{}
}

// useKey is what makes two uses of a token distinct.
type useKey struct{ secretID, ip, agent string }

type refusalKey struct {
	tokenID, reason string
	minute          time.Time
}

func newNotes() *notes {
	return &notes{uses: map[string]map[useKey]time.Time{}, refusals: map[refusalKey]int{}, full: make(chan struct{}, 1)}
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

func (n *notes) held() int { return n.useCount + len(n.refusals) }

// putUse keeps the later of two uses that are alike. Of one token no more are
// held than the store keeps, and where there is no room at all its newest
// replaces its oldest: a program that names itself anew with each request pushes
// out its own uses, and nobody else's.
func (n *notes) putUse(u models.TokenUse) {
	key := useKey{u.SecretID, u.IP, u.UserAgent}
	held, known := n.uses[u.TokenID][key]
	if known && !u.At.After(held) {
		return
	}
	if !known {
		mine := len(n.uses[u.TokenID])
		if mine >= models.MostUses || mine > 0 && n.held() >= maxNotes {
			n.forgetOldest(u.TokenID)
		} else if !n.room() {
			return
		}
		n.useCount++
	}
	if n.uses[u.TokenID] == nil {
		n.uses[u.TokenID] = map[useKey]time.Time{}
	}
	n.uses[u.TokenID][key] = u.At
}

func (n *notes) forgetOldest(tokenID string) {
	var oldest useKey
	var at time.Time
	for key, t := range n.uses[tokenID] {
		if at.IsZero() || t.Before(at) {
			oldest, at = key, t
		}
	}
	delete(n.uses[tokenID], oldest)
	n.useCount--
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
	if before < flushEarlyAt && n.held() >= flushEarlyAt {
		n.hurry()
	}
}

// hurry asks for a flush ahead of time.
func (n *notes) hurry() {
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
	uses = make([]models.TokenUse, 0, n.useCount)
	for tokenID, held := range n.uses {
		for key, at := range held {
			uses = append(uses, models.TokenUse{TokenID: tokenID, SecretID: key.secretID, At: at, IP: key.ip, UserAgent: key.agent})
		}
	}
	slices.SortFunc(uses, func(a, b models.TokenUse) int {
		return cmp.Or(cmp.Compare(a.TokenID, b.TokenID), a.At.Compare(b.At), cmp.Compare(a.IP, b.IP),
			cmp.Compare(a.UserAgent, b.UserAgent), cmp.Compare(a.SecretID, b.SecretID))
	})
	for key, count := range n.refusals {
		refusals = append(refusals, models.Refusal{TokenID: key.tokenID, Reason: key.reason, Minute: key.minute, Count: count})
	}
	slices.SortFunc(refusals, func(a, b models.Refusal) int {
		return cmp.Or(cmp.Compare(a.TokenID, b.TokenID), cmp.Compare(a.Reason, b.Reason), a.Minute.Compare(b.Minute))
	})
	dropped = n.dropped
	n.uses, n.useCount, n.refusals, n.dropped = map[string]map[useKey]time.Time{}, 0, map[refusalKey]int{}, 0
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
