package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// fakeLog is a change log whose events a test makes up.
type fakeLog struct {
	changes
	err   error
	reads int
	// during runs while the log is read.
	during func()
}

func (f *fakeLog) follower() *changeLog {
	return newChangeLog(func(context.Context, int64) (changes, error) {
		f.reads++
		told, err := f.changes, f.err
		if during := f.during; during != nil {
			f.during = nil
			during()
		}
		return told, err
	})
}

// tells is how tests ask: whether a token's credential that was read at a number is
// known to be unchanged.
func tells(t *testing.T, l *changeLog, tokenID string, since int64) bool {
	t.Helper()
	_, current := l.follow(t.Context())
	return current && l.unchanged(tokenID, since)
}

// Rule 12: what was known is good for less than a second.
func TestChangeLog_ThatCantBeReadIsTakenAtItsWordForLessThanASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeLog{changes: changes{upTo: 7, everything: true}}
		l := f.follower()
		if !tells(t, l, "a", 7) {
			t.Error("nothing is known of a log that was read")
		}
		f.err = errors.New("the database is gone")
		time.Sleep(logFreshFor - time.Nanosecond)
		if !tells(t, l, "a", 7) {
			t.Error("what was read is forgotten at the first failure")
		}
		time.Sleep(time.Nanosecond)
		if tells(t, l, "a", 7) {
			t.Error("what was read a second ago is still believed")
		}
		f.err = nil
		if !tells(t, l, "a", 7) {
			t.Error("a log that can be read again is not believed")
		}
	})
}

// The second begins before the log is read, however long that takes.
func TestChangeLog_IsAsOldAsTheBeginningOfItsReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeLog{changes: changes{upTo: 7}, during: func() { time.Sleep(logFreshFor) }}
		if tells(t, f.follower(), "a", 7) {
			t.Error("an answer that took a second is believed")
		}
	})
}

func TestChangeLog_IsReadFourTimesASecondAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeLog{}
		l := f.follower()
		for range 2000 {
			tells(t, l, "a", 0)
			time.Sleep(time.Millisecond)
		}
		if f.reads != 8 {
			t.Errorf("%d reads in two seconds", f.reads)
		}
	})
}

// What a replica wrote is in force there at once: the log is read before anything is
// taken to be unchanged, and not one that was being read when it wrote.
func TestChangeLog_IsReadAnewAfterAWriteOfOnesOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeLog{}
		l := f.follower()
		if !tells(t, l, "a", 0) {
			t.Fatal("nothing is known")
		}
		l.wrote()
		f.changes = changes{upTo: 1, tokens: []string{"a"}}
		if tells(t, l, "a", 0) {
			t.Error("a change of one's own is not known")
		}
		if f.reads != 2 {
			t.Errorf("%d reads", f.reads)
		}

		time.Sleep(logReadEvery)
		f.during = func() { l.wrote() }
		if tells(t, l, "b", 1) {
			t.Error("a log that was read before the write is believed")
		}
		if !tells(t, l, "b", 1) {
			t.Error("one that was read after it is not")
		}
	})
}

// One reads, and nobody else waits for that.
func TestChangeLog_IsReadByOneAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeLog{}
		l := f.follower()
		l.follow(t.Context())
		time.Sleep(logReadEvery)
		f.during = func() {
			if !tells(t, l, "a", 0) {
				t.Error("what was read a quarter of a second ago is not believed meanwhile")
			}
			time.Sleep(logFreshFor - logReadEvery)
			if tells(t, l, "a", 0) {
				t.Error("what was read a second ago is believed meanwhile")
			}
		}
		l.follow(t.Context())
		if f.reads != 2 {
			t.Errorf("%d reads", f.reads)
		}
	})
}

func TestChangeLog_KnowsWhatChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeLog{}
		l := f.follower()
		next := func(c changes) {
			f.changes = c
			time.Sleep(logReadEvery)
			l.follow(t.Context())
		}
		want := func(token string, since int64, unchanged bool) {
			t.Helper()
			if got := tells(t, l, token, since); got != unchanged {
				t.Errorf("%s since %d: unchanged is %v", token, since, got)
			}
		}
		next(changes{})
		want("a", 0, true)
		next(changes{upTo: 6, tokens: []string{"a"}})
		want("a", 0, false)
		want("a", 1, true)
		want("b", 0, true)
		next(changes{upTo: 9, everything: true, tokens: []string{"a"}})
		want("a", 1, false)
		want("b", 1, false)
		want("b", 2, true)
		var many []string
		for i := range mostChanges {
			many = append(many, fmt.Sprint(i))
		}
		next(changes{upTo: 1009, tokens: many})
		want("0", 2, false)
		want("b", 2, true)
		next(changes{upTo: 1010, tokens: []string{"a"}})
		want("b", 3, false) // more than is kept in mind
		want("0", 4, true)
	})
}

// A backup was put back, or a follower took over that had not got everything.
func TestChangeLog_WhoseNumbersWentBackBelievesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeLog{changes: changes{upTo: 100}}
		l := f.follower()
		age, _ := l.follow(t.Context())
		f.changes = changes{upTo: 50, everything: true}
		time.Sleep(logReadEvery)
		if tells(t, l, "a", age) {
			t.Error("what was read before the numbers went back is believed")
		}
		f.changes = changes{upTo: 60, tokens: []string{"a"}}
		l.wrote()
		if tells(t, l, "a", age) {
			t.Error("a change that this replica made since is not known")
		}
	})
}

func TestChangeLog_IsReadByOthersAfterAPanic(t *testing.T) {
	t.Parallel()
	l := newChangeLog(func(context.Context, int64) (changes, error) { panic("driver") })
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		l.follow(t.Context())
	}()
	l.after = func(context.Context, int64) (changes, error) { return changes{upTo: 1}, nil }
	if _, current := l.follow(t.Context()); !current {
		t.Error("nobody reads the log after a panic")
	}
}
