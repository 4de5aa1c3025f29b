package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/latchkey-dev/latchkey/models"
)

// cost is what an argon2id hash takes: memory in KiB, passes, lanes.
type cost struct {
	memory  uint32
	passes  uint32
	threads uint8
}

// today is what new hashes cost: 19 MiB, two passes, one lane.
var today = cost{memory: 19 * 1024, passes: 2, threads: 1}

const (
	saltBytes = 16
	hashBytes = 32
	// hashSlots bounds the memory that sign-ins can take at one time.
	hashSlots = 2
	// maxMemory refuses a hash in the database that would ask for more than
	// 256 MiB: it wasn't written by us.
	maxMemory = 256 * 1024
	maxPasses = 16
)

var errBadHash = errors.New("a password hash in the database can't be read")

// hasher makes and judges argon2id hashes in PHC form, a few at a time.
type hasher struct {
	slots  chan struct{}
	wait   time.Duration
	derive func(password, salt []byte, c cost) []byte
	// dummy is judged where there is no hash, so that the answer takes as
	// long. It belongs to no password.
	dummy string
}

func newHasher(wait time.Duration) *hasher {
	salt, sum := make([]byte, saltBytes), make([]byte, hashBytes)
	rand.Read(salt) // never fails: crypto/rand ends the process instead
	rand.Read(sum)
	return &hasher{
		slots: make(chan struct{}, hashSlots), wait: wait, dummy: encode(today, salt, sum),
		derive: func(password, salt []byte, c cost) []byte {
			return argon2.IDKey(password, salt, c.passes, c.memory, c.threads, hashBytes)
		},
	}
}

// Hash makes a new hash, with a salt of its own.
func (h *hasher) Hash(ctx context.Context, password models.Secret) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	sum, err := h.run(ctx, password, salt, today)
	if err != nil {
		return "", err
	}
	return encode(today, salt, sum), nil
}

// match is a judged password. A stale one is right, and its hash was made at
// other costs than today's.
type match struct{ right, stale bool }

// Verify judges password against phc; an empty phc matches nothing and takes
// as long. models.ErrBusy when too many wait.
func (h *hasher) Verify(ctx context.Context, phc string, password models.Secret) (match, error) {
	none := phc == ""
	if none {
		phc = h.dummy
	}
	c, salt, want, err := decode(phc)
	if err != nil {
		return match{}, err
	}
	got, err := h.run(ctx, password, salt, c)
	if err != nil {
		return match{}, err
	}
	right := subtle.ConstantTimeCompare(got, want) == 1 && !none
	return match{right: right, stale: right && c != today}, nil
}

// run waits for a slot and derives.
func (h *hasher) run(ctx context.Context, password models.Secret, salt []byte, c cost) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	default:
		turn := time.NewTimer(h.wait)
		defer turn.Stop()
		select {
		case h.slots <- struct{}{}:
		case <-turn.C:
			return nil, models.ErrBusy
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a turn to hash: %w", ctx.Err())
		}
	}
	defer func() { <-h.slots }()
	return h.derive([]byte(nfc(password.Reveal())), salt, c), nil
}

func encode(c cost, salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		c.memory, c.passes, c.threads, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

func decode(phc string) (cost, []byte, []byte, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost{}, nil, nil, errBadHash
	}
	var c cost
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return cost{}, nil, nil, errBadHash
	}
	if c.memory == 0 || c.memory > maxMemory || c.passes == 0 || c.passes > maxPasses || c.threads == 0 {
		return cost{}, nil, nil, errBadHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil || len(salt) < 8 {
		return cost{}, nil, nil, errBadHash
	}
	sum, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(sum) != hashBytes {
		return cost{}, nil, nil, errBadHash
	}
	return c, salt, sum, nil
}
