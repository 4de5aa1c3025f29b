package vendors

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// Overlaps are how long a replaced secret may live on.
func Overlaps() []time.Duration {
	return []time.Duration{0, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}
}

// Minted is a key and a secret of it, which is shown this once.
type Minted struct {
	Key    models.VendorKeyRow
	Secret models.Secret
	// ClientID is the environment's, under which the secret is shown.
	ClientID string
}

// Keys gives the keys that are not revoked, newest first. models.ErrForbidden
// for whoever may not manage keys.
func (v *Vendors) Keys(ctx context.Context, caller models.Caller) ([]models.VendorKeyRow, error) {
	if !caller.MayConsole() {
		return nil, models.ErrForbidden
	}
	rows, err := v.store.VendorKeys(ctx, v.now())
	if err != nil {
		return nil, fmt.Errorf("vendor keys: %w", err)
	}
	return rows, nil
}

// Key gives one that is not revoked; models.ErrNotFound for any other id.
func (v *Vendors) Key(ctx context.Context, caller models.Caller, id string) (models.VendorKeyRow, error) {
	if !caller.MayConsole() {
		return models.VendorKeyRow{}, models.ErrForbidden
	}
	if !models.ValidID(id) {
		return models.VendorKeyRow{}, models.ErrNotFound
	}
	row, err := v.store.VendorKey(ctx, id, v.now())
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return models.VendorKeyRow{}, fmt.Errorf("vendor key: %w", err)
	}
	return row, err
}

// KeyByFormID gives the key that the caller's form made, if it is not revoked;
// models.ErrNotFound for a form that made none.
func (v *Vendors) KeyByFormID(ctx context.Context, caller models.Caller, formID string) (models.VendorKeyRow, error) {
	rows, err := v.Keys(ctx, caller)
	if err != nil {
		return models.VendorKeyRow{}, err
	}
	i := slices.IndexFunc(rows, func(row models.VendorKeyRow) bool {
		return row.FormID != "" && row.FormID == models.HashFormID(caller, formID)
	})
	if i < 0 {
		return models.VendorKeyRow{}, models.ErrNotFound
	}
	return rows[i], nil
}

// SecretByFormID gives the living secret of a key that the caller's form rotated
// to; models.ErrNotFound for a form that made none.
func (v *Vendors) SecretByFormID(ctx context.Context, caller models.Caller, id, formID string) (models.VendorSecret, error) {
	row, err := v.Key(ctx, caller, id)
	if err != nil {
		return models.VendorSecret{}, err
	}
	for _, secret := range row.Secrets {
		if secret.FormID != "" && secret.FormID == models.HashFormID(caller, formID) {
			return secret, nil
		}
	}
	return models.VendorSecret{}, models.ErrNotFound
}

// Create makes a key. Errors: *models.InvalidError about name (required,
// too_long, characters); models.ErrForbidden, which leaves an event;
// models.ErrConflict when the form made one before.
func (v *Vendors) Create(ctx context.Context, caller models.Caller, name, formID string) (Minted, error) {
	now := models.Stamp(v.now())
	key := models.VendorKey{
		ID: models.NewID(now), CreatedBy: caller.UserID, CreatedAt: now, FormID: models.HashFormID(caller, formID),
	}
	event := models.NewEvent(caller, models.VendorKeyCreated, now).In("")
	if err := v.allow(ctx, caller, event); err != nil {
		return Minted{}, err
	}
	var err error
	if key.Name, err = checkName(name); err != nil {
		return Minted{}, err
	}
	settings, err := v.store.Settings(ctx)
	if err != nil {
		return Minted{}, fmt.Errorf("create vendor key: %w", err)
	}
	secret, plain, err := v.newSecret(key.ID, settings.TokenPrefix, now)
	if err != nil {
		return Minted{}, fmt.Errorf("create vendor key: %w", err)
	}
	if err := v.store.CreateVendorKey(ctx, key, secret, event.About("vendor_key", key.ID, key.Name)); err != nil {
		return Minted{}, fmt.Errorf("create vendor key: %w", err)
	}
	secret.Digest = nil
	row := models.VendorKeyRow{VendorKey: key, CreatorName: caller.Name, Secrets: []models.VendorSecret{secret}}
	return Minted{Key: row, Secret: plain, ClientID: settings.ClientID}, nil
}

// RotateRequest says what becomes of the secret that is replaced.
type RotateRequest struct {
	// Overlap is one of Overlaps.
	Overlap time.Duration
	// Replaces is the id of the secret in force that the caller saw: who decides
	// about one must not end another.
	Replaces string
	// FormID is the one-use id of the form, empty for a caller without one.
	FormID string
}

// Rotate gives a key another secret. Errors: *models.InvalidError about overlap
// (out_of_range); models.ErrForbidden, which leaves an event;
// models.ErrNotFound; models.ErrConflict while the overlap of a rotation lasts,
// or when somebody was quicker.
func (v *Vendors) Rotate(ctx context.Context, caller models.Caller, id string, r RotateRequest) (Minted, error) {
	now := models.Stamp(v.now())
	row, event, err := v.begin(ctx, caller, id, models.VendorKeyRotated, now)
	if err != nil {
		return Minted{}, err
	}
	if !slices.Contains(Overlaps(), r.Overlap) {
		return Minted{}, models.Invalid("overlap", "out_of_range")
	}
	settings, err := v.store.Settings(ctx)
	if err != nil {
		return Minted{}, fmt.Errorf("rotate vendor key: %w", err)
	}
	secret, plain, err := v.newSecret(id, settings.TokenPrefix, now)
	if err != nil {
		return Minted{}, fmt.Errorf("rotate vendor key: %w", err)
	}
	secret.FormID = models.HashFormID(caller, r.FormID)
	rotation := models.VendorRotation{Replaces: r.Replaces, EndsAt: now.Add(r.Overlap), Secret: secret}
	if err := v.store.RotateVendorKey(ctx, rotation, event); err != nil {
		return Minted{}, fmt.Errorf("rotate vendor key: %w", err)
	}
	secret.Digest = nil
	row.Secrets = append([]models.VendorSecret{secret}, row.Secrets...)
	return Minted{Key: row, Secret: plain, ClientID: settings.ClientID}, nil
}

// EndOld ends at once the secret that a rotation left alive, and the JWTs that
// it was shown for. models.ErrConflict when none lives; else as Rotate.
func (v *Vendors) EndOld(ctx context.Context, caller models.Caller, id string) (models.VendorKeyRow, error) {
	now := models.Stamp(v.now())
	row, event, err := v.begin(ctx, caller, id, models.VendorSecretEnded, now)
	if err != nil {
		return models.VendorKeyRow{}, err
	}
	if err := v.store.EndOldVendorSecret(ctx, id, now, event); err != nil {
		return models.VendorKeyRow{}, fmt.Errorf("end old vendor secret: %w", err)
	}
	return row, nil
}

// Revoke ends a key for good, and the JWTs that it was shown for.
func (v *Vendors) Revoke(ctx context.Context, caller models.Caller, id string) (models.VendorKeyRow, error) {
	now := models.Stamp(v.now())
	row, event, err := v.begin(ctx, caller, id, models.VendorKeyRevoked, now)
	if err != nil {
		return models.VendorKeyRow{}, err
	}
	if err := v.store.RevokeVendorKey(ctx, id, caller.ActorID(), now, event); err != nil {
		return models.VendorKeyRow{}, fmt.Errorf("revoke vendor key: %w", err)
	}
	return row, nil
}

// begin judges the caller of a change of a key and looks the key up.
func (v *Vendors) begin(ctx context.Context, caller models.Caller, id string, action models.Action, now time.Time) (models.VendorKeyRow, models.Event, error) {
	event := models.NewEvent(caller, action, now).In("")
	if err := v.allow(ctx, caller, event); err != nil {
		return models.VendorKeyRow{}, event, err
	}
	row, err := v.Key(ctx, caller, id)
	if err != nil {
		return models.VendorKeyRow{}, event, err
	}
	return row, event.About("vendor_key", row.ID, row.Name), nil
}

// allow refuses whoever may not manage keys; the attempt of a known person
// leaves an event in that person's own account.
func (v *Vendors) allow(ctx context.Context, caller models.Caller, event models.Event) error {
	if caller.MayConsole() {
		return nil
	}
	if caller.Kind == models.Person || caller.Kind == models.Vendor {
		if err := v.store.AppendEvent(ctx, event.In(caller.TenantID).Refuse("not_operator")); err != nil {
			return fmt.Errorf("note refused %s: %w", event.Action, err)
		}
	}
	return models.ErrForbidden
}

// newSecret is a secret that is in force, as it is kept and as it is shown.
func (v *Vendors) newSecret(keyID, prefix string, now time.Time) (models.VendorSecret, models.Secret, error) {
	key := m2m.NewKey(prefix, m2m.VendorKey)
	if key.IsZero() {
		return models.VendorSecret{}, models.Secret{}, fmt.Errorf("no key can begin with the prefix %q of the settings", prefix)
	}
	s := models.VendorSecret{
		ID: models.NewID(now), KeyID: keyID, Digest: v.digest(key.Reveal()), CreatedAt: now,
		EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}
	s.Prefix, s.LastFour = key.Hint()
	return s, models.NewSecret(key.Reveal()), nil
}

// checkName is the name as it is kept, or what is wrong with what was typed.
func checkName(typed string) (string, error) {
	name, problem := models.Text(typed, models.MaxName)
	if problem == "" && name == "" {
		problem = "required"
	}
	invalid := &models.InvalidError{}
	if problem != "" {
		invalid.Add("name", problem, "max", models.MaxName)
	}
	return name, invalid.OrNil()
}
