package ops

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/web"
)

// Pinger tells whether the database answers and has the schema that this
// version needs, or a newer one.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Config is what the handlers stand on.
type Config struct {
	// Store is asked by Readyz. Required.
	Store Pinger
	// Timeout bounds the answer of Readyz; 2 s when zero.
	Timeout time.Duration
}

// Ops holds the handlers. It is safe for concurrent use.
type Ops struct{ cfg Config }

// New checks the config.
func New(cfg Config) (*Ops, error) {
	if cfg.Store == nil {
		return nil, errors.New("ops: Store is required")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 2 * time.Second
	}
	return &Ops{cfg}, nil
}

type status struct {
	Status string `json:"status"`
}

// Healthz answers 200 as long as the process answers at all. It asks nobody:
// a restart does not mend a database.
func (o *Ops) Healthz(c echo.Context) error {
	return web.JSON(c, http.StatusOK, status{"ok"})
}

// Readyz answers 200 when requests can be served, 503 while the database
// does not answer or has an older schema.
func (o *Ops) Readyz(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), o.cfg.Timeout)
	defer cancel()
	if err := o.cfg.Store.Ping(ctx); err != nil {
		return web.CouldNotTell(err)
	}
	return web.JSON(c, http.StatusOK, status{"ready"})
}
