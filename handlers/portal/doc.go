// Package portal answers the people of accounts: sign-in and one-time links, the two
// lists of tokens, the forms that make and delete one, and their own password.
//
// Each handler parses, calls one verb of internal/tokens or internal/signin, and shows
// the outcome as a page of views/portal. Who may call it is in the table of routes and
// has been judged before.
package portal
