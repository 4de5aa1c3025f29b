package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// Identity gives the session with all that a page needs, read at one moment.
// models.ErrNotFound when it is over: ended by either limit (now is at or past
// the end, or idle since the last use), the person disabled or deleted, or the
// account it works in disabled, or the membership there disabled or gone.
func (s *Store) Identity(ctx context.Context, idHash []byte, now time.Time, idle time.Duration) (models.Identity, error) {
	var identity models.Identity
	err := s.read(ctx, "identity", func(tx *gorm.DB) error {
		var session sessionRow
		err := tx.Where("id_hash = ? AND expires_at > ? AND last_seen_at > ?", idHash, stamp(now), stamp(now.Add(-idle))).
			Take(&session).Error
		if err != nil {
			return err
		}
		return identityOf(tx, &identity, session.session())
	})
	if err != nil {
		return models.Identity{}, err
	}
	return identity, nil
}

// identityOf fills what belongs to a session that lives.
func identityOf(tx *gorm.DB, identity *models.Identity, session models.Session) error {
	var user userRow
	err := tx.Where("id = ? AND deleted_at IS NULL AND disabled_at IS NULL", session.UserID).Take(&user).Error
	if err != nil {
		return err
	}
	var settings settingsRow
	if err := tx.Where("id = ?", theRow).Take(&settings).Error; err != nil {
		return err
	}
	*identity = models.Identity{Session: session, User: user.user(), Settings: settings.settings()}
	return setAccounts(tx, identity)
}

// setAccounts fills the accounts that the person may work in, the active one
// and the rights there.
func setAccounts(tx *gorm.DB, identity *models.Identity) error {
	tenants, err := tenantsOf(tx, identity.User.ID)
	if err != nil {
		return err
	}
	if identity.Session.Bound {
		tenants = slices.DeleteFunc(tenants, func(t tenantRow) bool { return t.ID != identity.Session.TenantID })
	}
	identity.Accounts = make([]models.Tenant, len(tenants))
	for i, t := range tenants {
		identity.Accounts[i] = t.tenant()
		if t.ID == identity.Session.TenantID {
			identity.Tenant = &identity.Accounts[i]
		}
	}
	if identity.Session.TenantID == "" {
		return nil
	}
	if identity.Tenant == nil {
		return models.ErrNotFound
	}
	var keys []string
	err = tx.Raw(`SELECT DISTINCT p.key FROM membership_roles mr
		JOIN role_permissions rp ON rp.role_id = mr.role_id
		JOIN permissions p ON p.id = rp.permission_id
		WHERE mr.tenant_id = ? AND mr.user_id = ? ORDER BY p.key`, identity.Session.TenantID, identity.User.ID).
		Scan(&keys).Error
	identity.Permissions = keys
	return err
}

// tenantsOf gives the accounts that a person may work in, by folded name.
func tenantsOf(db *gorm.DB, userID string) ([]tenantRow, error) {
	var tenants []tenantRow
	err := db.Where(`disabled_at IS NULL AND id IN
			(SELECT m.tenant_id FROM memberships m WHERE m.user_id = ? AND m.disabled_at IS NULL)`, userID).
		Order("name_folded, id").Find(&tenants).Error
	return tenants, err
}

// UserTenants gives the accounts that a person may work in, by folded name.
func (s *Store) UserTenants(ctx context.Context, userID string) ([]models.Tenant, error) {
	var rows []tenantRow
	err := s.one(ctx, "user tenants", func(db *gorm.DB) (err error) {
		rows, err = tenantsOf(db, userID)
		return err
	})
	tenants := make([]models.Tenant, len(rows))
	for i, r := range rows {
		tenants[i] = r.tenant()
	}
	return tenants, err
}
