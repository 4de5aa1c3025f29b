package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// Users gives one page of people who are not deleted, by id. Operators who are of
// no account are the Console's alone, and left out.
func (s *Store) Users(ctx context.Context, q models.UserQuery) (models.UserPage, error) {
	var page models.UserPage
	if !storable(q.Email) {
		return page, nil
	}
	err := s.read(ctx, "users", func(tx *gorm.DB) error {
		found := tx.Model(&userRow{}).Where("deleted_at IS NULL").
			Where("NOT operator OR EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = users.id)")
		if q.IDs != nil {
			found = found.Where("id IN ?", q.IDs)
		}
		if q.Email != "" {
			found = found.Where("email_folded = ?", fold(q.Email))
		}
		if q.TenantID != "" {
			found = found.Where("id IN (SELECT user_id FROM memberships WHERE tenant_id = ?)", q.TenantID)
		}
		found = found.Session(&gorm.Session{})
		var total int64
		if err := found.Count(&total).Error; err != nil {
			return err
		}
		page.Total = int(total)
		var rows []userRow
		if err := found.Order("id").Offset(q.Offset).Limit(max(q.Limit, 1)).Find(&rows).Error; err != nil {
			return err
		}
		var err error
		page.Rows, err = withMemberships(tx, rows)
		return err
	})
	return page, err
}

func withMemberships(tx *gorm.DB, rows []userRow) ([]models.UserRow, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var memberships []membershipRow
	if err := tx.Where("user_id IN ?", ids).Order("user_id, tenant_id").Find(&memberships).Error; err != nil {
		return nil, err
	}
	of := map[string][]models.Membership{}
	for _, m := range memberships {
		of[m.UserID] = append(of[m.UserID], m.membership(nil))
	}
	people := make([]models.UserRow, len(rows))
	for i, r := range rows {
		people[i] = models.UserRow{User: r.user(), Memberships: of[r.ID]}
	}
	return people, nil
}
