// Package api answers programs in Latchkey's own dialect: who a credential is,
// whether a gateway may let it through, the keys with which its JWTs are checked,
// and addresses that hand people over to the portal. Errors are problem+json.
package api
