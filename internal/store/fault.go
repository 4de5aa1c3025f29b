package store

import "sync/atomic"

// FaultInjector is a proof of being test code: storetest implements it, and
// nothing that is built into the binary does.
type FaultInjector interface {
	InjectsFaultsInTests()
}

// FailAfter makes one read or write fail with err, once, before it reaches the
// database: the next for passed 0, otherwise the one after passed others. It is
// there for tests of what callers do when they can't tell; call it through
// storetest.FailNext and storetest.FailAfter. The answer tells whether it has
// happened.
func (s *Store) FailAfter(_ FaultInjector, passed int, err error) (happened func() bool) {
	p := &planned{err: err}
	p.passed.Store(int64(passed))
	s.fault.next.Store(p)
	return func() bool { return s.fault.next.Load() != p }
}

// fault is the failure that waits, if one does.
type fault struct {
	next atomic.Pointer[planned]
}

type planned struct {
	passed atomic.Int64
	err    error
}

func (f *fault) take() error {
	p := f.next.Load()
	if p == nil || p.passed.Add(-1) >= 0 || !f.next.CompareAndSwap(p, nil) {
		return nil
	}
	return p.err
}
