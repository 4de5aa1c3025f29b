package proofs_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	issuer   = "https://tokens.example"
	clientID = "0198a1b2-0000-7000-8000-000000000001"
)

// start is when the tests begin.
var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// clock is a time that only tests move.
type clock struct{ now atomic.Pointer[time.Time] }

func newClock() *clock {
	c := &clock{}
	c.set(start)
	return c
}

func (c *clock) Now() time.Time          { return *c.now.Load() }
func (c *clock) set(t time.Time)         { c.now.Store(&t) }
func (c *clock) advance(d time.Duration) { c.set(c.Now().Add(d)) }

// memory remembers ids without a database, for tests that are not about keeping.
type memory struct {
	mu   sync.Mutex
	used map[string]time.Time
	err  error
}

func (m *memory) UseID(_ context.Context, hash []byte, expiresAt time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if m.used == nil {
		m.used = map[string]time.Time{}
	}
	if _, used := m.used[string(hash)]; used {
		return models.ErrConflict
	}
	m.used[string(hash)] = expiresAt
	return nil
}

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.used)
}

func newProofs(t testing.TB, cfg proofs.Config) *proofs.Proofs {
	t.Helper()
	if cfg.Store == nil {
		cfg.Store = &memory{}
	}
	if cfg.Now == nil {
		cfg.Now = newClock().Now
	}
	cfg.Issuer = issuer
	p, err := proofs.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The clients' key pairs, and a stranger's of each kind; making RSA's takes a while.
var (
	es, evilES   = sync.OnceValue(newES), sync.OnceValue(newES)
	ed, evilEd   = sync.OnceValue(newEd), sync.OnceValue(newEd)
	rs, evilRSA  = sync.OnceValue(func() crypto.Signer { return newRSA(2048) }), sync.OnceValue(func() crypto.Signer { return newRSA(2048) })
	weakRSA      = sync.OnceValue(func() crypto.Signer { return newRSA(1024) })
	otherCurve   = sync.OnceValue(func() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)) })
	algorithmsOf = map[string]func() crypto.Signer{"ES256": es, "PS256": rs, "EdDSA": ed, "Ed25519": ed}
)

// fuzzed is the same in all processes of a fuzzing run: what one of them signed
// is good in the others.
var fuzzed = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func newES() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }
func newEd() crypto.Signer {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	return must(private, err)
}
func newRSA(bits int) crypto.Signer { return must(rsa.GenerateKey(rand.Reader, bits)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type object = map[string]any

func with(base, more object) object {
	out := maps.Clone(base)
	maps.Copy(out, more)
	return out
}

func without(base object, name string) object {
	out := maps.Clone(base)
	delete(out, name)
	return out
}

func encode(v any) string {
	if text, ok := v.(string); ok {
		return base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	return base64.RawURLEncoding.EncodeToString(must(json.Marshal(v)))
}

// sign writes head and claims, objects or their JSON, and signs them in the way of
// the key's kind, whatever the header says.
func sign(key crypto.Signer, head, claims any) string {
	input := encode(head) + "." + encode(claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(signatureOf(key, []byte(input)))
}

func signatureOf(key crypto.Signer, input []byte) []byte {
	sum := sha256.Sum256(input)
	switch private := key.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
		size := (private.Params().BitSize + 7) / 8
		signature := make([]byte, 2*size)
		must(r, err).FillBytes(signature[:size])
		s.FillBytes(signature[size:])
		return signature
	case *rsa.PrivateKey:
		return must(rsa.SignPSS(rand.Reader, private, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}))
	case ed25519.PrivateKey:
		return ed25519.Sign(private, input)
	}
	panic("a key of no kind")
}

// jwkOf is the public half as an object, so that tests can spoil it.
func jwkOf(key crypto.Signer) object {
	var members object
	text := must(jose.JSONWebKey{Key: key.Public()}.MarshalJSON())
	must(0, json.Unmarshal(text, &members))
	return members
}

// privateJWKOf is both halves as JSON.
func privateJWKOf(key crypto.Signer) string {
	return string(must(jose.JSONWebKey{Key: key}.MarshalJSON()))
}

func textOf(v any) string { return string(must(json.Marshal(v))) }

func thumbprintOf(key crypto.Signer) string {
	sum := must((&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256))
	return base64.RawURLEncoding.EncodeToString(sum)
}

// kept is a client's key as it is kept, under the id "of " and the key's kid.
func kept(t testing.TB, jwk object) proofs.Key {
	t.Helper()
	text, problem := proofs.ParseJWK(textOf(jwk))
	if problem != "" {
		t.Fatalf("ParseJWK: %s", problem)
	}
	var read struct{ Kid string }
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	return proofs.Key{ID: "of " + read.Kid, ClientKey: models.ClientKey{JWK: text}}
}

// atOnce runs n calls at the same time and gives their errors.
func atOnce(n int, call func(i int) error) []error {
	errs := make([]error, n)
	begin := make(chan struct{})
	var done sync.WaitGroup
	for i := range n {
		done.Go(func() {
			<-begin
			errs[i] = call(i)
		})
	}
	close(begin)
	done.Wait()
	return errs
}
