package accounts_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestBootstrap_MakesTheEnvironmentOfTheProduct(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s, err := w.Settings(t.Context())
		must(t, err)
		if !s.M2MEnabled || s.Kind != models.ClientCredentials || s.TokenPrefix != "lk" || s.TokenTTL != time.Hour ||
			s.APITokens != models.Always || s.PersonalTokens != models.Always || len(s.ClientID) != 36 {
			t.Errorf("%+v", s)
		}
		if got := w.role(t, "Admin").Permissions; !slices.Equal(got, []string{"fe.secure.*"}) {
			t.Errorf("Admin holds %v", got)
		}
		if got := w.role(t, "Viewer").Permissions; !slices.Equal(got, []string{"fe.secure.read.*"}) {
			t.Errorf("Viewer holds %v", got)
		}
		permissions, err := w.Permissions(t.Context(), w.system)
		must(t, err)
		if len(permissions) != 12 {
			t.Errorf("%d permissions", len(permissions))
		}
	})
}

func TestBootstrap_AgainChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, err := w.Settings(t.Context())
		must(t, err)
		before := w.last(t)
		must(t, w.Bootstrap(t.Context(), accounts.Initial{TokenPrefix: "other", KeyCheck: []byte("check")}))
		second, err := w.Settings(t.Context())
		must(t, err)
		if second.ClientID != first.ClientID || second.TokenPrefix != "lk" || len(w.events(t, before)) != 0 {
			t.Errorf("%+v became %+v", first, second)
		}
	})
}

func TestBootstrap_WrongSecretKeyStopsTheStart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, check := range [][]byte{[]byte("other"), nil, []byte("check ")} {
			if err := w.Bootstrap(t.Context(), accounts.Initial{TokenPrefix: "lk", KeyCheck: check}); !errors.Is(err, accounts.ErrWrongKey) {
				t.Errorf("%q: %v", check, err)
			}
		}
	})
}

func TestBootstrap_SeveralReplicasAtOnceMakeOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		won, errs := together(10, func(int) error {
			a, err := accounts.New(accounts.Config{Store: s})
			if err != nil {
				return err
			}
			return a.Bootstrap(t.Context(), accounts.Initial{TokenPrefix: "lk", KeyCheck: []byte("check")})
		})
		if won != 10 {
			t.Errorf("%v", errs)
		}
		events, err := s.Events(t.Context(), 0, 100)
		must(t, err)
		if len(events) != 1 {
			t.Errorf("%d events", len(events))
		}
	})
}

func TestUpdateM2M_SetsAllOfItAndLeavesATrace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		noa := w.operator(t, "noa@vendor.example")
		before := w.last(t)
		must(t, w.UpdateM2M(t.Context(), noa, accounts.M2MInput{Kind: models.AccessToken, Format: models.JWT}))
		s, err := w.Settings(t.Context())
		must(t, err)
		if s.M2MEnabled || s.Kind != models.AccessToken || s.AccessTokenFormat != models.JWT || s.APITokens != models.Always {
			t.Errorf("%+v", s)
		}
		got := w.events(t, before)
		if len(got) != 1 || got[0].Action != models.SettingsUpdated || got[0].ActorID != noa.UserID || got[0].TargetName != "m2m" || got[0].TenantID != "" {
			t.Errorf("%+v", got)
		}
		for want, in := range map[string]accounts.M2MInput{
			"kind unknown_kind": {Kind: "Password", Format: models.JWT}, "format unknown_format": {Kind: models.AccessToken, Format: "JWT"},
		} {
			if got := problem(w.UpdateM2M(t.Context(), noa, in)); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	})
}

func TestUpdateModules_SetsBothOrTheOneThatIsNamed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		must(t, w.UpdateModules(t.Context(), w.system, new(models.Hidden), new(models.ByPermissions)))
		s, err := w.Settings(t.Context())
		must(t, err)
		if s.APITokens != models.Hidden || s.PersonalTokens != models.ByPermissions || !s.M2MEnabled {
			t.Errorf("%+v", s)
		}
		must(t, w.UpdateModules(t.Context(), w.system, nil, new(models.Hidden)))
		if s, err = w.Settings(t.Context()); err != nil || s.APITokens != models.Hidden || s.PersonalTokens != models.Hidden {
			t.Errorf("%+v, %v", s, err)
		}
		if got := problem(w.UpdateModules(t.Context(), w.system, new(models.Visibility("")), new(models.Always))); got != "api unknown_visibility" {
			t.Error(got)
		}
		if got := problem(w.UpdateModules(t.Context(), w.system, new(models.Always), new(models.Visibility("x")))); got != "personal unknown_visibility" {
			t.Error(got)
		}
	})
}

func TestUpdateAudiences_SetsAllOfThemOrNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		noa := w.operator(t, "noa@vendor.example")
		last := w.last(t)
		long := "https://api.vendor.example/" + strings.Repeat("a", 485)
		want := []string{"https://api.vendor.example/reports", "https://api.vendor.example/reports/", "HTTPS://API.vendor.example", "api://reports", "urn:vendor:a", "http://[::1]:8080", long}
		must(t, w.UpdateAudiences(t.Context(), noa, want))
		if s, err := w.Settings(t.Context()); err != nil || !slices.Equal(s.Audiences, want) || !s.M2MEnabled {
			t.Errorf("%+v, %v", s, err)
		}
		if got := w.events(t, last); len(got) != 1 || got[0].Action != models.SettingsUpdated || got[0].ActorID != noa.UserID || got[0].TargetName != "audiences" {
			t.Errorf("%+v", got)
		}
		last = w.last(t)
		for key, all := range map[string][][]string{
			"audience": {
				{""}, {"reports"}, {"https:reports"}, {"https://"}, {"https://:8080"}, {"localhost:8080"}, {"urn:"}, {"urn:a b"}, {"https://a.example/%"}, {"https://a.example/ä"},
				{"https://a.example\\b"}, {"urn:a", "b"}, {" https://a.example"},
			},
			"audience_fragment":   {{"https://a.example/#"}, {"urn:a#b"}},
			"audience_user":       {{"https://a@b.example"}, {"https://a:b@c.example"}, {"https://@b.example"}},
			"audience_twice":      {{"urn:a", "urn:b", "urn:a"}},
			"audience_count":      {slices.Repeat([]string{"urn:a"}, 51)},
			"audience_long":       {{long + "a"}},
			"audience_characters": {{"urn:a\nurn:b"}, {"urn:\x00"}, {"urn:\xff"}},
		} {
			for _, audiences := range all {
				if got := problem(w.UpdateAudiences(t.Context(), noa, audiences)); got != "audiences "+key {
					t.Errorf("%q: %q, want %s", audiences, got, key)
				}
			}
		}
		dana := models.Caller{Kind: models.Person, UserID: newID(t), TenantID: newID(t)}
		if err := w.UpdateAudiences(t.Context(), dana, nil); !errors.Is(err, models.ErrForbidden) {
			t.Errorf("a person of an account: %v", err)
		}
		if s, err := w.Settings(t.Context()); err != nil || !slices.Equal(s.Audiences, want) {
			t.Errorf("became %+v, %v", s, err)
		}
		must(t, w.UpdateAudiences(t.Context(), noa, nil))
		if s, err := w.Settings(t.Context()); err != nil || len(s.Audiences) != 0 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestUpdateConfiguration_SetsWhatIsNamedOrNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before, err := w.Settings(t.Context())
		must(t, err)
		last := w.last(t)
		kind, format, sameSite := models.AccessToken, models.JWT, models.SameSiteNone
		life, off := 5*time.Minute, false
		must(t, w.UpdateConfiguration(t.Context(), w.system, models.SettingsChange{
			Kind: &kind, AccessTokenFormat: &format, CookieSameSite: &sameSite, TokenTTL: &life, ForcePermissions: &off, RolesInJWT: &off,
		}))
		s, err := w.Settings(t.Context())
		must(t, err)
		if s.Kind != kind || s.AccessTokenFormat != format || s.CookieSameSite != sameSite || s.TokenTTL != life || s.ForcePermissions || s.RolesInJWT ||
			s.RefreshTTL != before.RefreshTTL || s.PermissionsInJWT != before.PermissionsInJWT || s.M2MEnabled != before.M2MEnabled || s.APITokens != before.APITokens {
			t.Errorf("%+v became %+v", before, s)
		}
		if got := w.events(t, last); len(got) != 1 || got[0].Action != models.SettingsUpdated || got[0].TargetName != "configuration" || got[0].TenantID != "" {
			t.Errorf("%+v", got)
		}
		last = w.last(t)
		seconds := func(n int) *time.Duration { d := time.Duration(n) * time.Second; return &d }
		strange, odd, none := models.Kind("Password"), models.AccessTokenFormat("JWT"), models.SameSite("None")
		for want, change := range map[string]models.SettingsChange{
			"kind unknown_kind": {Kind: &strange, ForcePermissions: &off}, "format unknown_format": {AccessTokenFormat: &odd},
			"sameSite unknown_same_site": {CookieSameSite: &none}, "tokenTTL seconds_range": {TokenTTL: seconds(59)},
			"refreshTTL seconds_range": {RefreshTTL: seconds(15_552_001)},
		} {
			if got := problem(w.UpdateConfiguration(t.Context(), w.system, change)); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		if got := problem(w.UpdateConfiguration(t.Context(), w.system, models.SettingsChange{TokenTTL: seconds(2_592_001)})); got != "tokenTTL seconds_range" {
			t.Errorf("%q", got)
		}
		if after, err := w.Settings(t.Context()); err != nil || after.UpdatedAt != s.UpdatedAt || len(w.events(t, last)) != 0 {
			t.Errorf("bad input changed %+v to %+v", s, after)
		}
	})
}

func TestImpact_ReadsEveryAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, globex := w.tenant(t, "Acme"), w.tenant(t, "Globex")
		must(t, w.SetTenantM2M(t.Context(), w.system, globex.ID, models.On, models.AccessToken))
		for i, tenantID := range []string{acme.ID, acme.ID, globex.ID} {
			token := models.Token{
				ID: newID(t), TenantID: tenantID, Context: models.API, Kind: models.ClientCredentials,
				CreatedAt: w.now, ExpiresAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
			}
			must(t, w.store.CreateToken(t.Context(), token, secretOf(token, byte(i)), models.NewEvent(w.system, models.TokenCreated, w.now)))
		}
		i, err := w.Impact(t.Context(), w.system)
		must(t, err)
		if i.Total().Live != 3 || i.Refused(false).Live != 2 || i.OwnKind(3).Own != 1 || i.OwnKind(3).Names[0] != "Globex" {
			t.Errorf("%+v", i)
		}
		one, err := w.TenantImpact(t.Context(), w.system, acme.ID)
		must(t, err)
		if one.Total().Live != 2 || one.RefusedIn(acme.ID, models.Off).Live != 2 || len(one.Accounts) != 1 {
			t.Errorf("of one account: %+v", one)
		}
	})
}

// secretOf is a secret of a token, told apart by b.
func secretOf(t models.Token, b byte) models.TokenSecret {
	return models.TokenSecret{
		ID: t.ID, TokenID: t.ID, Digest: digest(b), CreatedAt: t.CreatedAt, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}
}

func digest(b byte) []byte {
	d := make([]byte, 32)
	d[0] = b
	return d
}
