package accounts_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
)

const day = 24 * time.Hour

// admin is an account's admin.
func (w *world) admin(t *testing.T, tenantID, email string) models.Caller {
	t.Helper()
	m, _ := w.member(t, tenantID, email, w.role(t, "Admin").ID)
	return models.Caller{Kind: models.Person, UserID: m.UserID, TenantID: tenantID, Permissions: models.PermissionSet{"fe.secure.*"}}
}

// token adds an API token that was made so long ago.
func (w *world) token(t *testing.T, tenantID string, age, life time.Duration, change ...func(*models.Token)) models.Token {
	t.Helper()
	token := models.Token{
		ID: newID(t), TenantID: tenantID, Context: models.API, Kind: models.AccessToken, Description: fmt.Sprint(age), Prefix: "lk_at", LastFour: "abcd",
		CreatedAt: w.now.Add(-age), ExpiresAt: models.NeverExpires, LastUsedAt: models.NeverUsed, Metadata: "{}",
	}
	if life > 0 {
		token.ExpiresAt = token.CreatedAt.Add(life)
	}
	for _, f := range change {
		f(&token)
	}
	digest := append([]byte(token.ID)[:20], make([]byte, 12)...)
	copy(digest[20:], token.ID[24:])
	must(t, w.store.CreateToken(t.Context(), token, models.TokenSecret{
		ID: token.ID, TokenID: token.ID, Digest: digest, CreatedAt: token.CreatedAt, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}, models.NewEvent(w.system, models.TokenCreated, w.now)))
	return token
}

func used(ago time.Duration, now time.Time) func(*models.Token) {
	return func(t *models.Token) { t.LastUsedAt = now.Add(-ago) }
}

func within(t *models.Token) {
	t.Addresses = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
}

func TestSetPolicy_OneThatTouchesNothingIsSavedStraightAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		w.token(t, acme.ID, day, 30*day, within)
		dana := w.admin(t, acme.ID, "dana@acme.example")
		before := w.last(t)
		in := accounts.PolicyInput{MaxLife: 90 * day, AddressesRequired: true, CreatePermission: models.WriteTenantTokens, Lives: []int{30, 7, 90}}
		rehearsal, err := w.SetPolicy(t.Context(), w.system, in, accounts.PolicyStart{})
		must(t, err)
		in.MaxLife = 30 * day
		own, err := w.SetTenantPolicy(t.Context(), dana, in, accounts.PolicyStart{})
		must(t, err)
		if rehearsal != nil || own != nil {
			t.Errorf("rehearsed %+v and %+v", rehearsal, own)
		}
		sheet, err := w.TenantPolicy(t.Context(), dana)
		must(t, err)
		terms := sheet.Policies.Merge(w.now, w.now)
		if terms.MaxLife != (models.Demand[time.Duration]{Value: 30 * day, By: models.AccountLevel}) ||
			terms.AddressesRequired.By != models.EnvironmentLevel || !slices.Equal(terms.Lives, []int{7, 30, 90}) {
			t.Errorf("terms %+v", terms)
		}
		got := w.events(t, before)
		if len(got) != 2 || got[0].Action != models.SettingsUpdated || got[0].TargetName != "policy" ||
			got[1].Action != models.TenantUpdated || got[1].TargetKind != "policy" || got[1].TargetID != acme.ID || got[1].TenantID != acme.ID {
			t.Errorf("events %+v", got)
		}
	})
}

func TestSetPolicy_TellsWhatItWouldTouchBeforeItIsSaved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, globex := w.tenant(t, "Acme"), w.tenant(t, "Globex")
		old := w.token(t, acme.ID, 40*day, 0, used(time.Hour, w.now))
		young := w.token(t, acme.ID, 10*day, 0, used(3*day, w.now))
		w.token(t, acme.ID, 40*day, 50*day, func(t *models.Token) { at := w.now; t.DisabledAt = &at })
		w.token(t, acme.ID, 40*day, 20*day)
		w.token(t, acme.ID, 20*day, 30*day, used(time.Minute, w.now))
		other := w.token(t, globex.ID, 40*day, 90*day)
		in := accounts.PolicyInput{MaxLife: 30 * day}
		before := w.last(t)
		got, err := w.SetPolicy(t.Context(), w.system, in, accounts.PolicyStart{})
		must(t, err)
		if got == nil || got.Refused != 2 || got.Sooner != 1 || got.Used != 1 || got.More || len(got.Tokens) != 3 {
			t.Fatalf("rehearsal %+v", got)
		}
		if first := got.Tokens[0]; first.ID != old.ID || !first.Refused || first.Account != "Acme" {
			t.Errorf("first %+v", first)
		}
		if second := got.Tokens[1]; second.ID != young.ID || second.Refused || !second.End.Equal(w.now.Add(20*day)) {
			t.Errorf("second %+v", second)
		}
		if got.Tokens[2].ID != other.ID || got.Tokens[2].Description != other.Description {
			t.Errorf("third %+v", got.Tokens[2])
		}
		if settings, err := w.Settings(t.Context()); err != nil || len(settings.Policy.MaxLife.Steps) != 0 || len(w.events(t, before)) != 0 {
			t.Errorf("it was saved: %v", err)
		}
		// The account sees its own tokens only.
		dana := w.admin(t, acme.ID, "dana@acme.example")
		own, err := w.SetTenantPolicy(t.Context(), dana, in, accounts.PolicyStart{Rehearsed: got.Digest, When: models.StartNow})
		must(t, err)
		if own == nil || own.Refused != 1 || own.Sooner != 1 {
			t.Errorf("the environment's rehearsal stood for the account's: %+v", own)
		}
	})
}

func TestSetPolicy_StartsNowOnADateOrForNewTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		token := w.token(t, acme.ID, 40*day, 0)
		dana := w.admin(t, acme.ID, "dana@acme.example")
		date := w.now.Add(5 * day)
		for n, row := range []struct {
			start accounts.PolicyStart
			end   time.Time
			want  string
		}{
			{accounts.PolicyStart{}, models.NeverExpires, "start unknown"},
			{accounts.PolicyStart{When: "later"}, models.NeverExpires, "start unknown"},
			{accounts.PolicyStart{When: models.StartOnDate}, models.NeverExpires, "date date_format"},
			{accounts.PolicyStart{When: models.StartOnDate, Date: w.now}, models.NeverExpires, "date date_range"},
			{accounts.PolicyStart{When: models.StartOnDate, Date: models.NeverExpires}, models.NeverExpires, "date date_range"},
			{accounts.PolicyStart{When: models.StartForNew}, models.NeverExpires, ""},
			{accounts.PolicyStart{When: models.StartOnDate, Date: date}, date, ""},
			{accounts.PolicyStart{When: models.StartNow}, w.now, ""},
		} {
			in := accounts.PolicyInput{MaxLife: time.Duration(31-n) * day}
			rehearsal, err := w.SetTenantPolicy(t.Context(), dana, in, accounts.PolicyStart{})
			must(t, err)
			if rehearsal == nil {
				t.Fatalf("%+v: nothing is rehearsed", row.start)
			}
			row.start.Rehearsed = rehearsal.Digest
			_, err = w.SetTenantPolicy(t.Context(), dana, in, row.start)
			if problem(err) != row.want {
				t.Errorf("%+v: %v", row.start, err)
			}
			sheet, err := w.TenantPolicy(t.Context(), dana)
			must(t, err)
			if end, _ := sheet.Policies.End(token, w.now); !end.Equal(row.end) {
				t.Errorf("%+v: the token ends %s, want %s", row.start, end, row.end)
			}
			if row.want == "" && sheet.Own().MaxLife.Value() != in.MaxLife {
				t.Errorf("%+v: new tokens are bound by %s", row.start, sheet.Own().MaxLife.Value())
			}
		}
	})
}

func TestSetPolicy_OlderTokensCanBeBoundLaterByTheSameRule(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		w.token(t, acme.ID, 40*day, 0)
		in := accounts.PolicyInput{MaxLife: 30 * day}
		save := func(in accounts.PolicyInput, when string) *accounts.Rehearsal {
			rehearsal, err := w.SetPolicy(t.Context(), w.system, in, accounts.PolicyStart{})
			must(t, err)
			if rehearsal != nil {
				_, err = w.SetPolicy(t.Context(), w.system, in, accounts.PolicyStart{Rehearsed: rehearsal.Digest, When: when})
				must(t, err)
			}
			return rehearsal
		}
		save(in, models.StartForNew)
		if again := save(in, models.StartNow); again != nil {
			t.Errorf("saving it unchanged touches %+v", again)
		}
		in.Older = true
		if again := save(in, models.StartNow); again == nil || again.Refused != 1 {
			t.Errorf("binding older tokens touches %+v", again)
		}
		// What loosens a rule does so at once, for all.
		in = accounts.PolicyInput{}
		if again := save(in, ""); again != nil {
			t.Errorf("ending it touches %+v", again)
		}
		if settings, err := w.Settings(t.Context()); err != nil || len(settings.Policy.MaxLife.Steps) != 0 {
			t.Errorf("%+v %v", settings.Policy, err)
		}
	})
}

func TestSetTenantPolicy_StaysBelowTheCeiling(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		dana := w.admin(t, acme.ID, "dana@acme.example")
		_, err := w.SetPolicy(t.Context(), w.system, accounts.PolicyInput{MaxLife: 90 * day, Lives: []int{1, 7, 30, 90}}, accounts.PolicyStart{})
		must(t, err)
		for _, row := range []struct {
			in   accounts.PolicyInput
			want string
		}{
			{accounts.PolicyInput{}, ""},
			{accounts.PolicyInput{MaxLife: 90 * day}, ""},
			{accounts.PolicyInput{MaxLife: 90*day + time.Minute}, "life above_ceiling"},
			{accounts.PolicyInput{Lives: []int{0, 7}}, "lives above_ceiling"},
			{accounts.PolicyInput{Lives: []int{7}}, ""},
		} {
			before := w.last(t)
			_, err := w.SetTenantPolicy(t.Context(), dana, row.in, accounts.PolicyStart{})
			if problem(err) != row.want {
				t.Errorf("%+v: %v", row.in, err)
			}
			got := w.events(t, before)
			if len(got) != 1 || (got[0].Outcome == models.Refused) != (row.want != "") || row.want != "" && got[0].Reason != "above_ceiling" {
				t.Errorf("%+v left %+v", row.in, got)
			}
		}
	})
}

func TestSetPolicy_NamesWhatIsWrongAndChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.last(t)
		for _, row := range []struct {
			in   accounts.PolicyInput
			want string
		}{
			{accounts.PolicyInput{MaxLife: day - time.Minute}, "life life_range"},
			{accounts.PolicyInput{MaxLife: day + time.Second}, "life life_range"},
			{accounts.PolicyInput{MaxLife: 3651 * day}, "life life_range"},
			{accounts.PolicyInput{MaxLife: -day}, "life life_range"},
			{accounts.PolicyInput{CreatePermission: "no.such"}, "permission permission_unknown"},
			{accounts.PolicyInput{CreatePermission: "fe.secure.*"}, "permission permission_unknown"},
			{accounts.PolicyInput{CreatePermission: "a\x00"}, "permission characters"},
			{accounts.PolicyInput{Lives: []int{}}, "lives lives_required"},
			{accounts.PolicyInput{Lives: []int{2}}, "lives unknown"},
		} {
			if _, err := w.SetPolicy(t.Context(), w.system, row.in, accounts.PolicyStart{}); problem(err) != row.want {
				t.Errorf("%+v: %v", row.in, err)
			}
		}
		if got := w.events(t, before); len(got) != 0 {
			t.Errorf("events %+v", got)
		}
	})
}

func TestTenantPolicy_WhoMay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		admin := w.admin(t, acme.ID, "dana@acme.example")
		for name, row := range map[string]struct {
			held        models.PermissionSet
			read, write bool
		}{
			"admin":  {models.PermissionSet{"fe.secure.*"}, true, true},
			"viewer": {models.PermissionSet{"fe.secure.read.*"}, true, false},
			"editor": {models.PermissionSet{"reports.write", models.WriteTenantTokens}, false, false},
		} {
			caller := admin
			caller.Permissions = row.held
			if _, err := w.TenantPolicy(t.Context(), caller); (err == nil) != row.read {
				t.Errorf("%s reads: %v", name, err)
			}
			before := w.last(t)
			_, err := w.SetTenantPolicy(t.Context(), caller, accounts.PolicyInput{}, accounts.PolicyStart{})
			got := w.events(t, before)
			if (err == nil) != row.write || len(got) != 1 || (got[0].Outcome == models.Done) != row.write {
				t.Errorf("%s writes: %v, %+v", name, err, got)
			}
		}
		for _, stranger := range []models.Caller{{Kind: models.Anyone}, {Kind: models.System}} {
			if _, err := w.SetTenantPolicy(t.Context(), stranger, accounts.PolicyInput{}, accounts.PolicyStart{}); !errors.Is(err, models.ErrForbidden) {
				t.Errorf("%s: %v", stranger.Kind, err)
			}
		}
	})
}

// Databases that an older release made get what is built in since.
func TestBootstrap_CompletesTheBuiltInPermissions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		all, err := w.Permissions(t.Context(), w.system)
		must(t, err)
		for _, p := range all {
			if p.Key == models.ReadTokenPolicy || p.Key == models.WriteTokenPolicy {
				must(t, w.store.DeletePermission(t.Context(), p.ID, models.NewEvent(w.system, models.PermissionDeleted, w.now)))
			}
		}
		before := w.last(t)
		won, errs := together(4, func(int) error {
			return w.Bootstrap(t.Context(), accounts.Initial{TokenPrefix: "lk", KeyCheck: []byte("check")})
		})
		if won != 4 {
			t.Errorf("%v", errs)
		}
		again, err := w.Permissions(t.Context(), w.system)
		must(t, err)
		if len(again) != len(all) {
			t.Errorf("%d permissions, there were %d", len(again), len(all))
		}
		for _, e := range w.events(t, before) {
			if e.Action != models.PermissionCreated || e.ActorKind != models.System {
				t.Errorf("event %+v", e)
			}
		}
		if n := len(w.events(t, before)); n != 2 {
			t.Errorf("%d events", n)
		}
	})
}
