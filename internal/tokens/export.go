package tokens

import (
	"context"
	"fmt"

	"github.com/latchkey-dev/latchkey/models"
)

// exportBatch is how many tokens a whole list reads at once.
const exportBatch = 200

// Each gives every token that List would page through, in its order and a batch
// at a time, until each fails; an empty list is one empty batch. The errors are
// those of List, and each's. Tokens that come or go meanwhile may or may not be
// among them; no other is missing or told twice.
func (t *Tokens) Each(ctx context.Context, caller models.Caller, r ListRequest, each func([]models.TokenRow) error) error {
	for first := true; ; first = false {
		page, err := t.list(ctx, caller, r, exportBatch)
		if err != nil {
			return err
		}
		if len(page.Rows) > 0 || first {
			if err := each(page.Rows); err != nil {
				return err
			}
		}
		if !page.Older {
			return nil
		}
		r.After, r.Before = &page.Last, nil
	}
}

// Export is Each for a file that somebody keeps: the log has who took the list,
// before any of it is given.
func (t *Tokens) Export(ctx context.Context, caller models.Caller, r ListRequest, each func([]models.TokenRow) error) error {
	logged := false
	return t.Each(ctx, caller, r, func(rows []models.TokenRow) error {
		if !logged {
			event := models.NewEvent(caller, models.TokensExported, models.Stamp(t.now())).About("list", "", string(r.Context)+" tokens")
			if err := t.store.AppendEvent(ctx, event); err != nil {
				return fmt.Errorf("record an export: %w", err)
			}
			logged = true
		}
		return each(rows)
	})
}
