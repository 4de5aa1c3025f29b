// Package browsers knows people who signed in from pages of the vendor's own: a
// session with a refresh cookie, and short-lived JWTs (userToken) with which
// scripts call the dialect.
//
//	password ─▶ Begin ─┐
//	cookie ──▶ Refresh ┴▶ cookie + JWT          JWT ─▶ Identify ─▶ the rights of now
package browsers
