package store

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// logFreshFor is how long what the change log said is good for: what any replica
	// changed is in force on all of them within that time.
	logFreshFor = time.Second
	// logReadEvery is how often the log is read at most while nothing is written here.
	logReadEvery = logFreshFor / 4
	// mostChanges bounds what is read of the log at once, and kept in mind: beyond it
	// everything counts as changed.
	mostChanges = 1000
)

// changeLog knows which credentials changed, by the events that every change is
// written down with. It reads them when it is asked, and tells only what it knows to be
// true: nothing is taken to be unchanged once the last successful read of the log is
// older than logFreshFor, or a transaction of this process's own has ended since.
type changeLog struct {
	// after reads what is new since an event.
	after func(ctx context.Context, number int64) (changes, error)

	mu sync.Mutex
	// number is that of the last event known here.
	number int64
	// read is a moment before the log was last read, zero when it has to be read anew;
	// reading tells that somebody does, and writes counts the transactions that ended.
	read    time.Time
	reading bool
	writes  int64
	// everything is the number of the last event that may have changed every credential,
	// tokens those of the last events that changed one token alone.
	everything int64
	tokens     map[string]int64
}

func newChangeLog(after func(ctx context.Context, number int64) (changes, error)) *changeLog {
	return &changeLog{after: after, tokens: map[string]int64{}}
}

// wrote is told that a transaction of this process has ended, however it went.
func (l *changeLog) wrote() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes++
	l.read = time.Time{}
}

// follow brings the log up to date where that is due, and gives the number of the last
// event known. Without current nothing may be taken to be unchanged. One caller at a
// time reads; the others don't wait.
func (l *changeLog) follow(ctx context.Context) (number int64, current bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); !l.reading && now.Sub(l.read) >= logReadEvery {
		l.readOn(ctx, now)
	}
	return l.number, time.Since(l.read) < logFreshFor
}

// readOn reads what is new, without the lock meanwhile. A failure leaves everything as
// it was: what was known grows old.
func (l *changeLog) readOn(ctx context.Context, now time.Time) {
	l.reading = true
	after, writes := l.number, l.writes
	l.mu.Unlock()
	changed, err := l.after(ctx, after)
	l.mu.Lock()
	l.reading = false
	if err != nil {
		return
	}
	l.learn(changed)
	if l.writes == writes {
		l.read = now
	}
}

// learn takes in what was read.
func (l *changeLog) learn(c changes) {
	l.number = c.upTo
	if c.everything || len(l.tokens)+len(c.tokens) > mostChanges {
		l.everything, l.tokens = c.upTo, map[string]int64{}
		return
	}
	for _, id := range c.tokens {
		l.tokens[id] = c.upTo
	}
}

// unchanged tells whether a token's credential, as it was at an event's number at the
// earliest, is still the same.
func (l *changeLog) unchanged(tokenID string, since int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return since >= l.everything && since >= l.tokens[tokenID]
}

// changes are what events say about credentials: the number of the last one, and which
// tokens' they changed.
type changes struct {
	upTo       int64
	everything bool
	tokens     []string
}

// changesAfter reads what was written since an event. Numbers commit in order and
// without gaps; should one be missing, everything counts as changed.
func (s *Store) changesAfter(ctx context.Context, after int64) (changes, error) {
	db := s.reader.WithContext(ctx)
	var last int64
	err := db.Raw("SELECT n FROM change_counter WHERE id = 1").Scan(&last).Error
	if err != nil || last == after {
		return changes{upTo: after}, err
	}
	c := changes{upTo: last}
	if last < after || last-after > mostChanges {
		c.everything = true
		return c, nil
	}
	var rows []eventRow
	err = db.Select("number, action, outcome, target_kind, target_id").
		Where("number > ? AND number <= ?", after, last).Find(&rows).Error
	if err != nil {
		return changes{}, err
	}
	c.everything = int64(len(rows)) != last-after
	for _, row := range rows {
		switch event := row.event(); {
		case ofNoCredential(event):
		case ofOneToken(event):
			c.tokens = append(c.tokens, event.TargetID)
		default:
			c.everything = true
		}
	}
	return c, nil
}

// ofOneToken tells whether an event changed the credential of its target alone.
func ofOneToken(e models.Event) bool {
	return e.TargetKind == "token" && e.TargetID != "" && (e.Action == models.JWTRevoked || strings.HasPrefix(string(e.Action), "token."))
}

// ofNoCredential tells whether an event changed nothing that a verification reads. What
// is not named here is taken to change everything.
func ofNoCredential(e models.Event) bool {
	switch e.Action {
	case models.TokenFound, models.TokensExported, models.BulkStarted, models.BulkEnded,
		models.SignedIn, models.SignedOut, models.AccountSwitched, models.LinkCreated, models.PortalLinkCreated, models.PortalLinkUsed,
		models.SigningKeyCreated, models.SigningKeyRotated, models.SigningKeyRetired, models.SigningKeyRemoved,
		models.VendorKeyCreated, models.VendorKeyRotated, models.VendorSecretEnded, models.VendorKeyRevoked, models.VendorKeyRefused,
		models.RefreshReused, models.RefreshRevoked:
		return true
	}
	return e.Outcome == models.Refused
}
