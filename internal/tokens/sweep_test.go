package tokens

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// broom is a shelf that keeps what is swept, and fails with the errors.
type broom struct {
	*shelf
	usedIDs, revokedJWTs       []time.Time
	usedIDsErr, revokedJWTsErr error
}

func (b *broom) PurgeUsedIDs(_ context.Context, now time.Time) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.usedIDs = append(b.usedIDs, now)
	return 0, b.usedIDsErr
}

func (b *broom) PurgeRevokedJWTs(_ context.Context, now time.Time) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.revokedJWTs = append(b.revokedJWTs, now)
	return 0, b.revokedJWTsErr
}

// Neither waits for the other, nor the next time for one that failed.
func TestRun_SweepsUsedIDsAndRevokedJWTsEveryMinute(t *testing.T) {
	t.Parallel()
	usedIDsErr, revokedJWTsErr := errors.New("used ids are locked"), errors.New("revoked JWTs are locked")
	for name, b := range map[string]*broom{
		"all is well":       {},
		"used ids fail":     {usedIDsErr: usedIDsErr},
		"revoked JWTs fail": {revokedJWTsErr: revokedJWTsErr},
		"both fail":         {usedIDsErr: usedIDsErr, revokedJWTsErr: revokedJWTsErr},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b.shelf = newShelf()
				sweepForThreeMinutes(t, b)
			})
		})
	}
}

func sweepForThreeMinutes(t *testing.T, b *broom) {
	var log bytes.Buffer
	tokens := on(t, b, slog.New(slog.NewTextHandler(&log, nil)))
	want := []time.Time{models.Stamp(time.Now())}
	for range 3 {
		want = append(want, want[len(want)-1].Add(time.Minute))
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- tokens.Run(ctx) }()
	time.Sleep(3*time.Minute + 59*time.Second)
	synctest.Wait()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !slices.Equal(b.usedIDs, want) {
		t.Errorf("used ids are purged at %v, want %v", b.usedIDs, want)
	}
	if !slices.Equal(b.revokedJWTs, want) {
		t.Errorf("revoked JWTs are purged at %v, want %v", b.revokedJWTs, want)
	}
	for _, err := range []error{b.usedIDsErr, b.revokedJWTsErr} {
		if err != nil && strings.Count(log.String(), err.Error()) != len(want) {
			t.Errorf("%q is not logged each time: %s", err, &log)
		}
	}
}
