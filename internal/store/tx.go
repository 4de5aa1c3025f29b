package store

import (
	"context"
	"database/sql"
	"errors"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// errNoEvent is a fault of ours: every change of state leaves a trace.
var errNoEvent = errors.New("a change without an event")

// one runs a read of one statement.
func (s *Store) one(ctx context.Context, op string, fn func(db *gorm.DB) error) error {
	if err := s.fault.take(); err != nil {
		return translate(op, err)
	}
	return translate(op, fn(s.reader.WithContext(ctx)))
}

// read runs several statements over one snapshot, where a write is an error.
// On SQLite the reading pool sees to that (query_only).
func (s *Store) read(ctx context.Context, op string, fn func(tx *gorm.DB) error) error {
	if err := s.fault.take(); err != nil {
		return translate(op, err)
	}
	options := &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot}
	return translate(op, s.reader.WithContext(ctx).Transaction(fn, options))
}

// write runs a change of state and appends its events, at least one, in the
// same transaction. They come last: the change counter's row lock is held from
// there to the commit only, and numbers follow the order of commits.
func (s *Store) write(ctx context.Context, op string, events []models.Event, fn func(tx *gorm.DB) error) error {
	if len(events) == 0 {
		return translate(op, errNoEvent)
	}
	return s.note(ctx, op, func(tx *gorm.DB) error {
		if err := fn(tx); err != nil {
			return err
		}
		return appendEvents(tx, events)
	})
}

// note runs bookkeeping that is no change of state, in one transaction.
func (s *Store) note(ctx context.Context, op string, fn func(tx *gorm.DB) error) error {
	if err := s.fault.take(); err != nil {
		return translate(op, err)
	}
	// Also where it failed: a commit whose answer got lost was one.
	defer s.cache.wrote()
	return translate(op, s.writer.WithContext(ctx).Transaction(fn))
}
