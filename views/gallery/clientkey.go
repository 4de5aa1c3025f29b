package gallery

import (
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/views/ui"
)

const demoJWK = `{"kty":"EC","crv":"P-256","x":"k6ZDlc2oUf0Te3WoCJOPY0UbtDPBRerjJqdIC04guTo","y":"NL33gSojM0v0xwTQISg-RYLliNqF7SYOC1BuPlDelwo","kid":"uneNuYXQUdTg_Y9nXWSyugk1f7el6Tj1fg_GeqQ2gtk","alg":"ES256"}`

const demoKeySet = "https://keys.initech.example/latchkey/jwks.json"

// keyed is a secret's row with a key in the secret's place.
func keyed(id string, key models.ClientKey, created, used string) models.TokenSecret {
	s := demoSecret(id, "", created, used)
	s.Key = key
	s.Prefix, s.LastFour = key.Hint()
	return s
}

// withKey is the demo's token with a key from the beginning.
func withKey(key models.ClientKey) models.TokenDetail {
	d := detailed()
	d.Secrets = []models.TokenSecret{keyed("first", key, "2026-11-22 09:14:00", "2026-11-23 21:03:50")}
	d.Prefix, d.LastFour = key.Hint()
	return d
}

// toKey is the demo's token while its secret makes way for a key.
func toKey(key models.ClientKey) models.TokenDetail {
	d := rotated()
	d.Secrets[0] = keyed("second", key, "2026-11-23 20:41:00", "2026-11-23 21:06:10")
	d.Prefix, d.LastFour = key.Hint()
	return d
}

// fromKey is the other way about.
func fromKey(key models.ClientKey) models.TokenDetail {
	d := rotated()
	old := d.Secrets[1]
	d.Secrets[1] = keyed("first", key, "2026-11-22 09:14:00", "2026-11-23 21:03:50")
	d.Secrets[1].ReplacedAt, d.Secrets[1].EndsAt = old.ReplacedAt, old.EndsAt
	return d
}

func chosenKey(name string, key portal.KeyForm, problems ...models.Problem) Entry {
	return generatePage(name, func(h views.Head) portal.GenerateInput {
		in := generateForm(h, models.API, models.ClientCredentials)
		in.Form.Key, in.Problems = key, problems
		return in
	})
}

func keyEntries() []Entry {
	jwk, set := models.ClientKey{JWK: demoJWK}, models.ClientKey{JWKSURL: demoKeySet}
	return []Entry{
		chosenKey("a key of one’s own", portal.KeyForm{Proof: portal.ProofJWK, JWK: demoJWK}),
		chosenKey("keys at a URL", portal.KeyForm{Proof: portal.ProofJWKS, JWKSURL: demoKeySet}),
		chosenKey("no key", portal.KeyForm{Proof: portal.ProofJWK}, models.Problem{Field: "jwk", Key: "required"}),
		chosenKey("a private key", portal.KeyForm{Proof: portal.ProofJWK}, models.Problem{Field: "jwk", Key: "private_key"}),
		chosenKey("a key that can’t be used", portal.KeyForm{Proof: portal.ProofJWK, JWK: `{"kty": "EC", "crv": "P-384"}`}, models.Problem{Field: "jwk", Key: "jwk_kind"}),
		chosenKey("a URL that is never called", portal.KeyForm{Proof: portal.ProofJWKS, JWKSURL: "https://10.0.0.7/jwks.json"}, models.Problem{Field: "jwks_url", Key: "jwks_host"}),
		generatePage("a key for an access token", func(h views.Head) portal.GenerateInput {
			in := generateForm(h, models.API, models.AccessToken)
			in.Problems = []models.Problem{{Field: "key", Key: "key_kind"}}
			return in
		}),
		twicePage("the token has a key", func(in *portal.TwiceInput) { in.Token.Prefix, in.Token.LastFour = jwk.Hint() }),
		deletePage("a token with a key", func(in *portal.DeleteInput) { in.Token.Prefix, in.Token.LastFour = set.Hint() }),
		tokenPage("just made, with a key", func(in *portal.TokenInput) {
			unused(in)
			in.Secrets = []models.TokenSecret{keyed("first", jwk, "2026-11-23 21:08:00", "")}
			in.CreatedAt = in.Now
			in.Prefix, in.LastFour = jwk.Hint()
			in.Layout.Flash = &ui.BannerProps{Tone: ui.Done, Text: "Warehouse sync (staging) was generated. It proves itself with your key, so there is no secret to save.", Status: true}
		}),
		tokenPage("with a key", func(in *portal.TokenInput) { in.TokenDetail = withKey(jwk) }),
		tokenPage("with keys at a URL", func(in *portal.TokenInput) { in.TokenDetail = withKey(set) }),
		tokenPage("in rotation, from a secret to a key", func(in *portal.TokenInput) { in.TokenDetail = toKey(jwk) }),
		tokenPage("in rotation, from keys at a URL to a secret", func(in *portal.TokenInput) { in.TokenDetail = fromKey(set) }),
		rotatePage("to a key", func(in *portal.RotateInput) { in.Form.Key = portal.KeyForm{Proof: portal.ProofJWK, JWK: demoJWK} }),
		rotatePage("from a key", func(in *portal.RotateInput) {
			in.TokenDetail = withKey(jwk)
			in.Form.Key.Proof = portal.ProofJWK
		}),
		rotatePage("a private key", func(in *portal.RotateInput) {
			in.Form.Key.Proof = portal.ProofJWK
			in.Problems = []models.Problem{{Field: "jwk", Key: "private_key"}}
		}),
		secondPage("the same form twice, with a key", func(in portal.SecondInput) portal.TwiceProps {
			in.Sent, in.Key = in.Now.Add(-2*time.Minute), jwk
			return portal.RotatedBefore(english(), in)
		}),
		changePage("End the old secret", "a key", func(in portal.ChangeInput) portal.AskProps { return portal.EndOld(english(), in) }, func(d *models.TokenDetail) {
			*d = fromKey(set)
		}),
	}
}
