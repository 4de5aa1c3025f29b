package handlers

import (
	"net/http"
	"slices"

	"github.com/latchkey-dev/latchkey/handlers/api"
	"github.com/latchkey-dev/latchkey/handlers/frontegg"
	"github.com/latchkey-dev/latchkey/handlers/ops"
	"github.com/latchkey-dev/latchkey/web"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// rooms are the handlers of all audiences.
type rooms struct {
	ops      *ops.Ops
	api      *api.API
	frontegg *frontegg.Frontegg
}

// routes is EVERY route, in one place, with who may call it.
func (r rooms) routes(dialectPrefix string) []web.Route {
	routes := slices.Concat(r.opsRoutes(), r.apiRoutes(), r.fronteggRoutes(""))
	if dialectPrefix != "" {
		routes = append(routes, r.fronteggRoutes(dialectPrefix)...)
	}
	return routes
}

// groups says how errors are told where no route is.
func groups(dialectPrefix string) map[string]web.Format {
	g := map[string]web.Format{
		"/v1/":          web.Problem,
		"/.well-known/": web.Problem,
		"/identity/":    web.Frontegg,
	}
	if dialectPrefix != "" {
		g[dialectPrefix+"/"] = web.Frontegg
	}
	return g
}

// opsRoutes are for whoever runs the process.
func (r rooms) opsRoutes() []web.Route {
	return []web.Route{
		{Method: get, Path: "/healthz", Access: web.Open, Format: web.Problem, Handler: r.ops.Healthz},
		{Method: get, Path: "/readyz", Access: web.Open, Format: web.Problem, Handler: r.ops.Readyz},
	}
}

// apiRoutes are for programs; each judges the credential that it is shown.
func (r rooms) apiRoutes() []web.Route {
	return []web.Route{
		{Method: get, Path: "/v1/whoami", Access: web.Open, Format: web.Problem, Handler: r.api.Whoami},
		{Method: get, Path: "/.well-known/jwks.json", Access: web.Open, Format: web.Problem, Handler: r.api.JWKS},
	}
}

// fronteggRoutes are the dialect's, with and without a slash at the end: a
// redirect would turn the clients' POST into a GET.
func (r rooms) fronteggRoutes(prefix string) []web.Route {
	var routes []web.Route
	for _, slash := range []string{"", "/"} {
		routes = append(routes,
			web.Route{Method: post, Path: prefix + "/identity/resources/auth/v1/api-token" + slash, Access: web.Open, Format: web.Frontegg, Handler: r.frontegg.ExchangeV1},
			web.Route{Method: post, Path: prefix + "/identity/resources/auth/v2/api-token" + slash, Access: web.Open, Format: web.Frontegg, Handler: r.frontegg.ExchangeV2},
		)
	}
	return routes
}
