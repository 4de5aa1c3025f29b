package vendors

import (
	"context"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// keepEnded is how long revoked keys and ended secrets are kept before they
	// are purged.
	keepEnded  = 90 * 24 * time.Hour
	purgeEvery = 24 * time.Hour
)

// Run purges keys that were revoked and secrets that ended 90 days ago, at once and
// then once a day, until ctx ends. Their events stay.
func (v *Vendors) Run(ctx context.Context) error {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		purged, err := v.store.PurgeVendorKeys(ctx, models.Stamp(v.now()).Add(-keepEnded))
		switch {
		case err != nil && ctx.Err() == nil:
			v.log.ErrorContext(ctx, "revoked vendor keys wait to be purged", "error", err)
		case purged > 0:
			v.log.InfoContext(ctx, "revoked vendor keys were purged", "keys", purged)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
