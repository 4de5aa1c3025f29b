package portal

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// What client credentials prove themselves with, as forms send it.
const (
	ProofSecret = "secret"
	ProofJWK    = "jwk"
	ProofJWKS   = "jwks"
)

// KeyForm is the part of a form about what client credentials prove themselves with.
type KeyForm struct {
	// Proof is one of ProofSecret, ProofJWK and ProofJWKS; empty where the form has no
	// such part.
	Proof string
	// JWK and JWKSURL are what was typed, and empty where it held a secret.
	JWK, JWKSURL string
}

// KeyProps is that part of a form: a choice, and a field for either key.
type KeyProps struct {
	Proof   ui.RadioGroupProps
	JWK     ui.TextareaFieldProps
	JWKSURL ui.TextFieldProps
}

// keyLabels are the names of the fields.
func keyLabels(ctx context.Context) map[string]string {
	return map[string]string{
		FieldProof: words.T(ctx, "key.proof"), FieldJWK: words.T(ctx, "key.jwk.label"), FieldJWKSURL: words.T(ctx, "key.jwks.label"),
	}
}

// keyFields builds the part, of client credentials only: nil for access tokens.
func keyFields(ctx context.Context, form KeyForm, kind models.Kind, labels map[string]string, errors errorTexts) *KeyProps {
	if kind != models.ClientCredentials {
		return nil
	}
	p := &KeyProps{
		Proof: ui.RadioGroupProps{
			ID: FieldProof, Name: FieldProof, Legend: labels[FieldProof], Hint: words.T(ctx, "key.proof.hint"), Error: errors.beside[FieldProof],
			Cards: []ui.RadioCard{
				{Value: ProofSecret, Title: words.T(ctx, "key.secret"), Text: words.T(ctx, "key.secret.text")},
				{Value: ProofJWK, Title: words.T(ctx, "key.jwk"), Text: words.T(ctx, "key.jwk.text")},
				{Value: ProofJWKS, Title: words.T(ctx, "key.jwks"), Text: words.T(ctx, "key.jwks.text")},
			},
		},
		JWK: machineField(fieldOf(FieldJWK, labels, errors, words.T(ctx, "key.jwk.hint")), form.JWK),
		JWKSURL: ui.TextFieldProps{
			Field: fieldOf(FieldJWKSURL, labels, errors, words.T(ctx, "key.jwks.hint")),
			Input: ui.InputProps{Name: FieldJWKSURL, Type: "url", Value: form.JWKSURL, InputMode: "url", Autocomplete: "off"},
		},
	}
	p.JWK.Textarea.Placeholder = `{"kty": "EC", "crv": "P-256", "x": "…", "y": "…"}`
	p.JWKSURL.Input.Placeholder = "https://keys.company.example/jwks.json"
	for i := range p.Proof.Cards {
		p.Proof.Cards[i].Checked = p.Proof.Cards[i].Value == form.Proof
	}
	return p
}

// ProofOf is how a form begins about what is in force.
func ProofOf(key models.ClientKey) string {
	switch {
	case key.JWKSURL != "":
		return ProofJWKS
	case key.JWK != "":
		return ProofJWK
	default:
		return ProofSecret
	}
}

// pickKey is the one of two words for a secret and for a key in the place of one.
func pickKey(key models.ClientKey, secretWord, keyWord string) string {
	if key.IsZero() {
		return secretWord
	}
	return keyWord
}

// secretText tells a secret or a key by all that is kept of it in the clear.
func secretText(s models.TokenSecret) string {
	switch {
	case s.Key.JWKSURL != "":
		return s.Key.JWKSURL
	case s.Key.JWK != "":
		return s.Key.ID()
	default:
		return s.Hint()
	}
}

// secretEnd tells a secret or a key in a table's cell.
func secretEnd(s models.TokenSecret) string {
	if s.LastFour == "" {
		return s.Hint()
	}
	return "…" + s.LastFour
}

// secretFact is a secret or a key as a fact.
func secretFact(ctx context.Context, s models.TokenSecret) ui.Fact {
	f := ui.Fact{Term: words.T(ctx, pickKey(s.Key, "tokens.fact.secret", "key.fact")), Text: secretText(s), Machine: true}
	switch {
	case s.Key.JWKSURL != "":
		f.Note = words.T(ctx, "key.fact.jwks")
	case s.Key.JWK != "":
		f.Note = words.T(ctx, "key.fact.jwk", words.Args{"Algorithm": s.Key.Algorithm()})
	}
	return f
}

// anyAlgorithm are those that the keys of a set may sign with.
const anyAlgorithm = "ES256, PS256, EdDSA"

// assertionFacts are what a program has to sign to get a JWT with its key.
func assertionFacts(ctx context.Context, in TokenInput, key models.ClientKey) []FactProps {
	algorithm := anyAlgorithm
	if key.JWK != "" {
		algorithm = key.Algorithm()
	}
	facts := []FactProps{
		{Fact: ui.Fact{Term: words.T(ctx, "key.endpoint"), Text: in.PublicURL + views.OAuthToken(), Machine: true}},
		{Fact: ui.Fact{Term: "alg", Text: algorithm, Machine: true}},
		{Fact: ui.Fact{Term: "iss, sub", Text: in.Token.ID, Machine: true}},
		{Fact: ui.Fact{Term: "aud", Text: in.PublicURL, Machine: true}},
		{Fact: ui.Fact{Term: "exp", Text: words.T(ctx, "key.exp")}},
		{Fact: ui.Fact{Term: "jti", Text: words.T(ctx, "key.jti")}},
	}
	if key.JWK != "" {
		facts = append(facts, FactProps{Fact: ui.Fact{Term: "kid", Text: key.ID(), Machine: true}})
	}
	return facts
}

// assertionCommands work as they are pasted once ASSERTION holds the signed JWT.
func assertionCommands(publicURL string) string {
	return "TOKEN=$(curl -s \\\n" +
		"  " + publicURL + views.OAuthToken() + " \\\n" +
		"  -d grant_type=client_credentials \\\n" +
		"  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\\n" +
		"  -d client_assertion=\"$ASSERTION\" \\\n" +
		"  | sed -n 's/.*\"access_token\": *\"\\([^\"]*\\)\".*/\\1/p')\n" +
		"\n" +
		"curl " + publicURL + views.Whoami() + " \\\n" +
		"  -H \"Authorization: Bearer $TOKEN\"\n"
}
