package accounts

import (
	"slices"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// fleet is five accounts in all the ways to follow the environment or not.
func fleet(m2m bool) Impact {
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	tenants := []models.Tenant{
		{ID: "inherits", Name: "Acme", M2M: models.Inherited},
		{ID: "disabled", Name: "Bolt", M2M: models.Inherited, DisabledAt: &at},
		{ID: "on", Name: "Globex", M2M: models.On, Kind: models.AccessToken},
		{ID: "off", Name: "Initech", M2M: models.Off, Kind: models.ClientCredentials},
		{ID: "empty", Name: "Zorg", M2M: models.Inherited},
	}
	count := func(id string, kind models.Kind, live, used int) models.TenantTokenCounts {
		return models.TenantTokenCounts{TenantID: id, Kind: kind, TokenCounts: models.TokenCounts{Live: live, Used: used}}
	}
	return NewImpact(models.Settings{M2MEnabled: m2m, Kind: models.ClientCredentials}, tenants, []models.TenantTokenCounts{
		count("inherits", models.AccessToken, 10, 4), count("inherits", models.ClientCredentials, 20, 5),
		count("disabled", models.AccessToken, 100, 0), count("on", models.AccessToken, 1000, 300),
		count("off", models.ClientCredentials, 7, 0), count("gone", models.AccessToken, 99999, 99999),
	})
}

func TestImpact_Totals(t *testing.T) {
	t.Parallel()
	i := fleet(true)
	for name, c := range map[string]struct{ got, want models.TokenCounts }{
		"all":                {i.Total(), models.TokenCounts{Live: 1137, Used: 309}},
		"access tokens":      {i.OfKind(models.AccessToken), models.TokenCounts{Live: 1110, Used: 304}},
		"client credentials": {i.OfKind(models.ClientCredentials), models.TokenCounts{Live: 27, Used: 5}},
		"no kind":            {i.OfKind(""), models.TokenCounts{}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", name, c.got, c.want)
		}
	}
}

func TestImpact_MasterSwitchTouchesOnlyWhoInherits(t *testing.T) {
	t.Parallel()
	for _, now := range []bool{true, false} {
		i := fleet(now)
		if got, want := i.Refused(false), (models.TokenCounts{Live: 30, Used: 9}); got != want {
			t.Errorf("off, from %t: %+v, want %+v", now, got, want)
		}
		if got := i.Refused(true); got != (models.TokenCounts{}) {
			t.Errorf("on, from %t: %+v, want none", now, got)
		}
	}
}

func TestImpact_OfOneAccountsSwitch(t *testing.T) {
	t.Parallel()
	none := models.TokenCounts{}
	all := models.TokenCounts{Live: 30, Used: 9}
	for _, c := range []struct {
		env  bool
		id   string
		m2m  models.Inherit
		want models.TokenCounts
	}{
		{true, "inherits", models.Inherited, none}, {true, "inherits", models.On, none}, {true, "inherits", models.Off, all},
		{false, "inherits", models.Inherited, all}, {false, "inherits", models.On, none}, {false, "inherits", models.Off, all},
		{true, "off", models.Off, models.TokenCounts{Live: 7}}, {true, "off", models.Inherited, none},
		{true, "disabled", models.Off, none}, {true, "empty", models.Off, none}, {true, "unknown", models.Off, none},
	} {
		if got := fleet(c.env).RefusedIn(c.id, c.m2m); got != c.want {
			t.Errorf("environment %t, %s to %s: %+v, want %+v", c.env, c.id, c.m2m, got, c.want)
		}
	}
}

func TestImpact_DisablingCountsWhatWorksNow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  bool
		id   string
		want models.TokenCounts
	}{
		{true, "inherits", models.TokenCounts{Live: 30, Used: 9}}, {false, "inherits", models.TokenCounts{}},
		{false, "on", models.TokenCounts{Live: 1000, Used: 300}}, {true, "off", models.TokenCounts{}},
		{true, "disabled", models.TokenCounts{}}, {true, "unknown", models.TokenCounts{}},
	} {
		if got := fleet(c.env).RefusedByDisabling(c.id); got != c.want {
			t.Errorf("environment %t, %s: %+v, want %+v", c.env, c.id, got, c.want)
		}
	}
}

func TestImpact_NamesWhoKeepsTheirOwn(t *testing.T) {
	t.Parallel()
	i := fleet(true)
	for name, e := range map[string]Exceptions{"switch": i.OwnSwitch(5), "kind": i.OwnKind(5)} {
		if e.Inheriting != 3 || e.Own != 2 || !slices.Equal(e.Names, []string{"Globex", "Initech"}) {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if e := i.OwnKind(1); e.Own != 2 || !slices.Equal(e.Names, []string{"Globex"}) {
		t.Errorf("one name: %+v", e)
	}
}
