package tokens

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// shelf is a Store for tests of when things are written. It keeps what Run and
// Flush write, and fails while err is set.
type shelf struct {
	Store
	mu       sync.Mutex
	err      error
	uses     map[string]models.TokenUse
	refusals map[refusalKey]int
	writes   int
	// purges are of tokens; bulks counts those of bulks, which bulksErr fails.
	purges   []time.Time
	bulks    int
	bulksErr error
}

func newShelf() *shelf {
	return &shelf{uses: map[string]models.TokenUse{}, refusals: map[refusalKey]int{}}
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shelf) NoteUses(_ context.Context, uses []models.TokenUse) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if s.err != nil {
		return s.err
	}
	for _, u := range uses {
		if !u.At.Before(s.uses[u.TokenID].At) {
			s.uses[u.TokenID] = u
		}
	}
	return nil
}

func (s *shelf) NoteRefusals(_ context.Context, refusals []models.Refusal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if s.err != nil {
		return s.err
	}
	for _, r := range refusals {
		s.refusals[refusalKey{r.TokenID, r.Reason, r.Minute}] += r.Count
	}
	return nil
}

func (s *shelf) PurgeTokens(_ context.Context, before time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.purges = append(s.purges, before)
	return 0, s.err
}

func (s *shelf) PurgeUsedIDs(context.Context, time.Time) (int, error)     { return 0, nil }
func (s *shelf) PurgeRevokedJWTs(context.Context, time.Time) (int, error) { return 0, nil }

func (s *shelf) PurgeBulks(context.Context, time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bulks++
	return s.bulksErr
}

func (s *shelf) written() (uses, refusals, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, count := range s.refusals {
		refusals += count
	}
	return len(s.uses), refusals, s.writes
}

type noKeys struct{ Keys }

type noProofs struct{ Proofs }

func onShelf(t *testing.T, s *shelf, log *slog.Logger) *Tokens {
	t.Helper()
	return on(t, s, log)
}

func on(t *testing.T, s Store, log *slog.Logger) *Tokens {
	t.Helper()
	tokens, err := New(Config{Store: s, Keys: noKeys{}, Proofs: noProofs{}, Pepper: make([]byte, 32), Issuer: "https://tokens.example", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestNew_NamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	good := Config{Store: newShelf(), Keys: noKeys{}, Proofs: noProofs{}, Pepper: make([]byte, 32), Issuer: "https://tokens.example"}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		"store":  func(c *Config) { c.Store = nil },
		"keys":   func(c *Config) { c.Keys = nil },
		"proofs": func(c *Config) { c.Proofs = nil },
		"pepper": func(c *Config) { c.Pepper = make([]byte, 31) },
		"issuer": func(c *Config) { c.Issuer = "" },
		"flush":  func(c *Config) { c.FlushEvery = -1 },
	} {
		bad := good
		change(&bad)
		if _, err := New(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want something about the %s", err, want)
		}
	}
}

func TestFlush_TheLatestUseOfEachTokenWins(t *testing.T) {
	t.Parallel()
	s := newShelf()
	tokens := onShelf(t, s, nil)
	for _, minute := range []int{3, 9, 5} {
		tokens.notes.use(models.TokenUse{TokenID: "a", At: noon.Add(time.Duration(minute) * time.Minute), IP: fmt.Sprint(minute)})
	}
	tokens.notes.use(models.TokenUse{TokenID: "b", At: noon})
	if err := tokens.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.uses["a"]; got.IP != "9" || !got.At.Equal(noon.Add(9*time.Minute)) || len(s.uses) != 2 {
		t.Errorf("written %+v", s.uses)
	}
	if err := tokens.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.writes != 1 {
		t.Errorf("%d writes: with nothing new nothing is to be written", s.writes)
	}
}

// A program that names itself anew with each request crowds out nobody.
func TestFlush_OfOneTokenTheLatestTwentyDistinctUsesAreHeld(t *testing.T) {
	t.Parallel()
	notes := newNotes()
	for i := range 3 * models.MostUses {
		notes.use(models.TokenUse{TokenID: "a", At: noon.Add(time.Duration(i) * time.Second), UserAgent: fmt.Sprint(i)})
	}
	notes.use(models.TokenUse{TokenID: "a", At: noon.Add(time.Hour), UserAgent: fmt.Sprint(3*models.MostUses - 1)})
	notes.use(models.TokenUse{TokenID: "b", At: noon})
	if notes.held() != models.MostUses+1 {
		t.Errorf("%d are held", notes.held())
	}
	uses, _, dropped := notes.take()
	if len(uses) != models.MostUses+1 || dropped != 0 {
		t.Fatalf("%d uses, %d dropped", len(uses), dropped)
	}
	if first, last := uses[0], uses[models.MostUses-1]; first.UserAgent != fmt.Sprint(2*models.MostUses) || !last.At.Equal(noon.Add(time.Hour)) {
		t.Errorf("from %+v to %+v", first, last)
	}
	if notes.held() != 0 {
		t.Errorf("%d are held after take", notes.held())
	}
}

func TestFlush_FailedBatchIsKeptAndNewerUsesStay(t *testing.T) {
	t.Parallel()
	s := newShelf()
	tokens := onShelf(t, s, nil)
	broken := errors.New("disk full")
	s.fail(broken)
	tokens.notes.use(models.TokenUse{TokenID: "a", At: noon, IP: "old"})
	tokens.notes.use(models.TokenUse{TokenID: "b", At: noon, IP: "only"})
	tokens.notes.refusal("a", "expired", noon)
	if err := tokens.Flush(t.Context()); !errors.Is(err, broken) {
		t.Fatalf("Flush = %v, want the store's error", err)
	}
	tokens.notes.use(models.TokenUse{TokenID: "a", At: noon.Add(time.Second), IP: "new"})
	tokens.notes.refusal("a", "expired", noon)
	s.fail(nil)
	if err := tokens.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.uses["a"].IP != "new" || s.uses["b"].IP != "only" {
		t.Errorf("uses = %+v", s.uses)
	}
	if got := s.refusals[refusalKey{"a", "expired", noon}]; got != 2 {
		t.Errorf("%d refusals, want 2", got)
	}
}

func TestFlush_OneHalfFailingDoesNotCountTheOtherTwice(t *testing.T) {
	t.Parallel()
	s := &halfBroken{shelf: newShelf()}
	tokens, err := New(Config{Store: s, Keys: noKeys{}, Proofs: noProofs{}, Pepper: make([]byte, 32), Issuer: "i"})
	if err != nil {
		t.Fatal(err)
	}
	tokens.notes.use(models.TokenUse{TokenID: "a", At: noon})
	tokens.notes.refusal("a", "expired", noon)
	if err := tokens.Flush(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if err := tokens.Flush(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if got := s.refusals[refusalKey{"a", "expired", noon}]; got != 1 {
		t.Errorf("%d refusals, want 1", got)
	}
}

type halfBroken struct{ *shelf }

func (*halfBroken) NoteUses(context.Context, []models.TokenUse) error { return errors.New("no") }

func TestNotes_AreBoundedAndSaySo(t *testing.T) {
	t.Parallel()
	s := newShelf()
	var log bytes.Buffer
	tokens := onShelf(t, s, slog.New(slog.NewTextHandler(&log, nil)))
	for i := range maxNotes {
		tokens.notes.use(models.TokenUse{TokenID: fmt.Sprint(i), At: noon, UserAgent: strings.Repeat("x", 2*maxAgent)})
	}
	tokens.notes.use(models.TokenUse{TokenID: "one too many", At: noon})
	tokens.notes.refusal("another", "expired", noon)
	tokens.notes.use(models.TokenUse{TokenID: "0", At: noon.Add(time.Hour)})
	if err := tokens.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if uses, refusals, _ := s.written(); uses != maxNotes || refusals != 0 {
		t.Errorf("%d uses and %d refusals are written", uses, refusals)
	}
	if got := s.uses["0"].At; !got.Equal(noon.Add(time.Hour)) {
		t.Errorf("a token that is held already is not brought up to date: %s", got)
	}
	if got := len(s.uses["1"].UserAgent); got != maxAgent {
		t.Errorf("a user agent of %d bytes is held", got)
	}
	if !strings.Contains(log.String(), "dropped") || !strings.Contains(log.String(), "entries=2") {
		t.Errorf("the log does not say that 2 entries were dropped: %s", log.String())
	}
}

func TestRun_WritesEveryFlushEveryAndAtTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		tokens := onShelf(t, s, nil)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- tokens.Run(ctx) }()
		tokens.notes.use(models.TokenUse{TokenID: "a", At: noon})
		time.Sleep(defaultFlushEvery - time.Millisecond)
		synctest.Wait()
		if uses, _, _ := s.written(); uses != 0 {
			t.Error("written before its time")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if uses, _, _ := s.written(); uses != 1 {
			t.Error("not written in time")
		}
		tokens.notes.use(models.TokenUse{TokenID: "b", At: noon})
		tokens.notes.refusal("b", "expired", noon)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if uses, refusals, _ := s.written(); uses != 2 || refusals != 1 {
			t.Errorf("at the end %d uses and %d refusals are written, want 2 and 1", uses, refusals)
		}
	})
}

func TestRun_LastFlushThatFailsIsTheError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		tokens := onShelf(t, s, nil)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- tokens.Run(ctx) }()
		synctest.Wait()
		broken := errors.New("gone")
		s.fail(broken)
		tokens.notes.use(models.TokenUse{TokenID: "a", At: noon})
		stop()
		if err := <-done; !errors.Is(err, broken) {
			t.Errorf("Run = %v, want the store's error", err)
		}
	})
}

func TestRun_ManyNotesAreWrittenAheadOfTimeButAFailureWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		tokens := onShelf(t, s, nil)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- tokens.Run(ctx) }()
		fill := func(name string) {
			for i := range flushEarlyAt {
				tokens.notes.use(models.TokenUse{TokenID: fmt.Sprint(name, i), At: noon})
			}
			synctest.Wait()
		}
		fill("a")
		if uses, _, writes := s.written(); uses != flushEarlyAt || writes != 1 {
			t.Errorf("%d uses in %d writes", uses, writes)
		}
		s.fail(errors.New("busy"))
		fill("b")
		fill("c")
		if _, _, writes := s.written(); writes != 2 {
			t.Errorf("%d writes: after a failure the next try is the ticker's", writes)
		}
		s.fail(nil)
		time.Sleep(defaultFlushEvery)
		synctest.Wait()
		if uses, _, _ := s.written(); uses != 3*flushEarlyAt {
			t.Errorf("%d uses are written, want %d", uses, 3*flushEarlyAt)
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestRun_PurgesAtTheStartAndDaily(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		tokens := onShelf(t, s, nil)
		started := time.Now().UTC()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- tokens.Run(ctx) }()
		time.Sleep(48*time.Hour + time.Minute)
		synctest.Wait()
		stop()
		<-done
		if len(s.purges) != 3 {
			t.Fatalf("%d purges, want 3", len(s.purges))
		}
		if want := started.Add(-90 * 24 * time.Hour); !s.purges[0].Equal(want) {
			t.Errorf("purged before %s, want %s", s.purges[0], want)
		}
	})
}

// Each is purged whatever becomes of the other, and the log blames the right one.
func TestPurge_OneFailureLeavesTheOther(t *testing.T) {
	t.Parallel()
	for want, set := range map[string]func(*shelf){
		"":                         func(*shelf) {},
		"deleted tokens wait":      func(s *shelf) { s.err = errors.New("busy") },
		"bulks that are over wait": func(s *shelf) { s.bulksErr = errors.New("busy") },
	} {
		s := newShelf()
		set(s)
		var log bytes.Buffer
		onShelf(t, s, slog.New(slog.NewTextHandler(&log, nil))).purge(t.Context())
		if len(s.purges) != 1 || s.bulks != 1 {
			t.Errorf("%s: %d purges of tokens, %d of bulks", want, len(s.purges), s.bulks)
		}
		if lines := strings.Count(log.String(), "\n"); !strings.Contains(log.String(), want) || lines != min(len(want), 1) {
			t.Errorf("%s: logged %q", want, &log)
		}
	}
}

func TestFlush_WhileOthersNoteNothingIsLostOrCountedTwice(t *testing.T) {
	t.Parallel()
	s := newShelf()
	tokens := onShelf(t, s, nil)
	const workers, each = 8, 500
	var noting, flushing sync.WaitGroup
	stop := make(chan struct{})
	flushing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if i%3 == 0 {
					s.fail(errors.New("now and then"))
				} else {
					s.fail(nil)
				}
				_ = tokens.Flush(t.Context())
			}
		}
	})
	for w := range workers {
		noting.Go(func() {
			for i := range each {
				tokens.notes.use(models.TokenUse{TokenID: fmt.Sprint(w), At: noon.Add(time.Duration(i) * time.Second)})
				tokens.notes.refusal("r", "expired", noon)
			}
		})
	}
	noting.Wait()
	close(stop)
	flushing.Wait()
	s.fail(nil)
	if err := tokens.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	uses, refusals, _ := s.written()
	if uses != workers || refusals != workers*each {
		t.Errorf("%d uses and %d refusals, want %d and %d", uses, refusals, workers, workers*each)
	}
	for id, use := range s.uses {
		if want := noon.Add((each - 1) * time.Second); !use.At.Equal(want) {
			t.Errorf("token %s was last used at %s, want %s", id, use.At, want)
		}
	}
}
