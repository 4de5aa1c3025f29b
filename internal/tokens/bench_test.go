package tokens_test

import (
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
)

func BenchmarkVerifyKey(b *testing.B) {
	w := newWorld(b, storetest.New(b))
	r := tokens.VerifyRequest{Credential: w.mint(combinations[0]).Secret, IP: "198.51.100.1", UserAgent: "curl"}
	b.ReportAllocs()
	for b.Loop() {
		if verdict, err := w.VerifyKey(b.Context(), r); err != nil || !verdict.Allowed {
			b.Fatal(verdict.Reason, err)
		}
	}
}

func BenchmarkVerifyJWT(b *testing.B) {
	w := newWorld(b, storetest.New(b))
	exchanged, _ := w.exchange(w.mint(combinations[1]))
	r := tokens.VerifyRequest{Credential: exchanged.AccessToken, IP: "198.51.100.1", UserAgent: "curl"}
	b.ReportAllocs()
	for b.Loop() {
		if verdict, err := w.VerifyJWT(b.Context(), r); err != nil || !verdict.Allowed {
			b.Fatal(verdict.Reason, err)
		}
	}
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
