package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// Access says who may call a route.
type Access string

const (
	// Open is for everybody, and cookies count for nothing: no session is
	// read and no form token asked for. For static files, health checks and
	// programs, whose own credentials the handler judges.
	Open Access = "open"
	// Public is a page for everybody; whoever is signed in is known.
	Public Access = "public"
	// SignedIn is for any person who is signed in.
	SignedIn Access = "signed-in"
	// Member is for people who are signed in and act in an account.
	Member Access = "member"
	// Operator is for the vendor's people; it is not found by others.
	Operator Access = "operator"
	// Cookie is for browsers on the vendor's own pages, whom the dialect's
	// refresh cookie makes known to the handler: pages of the allowed origins
	// may call it, and no others.
	Cookie Access = "cookie"
	// Vendor is for programs with a vendor key's JWT or, outside the dialect,
	// the key itself in HTTP Basic.
	Vendor Access = "vendor"
	// PersonsOwn is for a person with a JWT of their own.
	PersonsOwn Access = "persons-own"
	// AnyProgram is Vendor or PersonsOwn.
	AnyProgram Access = "program"
)

const (
	permissionPrefix = "permission:"
	programPrefix    = "program:"
)

// ProgramWith is Vendor, or a person with a JWT of their own who holds the
// permission on their account.
func ProgramWith(permission string) Access { return Access(programPrefix + permission) }

// ForPrograms tells whether a route takes JWTs and keys in place of the portal's
// session.
func (a Access) ForPrograms() bool {
	return a == Vendor || a == PersonsOwn || a == AnyProgram || strings.HasPrefix(string(a), programPrefix)
}

// Permission is for members who hold the permission on their account.
func Permission(key string) Access { return Access(permissionPrefix + key) }

// Permission gives the key when a is for holders of a permission.
func (a Access) Permission() (string, bool) {
	return strings.CutPrefix(string(a), permissionPrefix)
}

func (a Access) valid() bool {
	if key, ok := a.Permission(); ok {
		return key != ""
	}
	if key, ok := strings.CutPrefix(string(a), programPrefix); ok {
		return key != ""
	}
	return slices.Contains([]Access{Open, Public, SignedIn, Member, Operator, Cookie, Vendor, PersonsOwn, AnyProgram}, a)
}

// Format says how a route tells its errors.
type Format string

const (
	// Page is an HTML page; the zero value of a route's format.
	Page Format = ""
	// Problem is application/problem+json (RFC 9457).
	Problem Format = "problem"
	// Frontegg is {"errors": ["…"]}.
	Frontegg Format = "frontegg"
	// OAuth is {"error": "invalid_request", …} (RFC 6749, section 5.2).
	OAuth Format = "oauth"
)

// Module is the portal module that a route belongs to. The routes of a hidden
// module are not found.
type Module string

const (
	NoModule       Module = ""
	APITokens      Module = "apiTokens"
	PersonalTokens Module = "personalApiTokens"
)

// hidden tells whether the environment has put the module away.
func (m Module) hidden(s models.Settings) bool {
	switch m {
	case APITokens:
		return s.APITokens == models.Hidden
	case PersonalTokens:
		return s.PersonalTokens == models.Hidden
	default:
		return false
	}
}

// Route is one line of the table of routes.
type Route struct {
	// Method is GET (which serves HEAD too), POST, …
	Method string
	// Path is an echo pattern: "/workspace/tokens/:id/delete".
	Path   string
	Access Access
	Format Format
	Module Module
	// Action is what a refused call of a known caller is written down as.
	// Required for routes that change state and are not Open, Public or Cookie.
	Action models.Action
	// Many names the fields of the form or the query that may come more than
	// once; any other field that does is answered 400.
	Many []string
	// MaxBody is the largest body in bytes; 0 means 64 KiB.
	MaxBody int64
	Handler echo.HandlerFunc
}

// DefaultMaxBody is the largest body of a route that names no other, in bytes.
const DefaultMaxBody = 64 << 10

func (r Route) maxBody() int64 {
	if r.MaxBody > 0 {
		return r.MaxBody
	}
	return DefaultMaxBody
}

// changes tells whether a call with this method may change state.
func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

func (r Route) check() error {
	switch {
	case r.Handler == nil:
		return fmt.Errorf("route %s %s has no handler", r.Method, r.Path)
	case !r.Access.valid():
		return fmt.Errorf("route %s %s has no access", r.Method, r.Path)
	case changes(r.Method) && r.Access != Open && r.Access != Public && r.Access != Cookie && r.Action == "":
		return fmt.Errorf("route %s %s changes state and names no action", r.Method, r.Path)
	case r.Access == Open && r.Module != NoModule, r.Access == Public && r.Module != NoModule:
		return fmt.Errorf("route %s %s is for everybody and cannot be in a module", r.Method, r.Path)
	}
	return nil
}
