package tokens_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

func TestExport_IsTheWholeListInItsOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := idsOf(w.many(401))
		before := w.lastEvent()
		var got []string
		batches := 0
		gather := func(rows []models.TokenRow) error {
			batches++
			for _, row := range rows {
				got = append(got, row.ID)
			}
			return nil
		}
		w.ok(w.Export(t.Context(), w.asVic(), tokens.ListRequest{
			Context: models.API, Order: models.TokenOrder{By: models.SortCreated},
		}, gather))
		if !slices.Equal(got, all) || batches < 3 {
			t.Errorf("%d tokens in %d batches", len(got), batches)
		}
		if e := w.oneEvent(before); e.Action != models.TokensExported || e.Outcome != models.Done || e.ActorID != w.vic.ID || e.TenantID != w.acme {
			t.Errorf("event %+v", e)
		}
		got, batches = nil, 0
		w.ok(w.Export(t.Context(), w.asGus(), tokens.ListRequest{Context: models.API}, gather))
		if len(got) != 0 || batches != 1 {
			t.Errorf("of an empty list: %d tokens in %d batches", len(got), batches)
		}
	})
}

func TestExport_FailsRatherThanBeShort(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.many(201)
		rae, dana := w.as(w.rae, w.acme), w.asDana()
		wantError(t, w.Export(t.Context(), rae, tokens.ListRequest{Context: models.API}, nil), models.ErrForbidden)
		broken := errors.New("disk full")
		for after := range 3 { // list, event, list
			storetest.FailAfter(s, after, broken)
			batches := 0
			err := w.Export(t.Context(), dana, tokens.ListRequest{Context: models.API}, func([]models.TokenRow) error { batches++; return nil })
			wantError(t, err, broken)
			if batches != after/2 {
				t.Errorf("%d batches were given before read or write %d failed", batches, after)
			}
		}
		err := w.Export(t.Context(), dana, tokens.ListRequest{Context: models.API}, func([]models.TokenRow) error { return broken })
		wantError(t, err, broken)
	})
}
