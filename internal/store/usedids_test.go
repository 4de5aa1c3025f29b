package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestUsedIDs_AnIDIsUsedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ok(t, s.UseID(t.Context(), digestOf("x"), noon.Add(time.Minute)))
		ok(t, s.UseID(t.Context(), digestOf("y"), noon.Add(time.Minute)))
		if err := s.UseID(t.Context(), digestOf("x"), noon.Add(time.Hour)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("used again: %v", err)
		}
		if err := s.UseID(t.Context(), []byte("short"), noon); err == nil || errors.Is(err, models.ErrConflict) {
			t.Errorf("no digest: %v", err)
		}
	})
}

func TestRaces_OneUseOfAnIDWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for round := range 5 {
			id := digestOf(fmt.Sprint(round))
			wantOneWinner(t, atOnce(crush, func(int) error {
				return s.UseID(t.Context(), id, noon.Add(time.Minute))
			}), models.ErrConflict)
		}
	})
}

// More than one transaction purges, and the rest stays.
func TestUsedIDs_ArePurgedWhenTheirTimeHasCome(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		many := 2*store.PurgedAtOnce + 500
		ok(t, s.AddUsedIDs(t.Context(), many, noon))
		ok(t, s.UseID(t.Context(), digestOf("later"), noon.Add(time.Microsecond)))
		if n, err := s.PurgeUsedIDs(t.Context(), noon.Add(-time.Microsecond)); n != 0 || err != nil {
			t.Errorf("too early: %d, %v", n, err)
		}
		if n, err := s.PurgeUsedIDs(t.Context(), noon); n != many || err != nil {
			t.Errorf("purged %d, %v", n, err)
		}
		if err := s.UseID(t.Context(), digestOf("later"), noon); !errors.Is(err, models.ErrConflict) {
			t.Errorf("the one that lives on: %v", err)
		}
	})
}
