package signing_test

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
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

func TestNew_DemandsStoreSealKeyAndAnAlgorithmItKnows(t *testing.T) {
	t.Parallel()
	if _, err := signing.New(signing.Config{SealKey: sealKey}); err == nil {
		t.Error("no store is taken")
	}
	if _, err := signing.New(signing.Config{Store: &memory{}, SealKey: sealKey[:31]}); err == nil {
		t.Error("a sealing key of 31 bytes is taken")
	}
	if _, err := signing.New(signing.Config{Store: &memory{}, SealKey: sealKey, OAuthAlgorithm: "HS256"}); err == nil {
		t.Error("HS256 is taken")
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
	if _, err := keys.SignAccessToken(t.Context(), object{}); !errors.Is(err, signing.ErrNotReady) {
		t.Errorf("SignAccessToken = %v", err)
	}
	if err := keys.ParseEither(t.Context(), "a.b.c", nil, &object{}); !errors.Is(err, signing.ErrNotReady) {
		t.Errorf("ParseEither = %v", err)
	}
	if _, err := keys.PublicKey(t.Context()); !errors.Is(err, signing.ErrNotReady) {
		t.Errorf("PublicKey = %v", err)
	}
}

// place is a key's algorithm and state.
func place(key models.SigningKey) string { return key.Algorithm + " " + string(key.State) }

// places are those of all kept keys, sorted.
func places(t *testing.T, s *store.Store) []string {
	t.Helper()
	rows, err := s.SigningKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(rows))
	for i, row := range rows {
		all[i] = place(row)
	}
	slices.Sort(all)
	return all
}

var firstPlaces = []string{"ES256 active", "ES256 next", "RS256 active", "RS256 next"}

func TestEnsure_FirstStartMakesKeysThatSignAndTheNextStartUsesThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := readyKeys(t, s)
		jwt, accessToken := sign(t, first), signAccessToken(t, first, "ES256")
		second := readyKeys(t, s)
		if err := second.Parse(t.Context(), jwt, &object{}); err != nil {
			t.Errorf("after a restart the JWT is refused: %v", err)
		}
		if err := second.ParseEither(t.Context(), accessToken, nil, &object{}); err != nil {
			t.Errorf("after a restart the access token is refused: %v", err)
		}
		if got := places(t, s); !slices.Equal(got, firstPlaces) {
			t.Errorf("kept: %v", got)
		}
		events, err := s.Events(t.Context(), 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.SigningKeys(t.Context())
		if err != nil || len(events) != len(rows) {
			t.Fatalf("%d events of %d keys, %v", len(events), len(rows), err)
		}
		for _, event := range events {
			if event.Action != models.SigningKeyCreated || !slices.ContainsFunc(rows, func(row models.SigningKey) bool { return row.ID == event.TargetID }) {
				t.Errorf("%+v", event)
			}
		}
	})
}

func TestEnsure_ReplicasThatStartAtOnceAgreeOnTheKeys(t *testing.T) {
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
		jwt, accessToken := sign(t, replicas[0]), signAccessToken(t, replicas[0], "ES256")
		for i, replica := range replicas {
			err := errors.Join(replica.Parse(t.Context(), jwt, &object{}), replica.ParseEither(t.Context(), accessToken, nil, &object{}))
			if err != nil {
				t.Errorf("replica %d: %v", i, err)
			}
		}
		if got := places(t, s); !slices.Equal(got, firstPlaces) {
			t.Errorf("kept: %v", got)
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
	one, two := &memory{}, &memory{}
	readyKeys(t, one)
	readyKeys(t, two)
	for i, row := range one.rows {
		var public object
		if err := json.Unmarshal(row.Public, &public); err != nil {
			t.Fatal(err)
		}
		checkPublicMembersOnly(t, public)
		// PKCS #8 holds the public half in the clear; the sealed form must not.
		for _, member := range []string{"n", "x"} {
			if half, ok := public[member].(string); ok && bytes.Contains(row.Sealed, decode(t, half)[:16]) {
				t.Errorf("the sealed half shows %s", member)
			}
		}
		if bytes.Equal(row.Sealed, two.rows[i].Sealed) || row.ID == two.rows[i].ID {
			t.Error("two first starts made the same key")
		}
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
			err := newKeys(t, &memory{rows: append([]models.SigningKey{row}, one.rows[1:]...)}, sealKey).Ensure(t.Context())
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
	keys := readyKeys(t, &memory{rows: append([]models.SigningKey{row}, one.rows[1:]...)})
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

// A roll-back meets keys that it can't know.
func TestEnsure_KeyOfAnAlgorithmToComeIsLeftAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		e := newEra()
		at := e.Now()
		for i, state := range []models.KeyState{models.KeyActive, models.KeyNext, models.KeyRetired} {
			future := models.SigningKey{
				ID: "future" + strconv.Itoa(i), Algorithm: "ML-DSA-65", State: state, Public: []byte("{}"), Sealed: []byte("x"), CreatedAt: at,
			}
			if state == models.KeyRetired {
				future.RetiredAt = &at
			}
			event := models.NewEvent(system(), models.SigningKeyCreated, at)
			if err := s.CreateSigningKeys(t.Context(), []models.SigningKey{future}, []models.Event{event}); err != nil {
				t.Fatal(err)
			}
		}
		keys := replica(t, s, e)
		signAccessToken(t, keys, "ES256")
		e.pass(2 * models.LongestJWT)
		if err := keys.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(kids(t, keys)); got != 4 {
			t.Errorf("%d keys are published", got)
		}
		if rows, err := keys.List(t.Context(), system()); err != nil || len(rows) != 4 {
			t.Errorf("%d keys are listed, %v", len(rows), err)
		}
		for _, act := range []error{second(keys.Rotate(t.Context(), system(), "future0")), keys.Remove(t.Context(), system(), "future0")} {
			if !errors.Is(act, models.ErrConflict) && !errors.Is(act, models.ErrNotFound) {
				t.Error(act)
			}
		}
		if got := places(t, s); len(got) != 7 {
			t.Errorf("kept: %v", got)
		}
	})
}

func second[A any](_ A, err error) error { return err }

// A stranger with nothing but the key set must be able to check signatures.
func TestJWKS_PublicMembersOnlyAndVerifies(t *testing.T) {
	t.Parallel()
	for _, algorithm := range signing.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			keys := ready(t, signing.Config{Store: &memory{}, OAuthAlgorithm: algorithm})
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
			for _, jwk := range document.Keys {
				checkPublicMembersOnly(t, jwk)
			}
			var read jose.JSONWebKeySet
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			for _, jwk := range read.Keys {
				thumbprint, err := (&jose.JSONWebKey{Key: jwk.Key}).Thumbprint(crypto.SHA256)
				if err != nil {
					t.Fatal(err)
				}
				if want := base64.RawURLEncoding.EncodeToString(thumbprint); jwk.KeyID != want {
					t.Errorf("kid = %s, want the thumbprint %s", jwk.KeyID, want)
				}
			}
			for jwt, by := range map[string]string{sign(t, keys): "RS256", signAccessToken(t, keys, algorithm): algorithm} {
				signed, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(by)})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := signed.Verify(read); err != nil {
					t.Errorf("a stranger refuses the %s signature: %v", by, err)
				}
			}
		})
	}
}

func checkPublicMembersOnly(t *testing.T, jwk object) {
	t.Helper()
	shape := map[any]struct{ kty, fixed, members string }{
		"RS256": {"RSA", "AQAB", "alg e kid kty n use"},
		"ES256": {"EC", "P-256", "alg crv kid kty use x y"},
		"EdDSA": {"OKP", "Ed25519", "alg crv kid kty use x"},
	}[jwk["alg"]]
	if got := strings.Join(slices.Sorted(maps.Keys(jwk)), " "); got != shape.members {
		t.Errorf("members = %s, want %s", got, shape.members)
	}
	fixed := jwk["crv"]
	if shape.kty == "RSA" {
		fixed = jwk["e"]
		if modulus, _ := jwk["n"].(string); len(decode(t, modulus)) != 256 {
			t.Errorf("the modulus has %d bytes", len(decode(t, modulus)))
		}
	}
	if jwk["kty"] != shape.kty || jwk["use"] != "sig" || fixed != shape.fixed {
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
