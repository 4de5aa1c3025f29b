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
	// number is that of the last event known here, age how often there was something new.
	number, age int64
	// read is a moment before the log was last read, zero when it has to be read anew;
	// reading tells that somebody does, and writes counts the transactions that ended.
	read    time.Time
	reading bool
	writes  int64
	// everything is the age at which every credential may have changed last, tokens those
	// at which one token alone did.
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

// follow brings the log up to date where that is due, and gives its age. Without current
// nothing may be taken to be unchanged. One caller at a time reads; the others don't wait.
func (l *changeLog) follow(ctx context.Context) (age int64, current bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); !l.reading && !l.readWithin(logReadEvery, now) {
		l.readOn(ctx, now)
	}
	return l.age, l.readWithin(logFreshFor, time.Now())
}

// readWithin tells whether the log was read less than d ago, by both clocks: the one
// that nobody sets stands still while a machine sleeps.
func (l *changeLog) readWithin(d time.Duration, now time.Time) bool {
	onClock := now.Round(0).Sub(l.read.Round(0))
	return now.Sub(l.read) < d && onClock >= 0 && onClock < d
}

// readOn learns what is new. A failure leaves everything as it was: what was known
// grows old.
func (l *changeLog) readOn(ctx context.Context, now time.Time) {
	writes := l.writes
	changed, err := l.readUnlocked(ctx, l.number)
	if err != nil {
		return
	}
	l.learn(changed)
	if l.writes == writes {
		l.read = now
	}
}

// readUnlocked reads without the lock, and for all: whoever asked first may leave, and
// what takes longer than it is good for is of no use. However it ends, a panic
// included, the lock is held again and others may read.
func (l *changeLog) readUnlocked(ctx context.Context, after int64) (changes, error) {
	l.reading = true
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.reading = false
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logFreshFor)
	defer cancel()
	return l.after(ctx, after)
}

// learn takes in what was read. Numbers go back where an older database takes this
// one's place, so what is new is told by an age of the log's own.
func (l *changeLog) learn(c changes) {
	if c.upTo == l.number && !c.everything {
		return
	}
	l.number = c.upTo
	l.age++
	if c.everything || len(l.tokens)+len(c.tokens) > mostChanges {
		l.everything, l.tokens = l.age, map[string]int64{}
		return
	}
	for _, id := range c.tokens {
		l.tokens[id] = l.age
	}
}

// unchanged tells whether a token's credential, as it was at an age at the earliest, is
// still the same.
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
