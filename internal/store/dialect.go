package store

import "database/sql"

// dialect is all that the two databases say differently, outside migrations.
type dialect struct {
	name string
	// snapshot is the isolation of a read of several statements; SQLite's
	// transactions are snapshots anyway.
	snapshot sql.IsolationLevel
	// pairs and keys collect rows of (r.id, r.key) and distinct p.key in JSON.
	pairs, keys string
	// timestamp casts a bare parameter list's column to a time.
	timestamp string
}

var (
	sqliteDialect = dialect{
		name:      "sqlite",
		pairs:     "json_group_array(json_array(r.id, r.key))",
		keys:      "json_group_array(DISTINCT p.key)",
		timestamp: "%s",
	}
	postgresDialect = dialect{
		name:      "postgres",
		snapshot:  sql.LevelRepeatableRead,
		pairs:     "coalesce(json_agg(json_build_array(r.id, r.key))::text, '[]')",
		keys:      "coalesce(json_agg(DISTINCT p.key)::text, '[]')",
		timestamp: "%s::timestamptz",
	}
)
