package proofs_test

import (
	"crypto"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/proofs"
)

const resource = "https://tokens.example/v1/whoami"

// dpopClaims are what a client writes at the start for a GET of the resource.
func dpopClaims() object {
	return object{"htm": "GET", "htu": resource, "jti": "one", "iat": start.Unix()}
}

func dpopHead(algorithm string, key crypto.Signer) object {
	return object{"typ": "dpop+jwt", "alg": algorithm, "jwk": jwkOf(key)}
}

func TestCheckDPoP_GivesTheThumbprintOfTheKey(t *testing.T) {
	t.Parallel()
	for algorithm, key := range algorithmsOf {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			p := newProofs(t, proofs.Config{})
			proof := sign(key(), dpopHead(algorithm, key()), dpopClaims())
			got, err := p.CheckDPoP(t.Context(), proofs.DPoP{Proof: proof, Method: "GET", URL: resource, Thumbprint: thumbprintOf(key())})
			if err != nil || got != thumbprintOf(key()) {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
