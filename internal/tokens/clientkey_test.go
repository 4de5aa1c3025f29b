package tokens_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// newJWK is a new pair's public and private half.
func newJWK(t testing.TB, id string) (public, private string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := func(k any) string {
		out, err := json.Marshal(jose.JSONWebKey{Key: k, KeyID: id, Algorithm: "ES256"})
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	return text(key.Public()), text(key)
}

const keySet = "https://keys.partner.example/jwks.json"

func keyed(key models.ClientKey) func(*tokens.MintRequest) {
	return func(r *tokens.MintRequest) { r.Key = key }
}

// clients are the combinations that can have a key.
var clients = []combination{combinations[1], combinations[3]}

func TestMint_AClientWithAKeyHasNoSecret(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		public, _ := newJWK(t, "the-key-of-2026")
		for hint, key := range map[string]models.ClientKey{
			"jwk_…2026": {JWK: public}, "jwks:keys.partner.example": {JWKSURL: keySet},
		} {
			digests := map[string]bool{}
			for _, c := range clients {
				minted := w.mint(c, keyed(key))
				if !minted.Secret.Empty() || !minted.Token.HasKey() || minted.Token.Hint() != hint {
					t.Errorf("%s: secret %v, hint %s", c.name, !minted.Secret.Empty(), minted.Token.Hint())
				}
				kept := w.secretOf(minted)
				if kept.Key.IsZero() || kept.Key.JWKSURL != key.JWKSURL || kept.Key.ID() != (map[bool]string{true: "the-key-of-2026"})[key.JWK != ""] {
					t.Errorf("%s: kept %+v", c.name, kept.Key)
				}
				digests[string(kept.Digest)] = true
				for _, shown := range []string{"", "client key " + kept.ID, kept.Key.JWK, key.JWKSURL, minted.Token.ID} {
					_, verdict := w.exchangePair(minted.Token.ID, models.NewSecret(shown))
					w.wantReason(verdict, tokens.Malformed)
					w.wantReason(w.verifyKey(models.NewSecret(shown)), tokens.Malformed)
					_, err := w.Find(t.Context(), w.asDana(), models.NewSecret(shown))
					wantError(t, err, models.ErrNotFound)
				}
				page, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: c.context, TokenFilter: models.TokenFilter{Search: strings.ToUpper(hint)}})
				w.ok(err)
				if len(page.Rows) != 1 || page.Rows[0].ID != minted.Token.ID {
					t.Errorf("%s: a search for %s finds %d", c.name, hint, len(page.Rows))
				}
			}
			if len(digests) != len(clients) {
				t.Error("two clients with one key have one digest")
			}
		}
	})
}

func TestMint_KeysThatAreNoneOrPrivate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		public, private := newJWK(t, "id")
		secret := w.mint(combinations[1]).Secret.Reveal()
		withSecret, _ := newJWK(t, secret)
		for _, bad := range []struct {
			key            models.ClientKey
			field, problem string
		}{
			{models.ClientKey{JWK: private}, "jwk", "private_key"},
			{models.ClientKey{JWKSURL: private}, "jwks_url", "private_key"},
			{models.ClientKey{JWK: " "}, "jwk", "required"},
			{models.ClientKey{JWK: "{}"}, "jwk", "jwk_format"},
			{models.ClientKey{JWK: `{"keys":[` + public + `]}`}, "jwk", "jwk_set"},
			{models.ClientKey{JWK: withSecret}, "jwk", "holds_secret"},
			{models.ClientKey{JWKSURL: "http://keys.partner.example/"}, "jwks_url", "jwks_https"},
			{models.ClientKey{JWKSURL: "https://127.0.0.1/"}, "jwks_url", "jwks_host"},
			{models.ClientKey{JWKSURL: "https://me:word@keys.partner.example/"}, "jwks_url", "secret"},
			{models.ClientKey{JWKSURL: keySet + "?key=" + secret}, "jwks_url", "holds_secret"},
			{models.ClientKey{JWK: public, JWKSURL: keySet}, "key", "both"},
		} {
			client := w.mint(combinations[1])
			before := w.lastEvent()
			_, err := w.Mint(t.Context(), commandLine(w.dana, w.acme), tokens.MintRequest{Context: models.API, Kind: models.ClientCredentials, Key: bad.key})
			wantInvalid(t, err, bad.field, bad.problem)
			_, err = w.Rotate(t.Context(), w.asDana(), models.API, client.Token.ID, tokens.RotateRequest{Key: bad.key, Overlap: time.Hour})
			wantInvalid(t, err, bad.field, bad.problem)
			if events := w.events(before); len(events) != 0 {
				t.Errorf("%+v: events %+v", bad.key, events)
			}
			w.wantReason(w.use(client), "")
		}
		for _, key := range []models.ClientKey{{JWK: public}, {JWKSURL: keySet}, {JWK: private}} {
			_, err := w.Mint(t.Context(), commandLine(w.dana, w.acme), tokens.MintRequest{Context: models.API, Kind: models.AccessToken, Key: key})
			wantInvalid(t, err, "key", "key_kind")
			_, err = w.Rotate(t.Context(), w.asDana(), models.API, w.mint(combinations[0]).Token.ID, tokens.RotateRequest{Key: key})
			wantInvalid(t, err, "key", "key_kind")
		}
	})
}

// A key takes a secret's place in all of rotation, and a secret a key's.
func TestRotate_BetweenSecretsAndKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		public, private := newJWK(t, "first")
		key, set := models.ClientKey{JWK: public}, models.ClientKey{JWKSURL: keySet}
		for _, c := range clients {
			secret := w.mint(c)
			w.rotate(secret, tokens.RotateRequest{Overlap: time.Hour, Key: key})
			w.wantReason(w.use(secret), "")
			w.wantLive(secret, "jwk_…irst", secret.Token.Hint())
			w.wantSigned(secret, private, true)
			_, err := w.CancelRotation(t.Context(), w.asDana(), c.context, secret.Token.ID)
			w.ok(err)
			w.wantLive(secret, secret.Token.Hint())
			w.wantReason(w.use(secret), "")
			w.wantSigned(secret, private, false)

			w.rotate(secret, tokens.RotateRequest{Overlap: time.Hour, Key: key})
			w.clock.advance(time.Hour)
			w.wantReason(w.use(secret), tokens.SecretEnded)
			w.rotate(secret, tokens.RotateRequest{Overlap: time.Hour, Key: set})
			w.wantLive(secret, "jwks:keys.partner.example", "jwk_…irst")
			w.wantSigned(secret, private, true)
			_, err = w.EndOldSecret(t.Context(), w.asDana(), c.context, secret.Token.ID)
			w.ok(err)
			w.wantLive(secret, "jwks:keys.partner.example")
			w.ok(w.drop(secret))
			secret = w.mint(c, keyed(key))
			w.wantSigned(secret, private, true)

			fresh := w.rotate(secret, tokens.RotateRequest{Overlap: time.Hour})
			w.wantLive(secret, fresh.Token.Hint(), "jwk_…irst")
			w.wantReason(w.use(fresh), "")
			w.wantSigned(secret, private, true)
			w.clock.advance(time.Hour)
			w.wantLive(secret, fresh.Token.Hint())
			w.wantSigned(secret, private, false)
		}
	})
}

// wantSigned checks whether a client is let in by what its private key signs.
func (w *world) wantSigned(minted tokens.Minted, private string, want bool) {
	w.t.Helper()
	var key jose.JSONWebKey
	w.ok(key.UnmarshalJSON([]byte(private)))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
	w.ok(err)
	id := minted.Token.ID
	assertion, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": id, "sub": id, "aud": issuer, "exp": w.clock.Now().Add(time.Minute).Unix(), "jti": newID(),
	}).Serialize()
	w.ok(err)
	_, verdict, err := w.Authenticate(w.t.Context(), tokens.Client{Assertion: models.NewSecret(assertion)})
	w.ok(err)
	if verdict.Allowed != want {
		w.t.Errorf("an assertion is let in: %v, %q", verdict.Allowed, verdict.Reason)
	}
}

// wantLive checks what opens a token, the one in force first.
func (w *world) wantLive(minted tokens.Minted, hints ...string) {
	w.t.Helper()
	detail, err := w.Detail(w.t.Context(), w.asDana(), minted.Token.Context, minted.Token.ID)
	w.ok(err)
	var got []string
	for _, s := range detail.Secrets {
		got = append(got, s.Hint())
	}
	if strings.Join(got, " ") != strings.Join(hints, " ") || detail.Hint() != hints[0] {
		w.t.Errorf("live are %v, told by %s; want %v", got, detail.Hint(), hints)
	}
}

// What was pasted by mistake is nowhere: not in an error that might be logged, nor
// in an event.
func TestMint_APrivateKeyIsKeptNowhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		_, private := newJWK(t, "id")
		var parts struct{ D string }
		w.ok(json.Unmarshal([]byte(private), &parts))
		_, err := w.Mint(t.Context(), commandLine(w.dana, w.acme), tokens.MintRequest{
			Context: models.API, Kind: models.ClientCredentials, Key: models.ClientKey{JWK: private},
		})
		told := fmt.Sprintf("%v %+v %#v %+v", err, err, err, w.events(0))
		if parts.D == "" || bytes.Contains([]byte(told), []byte(parts.D)) {
			t.Error("the private half is told")
		}
	})
}
