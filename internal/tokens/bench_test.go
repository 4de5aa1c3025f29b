package tokens_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// onBoth runs a benchmark on each database.
func onBoth(b *testing.B, run func(b *testing.B, s *store.Store)) {
	b.Run("sqlite", func(b *testing.B) { run(b, storetest.New(b)) })
	b.Run("postgres", func(b *testing.B) { run(b, storetest.NewPostgres(b)) })
}

// signingWith is the same world with another algorithm of OAuth.
func (w *world) signingWith(algorithm string) *world {
	keys, err := signing.New(signing.Config{Store: &memoryKeys{}, SealKey: make([]byte, 32), OAuthAlgorithm: algorithm})
	w.ok(err)
	w.ok(keys.Ensure(w.t.Context()))
	other := *w
	other.keys = keys
	other.Tokens = other.over(w.store)
	return &other
}

func (w *world) clientOf(minted tokens.Minted) tokens.Client {
	return tokens.Client{ClientID: minted.Token.ID, Secret: minted.Secret, IP: "198.51.100.1", UserAgent: "curl"}
}

// grantOnce gives an access token of OAuth to the client.
func (w *world) grantOnce(client tokens.Client) models.Secret {
	granted, verdict, err := w.Grant(w.t.Context(), tokens.GrantRequest{Client: client})
	if err != nil || !verdict.Allowed {
		w.t.Fatal(verdict.Reason, err)
	}
	return granted.AccessToken
}

func BenchmarkVerifyKey(b *testing.B) {
	onBoth(b, func(b *testing.B, s *store.Store) {
		w := newWorld(b, s)
		r := tokens.VerifyRequest{Credential: w.mint(combinations[0]).Secret, IP: "198.51.100.1", UserAgent: "curl"}
		b.ReportAllocs()
		for b.Loop() {
			if verdict, err := w.VerifyKey(b.Context(), r); err != nil || !verdict.Allowed {
				b.Fatal(verdict.Reason, err)
			}
		}
	})
}

// The dialect's JWTs are RS256, those of OAuth are ES256.
func BenchmarkVerifyJWT(b *testing.B) {
	verify := func(b *testing.B, w *world, jwt models.Secret) {
		r := tokens.VerifyRequest{Credential: jwt, IP: "198.51.100.1", UserAgent: "curl"}
		b.ReportAllocs()
		for b.Loop() {
			if verdict, err := w.VerifyJWT(b.Context(), r); err != nil || !verdict.Allowed {
				b.Fatal(verdict.Reason, err)
			}
		}
	}
	onBoth(b, func(b *testing.B, s *store.Store) {
		w := newWorld(b, s)
		client := w.mint(combinations[1])
		exchanged, _ := w.exchange(client)
		b.Run("dialect", func(b *testing.B) { verify(b, w, exchanged.AccessToken) })
		b.Run("oauth", func(b *testing.B) { verify(b, w, w.grantOnce(w.clientOf(client))) })
	})
}

func BenchmarkExchange(b *testing.B) {
	w := newWorld(b, storetest.New(b))
	minted := w.mint(combinations[1])
	r := tokens.ExchangeRequest{ClientID: minted.Token.ID, Secret: minted.Secret, IP: "198.51.100.1", UserAgent: "curl"}
	b.ReportAllocs()
	for b.Loop() {
		if _, verdict, err := w.Exchange(b.Context(), r); err != nil || !verdict.Allowed {
			b.Fatal(verdict.Reason, err)
		}
	}
}

// BenchmarkGrant_AgainstTheSignatureAlone makes access tokens and, in turn, bare
// signatures. What is asked for is at least 0.85 for RS256.
func BenchmarkGrant_AgainstTheSignatureAlone(b *testing.B) {
	es, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	onBoth(b, func(b *testing.B, s *store.Store) {
		w := newWorld(b, s)
		client := w.clientOf(w.mint(combinations[1]))
		b.Run("ES256", func(b *testing.B) { againstSignature(b, func() { w.grantOnce(client) }, es) })
		w = w.signingWith(signing.RS256)
		b.Run("RS256", func(b *testing.B) { againstSignature(b, func() { w.grantOnce(client) }, rs) })
	})
}

// againstSignature reports the medians of both and the share of the signature.
func againstSignature(b *testing.B, grant func(), key crypto.Signer) {
	digest := sha256.Sum256([]byte("claims"))
	var grants, signatures []time.Duration
	for b.Loop() {
		begin := time.Now()
		grant()
		granted := time.Now()
		if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
		grants, signatures = append(grants, granted.Sub(begin)), append(signatures, time.Since(granted))
	}
	slices.Sort(grants)
	slices.Sort(signatures)
	whole, signature := grants[len(grants)/2], signatures[len(signatures)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(whole.Microseconds()), "µs")
	b.ReportMetric(float64(signature.Microseconds()), "µs-signature")
	b.ReportMetric(float64(signature)/float64(whole), "of-the-signature")
}
