package accounts

import (
	"context"
	"fmt"

	"github.com/latchkey-dev/latchkey/models"
)

// Impact is what the M2M pages say before a change is saved: the live tokens
// of each account, and who keeps a setting of its own. Its methods are pure.
type Impact struct {
	Settings models.Settings
	// Accounts are those that the change may touch, by name.
	Accounts []AccountImpact
}

// AccountImpact is one account and its live tokens of either kind.
type AccountImpact struct {
	Tenant            models.Tenant
	AccessTokens      models.TokenCounts
	ClientCredentials models.TokenCounts
}

// Total is the account's live tokens of both kinds.
func (a AccountImpact) Total() models.TokenCounts { return a.AccessTokens.Add(a.ClientCredentials) }

// refused is what the account's tokens come to when its switch in force is on
// or off. The tokens of a disabled account are refused as it is: no switch
// refuses them a second time.
func (a AccountImpact) refused(on bool) models.TokenCounts {
	if on || a.Tenant.Disabled() {
		return models.TokenCounts{}
	}
	return a.Total()
}

// Exceptions are the accounts that don't follow one of the environment's
// settings.
type Exceptions struct {
	// Inheriting counts those that do.
	Inheriting int
	// Own counts those that don't; Names are the first of them, by name.
	Own   int
	Names []string
}

// Impact reads what a change of the environment's switch and kind would touch.
func (a *Accounts) Impact(ctx context.Context, caller models.Caller) (Impact, error) {
	if err := read(caller); err != nil {
		return Impact{}, err
	}
	tenants, err := a.store.AllTenants(ctx)
	if err != nil {
		return Impact{}, fmt.Errorf("list accounts: %w", err)
	}
	return a.impact(ctx, "", tenants)
}

// TenantImpact reads what a change of one account would touch: an Impact that
// knows of that account alone.
func (a *Accounts) TenantImpact(ctx context.Context, caller models.Caller, tenantID string) (Impact, error) {
	if err := read(caller); err != nil {
		return Impact{}, err
	}
	t, err := a.tenant(ctx, tenantID)
	if err != nil {
		return Impact{}, err
	}
	return a.impact(ctx, tenantID, []models.Tenant{t})
}

func (a *Accounts) impact(ctx context.Context, tenantID string, tenants []models.Tenant) (Impact, error) {
	settings, err := a.store.Settings(ctx)
	if err != nil {
		return Impact{}, fmt.Errorf("read the settings: %w", err)
	}
	counts, err := a.store.TokenCounts(ctx, tenantID, models.Stamp(a.now()))
	if err != nil {
		return Impact{}, fmt.Errorf("count tokens: %w", err)
	}
	return NewImpact(settings, tenants, counts), nil
}

// NewImpact joins what was read.
func NewImpact(settings models.Settings, tenants []models.Tenant, counts []models.TenantTokenCounts) Impact {
	i := Impact{Settings: settings, Accounts: make([]AccountImpact, len(tenants))}
	place := make(map[string]int, len(tenants))
	for n, t := range tenants {
		i.Accounts[n].Tenant = t
		place[t.ID] = n
	}
	for _, c := range counts {
		n, ok := place[c.TenantID]
		if !ok {
			continue
		}
		switch c.Kind {
		case models.AccessToken:
			i.Accounts[n].AccessTokens = i.Accounts[n].AccessTokens.Add(c.TokenCounts)
		case models.ClientCredentials:
			i.Accounts[n].ClientCredentials = i.Accounts[n].ClientCredentials.Add(c.TokenCounts)
		}
	}
	return i
}

// Total is all live tokens.
func (i Impact) Total() models.TokenCounts {
	return i.OfKind(models.AccessToken).Add(i.OfKind(models.ClientCredentials))
}

// OfKind is all live tokens of one kind.
func (i Impact) OfKind(kind models.Kind) models.TokenCounts {
	var sum models.TokenCounts
	for _, a := range i.Accounts {
		switch kind {
		case models.AccessToken:
			sum = sum.Add(a.AccessTokens)
		case models.ClientCredentials:
			sum = sum.Add(a.ClientCredentials)
		}
	}
	return sum
}

// OfTenant is one account and its live tokens; false when there is none.
func (i Impact) OfTenant(tenantID string) (AccountImpact, bool) {
	for _, a := range i.Accounts {
		if a.Tenant.ID == tenantID {
			return a, true
		}
	}
	return AccountImpact{}, false
}

// Refused is the live tokens that are refused with the master switch at
// enabled: those of the accounts that inherit it.
func (i Impact) Refused(enabled bool) models.TokenCounts {
	var sum models.TokenCounts
	for _, a := range i.Accounts {
		if a.Tenant.M2M != models.On && a.Tenant.M2M != models.Off {
			sum = sum.Add(a.refused(enabled))
		}
	}
	return sum
}

// RefusedIn is the live tokens of one account that are refused with its own
// switch at m2m.
func (i Impact) RefusedIn(tenantID string, m2m models.Inherit) models.TokenCounts {
	a, _ := i.OfTenant(tenantID)
	return a.refused(m2m.Over(i.Settings.M2MEnabled))
}

// RefusedByDisabling is the live tokens of one account that work now and
// don't once it is disabled.
func (i Impact) RefusedByDisabling(tenantID string) models.TokenCounts {
	a, ok := i.OfTenant(tenantID)
	if !ok || !a.Tenant.M2MOn(i.Settings) {
		return models.TokenCounts{}
	}
	return a.refused(false)
}

// OwnSwitch is who keeps an M2M switch of its own, with at most names names.
func (i Impact) OwnSwitch(names int) Exceptions {
	return i.exceptions(names, func(t models.Tenant) bool { return t.M2M == models.On || t.M2M == models.Off })
}

// OwnKind is who keeps a kind of its own, with at most names names.
func (i Impact) OwnKind(names int) Exceptions {
	return i.exceptions(names, func(t models.Tenant) bool { return t.Kind.Valid() })
}

func (i Impact) exceptions(names int, own func(models.Tenant) bool) Exceptions {
	var e Exceptions
	for _, a := range i.Accounts {
		if !own(a.Tenant) {
			e.Inheriting++
			continue
		}
		e.Own++
		if len(e.Names) < names {
			e.Names = append(e.Names, a.Tenant.Name)
		}
	}
	return e
}
