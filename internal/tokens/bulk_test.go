package tokens_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// many makes n API tokens of dana's.
func (w *world) many(n int) []tokens.Minted {
	w.t.Helper()
	all := make([]tokens.Minted, n)
	for i := range all {
		w.clock.advance(time.Millisecond)
		all[i] = w.mint(combinations[i%2], func(r *tokens.MintRequest) { r.Description = fmt.Sprintf("job %d", i) })
	}
	return all
}

func idsOf(all []tokens.Minted) []string {
	ids := make([]string, len(all))
	for i, m := range all {
		ids[i] = m.Token.ID
	}
	return ids
}

// startBulk confirms whatever the request touches.
func (w *world) startBulk(caller models.Caller, r tokens.BulkRequest) models.Bulk {
	w.t.Helper()
	preview, err := w.PreviewBulk(w.t.Context(), caller, r)
	w.ok(err)
	if r.FormID == "" {
		r.FormID = newID()
	}
	b, err := w.StartBulk(w.t.Context(), caller, r, strconv.Itoa(preview.Total))
	w.ok(err)
	return b
}

func (w *world) workBulks() {
	w.t.Helper()
	for range 100 {
		worked, err := w.WorkBulk(w.t.Context())
		w.ok(err)
		if !worked {
			return
		}
	}
	w.t.Fatal("there is no end of bulks")
}

func TestBulk_DeletesWhatWasChosenAndLeavesAnEventForEach(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := w.many(5)
		chosen := all[1:4]
		preview, err := w.PreviewBulk(t.Context(), w.asDana(), tokens.BulkRequest{
			Context: models.API, Action: models.BulkDelete, IDs: append(idsOf(chosen), chosen[0].Token.ID, newID(), "x", ""),
		})
		w.ok(err)
		if preview.Total != 3 || preview.Used != 0 || len(preview.First) != 3 || preview.First[0].ID != all[3].Token.ID {
			t.Fatalf("preview %+v", preview)
		}
		before := w.lastEvent()
		b := w.startBulk(w.asDana(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: idsOf(chosen)})
		w.workBulks()
		b, err = w.Bulk(t.Context(), w.asDana(), models.API, b.ID)
		w.ok(err)
		if b.State != models.BulkFinished || b.Total != 3 || b.Done != 3 || b.Seen != 3 || b.FinishedAt == nil {
			t.Errorf("bulk %+v", b)
		}
		counts := map[models.Action]int{}
		for _, e := range w.events(before) {
			counts[e.Action]++
			if e.ActorID != w.dana.ID || e.TenantID != w.acme || e.IP != "192.0.2.7" || e.Outcome != models.Done {
				t.Errorf("event %+v", e)
			}
		}
		if counts[models.BulkStarted] != 1 || counts[models.TokenDeleted] != 3 || counts[models.BulkEnded] != 1 || len(counts) != 3 {
			t.Errorf("events %v", counts)
		}
		for i, m := range all {
			want := tokens.Reason("")
			if i >= 1 && i <= 3 {
				want = tokens.Revoked
			}
			w.wantReason(w.use(m), want)
		}
	})
}

func TestBulk_AllThatMatchLeavesOutWhatIsMadeLater(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.many(450)
		w.clock.advance(time.Second)
		b := w.startBulk(w.asDana(), tokens.BulkRequest{
			Context: models.API, Action: models.BulkDisable, All: true, Filter: models.TokenFilter{Kind: models.AccessToken},
		})
		w.clock.advance(time.Second)
		later := w.mint(combinations[0])
		w.workBulks()
		b, err := w.Bulk(t.Context(), w.asDana(), models.API, b.ID)
		w.ok(err)
		if b.State != models.BulkFinished || b.Total != 225 || b.Done != 225 {
			t.Errorf("bulk %+v", b)
		}
		w.wantReason(w.use(later), "")
		page, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: models.API, TokenFilter: models.TokenFilter{State: models.StateDisabled}})
		w.ok(err)
		if page.Total != 101 || page.Rows[0].Kind != models.AccessToken || page.Rows[0].DisabledBy != w.dana.ID {
			t.Errorf("%d disabled: %+v", page.Total, page.Rows[0])
		}
	})
}

func TestBulk_TheNumberMustBeTypedAsItIsNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := w.many(3)
		r := tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: idsOf(all), FormID: newID()}
		_, err := w.Delete(t.Context(), w.asDana(), models.API, all[0].Token.ID)
		w.ok(err)
		before := w.lastEvent()
		for _, typed := range []string{"3", "", "two", "-2", "2.0", "99999999999999999999"} {
			_, err := w.StartBulk(t.Context(), w.asDana(), r, typed)
			wantInvalid(t, err, "count", "not_the_number")
		}
		if events := w.events(before); len(events) != 0 {
			t.Errorf("events %+v", events)
		}
		_, err = w.StartBulk(t.Context(), w.asDana(), r, " 2 ")
		w.ok(err)
		_, err = w.StartBulk(t.Context(), w.asDana(), r, "2")
		wantError(t, err, models.ErrConflict)
		if b, err := w.BulkByFormID(t.Context(), w.asDana(), models.API, r.FormID); err != nil || b.Total != 2 {
			t.Errorf("%+v, %v", b, err)
		}
	})
}

func TestBulk_BadRequestsChangeNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := idsOf(w.many(1))
		tooMany := make([]string, 201)
		for i := range tooMany {
			tooMany[i] = newID()
		}
		before := w.lastEvent()
		for name, row := range map[string]struct {
			r          tokens.BulkRequest
			field, key string
		}{
			"nothing":         {tokens.BulkRequest{}, "tokens", "required"},
			"nothing of ours": {tokens.BulkRequest{IDs: []string{newID()}}, "tokens", "required"},
			"too many":        {tokens.BulkRequest{IDs: tooMany}, "tokens", "too_many"},
			"no such state":   {tokens.BulkRequest{All: true, Filter: models.TokenFilter{State: "gone"}}, "state", "unknown"},
			"no such role":    {tokens.BulkRequest{All: true, Filter: models.TokenFilter{RoleKey: "Nobody"}}, "role", "unknown"},
			"no match":        {tokens.BulkRequest{All: true, Filter: models.TokenFilter{Search: "absent"}}, "tokens", "required"},
		} {
			row.r.Context, row.r.Action = models.API, models.BulkDelete
			if _, err := w.PreviewBulk(t.Context(), w.asDana(), row.r); err == nil {
				t.Errorf("%s was taken", name)
			} else {
				wantInvalid(t, err, row.field, row.key)
			}
		}
		_, err := w.StartBulk(t.Context(), w.asDana(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: all}, "1")
		wantInvalid(t, err, "form", "required")
		_, err = w.PreviewBulk(t.Context(), w.asDana(), tokens.BulkRequest{Context: models.API, Action: "melt", IDs: all})
		wantError(t, err, models.ErrForbidden)
		if events := w.events(before); len(events) != 1 || events[0].Outcome != models.Refused {
			t.Errorf("events %+v", events)
		}
	})
}

// Rules 4 and 10.
func TestBulk_IsJudgedByRightsAndStaysWithinTheList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		api, personal := w.many(2), w.mint(combinations[2])
		all := append(idsOf(api), personal.Token.ID)
		_, err := w.PreviewBulk(t.Context(), w.asVic(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: all})
		wantError(t, err, models.ErrForbidden)
		for name, caller := range map[string]models.Caller{"of another account": w.asGus(), "of the person's own": w.asDana()} {
			in := models.API
			if caller.UserID == w.dana.ID {
				in, all = models.Personal, idsOf(api)
			}
			_, err := w.PreviewBulk(t.Context(), caller, tokens.BulkRequest{Context: in, Action: models.BulkDelete, IDs: all})
			if err == nil {
				t.Errorf("%s: reached", name)
				continue
			}
			wantInvalid(t, err, "tokens", "required")
		}
		b := w.startBulk(w.asDana(), tokens.BulkRequest{Context: models.Personal, Action: models.BulkDelete, All: true})
		for _, caller := range []models.Caller{w.asGus(), w.asVic()} {
			if _, err := w.Bulk(t.Context(), caller, models.Personal, b.ID); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s sees it: %v", caller.Email, err)
			}
		}
		if _, err := w.Bulk(t.Context(), w.asDana(), models.API, b.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("in the other list: %v", err)
		}
		w.workBulks()
		w.wantReason(w.use(personal), tokens.Revoked)
		w.wantReason(w.use(api[0]), "")
	})
}

// Rule 9: whoever may not do it any more does not go on doing it.
func TestBulk_StopsWhenItsStarterLosesTheRight(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := w.many(2)
		b := w.startBulk(w.asDana(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: idsOf(all)})
		at := w.clock.Now()
		w.ok(s.SetMemberDisabled(t.Context(), w.acme, w.dana.ID, &at, event(models.MembershipDisabled)))
		before := w.lastEvent()
		w.workBulks()
		got, err := s.Bulk(t.Context(), w.acme, b.ID)
		w.ok(err)
		if got.State != models.BulkStopped || got.Reason != "forbidden" || got.Done != 0 {
			t.Errorf("bulk %+v", got)
		}
		if e := w.oneEvent(before); e.Action != models.BulkEnded || e.Outcome != models.Refused || e.Reason != "forbidden" {
			t.Errorf("event %+v", e)
		}
		w.wantReason(w.use(all[0]), "")
	})
}

func TestBulk_CanBeStoppedOnceByWhoMayDoIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := w.many(2)
		b := w.startBulk(w.asDana(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: idsOf(all)})
		wantError(t, w.StopBulk(t.Context(), w.asVic(), models.API, b.ID), models.ErrForbidden)
		w.ok(w.StopBulk(t.Context(), w.asDana(), models.API, b.ID))
		wantError(t, w.StopBulk(t.Context(), w.asDana(), models.API, b.ID), models.ErrConflict)
		w.workBulks()
		w.wantReason(w.use(all[0]), "")
	})
}

func TestBulk_TwoReplicasDoEachTokenOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := w.many(420)
		b := w.startBulk(w.asDana(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, All: true})
		before := w.lastEvent()
		var workers sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			workers.Go(func() { _, errs[i] = w.over(s).WorkBulk(t.Context()) })
		}
		workers.Wait()
		w.ok(errors.Join(errs...))
		w.clock.advance(time.Minute) // whoever lost a race leaves the rest to the next look
		w.workBulks()
		b, err := w.Bulk(t.Context(), w.asDana(), models.API, b.ID)
		w.ok(err)
		deleted := map[string]int{}
		for _, e := range w.events(before) {
			if e.Action == models.TokenDeleted {
				deleted[e.TargetID]++
			}
		}
		if b.State != models.BulkFinished || b.Done != len(all) || len(deleted) != len(all) {
			t.Errorf("%d events for %d tokens, bulk %+v", len(deleted), len(all), b)
		}
		if n := slices.Max(slices.Collect(maps.Values(deleted))); n != 1 {
			t.Errorf("one token was deleted %d times", n)
		}
	})
}

// Whatever happens within a batch, nothing of it is half done.
func TestBulk_AFaultLeavesTheBatchForTheNextTry(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := w.many(3)
		b := w.startBulk(w.asDana(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: idsOf(all)})
		broken := errors.New("disk full")
		for after := range 4 { // look, tenant, member, step
			storetest.FailAfter(s, after, broken)
			if _, err := w.WorkBulk(t.Context()); err == nil {
				t.Fatalf("a fault after %d calls went unnoticed", after)
			}
		}
		w.wantReason(w.use(all[0]), "")
		w.workBulks()
		got, err := w.Bulk(t.Context(), w.asDana(), models.API, b.ID)
		w.ok(err)
		if got.State != models.BulkFinished || got.Done != 3 {
			t.Errorf("bulk %+v", got)
		}
	})
}

func TestBulk_OfARoleThatIsDeletedMeanwhileHoldsUpNobodyElses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.mint(combinations[0], func(r *tokens.MintRequest) { r.RoleIDs = w.roleIDs("Reader") })
		all := w.many(2)
		ofReaders := w.startBulk(w.asDana(), tokens.BulkRequest{
			Context: models.API, Action: models.BulkDelete, All: true, Filter: models.TokenFilter{RoleKey: "Reader"},
		})
		w.clock.advance(time.Second)
		later := w.startBulk(w.asDana(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: idsOf(all)})
		w.ok(s.DeleteRole(t.Context(), w.roles["Reader"], event(models.RoleDeleted)))
		w.workBulks()
		for id, done := range map[string]int{ofReaders.ID: 0, later.ID: 2} {
			b, err := w.Bulk(t.Context(), w.asDana(), models.API, id)
			w.ok(err)
			if b.State != models.BulkFinished || b.Done != done {
				t.Errorf("%d tokens: %+v", done, b)
			}
		}
	})
}

func TestBulk_OneThatFailsLetsTheOthersGoFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		all := w.many(2)
		first := w.startBulk(w.asDana(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: idsOf(all[:1])})
		w.clock.advance(time.Second)
		second := w.startBulk(w.asDana(), tokens.BulkRequest{Context: models.API, Action: models.BulkDelete, IDs: idsOf(all[1:])})
		w.clock.advance(time.Second)
		storetest.FailAfter(s, 1, errors.New("disk full"))
		if _, err := w.WorkBulk(t.Context()); err == nil {
			t.Fatal("the fault went unnoticed")
		}
		for _, id := range []string{second.ID, first.ID} {
			_, err := w.WorkBulk(t.Context())
			w.ok(err)
			b, err := w.Bulk(t.Context(), w.asDana(), models.API, id)
			w.ok(err)
			if b.State != models.BulkFinished {
				t.Errorf("%s is not next: %+v", id, b)
			}
		}
	})
}
