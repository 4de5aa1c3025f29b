package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

var (
	errCrossOrigin = Refuse(http.StatusForbidden, "cross_origin", "The request came from a page of another site.")
	errTooLarge    = Refuse(http.StatusRequestEntityTooLarge, "too_large", "The body is too large.")
	errSecret      = Refuse(http.StatusBadRequest, "secret_in_address", "Don't put a secret in the address.")
)

// Reasons under which a refused change is written down.
const (
	reasonCrossOrigin = "cross_origin"
	reasonCSRF        = "csrf"
	reasonPermission  = "permission"
	reasonNotFound    = "not_found"
)

// guard stands before a route's handler: it bounds the body, finds out who
// asks, and judges whether they may, before a form is parsed or an id looked up.
func (s *Server) guard(route Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		st, r := stateOf(c), c.Request()
		st.route = &route
		if r.ContentLength > route.maxBody() {
			return errTooLarge
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, route.maxBody())
		if route.Format == Frontegg {
			s.allowOrigin(c)
		}
		switch {
		case route.Access == Open:
		case route.Access == Cookie:
			if err := s.checkDialectOrigin(r); err != nil {
				return err
			}
		case route.Access.ForPrograms():
			if s.holdsSecret(r.URL.RawQuery) {
				return errSecret
			}
			if err := s.admitProgram(c, route); err != nil {
				return err
			}
		default:
			if err := s.identify(c); err != nil {
				return err
			}
			if s.holdsSecret(r.URL.RawQuery) {
				return errSecret
			}
			if err := s.admit(c, route); err != nil {
				return err
			}
		}
		// No id, code or file has such a name; a database would choke on it. The
		// answer is that of an unknown id, so it comes where that one would.
		if !isText(r.URL.Path) || slices.ContainsFunc(c.ParamValues(), func(v string) bool { return !isText(v) }) {
			return models.ErrNotFound
		}
		return route.Handler(c)
	}
}

// holdsSecret looks for a credential in part of an address, as it was sent and
// as it is meant.
func (s *Server) holdsSecret(part string) bool {
	if s.cfg.HoldsSecret == nil || part == "" {
		return false
	}
	meant, err := url.QueryUnescape(part)
	return s.cfg.HoldsSecret(part) || err == nil && s.cfg.HoldsSecret(meant)
}

// admit judges a request of a known or unknown person, and writes refused
// changes down.
func (s *Server) admit(c echo.Context, route Route) error {
	st, r := stateOf(c), c.Request()
	if s.crossOrigin.Check(r) != nil {
		s.refused(c, route, reasonCrossOrigin)
		return errCrossOrigin
	}
	if err := judge(route, st.identity); err != nil {
		s.refused(c, route, reasonOf(err))
		return err
	}
	var err error
	if st.query, err = ParseForm(r.URL.RawQuery, route.Many); err != nil {
		return err
	}
	if !changes(r.Method) {
		return nil
	}
	if st.form, err = readForm(r, route.Many); err != nil {
		return err
	}
	if err := s.checkCSRF(c); err != nil {
		s.refused(c, route, reasonCSRF)
		return err
	}
	return nil
}

// reasonOf says why a call was refused as it was.
func reasonOf(err error) string {
	if errors.Is(err, models.ErrNotFound) {
		return reasonNotFound
	}
	return reasonPermission
}

// judge tells whether the person may call the route at all.
func judge(route Route, id *models.Identity) error {
	if route.Access == Public {
		return nil
	}
	if id == nil {
		return models.ErrUnauthenticated
	}
	if route.Module.hidden(id.Settings) {
		return models.ErrNotFound
	}
	switch route.Access {
	case SignedIn:
		return nil
	case Member:
		if id.Tenant != nil {
			return nil
		}
	case Operator:
		if id.User.Operator {
			return nil
		}
		return models.ErrNotFound
	default:
		if key, ok := route.Access.Permission(); ok && id.Tenant != nil && id.Permissions.Has(key) {
			return nil
		}
	}
	return models.ErrForbidden
}

// refused writes a refused change of a known caller down. The answer does
// not wait for the client to stay, nor fail when the event can't be kept: the
// change is refused either way.
func (s *Server) refused(c echo.Context, route Route, reason string) {
	if s.cfg.Refused == nil || Caller(c).Kind == models.Anyone || !changes(c.Request().Method) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), 5*time.Second)
	defer cancel()
	event := models.NewEvent(Caller(c), route.Action, models.Stamp(s.cfg.Now())).Refuse(reason)
	if err := s.cfg.Refused(ctx, event); err != nil {
		s.cfg.Log.ErrorContext(ctx, "write refused change down", "request_id", RequestID(c), "error", err)
	}
}
