package tokens_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// accessTokens sets what new access tokens are.
func (w *world) accessTokens(format models.AccessTokenFormat) {
	w.t.Helper()
	w.ok(w.store.UpdateSettings(w.t.Context(), models.SettingsChange{AccessTokenFormat: &format, At: models.Stamp(w.clock.Now())}, event(models.SettingsUpdated)))
}

// payload is what a JWT says, unchecked.
func payload(t *testing.T, jwt models.Secret) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt.Reveal(), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestMint_AccessTokensAreJWTsWhereTheEnvironmentSaysSo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		opaque := w.mint(combinations[0])
		w.accessTokens(models.JWT)
		for _, c := range []combination{combinations[0], combinations[2]} {
			minted := w.mint(c, lasting(day))
			claims := payload(t, minted.Secret)
			want := map[string]any{
				"sub": minted.Token.ID, "tenantId": w.acme, "type": "tenantAccessToken", "applicationId": w.clientID, "aud": w.clientID, "iss": issuer,
				"iat": float64(minted.Token.CreatedAt.Unix()), "exp": float64(minted.Token.ExpiresAt.Unix()),
			}
			if c.context == models.Personal {
				want["type"], want["userId"] = "userAccessToken", w.dana.ID
			}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
			if _, ends := payload(t, w.mint(c).Secret)["exp"]; ends {
				t.Errorf("%s without an end has one", c.name)
			}
			w.wantReason(w.verifyKey(minted.Secret), "")
			w.wantReason(w.verifyJWT(minted.Secret), tokens.WrongKind)
			if minted.Token.Prefix != "jwt" || !strings.HasSuffix(minted.Secret.Reveal(), minted.Token.LastFour) {
				t.Errorf("%s is told by %q, %q", c.name, minted.Token.Prefix, minted.Token.LastFour)
			}
			found, err := w.Find(t.Context(), w.asDana(), minted.Secret)
			w.ok(err)
			if found.ID != minted.Token.ID {
				t.Errorf("%s: found %s", c.name, found.ID)
			}
		}
		// Both formats are good side by side, whatever new ones are.
		w.wantReason(w.verifyKey(opaque.Secret), "")
		jwt := w.mint(combinations[0])
		w.accessTokens(models.Opaque)
		w.wantReason(w.verifyKey(jwt.Secret), "")
		if !strings.HasPrefix(w.mint(combinations[1]).Secret.Reveal(), "lk_cs_") {
			t.Error("client credentials have another format")
		}
	})
}

func TestVerifyKey_JWTsEndAsKeysDo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.accessTokens(models.JWT)
		for name, row := range map[string]struct {
			end    func(m tokens.Minted)
			reason tokens.Reason
		}{
			"deleted": {func(m tokens.Minted) {
				_, err := w.Delete(t.Context(), w.asDana(), models.API, m.Token.ID)
				w.ok(err)
			}, tokens.Revoked},
			"disabled": {func(m tokens.Minted) {
				_, err := w.Disable(t.Context(), w.asDana(), models.API, m.Token.ID)
				w.ok(err)
			}, tokens.Disabled},
		} {
			minted := w.mint(combinations[0])
			row.end(minted)
			if reason := w.verifyKey(minted.Secret).Reason; reason != row.reason {
				t.Errorf("%s: %q", name, reason)
			}
		}
		minted := w.mint(combinations[0], lasting(3*time.Hour))
		rotated, err := w.Rotate(t.Context(), w.asDana(), models.API, minted.Token.ID, tokens.RotateRequest{Overlap: time.Hour})
		w.ok(err)
		first, second := payload(t, minted.Secret)["sub"], payload(t, rotated.Secret)["sub"]
		if first != minted.Token.ID || second == first {
			t.Errorf("subjects %v and %v", first, second)
		}
		w.wantReason(w.verifyKey(minted.Secret), "")
		w.wantReason(w.verifyKey(rotated.Secret), "")
		w.clock.advance(time.Hour)
		w.wantReason(w.verifyKey(minted.Secret), tokens.SecretEnded)
		w.wantReason(w.verifyKey(rotated.Secret), "")
		w.clock.advance(2 * time.Hour)
		w.wantReason(w.verifyKey(rotated.Secret), tokens.Expired)
	})
}

// Whoever could sign with our key still has no token of ours.
func TestVerifyKey_OnlyTheVeryJWTThatWasGivenOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		opaque := w.mint(combinations[0])
		w.accessTokens(models.JWT)
		minted := w.mint(combinations[0])
		sign := func(change map[string]any) models.Secret {
			claims := payload(t, minted.Secret)
			maps.Copy(claims, change)
			jwt, err := w.keys.Sign(t.Context(), claims)
			w.ok(err)
			return models.NewSecret(jwt)
		}
		parts := strings.Split(minted.Secret.Reveal(), ".")
		for name, jwt := range map[string]models.Secret{
			"longer life":     sign(map[string]any{"exp": w.clock.Now().Add(time.Hour).Unix()}),
			"another account": sign(map[string]any{"tenantId": w.globex}),
			"another type":    sign(map[string]any{"type": "userAccessToken"}),
			"a userToken":     sign(map[string]any{"type": "userToken"}),
			"a key's secret":  sign(map[string]any{"sub": w.secretOf(opaque).ID}),
			"nobody":          sign(map[string]any{"sub": newID()}),
			"no subject":      sign(map[string]any{"sub": ""}),
			"no signature":    models.NewSecret(strings.Join(slices.Concat(parts[:2], []string{""}), ".")),
			"cut":             models.NewSecret(strings.Join(parts[:2], ".")),
			"padded":          models.NewSecret(minted.Secret.Reveal() + "="),
			"a space":         models.NewSecret(minted.Secret.Reveal() + " "),
		} {
			if verdict := w.verifyKey(jwt); verdict.Allowed || verdict.Reason == "" {
				t.Errorf("%s: %+v", name, verdict)
			}
		}
		w.wantReason(w.verifyKey(minted.Secret), "")
	})
}
