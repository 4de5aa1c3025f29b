package tokens

import (
	"net/netip"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// inForce is a secret that lives.
var inForce = models.TokenSecret{EndsAt: models.NeverExpires}

// everythingWrong is a personal token with every fault at once.
func everythingWrong() models.Credential {
	before := noon.Add(-time.Hour)
	return models.Credential{
		Token:    models.Token{Context: models.Personal, Kind: models.AccessToken, RevokedAt: &before, ExpiresAt: before, DisabledAt: &before, Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}},
		Secret:   models.TokenSecret{ReplacedAt: &before, EndsAt: before},
		Tenant:   models.Tenant{M2M: models.Off, DisabledAt: &before},
		Settings: models.Settings{M2MEnabled: true, Policy: models.Policy{AddressesRequired: models.Rule[bool]{}.Save(true, before, before)}},
	}
}

// Mending the faults one by one uncovers the reasons in their order.
func TestJudge_ReasonsInTheirOrder(t *testing.T) {
	t.Parallel()
	c := everythingWrong()
	at := noon
	for _, step := range []struct {
		want Reason
		mend func()
	}{
		{Revoked, func() { c.Token.RevokedAt = nil }},
		{Expired, func() { c.Token.ExpiresAt = models.NeverExpires }},
		{SecretEnded, func() { c.Secret.EndsAt = models.NeverExpires }},
		{TenantDisabled, func() { c.Tenant.DisabledAt = nil }},
		{UserGone, func() { c.Owner = &models.User{DisabledAt: &at} }},
		{UserGone, func() { c.Membership = &models.Membership{DisabledAt: &at} }},
		{UserDisabled, func() { c.Owner.DisabledAt = nil }},
		{UserDisabled, func() { c.Membership.DisabledAt = nil }},
		{M2MDisabled, func() { c.Tenant.M2M = models.Inherited }},
		{Disabled, func() { c.Token.DisabledAt = nil }},
		{AddressNotAllowed, func() { c.Token.Addresses = nil }},
		{Policy, func() { c.Settings.Policy = models.Policy{} }},
		{"", func() {}},
	} {
		if got := judge(c, c.Token.ExpiresAt, "", noon); got != step.want {
			t.Fatalf("judge = %q, want %q", got, step.want)
		}
		step.mend()
	}
}

func TestJudge_UserStateIsNoMatterForAPITokens(t *testing.T) {
	t.Parallel()
	c := models.Credential{
		Token: models.Token{Context: models.API, ExpiresAt: models.NeverExpires}, Secret: inForce,
		Settings: models.Settings{M2MEnabled: true}, Tenant: models.Tenant{M2M: models.Inherited},
	}
	if got := judge(c, c.Token.ExpiresAt, "", noon); got != "" {
		t.Errorf("judge = %q", got)
	}
}

func TestJudge_M2MOverrides(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		environment bool
		account     models.Inherit
		want        Reason
	}{
		{true, models.Inherited, ""},
		{true, models.On, ""},
		{true, models.Off, M2MDisabled},
		{false, models.Inherited, M2MDisabled},
		{false, models.On, ""},
		{false, models.Off, M2MDisabled},
		{false, "", M2MDisabled},
	} {
		c := models.Credential{
			Token: models.Token{Context: models.API, ExpiresAt: models.NeverExpires}, Secret: inForce,
			Tenant: models.Tenant{M2M: tc.account}, Settings: models.Settings{M2MEnabled: tc.environment},
		}
		if got := judge(c, c.Token.ExpiresAt, "", noon); got != tc.want {
			t.Errorf("environment %v, account %q: %q, want %q", tc.environment, tc.account, got, tc.want)
		}
	}
}

func TestJudge_ExpiredExactlyNow(t *testing.T) {
	t.Parallel()
	c := models.Credential{
		Token: models.Token{Context: models.API, ExpiresAt: noon}, Secret: inForce,
		Tenant: models.Tenant{M2M: models.On},
	}
	for _, tc := range []struct {
		now  time.Time
		want Reason
	}{
		{noon.Add(-time.Microsecond), ""},
		{noon, Expired},
		{noon.Add(time.Microsecond), Expired},
		{noon.In(time.FixedZone("east", 3*3600)), Expired},
	} {
		if got := judge(c, c.Token.ExpiresAt, "", tc.now); got != tc.want {
			t.Errorf("at %s: %q, want %q", tc.now, got, tc.want)
		}
	}
}

func TestLifetime_WholeSecondsNeverBeyondTheCredential(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		now, ends time.Time
		wantIat   time.Time
		wantExp   time.Time
	}{
		"never":                     {noon, models.NeverExpires, noon, noon.Add(time.Hour)},
		"iat is rounded down":       {noon.Add(999 * time.Millisecond), models.NeverExpires, noon, noon.Add(time.Hour)},
		"cut at the end":            {noon, noon.Add(90 * time.Second), noon, noon.Add(90 * time.Second)},
		"the end is rounded down":   {noon, noon.Add(1999 * time.Millisecond), noon, noon.Add(time.Second)},
		"end just before the life":  {noon, noon.Add(time.Hour - time.Microsecond), noon, noon.Add(time.Hour - time.Second)},
		"another zone":              {noon.In(time.FixedZone("east", 3600)), models.NeverExpires, noon, noon.Add(time.Hour)},
		"less than a second is old": {noon.Add(500 * time.Millisecond), noon.Add(900 * time.Millisecond), noon, noon},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := models.Credential{
				Token: models.Token{ExpiresAt: tc.ends}, Secret: inForce, Settings: models.Settings{TokenTTL: time.Hour},
			}
			iat, exp, err := lifetime(c, tc.now)
			if err != nil {
				t.Fatal(err)
			}
			if !iat.Equal(tc.wantIat) || !exp.Equal(tc.wantExp) {
				t.Errorf("iat %s exp %s, want %s and %s", iat, exp, tc.wantIat, tc.wantExp)
			}
			if exp.After(tc.ends) || iat.After(tc.now) {
				t.Error("the JWT outlives its credential, or begins in the future")
			}
		})
	}
}

func TestIntersect_SortedOnceAndNeverNil(t *testing.T) {
	t.Parallel()
	got := intersect([]string{"b", "a", "b", "c"}, []string{"b", "a", "d"})
	if len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("intersect = %v", got)
	}
	if intersect(nil, nil) == nil {
		t.Error("nothing in common is nil")
	}
}

func TestBelongs_ClaimsOfAnotherCredentialDoNot(t *testing.T) {
	t.Parallel()
	c := models.Credential{
		Token:    models.Token{ID: "c", TenantID: "t", UserID: "u", Context: models.Personal, Kind: models.ClientCredentials},
		Settings: models.Settings{ClientID: "e"},
	}
	good := m2m.Claims{Subject: "c", TenantID: "t", UserID: "u", Type: m2m.UserAPIToken, Audience: "e"}
	if !belongs(good, c) {
		t.Fatal("its own claims do not belong")
	}
	for name, change := range map[string]func(*m2m.Claims, *models.Credential){
		"subject":  func(m *m2m.Claims, _ *models.Credential) { m.Subject = "d" },
		"tenant":   func(m *m2m.Claims, _ *models.Credential) { m.TenantID = "s" },
		"user":     func(m *m2m.Claims, _ *models.Credential) { m.UserID = "" },
		"type":     func(m *m2m.Claims, _ *models.Credential) { m.Type = m2m.TenantAPIToken },
		"audience": func(m *m2m.Claims, _ *models.Credential) { m.Audience = "" },
		"kind":     func(_ *m2m.Claims, c *models.Credential) { c.Token.Kind = models.AccessToken },
	} {
		claims, credential := good, c
		change(&claims, &credential)
		if belongs(claims, credential) {
			t.Errorf("another %s belongs", name)
		}
	}
}
