package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type vendorKeyRow struct {
	ID        string  `gorm:"column:id;primaryKey"`
	Name      string  `gorm:"column:name"`
	CreatedBy *string `gorm:"column:created_by"`
	Created   stamp   `gorm:"column:created_at"`
	Revoked   *stamp  `gorm:"column:revoked_at"`
	RevokedBy string  `gorm:"column:revoked_by"`
	FormID    *string `gorm:"column:form_id"`
}

func (vendorKeyRow) TableName() string { return "vendor_keys" }

func (r vendorKeyRow) key() models.VendorKey {
	return models.VendorKey{
		ID: r.ID, Name: r.Name, CreatedBy: textOf(r.CreatedBy), CreatedAt: r.Created.time(),
		RevokedAt: r.Revoked.optional(), RevokedBy: r.RevokedBy, FormID: textOf(r.FormID),
	}
}

type vendorSecretRow struct {
	ID            string  `gorm:"column:id;primaryKey"`
	KeyID         string  `gorm:"column:key_id"`
	Digest        []byte  `gorm:"column:digest"`
	Prefix        string  `gorm:"column:prefix"`
	LastFour      string  `gorm:"column:last_four"`
	Created       stamp   `gorm:"column:created_at"`
	Replaced      *stamp  `gorm:"column:replaced_at"`
	Ends          stamp   `gorm:"column:ends_at"`
	LastUsed      stamp   `gorm:"column:last_used_at"`
	LastUsedIP    string  `gorm:"column:last_used_ip"`
	LastUsedAgent string  `gorm:"column:last_used_agent"`
	Refused       *stamp  `gorm:"column:refused_at"`
	FormID        *string `gorm:"column:form_id"`
}

func (vendorSecretRow) TableName() string { return "vendor_secrets" }

func newVendorSecretRow(s models.VendorSecret) *vendorSecretRow {
	return &vendorSecretRow{
		ID: s.ID, KeyID: s.KeyID, Digest: s.Digest, Prefix: s.Prefix, LastFour: s.LastFour, Created: stamp(s.CreatedAt),
		Replaced: optionalStamp(s.ReplacedAt), Ends: stamp(s.EndsAt), LastUsed: stamp(s.LastUsedAt),
		LastUsedIP: clip(s.LastUsedIP), LastUsedAgent: clip(s.LastUsedAgent), Refused: optionalStamp(s.RefusedAt),
		FormID: optionalText(s.FormID),
	}
}

func (r vendorSecretRow) secret() models.VendorSecret {
	return models.VendorSecret{
		ID: r.ID, KeyID: r.KeyID, Digest: r.Digest, Prefix: r.Prefix, LastFour: r.LastFour, CreatedAt: r.Created.time(),
		ReplacedAt: r.Replaced.optional(), EndsAt: r.Ends.time(), LastUsedAt: r.LastUsed.time(),
		LastUsedIP: r.LastUsedIP, LastUsedAgent: r.LastUsedAgent, RefusedAt: r.Refused.optional(), FormID: textOf(r.FormID),
	}
}

// CreateVendorKey adds a key with its first secret; models.ErrConflict when the
// form made one before.
func (s *Store) CreateVendorKey(ctx context.Context, key models.VendorKey, secret models.VendorSecret, event models.Event) error {
	row := vendorKeyRow{
		ID: key.ID, Name: key.Name, CreatedBy: optionalText(key.CreatedBy), Created: stamp(key.CreatedAt), FormID: optionalText(key.FormID),
	}
	return s.write(ctx, "create vendor key", []models.Event{event}, func(tx *gorm.DB) error {
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return tx.Create(newVendorSecretRow(secret)).Error
	})
}

// VendorKeys gives those that are not revoked, newest first, with the secrets
// that live at now.
func (s *Store) VendorKeys(ctx context.Context, now time.Time) ([]models.VendorKeyRow, error) {
	var rows []models.VendorKeyRow
	err := s.read(ctx, "vendor keys", func(tx *gorm.DB) (err error) {
		rows, err = vendorKeys(tx.Where("revoked_at IS NULL"), tx, now)
		return err
	})
	return rows, err
}

// VendorKey gives one that is not revoked.
func (s *Store) VendorKey(ctx context.Context, id string, now time.Time) (models.VendorKeyRow, error) {
	var row models.VendorKeyRow
	err := s.read(ctx, "vendor key", func(tx *gorm.DB) error {
		rows, err := vendorKeys(tx.Where("revoked_at IS NULL AND id = ?", id), tx, now)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return models.ErrNotFound
		}
		row = rows[0]
		return nil
	})
	return row, err
}

func vendorKeys(chosen, tx *gorm.DB, now time.Time) ([]models.VendorKeyRow, error) {
	var keys []vendorKeyRow
	if err := chosen.Order("id DESC").Find(&keys).Error; err != nil {
		return nil, err
	}
	ids, creators := make([]string, len(keys)), make([]string, 0, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
		if k.CreatedBy != nil {
			creators = append(creators, *k.CreatedBy)
		}
	}
	var secrets []vendorSecretRow
	err := tx.Where("key_id IN ? AND ends_at > ?", ids, stamp(now)).Order("replaced_at IS NOT NULL, id DESC").Find(&secrets).Error
	if err != nil {
		return nil, err
	}
	var users []userRow
	if err := tx.Where("id IN ?", creators).Find(&users).Error; err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, u := range users {
		names[u.ID] = u.Name
	}
	rows := make([]models.VendorKeyRow, len(keys))
	for i, k := range keys {
		rows[i] = models.VendorKeyRow{VendorKey: k.key(), CreatorName: names[textOf(k.CreatedBy)]}
		for _, secret := range secrets {
			if secret.KeyID == k.ID {
				secret.Digest = nil
				rows[i].Secrets = append(rows[i].Secrets, secret.secret())
			}
		}
	}
	return rows, nil
}

// VendorCredentialByDigest gives the key with the secret that has the digest,
// which itself is left out. Revoked keys and ended secrets are found too: whether it is good now is for
// the caller to judge.
func (s *Store) VendorCredentialByDigest(ctx context.Context, digest []byte) (models.VendorCredential, error) {
	return s.vendorCredential(ctx, "vendor credential by digest", "s.digest = ?", digest)
}

// VendorCredentialBySecret is VendorCredentialByDigest by the secret's id.
func (s *Store) VendorCredentialBySecret(ctx context.Context, secretID string) (models.VendorCredential, error) {
	return s.vendorCredential(ctx, "vendor credential by secret", "s.id = ?", secretID)
}

func (s *Store) vendorCredential(ctx context.Context, op, where string, key any) (models.VendorCredential, error) {
	const query = `SELECT k.id AS k_id, k.name AS k_name, k.revoked_at AS k_revoked_at, e.client_id,
			s.id, s.key_id, s.prefix, s.last_four, s.created_at, s.replaced_at, s.ends_at, s.last_used_at, s.last_used_ip, s.last_used_agent,
			s.refused_at, s.form_id
		FROM vendor_secrets s JOIN vendor_keys k ON k.id = s.key_id JOIN settings e ON e.id = 1 WHERE `
	var row struct {
		KeyID    string          `gorm:"column:k_id"`
		Name     string          `gorm:"column:k_name"`
		Revoked  *stamp          `gorm:"column:k_revoked_at"`
		ClientID string          `gorm:"column:client_id"`
		Secret   vendorSecretRow `gorm:"embedded"`
	}
	err := s.one(ctx, op, func(db *gorm.DB) error { return changed(db.Raw(query+where, key).Scan(&row)) })
	return models.VendorCredential{
		Key:    models.VendorKey{ID: row.KeyID, Name: row.Name, RevokedAt: row.Revoked.optional()},
		Secret: row.Secret.secret(), ClientID: row.ClientID,
	}, err
}

// RotateVendorKey puts a new secret in the place of the one in force, which
// lives on as the rotation says. models.ErrConflict as RotateToken has it.
func (s *Store) RotateVendorKey(ctx context.Context, r models.VendorRotation, event models.Event) error {
	at := r.Secret.CreatedAt
	return s.write(ctx, "rotate vendor key", []models.Event{event}, func(tx *gorm.DB) error {
		inForce, old, err := lockVendorSecrets(tx, r.Secret.KeyID, at)
		if err != nil {
			return err
		}
		if old != nil || inForce.ID != r.Replaces {
			return models.ErrConflict
		}
		err = setVendorSecret(tx, r.Replaces, map[string]any{"replaced_at": stamp(at), "ends_at": stamp(r.EndsAt)})
		if err != nil {
			return err
		}
		return tx.Create(newVendorSecretRow(r.Secret)).Error
	})
}

// EndOldVendorSecret ends the secret that a rotation left alive.
// models.ErrConflict when none lives at that moment.
func (s *Store) EndOldVendorSecret(ctx context.Context, keyID string, at time.Time, event models.Event) error {
	return s.write(ctx, "end old vendor secret", []models.Event{event}, func(tx *gorm.DB) error {
		_, old, err := lockVendorSecrets(tx, keyID, at)
		if err != nil {
			return err
		}
		if old == nil {
			return models.ErrConflict
		}
		return setVendorSecret(tx, old.ID, map[string]any{"ends_at": stamp(at)})
	})
}

// RevokeVendorKey ends a key for good.
func (s *Store) RevokeVendorKey(ctx context.Context, id, by string, at time.Time, event models.Event) error {
	return s.write(ctx, "revoke vendor key", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Model(&vendorKeyRow{}).Where("id = ? AND revoked_at IS NULL", id).
			Updates(map[string]any{"revoked_at": stamp(at), "revoked_by": by}))
	})
}

// NoteVendorUse writes a use down, unless one was within the last minute.
func (s *Store) NoteVendorUse(ctx context.Context, secretID string, at time.Time, ip, userAgent string) error {
	return s.note(ctx, "note vendor use", func(tx *gorm.DB) error {
		return tx.Model(&vendorSecretRow{}).Where("id = ? AND last_used_at < ?", secretID, stamp(at.Add(-time.Minute))).
			Updates(map[string]any{"last_used_at": stamp(at), "last_used_ip": clip(ip), "last_used_agent": clip(userAgent)}).Error
	})
}

// RefuseVendorSecret writes a refused use of a secret down; models.ErrNotFound when
// one was after since.
func (s *Store) RefuseVendorSecret(ctx context.Context, secretID string, at, since time.Time, event models.Event) error {
	return s.write(ctx, "refuse vendor secret", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Model(&vendorSecretRow{}).Where("id = ? AND (refused_at IS NULL OR refused_at <= ?)", secretID, stamp(since)).
			Update("refused_at", stamp(at)))
	})
}

// PurgeVendorKeys removes keys revoked before a moment, with all that is theirs,
// and gives their number. Secrets that ended before it go too.
func (s *Store) PurgeVendorKeys(ctx context.Context, before time.Time) (int, error) {
	var purged int64
	err := s.note(ctx, "purge vendor keys", func(tx *gorm.DB) error {
		if err := tx.Where("replaced_at IS NOT NULL AND ends_at < ?", stamp(before)).Delete(&vendorSecretRow{}).Error; err != nil {
			return err
		}
		result := tx.Where("revoked_at < ?", stamp(before)).Delete(&vendorKeyRow{})
		purged = result.RowsAffected
		return result.Error
	})
	return int(purged), err
}

// lockVendorSecrets gives the secrets of a live key that live at a moment, and
// lets nobody else change them until the transaction ends.
func lockVendorSecrets(tx *gorm.DB, keyID string, at time.Time) (inForce models.VendorSecret, old *models.VendorSecret, err error) {
	err = lockRow(tx, "NO KEY UPDATE").Where("id = ? AND revoked_at IS NULL", keyID).Take(&vendorKeyRow{}).Error
	if err != nil {
		return inForce, nil, err
	}
	var rows []vendorSecretRow
	err = tx.Where("key_id = ? AND ends_at > ?", keyID, stamp(at)).Order("replaced_at IS NOT NULL, id DESC").Find(&rows).Error
	if err != nil {
		return inForce, nil, err
	}
	if len(rows) == 0 {
		return inForce, nil, models.ErrNotFound
	}
	if len(rows) > 1 {
		secret := rows[1].secret()
		old = &secret
	}
	return rows[0].secret(), old, nil
}

func setVendorSecret(tx *gorm.DB, id string, columns map[string]any) error {
	return changed(tx.Model(&vendorSecretRow{}).Where("id = ?", id).Updates(columns))
}
