// Package api answers programs in Latchkey's own dialect: who a credential is,
// and the keys with which its JWTs are checked. Errors are problem+json.
package api
