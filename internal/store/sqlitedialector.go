package store

import (
	"errors"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
	"modernc.org/sqlite"
	sqlitecodes "modernc.org/sqlite/lib"
)

// sqliteDialector tells GORM how SQLite spells what the store asks for. It makes
// no tables: migrations do. The usual one stands on a driver that compiles a
// statement anew each time it runs, prepared or not, which was up to 40 % of a
// verification.
type sqliteDialector struct{ pool gorm.ConnPool }

func (sqliteDialector) Name() string { return sqliteDialect.name }

func (d sqliteDialector) Initialize(db *gorm.DB) error {
	db.ConnPool = d.pool
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses:        []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses:        []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses:        []string{"DELETE", "FROM", "WHERE", "RETURNING"},
		LastInsertIDReversed: true,
	})
	db.ClauseBuilders["LIMIT"] = writeSQLiteLimit
	// Rows can't be locked: a writing transaction has the whole file.
	db.ClauseBuilders["FOR"] = func(clause.Clause, clause.Builder) {}
	return nil
}

// writeSQLiteLimit writes a LIMIT before each OFFSET, which has none alone.
func writeSQLiteLimit(c clause.Clause, builder clause.Builder) {
	limit, ok := c.Expression.(clause.Limit)
	if !ok {
		return
	}
	most := -1 // all
	if limit.Limit != nil {
		most = *limit.Limit
	}
	builder.WriteString("LIMIT " + strconv.Itoa(most))
	if limit.Offset > 0 {
		builder.WriteString(" OFFSET " + strconv.Itoa(limit.Offset))
	}
}

func (sqliteDialector) BindVarTo(writer clause.Writer, _ *gorm.Statement, _ any) {
	writer.WriteByte('?')
}

// QuoteTo quotes each part of a name such as tokens.id.
func (sqliteDialector) QuoteTo(writer clause.Writer, name string) {
	for i, part := range strings.Split(name, ".") {
		if i > 0 {
			writer.WriteByte('.')
		}
		writer.WriteString("`" + strings.ReplaceAll(part, "`", "``") + "`")
	}
}

func (sqliteDialector) Explain(sql string, vars ...any) string {
	return logger.ExplainSQL(sql, nil, `"`, vars...)
}

func (sqliteDialector) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

func (sqliteDialector) DataTypeOf(field *schema.Field) string { return string(field.DataType) }

// Migrator is nil: see Migrate.
func (sqliteDialector) Migrator(*gorm.DB) gorm.Migrator { return nil }

// Translate implements gorm.ErrorTranslator.
func (sqliteDialector) Translate(err error) error {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return err
	}
	switch lite.Code() {
	case sqlitecodes.SQLITE_CONSTRAINT_UNIQUE, sqlitecodes.SQLITE_CONSTRAINT_PRIMARYKEY:
		return gorm.ErrDuplicatedKey
	case sqlitecodes.SQLITE_CONSTRAINT_FOREIGNKEY:
		return gorm.ErrForeignKeyViolated
	}
	return err
}
