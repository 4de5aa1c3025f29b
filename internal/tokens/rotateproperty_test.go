package tokens_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// given is a secret that somebody was given, and what has become of it.
type given struct {
	minted   tokens.Minted
	replaced bool
	ends     time.Time
	silence  time.Duration
	// heard is the later of its replacement and its last use.
	heard time.Time
}

func (g *given) live(now time.Time) bool {
	if !g.replaced {
		return true
	}
	return now.Before(g.ends) && (g.silence == 0 || now.Before(g.heard.Add(g.silence+models.SilenceSlack)))
}

// life is one token's, beside a model of it.
type life struct {
	*world
	secrets []*given
}

// inForce is the one that was not replaced; old the other one that lives, if one does.
func (l *life) pair() (inForce, old *given) {
	for _, g := range l.secrets {
		switch {
		case !g.replaced:
			inForce = g
		case g.live(l.clock.Now()):
			old = g
		}
	}
	return inForce, old
}

func (l *life) rotate(t *rapid.T) {
	hours := rapid.SampledFrom([]int{0, 1, 24, 168}).Draw(t, "overlap")
	overlap := time.Duration(hours) * time.Hour
	silence := min(overlap, rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour, 24 * time.Hour}).Draw(t, "silence"))
	first := l.secrets[0].minted.Token
	request := tokens.RotateRequest{Overlap: overlap, Silence: silence}
	if first.Kind == models.ClientCredentials && rapid.Bool().Draw(t, "to a key") {
		request.Key = models.ClientKey{JWKSURL: fmt.Sprintf("https://keys%d.partner.example/", len(l.secrets))}
	}
	fresh, err := l.Rotate(l.t.Context(), l.asDana(), first.Context, first.ID, request)
	inForce, old := l.pair()
	if old != nil {
		l.conflict(t, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	now := models.Stamp(l.clock.Now())
	inForce.replaced, inForce.ends, inForce.silence = true, now.Add(overlap), silence
	if inForce.heard.Before(now) {
		inForce.heard = now
	}
	l.secrets = append(l.secrets, &given{minted: fresh})
}

func (l *life) end(t *rapid.T) {
	first := l.secrets[0].minted.Token
	_, err := l.EndOldSecret(l.t.Context(), l.asDana(), first.Context, first.ID)
	_, old := l.pair()
	if old == nil {
		l.conflict(t, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	old.ends = l.clock.Now()
}

func (l *life) cancel(t *rapid.T) {
	first := l.secrets[0].minted.Token
	_, err := l.CancelRotation(l.t.Context(), l.asDana(), first.Context, first.ID)
	inForce, old := l.pair()
	if old == nil {
		l.conflict(t, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	inForce.replaced, inForce.ends = true, l.clock.Now()
	old.replaced, old.silence = false, 0
}

func (l *life) conflict(t *rapid.T, err error) {
	if !errors.Is(err, models.ErrConflict) {
		t.Fatalf("error %v without anything to end, or with a rotation under way", err)
	}
}

// advance lets time pass; what was used before is written down by then.
func (l *life) advance(t *rapid.T) {
	if err := l.Flush(l.t.Context()); err != nil {
		t.Fatal(err)
	}
	l.clock.advance(rapid.SampledFrom([]time.Duration{
		time.Second, time.Minute, 59 * time.Minute, time.Hour, 61 * time.Minute, 24 * time.Hour, 25 * time.Hour, 168 * time.Hour,
	}).Draw(t, "time passes"))
}

func (l *life) use(t *rapid.T) {
	now := l.clock.Now()
	for i, g := range l.secrets {
		if !g.minted.Secret.Empty() && rapid.Bool().Draw(t, "use it") {
			verdict := l.world.use(g.minted)
			if verdict.Allowed != g.live(now) {
				t.Fatalf("secret %d: %q, and live is %v: %+v", i, verdict.Reason, g.live(now), *g)
			}
			if verdict.Allowed {
				g.heard = models.Stamp(now)
			}
		}
	}
}

// check holds after every step.
func (l *life) check(t *rapid.T) {
	first := l.secrets[0].minted.Token
	detail, err := l.Detail(l.t.Context(), l.asDana(), first.Context, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	inForce, old := l.pair()
	want := []string{inForce.minted.Token.Hint()}
	if old != nil {
		want = append(want, old.minted.Token.Hint())
	}
	var got []string
	for i, secret := range detail.Secrets {
		got = append(got, secret.Hint())
		if (secret.ReplacedAt == nil) != (i == 0) {
			t.Fatalf("live secrets %+v", detail.Secrets)
		}
	}
	if !slices.Equal(got, want) || detail.Hint() != want[0] {
		t.Fatalf("live are %v, told by %s; want %v", got, detail.Hint(), want)
	}
}

// Whatever is done in whatever order: one secret is in force, at most one more
// lives, what lives is let in and what has ended never again.
func TestRotation_WhateverHappensOneSecretIsInForce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		rapid.Check(t, func(t *rapid.T) {
			c := rapid.SampledFrom(combinations).Draw(t, "combination")
			l := &life{world: w, secrets: []*given{{minted: w.mint(c)}}}
			t.Repeat(map[string]func(*rapid.T){
				"rotate": l.rotate, "end": l.end, "cancel": l.cancel, "advance": l.advance, "use": l.use, "": l.check,
			})
		})
	})
}
