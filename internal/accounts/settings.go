package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

type settingsStore interface {
	Bootstrap(ctx context.Context, settings models.Settings, permissions []models.Permission, roles []models.Role, event models.Event) (bool, error)
	Settings(ctx context.Context) (models.Settings, error)
	UpdateSettings(ctx context.Context, change models.SettingsChange, event models.Event) error
}

// Settings is the environment. Anyone may ask: pages need it before they know
// who is looking.
func (a *Accounts) Settings(ctx context.Context) (models.Settings, error) {
	s, err := a.store.Settings(ctx)
	if err != nil {
		return models.Settings{}, fmt.Errorf("read the settings: %w", err)
	}
	return s, nil
}

// M2MInput is how the environment's customers authenticate their programs.
type M2MInput struct {
	// Enabled is the master switch.
	Enabled bool
	// Kind is what people make.
	Kind models.Kind
	// Format is what new access tokens are.
	Format models.AccessTokenFormat
}

// UpdateM2M sets all of it. Problems: kind unknown_kind, format unknown_format.
func (a *Accounts) UpdateM2M(ctx context.Context, caller models.Caller, in M2MInput) error {
	change := models.SettingsChange{M2MEnabled: &in.Enabled, Kind: &in.Kind, AccessTokenFormat: &in.Format}
	return a.update(ctx, caller, change, "m2m", func(c *checker) {
		if !in.Kind.Valid() {
			c.problems.Add("kind", "unknown_kind")
		}
		if !in.Format.Valid() {
			c.problems.Add("format", "unknown_format")
		}
	})
}

// UpdateModules sets who sees the two token modules of the portal; nil leaves one
// as it is. Problems: api and personal unknown_visibility.
func (a *Accounts) UpdateModules(ctx context.Context, caller models.Caller, api, personal *models.Visibility) error {
	change := models.SettingsChange{APITokens: api, PersonalTokens: personal}
	return a.update(ctx, caller, change, "modules", func(c *checker) {
		if api != nil && !api.Valid() {
			c.problems.Add("api", "unknown_visibility")
		}
		if personal != nil && !personal.Valid() {
			c.problems.Add("personal", "unknown_visibility")
		}
	})
}

// The shortest life that JWTs and refresh tokens can be given, and the longest
// of refresh tokens.
const (
	shortestTTL    = time.Minute
	longestRefresh = 180 * 24 * time.Hour
)

// UpdateConfiguration sets the parts of the environment that Frontegg's clients
// know, of those that the change names. Problems: kind unknown_kind, format
// unknown_format, sameSite unknown_same_site, tokenTTL and refreshTTL
// seconds_range.
func (a *Accounts) UpdateConfiguration(ctx context.Context, caller models.Caller, change models.SettingsChange) error {
	return a.update(ctx, caller, change, "configuration", func(c *checker) {
		if change.Kind != nil && !change.Kind.Valid() {
			c.problems.Add("kind", "unknown_kind")
		}
		if change.AccessTokenFormat != nil && !change.AccessTokenFormat.Valid() {
			c.problems.Add("format", "unknown_format")
		}
		if change.CookieSameSite != nil && !change.CookieSameSite.Valid() {
			c.problems.Add("sameSite", "unknown_same_site")
		}
		c.life("tokenTTL", change.TokenTTL, models.LongestJWT)
		c.life("refreshTTL", change.RefreshTTL, longestRefresh)
	})
}

// life is how long something lives, nil for as long as before.
func (c *checker) life(field string, value *time.Duration, most time.Duration) {
	if value != nil && (*value < shortestTTL || *value > most) {
		c.problems.Add(field, "seconds_range", "min", int(shortestTTL.Seconds()), "max", int(most.Seconds()))
	}
}

func (a *Accounts) update(ctx context.Context, caller models.Caller, change models.SettingsChange, part string, check func(*checker)) error {
	e := a.event(caller, models.SettingsUpdated).About("settings", "", part)
	if err := a.allow(ctx, caller, e); err != nil {
		return err
	}
	var c checker
	check(&c)
	if err := c.err(); err != nil {
		return err
	}
	change.At = e.At
	if err := a.store.UpdateSettings(ctx, change, e); err != nil {
		return fmt.Errorf("update the settings: %w", err)
	}
	return nil
}
