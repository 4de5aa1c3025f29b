package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type portalLinkRow struct {
	CodeHash []byte `gorm:"column:code_hash;primaryKey"`
	UserID   string `gorm:"column:user_id"`
	TenantID string `gorm:"column:tenant_id"`
	Page     string `gorm:"column:page"`
	KeyID    string `gorm:"column:key_id"`
	Created  stamp  `gorm:"column:created_at"`
	Expires  stamp  `gorm:"column:expires_at"`
}

func (portalLinkRow) TableName() string { return "portal_links" }

func (r portalLinkRow) link() models.PortalLink {
	return models.PortalLink{
		CodeHash: r.CodeHash, UserID: r.UserID, TenantID: r.TenantID, Page: r.Page, KeyID: r.KeyID,
		CreatedAt: r.Created.time(), ExpiresAt: r.Expires.time(),
	}
}

// CreatePortalLink makes a one-time address that signs a person in.
func (s *Store) CreatePortalLink(ctx context.Context, l models.PortalLink, event models.Event) error {
	row := portalLinkRow{
		CodeHash: l.CodeHash, UserID: l.UserID, TenantID: l.TenantID, Page: l.Page, KeyID: l.KeyID,
		Created: stamp(l.CreatedAt), Expires: stamp(l.ExpiresAt),
	}
	return s.write(ctx, "create portal link", []models.Event{event}, func(tx *gorm.DB) error { return tx.Create(&row).Error })
}

// openPortalLink narrows to a link that opens something: its person may work in
// its account and is no operator, and its vendor key is not revoked.
func openPortalLink(db *gorm.DB, codeHash []byte, now time.Time) *gorm.DB {
	return db.Where("code_hash = ? AND expires_at > ?", codeHash, stamp(now)).
		Where(`EXISTS (SELECT 1 FROM memberships m JOIN tenants t ON t.id = m.tenant_id JOIN users u ON u.id = m.user_id
			WHERE m.tenant_id = portal_links.tenant_id AND m.user_id = portal_links.user_id
			AND m.disabled_at IS NULL AND t.disabled_at IS NULL AND u.disabled_at IS NULL AND u.deleted_at IS NULL AND NOT u.operator)`).
		Where("EXISTS (SELECT 1 FROM vendor_keys k WHERE k.id = portal_links.key_id AND k.revoked_at IS NULL)")
}

// PortalLink gives an open link with its person and account; models.ErrNotFound
// for one that opens nothing, or nothing any more.
func (s *Store) PortalLink(ctx context.Context, codeHash []byte, now time.Time) (models.Handover, error) {
	var h models.Handover
	err := s.read(ctx, "portal link", func(tx *gorm.DB) error {
		var link portalLinkRow
		if err := openPortalLink(tx, codeHash, now).Take(&link).Error; err != nil {
			return err
		}
		var user userRow
		if err := tx.Where("id = ?", link.UserID).Take(&user).Error; err != nil {
			return err
		}
		var tenant tenantRow
		if err := tx.Where("id = ?", link.TenantID).Take(&tenant).Error; err != nil {
			return err
		}
		h = models.Handover{Link: link.link(), User: user.user(), Tenant: tenant.tenant()}
		return nil
	})
	return h, err
}

// UsePortalLink spends an open link and begins the session, which is its
// person's. Of several at once one wins, the others are models.ErrNotFound.
func (s *Store) UsePortalLink(ctx context.Context, codeHash []byte, sess models.Session, events ...models.Event) error {
	return s.write(ctx, "use portal link", events, func(tx *gorm.DB) error {
		if err := changed(openPortalLink(tx, codeHash, sess.CreatedAt).Where("user_id = ?", sess.UserID).Delete(&portalLinkRow{})); err != nil {
			return err
		}
		if err := noteSignIn(tx, sess.UserID, sess.CreatedAt, sess.IP); err != nil {
			return err
		}
		return tx.Create(newSessionRow(sess)).Error
	})
}
