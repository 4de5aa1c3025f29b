package portal

import (
	"encoding/csv"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// exported are the columns of a list as a file. Programs read them: they are
// not translated, and new ones come at the end.
var exported = []string{
	"id", "description", "type", "secret", "roles", "status", "created_at", "created_by", "created_by_email",
	"expires_at", "last_used_at", "last_used_from", "allowed_addresses",
}

// Export sends the list that the address asks for, whole, as CSV (RFC 4180). Times
// are RFC 3339 in UTC; one that never comes is empty.
func (p *Portal) Export(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		request, err := listRequest(in, views.ReadListQuery(web.Query(c).Get).With(views.PartAfter, ""))
		if err != nil {
			return p.showListError(c, in, http.StatusBadRequest, view.ErrorBadPage)
		}
		now := p.cfg.Now()
		name := map[models.Context]string{models.API: "api-tokens-", models.Personal: "personal-tokens-"}[in] + now.UTC().Format(time.DateOnly) + ".csv"
		err = web.Stream(c, "text/csv; charset=utf-8; header=present", name, func(w io.Writer) error {
			out := csv.NewWriter(w)
			out.UseCRLF = true
			if err := out.Write(exported); err != nil {
				return err
			}
			return p.cfg.Tokens.Export(c.Request().Context(), web.Caller(c), request, func(rows []models.TokenRow) error {
				for _, row := range rows {
					if err := out.Write(exportedRow(row, now)); err != nil {
						return err
					}
				}
				out.Flush()
				return out.Error()
			})
		})
		if err != nil {
			return p.listError(c, in, err)
		}
		return nil
	}
}

func exportedRow(t models.TokenRow, now time.Time) []string {
	roles := make([]string, len(t.Roles))
	for i, role := range t.Roles {
		roles[i] = role.Key
	}
	addresses := make([]string, len(t.Addresses))
	for i, network := range t.Addresses {
		addresses[i] = network.String()
	}
	row := []string{
		t.ID, t.Description, string(t.Kind), t.Hint(), strings.Join(roles, " "), exportedStatus(t.Token, now),
		exportedTime(t.CreatedAt), t.CreatorName, t.CreatorEmail, "", "", t.LastUsedIP, strings.Join(addresses, " "),
	}
	if !t.Never() {
		row[9] = exportedTime(t.ExpiresAt)
	}
	if t.Used() {
		row[10] = exportedTime(t.LastUsedAt)
	}
	for i, cell := range row {
		row[i] = neutral(cell)
	}
	return row
}

func exportedStatus(t models.Token, now time.Time) string {
	switch {
	case t.Expired(now):
		return "expired"
	case t.Disabled():
		return "disabled"
	default:
		return "active"
	}
}

func exportedTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// neutral keeps a spreadsheet from running a cell as a formula: people choose
// descriptions and names. Some spreadsheets pass over white space before it, and
// take a sign's full width for the sign.
func neutral(cell string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(cell, unicode.IsSpace))
	if strings.ContainsRune("=+-@＝＋－＠", first) || cell != "" && strings.ContainsRune("\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
