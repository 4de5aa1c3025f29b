package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/latchkey-dev/latchkey/models"
)

// rowReader reads the one row of a statement into targets; sql.ErrNoRows for none.
type rowReader interface {
	readRow(ctx context.Context, statement string, keys, targets []any) error
}

// row reads the one row of a statement, models.ErrNotFound for none, with nothing
// between it and the driver: GORM looks up and boxes each of a credential's columns.
func (s *Store) row(ctx context.Context, op, statement string, keys, targets []any) error {
	if err := s.fault.take(); err != nil {
		return translate(op, err)
	}
	err := s.direct.readRow(ctx, statement, keys, targets)
	if errors.Is(err, sql.ErrNoRows) {
		err = models.ErrNotFound
	}
	return translate(op, err)
}

// pooled leaves it to the driver to keep statements, as PostgreSQL's does unless
// the URL says otherwise.
type pooled struct{ *sql.DB }

func (p pooled) readRow(ctx context.Context, statement string, keys, targets []any) error {
	return p.QueryRowContext(ctx, statement, keys...).Scan(targets...)
}

// prepared keeps every statement that it ran, compiled: to compile one takes SQLite
// several times as long as to run it.
type prepared struct {
	pool *sql.DB
	mu   sync.RWMutex
	kept map[string]*sql.Stmt
}

func newPrepared(pool *sql.DB) *prepared {
	return &prepared{pool: pool, kept: map[string]*sql.Stmt{}}
}

func (p *prepared) readRow(ctx context.Context, statement string, keys, targets []any) error {
	kept, err := p.statement(ctx, statement)
	if err != nil {
		return err
	}
	return kept.QueryRowContext(ctx, keys...).Scan(targets...)
}

func (p *prepared) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	p.mu.RLock()
	kept := p.kept[text]
	p.mu.RUnlock()
	if kept != nil {
		return kept, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept := p.kept[text]; kept != nil {
		return kept, nil
	}
	kept, err := p.pool.PrepareContext(ctx, text)
	if err == nil {
		p.kept[text] = kept
	}
	return kept, err
}
