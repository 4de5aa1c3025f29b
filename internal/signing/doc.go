// Package signing owns the keys that sign Latchkey's JWTs: it makes them, keeps
// their private halves sealed, signs, checks signatures, and publishes the
// public halves.
//
//	secret key ──HKDF──▶ SealKey ──AES-256-GCM, kid as additional data──▶ signing_keys.sealed
//	                                                                           │ Ensure
//	claims ──Sign──▶ JWT (RS256, kid) ──Parse──▶ claims      JWKS ◀── in memory ┘
//
// One key signs at a time. A rotation, which people ask for, retires it: it goes on
// verifying, and stays published behind the new one, until nothing lives that it
// signed. Replicas look every half second which keys there are.
//
// A signature says who wrote the claims and nothing more: issuer, audience,
// type and time are for the caller to judge (internal/tokens).
package signing
