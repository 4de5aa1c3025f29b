// Package tokens owns the life of a machine-to-machine token: who may make,
// see and delete one, whether it is good now, what client credentials are
// exchanged for, and when it was last used.
//
//	person ── Mint, List, Get, Delete ─▶ policy ─▶ Store (one transaction with its event)
//
//	program ─ VerifyKey   X-API-KEY ────▶ ParseKey ─▶ HMAC ─▶ one read ─┐
//	        ─ VerifyJWT   Bearer ───────▶ signature ────────▶ one read ─┼▶ judge ─▶ Verdict
//	        ─ Exchange    id + secret ──▶ ParseKey ─▶ HMAC ─▶ one read ─┘     │
//	                                                                          ▼
//	              Store ◀── every few seconds, and at the end ── uses and refusals, in memory
//
// A credential that is no good is a Verdict with a Reason. An error means that
// Latchkey could not tell, and callers fail closed: never "yes".
//
// It leans on internal/signing for signatures and on a Store for memory. It
// knows no HTTP, no page and no database. Whether a portal module is shown at
// all is judged by the routes, not here.
package tokens
