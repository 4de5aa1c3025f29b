package views

import (
	"net/url"

	"github.com/latchkey-dev/latchkey/models"
)

// BulkTokens asks before it does something to many tokens, and does it (POST).
func BulkTokens(in models.Context) string { return tokens(in) + "/bulk" }

// Bulk tells how far that has come.
func Bulk(in models.Context, id string) string { return BulkTokens(in) + "/" + url.PathEscape(id) }

// StopBulk ends it (POST).
func StopBulk(in models.Context, id string) string { return Bulk(in, id) + "/stop" }

// ExportTokens is a list as a file.
func ExportTokens(in models.Context, q ListQuery) string {
	return q.With(PartAfter, "").on(tokens(in) + "/export.csv")
}
