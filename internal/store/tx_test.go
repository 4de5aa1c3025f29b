package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestRead_AWriteInsideIsAnError(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.ExecInRead(t.Context(), "UPDATE change_counter SET n = n + 1"); err == nil {
			t.Fatal("a reading transaction wrote")
		}
		if n, err := s.Counter(t.Context()); err != nil || n != 0 {
			t.Errorf("counter %d, %v", n, err)
		}
	})
}

func TestWrite_WithoutAnEventIsAnError(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.WriteNothing(t.Context()); err == nil {
			t.Fatal("a change left no trace")
		}
	})
}

// Two transactions overlap. On PostgreSQL the first to start commits last; on
// SQLite there is one writer, so the second one waits for the first.
func TestEvents_NumbersFollowTheOrderOfCommits(t *testing.T) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		s := storetest.NewPostgres(t)
		begun, goOn := make(chan struct{}), make(chan struct{})
		first := make(chan error)
		go func() {
			first <- s.WriteThrough(t.Context(), event(models.TokenCreated), func() error {
				close(begun)
				<-goOn
				return nil
			})
		}()
		<-begun
		ok(t, s.AppendEvent(t.Context(), event(models.TokenDeleted)))
		close(goOn)
		ok(t, <-first)
		wantEvents(t, s, models.TokenDeleted, models.TokenCreated)
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s := storetest.New(t)
		second := make(chan error)
		ok(t, s.WriteThrough(t.Context(), event(models.TokenCreated), func() error {
			go func() { second <- s.AppendEvent(t.Context(), event(models.TokenDeleted)) }()
			return nil
		}))
		ok(t, <-second)
		wantEvents(t, s, models.TokenCreated, models.TokenDeleted)
	})
}

func TestEvents_ARollbackLeavesNoGap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ok(t, s.AppendEvent(t.Context(), event(models.TokenCreated)))
		sorry := errors.New("sorry")
		if err := s.WriteThrough(t.Context(), event(models.TokenDeleted), func() error { return sorry }); !errors.Is(err, sorry) {
			t.Fatal(err)
		}
		// This one fails after its number was taken: outcomes are checked.
		bad := event(models.TokenDeleted)
		bad.Outcome = "perhaps"
		if err := s.AppendEvent(t.Context(), bad); err == nil {
			t.Fatal("an unknown outcome was written")
		}
		ok(t, s.AppendEvent(t.Context(), event(models.SignedIn)))
		wantEvents(t, s, models.TokenCreated, models.SignedIn)
	})
}

func TestEvents_ManyAtOnceHaveNoGapAndNoTwin(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, err := range atOnce(50, func(int) error { return s.AppendEvent(t.Context(), event(models.SignedIn)) }) {
			ok(t, err)
		}
		events, err := s.Events(t.Context(), 0, 1000)
		ok(t, err)
		for i, e := range events {
			if e.Number != int64(i+1) {
				t.Fatalf("event %d has number %d", i, e.Number)
			}
		}
		if len(events) != 50 {
			t.Errorf("%d events", len(events))
		}
		after, err := s.Events(t.Context(), 30, 10)
		ok(t, err)
		if len(after) != 10 || after[0].Number != 31 {
			t.Errorf("after 30: %d events from %d", len(after), after[0].Number)
		}
	})
}

func TestEvents_KeepWhatTheyWereGiven(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		caller := models.Caller{
			Kind: models.Person, UserID: newID(), TenantID: newID(), IP: "192.0.2.7",
			UserAgent: "agent\x00\xff" + strings.Repeat("é", 1000), RequestID: "r1",
		}
		want := models.NewEvent(caller, models.TokenCreated, noon).About("token", "t1", "Nightly").Refuse("forbidden")
		ok(t, s.AppendEvent(t.Context(), want))
		events, err := s.Events(t.Context(), 0, 10)
		ok(t, err)
		want.Number, want.UserAgent = 1, store.Clip(want.UserAgent)
		if events[0] != want {
			t.Errorf("got %+v\nwant %+v", events[0], want)
		}
		if len(want.UserAgent) > 512 || !strings.HasPrefix(want.UserAgent, "agent\uFFFD\uFFFDé") {
			t.Errorf("clipped to %q", want.UserAgent)
		}
	})
}

func TestErrors_OfGORMAndDriversStayInside(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		_, err := s.Tenant(t.Context(), newID())
		if !errors.Is(err, models.ErrNotFound) || errors.Is(err, gorm.ErrRecordNotFound) {
			t.Errorf("not found: %v", err)
		}
		err = s.CreateTenant(t.Context(), w.tenant, event(models.TenantCreated))
		if !errors.Is(err, models.ErrConflict) || errors.Is(err, gorm.ErrDuplicatedKey) {
			t.Errorf("conflict: %v", err)
		}
		token := w.apiToken("x", newID())
		err = s.CreateToken(t.Context(), token, store.SecretFor(token), event(models.TokenCreated))
		if !errors.Is(err, models.ErrNotFound) || errors.Is(err, gorm.ErrForeignKeyViolated) {
			t.Errorf("foreign key: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Tenant(ctx, w.tenant.ID); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestTime_AForgottenOneIsAnError(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.CreateTenant(t.Context(), models.Tenant{ID: newID(), Name: "x", M2M: models.Inherited}, event(models.TenantCreated))
		if err == nil || !strings.Contains(err.Error(), "a time was not set") {
			t.Errorf("got %v", err)
		}
	})
}

func TestFailNext_FailsOnceWhateverComesNext(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		gone := errors.New("the database is gone")
		calls := map[string]func() error{
			"one":   func() error { _, err := s.Tenant(t.Context(), w.tenant.ID); return err },
			"read":  func() error { _, err := s.Roles(t.Context()); return err },
			"write": func() error { return s.AppendEvent(t.Context(), event(models.SignedIn)) },
			"note":  func() error { return s.NoteSeen(t.Context(), digestOf("x"), noon) },
			"ping":  func() error { return s.Ping(t.Context()) },
		}
		for name, call := range calls {
			storetest.FailNext(s, gone)
			if err := call(); !errors.Is(err, gone) {
				t.Errorf("%s: %v", name, err)
			}
			if err := call(); err != nil {
				t.Errorf("%s afterwards: %v", name, err)
			}
		}
	})
}

func wantEvents(t *testing.T, s *store.Store, want ...models.Action) {
	t.Helper()
	events, err := s.Events(t.Context(), 0, 100)
	ok(t, err)
	for i, e := range events {
		if e.Number != int64(i+1) || i >= len(want) || e.Action != want[i] {
			t.Fatalf("events: %+v, want %v numbered from 1", events, want)
		}
	}
	if len(events) != len(want) {
		t.Fatalf("%d events, want %v", len(events), want)
	}
}
