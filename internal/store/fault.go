package store

import "sync/atomic"

// FaultInjector is a proof of being test code: storetest implements it, and
// nothing that is built into the binary does.
type FaultInjector interface {
	InjectsFaultsInTests()
}

// FailNext makes the next read or write fail with err, once, before it reaches
// the database. It is there for tests of what callers do when they can't tell;
// call it through storetest.FailNext.
func (s *Store) FailNext(_ FaultInjector, err error) {
	s.fault.next.Store(&err)
}

// fault is the failure that waits, if one does.
type fault struct {
	next atomic.Pointer[error]
}

func (f *fault) take() error {
	if f.next.Load() == nil {
		return nil
	}
	if err := f.next.Swap(nil); err != nil {
		return *err
	}
	return nil
}
