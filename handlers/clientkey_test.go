package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// newJWK is both halves of a new key, and what is secret in the private one.
func newJWK(t testing.TB, id string) (public, private, secret string) {
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
	private = text(key)
	var members struct{ D string }
	if err := json.Unmarshal([]byte(private), &members); err != nil {
		t.Fatal(err)
	}
	return text(key.Public()), private, members.D
}

// onePublic is a key that is the same every time.
const onePublic = `{"kty":"EC","crv":"P-256","x":"k6ZDlc2oUf0Te3WoCJOPY0UbtDPBRerjJqdIC04guTo","y":"NL33gSojM0v0xwTQISg-RYLliNqF7SYOC1BuPlDelwo","alg":"ES256"}`

const keySet = "https://keys.partner.example/jwks.json"

// proof is what a client proves itself with.
func proof(name string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		return flawed("invalid.unknown", strings.ToUpper(valid[0]), valid[0]+" ", "nonsense", "0", "null", "[]", "jwks_url", strings.Repeat("a", 1500))
	}}
}

// publicKey is one as a JWK.
func publicKey(name string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		private := strings.Replace(valid[0], `"kty"`, `"d":"AQ","kty"`, 1)
		all := append(absent("problem.required"), flawed("invalid.jwk_format", "nonsense", "null", "[]", "{}", valid[0][1:], valid[0]+"}", `"`+keySet+`"`, `{"kty":"EC"`)...)
		all = append(all, flawed("invalid.private_key", private, " \r\n"+private, `{"keys":[`+private+`]}`, "-----BEGIN PRIVATE KEY-----\nMIG")...)
		all = append(all, flawed("invalid.jwk_symmetric", `{"kty":"oct","k":"c2VjcmV0"}`)...)
		all = append(all, flawed("invalid.jwk_set", `{"keys":[`+valid[0]+`]}`)...)
		all = append(all, flawed("invalid.jwk_kind", strings.Replace(valid[0], "P-256", "P-384", 1))...)
		all = append(all, flawed("invalid.jwk_use", strings.Replace(valid[0], "ES256", "HS256", 1))...)
		return append(all, flawed("invalid.jwk_long", `{"x5c":"`+strings.Repeat("a", 16<<10)+`"}`)...)
	}}
}

func TestPortal_AClientProvesItselfWithAKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.must(w.accounts.SetTenantM2M(t.Context(), system(), w.acme.ID, models.Inherited, models.ClientCredentials))
		b := w.as(w.dana)
		for _, p := range places() {
			key, _, _ := newJWK(t, "the-key-of-2026")
			b.open(p.path + "/new")
			b.says(http.StatusOK, "How it proves itself", "A key of mine", "JWKS URL")
			action, fields := b.form("")
			a := b.submit("", w.filled(p, "CI pipeline", "proof", "jwk", "jwk", key)...)
			rows := w.listed(p.context)
			if a.status != http.StatusSeeOther || len(rows) != 1 || a.header.Get("Location") != p.path+"/"+rows[0].ID {
				t.Fatalf("%d %v", a.status, a.header)
			}
			token := rows[0]
			page := p.path + "/" + token.ID
			b.says(http.StatusOK, "CI pipeline was generated. It proves itself with your key", "How it gets a JWT", "the-key-of-2026", "Public key, ES256", publicURL+"/oauth/token")
			b.open(page) // nothing of it was shown once
			b.says(http.StatusOK, "How it gets a JWT", "client_assertion")
			b.open(p.path + "?q=the-key-of-2026")
			b.open(p.path + "?q=jwk_…2026")
			b.says(http.StatusOK, "CI pipeline", "jwk_…2026")
			for i, values := 0, w.filled(p, "CI pipeline", "proof", "jwk", "jwk", key); i < len(values); i += 2 {
				fields.Set(values[i], values[i+1])
			}
			b.page = b.request(http.MethodPost, action, fields.Encode())
			b.says(http.StatusConflict, "This token was already generated", "Its key is yours")

			b.open(page + "/rotate")
			b.says(http.StatusOK, "Replace the key", "The old key ends")
			b.submit("", "proof", "secret", "overlap", "1")
			b.says(http.StatusCreated, "Your new secret", "The old one works until")
			secret := shown(b.doc(), "secret-key")
			b.tryOut(models.ClientCredentials, secret, token.ID, http.StatusOK)
			b.open(page)
			b.says(http.StatusOK, "New secret", "Old key", "the-key-of-2026")
			b.follows("End the old now")
			b.says(http.StatusOK, "End the old key of “CI pipeline” now?", "the-key-of-2026")
			b.submit("")

			b.open(page + "/rotate")
			action, fields = b.form("")
			b.submit("", "proof", "jwks", "jwks_url", keySet, "overlap", "1")
			b.says(http.StatusOK, "proves itself with your key now", "Rotation under way", "New key", "Old secret", keySet, "ES256, PS256, EdDSA")
			b.tryOut(models.ClientCredentials, secret, token.ID, http.StatusOK)
			fields.Set("proof", "jwks")
			fields.Set("jwks_url", keySet)
			b.page = b.request(http.MethodPost, action, fields.Encode())
			b.says(http.StatusConflict, "This rotation was already made", "your key is in force")
			b.open(page)
			b.follows("End the old now")
			b.submit("")
			b.tryOut(models.ClientCredentials, secret, token.ID, http.StatusUnauthorized)
			b.open(page + "/delete")
			b.says(http.StatusOK, "Keyjwks:keys.partner.example")
		}
	})
}

// What people paste by mistake is in no page, log or row, and what else they typed is
// kept.
func TestPortal_APrivateKeyIsForgottenAndTheRestOfTheFormKept(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		w.must(w.accounts.SetTenantM2M(l.t.Context(), system(), w.acme.ID, models.Inherited, models.ClientCredentials))
		b := w.as(w.dana)
		minted, page := b.minted(places()[0], models.ClientCredentials)
		public, private, secret := newJWK(l.t, "id")
		before := l.rows()
		for name, values := range map[string][]string{
			"a private key":                {"proof", "jwk", "jwk", private},
			"one in the wrong field":       {"proof", "jwks", "jwks_url", private},
			"one that was not chosen":      {"proof", "secret", "jwk", private, "jwks_url", private},
			"one beside another mistake":   {"proof", "jwk", "jwk", private},
			"a set with a private key":     {"proof", "jwk", "jwk", `{"keys":[` + public + "," + private + `]}`},
			"a password within an address": {"proof", "jwks", "jwks_url", "https://me:" + secret + "@keys.partner.example/"},
		} {
			description := "CI pipeline"
			if name == "one that was not chosen" || name == "one beside another mistake" {
				description = ""
			}
			for path, more := range map[string][]string{
				places()[0].path + "/new": w.filled(places()[0], description, values...), page + "/rotate": values,
			} {
				if strings.HasSuffix(path, "/rotate") && name == "one that was not chosen" {
					continue // a good form there
				}
				b.open(path)
				b.submit("", more...)
				b.says(http.StatusUnprocessableEntity, "your attention")
				if strings.Contains(b.page.body, secret) {
					l.t.Errorf("%s at %s is shown again", name, path)
				}
				if chosen := b.doc().Find("[name=proof][checked]").AttrOr("value", ""); chosen != values[1] {
					l.t.Errorf("%s at %s: %q is chosen", name, path, chosen)
				}
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("the database changed:\n%s", changed)
		}
		if strings.Contains(w.log.String(), secret) || strings.Contains(w.log.String(), url.QueryEscape(secret)) || strings.Contains(fmt.Sprint(l.rows()), secret) {
			l.t.Error("the private half is kept")
		}
		b.open(places()[0].path + "/new")
		b.submit("", w.filled(places()[0], "Half done", "proof", "jwks", "jwks_url", "https://10.0.0.7/jwks.json", "expires", "7")...)
		b.says(http.StatusUnprocessableEntity, "Give an address on the public internet")
		if got := b.doc().Find("#jwks_url").AttrOr("value", "") + b.doc().Find("#description").AttrOr("value", ""); got != "https://10.0.0.7/jwks.jsonHalf done" {
			l.t.Errorf("kept %q", got)
		}
		b.works(minted, true)
	})
}
