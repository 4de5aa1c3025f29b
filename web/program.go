package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

// HeaderDPoP holds a proof that whoever asks holds the key of a token (RFC 9449).
const HeaderDPoP = "DPoP"

// The headers of Frontegg's dialect: a vendor's JWT, and the account and person
// that a vendor's program acts for.
const (
	headerVendorToken = "X-Access-Token"
	headerTenant      = "Frontegg-Tenant-Id"
	headerUser        = "Frontegg-User-Id"
)

// Shown is a credential that a program sent, and from where.
type Shown struct {
	// Token is a JWT. Without one, ClientID and Secret came in HTTP Basic.
	Token    models.Secret
	ClientID string
	Secret   models.Secret
	// Client has the address, user agent and request id alone.
	Client models.Caller
}

// Program is who sent it.
type Program struct {
	Caller models.Caller
	// Identity and SessionID are of a person's own JWT; nil for the vendor's.
	Identity  *models.Identity
	SessionID string
}

// ProgramOf is who sent the request of a route for programs, nil elsewhere.
func ProgramOf(c echo.Context) *Program { return stateOf(c).program }

// Recognise is the person whose JWT came to a route that is open to anybody, nil for
// any other caller: such a route has something to say to whoever asks. An error means
// that it could not be told who that is.
func Recognise(c echo.Context) (*models.Identity, error) {
	s := stateOf(c).server
	shown, ok := shownBy(c, Frontegg)
	if !ok || s.cfg.Program == nil {
		return nil, nil
	}
	program, err := s.cfg.Program(c.Request().Context(), shown)
	if errors.Is(err, models.ErrUnauthenticated) {
		return nil, nil
	}
	if err != nil {
		return nil, CouldNotTell(fmt.Errorf("identify a program: %w", err))
	}
	return program.Identity, nil
}

// admitProgram finds out which program asks and judges whether it may, before
// anything of the request is looked at.
func (s *Server) admitProgram(c echo.Context, route Route) error {
	st := stateOf(c)
	shown, ok := shownBy(c, route.Format)
	if !ok || s.cfg.Program == nil {
		return models.ErrUnauthenticated
	}
	program, err := s.cfg.Program(c.Request().Context(), shown)
	if errors.Is(err, models.ErrUnauthenticated) {
		return err
	}
	if err != nil {
		return CouldNotTell(fmt.Errorf("identify a program: %w", err))
	}
	st.program, st.identity = &program, program.Identity
	if err := judgeProgram(route, program); err != nil {
		s.refused(c, route, reasonOf(err))
		return err
	}
	if route.Format == Frontegg && program.Identity == nil {
		return actFor(c, &program.Caller)
	}
	return nil
}

// judgeProgram tells whether the program may call the route at all. The vendor
// may call all of them but those about a person who asks; for people the routes of
// a hidden module are not there.
func judgeProgram(route Route, p Program) error {
	vendor := p.Caller.Kind == models.Vendor
	switch {
	case vendor && route.Access != PersonsOwn:
		return nil
	case vendor, route.Access == Vendor, p.Identity == nil:
		return models.ErrForbidden
	case route.Module.hidden(p.Identity.Settings):
		return models.ErrNotFound
	case route.Access == PersonsOwn, route.Access == AnyProgram:
		return nil
	}
	key, _ := strings.CutPrefix(string(route.Access), programPrefix)
	if p.Identity.Tenant == nil || !p.Identity.Permissions.Has(key) {
		return models.ErrForbidden
	}
	return nil
}

// actFor reads for whom a vendor's program acts. An id in another spelling is as
// unknown as one that was never given out.
func actFor(c echo.Context, caller *models.Caller) error {
	for name, id := range map[string]*string{headerTenant: &caller.TenantID, headerUser: &caller.UserID} {
		values := c.Request().Header.Values(name)
		switch {
		case len(values) == 0, len(values) == 1 && values[0] == "" && c.Request().Method == http.MethodGet:
			continue
		case len(values) == 1 && values[0] == "":
			// A variable that was never set must not widen a write from one account to all.
			return Refuse(http.StatusBadRequest, "required", strings.ToLower(name)+" must not be empty")
		case len(values) > 1 || !models.ValidID(values[0]):
			return models.ErrNotFound
		}
		*id = values[0]
	}
	stateOf(c).program.Caller = *caller
	return nil
}

// shownBy finds the one credential of a request. The dialect's clients send a
// JWT as Bearer or in a header of its own; our API also takes a vendor key in
// HTTP Basic (RFC 7617).
func shownBy(c echo.Context, format Format) (Shown, bool) {
	h := c.Request().Header
	shown := Shown{Client: Asker(c)}
	own, auth := h.Values(headerVendorToken), h.Values(echo.HeaderAuthorization)
	if format != Frontegg {
		own = nil
	}
	switch {
	case len(own) == 1 && len(auth) == 0:
		shown.Token = models.NewSecret(own[0])
		return shown, own[0] != ""
	case len(auth) != 1 || len(own) != 0 && own[0] != strings.TrimPrefix(auth[0], "Bearer "):
		return shown, false
	}
	scheme, value, _ := strings.Cut(auth[0], " ")
	if strings.EqualFold(scheme, "Bearer") {
		shown.Token = models.NewSecret(strings.TrimSpace(value))
		return shown, strings.TrimSpace(value) != ""
	}
	if format == Frontegg {
		return shown, false
	}
	id, secret, ok := c.Request().BasicAuth()
	shown.ClientID, shown.Secret = id, models.NewSecret(secret)
	return shown, ok
}

// Asker is somebody of whom only the request is known.
func Asker(c echo.Context) models.Caller {
	return models.Caller{Kind: models.Anyone, IP: IP(c), UserAgent: UserAgent(c), RequestID: RequestID(c)}
}

// The headers that the dialect's browser clients send.
const allowedHeaders = "Authorization, Content-Type, Frontegg-Source, X-Frontegg-Source, X-Frontegg-Framework, X-Frontegg-Sdk, " +
	"Frontegg-Scoped-Tenant, Frontegg-Login-Alias, Frontegg-Requested-Application-Id, Frontegg-Tenant-Id, Frontegg-User-Id, " +
	"Frontegg-Vendor-Host, Frontegg-Environment-Id, Frontegg-Application-Id, X-Access-Token"

// preflightAge is how long a browser may remember what it was told, in seconds.
const preflightAge = "600"

// allowOrigin lets pages of the allowed origins, and no others, read the answer
// of a route of the dialect (Fetch standard, CORS protocol).
func (s *Server) allowOrigin(c echo.Context) bool {
	h := c.Response().Header()
	h.Add(echo.HeaderVary, echo.HeaderOrigin)
	origin := c.Request().Header.Get(echo.HeaderOrigin)
	if origin == "" || !s.allowed[origin] {
		return false
	}
	h.Set(echo.HeaderAccessControlAllowOrigin, origin)
	h.Set(echo.HeaderAccessControlAllowCredentials, "true")
	h.Set(echo.HeaderAccessControlExposeHeaders, "X-Request-Id, Retry-After")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return true
}

// preflight answers the question that a browser asks before a call that a form
// could not make.
func (s *Server) preflight(methods []string) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.allowOrigin(c) {
			h := c.Response().Header()
			h.Set(echo.HeaderAccessControlAllowMethods, strings.Join(methods, ", "))
			h.Set(echo.HeaderAccessControlAllowHeaders, allowedHeaders)
			h.Set(echo.HeaderAccessControlMaxAge, preflightAge)
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// strayMethods are those that a page may try where there is no route.
var strayMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// tellStrays lets pages of the allowed origins read that there is no route of
// the dialect where they call. Frontegg's portal asks for more than is served and
// does without what is a 404; a call that its browser stopped is another thing.
func (s *Server) tellStrays(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil || stateOf(c).route != nil || s.formatOf(c) != Frontegg {
			return err
		}
		if c.Request().Method == http.MethodOptions {
			return s.preflight(strayMethods)(c)
		}
		s.allowOrigin(c)
		return err
	}
}

// checkDialectOrigin is the dialect's own cross-origin check, for what a cookie
// alone would let through: pages of the allowed origins are trusted here, which
// the portal's forms never do.
func (s *Server) checkDialectOrigin(r *http.Request) error {
	if s.dialectOrigin.Check(r) != nil {
		return errCrossOrigin
	}
	return nil
}
