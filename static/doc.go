// Package static holds what browsers fetch beside the pages: one style sheet, one
// script, one font and the icon, embedded into the binary.
//
// Each file is served under a name that carries a hash of its content, so that an
// answer may be kept for ever and a new version is a new address. The style sheet
// names the font by its hashed address too.
//
// css/app.css and js/app.js are made by scripts/generate and committed. The package
// knows nothing of pages, sessions or routes.
package static
