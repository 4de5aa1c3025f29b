package views

import (
	"net/url"

	"github.com/latchkey-dev/latchkey/models"
)

// Every address that a page links to or a form posts to is here, and nowhere else.
// Ids and codes are escaped; a query is left out when it is empty.

// Home leads to whatever is the first page for the person.
func Home() string { return "/" }

// SignIn is the sign-in page; next is the page of ours to go to afterwards, or empty.
func SignIn(next string) string {
	if next == "" {
		return "/sign-in"
	}
	return "/sign-in?" + url.Values{"next": {next}}.Encode()
}

// SignOut ends the session (POST).
func SignOut() string { return "/sign-out" }

// SignInAfterLink is the sign-in page, which says that a password was set.
func SignInAfterLink() string { return "/sign-in?notice=password" }

// Setup is the page behind the one-time link that makes the first operator; the same
// address takes the POST.
func Setup(code string) string { return "/setup/" + url.PathEscape(code) }

// Password is the page behind a one-time link that sets a person's password; the same
// address takes the POST.
func Password(code string) string { return "/password/" + url.PathEscape(code) }

// PortalLink is the page behind a one-time link from the vendor's own program; the
// same address takes the POST.
func PortalLink(code string) string { return "/portal-link/" + url.PathEscape(code) }

// SwitchAccount changes the account that the person acts in (POST).
func SwitchAccount() string { return "/account/switch" }

// Security is where people change their own password.
func Security() string { return "/account/security" }

// WorkspaceSecurity is the account's token policy; the same address takes the POST.
func WorkspaceSecurity() string { return "/workspace/security" }

// Tokens lists an account's API tokens or the person's own ones; a POST makes one.
func Tokens(in models.Context, q ListQuery) string { return q.on(tokens(in)) }

// NewToken is the form for one more.
func NewToken(in models.Context) string { return tokens(in) + "/new" }

// FindToken is the form that finds a token by its secret; the same address takes the POST.
func FindToken(in models.Context) string { return tokens(in) + "/find" }

// DeleteToken asks before it deletes; the same address takes the POST.
func DeleteToken(in models.Context, id string) string {
	return tokens(in) + "/" + url.PathEscape(id) + "/delete"
}

func tokens(in models.Context) string {
	if in == models.Personal {
		return "/account/tokens"
	}
	return "/workspace/tokens"
}

// OAuthToken is where OAuth clients get their JWTs (POST).
func OAuthToken() string { return "/oauth/token" }

// SignInVendor is where the vendor's programs show their key for a JWT (POST).
func SignInVendor() string { return "/auth/vendor" }

// OAuthIntrospect is where resource servers ask what a token is (POST).
func OAuthIntrospect() string { return "/oauth/introspect" }

// OAuthRevoke is where tokens are ended (POST).
func OAuthRevoke() string { return "/oauth/revoke" }

// JWKS are the public keys that verify JWTs.
func JWKS() string { return "/.well-known/jwks.json" }

// Whoami tells programs whose credential they show.
func Whoami() string { return "/v1/whoami" }
