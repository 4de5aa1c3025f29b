package handlers_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// signingPath is where something is done to a signing key.
func signingPath(id, act string) string { return keysPath + "/signing/" + id + "/" + act }

// published are the ids of the keys in the key set, in order.
func (d *desk) published() []string {
	d.t.Helper()
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
		} `json:"keys"`
	}
	a := d.send("GET", "/.well-known/jwks.json", "")
	if err := json.Unmarshal([]byte(a.body), &set); err != nil {
		d.t.Fatalf("%s: %v", a.body, err)
	}
	ids := make([]string, len(set.Keys))
	for i, key := range set.Keys {
		ids[i] = key.ID
	}
	return ids
}

func TestSigningKey_RotationIsAskedAboutAndBreaksNothingHere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		format := models.JWT
		d.must(s.UpdateSettings(t.Context(), models.SettingsChange{AccessTokenFormat: &format, At: d.clock.Now()},
			models.NewEvent(system(), models.SettingsUpdated, d.clock.Now())))
		token := d.mint(combination{models.API, models.AccessToken}, 0)
		client := d.mint(combination{models.API, models.ClientCredentials}, 0)
		bearer, vendor := d.exchange(client), d.vendorKey()
		vendorJWT := d.vendorJWT(vendor)
		old := d.published()[0]
		d.says(d.get(keysPath), http.StatusOK, old, "Signs", "RS256")
		d.says(d.get(signingPath(old, "rotate")), http.StatusOK, "Rotate the RS256 key?", "for as long as their process lives",
			"the <b>1</b> live access token that the old key signed", old)

		d.says(d.post(signingPath(old, "rotate")), http.StatusConflict, "Not everybody knows the next key yet", "Nothing was changed")
		d.clock.pass(signing.PublishedFor + time.Second)
		d.goes(d.post(signingPath(old, "rotate")), keysPath, "The RS256 key was rotated.")
		after := d.published()
		if len(after) != 5 || after[0] == old || after[4] != old {
			t.Errorf("published: %v", after)
		}
		d.says(d.get(keysPath), http.StatusOK, after[0], old, "Signs", "Only verifies")
		works := func(name string, a answer) {
			t.Helper()
			if a.status != http.StatusOK {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		works("an access token from before", d.whoami(token))
		works("a JWT from before", d.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+bearer))
		works("a new JWT", d.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+d.exchange(client)))
		if _, err := d.vendors.CallerOfJWT(t.Context(), models.NewSecret(vendorJWT), models.Caller{}); err != nil {
			t.Errorf("a vendor's JWT from before: %v", err)
		}

		d.says(d.post(signingPath(old, "rotate")), http.StatusConflict, "The signing key was rotated already")
		d.says(d.get(signingPath(old, "rotate")), http.StatusConflict, "The signing key was rotated already")
		d.clock.pass(60 * 24 * time.Hour)
		d.headers, d.token = d.visit(walker{userID: d.operator.ID, operator: true})
		d.must(d.keys.Tend(t.Context()))
		works("an access token from long before", d.whoami(token))
		_, err := d.tokens.Delete(t.Context(), callerOf(d.dana), models.API, token.Token.ID)
		d.must(err)
		d.must(d.keys.Tend(t.Context()))
		if got := d.published(); slices.Contains(got, old) || got[0] != after[0] {
			t.Errorf("published though nothing of it lives: %v", got)
		}
	})
}

// signs is the id of the key of an algorithm that signs.
func (d *desk) signs(algorithm string) string {
	d.t.Helper()
	rows, err := d.keys.List(d.t.Context(), system())
	d.must(err)
	i := slices.IndexFunc(rows, func(row models.SigningKeyRow) bool {
		return row.Algorithm == algorithm && row.State == models.KeyActive
	})
	if i < 0 {
		d.t.Fatalf("no %s key signs: %+v", algorithm, rows)
	}
	return rows[i].ID
}

func TestSigningKey_OfOAuthIsRotatedLikewise(t *testing.T) {
	t.Parallel()
	onAlgorithms(t, []string{"ES256", "EdDSA"}, func(t *testing.T, w *world, algorithm string) {
		d := deskOf(w)
		client := d.mint(combination{models.API, models.ClientCredentials}, 0)
		before, old, rs256 := d.granted(client), d.signs(algorithm), d.signs("RS256")
		d.says(d.get(signingPath(old, "rotate")), http.StatusOK, "Rotate the "+algorithm+" key?", "Nothing stops.")
		d.goes(d.post(signingPath(old, "rotate")), keysPath, "The "+algorithm+" key was rotated.")
		after := d.granted(client)
		if head := unpacked(t, after, 0); signing.KeyID(before) != old || head["kid"] != d.signs(algorithm) || head["kid"] == old || head["alg"] != algorithm {
			t.Errorf("%s signed before, then %v", signing.KeyID(before), head)
		}
		for name, jwt := range map[string]string{"from before": before, "a new one": after} {
			if a := d.bearer(jwt); a.status != http.StatusOK {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		if d.signs("RS256") != rs256 {
			t.Error("the RS256 key was rotated, too")
		}
		d.says(d.post(signingPath(old, "rotate")), http.StatusConflict, "The signing key was rotated already")
	})
}

func TestSigningKey_RemovalNamesWhatDiesAndRefusesItAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		format := models.JWT
		d.must(s.UpdateSettings(t.Context(), models.SettingsChange{AccessTokenFormat: &format, At: d.clock.Now()},
			models.NewEvent(system(), models.SettingsUpdated, d.clock.Now())))
		token := d.mint(combination{models.API, models.AccessToken}, 0)
		client := d.mint(combination{models.API, models.ClientCredentials}, 0)
		bearer := d.exchange(client)
		before := d.published()
		for path, texts := range map[string][]string{
			signingPath(before[0], "remove"): {"Remove this RS256 key and its JWTs?", "The <b>1</b> live access token that it signed ends", before[0]},
			signingPath(before[1], "remove"): {"Remove this ES256 key and its JWTs?", "No live access token is among them"},
			signingPath(before[2], "remove"): {"it has signed nothing yet"},
			signingPath(before[1], "rotate"): {"Rotate the ES256 key?", "Nothing stops."},
		} {
			d.says(d.get(path), http.StatusOK, texts...)
		}
		d.says(d.get(signingPath("no-such-key", "remove")), http.StatusNotFound)
		d.says(d.post(signingPath("no-such-key", "remove")), http.StatusNotFound)
		d.says(d.post(signingPath("no-such-key", "rotate")), http.StatusNotFound)

		d.goes(d.post(signingPath(before[0], "remove")), keysPath, "The signing key was removed.")
		after := d.published()
		if len(after) != 4 || slices.Contains(after, before[0]) || after[0] != before[2] {
			t.Errorf("published %v, then %v", before, after)
		}
		for name, a := range map[string]answer{"an access token": d.whoami(token), "a JWT": d.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+bearer)} {
			if a.status != http.StatusUnauthorized {
				t.Errorf("%s of the removed key: %d %s", name, a.status, a.body)
			}
		}
		if a := d.send("GET", "/v1/whoami", "", "Authorization", "Bearer "+d.exchange(client)); a.status != http.StatusOK {
			t.Errorf("a JWT of the next key: %d %s", a.status, a.body)
		}
		d.says(d.post(signingPath(before[0], "remove")), http.StatusNotFound)
	})
}
