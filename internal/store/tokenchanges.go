package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// lockToken gives a live token of the tenant, which nobody else changes until
// the transaction ends. The lock is the one that NoteUses takes: a use is
// written either before a rotation or after it.
func lockToken(tx *gorm.DB, tenantID, id string) (tokenRow, error) {
	var row tokenRow
	err := lockRow(tx, "NO KEY UPDATE").Where("tenant_id = ? AND id = ? AND revoked_at IS NULL", tenantID, id).
		Take(&row).Error
	return row, err
}

// UpdateToken changes the parts of a live token that the change names.
// models.ErrNotFound: no such token in the tenant, no such contact, or no such
// role. models.ErrConflict: the token holds other roles by now than the change
// was judged by.
func (s *Store) UpdateToken(ctx context.Context, tenantID, id string, change models.TokenChange, event models.Event) error {
	columns := map[string]any{}
	if change.ContactID != nil {
		columns["contact_id"] = optionalText(*change.ContactID)
	}
	if change.Metadata != nil {
		columns["metadata"] = metadataText(*change.Metadata)
	}
	if change.Addresses != nil {
		columns["addresses"] = addressesText(*change.Addresses)
	}
	return s.write(ctx, "update token", []models.Event{event}, func(tx *gorm.DB) error {
		row, err := lockToken(tx, tenantID, id)
		if err != nil {
			return err
		}
		if change.Description != nil {
			row.Description = *change.Description
			if err := retell(tx, row); err != nil {
				return err
			}
		}
		if change.RoleIDs != nil {
			if err := replaceTokenRoles(tx, tenantID, id, change.HeldRoleIDs, *change.RoleIDs); err != nil {
				return err
			}
		}
		if len(columns) == 0 {
			return nil
		}
		return tx.Model(&tokenRow{}).Where("id = ?", id).Updates(columns).Error
	})
}

// replaceTokenRoles gives a token that is locked other roles than those it held.
func replaceTokenRoles(tx *gorm.DB, tenantID, tokenID string, held, wanted []string) error {
	var holds []string
	if err := tx.Model(&tokenRoleRow{}).Where("token_id = ?", tokenID).Pluck("role_id", &holds).Error; err != nil {
		return err
	}
	if !slices.Equal(sortedOnce(holds), sortedOnce(held)) {
		return models.ErrConflict
	}
	if err := tx.Where("token_id = ?", tokenID).Delete(&tokenRoleRow{}).Error; err != nil {
		return err
	}
	return giveTokenRoles(tx, tenantID, tokenID, wanted)
}

// retell writes by what lists and searches tell a token: its description and
// the hint of the secret in force.
func retell(tx *gorm.DB, row tokenRow) error {
	return changed(tx.Model(&tokenRow{}).Where("id = ?", row.ID).Updates(map[string]any{
		"description": row.Description, "description_folded": fold(row.Description),
		"prefix": row.Prefix, "last_four": row.LastFour, "search": searchText(row.token()),
	}))
}

// SetTokenDisabled refuses a live token from at on; nil accepts it again. by is
// as for models.Token. A token that is in that state already stays as it is, and
// there is no event.
func (s *Store) SetTokenDisabled(ctx context.Context, tenantID, id string, at *time.Time, by string, event models.Event) error {
	err := s.write(ctx, "set token disabled", []models.Event{event}, func(tx *gorm.DB) error {
		row, err := lockToken(tx, tenantID, id)
		if err != nil {
			return err
		}
		if (row.Disabled != nil) == (at != nil) {
			return errPresent
		}
		return tx.Model(&row).Updates(map[string]any{"disabled_at": optionalStamp(at), "disabled_by": by}).Error
	})
	if errors.Is(err, errPresent) {
		return nil
	}
	return err
}
