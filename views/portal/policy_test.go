package portal

import (
	"net/netip"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/words"
)

func TestExpiryUnder_TheSoonerEndCounts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	life := func(n int, from time.Time) models.Policy {
		return models.Policy{MaxLife: models.Rule[time.Duration]{}.Save(models.LifeOf(n), from, now)}
	}
	for name, row := range map[string]struct {
		policies      models.Policies
		own           time.Time
		exact, refuse string
	}{
		"no policy":             {models.Policies{}, now.Add(5 * day), words.Instant(t.Context(), now.Add(5*day)), ""},
		"its own end is sooner": {models.Policies{Account: life(30, now)}, now.Add(5 * day), words.Instant(t.Context(), now.Add(5*day)), ""},
		"the account's":         {models.Policies{Account: life(30, now)}, models.NeverExpires, words.Date(t.Context(), now.Add(20*day)) + ", by policy", ""},
		"from a date":           {models.Policies{Environment: life(5, now.Add(3*day))}, models.NeverExpires, words.Date(t.Context(), now.Add(3*day)) + ", by policy", ""},
		"refused by the account": {models.Policies{Account: life(5, now)}, now.Add(5 * day), words.Instant(t.Context(), now.Add(5*day)),
			"Refused: policy of Acme"},
		"refused by the vendor": {models.Policies{Environment: models.Policy{AddressesRequired: models.Rule[bool]{}.Save(true, now, now)}},
			models.NeverExpires, "", "Refused: policy of your vendor"},
	} {
		token := models.Token{CreatedAt: now.Add(-10 * day), ExpiresAt: row.own}
		if got := expiryUnder(t.Context(), row.policies, token, now).Exact.Text; got != row.exact {
			t.Errorf("%s: ends %q, want %q", name, got, row.exact)
		}
		if got := policyMark(t.Context(), row.policies, "Acme", token, now); got != row.refuse {
			t.Errorf("%s: %q, want %q", name, got, row.refuse)
		}
	}
	within := models.Token{Addresses: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}}
	required := models.Policies{Environment: models.Policy{AddressesRequired: models.Rule[bool]{}.Save(true, now, now)}}
	if got := policyMark(t.Context(), required, "Acme", within, now); got != "" {
		t.Errorf("a token with addresses: %q", got)
	}
}
