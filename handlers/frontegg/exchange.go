package frontegg

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// exchangeBody is what clients post; some spell the first field client_id.
type exchangeBody struct {
	ClientID      string `json:"clientId"`
	ClientIDSnake string `json:"client_id"`
	Secret        string `json:"secret"`
}

// exchangedV1 is the older answer. Expires is an HTTP date, which deployed
// clients parse strictly.
type exchangedV1 struct {
	AccessToken  string `json:"accessToken"`
	RefreshToken string `json:"refreshToken"`
	ExpiresIn    int64  `json:"expiresIn"`
	Expires      string `json:"expires"`
}

func newExchangedV1(e tokens.Exchanged) exchangedV1 {
	return exchangedV1{e.AccessToken.Reveal(), e.RefreshToken.Reveal(), seconds(e.ExpiresIn), httpDate(e.ExpiresAt)}
}

type exchangedV2 struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int64  `json:"expires_in"`
	Expires      string `json:"expires"`
}

func newExchangedV2(e tokens.Exchanged) exchangedV2 {
	return exchangedV2{e.AccessToken.Reveal(), e.RefreshToken.Reveal(), seconds(e.ExpiresIn), httpDate(e.ExpiresAt)}
}

// ExchangeV1 answers POST auth/v1/api-token.
func (f *Frontegg) ExchangeV1(c echo.Context) error {
	e, err := f.exchange(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, newExchangedV1(e))
}

// ExchangeV2 answers POST auth/v2/api-token: the same in snake case.
func (f *Frontegg) ExchangeV2(c echo.Context) error {
	e, err := f.exchange(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, newExchangedV2(e))
}

func (f *Frontegg) exchange(c echo.Context) (tokens.Exchanged, error) {
	var body exchangeBody
	if err := web.DecodeJSON(c, &body); err != nil {
		return tokens.Exchanged{}, err
	}
	if body.ClientID == "" {
		body.ClientID = body.ClientIDSnake
	}
	if body.ClientID == "" || body.Secret == "" {
		return tokens.Exchanged{}, web.Refuse(http.StatusBadRequest, "required", "clientId and secret must be strings and not empty")
	}
	exchanged, verdict, err := f.cfg.Tokens.Exchange(c.Request().Context(), tokens.ExchangeRequest{
		ClientID: body.ClientID, Secret: models.NewSecret(body.Secret),
		IP: web.IP(c), UserAgent: web.UserAgent(c),
	})
	if err != nil {
		return tokens.Exchanged{}, web.CouldNotTell(err)
	}
	if !verdict.Allowed {
		// One sentence for every reason, so that nobody learns which ids exist.
		return tokens.Exchanged{}, web.Refuse(http.StatusUnauthorized, "unauthenticated", "Invalid client credentials")
	}
	return exchanged, nil
}

// refreshBody is what clients post in both versions.
type refreshBody struct {
	RefreshToken string `json:"refreshToken"`
}

// RefreshV1 answers POST auth/v1/api-token/token/refresh.
func (f *Frontegg) RefreshV1(c echo.Context) error {
	e, err := f.refresh(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, newExchangedV1(e))
}

// RefreshV2 answers POST auth/v2/api-token/token/refresh. The token may come
// from either version.
func (f *Frontegg) RefreshV2(c echo.Context) error {
	e, err := f.refresh(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, newExchangedV2(e))
}

func (f *Frontegg) refresh(c echo.Context) (tokens.Exchanged, error) {
	var body refreshBody
	if err := web.DecodeJSON(c, &body); err != nil {
		return tokens.Exchanged{}, err
	}
	if body.RefreshToken == "" {
		return tokens.Exchanged{}, web.Refuse(http.StatusBadRequest, "required", "refreshToken must be a string and not empty")
	}
	exchanged, verdict, err := f.cfg.Tokens.Refresh(c.Request().Context(), tokens.RefreshRequest{
		Token: models.NewSecret(body.RefreshToken), IP: web.IP(c), UserAgent: web.UserAgent(c), RequestID: web.RequestID(c),
	})
	if err != nil {
		return tokens.Exchanged{}, web.CouldNotTell(err)
	}
	if !verdict.Allowed {
		return tokens.Exchanged{}, web.Refuse(http.StatusUnauthorized, "unauthenticated", "Invalid refresh token")
	}
	return exchanged, nil
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// httpDate is RFC 1123 with "GMT", never another zone.
func httpDate(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
