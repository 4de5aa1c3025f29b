package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/latchkey-dev/latchkey/models"
)

type attemptsRow struct {
	Key         string `gorm:"column:key;primaryKey"`
	Failures    int    `gorm:"column:failures"`
	WindowStart stamp  `gorm:"column:window_start"`
	LastFailure stamp  `gorm:"column:last_failure"`
}

func (attemptsRow) TableName() string { return "attempts" }

func (r attemptsRow) attempts() models.Attempts {
	return models.Attempts{
		Key: r.Key, Failures: r.Failures, WindowStart: r.WindowStart.time(), LastFailure: r.LastFailure.time(),
	}
}

// ReserveAttempt counts a failure under key before it is one, so that guesses
// made at once can't slip through together; ReleaseAttempt takes it back. Up to
// limit failures in a window pass. From there on a try passes when the pause of
// models.Attempts has gone by since the last one; false means that it does not,
// and was not counted. When the window is over the count starts again. The
// answer has the count as it then is.
func (s *Store) ReserveAttempt(ctx context.Context, key string, now time.Time, window time.Duration, limit int,
) (models.Attempts, bool, error) {
	var row attemptsRow
	var passed bool
	err := s.note(ctx, "reserve attempt", func(tx *gorm.DB) error {
		// The row has to be there before it can be locked.
		fresh := attemptsRow{Key: key, WindowStart: stamp(now), LastFailure: stamp(now)}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error; err != nil {
			return err
		}
		if err := lockRow(tx, "UPDATE").Where("key = ?", key).Take(&row).Error; err != nil {
			return err
		}
		if row, passed = reserve(row, now, window, limit); !passed {
			return nil
		}
		return tx.Model(&attemptsRow{}).Where("key = ?", key).Updates(map[string]any{
			"failures": row.Failures, "window_start": row.WindowStart, "last_failure": row.LastFailure,
		}).Error
	})
	return row.attempts(), passed, err
}

// reserve counts one more failure, unless it comes too early.
func reserve(row attemptsRow, now time.Time, window time.Duration, limit int) (attemptsRow, bool) {
	if !now.Before(row.WindowStart.time().Add(window)) {
		row.Failures, row.WindowStart = 0, stamp(now)
	}
	if pause := row.attempts().Pause(limit); pause > 0 && now.Before(row.LastFailure.time().Add(pause)) {
		return row, false
	}
	row.Failures++
	row.LastFailure = stamp(now)
	return row, true
}

// ReleaseAttempt takes a reserved failure back: the password was right. clear
// forgets the key's other failures too. It is no error when there are none.
func (s *Store) ReleaseAttempt(ctx context.Context, key string, clear bool) error {
	return s.note(ctx, "release attempt", func(tx *gorm.DB) error {
		if clear {
			return tx.Where("key = ?", key).Delete(&attemptsRow{}).Error
		}
		return tx.Model(&attemptsRow{}).Where("key = ? AND failures > 0", key).
			Update("failures", gorm.Expr("failures - 1")).Error
	})
}
