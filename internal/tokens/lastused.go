package tokens

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// keepRevoked is how long deleted tokens, and bulks that are over, are kept
	// before they are purged.
	keepRevoked = 90 * 24 * time.Hour
	purgeEvery  = 24 * time.Hour
	sweepEvery  = time.Minute
	// lastFlush bounds the flush at the end, when its context is over already.
	lastFlush = 10 * time.Second
)

// Run writes uses and refusals every FlushEvery, purges tokens that were
// deleted and bulks that were over 90 days ago once a day, removes used ids and
// revoked JWTs that ended once a minute, and returns when ctx ends, after a last
// flush. Stop taking requests first: what is noted after Run
// has returned is written by a call of Flush only. The error is that of the last
// flush.
func (t *Tokens) Run(ctx context.Context) error {
	flush := time.NewTicker(t.flushEvery)
	defer flush.Stop()
	purge := time.NewTicker(purgeEvery)
	defer purge.Stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	t.purge(ctx)
	t.sweep(ctx)
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			return t.Flush(last)
		case <-flush.C:
			t.flushAndLog(ctx)
		case <-t.notes.full:
			t.flushAndLog(ctx)
		case <-purge.C:
			t.purge(ctx)
		case <-sweep.C:
			t.sweep(ctx)
		}
	}
}

// Flush writes the uses and refusals noted so far. What can't be written is
// kept for the next time; beyond 50,000 entries new ones are dropped, and that
// is logged with their number.
func (t *Tokens) Flush(ctx context.Context) error {
	t.flushing.Lock()
	defer t.flushing.Unlock()
	uses, refusals, dropped := t.notes.take()
	if dropped > 0 {
		t.log.WarnContext(ctx, "uses and refusals were dropped: too many waited to be written", "entries", dropped)
	}
	var errs []error
	if len(uses) > 0 {
		if err := t.store.NoteUses(ctx, uses); err != nil {
			t.notes.giveBack(uses, nil)
			errs = append(errs, fmt.Errorf("write %d uses: %w", len(uses), err))
		}
	}
	if len(refusals) > 0 {
		if err := t.store.NoteRefusals(ctx, refusals); err != nil {
			t.notes.giveBack(nil, refusals)
			errs = append(errs, fmt.Errorf("write %d refusals: %w", len(refusals), err))
		}
	}
	return errors.Join(errs...)
}

func (t *Tokens) flushAndLog(ctx context.Context) {
	if err := t.Flush(ctx); err != nil && ctx.Err() == nil {
		t.log.ErrorContext(ctx, "uses and refusals wait for the database", "error", err)
	}
}

// purge tries both, whatever becomes of the first.
func (t *Tokens) purge(ctx context.Context) {
	before := t.now().UTC().Add(-keepRevoked)
	purged, err := t.store.PurgeTokens(ctx, before)
	switch {
	case err != nil && ctx.Err() == nil:
		t.log.ErrorContext(ctx, "deleted tokens wait to be purged", "error", err)
	case purged > 0:
		t.log.InfoContext(ctx, "deleted tokens were purged", "tokens", purged)
	}
	if err := t.store.PurgeBulks(ctx, before); err != nil && ctx.Err() == nil {
		t.log.ErrorContext(ctx, "bulks that are over wait to be purged", "error", err)
	}
}

// sweep removes what is kept only until it ends by itself: an id for each proof of a
// client, and the deny-list of JWTs.
func (t *Tokens) sweep(ctx context.Context) {
	now := models.Stamp(t.now())
	_, usedErr := t.store.PurgeUsedIDs(ctx, now)
	_, revokedErr := t.store.PurgeRevokedJWTs(ctx, now)
	if err := errors.Join(usedErr, revokedErr); err != nil && ctx.Err() == nil {
		t.log.ErrorContext(ctx, "used ids and revoked JWTs that ended wait to be purged", "error", err)
	}
}
