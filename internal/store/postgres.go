package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	gormpostgres "gorm.io/driver/postgres"
)

const (
	// mostPostgresConnections keeps several replicas well under the server's
	// usual limit of 100.
	mostPostgresConnections = 16
	// idlePostgresConnection is how long one is kept unused. As many are kept as are
	// opened: a new one has to be forked, and to compile all statements anew.
	idlePostgresConnection = 5 * time.Minute
)

func (s *Store) openPostgres(ctx context.Context) error {
	s.dialect = postgresDialect
	// ParseConfig's errors leave the password out.
	config, err := pgx.ParseConfig(s.url)
	if err != nil {
		return err
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "latchkey"
	}
	config.RuntimeParams["timezone"] = "UTC"
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(mostPostgresConnections)
	pool.SetMaxIdleConns(mostPostgresConnections)
	pool.SetConnMaxIdleTime(idlePostgresConnection)
	s.writer, err = s.add(ctx, pool, gormpostgres.New(gormpostgres.Config{Conn: pool}))
	s.reader, s.direct = s.writer, pooled{pool}
	return err
}
