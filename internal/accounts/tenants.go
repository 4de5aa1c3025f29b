package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-dev/latchkey/models"
)

// Pages of accounts hold 50 unless asked otherwise, and at most 200.
const (
	defaultPage = 50
	maxPage     = 200
)

type tenantStore interface {
	// TokenCounts are those of every account when tenantID is empty.
	TokenCounts(ctx context.Context, tenantID string, now time.Time) ([]models.TenantTokenCounts, error)
	AllTenants(ctx context.Context) ([]models.Tenant, error)
	CreateTenant(ctx context.Context, t models.Tenant, event models.Event) error
	Tenant(ctx context.Context, id string) (models.Tenant, error)
	Tenants(ctx context.Context, q models.TenantQuery, now time.Time) (models.TenantPage, error)
	SetTenantM2M(ctx context.Context, id string, m2m models.Inherit, kind models.Kind, event models.Event) error
	SetTenantDisabled(ctx context.Context, id string, at *time.Time, event models.Event) error
}

// Tenants is one page of accounts, by name. A limit out of range is brought
// into it. Problems: q characters, too_long.
func (a *Accounts) Tenants(ctx context.Context, caller models.Caller, q models.TenantQuery) (models.TenantPage, error) {
	if err := read(caller); err != nil {
		return models.TenantPage{}, err
	}
	var c checker
	q.Search = c.text("q", norm.NFC.String(q.Search), models.MaxSearch)
	if err := c.err(); err != nil {
		return models.TenantPage{}, err
	}
	if q.After != "" && !models.ValidID(q.After) {
		return models.TenantPage{}, models.ErrNotFound
	}
	if q.Limit < 1 {
		q.Limit = defaultPage
	}
	q.Limit = min(q.Limit, maxPage)
	page, err := a.store.Tenants(ctx, q, models.Stamp(a.now()))
	if err != nil {
		return models.TenantPage{}, fmt.Errorf("list accounts: %w", err)
	}
	return page, nil
}

// Tenant is one account.
func (a *Accounts) Tenant(ctx context.Context, caller models.Caller, id string) (models.Tenant, error) {
	if err := read(caller); err != nil {
		return models.Tenant{}, err
	}
	return a.tenant(ctx, id)
}

func (a *Accounts) tenant(ctx context.Context, id string) (models.Tenant, error) {
	if !models.ValidID(id) {
		return models.Tenant{}, models.ErrNotFound
	}
	t, err := a.store.Tenant(ctx, id)
	if err != nil {
		return models.Tenant{}, fmt.Errorf("read account %s: %w", id, err)
	}
	return t, nil
}

// CreateTenant makes an account that inherits everything. Problems: name
// required, too_long, characters, taken.
func (a *Accounts) CreateTenant(ctx context.Context, caller models.Caller, name string) (models.Tenant, error) {
	e := a.event(caller, models.TenantCreated).About("tenant", "", "")
	if err := a.allow(ctx, caller, e); err != nil {
		return models.Tenant{}, err
	}
	var c checker
	name = c.required("name", name, models.MaxName)
	if err := c.err(); err != nil {
		return models.Tenant{}, err
	}
	t := models.Tenant{ID: models.NewID(e.At), Name: name, M2M: models.Inherited, CreatedAt: e.At}
	err := a.store.CreateTenant(ctx, t, e.About("tenant", t.ID, name).In(t.ID))
	if errors.Is(err, models.ErrConflict) {
		return models.Tenant{}, models.Invalid("name", "taken")
	}
	if err != nil {
		return models.Tenant{}, fmt.Errorf("create an account: %w", err)
	}
	return t, nil
}

// SetTenantM2M sets the account's own switch and kind; models.Inherited and
// an empty kind follow the environment. Problems: m2m unknown_switch, kind
// unknown_kind.
func (a *Accounts) SetTenantM2M(ctx context.Context, caller models.Caller, id string, m2m models.Inherit, kind models.Kind) error {
	e := a.event(caller, models.TenantUpdated).About("tenant", id, "")
	if err := a.allow(ctx, caller, e); err != nil {
		return err
	}
	t, err := a.tenant(ctx, id)
	if err != nil {
		return err
	}
	var c checker
	if !m2m.Valid() {
		c.problems.Add("m2m", "unknown_switch")
	}
	if kind != "" && !kind.Valid() {
		c.problems.Add("kind", "unknown_kind")
	}
	if err := c.err(); err != nil {
		return err
	}
	if err := a.store.SetTenantM2M(ctx, id, m2m, kind, e.About("tenant", id, t.Name).In(id)); err != nil {
		return fmt.Errorf("set M2M of account %s: %w", id, err)
	}
	return nil
}

// DisableTenant refuses all tokens of the account and ends its people's
// sessions there. Disabling a second time changes nothing.
func (a *Accounts) DisableTenant(ctx context.Context, caller models.Caller, id string) error {
	return a.setTenantDisabled(ctx, caller, id, true)
}

// EnableTenant undoes DisableTenant; ended sessions stay ended.
func (a *Accounts) EnableTenant(ctx context.Context, caller models.Caller, id string) error {
	return a.setTenantDisabled(ctx, caller, id, false)
}

func (a *Accounts) setTenantDisabled(ctx context.Context, caller models.Caller, id string, disabled bool) error {
	e := a.event(caller, turn(disabled, models.TenantDisabled, models.TenantEnabled)).About("tenant", id, "")
	if err := a.allow(ctx, caller, e); err != nil {
		return err
	}
	t, err := a.tenant(ctx, id)
	if err != nil || t.Disabled() == disabled {
		return err
	}
	if err := a.store.SetTenantDisabled(ctx, id, since(disabled, e.At), e.About("tenant", id, t.Name).In(id)); err != nil {
		return fmt.Errorf("disable or enable account %s: %w", id, err)
	}
	return nil
}

// turn names the action of a switch that has two.
func turn(disabled bool, off, on models.Action) models.Action {
	if disabled {
		return off
	}
	return on
}

// since is when something was disabled, nil for enabled.
func since(disabled bool, at time.Time) *time.Time {
	if !disabled {
		return nil
	}
	return &at
}
