package tokens_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// claimsOf reads a JWT as a stranger with the published keys would.
func (w *world) claimsOf(jwt models.Secret) map[string]any {
	w.t.Helper()
	set, err := w.keys.JWKS(w.t.Context())
	w.ok(err)
	signed, err := jose.ParseSignedCompact(jwt.Reveal(), []jose.SignatureAlgorithm{jose.RS256})
	w.ok(err)
	payload, err := signed.Verify(set)
	w.ok(err)
	var claims map[string]any
	w.ok(json.Unmarshal(payload, &claims))
	return claims
}

func TestExchange_ClaimsOfAPersonalToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[3])
		exchanged, _ := w.exchange(minted)
		iat := float64(start.Unix())
		want := map[string]any{
			"sub": minted.Token.ID, "secretId": w.secretOf(minted).ID, "tenantId": w.acme, "type": "userApiToken",
			"userId": w.dana.ID, "createdByUserId": w.dana.ID, "email": "dana@acme.example",
			"userMetadata": map[string]any{}, "metadata": map[string]any{},
			"roles":       []any{"Admin", "Editor"},
			"permissions": []any{"fe.secure.*", "reports.read", "reports.write"},
			"aud":         w.clientID, "applicationId": w.clientID, "iss": issuer, "iat": iat, "exp": iat + 3600,
		}
		if diff := cmp.Diff(want, w.claimsOf(exchanged.AccessToken)); diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}
	})
}

func TestExchange_ClaimsOfAnAPIToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		iat := float64(start.Unix())
		want := map[string]any{
			"tenantId": w.acme, "type": "tenantApiToken", "createdByUserId": w.dana.ID, "metadata": map[string]any{},
			"roles": []any{"Editor"}, "permissions": []any{"reports.read", "reports.write"},
			"aud": w.clientID, "applicationId": w.clientID, "iss": issuer, "iat": iat, "exp": iat + 3600,
		}
		minted := w.mint(combinations[1])
		exchanged, _ := w.exchange(minted)
		want["sub"], want["secretId"] = minted.Token.ID, w.secretOf(minted).ID
		if diff := cmp.Diff(want, w.claimsOf(exchanged.AccessToken)); diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}

		vendors, err := w.Mint(t.Context(), commandLine(models.User{}, w.acme), tokens.MintRequest{Context: models.API, Kind: models.ClientCredentials})
		w.ok(err)
		exchanged, _ = w.exchange(vendors)
		want["sub"], want["createdByUserId"] = vendors.Token.ID, nil
		want["secretId"] = w.secretOf(vendors).ID
		want["roles"], want["permissions"] = []any{}, []any{}
		if diff := cmp.Diff(want, w.claimsOf(exchanged.AccessToken)); diff != "" {
			t.Errorf("without creator and roles (-want +got):\n%s", diff)
		}
	})
}

// What is left out is what it is when Latchkey is asked: never none, and never
// more than that.
func TestExchange_RightsAreLeftOutWhereTheSettingsSaySo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, tc := range []struct {
			roles, permissions bool
			// rolesThen are those once Editor became Reader.
			rolesThen []string
		}{
			{false, false, []string{"Reader"}},
			{true, false, []string{}},
			{false, true, []string{"Reader"}},
		} {
			change := models.SettingsChange{RolesInJWT: &tc.roles, PermissionsInJWT: &tc.permissions, At: start}
			w.ok(s.UpdateSettings(t.Context(), change, event(models.SettingsUpdated)))
			minted := w.mint(combinations[1])
			exchanged, given := w.exchange(minted)
			claims := w.claimsOf(exchanged.AccessToken)
			if claims["roles"] != nil != tc.roles || claims["permissions"] != nil != tc.permissions {
				t.Errorf("%+v: %v", tc, claims)
			}
			now := w.verifyJWT(exchanged.AccessToken)
			for _, verdict := range []tokens.Verdict{given, now} {
				if !slices.Equal(verdict.Roles, []string{"Editor"}) || !slices.Equal(verdict.Permissions, models.PermissionSet{"reports.read", "reports.write"}) {
					t.Errorf("%+v: roles %v, permissions %v", tc, verdict.Roles, verdict.Permissions)
				}
			}
			reader := w.roleIDs("Reader")
			_, err := w.Update(t.Context(), w.asDana(), models.API, minted.Token.ID, tokens.Update{RoleIDs: &reader})
			w.ok(err)
			then := w.verifyJWT(exchanged.AccessToken)
			if !slices.Equal(then.Roles, tc.rolesThen) || !slices.Equal(then.Permissions, models.PermissionSet{"reports.read"}) {
				t.Errorf("%+v, as Reader: roles %v, permissions %v", tc, then.Roles, then.Permissions)
			}
		}
	})
}

// Rule 5: a JWT never outlives the credential that it was made from.
func TestExchange_JWTNeverOutlivesItsCredential(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range []combination{combinations[1], combinations[3]} {
			w.clock.set(start)
			minted := w.mint(c, lasting(10*time.Minute))
			end := minted.Token.ExpiresAt
			exchanged, verdict := w.exchange(minted)
			if want := end.Truncate(time.Second); !exchanged.ExpiresAt.Equal(want) || !verdict.ExpiresAt.Equal(want) {
				t.Errorf("%s: the JWT ends %s, want %s", c.name, exchanged.ExpiresAt, want)
			}
			claims := w.claimsOf(exchanged.AccessToken)
			life := time.Duration(claims["exp"].(float64)-claims["iat"].(float64)) * time.Second
			if exchanged.ExpiresIn != life || life != 10*time.Minute {
				t.Errorf("%s: it lives %s, and says %s", c.name, life, exchanged.ExpiresIn)
			}
			w.clock.set(end.Add(-time.Second))
			if exchanged, verdict = w.exchange(minted); !verdict.Allowed || exchanged.ExpiresAt.After(end) {
				t.Errorf("%s: a second before the end: %s, ends %s", c.name, verdict.Reason, exchanged.ExpiresAt)
			}
			w.clock.set(end.Add(-time.Microsecond))
			_, verdict = w.exchange(minted)
			w.wantReason(verdict, tokens.Expired)
			w.clock.set(end)
			w.wantReason(w.verifyJWT(exchanged.AccessToken), tokens.Expired)
		}
	})
}

func TestExchange_IssuedAtIsRoundedDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	minted := w.mint(combinations[1])
	w.clock.set(time.Date(2026, 11, 23, 20, 0, 0, 999_999_999, time.FixedZone("west", -8*3600)))
	exchanged, _ := w.exchange(minted)
	if got := int64(w.claimsOf(exchanged.AccessToken)["iat"].(float64)); got != w.clock.Now().Unix() {
		t.Errorf("iat %d, want %d", got, w.clock.Now().Unix())
	}
	if exchanged.ExpiresAt.Location() != time.UTC || exchanged.ExpiresIn != time.Hour {
		t.Errorf("ends %s, in %s", exchanged.ExpiresAt, exchanged.ExpiresIn)
	}
}

// Rules 10 and 11: client id and secret must be of one token, in its one spelling.
func TestExchange_IdAndSecretMustMatch(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		one, two := w.mint(combinations[1]), w.mint(combinations[3])
		id := one.Token.ID
		before := w.lastEvent()
		for name, tc := range map[string]struct {
			clientID string
			secret   models.Secret
		}{
			"another's secret":          {id, two.Secret},
			"a secret never given out":  {id, models.NewSecret(m2m.NewKey("lk", m2m.ClientSecret).Reveal())},
			"an id never given out":     {newID(), one.Secret},
			"no id":                     {"", one.Secret},
			"the id in capitals":        {strings.ToUpper(id), one.Secret},
			"the id without dashes":     {strings.ReplaceAll(id, "-", ""), one.Secret},
			"the id in braces":          {"{" + id + "}", one.Secret},
			"the id with a space":       {id + " ", one.Secret},
			"the id with NUL":           {id + "\x00", one.Secret},
			"no UTF-8":                  {"\xff\xfe", one.Secret},
			"SQL":                       {"' OR '1'='1", one.Secret},
			"a megabyte":                {strings.Repeat("a", 1<<20), one.Secret},
			"the environment's id":      {w.clientID, one.Secret},
			"the id of a tenant":        {w.acme, one.Secret},
			"the id of the token's own": {two.Token.ID, one.Secret},
		} {
			if _, verdict := w.exchangePair(tc.clientID, tc.secret); verdict.Reason != tokens.Unknown {
				t.Errorf("%s: %q, want unknown", name, verdict.Reason)
			} else if verdict.Credential.Token.ID != "" {
				t.Errorf("%s: the refusal says whose it is", name)
			}
		}
		w.ok(w.Flush(t.Context()))
		if got := w.refusals(id); len(got) != 1 || got["wrong_secret"] != 2 {
			t.Errorf("refusals %v, want wrong_secret twice", got)
		}
		if got := w.refusals(two.Token.ID); len(got) != 1 || got["wrong_secret"] != 1 {
			t.Errorf("refusals %v, want wrong_secret once", got)
		}
		if events := w.events(before); len(events) != 0 {
			t.Errorf("events %+v", events)
		}
	})
}

// Only who holds the secret may learn that the credential has expired.
func TestExchange_StateIsHiddenFromWhoHasNotTheSecret(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		expired, deleted := w.mint(combinations[1], lasting(time.Minute)), w.mint(combinations[1])
		_, err := w.Delete(t.Context(), w.asDana(), models.API, deleted.Token.ID)
		w.ok(err)
		w.clock.advance(time.Hour)
		wrong := models.NewSecret(m2m.NewKey("lk", m2m.ClientSecret).Reveal())
		for _, minted := range []tokens.Minted{expired, deleted} {
			_, verdict := w.exchangePair(minted.Token.ID, wrong)
			w.wantReason(verdict, tokens.Unknown)
		}
		_, verdict := w.exchange(expired)
		w.wantReason(verdict, tokens.Expired)
		_, verdict = w.exchange(deleted)
		w.wantReason(verdict, tokens.Revoked)
	})
}

func TestExchange_HeaderNamesThePublishedKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	exchanged, _ := w.exchange(w.mint(combinations[1]))
	head, err := base64.RawURLEncoding.DecodeString(strings.Split(exchanged.AccessToken.Reveal(), ".")[0])
	w.ok(err)
	set, err := w.keys.JWKS(t.Context())
	w.ok(err)
	var got map[string]any
	w.ok(json.Unmarshal(head, &got))
	if diff := cmp.Diff(map[string]any{"alg": "RS256", "typ": "JWT", "kid": set.Keys[0].KeyID}, got); diff != "" {
		t.Error(diff)
	}
}

// Rule 12, where it is the signature that can't be had.
func TestExchange_WithoutSigningKeysIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	minted := w.mint(combinations[1])
	exchanged, _ := w.exchange(minted)
	notReady, err := signing.New(signing.Config{Store: &memoryKeys{}, SealKey: make([]byte, 32)})
	w.ok(err)
	w.keys = notReady
	server := w.over(w.store)
	got, verdict, err := server.Exchange(t.Context(), tokens.ExchangeRequest{ClientID: minted.Token.ID, Secret: minted.Secret})
	if !errors.Is(err, signing.ErrNotReady) || verdict.Allowed || !got.AccessToken.Empty() {
		t.Errorf("Exchange = %v, allowed is %v", err, verdict.Allowed)
	}
	verdict, err = server.VerifyJWT(t.Context(), tokens.VerifyRequest{Credential: exchanged.AccessToken})
	if !errors.Is(err, signing.ErrNotReady) || verdict.Allowed {
		t.Errorf("VerifyJWT = %v, allowed is %v", err, verdict.Allowed)
	}
}
