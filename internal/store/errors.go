package store

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// PostgreSQL's codes for what the caller may well try again: deadlock,
// serialization failure, lock not available, too many connections.
var busyCodes = map[string]bool{"40P01": true, "40001": true, "55P03": true, "53300": true}

// noSuchTextCodes are PostgreSQL's codes for text that no column can hold (NUL,
// invalid UTF-8): an id like that is an unknown id.
var noSuchTextCodes = map[string]bool{"22021": true, "22P05": true}

// sqliteBusy is SQLITE_BUSY, in the low byte of every extended code of it.
const sqliteBusy = 5

// translate names the operation and replaces what GORM and the drivers say by
// the kinds that callers know. A broken foreign key is ErrNotFound: what the
// new row refers to does not exist.
func translate(op string, err error) error {
	if err == nil {
		return nil
	}
	for _, kind := range []error{models.ErrNotFound, models.ErrConflict, models.ErrBusy} {
		if errors.Is(err, kind) {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("%s: %w", op, kind)
	}
	return fmt.Errorf("%s: %w", op, err)
}

func kindOf(err error) error {
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, gorm.ErrForeignKeyViolated):
		return models.ErrNotFound
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return models.ErrConflict
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case busyCodes[pg.Code]:
			return models.ErrBusy
		case noSuchTextCodes[pg.Code]:
			return models.ErrNotFound
		}
	}
	if isSQLiteBusy(err) {
		return models.ErrBusy
	}
	return nil
}

// changed is ErrNotFound for a statement that ran and touched no row.
func changed(result *gorm.DB) error {
	if result.Error != nil {
		return result.Error
	}
	if result.RowsAffected == 0 {
		return models.ErrNotFound
	}
	return nil
}
