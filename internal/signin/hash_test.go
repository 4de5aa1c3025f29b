package signin

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

func TestHash_IsArgon2idAtTheStatedCost(t *testing.T) {
	t.Parallel()
	h := newHasher(time.Second)
	phc, err := h.Hash(t.Context(), models.NewSecret("teapot gravel anvil"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash is %q", phc)
	}
	for password, want := range map[string]bool{
		"teapot gravel anvil": true, "teapot gravel anvil ": false, "Teapot gravel anvil": false, "": false,
	} {
		got, err := h.Verify(t.Context(), phc, models.NewSecret(password))
		if err != nil || got.right != want || got.stale {
			t.Errorf("%q: %+v, %v", password, got, err)
		}
	}
}

// The argon2 reference program's answer for a known input, so that hashes can
// be moved to and from other software.
func TestVerify_KnowsTheReferenceVector(t *testing.T) {
	t.Parallel()
	h := newHasher(time.Second)
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	got, err := h.Verify(t.Context(), reference, models.NewSecret("password"))
	if err != nil || !got.right || !got.stale {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestHash_SamePasswordTwiceIsTwoHashes(t *testing.T) {
	t.Parallel()
	h := cheapHasher(nil)
	a, _ := h.Hash(t.Context(), models.NewSecret("x"))
	b, _ := h.Hash(t.Context(), models.NewSecret("x"))
	if a == b {
		t.Error("the salt is the same")
	}
}

func TestVerify_ComposedAndDecomposedAreOnePassword(t *testing.T) {
	t.Parallel()
	h := cheapHasher(nil)
	phc, err := h.Hash(t.Context(), models.NewSecret("caf\u00e9 au lait for two"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Verify(t.Context(), phc, models.NewSecret("cafe\u0301 au lait for two"))
	if err != nil || !got.right {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestVerify_NoHashMatchesNothingAfterOneHash(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	h := cheapHasher(&n)
	got, err := h.Verify(t.Context(), "", models.NewSecret("x"))
	if err != nil || got.right || n.Load() != 1 {
		t.Errorf("%+v, %v after %d hashes", got, err, n.Load())
	}
}

func TestVerify_OtherCostsAreStale(t *testing.T) {
	t.Parallel()
	h := cheapHasher(nil)
	salt := bytes.Repeat([]byte{7}, saltBytes)
	older := cost{memory: 64, passes: 1, threads: 1}
	phc := encode(older, salt, h.derive([]byte("x"), salt, older))
	got, err := h.Verify(t.Context(), phc, models.NewSecret("x"))
	if err != nil || !got.right || !got.stale {
		t.Errorf("right: %+v, %v", got, err)
	}
	if got, _ = h.Verify(t.Context(), phc, models.NewSecret("y")); got.right || got.stale {
		t.Errorf("wrong: %+v", got)
	}
}

func TestVerify_UnreadableHashIsAFaultNotANo(t *testing.T) {
	t.Parallel()
	h := cheapHasher(nil)
	good, _ := h.Hash(t.Context(), models.NewSecret("x"))
	for _, phc := range []string{
		"x", "$argon2i" + good[9:], strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "m=19456", "m=99999999", 1),
		strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1), good[:len(good)-4], good + "$", good[:30],
	} {
		if _, err := h.Verify(t.Context(), phc, models.NewSecret("x")); !errors.Is(err, errBadHash) {
			t.Errorf("%q: %v", phc, err)
		}
	}
}

func TestHash_AtMostTwoAtOnceTheRestGetBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(2 * time.Second)
		release := make(chan struct{})
		var now, most atomic.Int64
		h.derive = func([]byte, []byte, cost) []byte {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			<-release
			now.Add(-1)
			return make([]byte, hashBytes)
		}
		var busy, done atomic.Int64
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				switch _, err := h.Hash(t.Context(), models.NewSecret("x")); {
				case errors.Is(err, models.ErrBusy):
					busy.Add(1)
				case err == nil:
					done.Add(1)
				}
			})
		}
		time.Sleep(3 * time.Second) // the bubble's clock, not ours
		close(release)
		all.Wait()
		if most.Load() != 2 || busy.Load() != 48 || done.Load() != 2 {
			t.Errorf("%d at once, %d busy, %d done", most.Load(), busy.Load(), done.Load())
		}
	})
}

func TestHash_WaitsBrieflyForATurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(2 * time.Second)
		h.derive = func([]byte, []byte, cost) []byte {
			time.Sleep(time.Second) // the bubble's clock
			return make([]byte, hashBytes)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := h.Hash(t.Context(), models.NewSecret("x")); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

func TestHash_EndsWithItsRequest(t *testing.T) {
	t.Parallel()
	h := cheapHasher(nil)
	h.slots <- struct{}{}
	h.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, models.NewSecret("x")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// cheapHasher hashes in no time and counts how often.
func cheapHasher(n *atomic.Int64) *hasher {
	h := newHasher(time.Hour)
	h.derive = func(password, salt []byte, c cost) []byte {
		if n != nil {
			n.Add(1)
		}
		sum := models.HashOpaque(string(password) + "|" + string(salt))
		return sum[:hashBytes]
	}
	return h
}
