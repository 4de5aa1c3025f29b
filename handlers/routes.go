package handlers

import (
	"net/http"
	"slices"

	"github.com/latchkey-dev/latchkey/handlers/ops"
	"github.com/latchkey-dev/latchkey/web"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// rooms are the handlers of all audiences.
type rooms struct {
	ops *ops.Ops
}

// routes is EVERY route, in one place, with who may call it.
func (r rooms) routes() []web.Route {
	return slices.Concat(r.opsRoutes())
}

// opsRoutes are for whoever runs the process.
func (r rooms) opsRoutes() []web.Route {
	return []web.Route{
		{Method: get, Path: "/healthz", Access: web.Open, Format: web.Problem, Handler: r.ops.Healthz},
		{Method: get, Path: "/readyz", Access: web.Open, Format: web.Problem, Handler: r.ops.Readyz},
	}
}
