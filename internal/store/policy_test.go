package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// fullPolicy demands everything, in every way that it can.
func fullPolicy() models.Policy {
	const day = 24 * time.Hour
	return models.Policy{
		MaxLife: models.Rule[time.Duration]{}.Save(90*day, models.NeverExpires, noon).
			Save(30*day, noon.Add(9*day), noon.Add(time.Hour)),
		AddressesRequired: models.Rule[bool]{}.Save(true, noon, noon),
		CreatePermission:  "tokens.make",
		Lives:             []int{0, 1, 365},
	}
}

func TestChangePolicy_IsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("nightly"))
		want := fullPolicy()
		write := func(tenantID string, p models.Policy) {
			ok(t, s.ChangePolicy(t.Context(), tenantID, func(models.Policy) (models.Policy, error) { return p, nil }, event(models.TenantUpdated)))
		}
		write("", want)
		write(w.tenant.ID, models.Policy{CreatePermission: "a"})
		settings, err := s.Settings(t.Context())
		ok(t, err)
		tenant, err := s.Tenant(t.Context(), w.tenant.ID)
		ok(t, err)
		if diff := cmp.Diff(want, settings.Policy) + cmp.Diff(models.Policy{CreatePermission: "a"}, tenant.Policy); diff != "" {
			t.Errorf("(-written +read):\n%s", diff)
		}
		credential, err := s.CredentialByID(t.Context(), token.ID)
		ok(t, err)
		if diff := cmp.Diff(models.Policies{Environment: settings.Policy, Account: tenant.Policy}, credential.Policies()); diff != "" {
			t.Errorf("a credential has others:\n%s", diff)
		}
		write("", models.Policy{})
		if got := textsOf(t, s, "SELECT policy FROM settings"); got[0] != "{}" {
			t.Errorf("no policy is kept as %s", got[0])
		}
	})
}

func TestChangePolicy_OfTwoAtOnceNeitherIsLost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, tenantID := range []string{"", w.tenant.ID} {
			errs := atOnce(8, func(i int) error {
				return s.ChangePolicy(t.Context(), tenantID, func(p models.Policy) (models.Policy, error) {
					p.Lives = append(p.Lives, i)
					return p, nil
				}, event(models.TenantUpdated))
			})
			for _, err := range errs {
				ok(t, err)
			}
		}
		settings, err := s.Settings(t.Context())
		ok(t, err)
		tenant, err := s.Tenant(t.Context(), w.tenant.ID)
		ok(t, err)
		if len(settings.Policy.Lives) != 8 || len(tenant.Policy.Lives) != 8 {
			t.Errorf("%v and %v", settings.Policy.Lives, tenant.Policy.Lives)
		}
	})
}

func TestChangePolicy_RefusedChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		newWorld(t, s)
		before, err := s.Counter(t.Context())
		ok(t, err)
		err = s.ChangePolicy(t.Context(), "", func(models.Policy) (models.Policy, error) {
			return fullPolicy(), models.Invalid("life", "above")
		}, event(models.SettingsUpdated))
		if _, ok := errors.AsType[*models.InvalidError](err); !ok {
			t.Errorf("its own error came through as %v", err)
		}
		err = s.ChangePolicy(t.Context(), newID(), func(p models.Policy) (models.Policy, error) { return p, nil }, event(models.TenantUpdated))
		if !errors.Is(err, models.ErrNotFound) {
			t.Errorf("an unknown account: %v", err)
		}
		settings, err := s.Settings(t.Context())
		ok(t, err)
		if diff := cmp.Diff(models.Policy{}, settings.Policy); diff != "" {
			t.Error(diff)
		}
		after, err := s.Counter(t.Context())
		ok(t, err)
		if after != before {
			t.Errorf("%d events", after-before)
		}
	})
}

// Rule 12: what can't be read is never taken for "no policy".
func TestPolicy_OneThatCannotBeReadFailsWhateverReadsIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("nightly"))
		for _, table := range []string{"settings", "tenants"} {
			for _, document := range []string{
				"", "null", "[]", `{"maxAge": 3}`, `{"lives": ["1"]}`, `{}{}`, `{"maxLifeMinutes": 3}`,
				`{"maxLifeMinutes": [{"value": -1, "setAt": "2026-01-01T00:00:00Z", "from": "2026-01-01T00:00:00Z"}]}`,
				`{"maxLifeMinutes": [{"value": 9223372036854775807, "setAt": "2026-01-01T00:00:00Z", "from": "2026-01-01T00:00:00Z"}]}`,
				`{"addressesRequired": [{"value": true}]}`,
				`{"addressesRequired": [{"value": true, "setAt": "2026-01-02T00:00:00Z", "from": "2026-01-01T00:00:00Z"}]}`,
			} {
				_, err := s.Pool().ExecContext(t.Context(), "UPDATE "+table+" SET policy = '"+document+"'")
				ok(t, err)
				if c, err := s.CredentialByID(t.Context(), token.ID); err == nil {
					t.Errorf("%s %q: %+v", table, document, c.Policies())
				} else if errors.Is(err, models.ErrNotFound) || errors.Is(err, models.ErrConflict) {
					t.Errorf("%s %q: %v", table, document, err)
				}
				changed := func(p models.Policy) (models.Policy, error) { return p, nil }
				tenantID := ""
				if table == "tenants" {
					tenantID = w.tenant.ID
				}
				if err := s.ChangePolicy(t.Context(), tenantID, changed, event(models.TenantUpdated)); err == nil {
					t.Errorf("%s %q was written over", table, document)
				}
			}
			_, err := s.Pool().ExecContext(t.Context(), "UPDATE "+table+" SET policy = '{}'")
			ok(t, err)
		}
		_, err := s.CredentialByID(t.Context(), token.ID)
		ok(t, err)
	})
}
