package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// RotateToken puts a new secret in the place of the one in force, which lives
// on as the rotation says. models.ErrConflict: another secret is in force than
// the one to be replaced, the secret of an earlier rotation still lives, or the
// form was sent before. Of several at once, one wins.
func (s *Store) RotateToken(ctx context.Context, r models.Rotation, event models.Event) error {
	at := r.Secret.CreatedAt
	return s.write(ctx, "rotate token", []models.Event{event}, func(tx *gorm.DB) error {
		pair, err := lockSecrets(tx, r.TenantID, r.Secret.TokenID, at)
		if err != nil {
			return err
		}
		if pair.old != nil || pair.inForce.ID != r.Replaces {
			return models.ErrConflict
		}
		err = setSecret(tx, r.Replaces, map[string]any{
			"replaced_at": stamp(at), "ends_at": stamp(r.EndsAt), "silent_seconds": int64(r.Silence / time.Second),
		})
		if err != nil {
			return err
		}
		if err := tx.Create(newSecretRow(r.Secret)).Error; err != nil {
			return err
		}
		return pair.tellBy(tx, r.Secret)
	})
}

// EndOldSecret ends the secret that a rotation left alive. models.ErrConflict
// when none lives at that moment.
func (s *Store) EndOldSecret(ctx context.Context, tenantID, tokenID string, at time.Time, event models.Event) error {
	return s.write(ctx, "end old secret", []models.Event{event}, func(tx *gorm.DB) error {
		pair, err := lockSecrets(tx, tenantID, tokenID, at)
		if err != nil {
			return err
		}
		if pair.old == nil {
			return models.ErrConflict
		}
		return setSecret(tx, pair.old.ID, map[string]any{"ends_at": stamp(pair.at)})
	})
}

// CancelRotation ends the secret in force and puts the one before it, which a
// rotation left alive, in force again, and gives that one, without its digest.
// models.ErrConflict when none lives at that moment.
func (s *Store) CancelRotation(ctx context.Context, tenantID, tokenID string, at time.Time, event models.Event) (models.TokenSecret, error) {
	var inForce models.TokenSecret
	err := s.write(ctx, "cancel rotation", []models.Event{event}, func(tx *gorm.DB) error {
		pair, err := lockSecrets(tx, tenantID, tokenID, at)
		if err != nil {
			return err
		}
		if pair.old == nil {
			return models.ErrConflict
		}
		// In this order there are never two in force.
		err = setSecret(tx, pair.inForce.ID, map[string]any{"replaced_at": stamp(pair.at), "ends_at": stamp(pair.at)})
		if err != nil {
			return err
		}
		err = setSecret(tx, pair.old.ID, map[string]any{
			"replaced_at": nil, "ends_at": stamp(models.NeverExpires), "silent_seconds": 0,
		})
		if err != nil {
			return err
		}
		inForce = *pair.old
		return pair.tellBy(tx, inForce)
	})
	inForce.Digest = nil
	return inForce, err
}

// secretPair is what opens a token at a moment: old is nil unless the overlap of
// a rotation lasts.
type secretPair struct {
	at      time.Time
	token   tokenRow
	inForce models.TokenSecret
	old     *models.TokenSecret
}

// lockSecrets gives the secrets of a live token that live at a moment, and lets
// nobody else change them until the transaction ends. Whoever had to wait for
// somebody else's change comes after it, also when the moment was read before:
// what that change ended is not alive any more.
func lockSecrets(tx *gorm.DB, tenantID, tokenID string, at time.Time) (secretPair, error) {
	token, err := lockToken(tx, tenantID, tokenID)
	if err != nil {
		return secretPair{}, err
	}
	changed, err := lastChange(tx, tokenID)
	if err != nil {
		return secretPair{}, err
	}
	if changed.After(at) {
		at = changed
	}
	secrets, err := liveSecrets(tx, tokenID, at)
	if err != nil {
		return secretPair{}, err
	}
	if len(secrets) == 0 {
		return secretPair{}, models.ErrNotFound
	}
	pair := secretPair{at: at, token: token, inForce: secrets[0]}
	if len(secrets) > 1 {
		pair.old = &secrets[1]
	}
	return pair, nil
}

// lastChange is when a token was changed last, zero for never.
func lastChange(tx *gorm.DB, tokenID string) (time.Time, error) {
	var rows []eventRow
	err := tx.Select("at").Where("target_id = ? AND target_id <> '' AND target_kind = 'token' AND outcome = ?", tokenID, string(models.Done)).
		Order("number DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return time.Time{}, err
	}
	return rows[0].At.time(), nil
}

// tellBy lets lists and searches tell the token by another secret.
func (p secretPair) tellBy(tx *gorm.DB, secret models.TokenSecret) error {
	p.token.Prefix, p.token.LastFour = secret.Prefix, secret.LastFour
	return retell(tx, p.token)
}

// liveSecrets gives what opens a token at a moment, the one in force first.
func liveSecrets(tx *gorm.DB, tokenID string, at time.Time) ([]models.TokenSecret, error) {
	var rows []secretRow
	err := tx.Where("token_id = ? AND ends_at > ?", tokenID, stamp(at)).Order("replaced_at IS NOT NULL, id DESC").
		Find(&rows).Error
	if err != nil {
		return nil, err
	}
	var live []models.TokenSecret
	for _, r := range rows {
		if secret := r.secret(); !secret.Ended(at) {
			live = append(live, secret)
		}
	}
	return live, nil
}

func setSecret(tx *gorm.DB, id string, columns map[string]any) error {
	return changed(tx.Model(&secretRow{}).Where("id = ?", id).Updates(columns))
}

// SecretByFormID gives the secret that a form rotated a token to, without its
// digest, also when it has ended.
func (s *Store) SecretByFormID(ctx context.Context, tokenID, formID string) (models.TokenSecret, error) {
	var row secretRow
	err := s.one(ctx, "secret by form", func(db *gorm.DB) error {
		return db.Where("token_id = ? AND form_id = ?", tokenID, formID).Take(&row).Error
	})
	row.Digest = nil
	return row.secret(), err
}
