package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// wide are tokens that may be used from anywhere and, to be told apart by the
// caller, some others: of at most 50 networks that hold every address one is at
// least a thirty-second of all, so its length has one digit.
const wide = "addresses = '' OR addresses LIKE '%/_' OR addresses LIKE '%/_ %'"

// TokensBound gives tokens that work now and that a policy might end, in the
// order of their ids: one statement, of at most q.Limit rows, that continues
// along the primary key. It gives too many rather than too few, which are for
// the caller to judge, and of each token only what judging it needs: ids,
// times and addresses.
func (s *Store) TokensBound(ctx context.Context, q models.BoundQuery) ([]models.Token, error) {
	var rows []tokenRow
	err := s.one(ctx, "tokens bound", func(db *gorm.DB) error {
		found := db.Select("id, tenant_id, created_at, expires_at, last_used_at, addresses").
			Where("id > ? AND revoked_at IS NULL AND disabled_at IS NULL AND expires_at > ?", q.After, stamp(q.Now))
		if q.TenantID != "" {
			found = found.Where("tenant_id = ?", q.TenantID)
		}
		// SQLite tells milliseconds only.
		longer := (q.LongerThan - time.Second).Seconds()
		switch {
		case q.FromAnywhere && q.LongerThan > 0:
			found = found.Where("("+wide+" OR "+s.dialect.life+" > ?)", longer)
		case q.FromAnywhere:
			found = found.Where("(" + wide + ")")
		default:
			found = found.Where(s.dialect.life+" > ?", longer)
		}
		return found.Order("id").Limit(q.Limit).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	tokens := make([]models.Token, len(rows))
	for i, r := range rows {
		tokens[i] = r.token()
	}
	return tokens, nil
}

// TokensOf gives the tokens with the ids, with their creators, in no order.
func (s *Store) TokensOf(ctx context.Context, ids []string) ([]models.TokenRow, error) {
	var tokens []models.TokenRow
	err := s.read(ctx, "tokens of", func(tx *gorm.DB) error {
		var rows []tokenRow
		if err := tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
			return err
		}
		var err error
		tokens, err = tokenRows(tx, rows)
		return err
	})
	return tokens, err
}
