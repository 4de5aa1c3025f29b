package store

import "database/sql"

// dialect is all that the two databases say differently, outside migrations.
type dialect struct {
	name string
	// snapshot is the isolation of a read of several statements; SQLite's
	// transactions are snapshots anyway.
	snapshot sql.IsolationLevel
	// held collects roles (r), each with the keys of its permissions, in JSON.
	held string
	// indexes are the type, name and definition of each index of some tables
	// that keeps nothing unique, and of the triggers that fill an index.
	indexes string
	// fill is what makes up for these triggers.
	fill []string
	// settle is what a load ends with, so that plans are made for what was written.
	settle string
	// plan, unless empty, makes a transaction's statements be planned for the
	// values that they are given.
	plan string
	// unseen, before a parameter, hides its value from the planner: SQLite compiles a
	// statement anew for each value that it saw, once there are statistics.
	unseen string
	// timestamp casts a bare parameter list's column to a time.
	timestamp string
	// life is how long a token lives from its creation to its own end, in
	// seconds, to the millisecond.
	life string
}

// ofRole is where the permissions (p) of a role (r) are.
const ofRole = "FROM role_permissions rp JOIN permissions p ON p.id = rp.permission_id WHERE rp.role_id = r.id"

var (
	sqliteDialect = dialect{
		name: "sqlite",
		held: "json_group_array(json_object('id', r.id, 'key', r.key, 'permissions', json((SELECT json_group_array(p.key) " + ofRole + "))))",
		indexes: "SELECT m.type, m.name, m.sql AS definition FROM sqlite_schema m LEFT JOIN pragma_index_list(m.tbl_name) i ON i.name = m.name " +
			"WHERE m.tbl_name IN ? AND (m.type = 'trigger' OR m.type = 'index' AND NOT i.\"unique\") AND m.sql IS NOT NULL",
		fill: []string{
			`INSERT INTO token_search_lists (list) SELECT DISTINCT list FROM tokens
				WHERE revoked_at IS NULL AND list NOT IN (SELECT list FROM token_search_lists) ORDER BY list`,
			`INSERT INTO token_search_rows (number, token_id)
				SELECT row_number() OVER (PARTITION BY t.list ORDER BY t.id) + coalesce((SELECT max(r.number) FROM token_search_rows r
					WHERE r.number > l.number << 32 AND r.number < (l.number + 1) << 32), l.number << 32), t.id
				FROM tokens t JOIN token_search_lists l ON l.list = t.list
				WHERE t.revoked_at IS NULL AND t.id NOT IN (SELECT token_id FROM token_search_rows)`,
			`INSERT INTO token_search (rowid, search) SELECT r.number, t.search FROM token_search_rows r JOIN tokens t ON t.id = r.token_id
				WHERE r.number NOT IN (SELECT id FROM token_search_docsize) ORDER BY r.number`,
		},
		settle:    "ANALYZE",
		unseen:    "+",
		timestamp: "%s",
		life:      "(julianday(expires_at) - julianday(created_at)) * 86400",
	}
	postgresDialect = dialect{
		name:     "postgres",
		snapshot: sql.LevelRepeatableRead,
		held:     "coalesce(json_agg(json_build_object('id', r.id, 'key', r.key, 'permissions', (SELECT json_agg(p.key) " + ofRole + ")))::text, '[]')",
		indexes: "SELECT 'index' AS type, c.relname AS name, pg_get_indexdef(c.oid) AS definition FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid " +
			"JOIN pg_class t ON t.oid = i.indrelid WHERE t.relname IN ? AND NOT i.indisunique AND t.relnamespace = current_schema()::regnamespace",
		// An index alone answers for pages that a VACUUM has seen.
		settle:    "VACUUM (ANALYZE) tokens, token_secrets, token_roles, token_uses, events",
		plan:      "SET LOCAL plan_cache_mode = force_custom_plan",
		timestamp: "%s::timestamptz",
		life:      "extract(epoch FROM expires_at) - extract(epoch FROM created_at)",
	}
)
