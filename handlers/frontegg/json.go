package frontegg

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// isoDate is ISO 8601 in UTC with milliseconds.
func isoDate(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// isoEnd is isoDate, and absent for what never ends.
func isoEnd(t time.Time) string {
	if !t.Before(models.NeverExpires) {
		return ""
	}
	return isoDate(t)
}

// list is a JSON array that is sent as its items come, so that none is ever held
// whole. before and behind are what it stands in.
func list(c echo.Context, before, behind string, items func(add func(item any) error) error) error {
	return web.StreamJSON(c, func(w io.Writer) error {
		if _, err := io.WriteString(w, before+"["); err != nil {
			return err
		}
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		first := true
		err := items(func(item any) error {
			if !first {
				if _, err := io.WriteString(w, ","); err != nil {
					return err
				}
			}
			first = false
			return encoder.Encode(item)
		})
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, "]"+behind)
		return err
	})
}

// done answers what has nothing to tell.
func done(c echo.Context) error { return c.NoContent(http.StatusOK) }

// fields are what the dialect calls the fields of our verbs.
var fields = map[string]string{
	"roles": "roleIds", "expires": "expiresInMinutes", "permissions": "permissionIds",
	"kind": "machineToMachineAuthStrategy", "format": "accessTokenFormat", "sameSite": "cookieSameSite",
	"tokenTTL": "defaultTokenExpiration", "refreshTTL": "defaultRefreshTokenExpiration",
}

// named is an error with its fields called as the caller called them.
func named(err error) error {
	invalid, ok := errors.AsType[*models.InvalidError](err)
	if !ok {
		return err
	}
	told := &models.InvalidError{}
	for _, p := range invalid.Problems {
		if name, ok := fields[p.Field]; ok {
			p.Field = name
		}
		told.Problems = append(told.Problems, p)
	}
	return told
}

// must refuses a field in Frontegg's manner: "x must be a string".
func must(field, be string) error {
	return web.Refuse(http.StatusBadRequest, "invalid", field+" must "+be)
}
