package store

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/latchkey-dev/latchkey/models"
)

type roleRow struct {
	ID          string `gorm:"column:id;primaryKey"`
	Key         string `gorm:"column:key"`
	Name        string `gorm:"column:name"`
	NameFolded  string `gorm:"column:name_folded"`
	Description string `gorm:"column:description"`
	Created     stamp  `gorm:"column:created_at"`
	Updated     stamp  `gorm:"column:updated_at"`
}

func (roleRow) TableName() string { return "roles" }

type rolePermissionRow struct {
	RoleID       string `gorm:"column:role_id;primaryKey"`
	PermissionID string `gorm:"column:permission_id;primaryKey"`
}

func (rolePermissionRow) TableName() string { return "role_permissions" }

// rolesWhere reads roles with their permissions, by folded name, in two
// queries. An empty condition reads all.
func rolesWhere(db *gorm.DB, condition string, args ...any) ([]models.Role, error) {
	var rows []roleRow
	if err := db.Where(condition, args...).Order("name_folded, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var held []struct{ RoleID, Key string }
	err := db.Raw(`SELECT rp.role_id, p.key FROM role_permissions rp JOIN permissions p ON p.id = rp.permission_id
		WHERE rp.role_id IN ? ORDER BY p.key`, ids).Scan(&held).Error
	if err != nil {
		return nil, err
	}
	keys := map[string][]string{}
	for _, h := range held {
		keys[h.RoleID] = append(keys[h.RoleID], h.Key)
	}
	roles := make([]models.Role, len(rows))
	for i, r := range rows {
		roles[i] = models.Role{
			ID: r.ID, Key: r.Key, Name: r.Name, Description: r.Description, Permissions: keys[r.ID],
			CreatedAt: r.Created.time(), UpdatedAt: r.Updated.time(),
		}
	}
	return roles, nil
}

// heldRole says that holder (a token or a person) has a role.
type heldRole struct{ Holder, RoleID string }

// rolesOf gives each holder's roles by name, and their ids sorted, in two
// queries however many there are.
func rolesOf(db *gorm.DB, held []heldRole) (map[string][]models.Role, map[string][]string, error) {
	wanted := map[string]bool{}
	holders := map[string]map[string]bool{}
	ids := map[string][]string{}
	for _, h := range held {
		wanted[h.RoleID] = true
		if holders[h.RoleID] == nil {
			holders[h.RoleID] = map[string]bool{}
		}
		holders[h.RoleID][h.Holder] = true
		ids[h.Holder] = append(ids[h.Holder], h.RoleID)
	}
	for _, list := range ids {
		slices.Sort(list)
	}
	roles := map[string][]models.Role{}
	if len(wanted) == 0 {
		return roles, ids, nil
	}
	list := make([]string, 0, len(wanted))
	for id := range wanted {
		list = append(list, id)
	}
	found, err := rolesWhere(db, "id IN ?", list)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range found {
		for holder := range holders[r.ID] {
			roles[holder] = append(roles[holder], r)
		}
	}
	return roles, ids, nil
}

// Roles gives all of them with their permissions, by folded name.
func (s *Store) Roles(ctx context.Context) ([]models.Role, error) {
	var roles []models.Role
	err := s.read(ctx, "roles", func(tx *gorm.DB) (err error) {
		roles, err = rolesWhere(tx, "")
		return err
	})
	return roles, err
}

// Role gives one by its id.
func (s *Store) Role(ctx context.Context, id string) (models.Role, error) {
	var role models.Role
	err := s.read(ctx, "role", func(tx *gorm.DB) error {
		roles, err := rolesWhere(tx, "id = ?", id)
		if err != nil {
			return err
		}
		if len(roles) == 0 {
			return models.ErrNotFound
		}
		role = roles[0]
		return nil
	})
	return role, err
}

// CreateRole adds one; models.ErrConflict when its key is taken,
// models.ErrNotFound when it names a permission key that does not exist.
func (s *Store) CreateRole(ctx context.Context, r models.Role, event models.Event) error {
	return s.write(ctx, "create role", []models.Event{event}, func(tx *gorm.DB) error { return createRole(tx, r) })
}

func createRole(tx *gorm.DB, r models.Role) error {
	row := roleRow{
		ID: r.ID, Key: r.Key, Name: r.Name, NameFolded: fold(r.Name), Description: r.Description,
		Created: stamp(r.CreatedAt), Updated: stamp(r.UpdatedAt),
	}
	if err := tx.Create(&row).Error; err != nil {
		return err
	}
	return grant(tx, r.ID, r.Permissions)
}

// grant gives a role that has none its permissions.
func grant(tx *gorm.DB, roleID string, keys []string) error {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	if len(keys) == 0 {
		return nil
	}
	var ids []string
	if err := tx.Model(&permissionRow{}).Where("key IN ?", keys).Pluck("id", &ids).Error; err != nil {
		return err
	}
	if len(ids) != len(keys) {
		return models.ErrNotFound
	}
	rows := make([]rolePermissionRow, len(ids))
	for i, id := range ids {
		rows[i] = rolePermissionRow{RoleID: roleID, PermissionID: id}
	}
	return tx.Create(&rows).Error
}

// UpdateRole changes key, name, description and permissions of the one with r.ID.
func (s *Store) UpdateRole(ctx context.Context, r models.Role, event models.Event) error {
	return s.write(ctx, "update role", []models.Event{event}, func(tx *gorm.DB) error {
		err := changed(tx.Model(&roleRow{}).Where("id = ?", r.ID).Updates(map[string]any{
			"key": r.Key, "name": r.Name, "name_folded": fold(r.Name), "description": r.Description,
			"updated_at": stamp(r.UpdatedAt),
		}))
		if err != nil {
			return err
		}
		if err := tx.Where("role_id = ?", r.ID).Delete(&rolePermissionRow{}).Error; err != nil {
			return err
		}
		return grant(tx, r.ID, r.Permissions)
	})
}

// DeleteRole takes it from every membership and token and away.
func (s *Store) DeleteRole(ctx context.Context, id string, event models.Event) error {
	return s.write(ctx, "delete role", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Where("id = ?", id).Delete(&roleRow{}))
	})
}

// RoleUse counts the memberships and undeleted API tokens that have the role;
// Roles is 1, the role itself.
func (s *Store) RoleUse(ctx context.Context, id string) (models.RoleUse, error) {
	const query = `
		SELECT 1 AS roles,
			(SELECT count(*) FROM membership_roles mr WHERE mr.role_id = r.id) AS members,
			(SELECT count(*) FROM token_roles tr JOIN tokens t ON t.id = tr.token_id
				WHERE tr.role_id = r.id AND t.revoked_at IS NULL) AS tokens
		FROM roles r WHERE r.id = ?`
	var use models.RoleUse
	err := s.one(ctx, "role use", func(db *gorm.DB) error { return changed(db.Raw(query, id).Scan(&use)) })
	return use, err
}

// sortedOnce gives the role ids of a token or membership, each once and in
// order: two transactions that lock the same roles do so alike.
func sortedOnce(ids []string) []string {
	return slices.Compact(slices.SortedFunc(slices.Values(ids), strings.Compare))
}

// lockRow makes other writers of the row wait until this transaction ends, so
// that what it finds is still so when it commits. SQLite's writers wait anyway.
func lockRow(tx *gorm.DB, strength string) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: strength})
}
