package frontegg

import (
	"context"
	"errors"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/internal/vendors"
)

// Tokens exchanges client credentials for JWTs.
type Tokens interface {
	Exchange(ctx context.Context, r tokens.ExchangeRequest) (tokens.Exchanged, tokens.Verdict, error)
	Refresh(ctx context.Context, r tokens.RefreshRequest) (tokens.Exchanged, tokens.Verdict, error)
}

// Vendors knows the vendor's own programs.
type Vendors interface {
	SignIn(ctx context.Context, r vendors.Request) (vendors.SignedIn, error)
}

// Limits slows whoever shows wrong secrets.
type Limits interface {
	CountWrong(ctx context.Context, what, ip string) error
}

// Config is what the handlers stand on; all of it is required.
type Config struct {
	Tokens  Tokens
	Vendors Vendors
	Limits  Limits
}

// Frontegg holds the handlers. It is safe for concurrent use.
type Frontegg struct{ cfg Config }

// New checks the config.
func New(cfg Config) (*Frontegg, error) {
	if cfg.Tokens == nil || cfg.Vendors == nil || cfg.Limits == nil {
		return nil, errors.New("frontegg: Tokens, Vendors and Limits are required")
	}
	return &Frontegg{cfg: cfg}, nil
}
