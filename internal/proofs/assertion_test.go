package proofs_test

import (
	"testing"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/models"
)

// assertionClaims are what a client writes at the start.
func assertionClaims() object {
	return object{
		"iss": clientID, "sub": clientID, "aud": issuer, "jti": "one",
		"iat": start.Unix(), "nbf": start.Unix(), "exp": start.Unix() + 60,
	}
}

func TestCheckAssertion_GivesTheKeyThatSigned(t *testing.T) {
	t.Parallel()
	keys := []proofs.Key{kept(t, jwkOf(es())), kept(t, jwkOf(rs())), kept(t, jwkOf(ed()))}
	for algorithm, key := range algorithmsOf {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			p := newProofs(t, proofs.Config{})
			for kid, head := range map[string]object{
				"named":   {"alg": algorithm, "kid": thumbprintOf(key()), "typ": "JWT"},
				"unnamed": {"alg": algorithm},
			} {
				assertion := models.NewSecret(sign(key(), head, with(assertionClaims(), object{"jti": kid})))
				got, err := p.CheckAssertion(t.Context(), assertion, clientID, keys)
				if err != nil || got != "of "+thumbprintOf(key()) {
					t.Errorf("%s: %q, %v %s", kid, got, err, proofs.Reason(err))
				}
				if id := proofs.UnverifiedClientID(assertion); id != clientID {
					t.Errorf("the client is %q", id)
				}
			}
		})
	}
}
