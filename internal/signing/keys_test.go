package signing_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestNew_DemandsStoreAndSealKey(t *testing.T) {
	t.Parallel()
	if _, err := signing.New(signing.Config{SealKey: sealKey}); err == nil {
		t.Error("no store is taken")
	}
	if _, err := signing.New(signing.Config{Store: &memory{}, SealKey: sealKey[:31]}); err == nil {
		t.Error("a sealing key of 31 bytes is taken")
	}
}

func TestKeys_BeforeEnsureNothingIsAnswered(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, &memory{}, sealKey)
	if _, err := keys.Sign(t.Context(), object{}); !errors.Is(err, signing.ErrNotReady) {
		t.Errorf("Sign = %v", err)
	}
	if err := keys.Parse(t.Context(), "a.b.c", &object{}); !errors.Is(err, signing.ErrNotReady) {
		t.Errorf("Parse = %v", err)
	}
	if _, err := keys.JWKS(t.Context()); !errors.Is(err, signing.ErrNotReady) {
		t.Errorf("JWKS = %v", err)
	}
	if _, err := keys.PublicKey(t.Context()); !errors.Is(err, signing.ErrNotReady) {
		t.Errorf("PublicKey = %v", err)
	}
}

func TestEnsure_FirstStartMakesOneKeyAndTheNextUsesIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := readyKeys(t, s)
		jwt, err := first.Sign(t.Context(), object{"sub": "c"})
		if err != nil {
			t.Fatal(err)
		}
		second := readyKeys(t, s)
		if err := second.Parse(t.Context(), jwt, &object{}); err != nil {
			t.Errorf("after a restart the JWT is refused: %v", err)
		}
		rows, err := s.SigningKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1 || rows[0].State != models.KeyActive || rows[0].Algorithm != "RS256" {
			t.Fatalf("%d keys are kept, want one active RS256: %+v", len(rows), rows)
		}
		events, err := s.Events(t.Context(), 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) != 1 || events[0].Action != models.SigningKeyCreated || events[0].TargetID != rows[0].ID {
			t.Errorf("events = %+v, want one signing_key.created", events)
		}
	})
}

func TestEnsure_ReplicasThatStartAtOnceAgreeOnOneKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		replicas := make([]*signing.Keys, 4)
		var wait sync.WaitGroup
		for i := range replicas {
			replicas[i] = newKeys(t, s, sealKey)
			for range 2 {
				wait.Go(func() {
					if err := replicas[i].Ensure(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wait.Wait()
		jwt, err := replicas[0].Sign(t.Context(), object{"sub": "c"})
		if err != nil {
			t.Fatal(err)
		}
		for i, replica := range replicas {
			if err := replica.Parse(t.Context(), jwt, &object{}); err != nil {
				t.Errorf("replica %d: %v", i, err)
			}
		}
		if rows, err := s.SigningKeys(t.Context()); err != nil || len(rows) != 1 {
			t.Errorf("%d keys are kept (%v), want one", len(rows), err)
		}
	})
}

func TestEnsure_WrongSecretKeyIsSaidClearly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		readyKeys(t, s)
		err := newKeys(t, s, otherKey).Ensure(t.Context())
		if !errors.Is(err, signing.ErrWrongSealKey) {
			t.Fatalf("Ensure = %v, want ErrWrongSealKey", err)
		}
		if !strings.Contains(err.Error(), "secret key") {
			t.Errorf("%q does not say what to look at", err)
		}
	})
}

func TestEnsure_PrivateHalfIsSealedFromTheFirstRow(t *testing.T) {
	t.Parallel()
	kept := &memory{}
	readyKeys(t, kept)
	row := kept.rows[0]
	var public object
	if err := json.Unmarshal(row.Public, &public); err != nil {
		t.Fatal(err)
	}
	checkPublicMembersOnly(t, public)
	// PKCS #8 holds the modulus in the clear; the sealed form must not.
	modulus := decode(t, public["n"].(string))
	if bytes.Contains(row.Sealed, modulus[:16]) {
		t.Error("the sealed half shows the modulus")
	}
	second := &memory{}
	readyKeys(t, second)
	if bytes.Equal(row.Sealed, second.rows[0].Sealed) || row.ID == second.rows[0].ID {
		t.Error("two first starts made the same key")
	}
}

func TestEnsure_SealedKeyIsBoundToItsRow(t *testing.T) {
	t.Parallel()
	one, two := &memory{}, &memory{}
	readyKeys(t, one)
	readyKeys(t, two)
	for name, change := range map[string]func(*models.SigningKey){
		"sealed half of another row": func(row *models.SigningKey) { row.Sealed = two.rows[0].Sealed },
		"id of another row":          func(row *models.SigningKey) { row.ID = two.rows[0].ID },
		"one bit":                    func(row *models.SigningKey) { row.Sealed[40] ^= 1 },
		"cut short":                  func(row *models.SigningKey) { row.Sealed = row.Sealed[:5] },
		"empty":                      func(row *models.SigningKey) { row.Sealed = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := one.rows[0]
			row.Sealed = slices.Clone(row.Sealed)
			change(&row)
			err := newKeys(t, &memory{rows: []models.SigningKey{row}}, sealKey).Ensure(t.Context())
			if !errors.Is(err, signing.ErrWrongSealKey) {
				t.Errorf("Ensure = %v, want ErrWrongSealKey", err)
			}
		})
	}
}

// Whoever can write to the database must not be able to publish a key of theirs.
func TestEnsure_PublicColumnIsNotTrusted(t *testing.T) {
	t.Parallel()
	one, two := &memory{}, &memory{}
	readyKeys(t, one)
	readyKeys(t, two)
	row := one.rows[0]
	row.Public = two.rows[0].Public
	keys := readyKeys(t, &memory{rows: []models.SigningKey{row}})
	set, err := keys.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if set.Keys[0].KeyID != row.ID {
		t.Errorf("published %s, want %s", set.Keys[0].KeyID, row.ID)
	}
	jwt, err := keys.Sign(t.Context(), object{"sub": "c"})
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Parse(t.Context(), jwt, &object{}); err != nil {
		t.Error(err)
	}
}

func TestEnsure_StoreThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	if err := newKeys(t, &memory{err: broken}, sealKey).Ensure(t.Context()); !errors.Is(err, broken) {
		t.Errorf("Ensure = %v, want the store's error", err)
	}
}

func TestEnsure_KeyOfAnAlgorithmToComeIsLeftAlone(t *testing.T) {
	t.Parallel()
	kept := &memory{rows: []models.SigningKey{{ID: "future", Algorithm: "ES256", State: models.KeyActive}}}
	keys := readyKeys(t, kept)
	set, err := keys.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 1 || set.Keys[0].Algorithm != "RS256" {
		t.Errorf("JWKS = %+v", set)
	}
}

// A stranger with nothing but the key set must be able to check a signature.
func TestJWKS_PublicMembersOnlyAndVerifies(t *testing.T) {
	t.Parallel()
	keys := readyKeys(t, &memory{})
	set, err := keys.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	var document struct{ Keys []object }
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Keys) != 1 {
		t.Fatalf("%d keys, want 1", len(document.Keys))
	}
	checkPublicMembersOnly(t, document.Keys[0])

	var read jose.JSONWebKeySet
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	public, ok := read.Keys[0].Key.(*rsa.PublicKey)
	if !ok || public.N.BitLen() != 2048 {
		t.Fatalf("the key is %T", read.Keys[0].Key)
	}
	thumbprint, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if want := base64.RawURLEncoding.EncodeToString(thumbprint); read.Keys[0].KeyID != want {
		t.Errorf("kid = %s, want the thumbprint %s", read.Keys[0].KeyID, want)
	}
	jwt, err := keys.Sign(t.Context(), object{"sub": "c"})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed.Verify(read); err != nil {
		t.Errorf("a stranger refuses the signature: %v", err)
	}
}

func checkPublicMembersOnly(t *testing.T, jwk object) {
	t.Helper()
	members := slices.Sorted(maps.Keys(jwk))
	if want := []string{"alg", "e", "kid", "kty", "n", "use"}; !slices.Equal(members, want) {
		t.Errorf("members = %v, want %v", members, want)
	}
	if jwk["kty"] != "RSA" || jwk["use"] != "sig" || jwk["alg"] != "RS256" || jwk["e"] != "AQAB" {
		t.Errorf("jwk = %v", jwk)
	}
}

func TestKeys_SafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	keys := readyKeys(t, &memory{})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 5 {
				jwt, err := keys.Sign(t.Context(), object{"sub": "c"})
				if err != nil {
					t.Error(err)
					return
				}
				if err := keys.Parse(t.Context(), jwt, &object{}); err != nil {
					t.Error(err)
				}
			}
		})
		wait.Go(func() {
			if err := keys.Ensure(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}
