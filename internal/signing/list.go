package signing

import (
	"context"
	"fmt"
	"slices"

	"github.com/latchkey-dev/latchkey/models"
)

// List gives the keys in the order in which they are published. How many access tokens
// live of each is counted at a glance. models.ErrForbidden for whoever may not manage
// keys.
func (k *Keys) List(ctx context.Context, caller models.Caller) ([]models.SigningKeyRow, error) {
	if !caller.MayConsole() {
		return nil, models.ErrForbidden
	}
	keys, err := k.store.SigningKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	now := models.Stamp(k.now())
	var rows []models.SigningKeyRow
	for _, key := range keys {
		if !known(key.Algorithm) {
			continue
		}
		row := k.row(key)
		if row.Live, row.More, err = k.store.SignedTokensAbout(ctx, key.ID, now); err != nil {
			return nil, fmt.Errorf("list signing keys: %w", err)
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b models.SigningKeyRow) int { return order(a.SigningKey, b.SigningKey) })
	return rows, nil
}

// Key gives one key, with the exact number of access tokens that live of it. Errors:
// models.ErrForbidden as for List, models.ErrNotFound.
func (k *Keys) Key(ctx context.Context, caller models.Caller, kid string) (models.SigningKeyRow, error) {
	if !caller.MayConsole() {
		return models.SigningKeyRow{}, models.ErrForbidden
	}
	keys, err := k.store.SigningKeys(ctx)
	if err != nil {
		return models.SigningKeyRow{}, fmt.Errorf("signing key: %w", err)
	}
	i := slices.IndexFunc(keys, func(key models.SigningKey) bool { return key.ID == kid && known(key.Algorithm) })
	if i < 0 {
		return models.SigningKeyRow{}, fmt.Errorf("signing key: %w", models.ErrNotFound)
	}
	row := k.row(keys[i])
	if row.Live, err = k.store.SignedTokens(ctx, kid, models.Stamp(k.now())); err != nil {
		return models.SigningKeyRow{}, fmt.Errorf("count what signing key %s signed: %w", kid, err)
	}
	return row, nil
}

// row is a key as pages show it, its tokens uncounted.
func (k *Keys) row(key models.SigningKey) models.SigningKeyRow {
	key.Public, key.Sealed = nil, nil
	return models.SigningKeyRow{
		SigningKey: key, InUse: k.uses(key.Algorithm), RotatesAt: k.rotatesAt(key),
	}
}
