package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type browserSessionRow struct {
	ID           string  `gorm:"column:id;primaryKey"`
	SeriesHash   []byte  `gorm:"column:series_hash"`
	Hash         []byte  `gorm:"column:hash"`
	PreviousHash []byte  `gorm:"column:previous_hash"`
	Rotated      stamp   `gorm:"column:rotated_at"`
	UserID       string  `gorm:"column:user_id"`
	TenantID     *string `gorm:"column:tenant_id"`
	Created      stamp   `gorm:"column:created_at"`
	Expires      stamp   `gorm:"column:expires_at"`
	IP           string  `gorm:"column:ip"`
	UserAgent    string  `gorm:"column:user_agent"`
}

func (browserSessionRow) TableName() string { return "browser_sessions" }

func (r browserSessionRow) session() models.BrowserSession {
	return models.BrowserSession{
		ID: r.ID, SeriesHash: r.SeriesHash, Hash: r.Hash, PreviousHash: r.PreviousHash, RotatedAt: r.Rotated.time(), UserID: r.UserID,
		TenantID: textOf(r.TenantID), CreatedAt: r.Created.time(), ExpiresAt: r.Expires.time(), IP: r.IP, UserAgent: r.UserAgent,
	}
}

// CreateBrowserSession signs a person in from a page of the vendor's own, and
// writes it down as their last sign-in. models.ErrNotFound when they were
// disabled or deleted meanwhile.
func (s *Store) CreateBrowserSession(ctx context.Context, b models.BrowserSession, event models.Event) error {
	row := browserSessionRow{
		ID: b.ID, SeriesHash: b.SeriesHash, Hash: b.Hash, Rotated: stamp(b.RotatedAt), UserID: b.UserID, TenantID: optionalText(b.TenantID),
		Created: stamp(b.CreatedAt), Expires: stamp(b.ExpiresAt), IP: clip(b.IP), UserAgent: clip(b.UserAgent),
	}
	return s.write(ctx, "create browser session", []models.Event{event}, func(tx *gorm.DB) error {
		if err := noteSignIn(tx, b.UserID, b.CreatedAt, b.IP); err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
}

// BrowserSessionBySeries gives the session of a refresh cookie, whichever of the
// session's it is; models.ErrNotFound when it has ended by now.
func (s *Store) BrowserSessionBySeries(ctx context.Context, seriesHash []byte, now time.Time) (models.BrowserSession, error) {
	var row browserSessionRow
	err := s.one(ctx, "browser session by series", func(db *gorm.DB) error {
		return db.Where("series_hash = ? AND expires_at > ?", seriesHash, stamp(now)).Take(&row).Error
	})
	return row.session(), err
}

// RotateBrowserSession puts the next cookie in the place of the one in force.
// models.ErrConflict when another is in force by now: of several at once, one
// wins.
func (s *Store) RotateBrowserSession(ctx context.Context, id string, hash, next []byte, now time.Time) error {
	return s.note(ctx, "rotate browser session", func(tx *gorm.DB) error {
		rotated := tx.Model(&browserSessionRow{}).Where("id = ? AND hash = ?", id, hash).
			Updates(map[string]any{"hash": next, "previous_hash": hash, "rotated_at": stamp(now)})
		if rotated.Error != nil {
			return rotated.Error
		}
		if rotated.RowsAffected == 0 {
			return models.ErrConflict
		}
		return nil
	})
}

// BrowserIdentity is Identity for the session with an id: its Session holds
// what the two have in common.
func (s *Store) BrowserIdentity(ctx context.Context, id string, now time.Time) (models.Identity, error) {
	var identity models.Identity
	err := s.read(ctx, "browser identity", func(tx *gorm.DB) error {
		var row browserSessionRow
		if err := tx.Where("id = ? AND expires_at > ?", id, stamp(now)).Take(&row).Error; err != nil {
			return err
		}
		session := row.session()
		return identityOf(tx, &identity, models.Session{
			UserID: session.UserID, TenantID: session.TenantID, CreatedAt: session.CreatedAt, LastSeenAt: session.RotatedAt,
			ExpiresAt: session.ExpiresAt, IP: session.IP, UserAgent: session.UserAgent,
		})
	})
	if err != nil {
		return models.Identity{}, err
	}
	return identity, nil
}

// SetBrowserTenant lets the session work in another account of its person's.
// models.ErrNotFound as SetSessionTenant has it.
func (s *Store) SetBrowserTenant(ctx context.Context, id, tenantID string, event models.Event) error {
	return s.write(ctx, "set browser tenant", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Model(&browserSessionRow{}).Where("id = ?", id).
			Where(`EXISTS (SELECT 1 FROM memberships m JOIN tenants t ON t.id = m.tenant_id
				WHERE m.user_id = browser_sessions.user_id AND m.tenant_id = ? AND m.disabled_at IS NULL AND t.disabled_at IS NULL)`,
				tenantID).Update("tenant_id", tenantID))
	})
}

// EndBrowserSession ends it; models.ErrNotFound when it has ended already.
func (s *Store) EndBrowserSession(ctx context.Context, id string, event models.Event) error {
	return s.write(ctx, "end browser session", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Where("id = ?", id).Delete(&browserSessionRow{}))
	})
}
