package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
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

// Config is what the handlers stand on. Both are required.
type Config struct {
	Tokens Tokens
	Keys   Keys
}

// API holds the handlers. It is safe for concurrent use.
type API struct {
	tokens Tokens
	keys   Keys
}

// New checks the config.
func New(cfg Config) (*API, error) {
	if cfg.Tokens == nil || cfg.Keys == nil {
		return nil, errors.New("api: Tokens and Keys are required")
	}
	return &API{tokens: cfg.Tokens, keys: cfg.Keys}, nil
}

// jwksTTL is how long anybody may keep the key set. A key that replaces another
// signs at once, and whoever kept the set from before doesn't know it until then.
const jwksTTL = time.Minute

// JWKS answers with the public keys that verify JWTs, the signing one first
// (RFC 7517).
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
	web.Cache(c, jwksTTL)
	return web.JSON(c, http.StatusOK, set)
}
