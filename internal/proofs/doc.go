// Package proofs judges what clients sign with keys of their own: client
// assertions (RFC 7523), by which a client says who it is without a secret, and
// DPoP proofs (RFC 9449), by which it shows that it holds the key that an access
// token is bound to.
//
//	assertion ──form──▶ claims ──▶ signature ◀── the client's JWK, or its key set
//	                                   │           behind a URL ◀── guard ◀── https
//	proof ──────form──▶ claims ──▶ signature ◀── the JWK in its own header
//	                                   │
//	                                   ▼
//	                          one-use id (used_ids) ──▶ good
//
// The order is from cheap to dear, and what a stranger can cause stays bounded:
// nothing is fetched for an assertion whose claims are wrong, and nothing is
// written before a signature was found good.
//
// A key set is fetched from public addresses only, which is checked on the
// address that is dialled: neither a name that resolves to somewhere else than
// it did before nor a redirect gets around it.
//
// It stands on models. Which client may have which token is for the caller to
// judge (internal/tokens), and HTTP is the handlers'.
package proofs
