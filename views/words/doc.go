// Package words is the catalogue: every text that a person reads comes from here.
//
// English is in en/*.json, one file per area, one key per line, keys dotted by page
// ("tokens.list.title") and sorted within their section. A message may name
// arguments ({{.Name}}), have plural forms ({"one": …, "other": …}), and, for Rich,
// **bold** parts and [links]({{.Href}}). A test compares the catalogue with the keys
// in the sources, both ways.
//
// Dates, times and numbers are formatted here too, because their shape is a matter
// of language. All times are UTC. The package knows no page and no noun of the app.
package words
