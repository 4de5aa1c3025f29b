package oauth

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// Tokens makes, judges and ends tokens.
type Tokens interface {
	Authenticate(ctx context.Context, client tokens.Client) (models.Caller, tokens.Verdict, error)
	Grant(ctx context.Context, r tokens.GrantRequest) (tokens.Granted, tokens.Verdict, error)
	Introspect(ctx context.Context, caller models.Caller, r tokens.IntrospectRequest) (tokens.Introspected, error)
	Revoke(ctx context.Context, caller models.Caller, token models.Secret) error
}

// Config is what the handlers stand on; all of it is required.
type Config struct {
	Tokens Tokens
	// Vendor tells whose a vendor key is that was shown with the environment's client
	// id; models.ErrUnauthenticated for none.
	Vendor func(ctx context.Context, shown web.Shown) (models.Caller, error)
	// PublicURL is the issuer, without a slash at its end.
	PublicURL string
}

// OAuth holds the handlers. It is safe for concurrent use.
type OAuth struct {
	tokens    Tokens
	vendor    func(ctx context.Context, shown web.Shown) (models.Caller, error)
	publicURL string
}

// New checks the config.
func New(cfg Config) (*OAuth, error) {
	if cfg.Tokens == nil || cfg.Vendor == nil || cfg.PublicURL == "" {
		return nil, errors.New("oauth: Tokens, Vendor and PublicURL are required")
	}
	return &OAuth{tokens: cfg.Tokens, vendor: cfg.Vendor, publicURL: cfg.PublicURL}, nil
}

// noStore is what every answer with a token, or about one, says (RFC 6749, section
// 5.1); Cache-Control comes with web.JSON.
func noStore(c echo.Context) { c.Response().Header().Set("Pragma", "no-cache") }

func refuse(code, detail string) error { return web.Refuse(http.StatusBadRequest, code, detail) }
