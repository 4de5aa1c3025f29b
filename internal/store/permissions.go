package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type permissionRow struct {
	ID          string `gorm:"column:id;primaryKey"`
	Key         string `gorm:"column:key"`
	Name        string `gorm:"column:name"`
	Description string `gorm:"column:description"`
	Created     stamp  `gorm:"column:created_at"`
	Updated     stamp  `gorm:"column:updated_at"`
}

func (permissionRow) TableName() string { return "permissions" }

func newPermissionRow(p models.Permission) *permissionRow {
	return &permissionRow{
		ID: p.ID, Key: p.Key, Name: p.Name, Description: p.Description,
		Created: stamp(p.CreatedAt), Updated: stamp(p.UpdatedAt),
	}
}

func (r permissionRow) permission() models.Permission {
	return models.Permission{
		ID: r.ID, Key: r.Key, Name: r.Name, Description: r.Description,
		CreatedAt: r.Created.time(), UpdatedAt: r.Updated.time(),
	}
}

// Permissions gives all of them, by key.
func (s *Store) Permissions(ctx context.Context) ([]models.Permission, error) {
	var rows []permissionRow
	err := s.one(ctx, "permissions", func(db *gorm.DB) error { return db.Order("key").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	permissions := make([]models.Permission, len(rows))
	for i, r := range rows {
		permissions[i] = r.permission()
	}
	return permissions, nil
}

// Permission gives one by its id.
func (s *Store) Permission(ctx context.Context, id string) (models.Permission, error) {
	var row permissionRow
	err := s.one(ctx, "permission", func(db *gorm.DB) error { return db.Where("id = ?", id).Take(&row).Error })
	return row.permission(), err
}

// CreatePermission adds one; models.ErrConflict when its key is taken.
func (s *Store) CreatePermission(ctx context.Context, p models.Permission, event models.Event) error {
	return s.write(ctx, "create permission", []models.Event{event}, func(tx *gorm.DB) error {
		return tx.Create(newPermissionRow(p)).Error
	})
}

// UpdatePermission changes key, name and description of the one with p.ID.
func (s *Store) UpdatePermission(ctx context.Context, p models.Permission, event models.Event) error {
	return s.write(ctx, "update permission", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Model(&permissionRow{}).Where("id = ?", p.ID).Updates(map[string]any{
			"key": p.Key, "name": p.Name, "description": p.Description, "updated_at": stamp(p.UpdatedAt),
		}))
	})
}

// DeletePermission takes it from every role and away.
func (s *Store) DeletePermission(ctx context.Context, id string, event models.Event) error {
	return s.write(ctx, "delete permission", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Where("id = ?", id).Delete(&permissionRow{}))
	})
}

// PermissionUse counts the roles that hold the permission, and the memberships
// and undeleted API tokens that have it by one of these roles, and the policies
// that name it. Wildcards that cover it are not counted: they go on covering it.
func (s *Store) PermissionUse(ctx context.Context, id string) (models.RoleUse, error) {
	const query = `
		SELECT
			(SELECT count(*) FROM role_permissions rp WHERE rp.permission_id = p.id) AS roles,
			(SELECT count(*) FROM memberships m WHERE EXISTS (
				SELECT 1 FROM membership_roles mr JOIN role_permissions rp ON rp.role_id = mr.role_id
				WHERE mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id AND rp.permission_id = p.id)) AS members,
			(SELECT count(*) FROM tokens t WHERE t.revoked_at IS NULL AND t.id IN (
				SELECT tr.token_id FROM token_roles tr JOIN role_permissions rp ON rp.role_id = tr.role_id
				WHERE rp.permission_id = p.id)) AS tokens
		FROM permissions p WHERE p.id = ?`
	var use models.RoleUse
	err := s.one(ctx, "permission use", func(db *gorm.DB) error {
		if err := changed(db.Raw(query, id).Scan(&use)); err != nil {
			return err
		}
		var key string
		if err := db.Raw("SELECT key FROM permissions WHERE id = ?", id).Scan(&key).Error; err != nil {
			return err
		}
		var kept []struct{ Policy policy }
		if err := db.Raw("SELECT policy FROM settings UNION ALL SELECT policy FROM tenants WHERE policy <> ?", noPolicy).Scan(&kept).Error; err != nil {
			return err
		}
		for _, k := range kept {
			if k.Policy.CreatePermission == key {
				use.Policies++
			}
		}
		return nil
	})
	return use, err
}
