// Package tokens owns the life of a machine-to-machine token: who may make,
// see, change, rotate and delete one, or many, whether it is good now, what
// client credentials are exchanged for, and when it was last used.
//
//	person ── Mint, Rotate, Update, Disable, Delete ─▶ policy ─▶ Store (one transaction with its event)
//	       ── StartBulk ─────────────────────────────▶ policy ─▶ Store ─▶ RunBulks (a batch at a time)
//	       ── List, Find, Get, Detail, Check, Export ─────────▶ Store (reads)
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
// Client credentials may have a key of their owner's in the place of a secret: all
// that is said of secrets here goes for keys too, but that they are not exchanged.
//
// A token is opened by the one secret in force and, while the overlap of a
// rotation lasts, by the one before it. An old secret that ends by silence is
// judged by what has been written of its uses, so it gets a minute more
// (models.SilenceSlack), and a use of it that was last written half of that ago
// is written early, however seldom FlushEvery is. A process that is killed
// before it wrote can make such a secret end too soon, never too late.
//
// It leans on internal/signing for signatures and on a Store for memory. It
// knows no HTTP, no page and no database. Whether a portal module is shown at
// all is judged by the routes, not here.
package tokens
