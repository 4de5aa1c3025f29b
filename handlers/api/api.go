package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// Tokens judges credentials.
type Tokens interface {
	VerifyKey(ctx context.Context, r tokens.VerifyRequest) (tokens.Verdict, error)
	VerifyJWT(ctx context.Context, r tokens.VerifyRequest) (tokens.Verdict, error)
}

// Keys has the public halves of the keys that sign JWTs.
type Keys interface {
	JWKS(ctx context.Context) (jose.JSONWebKeySet, error)
}

// Accounts knows whom the vendor's programs may hand over.
type Accounts interface {
	Admit(ctx context.Context, caller models.Caller, g accounts.Guest) (models.Member, error)
}

// SignIn makes portal links.
type SignIn interface {
	NewPortalLink(ctx context.Context, caller models.Caller, m models.Member, page string) (models.Secret, time.Time, error)
}

// Config is what the handlers stand on; all of it is required.
type Config struct {
	Tokens   Tokens
	Keys     Keys
	Accounts Accounts
	SignIn   SignIn
	// PublicURL is the address that people use, without a slash at its end.
	PublicURL string
}

// API holds the handlers. It is safe for concurrent use.
type API struct {
	tokens    Tokens
	keys      Keys
	accounts  Accounts
	signIn    SignIn
	publicURL string
	// unknown is the challenge for whoever shows no credential.
	unknown string
}

// New checks the config.
func New(cfg Config) (*API, error) {
	if cfg.Tokens == nil || cfg.Keys == nil || cfg.Accounts == nil || cfg.SignIn == nil || cfg.PublicURL == "" {
		return nil, errors.New("api: Tokens, Keys, Accounts, SignIn and PublicURL are required")
	}
	return &API{
		tokens: cfg.Tokens, keys: cfg.Keys, accounts: cfg.Accounts, signIn: cfg.SignIn, publicURL: cfg.PublicURL,
		unknown: `Bearer resource_metadata="` + cfg.PublicURL + resourceMetadataPath + `"`,
	}, nil
}

// JWKS answers with the public keys that verify JWTs, the signing ones first
// (RFC 7517). Whoever keeps it for as long as they may knows every key that signs.
func (a *API) JWKS(c echo.Context) error {
	set, err := a.keys.JWKS(c.Request().Context())
	if err != nil {
		return fmt.Errorf("read key set: %w", err)
	}
	for _, key := range set.Keys {
		// A JWK marshals its private half, too. One that got here is a fault.
		if !key.IsPublic() {
			return errors.New("the key set holds a private key")
		}
	}
	web.Cache(c, signing.PublishedFor)
	return web.JSON(c, http.StatusOK, set)
}
