// Package web is the plumbing between HTTP and the handlers. It knows no page
// and no rule of the business.
//
// It owns the order in which a request is looked at, the table of errors, the
// cookies, and the ways in which an answer is sent:
//
//	request id → access log → security headers → errors → recover
//	  └ one route of the table:
//	      length of the body → session → cross-origin check → who may call
//	        → form and its token → handler
//	  └ any error on the way → errors.go → the format of the route
//
// Handlers are given to it as a table of [Route]s, each with who may call it;
// that is judged before a form is parsed or an id looked up. Inside a handler
// [Caller], [Identity], [Form], [Query] and [CSRF] tell about the request, and
// [Render], [RenderSecret], [Redirect] and [JSON] answer it. Errors are
// returned, never written.
package web
