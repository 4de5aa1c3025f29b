package web

import (
	"strings"
	"unicode/utf8"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

const stateKey = "latchkey.state"

// state is what the plumbing knows about one request.
type state struct {
	server    *Server
	requestID string
	route     *Route
	session   *sessions.Session
	identity  *models.Identity
	program   *Program
	// csrf is the secret that the tokens of forms are made from.
	csrf        []byte
	form, query Values
	// left tells that the client was gone before there was an answer.
	left bool
}

// stateOf is never nil: outside a Server's requests it is empty.
func stateOf(c echo.Context) *state {
	if st, ok := c.Get(stateKey).(*state); ok {
		return st
	}
	return &state{}
}

// RequestID names the request in the log, in events and in error messages.
func RequestID(c echo.Context) string { return stateOf(c).requestID }

// Identity is who is signed in, nil when nobody is.
func Identity(c echo.Context) *models.Identity { return stateOf(c).identity }

// IP is the address of the client: that of the peer, unless the peer is a
// trusted proxy.
func IP(c echo.Context) string { return c.RealIP() }

const (
	maxUserAgent = 256
	// hiddenAgent stands for a text that must be kept nowhere.
	hiddenAgent = "(hidden: it held a secret)"
)

// UserAgent is what the client calls itself: valid text without control
// characters, at most 256 bytes, and hiddenAgent where a secret is in it.
func UserAgent(c echo.Context) string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(c.Request().UserAgent(), "\uFFFD"))
	if s := stateOf(c).server; s != nil && s.holdsSecret(text) {
		return hiddenAgent
	}
	if len(text) <= maxUserAgent {
		return text
	}
	end := maxUserAgent
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// Caller is who asks, from where: the explicit argument of every verb.
func Caller(c echo.Context) models.Caller {
	caller := models.Caller{
		Kind: models.Anyone, IP: IP(c), UserAgent: UserAgent(c), RequestID: RequestID(c),
	}
	if program := ProgramOf(c); program != nil {
		return program.Caller
	}
	id := Identity(c)
	if id == nil {
		return caller
	}
	caller.Kind = models.Person
	caller.UserID, caller.Name, caller.Email = id.User.ID, id.User.Name, id.User.Email
	caller.Operator = id.User.Operator
	if id.Tenant != nil {
		caller.TenantID, caller.Permissions = id.Tenant.ID, id.Permissions
	}
	return caller
}

// Form is the posted form; empty for requests that carry none.
func Form(c echo.Context) Values { return stateOf(c).form }

// Query is the query of the address.
func Query(c echo.Context) Values { return stateOf(c).query }
