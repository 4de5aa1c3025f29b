package frontegg

import (
	"context"
	"errors"

	"github.com/latchkey-dev/latchkey/internal/tokens"
)

// Tokens exchanges client credentials for JWTs.
type Tokens interface {
	Exchange(ctx context.Context, r tokens.ExchangeRequest) (tokens.Exchanged, tokens.Verdict, error)
}

// Config is what the handlers stand on.
type Config struct {
	// Tokens is required.
	Tokens Tokens
}

// Frontegg holds the handlers. It is safe for concurrent use.
type Frontegg struct{ tokens Tokens }

// New checks the config.
func New(cfg Config) (*Frontegg, error) {
	if cfg.Tokens == nil {
		return nil, errors.New("frontegg: Tokens is required")
	}
	return &Frontegg{tokens: cfg.Tokens}, nil
}
