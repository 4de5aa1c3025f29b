package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// attemptsKept is how long counts of failed sign-ins are kept after the last
// one; every window is far shorter.
const attemptsKept = 24 * time.Hour

type sessionRow struct {
	IDHash    []byte  `gorm:"column:id_hash;primaryKey"`
	UserID    string  `gorm:"column:user_id"`
	TenantID  *string `gorm:"column:tenant_id"`
	Bound     bool    `gorm:"column:bound"`
	CSRF      []byte  `gorm:"column:csrf"`
	Created   stamp   `gorm:"column:created_at"`
	LastSeen  stamp   `gorm:"column:last_seen_at"`
	Expires   stamp   `gorm:"column:expires_at"`
	IP        string  `gorm:"column:ip"`
	UserAgent string  `gorm:"column:user_agent"`
	Flash     string  `gorm:"column:flash"`
}

func (sessionRow) TableName() string { return "sessions" }

func newSessionRow(s models.Session) *sessionRow {
	return &sessionRow{
		IDHash: s.IDHash, UserID: s.UserID, TenantID: optionalText(s.TenantID), Bound: s.Bound, CSRF: s.CSRF,
		Created: stamp(s.CreatedAt), LastSeen: stamp(s.LastSeenAt), Expires: stamp(s.ExpiresAt),
		IP: clip(s.IP), UserAgent: clip(s.UserAgent), Flash: s.Flash,
	}
}

func (r sessionRow) session() models.Session {
	return models.Session{
		IDHash: r.IDHash, UserID: r.UserID, TenantID: textOf(r.TenantID), Bound: r.Bound, CSRF: r.CSRF,
		CreatedAt: r.Created.time(), LastSeenAt: r.LastSeen.time(), ExpiresAt: r.Expires.time(),
		IP: r.IP, UserAgent: r.UserAgent, Flash: r.Flash,
	}
}

// endSessions removes the sessions that meet the condition, wherever their
// person signed in.
func endSessions(tx *gorm.DB, condition string, args ...any) error {
	if err := tx.Where(condition, args...).Delete(&browserSessionRow{}).Error; err != nil {
		return err
	}
	return tx.Where(condition, args...).Delete(&sessionRow{}).Error
}

// noteSignIn writes down when a person signed in last; models.ErrNotFound when
// they may not any more.
func noteSignIn(tx *gorm.DB, userID string, at time.Time, ip string) error {
	return changed(tx.Model(&userRow{}).Where("id = ? AND deleted_at IS NULL AND disabled_at IS NULL", userID).
		Updates(map[string]any{"last_sign_in_at": stamp(at), "last_sign_in_ip": clip(ip)}))
}

// CreateSession signs a person in, and writes it down as their last sign-in.
// models.ErrNotFound when they were disabled or deleted meanwhile.
func (s *Store) CreateSession(ctx context.Context, sess models.Session, event models.Event) error {
	return s.write(ctx, "create session", []models.Event{event}, func(tx *gorm.DB) error {
		if err := noteSignIn(tx, sess.UserID, sess.CreatedAt, sess.IP); err != nil {
			return err
		}
		return tx.Create(newSessionRow(sess)).Error
	})
}

// NoteSeen moves the session's last use forward, never back. It is no error
// when the session has ended.
func (s *Store) NoteSeen(ctx context.Context, idHash []byte, at time.Time) error {
	return s.note(ctx, "note seen", func(tx *gorm.DB) error {
		return tx.Model(&sessionRow{}).Where("id_hash = ? AND last_seen_at < ?", idHash, stamp(at)).
			Update("last_seen_at", stamp(at)).Error
	})
}

// SetSessionTenant makes the session work in another account; empty for none.
// models.ErrNotFound: the session has ended or is bound to its account, or the person
// may not work there.
func (s *Store) SetSessionTenant(ctx context.Context, idHash []byte, tenantID string, event models.Event) error {
	return s.write(ctx, "set session tenant", []models.Event{event}, func(tx *gorm.DB) error {
		session := tx.Model(&sessionRow{}).Where("id_hash = ? AND NOT bound", idHash)
		if tenantID != "" {
			session = session.Where(`EXISTS (SELECT 1 FROM memberships m JOIN tenants t ON t.id = m.tenant_id
				WHERE m.user_id = sessions.user_id AND m.tenant_id = ? AND m.disabled_at IS NULL AND t.disabled_at IS NULL)`,
				tenantID)
		}
		return changed(session.Update("tenant_id", optionalText(tenantID)))
	})
}

// SetFlash leaves a message for the session's next page, in place of an
// earlier one. It is no error when the session has ended.
func (s *Store) SetFlash(ctx context.Context, idHash []byte, flash string) error {
	return s.note(ctx, "set flash", func(tx *gorm.DB) error {
		return tx.Model(&sessionRow{}).Where("id_hash = ?", idHash).Update("flash", flash).Error
	})
}

// TakeFlash gives the message once; empty when there is none. It writes only
// when there is one: most pages have none.
func (s *Store) TakeFlash(ctx context.Context, idHash []byte) (string, error) {
	var waiting []string
	err := s.one(ctx, "take flash", func(db *gorm.DB) error {
		return db.Model(&sessionRow{}).Where("id_hash = ? AND flash <> ''", idHash).Pluck("flash", &waiting).Error
	})
	if err != nil || len(waiting) == 0 {
		return "", err
	}
	var flash string
	err = s.note(ctx, "take flash", func(tx *gorm.DB) error {
		var row sessionRow
		found := lockRow(tx, "UPDATE").Where("id_hash = ? AND flash <> ''", idHash).Limit(1).Find(&row)
		if found.Error != nil || found.RowsAffected == 0 {
			return found.Error
		}
		flash = row.Flash
		return tx.Model(&sessionRow{}).Where("id_hash = ?", idHash).Update("flash", "").Error
	})
	return flash, err
}

// EndSession signs out; models.ErrNotFound when the session had ended.
func (s *Store) EndSession(ctx context.Context, idHash []byte, event models.Event) error {
	return s.write(ctx, "end session", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Where("id_hash = ?", idHash).Delete(&sessionRow{}))
	})
}

// PurgeSessions removes sessions beyond either limit, links and refresh tokens
// that have ended, and counts of failed sign-ins that are a day old; it gives
// how many rows, also when some remain because of an error.
func (s *Store) PurgeSessions(ctx context.Context, now time.Time, idle time.Duration) (int, error) {
	var purged int64
	err := s.note(ctx, "purge sessions", func(tx *gorm.DB) error {
		for _, result := range []*gorm.DB{
			tx.Where("expires_at <= ? OR last_seen_at <= ?", stamp(now), stamp(now.Add(-idle))).Delete(&sessionRow{}),
			tx.Where("expires_at <= ?", stamp(now)).Delete(&linkRow{}),
			tx.Where("expires_at <= ?", stamp(now)).Delete(&browserSessionRow{}),
			tx.Where("expires_at <= ?", stamp(now)).Delete(&portalLinkRow{}),
			tx.Where("last_failure <= ?", stamp(now.Add(-attemptsKept))).Delete(&attemptsRow{}),
		} {
			if result.Error != nil {
				return result.Error
			}
			purged += result.RowsAffected
		}
		return nil
	})
	if err != nil {
		return int(purged), err
	}
	refreshed, err := s.purgeEnded(ctx, "purge refresh tokens", &refreshRow{}, "id", now)
	return int(purged) + refreshed, err
}
