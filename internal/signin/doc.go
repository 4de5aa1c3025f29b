// Package signin decides who is at the other end of a browser: passwords,
// sessions, one-time links, and how often somebody may guess.
//
//	SignIn ── reserve a try (per e-mail and browser, per address)
//	       ── find the person; hash once, known or not
//	       ── wrong: an event, ErrUnauthenticated, the try stays counted
//	       └─ right: the try is given back, a new session, its cookie
//	Identify ── cookie ── SHA-256 ── session, person, account, permissions
//
// An unknown e-mail, a disabled person, a person without a password and a
// wrong password get one answer after the same work. Passwords are argon2id;
// at most two are hashed at once.
//
// The package knows no cookies' names and no pages, and imports only models.
package signin
