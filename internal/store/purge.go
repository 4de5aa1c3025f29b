package store

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// purgedAtOnce is how many rows one transaction purges: others who write need not
// wait long.
const purgedAtOnce = 1000

// purgeEnded removes the rows of a table that have ended by themselves, some at a
// time, and gives their number. key is the table's primary key.
func (s *Store) purgeEnded(ctx context.Context, op string, table any, key string, now time.Time) (int, error) {
	for total := 0; ; {
		var purged int
		err := s.note(ctx, op, func(tx *gorm.DB) error {
			some := tx.Model(table).Select(key).Where("expires_at <= ?", stamp(now)).Order("expires_at").Limit(purgedAtOnce)
			result := tx.Where(key+" IN (?)", some).Delete(table)
			purged = int(result.RowsAffected)
			return result.Error
		})
		total += purged
		if err != nil || purged < purgedAtOnce {
			return total, err
		}
	}
}
