package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/latchkey-dev/latchkey/models"
)

type settingsRow struct {
	ID              int    `gorm:"column:id;primaryKey;autoIncrement:false"`
	ClientID        string `gorm:"column:client_id"`
	M2MEnabled      bool   `gorm:"column:m2m_enabled"`
	Kind            string `gorm:"column:kind"`
	TokenPrefix     string `gorm:"column:token_prefix"`
	APITokens       string `gorm:"column:api_tokens"`
	PersonalTokens  string `gorm:"column:personal_tokens"`
	TokenTTLSeconds int64  `gorm:"column:token_ttl_seconds"`
	KeyCheck        []byte `gorm:"column:key_check"`
	Updated         stamp  `gorm:"column:updated_at"`
	Policy          policy `gorm:"column:policy"`

	AccessTokenFormat string `gorm:"column:access_token_format"`
	RefreshTTLSeconds int64  `gorm:"column:refresh_ttl_seconds"`
	CookieSameSite    string `gorm:"column:cookie_same_site"`
	ForcePermissions  bool   `gorm:"column:force_permissions"`
	RolesInJWT        bool   `gorm:"column:roles_in_jwt"`
	PermissionsInJWT  bool   `gorm:"column:permissions_in_jwt"`
	// Audiences is a JSON list.
	Audiences string `gorm:"column:audiences"`
}

func (settingsRow) TableName() string { return "settings" }

// theRow is the id of a table's only row.
const theRow = 1

func (r settingsRow) settings() models.Settings {
	return models.Settings{
		ClientID: r.ClientID, M2MEnabled: r.M2MEnabled, Kind: models.Kind(r.Kind), TokenPrefix: r.TokenPrefix,
		APITokens: models.Visibility(r.APITokens), PersonalTokens: models.Visibility(r.PersonalTokens),
		TokenTTL: time.Duration(r.TokenTTLSeconds) * time.Second, KeyCheck: r.KeyCheck,
		Policy: models.Policy(r.Policy), UpdatedAt: r.Updated.time(),
		AccessTokenFormat: models.AccessTokenFormat(r.AccessTokenFormat), RefreshTTL: time.Duration(r.RefreshTTLSeconds) * time.Second,
		CookieSameSite: models.SameSite(r.CookieSameSite), ForcePermissions: r.ForcePermissions,
		RolesInJWT: r.RolesInJWT, PermissionsInJWT: r.PermissionsInJWT, Audiences: textsOf(r.Audiences),
	}
}

// errPresent leaves a transaction that has nothing to do.
var errPresent = errors.New("already there")

// Bootstrap makes the environment: its settings, the permissions, and the
// roles, which name permissions by key. It does so once: where there are
// settings already it changes nothing and gives false. Of several replicas at
// once, one does it.
func (s *Store) Bootstrap(ctx context.Context, settings models.Settings, permissions []models.Permission,
	roles []models.Role, event models.Event,
) (bool, error) {
	// Nearly every start finds them, and needs no writer to see that.
	if _, err := s.Settings(ctx); !errors.Is(err, models.ErrNotFound) {
		return false, err
	}
	row := settingsRow{
		ID: theRow, ClientID: settings.ClientID, M2MEnabled: settings.M2MEnabled, Kind: string(settings.Kind),
		TokenPrefix: settings.TokenPrefix, APITokens: string(settings.APITokens),
		PersonalTokens: string(settings.PersonalTokens), TokenTTLSeconds: int64(settings.TokenTTL / time.Second),
		KeyCheck: settings.KeyCheck, Updated: stamp(settings.UpdatedAt), Policy: policy(settings.Policy),
		AccessTokenFormat: string(settings.AccessTokenFormat), RefreshTTLSeconds: int64(settings.RefreshTTL / time.Second),
		CookieSameSite: string(settings.CookieSameSite), ForcePermissions: settings.ForcePermissions,
		RolesInJWT: settings.RolesInJWT, PermissionsInJWT: settings.PermissionsInJWT, Audiences: listText(settings.Audiences),
	}
	err := s.write(ctx, "bootstrap", []models.Event{event}, func(tx *gorm.DB) error {
		created := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if created.Error != nil {
			return created.Error
		}
		if created.RowsAffected == 0 {
			return errPresent
		}
		for _, p := range permissions {
			if err := tx.Create(newPermissionRow(p)).Error; err != nil {
				return err
			}
		}
		for _, r := range roles {
			if err := createRole(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errPresent) {
		return false, nil
	}
	return err == nil, err
}

// Settings gives the environment; models.ErrNotFound before Bootstrap.
func (s *Store) Settings(ctx context.Context) (models.Settings, error) {
	var row settingsRow
	err := s.one(ctx, "settings", func(db *gorm.DB) error {
		return db.Where("id = ?", theRow).Take(&row).Error
	})
	return row.settings(), err
}

// UpdateSettings changes the parts of the environment that change names.
func (s *Store) UpdateSettings(ctx context.Context, change models.SettingsChange, event models.Event) error {
	columns := map[string]any{"updated_at": stamp(change.At)}
	set(columns, "m2m_enabled", change.M2MEnabled)
	set(columns, "kind", change.Kind)
	set(columns, "api_tokens", change.APITokens)
	set(columns, "personal_tokens", change.PersonalTokens)
	set(columns, "access_token_format", change.AccessTokenFormat)
	set(columns, "cookie_same_site", change.CookieSameSite)
	set(columns, "force_permissions", change.ForcePermissions)
	set(columns, "roles_in_jwt", change.RolesInJWT)
	set(columns, "permissions_in_jwt", change.PermissionsInJWT)
	if change.TokenTTL != nil {
		columns["token_ttl_seconds"] = int64(*change.TokenTTL / time.Second)
	}
	if change.Audiences != nil {
		columns["audiences"] = listText(*change.Audiences)
	}
	if change.RefreshTTL != nil {
		columns["refresh_ttl_seconds"] = int64(*change.RefreshTTL / time.Second)
	}
	return s.write(ctx, "update settings", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Model(&settingsRow{}).Where("id = ?", theRow).Updates(columns))
	})
}

// listText is how a list of texts is kept, as JSON.
func listText(list []string) string {
	text, _ := json.Marshal(append([]string{}, list...)) // strings always marshal
	return string(text)
}

// textsOf reads what listText wrote, nil for an empty list.
func textsOf(text string) []string {
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) == 0 {
		return nil // only listText writes here
	}
	return list
}

// set gives a column the value that a change names; nil leaves it as it is.
func set[T any](columns map[string]any, name string, value *T) {
	if value != nil {
		columns[name] = *value
	}
}
