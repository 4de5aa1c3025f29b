// Package oauth is the OAuth 2 dialect: the token endpoint (RFC 6749), introspection
// (RFC 7662), revocation (RFC 7009), and the metadata that leads clients to them
// (RFC 8414). Errors are those of RFC 6749 section 5.2 and never repeat what was sent.
package oauth
