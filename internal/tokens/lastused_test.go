package tokens_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// readOnly is a store that fails the test on every write but those named.
type readOnly struct {
	*store.Store
	t testing.TB
}

func (r *readOnly) written(what string) error {
	r.t.Errorf("%s was written", what)
	return errors.New("read only")
}

func (r *readOnly) AppendEvent(context.Context, models.Event) error { return r.written("an event") }
func (r *readOnly) CreateToken(context.Context, models.Token, models.TokenSecret, models.Event) error {
	return r.written("a token")
}
func (r *readOnly) RevokeToken(context.Context, string, string, string, time.Time, models.Event) error {
	return r.written("a revocation")
}
func (r *readOnly) UpdateToken(context.Context, string, string, models.TokenChange, models.Event) error {
	return r.written("a change")
}
func (r *readOnly) SetTokenDisabled(context.Context, string, string, *time.Time, string, models.Event) error {
	return r.written("a switch")
}
func (r *readOnly) RotateToken(context.Context, models.Rotation, models.Event) error {
	return r.written("a rotation")
}
func (r *readOnly) EndOldSecret(context.Context, string, string, time.Time, models.Event) error {
	return r.written("an end")
}
func (r *readOnly) CancelRotation(context.Context, string, string, time.Time, models.Event) (models.TokenSecret, error) {
	return models.TokenSecret{}, r.written("a way back")
}
func (r *readOnly) NoteUses(context.Context, []models.TokenUse) error { return r.written("a use") }
func (r *readOnly) NoteRefusals(context.Context, []models.Refusal) error {
	return r.written("a refusal")
}

// No verification and no exchange writes a row, whatever its outcome.
func TestVerify_WritesNoRow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var all []tokens.Minted
		for _, c := range combinations {
			all = append(all, w.mint(c), w.mint(c, lasting(time.Minute)))
		}
		deleted := w.mint(combinations[0])
		_, err := w.Delete(t.Context(), w.asDana(), models.API, deleted.Token.ID)
		w.ok(err)
		before := w.lastEvent()
		w.Tokens = w.over(&readOnly{s, t})
		for range 2 {
			for _, minted := range append(all, deleted) {
				w.use(minted)
				w.exchangePair(minted.Token.ID, models.NewSecret(m2m.NewKey("lk", m2m.ClientSecret).Reveal()))
			}
			for _, minted := range all {
				_, err := w.Check(t.Context(), w.asDana(), minted.Token.Context, minted.Token.ID, "")
				w.ok(err)
			}
			w.clock.advance(time.Hour)
		}
		if events := w.events(before); len(events) != 0 {
			t.Errorf("events %+v", events)
		}
	})
}

func TestLastUsed_IsWrittenByFlushAndNeverMovesBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			w.clock.set(start)
			minted := w.mint(c)
			row := func() models.TokenRow {
				t.Helper()
				row, err := w.Get(t.Context(), w.asDana(), c.context, minted.Token.ID)
				w.ok(err)
				return row
			}
			if row().Used() {
				t.Errorf("%s: used before its first use", c.name)
			}
			w.wantReason(w.use(minted), "")
			if row().Used() {
				t.Errorf("%s: written at once", c.name)
			}
			before := w.lastEvent()
			w.ok(w.Flush(t.Context()))
			wantIP, wantAgent := "198.51.100.1", "curl"
			if c.kind == models.ClientCredentials {
				wantIP, wantAgent = "198.51.100.2", "go"
			}
			if got := row(); !got.LastUsedAt.Equal(models.Stamp(start)) || got.LastUsedIP != wantIP || got.LastUsedAgent != wantAgent {
				t.Errorf("%s: last used %s from %s by %s", c.name, got.LastUsedAt, got.LastUsedIP, got.LastUsedAgent)
			}
			if events := w.events(before); len(events) != 0 {
				t.Errorf("%s: a use left events: %+v", c.name, events)
			}
			w.clock.set(start.Add(-time.Hour))
			w.use(minted)
			w.ok(w.Flush(t.Context()))
			if got := row(); !got.LastUsedAt.Equal(models.Stamp(start)) {
				t.Errorf("%s: last used moved back to %s", c.name, got.LastUsedAt)
			}
		}
	})
}

func TestLastUsed_ExchangeAloneIsAUse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[1])
		w.exchange(minted)
		w.ok(w.Flush(t.Context()))
		row, err := w.Get(t.Context(), w.asDana(), models.API, minted.Token.ID)
		w.ok(err)
		if !row.Used() || row.LastUsedIP != "198.51.100.3" || row.LastUsedAgent != "sdk" {
			t.Errorf("last used %s from %s by %s", row.LastUsedAt, row.LastUsedIP, row.LastUsedAgent)
		}
	})
}

func TestLastUsed_WhatIsRefusedIsNoUse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			w.clock.set(start)
			minted := w.mint(c, lasting(time.Minute))
			w.clock.advance(time.Hour)
			w.wantReason(w.use(minted), tokens.Expired)
			w.exchangePair(minted.Token.ID, models.NewSecret(m2m.NewKey("lk", m2m.ClientSecret).Reveal()))
			w.ok(w.Flush(t.Context()))
			row, err := w.Get(t.Context(), w.asDana(), c.context, minted.Token.ID)
			w.ok(err)
			if row.Used() {
				t.Errorf("%s: a refused use counts, at %s", c.name, row.LastUsedAt)
			}
		}
	})
}

// A header may hold anything; it must not fail the batch of all others.
func TestLastUsed_StrangeUserAgentsAreWrittenAllTheSame(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, agent := range []string{"\xff\xfe", "a\x00b", "é\xc3", string(make([]byte, 1<<20))} {
			minted := w.mint(combinations[0])
			_, err := w.VerifyKey(t.Context(), tokens.VerifyRequest{Credential: minted.Secret, IP: "\xff", UserAgent: agent})
			w.ok(err)
			w.ok(w.Flush(t.Context()))
			row, err := w.Get(t.Context(), w.asDana(), models.API, minted.Token.ID)
			w.ok(err)
			if !row.Used() {
				t.Errorf("a use by %.10q is not written", agent)
			}
		}
	})
}

// Rule 11.
func TestRefusals_OfKnownTokensAreCountedByReasonAndMinute(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[0], lasting(time.Minute))
		expired := start.Add(10 * time.Minute).Truncate(time.Minute)
		for i := range 5 {
			w.clock.set(expired.Add(time.Duration(i) * 30 * time.Second))
			w.wantReason(w.verifyKey(minted.Secret), tokens.Expired)
			if i == 2 {
				w.ok(w.Flush(t.Context()))
			}
		}
		_, err := w.Delete(t.Context(), w.asDana(), models.API, minted.Token.ID)
		w.ok(err)
		w.wantReason(w.verifyKey(minted.Secret), tokens.Revoked)
		w.ok(w.Flush(t.Context()))
		w.ok(w.Flush(t.Context()))
		rows, err := s.Refusals(t.Context(), minted.Token.ID, start)
		w.ok(err)
		want := []models.Refusal{
			{TokenID: minted.Token.ID, Reason: "expired", Minute: expired, Count: 2},
			{TokenID: minted.Token.ID, Reason: "expired", Minute: expired.Add(time.Minute), Count: 2},
			{TokenID: minted.Token.ID, Reason: "expired", Minute: expired.Add(2 * time.Minute), Count: 1},
			{TokenID: minted.Token.ID, Reason: "revoked", Minute: expired.Add(2 * time.Minute), Count: 1},
		}
		if len(rows) != len(want) {
			t.Fatalf("refusals %+v", rows)
		}
		for i := range want {
			if rows[i].Reason != want[i].Reason || rows[i].Count != want[i].Count || !rows[i].Minute.Equal(want[i].Minute) {
				t.Errorf("refusal %+v, want %+v", rows[i], want[i])
			}
		}
	})
}

func TestRefusals_OfPurgedTokensDoNotBlockTheOthers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		gone, stays := w.mint(combinations[0]), w.mint(combinations[0])
		for _, minted := range []tokens.Minted{gone, stays} {
			_, err := w.Delete(t.Context(), w.asDana(), models.API, minted.Token.ID)
			w.ok(err)
			w.verifyKey(minted.Secret)
		}
		purged, err := s.PurgeTokens(t.Context(), start.Add(time.Second))
		w.ok(err)
		if purged != 2 {
			t.Fatalf("%d tokens purged", purged)
		}
		last := w.mint(combinations[0], lasting(time.Minute))
		w.clock.advance(time.Hour)
		w.verifyKey(last.Secret)
		w.ok(w.Flush(t.Context()))
		if got := w.refusals(last.Token.ID); got["expired"] != 1 {
			t.Errorf("refusals %v", got)
		}
	})
}

func TestFlush_DatabaseThatFailsOnceLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[0])
		w.verifyKey(minted.Secret)
		broken := errors.New("disk full")
		storetest.FailNext(s, broken)
		wantError(t, w.Flush(t.Context()), broken)
		w.ok(w.Flush(t.Context()))
		row, err := w.Get(t.Context(), w.asDana(), models.API, minted.Token.ID)
		w.ok(err)
		if !row.Used() {
			t.Error("the use is lost")
		}
	})
}

// Rule 13: 90 days after deletion nothing is left but the events.
func TestRun_PurgesWhatWasDeletedNinetyDaysAgo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old, fresh := w.mint(combinations[0]), w.mint(combinations[0])
		w.ok(w.drop(old))
		w.clock.advance(24 * time.Hour)
		w.ok(w.drop(fresh))
		w.clock.set(start.Add(90*24*time.Hour + time.Second))
		ended, end := context.WithCancel(t.Context())
		purged := w.over(&endOnPurge{Store: s, end: end})
		w.ok(purged.Run(ended))
		w.wantReason(w.verifyKey(old.Secret), tokens.Unknown)
		w.wantReason(w.verifyKey(fresh.Secret), tokens.Revoked)
		if events := w.events(0); len(events) < 4 {
			t.Errorf("only %d events are left", len(events))
		}
	})
}

func (w *world) drop(minted tokens.Minted) error {
	_, err := w.Delete(w.t.Context(), w.asDana(), minted.Token.Context, minted.Token.ID)
	return err
}

// endOnPurge ends Run once it has purged.
type endOnPurge struct {
	*store.Store
	end func()
}

func (e *endOnPurge) PurgeTokens(ctx context.Context, before time.Time) (int, error) {
	defer e.end()
	return e.Store.PurgeTokens(ctx, before)
}

func TestDelete_OfManyAtOnceOneWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted, caller := w.mint(combinations[0]), w.asDana()
		before := w.lastEvent()
		errs := make([]error, 10)
		var wait sync.WaitGroup
		for i := range errs {
			wait.Go(func() { _, errs[i] = w.Delete(t.Context(), caller, models.API, minted.Token.ID) })
		}
		wait.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				wantError(t, err, models.ErrNotFound)
			}
		}
		if won != 1 {
			t.Errorf("%d of them won", won)
		}
		w.oneEvent(before)
	})
}

// Verification, deletion, exchange and flushes from several sides at once: once
// a deletion has been answered no verification that begins says yes.
func TestVerify_AfterDeletionIsAnsweredNobodySaysYes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		access, client, caller := w.mint(combinations[0]), w.mint(combinations[1]), w.asDana()
		issued, _ := w.exchange(client)
		var deleted sync.WaitGroup
		gone := make(chan struct{})
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for range 10 {
					ended := false
					select {
					case <-gone:
						ended = true
					default:
					}
					key, err1 := w.VerifyKey(t.Context(), tokens.VerifyRequest{Credential: access.Secret})
					jwt, err2 := w.VerifyJWT(t.Context(), tokens.VerifyRequest{Credential: issued.AccessToken})
					if err := errors.Join(err1, err2, w.Flush(t.Context())); err != nil {
						t.Error(err)
					}
					if ended && (key.Allowed || jwt.Allowed) {
						t.Error("a deleted token is let in")
					}
				}
			})
		}
		deleted.Go(func() {
			defer close(gone)
			for _, minted := range []tokens.Minted{access, client} {
				if _, err := w.Delete(t.Context(), caller, models.API, minted.Token.ID); err != nil {
					t.Error(err)
				}
			}
		})
		deleted.Wait()
		wait.Wait()
		w.wantReason(w.use(access), tokens.Revoked)
		w.wantReason(w.verifyJWT(issued.AccessToken), tokens.Revoked)
	})
}
