package frontegg

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// longestLife is in minutes: ten years of 365 days.
const longestLife = 5_256_000

// newToken is what clients post. Absent and null are alike: no description, no
// end, no roles.
type newToken struct {
	Description      string   `json:"description"`
	ExpiresInMinutes *float64 `json:"expiresInMinutes"`
}

// roleChoice are the roles of a token of the account's. A token with permissions
// of its own, but no role, is what Latchkey does not have.
type roleChoice struct {
	RoleIDs       []string `json:"roleIds"`
	PermissionIDs []string `json:"permissionIds"`
}

func (r roleChoice) check() error {
	if len(r.PermissionIDs) > 0 && len(r.RoleIDs) == 0 {
		return web.Refuse(http.StatusBadRequest, "invalid", "permissionIds are not supported; use roleIds")
	}
	return nil
}

// extra is a token's metadata: a JSON object, or null for none.
type extra struct {
	Metadata json.RawMessage `json:"metadata"`
}

func (e extra) text() string {
	if string(e.Metadata) == "null" {
		return ""
	}
	return string(e.Metadata)
}

// life is how long the token is to live, 0 for ever.
func (n newToken) life() (time.Duration, error) {
	if n.ExpiresInMinutes == nil {
		return 0, nil
	}
	minutes := *n.ExpiresInMinutes
	if minutes < 1 || minutes > longestLife {
		return 0, must("expiresInMinutes", "be a number from 1 to 5256000, or null")
	}
	return time.Duration(minutes * float64(time.Minute)).Truncate(time.Second), nil
}

// mint makes a token as the client described it.
func (f *Frontegg) mint(c echo.Context, n newToken, r tokens.MintRequest) (tokens.Minted, error) {
	caller, err := f.actor(c, r.Context)
	if err != nil {
		return tokens.Minted{}, err
	}
	if r.ExpiresIn, err = n.life(); err != nil {
		return tokens.Minted{}, err
	}
	r.Description = n.Description
	minted, err := f.cfg.Tokens.Mint(c.Request().Context(), caller, r)
	if errors.Is(err, tokens.ErrOtherKind) {
		return tokens.Minted{}, otherKinds[r.Kind]
	}
	return minted, named(err)
}

// otherKinds say to people, in the dialog in which they asked for a kind, that the
// other one is in force.
var otherKinds = map[models.Kind]error{
	models.AccessToken:       web.Refuse(http.StatusForbidden, "other_kind", "Access tokens can't be generated in this account: it uses client credentials."),
	models.ClientCredentials: web.Refuse(http.StatusForbidden, "other_kind", "Client credentials can't be generated in this account: it uses access tokens."),
}

// listTokens sends all tokens of a context and kind, the newest first.
func (f *Frontegg) listTokens(c echo.Context, in models.Context, kind models.Kind, before, behind string, show func(models.TokenRow) any) error {
	caller, err := f.actor(c, in)
	if err != nil {
		return err
	}
	request := tokens.ListRequest{Context: in, TokenFilter: models.TokenFilter{Kind: kind}}
	return list(c, before, behind, func(add func(any) error) error {
		return f.cfg.Tokens.Each(c.Request().Context(), caller, request, func(rows []models.TokenRow) error {
			for _, row := range rows {
				if err := add(show(row)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// deleteToken ends the token that the address names.
func (f *Frontegg) deleteToken(c echo.Context, in models.Context, kind models.Kind) error {
	caller, err := f.actor(c, in)
	if err != nil {
		return err
	}
	if _, err := f.cfg.Tokens.DeleteOfKind(c.Request().Context(), caller, in, kind, c.Param("id")); err != nil {
		return err
	}
	return done(c)
}

// optional is a text, or null where there is none.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// some are ids, and never null.
func some(ids []string) []string {
	if ids == nil {
		return []string{}
	}
	return ids
}

func created(c echo.Context, v any) error { return web.JSON(c, http.StatusCreated, v) }
