package store

import (
	"bytes"
	"database/sql"
	"fmt"
)

// column reads a driver's value into the field that it points to. NULL leaves the
// field as it is: all columns of a row that a join did not find are NULL.
type column struct{ field any }

// Scan implements sql.Scanner.
func (c *column) Scan(src any) error {
	if src == nil {
		return nil
	}
	switch field := c.field.(type) {
	case sql.Scanner:
		return field.Scan(src)
	case **stamp:
		*field = new(stamp)
		return (*field).Scan(src)
	case **string:
		*field = new(string)
		return into(*field, src)
	case *string:
		return into(field, src)
	case *int64:
		return into(field, src)
	case *int:
		var n int64
		err := into(&n, src)
		*field = int(n)
		return err
	case *bool:
		if n, ok := src.(int64); ok { // SQLite has no other
			*field = n != 0
			return nil
		}
		return into(field, src)
	case *[]byte:
		var shared []byte // with the driver, until the next row
		err := into(&shared, src)
		*field = bytes.Clone(shared)
		return err
	default:
		return fmt.Errorf("read a column into %T", c.field)
	}
}

func into[T any](field *T, src any) error {
	value, ok := src.(T)
	if !ok {
		return fmt.Errorf("read a column from %T, want %T", src, value)
	}
	*field = value
	return nil
}
