package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// The limits on guessing: failures within the window from which on the next
// try must wait, as models.Attempts says.
const (
	attemptWindow = 15 * time.Minute
	emailLimit    = 10
	addressLimit  = 100
)

type attemptStore interface {
	ReserveAttempt(ctx context.Context, key string, now time.Time, window time.Duration, limit int) (models.Attempts, bool, error)
	ReleaseAttempt(ctx context.Context, key string, clear bool) error
}

// try is one counter that a guess goes under.
type try struct {
	key   string
	limit int
	// own counters are forgotten after the right password. An address's only
	// takes this try back: one right password must not pay for many guesses.
	own bool
}

// signInKeys are the counters of a sign-in. A known browser has one of its
// own and is bound by no other, so that nobody else's guesses lock it out. The
// address comes first: whoever is stopped by it can't touch the e-mail's.
func (s *Signin) signInKeys(r SignInRequest) []try {
	if r.KnownBrowser != "" {
		return []try{{key: s.mac("email", fold(r.Email), "browser", r.KnownBrowser), limit: emailLimit, own: true}}
	}
	return []try{
		{key: s.mac("address", network(r.Client.IP)), limit: addressLimit},
		{key: s.mac("email", fold(r.Email), "unknown"), limit: emailLimit, own: true},
	}
}

// passwordKeys is the counter of guesses at the current password from inside
// a session. It is apart from sign-in's: neither locks the other out.
func (s *Signin) passwordKeys(userID string) []try {
	return []try{{key: s.mac("password", userID), limit: emailLimit, own: true}}
}

// VendorDoor is where the vendor's programs show their keys, to CountWrong.
const VendorDoor = "vendor"

// CountWrong counts a wrong secret that came from an address, apart from
// sign-ins; what names the door, such as VendorDoor. *models.LimitedError once
// there were too many: the caller answers that in place of the refusal.
func (s *Signin) CountWrong(ctx context.Context, what, ip string) error {
	_, err := s.reserve(ctx, models.Stamp(s.now()), []try{{key: s.mac("wrong", what, network(ip)), limit: addressLimit}})
	return err
}

// EmailKey stands for an e-mail where the e-mail itself must not be, such as
// the cookie of a known browser.
func (s *Signin) EmailKey(email string) string { return s.mac("email-key", fold(email)) }

// mac is the HMAC-SHA-256 of parts, each with its length before it, so that
// no two lists of parts come out alike.
func (s *Signin) mac(parts ...string) string {
	m := hmac.New(sha256.New, s.limitKey)
	for _, p := range parts {
		m.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		m.Write([]byte(p))
	}
	return hex.EncodeToString(m.Sum(nil))
}

// network is what an address is counted as: itself, or for IPv6 its /64, all
// of which belongs to one subscriber.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	return netip.PrefixFrom(addr, 64).Masked().String()
}

// reserve counts the try as failed under each key before anything is judged:
// parallel guesses can't slip through between judging and counting. When one
// key must wait, nothing stays counted and *models.LimitedError says how long.
func (s *Signin) reserve(ctx context.Context, now time.Time, tries []try) ([]try, error) {
	for i, t := range tries {
		attempts, ok, err := s.store.ReserveAttempt(ctx, t.key, now, attemptWindow, t.limit)
		if err != nil {
			s.giveBack(ctx, tries[:i])
			return nil, fmt.Errorf("count a try: %w", err)
		}
		if !ok {
			s.giveBack(ctx, tries[:i])
			return nil, &models.LimitedError{RetryAfter: retryAfter(attempts, t.limit, now)}
		}
	}
	return tries, nil
}

// giveBack uncounts a try that was never judged.
func (s *Signin) giveBack(ctx context.Context, tries []try) {
	for _, t := range tries {
		s.release(ctx, t, false)
	}
}

// clear undoes the counting after the right password.
func (s *Signin) clear(ctx context.Context, tries []try) {
	for _, t := range tries {
		s.release(ctx, t, t.own)
	}
}

// release goes through even if the browser has gone. Its failure only leaves
// one try too many counted.
func (s *Signin) release(ctx context.Context, t try, forget bool) {
	if err := s.store.ReleaseAttempt(context.WithoutCancel(ctx), t.key, forget); err != nil {
		s.log.WarnContext(ctx, "try not uncounted", "error", err)
	}
}

// retryAfter is how long a blocked key has still to wait. A clock that was set
// back in between makes it no longer than the whole pause.
func retryAfter(a models.Attempts, limit int, now time.Time) time.Duration {
	pause := a.Pause(limit)
	return min(max(a.LastFailure.Add(pause).Sub(now), time.Second), pause)
}
