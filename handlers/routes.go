package handlers

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/api"
	"github.com/latchkey-dev/latchkey/handlers/console"
	"github.com/latchkey-dev/latchkey/handlers/frontegg"
	"github.com/latchkey-dev/latchkey/handlers/oauth"
	"github.com/latchkey-dev/latchkey/handlers/ops"
	"github.com/latchkey-dev/latchkey/handlers/policy"
	"github.com/latchkey-dev/latchkey/handlers/portal"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/web"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	patch  = http.MethodPatch
	put    = http.MethodPut
	remove = http.MethodDelete
)

// rooms are the handlers of all audiences.
type rooms struct {
	ops      *ops.Ops
	api      *api.API
	frontegg *frontegg.Frontegg
	oauth    *oauth.OAuth
	console  *console.Console
	portal   *portal.Portal
	// policy is the environment's, tenantPolicy an account's own.
	policy, tenantPolicy *policy.Page
}

// routes is EVERY route, in one place, with who may call it.
func (r rooms) routes(dialectPrefix string) []web.Route {
	routes := slices.Concat(r.opsRoutes(), r.portalRoutes(), r.consoleRoutes(), r.apiRoutes(), r.oauthRoutes(), r.fronteggRoutes(""))
	if dialectPrefix != "" {
		routes = append(routes, r.fronteggRoutes(dialectPrefix)...)
	}
	return routes
}

// taken are the first segments of all addresses outside the dialect's second home.
var taken = []string{
	".well-known", "account", "auth", "console", "flags", "healthz", "identity", "metadata", "oauth", "password", "portal-link", "readyz",
	"setup", "sign-in", "sign-out", "static", "team", "tenants", "v1", "vendors", "workspace",
}

// Taken tells whether an address of ours begins with a segment, which the
// dialect's second home can't have then.
func Taken(segment string) bool { return slices.Contains(taken, segment) }

// groups says how errors are told where no route is.
func groups(dialectPrefix string) map[string]web.Format {
	g := map[string]web.Format{
		"/v1/":          web.Problem,
		"/.well-known/": web.Problem,
		"/oauth/":       web.OAuth,
		"/auth/":        web.Frontegg,
		"/identity/":    web.Frontegg,
		"/team/":        web.Frontegg,
		"/tenants/":     web.Frontegg,
		"/metadata":     web.Frontegg,
		"/flags":        web.Frontegg,
		"/vendors/":     web.Frontegg,
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

// portalRoutes are for the people of accounts, and for whoever is not yet known.
func (r rooms) portalRoutes() []web.Route {
	return slices.Concat([]web.Route{
		{Method: get, Path: "/", Access: web.SignedIn, Handler: r.portal.Home},
		{Method: get, Path: "/sign-in", Access: web.Public, Handler: r.portal.AskSignIn},
		{Method: post, Path: "/sign-in", Access: web.Public, Handler: r.portal.SignIn},
		{Method: post, Path: "/sign-out", Access: web.SignedIn, Action: models.SignedOut, Handler: r.portal.SignOut},
		{Method: get, Path: "/setup/:code", Access: web.Public, Handler: r.portal.Link},
		{Method: post, Path: "/setup/:code", Access: web.Public, Handler: r.portal.UseLink},
		{Method: get, Path: "/password/:code", Access: web.Public, Handler: r.portal.Link},
		{Method: post, Path: "/password/:code", Access: web.Public, Handler: r.portal.UseLink},
		{Method: get, Path: "/portal-link/:code", Access: web.Public, Handler: r.portal.PortalLink},
		{Method: post, Path: "/portal-link/:code", Access: web.Public, Handler: r.portal.UsePortalLink},
		{Method: post, Path: "/account/switch", Access: web.SignedIn, Action: models.AccountSwitched, Handler: r.portal.Switch},
		{Method: get, Path: "/account/security", Access: web.SignedIn, Handler: r.portal.Security},
		{Method: post, Path: "/account/security", Access: web.SignedIn, Action: models.PasswordChanged, Handler: r.portal.ChangePassword},
		{Method: get, Path: "/workspace/security", Access: web.Permission(models.ReadTokenPolicy), Handler: r.tenantPolicy.Show},
		{Method: post, Path: "/workspace/security", Access: web.Permission(models.WriteTokenPolicy), Action: models.TenantUpdated, Many: []string{"lives"}, Handler: r.tenantPolicy.Save},
	},
		r.tokenRoutes("/account/tokens", models.Personal, web.PersonalTokens),
		r.tokenRoutes("/workspace/tokens", models.API, web.APITokens),
	)
}

// tokenRoutes are those of one list of tokens, with the permissions of its context.
func (r rooms) tokenRoutes(at string, in models.Context, module web.Module) []web.Route {
	rights := in.Rights()
	asked := func(path string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: get, Path: at + path, Access: web.Permission(rights.Write), Module: module, Handler: handler}
	}
	sent := func(path string, action models.Action, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: post, Path: at + path, Access: web.Permission(rights.Write), Module: module, Action: action, Handler: handler}
	}
	return []web.Route{
		{Method: get, Path: at, Access: web.Permission(rights.Read), Module: module, Handler: r.portal.List(in)},
		{Method: get, Path: at + "/new", Access: web.Permission(rights.Write), Module: module, Handler: r.portal.New(in)},
		{Method: post, Path: at, Access: web.Permission(rights.Write), Module: module, Action: models.TokenCreated, Many: []string{"roles"}, Handler: r.portal.Create(in)},
		{Method: get, Path: at + "/find", Access: web.Permission(rights.Read), Module: module, Handler: r.portal.AskFind(in)},
		{Method: post, Path: at + "/find", Access: web.Permission(rights.Read), Module: module, Action: models.TokenFound, Handler: r.portal.Find(in)},
		{Method: get, Path: at + "/:id", Access: web.Permission(rights.Read), Module: module, Handler: r.portal.Token(in)},
		{Method: get, Path: at + "/export.csv", Access: web.Permission(rights.Read), Module: module, Handler: r.portal.Export(in)},
		{Method: post, Path: at + "/bulk", Access: web.Permission(rights.Read), Module: module, Action: models.BulkStarted, Many: []string{"tokens"}, Handler: r.portal.Bulk(in)},
		{Method: get, Path: at + "/bulk/:id", Access: web.Permission(rights.Read), Module: module, Handler: r.portal.BulkProgress(in)},
		{Method: post, Path: at + "/bulk/:id/stop", Access: web.Permission(rights.Read), Module: module, Action: models.BulkEnded, Handler: r.portal.StopBulk(in)},
		{Method: get, Path: at + "/:id/delete", Access: web.Permission(rights.Delete), Module: module, Handler: r.portal.AskDelete(in)},
		{Method: post, Path: at + "/:id/delete", Access: web.Permission(rights.Delete), Module: module, Action: models.TokenDeleted, Handler: r.portal.Delete(in)},
		asked("/:id/edit", r.portal.AskEdit(in)),
		sent("/:id/edit", models.TokenUpdated, r.portal.Edit(in)),
		asked("/:id/rotate", r.portal.AskRotate(in)),
		sent("/:id/rotate", models.TokenRotated, r.portal.Rotate(in)),
		asked("/:id/rotate/end", r.portal.AskEndOldSecret(in)),
		sent("/:id/rotate/end", models.SecretEnded, r.portal.EndOldSecret(in)),
		asked("/:id/rotate/cancel", r.portal.AskCancelRotation(in)),
		sent("/:id/rotate/cancel", models.RotationCancelled, r.portal.CancelRotation(in)),
		asked("/:id/end-jwts", r.portal.AskEndJWTs(in)),
		sent("/:id/end-jwts", models.JWTsEnded, r.portal.EndJWTs(in)),
		asked("/:id/disable", r.portal.AskDisable(in)),
		sent("/:id/disable", models.TokenDisabled, r.portal.Disable(in)),
		sent("/:id/enable", models.TokenEnabled, r.portal.Enable(in)),
	}
}

// apiRoutes are for programs; each judges the credential that it is shown.
func (r rooms) apiRoutes() []web.Route {
	return append(r.gatewayRoutes(), []web.Route{
		{Method: get, Path: "/v1/whoami", Access: web.Open, Format: web.Problem, Handler: r.api.Whoami},
		{Method: post, Path: "/v1/portal-links", Access: web.Vendor, Format: web.Problem, Action: models.PortalLinkCreated, Handler: r.api.CreatePortalLink},
		{Method: get, Path: "/.well-known/jwks.json", Access: web.Open, Format: web.Problem, Handler: r.api.JWKS},
		{Method: get, Path: "/.well-known/oauth-protected-resource/v1", Access: web.Open, Format: web.Problem, Handler: r.api.ResourceMetadata},
	}...)
}

// gatewayRoutes are one question, by whatever method: some gateways ask with that of
// the request which they hold. OPTIONS must be among them: where a path has other
// methods echo answers it 204 by itself, and to a gateway every 2xx means yes.
func (r rooms) gatewayRoutes() []web.Route {
	var routes []web.Route
	for _, method := range []string{get, post, put, patch, remove, http.MethodOptions} {
		routes = append(routes, web.Route{Method: method, Path: "/v1/authorize", Access: web.Open, Format: web.Problem, Handler: r.api.Authorize})
	}
	return routes
}

// oauthRoutes are for OAuth clients and resource servers; each judges the credential
// that it is shown.
func (r rooms) oauthRoutes() []web.Route {
	return []web.Route{
		{Method: post, Path: views.OAuthToken(), Access: web.Open, Format: web.OAuth, Handler: r.oauth.Token},
		{Method: post, Path: views.OAuthIntrospect(), Access: web.Open, Format: web.OAuth, Handler: r.oauth.Introspect},
		{Method: post, Path: views.OAuthRevoke(), Access: web.Open, Format: web.OAuth, Handler: r.oauth.Revoke},
		{Method: get, Path: "/.well-known/oauth-authorization-server", Access: web.Open, Format: web.Problem, Handler: r.oauth.Metadata},
	}
}

// dialect is a route for the vendor's programs and for people's own JWTs, below
// where Frontegg keeps its resources.
func dialect(method, path string, access web.Access, action models.Action, handler echo.HandlerFunc) web.Route {
	return web.Route{Method: method, Path: resources + path, Access: access, Action: action, Handler: handler}
}

// dialectModule is the part of the dialect that belongs to a module of the portal.
type dialectModule web.Module

func (m dialectModule) route(method, path string, access web.Access, action models.Action, handler echo.HandlerFunc) web.Route {
	route := dialect(method, path, access, action, handler)
	route.Module = web.Module(m)
	return route
}

// resources is where most of the dialect lives.
const resources = "/identity/resources/"

// fronteggRoutes are the dialect's, with and without a slash at the end: a
// redirect would turn the clients' POST into a GET.
func (r rooms) fronteggRoutes(prefix string) []web.Route {
	h := r.frontegg
	open := func(path string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: post, Path: path, Access: web.Open, Handler: handler}
	}
	const exchange = resources + "auth/"
	routes := slices.Concat([]web.Route{
		open("/auth/vendor", h.SignInVendor),
		open(exchange+"v1/api-token", h.ExchangeV1),
		open(exchange+"v2/api-token", h.ExchangeV2),
		open(exchange+"v1/api-token/token/refresh", h.RefreshV1),
		open(exchange+"v2/api-token/token/refresh", h.RefreshV2),
	}, r.dialectPersonRoutes(), r.dialectTokenRoutes(), r.dialectRightsRoutes(), r.dialectUserRoutes(), r.dialectPortalRoutes())
	var all []web.Route
	for _, route := range routes {
		route.Path, route.Format = prefix+route.Path, web.Frontegg
		all = append(all, route)
		route.Path += "/"
		all = append(all, route)
	}
	return all
}

// dialectPersonRoutes are for people on pages of the vendor's own.
func (r rooms) dialectPersonRoutes() []web.Route {
	h := r.frontegg
	return []web.Route{
		dialect(post, "auth/v1/user", web.Cookie, "", h.SignInPerson),
		dialect(post, "auth/v1/user/token/refresh", web.Cookie, "", h.RefreshPerson),
		dialect(post, "auth/v1/logout", web.Cookie, "", h.SignOutPerson),
		dialect(get, "users/v2/me", web.PersonsOwn, "", h.Me),
		dialect(get, "users/v3/me", web.PersonsOwn, "", h.MeV3),
		dialect(get, "users/v1/me/authorization", web.PersonsOwn, "", h.MyAuthorization),
		dialect(get, "users/v2/me/tenants", web.PersonsOwn, "", h.MyTenants),
		dialect(get, "users/v1/me/tenants", web.PersonsOwn, "", h.MyTenantsActive),
		dialect(get, "users/v3/me/tenants", web.PersonsOwn, "", h.MyTenantsActive),
		dialect(put, "users/v1/tenant", web.PersonsOwn, models.AccountSwitched, h.SwitchTenant),
	}
}

// dialectTokenRoutes are about tokens, with the permissions of each context. Where
// the portal hides a module people change no token of it here either. Its lists go
// on: Frontegg's portal shows neither list where one of them fails.
func (r rooms) dialectTokenRoutes() []web.Route {
	h := r.frontegg
	read, write, end := web.ProgramWith(models.ReadUserTokens), web.ProgramWith(models.WriteUserTokens), web.ProgramWith(models.DeleteUserTokens)
	readAll, writeAll, endAll := web.ProgramWith(models.ReadTenantTokens), web.ProgramWith(models.WriteTenantTokens), web.ProgramWith(models.DeleteTenantTokens)
	personal, api := dialectModule(web.PersonalTokens), dialectModule(web.APITokens)
	return []web.Route{
		dialect(get, "users/api-tokens/v1", read, "", h.ListUserAPITokens),
		personal.route(post, "users/api-tokens/v1", write, models.TokenCreated, h.CreateUserAPIToken),
		personal.route(remove, "users/api-tokens/v1/:id", end, models.TokenDeleted, h.DeleteUserAPIToken),
		dialect(get, "users/access-tokens/v1", read, "", h.ListUserAccessTokens),
		personal.route(post, "users/access-tokens/v1", write, models.TokenCreated, h.CreateUserAccessToken),
		personal.route(remove, "users/access-tokens/v1/:id", end, models.TokenDeleted, h.DeleteUserAccessToken),
		dialect(get, "tenants/api-tokens/v1", readAll, "", h.ListTenantAPITokens),
		api.route(post, "tenants/api-tokens/v1", writeAll, models.TokenCreated, h.CreateTenantAPIToken),
		api.route(post, "tenants/api-tokens/v2", writeAll, models.TokenCreated, h.CreateTenantAPIToken),
		api.route(patch, "tenants/api-tokens/v1/:id", writeAll, models.TokenUpdated, h.UpdateTenantAPIToken),
		api.route(remove, "tenants/api-tokens/v1/:id", endAll, models.TokenDeleted, h.DeleteTenantAPIToken),
		dialect(get, "tenants/access-tokens/v1", readAll, "", h.ListTenantAccessTokens),
		api.route(post, "tenants/access-tokens/v1", writeAll, models.TokenCreated, h.CreateTenantAccessToken),
		api.route(remove, "tenants/access-tokens/v1/:id", endAll, models.TokenDeleted, h.DeleteTenantAccessToken),
		dialect(get, "vendor-only/users/access-tokens/v1/active", web.Vendor, "", h.ActiveUserAccessTokens),
		dialect(get, "vendor-only/users/access-tokens/v1/:id", web.Vendor, "", h.UserAccessToken),
		dialect(get, "vendor-only/tenants/access-tokens/v1/active", web.Vendor, "", h.ActiveTenantAccessTokens),
		dialect(get, "vendor-only/tenants/access-tokens/v1/:id", web.Vendor, "", h.TenantAccessToken),
	}
}

// dialectRightsRoutes are about what roles and permissions there are: people
// choose from them, the vendor's programs make some.
func (r rooms) dialectRightsRoutes() []web.Route {
	h := r.frontegg
	return []web.Route{
		dialect(get, "roles/v1", web.AnyProgram, "", h.ListRoles),
		dialect(get, "roles/v2", web.AnyProgram, "", h.ListRolePages),
		dialect(post, "roles/v2", web.Vendor, models.RoleCreated, h.CreateRole),
		{Method: get, Path: "/team/resources/roles/v1", Access: web.AnyProgram, Handler: h.ListTeamRoles},
		dialect(get, "permissions/v1", web.AnyProgram, "", h.ListPermissions),
		dialect(get, "permissions/v1/categories", web.AnyProgram, "", h.ListPermissionCategories),
	}
}

// dialectUserRoutes are about people, as far as tokens need them.
func (r rooms) dialectUserRoutes() []web.Route {
	h := r.frontegg
	return []web.Route{
		dialect(get, "users/v1/:id", web.ProgramWith(models.ReadTenantTokens), "", h.User),
		dialect(remove, "users/v1/:id", web.Vendor, models.UserDeleted, h.RemoveUser),
		dialect(get, "users/v3", web.Vendor, "", h.ListUsers),
		dialect(post, "tenants/users/v1/:id/disable", web.Vendor, models.MembershipDisabled, h.DisableUser),
		dialect(post, "tenants/users/v1/:id/enable", web.Vendor, models.MembershipEnabled, h.EnableUser),
	}
}

// dialectPortalRoutes are what Frontegg's own portal asks for before anybody is
// known, and how the vendor sets it.
func (r rooms) dialectPortalRoutes() []web.Route {
	h := r.frontegg
	return []web.Route{
		{Method: get, Path: "/metadata", Access: web.Open, Handler: h.Metadata},
		{Method: post, Path: "/metadata", Access: web.Vendor, Action: models.SettingsUpdated, Handler: h.SaveMetadata},
		dialect(get, "configurations/v1", web.Vendor, "", h.Configuration),
		dialect(post, "configurations/v1", web.Vendor, models.SettingsUpdated, h.SaveConfiguration),
		dialect(get, "configurations/v1/basic", web.AnyProgram, "", h.BasicConfiguration),
		dialect(get, "configurations/v1/public", web.Open, "", h.PublicConfiguration),
		{Method: get, Path: "/flags", Access: web.Open, Handler: h.Flags},
		{Method: get, Path: "/vendors/public", Access: web.Open, Handler: h.PublicVendor},
	}
}

// consoleRoutes are for the vendor's operators; others don't find them.
func (r rooms) consoleRoutes() []web.Route {
	h := r.console
	shown := func(path string, handler echo.HandlerFunc) web.Route {
		return web.Route{Method: get, Path: "/console" + path, Access: web.Operator, Handler: handler}
	}
	sent := func(path string, action models.Action, handler echo.HandlerFunc, many ...string) web.Route {
		return web.Route{Method: post, Path: "/console" + path, Access: web.Operator, Action: action, Many: many, Handler: handler}
	}
	const (
		account = "/accounts/:id"
		user    = "/accounts/:id/users/:userId"
	)
	return []web.Route{
		shown("", h.First),
		shown("/authentication/m2m", h.M2M),
		sent("/authentication/m2m", models.SettingsUpdated, h.SaveM2M),
		shown("/authentication/audiences", h.Audiences),
		sent("/authentication/audiences", models.SettingsUpdated, h.SaveAudiences),
		shown("/authentication/policy", r.policy.Show),
		sent("/authentication/policy", models.SettingsUpdated, r.policy.Save, "lives"),
		shown("/portal", h.Modules),
		sent("/portal", models.SettingsUpdated, h.SaveModules),
		shown("/accounts", h.Accounts),
		sent("/accounts", models.TenantCreated, h.CreateAccount),
		shown("/accounts/new", h.NewAccount),
		shown(account, h.Account),
		sent(account+"/m2m", models.TenantUpdated, h.SaveAccountM2M),
		shown(account+"/disable", h.AskDisableAccount),
		sent(account+"/disable", models.TenantDisabled, h.DisableAccount),
		sent(account+"/enable", models.TenantEnabled, h.EnableAccount),
		sent(account+"/users", models.MembershipCreated, h.CreateUser, "roles"),
		shown(account+"/users/new", h.NewUser),
		shown(user, h.User),
		sent(user, models.MembershipUpdated, h.SaveUser, "roles"),
		sent(user+"/link", models.LinkCreated, h.NewLink),
		shown(user+"/disable", h.AskDisableUser),
		sent(user+"/disable", models.MembershipDisabled, h.DisableUser),
		sent(user+"/enable", models.MembershipEnabled, h.EnableUser),
		shown(user+"/remove", h.AskRemoveUser),
		sent(user+"/remove", models.MembershipRemoved, h.RemoveUser),
		shown(user+"/disable-everywhere", h.AskDisableUserEverywhere),
		sent(user+"/disable-everywhere", models.UserDisabled, h.DisableUserEverywhere),
		sent(user+"/enable-everywhere", models.UserEnabled, h.EnableUserEverywhere),
		shown(user+"/delete", h.AskDeleteUser),
		sent(user+"/delete", models.UserDeleted, h.DeleteUser),
		shown("/roles", h.Roles),
		sent("/roles", models.RoleCreated, h.CreateRole, "permissions"),
		shown("/roles/new", h.NewRole),
		shown("/roles/:id", h.Role),
		sent("/roles/:id", models.RoleUpdated, h.SaveRole, "permissions"),
		shown("/roles/:id/delete", h.AskDeleteRole),
		sent("/roles/:id/delete", models.RoleDeleted, h.DeleteRole),
		shown("/permissions", h.Permissions),
		sent("/permissions", models.PermissionCreated, h.CreatePermission),
		shown("/permissions/new", h.NewPermission),
		shown("/permissions/:id", h.Permission),
		sent("/permissions/:id", models.PermissionUpdated, h.SavePermission),
		shown("/permissions/:id/delete", h.AskDeletePermission),
		sent("/permissions/:id/delete", models.PermissionDeleted, h.DeletePermission),
		shown("/keys", h.VendorKeys),
		sent("/keys", models.VendorKeyCreated, h.CreateVendorKey),
		shown("/keys/new", h.NewVendorKey),
		shown("/keys/signing/:id/rotate", h.AskRotateSigningKey),
		sent("/keys/signing/:id/rotate", models.SigningKeyRotated, h.RotateSigningKey),
		shown("/keys/signing/:id/remove", h.AskRemoveSigningKey),
		sent("/keys/signing/:id/remove", models.SigningKeyRemoved, h.RemoveSigningKey),
		shown("/keys/:id", h.VendorKey),
		shown("/keys/:id/rotate", h.AskRotateVendorKey),
		sent("/keys/:id/rotate", models.VendorKeyRotated, h.RotateVendorKey),
		shown("/keys/:id/rotate/end", h.AskEndOldVendorSecret),
		sent("/keys/:id/rotate/end", models.VendorSecretEnded, h.EndOldVendorSecret),
		shown("/keys/:id/revoke", h.AskRevokeVendorKey),
		sent("/keys/:id/revoke", models.VendorKeyRevoked, h.RevokeVendorKey),
	}
}
