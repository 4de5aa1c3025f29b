package tokens

import (
	"context"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// Disable refuses a token until it is enabled again, and with it the JWTs that
// it was exchanged for, where Latchkey is asked. A disabled token stays as it
// is, without a new event. models.ErrForbidden without the write permission,
// which leaves an event; models.ErrNotFound as Get has it.
func (t *Tokens) Disable(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error) {
	row, event, err := t.begin(ctx, caller, in, id, models.TokenDisabled)
	if err != nil || row.Disabled() {
		return row, err
	}
	return t.setDisabled(ctx, row, &event.At, caller.ActorID(), event)
}

// Enable takes back what Disable did. Errors and repetition are as there.
func (t *Tokens) Enable(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error) {
	row, event, err := t.begin(ctx, caller, in, id, models.TokenEnabled)
	if err != nil || !row.Disabled() {
		return row, err
	}
	return t.setDisabled(ctx, row, nil, "", event)
}

func (t *Tokens) setDisabled(ctx context.Context, row models.TokenRow, at *time.Time, by string, event models.Event) (models.TokenRow, error) {
	if err := t.store.SetTokenDisabled(ctx, row.TenantID, row.ID, at, by, event); err != nil {
		return models.TokenRow{}, fmt.Errorf("%s: %w", event.Action, err)
	}
	row.DisabledAt, row.DisabledBy = at, by
	return row, nil
}
