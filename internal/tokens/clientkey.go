package tokens

import (
	"time"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/models"
)

// CheckKey reads a key that somebody gave in the place of a secret, and gives it
// as it is to be kept: a public JWK, or the https address of a key set. The zero
// key stays zero.
//
// What is wrong is noted about jwk (required, jwk_format, jwk_id, jwk_kind,
// jwk_long, jwk_set, jwk_size, jwk_use), jwks_url (required, jwks_format,
// jwks_host, jwks_https, jwks_long, jwks_port), either of the two (holds_secret,
// secret, and private_key or jwk_symmetric) or key (both). MustHide tells after
// which of them a text is not to be shown again.
func CheckKey(key models.ClientKey, invalid *models.InvalidError) models.ClientKey {
	switch {
	case key.IsZero():
		return key
	case key.JWK != "" && key.JWKSURL != "":
		invalid.Add("key", "both")
		return models.ClientKey{}
	case key.JWK != "":
		jwk, problem := proofs.ParseJWK(key.JWK)
		return models.ClientKey{JWK: sound("jwk", jwk, problem, invalid)}
	}
	// A private key that was put into the wrong field is one all the same.
	if _, problem := proofs.ParseJWK(key.JWKSURL); isPrivate(problem) {
		invalid.Add("jwks_url", problem)
		return models.ClientKey{}
	}
	address, problem := proofs.ParseJWKSURL(key.JWKSURL)
	return models.ClientKey{JWKSURL: sound("jwks_url", address, problem, invalid)}
}

// MustHide tells whether what a problem is about holds a secret, or may: it must not
// be shown again, nor kept anywhere. What can't be read as a key may be a private one
// in a form that we don't know.
func MustHide(problem string) bool {
	return isPrivate(problem) || problem == "jwk_format" || problem == "secret" || problem == "holds_secret"
}

func isPrivate(problem string) bool { return problem == "private_key" || problem == "jwk_symmetric" }

// sound is a text that nothing is wrong with, and empty otherwise.
func sound(field, text, problem string, invalid *models.InvalidError) string {
	if problem == "" && HoldsSecret(text) {
		problem = "holds_secret"
	}
	if problem != "" {
		invalid.Add(field, problem)
		return ""
	}
	return text
}

// checkKeyOf is CheckKey for a token of a kind: an access token is sent as it is
// and proves nothing else.
func checkKeyOf(kind models.Kind, key models.ClientKey, invalid *models.InvalidError) models.ClientKey {
	if !key.IsZero() && kind != models.ClientCredentials {
		invalid.Add("key", "key_kind")
		return models.ClientKey{}
	}
	return CheckKey(key, invalid)
}

// newKey is a client's key in the place of a secret, in force, with the id. Its
// digest is of a text that nobody can show: no key of ours has a space in it.
func (t *Tokens) newKey(tokenID, id string, key models.ClientKey, now time.Time) models.TokenSecret {
	s := models.TokenSecret{
		ID: id, TokenID: tokenID, Digest: t.digest("client key " + id), Key: key,
		CreatedAt: now, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}
	s.Prefix, s.LastFour = key.Hint()
	return s
}
