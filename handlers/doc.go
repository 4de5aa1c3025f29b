// Package handlers joins the rooms of its subfolders into one server and holds
// the table of all routes, each with who may call it.
//
// A handler translates: it parses, calls one verb of internal/, and shows the
// outcome. It has no rule of its own.
package handlers
