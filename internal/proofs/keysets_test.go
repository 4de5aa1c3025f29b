package proofs_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/models"
)

// host is where a client publishes its keys: a real server with TLS on loopback.
type host struct {
	*httptest.Server
	calls atomic.Int32
	// answer is what it does with a call.
	answer atomic.Pointer[http.HandlerFunc]
}

func newHost(t testing.TB, answer http.HandlerFunc) *host {
	t.Helper()
	h := &host{}
	h.answer.Store(&answer)
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.calls.Add(1)
		(*h.answer.Load())(w, r)
	}))
	h.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	h.StartTLS()
	t.Cleanup(h.Close)
	return h
}

func (h *host) publish(keys ...crypto.Signer) { h.does(publishes(keys...)) }
func (h *host) does(answer http.HandlerFunc)  { h.answer.Store(&answer) }

// fetch lets the host be called, and nobody else; calls on others fail the test.
func (h *host) fetch(t testing.TB) proofs.Fetch {
	own := netip.MustParseAddrPort(h.Listener.Addr().String())
	roots := x509.NewCertPool()
	roots.AddCert(h.Certificate())
	return proofs.Fetch{RootCAs: roots, Allow: func(a netip.AddrPort) bool {
		if a != own {
			t.Errorf("called %s", a)
		}
		return a == own
	}}
}

func (h *host) key() proofs.Key {
	return proofs.Key{ID: "behind a URL", ClientKey: models.ClientKey{JWKSURL: h.URL + "/jwks.json"}}
}

func (h *host) wantCalls(t *testing.T, want int32) {
	t.Helper()
	if got := h.calls.Load(); got != want {
		t.Errorf("called %d times, want %d", got, want)
	}
}

func publishes(keys ...crypto.Signer) http.HandlerFunc {
	set := []object{}
	for _, key := range keys {
		set = append(set, with(jwkOf(key), object{"kid": thumbprintOf(key)}))
	}
	return writes(textOf(object{"keys": set}))
}

func writes(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// signer is a client that signs with ES256 and numbers its assertions.
type signer struct {
	*proofs.Proofs
	t     testing.TB
	clock *clock
	last  atomic.Int32
}

func newSigner(t testing.TB, fetch proofs.Fetch) *signer {
	clock := newClock()
	return &signer{Proofs: newProofs(t, proofs.Config{Fetch: fetch, Now: clock.Now}), t: t, clock: clock}
}

func (s *signer) assert(key crypto.Signer, behind proofs.Key) error {
	return s.assertIn(s.t.Context(), key, behind)
}

func (s *signer) assertIn(ctx context.Context, key crypto.Signer, behind proofs.Key) error {
	jti := fmt.Sprint(s.last.Add(1))
	at := s.clock.Now().Unix()
	assertion := sign(key, object{"alg": "ES256", "kid": thumbprintOf(key)}, with(assertionClaims(), object{"jti": jti, "iat": at, "nbf": at, "exp": at + 60}))
	id, err := s.CheckAssertion(ctx, models.NewSecret(assertion), clientID, []proofs.Key{behind})
	if err == nil && id != behind.ID {
		s.t.Errorf("signed by %q", id)
	}
	return err
}

func wantGood(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%v", err)
	}
}

func TestKeySets_AreFetchedOnceForFiveMinutes(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es(), evilES()))
	s := newSigner(t, h.fetch(t))
	wantGood(t, s.assert(es(), h.key()))
	s.clock.advance(5*time.Minute - time.Second)
	wantGood(t, s.assert(es(), h.key()))
	wantGood(t, s.assert(evilES(), h.key()))
	h.wantCalls(t, 1)
	s.clock.advance(time.Second)
	wantGood(t, s.assert(es(), h.key()))
	h.wantCalls(t, 2)
}

func TestKeySets_AreFetchedOnceForAllWhoCallAtOnce(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es()))
	s := newSigner(t, h.fetch(t))
	for _, err := range atOnce(50, func(int) error { return s.assert(es(), h.key()) }) {
		wantGood(t, err)
	}
	h.wantCalls(t, 1)
}

func TestKeySets_ANewKeyIsLookedForOnceAMinute(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es()))
	s := newSigner(t, h.fetch(t))
	wantGood(t, s.assert(es(), h.key()))
	h.publish(es(), evilES())
	for range 20 {
		wantRefusal(t, s.assert(evilES(), h.key()), "no_key")
	}
	h.wantCalls(t, 1)
	s.clock.advance(time.Minute)
	for _, err := range atOnce(20, func(int) error { return s.assert(evilES(), h.key()) }) {
		wantGood(t, err)
	}
	h.wantCalls(t, 2)
}

// What a stranger's kid causes at most.
func TestKeySets_StrangersCauseOneCallAMinute(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es()))
	s := newSigner(t, h.fetch(t))
	for range 10 {
		for _, err := range atOnce(10, func(int) error { return s.assert(evilES(), h.key()) }) {
			wantRefusal(t, err, "no_key")
		}
		s.clock.advance(time.Minute)
	}
	h.wantCalls(t, 10)
}

// An assertion that is wrong in itself causes none.
func TestKeySets_ClaimsAreJudgedFirst(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es()))
	s := newSigner(t, h.fetch(t))
	for _, claims := range []object{{"aud": "https://evil.example"}, {"exp": 1}, {"iss": "other"}, {"jti": ""}} {
		err := check(t, s.Proofs, sign(es(), assertionHead(), with(assertionClaims(), claims)), h.key())
		if err == nil {
			t.Error("taken")
		}
	}
	h.wantCalls(t, 0)
}

func TestKeySets_AKeyThatIsTakenOutEndsInFiveMinutes(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es()))
	s := newSigner(t, h.fetch(t))
	wantGood(t, s.assert(es(), h.key()))
	h.publish(evilES())
	s.clock.advance(5 * time.Minute)
	wantRefusal(t, s.assert(es(), h.key()), "no_key")
	wantGood(t, s.assert(evilES(), h.key()))
}

func TestKeySets_AHostThatIsAwayIsAskedOnceAMinute(t *testing.T) {
	t.Parallel()
	h := newHost(t, http.NotFound)
	s := newSigner(t, h.fetch(t))
	for range 5 {
		wantUnavailable(t, s.assert(es(), h.key()))
	}
	h.wantCalls(t, 1)
	h.publish(es())
	s.clock.advance(time.Minute)
	wantGood(t, s.assert(es(), h.key()))

	// What was fetched serves for its five minutes, and then for ten more those
	// whose key is in it; about others nobody can tell.
	h.does(http.NotFound)
	s.clock.advance(2 * time.Minute)
	wantRefusal(t, s.assert(evilES(), h.key()), "no_key")
	wantGood(t, s.assert(es(), h.key()))
	s.clock.advance(3 * time.Minute)
	wantGood(t, s.assert(es(), h.key()))
	wantUnavailable(t, s.assert(evilES(), h.key()))
	h.wantCalls(t, 4)
	s.clock.advance(10*time.Minute - time.Second)
	wantGood(t, s.assert(es(), h.key()))
	s.clock.advance(time.Second)
	wantUnavailable(t, s.assert(es(), h.key()))
	h.wantCalls(t, 5)
}

func TestKeySets_TakeNoAnswerButAKeySet(t *testing.T) {
	t.Parallel()
	own := textOf(with(jwkOf(es()), object{"kid": thumbprintOf(es())}))
	many := strings.Repeat(own+",", 20) + own
	withPrivate := strings.Replace(privateJWKOf(es()), "{", `{"kid":"`+thumbprintOf(es())+`",`, 1)
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"no JSON":          {writes("<html>"), "unavailable"},
		"one key":          {writes(own), "unavailable"},
		"keys null":        {writes(`{"keys":null}`), "unavailable"},
		"keys twice":       {writes(`{"keys":[],"keys":[` + own + `]}`), "unavailable"},
		"21 keys":          {writes(`{"keys":[` + many + `]}`), "unavailable"},
		"more than 64 KiB": {writes(`{"keys":[` + own + `]}` + strings.Repeat(" ", 64<<10)), "unavailable"},
		"without an end":   {func(w http.ResponseWriter, _ *http.Request) { endless(w) }, "unavailable"},
		"a header of a megabyte": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
			publishes(es())(w, r)
		}, "unavailable"},
		"status 500":                {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); fmt.Fprintf(w, `{"keys":[%s]}`, own) }, "unavailable"},
		"status 206":                {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(206); fmt.Fprintf(w, `{"keys":[%s]}`, own) }, "unavailable"},
		"hung up":                   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "unavailable"},
		"no keys":                   {writes(`{"keys":[]}`), "no_key"},
		"its private half":          {writes(`{"keys":[` + withPrivate + `]}`), "no_key"},
		"for encryption":            {writes(`{"keys":[` + strings.Replace(own, "{", `{"use":"enc",`, 1) + `]}`), "no_key"},
		"without its kid":           {writes(`{"keys":[` + textOf(jwkOf(es())) + `]}`), "no_key"},
		"another under its kid":     {writes(`{"keys":[` + textOf(with(jwkOf(evilES()), object{"kid": thumbprintOf(es())})) + `]}`), "signature"},
		"beside keys we can't read": {writes(`{"keys":[1,null,{"kty":"oct","k":"AQ"},{"kty":"EC","crv":"P-521"},{},` + own + `]}`), ""},
		"two under one kid":         {writes(`{"keys":[` + textOf(with(jwkOf(evilES()), object{"kid": thumbprintOf(es())})) + `,` + own + `]}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, row.answer)
			err := newSigner(t, h.fetch(t)).assert(es(), h.key())
			switch row.want {
			case "":
				wantGood(t, err)
			case "unavailable":
				wantUnavailable(t, err)
			default:
				wantRefusal(t, err, row.want)
			}
		})
	}
}

// endless writes until the other side hangs up.
func endless(w http.ResponseWriter) {
	for {
		if _, err := w.Write(make([]byte, 4096)); err != nil {
			return
		}
	}
}

func TestKeySets_AreNotWaitedForWithoutEnd(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	fetch := h.fetch(t)
	fetch.Timeout = 50 * time.Millisecond
	wantUnavailable(t, newSigner(t, fetch).assert(es(), h.key()))
}

// Who gives up takes nothing away from the others that wait for the same answer.
func TestKeySets_ArriveForThoseWhoStillWait(t *testing.T) {
	t.Parallel()
	called, goOn := make(chan struct{}), make(chan struct{})
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		close(called)
		<-goOn
		publishes(es())(w, r)
	})
	s := newSigner(t, h.fetch(t))
	impatient, giveUp := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- s.assertIn(impatient, es(), h.key()) }()
	<-called
	giveUp()
	late, endWait := context.WithCancel(t.Context())
	endWait()
	if err := s.assertIn(late, es(), h.key()); err == nil {
		t.Error("one who has left is told that the assertion is good")
	}
	close(goOn)
	<-first
	wantGood(t, s.assert(es(), h.key()))
	h.wantCalls(t, 1)
}
