package accounts_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
)

func TestCreateMember_NewPersonGetsALinkForADay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, admin := w.tenant(t, "Acme"), w.role(t, "Admin")
		before := w.last(t)
		m, code := w.member(t, acme.ID, "  Dana@Acme.example ", admin.ID, admin.ID)
		if m.User.Email != "Dana@Acme.example" || m.User.Name != "Dana Levi" || m.User.Operator || m.User.PasswordHash != "" ||
			len(m.Roles) != 1 || m.Roles[0].Key != "Admin" || m.LinkExpiresAt == nil || !m.LinkExpiresAt.Equal(w.now.Add(24*time.Hour)) {
			t.Errorf("%+v", m)
		}
		link, err := w.store.Link(t.Context(), models.HashOpaque(code.Reveal()), w.now.Add(24*time.Hour-time.Microsecond))
		if err != nil || link.UserID != m.UserID || link.Purpose != models.PasswordLink {
			t.Errorf("%+v, %v", link, err)
		}
		if _, err := w.store.Link(t.Context(), models.HashOpaque(code.Reveal()), w.now.Add(24*time.Hour)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("after a day: %v", err)
		}
		var actions []models.Action
		for _, e := range w.events(t, before) {
			actions = append(actions, e.Action)
			if e.TargetID != m.UserID || e.TenantID != acme.ID || strings.Contains(e.TargetName, "@") {
				t.Errorf("%+v", e)
			}
		}
		if !slices.Equal(actions, []models.Action{models.UserCreated, models.MembershipCreated, models.LinkCreated}) {
			t.Errorf("%v", actions)
		}
	})
}

func TestCreateMember_KnownPersonJoinsAsTheyAre(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, globex, initech := w.tenant(t, "Acme"), w.tenant(t, "Globex"), w.tenant(t, "Initech")
		first, code := w.member(t, acme.ID, "ren\u00e9@acme.example")

		// Without a password: the same person, and the link is a new one.
		again, second, err := w.CreateMember(t.Context(), w.system, accounts.NewMember{
			TenantID: globex.ID, Email: "RENE\u0301@ACME.example", Name: "Somebody Else",
		})
		must(t, err)
		if again.UserID != first.UserID || again.User.Name != "Dana Levi" || second.Empty() {
			t.Errorf("%+v", again)
		}
		if _, err := w.store.Link(t.Context(), models.HashOpaque(code.Reveal()), w.now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the earlier link: %v", err)
		}

		// With one: no link.
		hash := "$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$c3Vt"
		must(t, w.store.SetPassword(t.Context(), first.UserID, hash, nil, models.NewEvent(w.system, models.PasswordChanged, w.now)))
		before := w.last(t)
		third, code, err := w.CreateMember(t.Context(), w.system, accounts.NewMember{
			TenantID: initech.ID, Email: "ren\u00e9@acme.example", Name: "x",
		})
		must(t, err)
		if third.UserID != first.UserID || !code.Empty() || third.LinkExpiresAt != nil {
			t.Errorf("%+v with %t", third, code.Empty())
		}
		if got := w.events(t, before); len(got) != 1 || got[0].Action != models.MembershipCreated {
			t.Errorf("%+v", got)
		}
	})
}

func TestCreateMember_BadFormsChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		w.member(t, acme.ID, "dana@acme.example")
		before := w.last(t)
		good := accounts.NewMember{TenantID: acme.ID, Email: "vic@acme.example", Name: "Vic Moreau"}
		for name, c := range map[string]struct {
			change func(*accounts.NewMember)
			want   string
		}{
			"no e-mail":      {func(n *accounts.NewMember) { n.Email = "" }, "email required"},
			"no at":          {func(n *accounts.NewMember) { n.Email = "vic" }, "email email"},
			"NUL":            {func(n *accounts.NewMember) { n.Email = "vic\x00@acme.example" }, "email characters"},
			"long e-mail":    {func(n *accounts.NewMember) { n.Email = strings.Repeat("v", 300) + "@acme.example" }, "email too_long"},
			"no name":        {func(n *accounts.NewMember) { n.Name = " " }, "name required"},
			"long name":      {func(n *accounts.NewMember) { n.Name = strings.Repeat("v", 101) }, "name too_long"},
			"member already": {func(n *accounts.NewMember) { n.Email = "DANA@acme.example" }, "email member"},
			"unknown role":   {func(n *accounts.NewMember) { n.RoleIDs = []string{newID(t)} }, "roles role_unknown"},
			"role NUL":       {func(n *accounts.NewMember) { n.RoleIDs = []string{"\x00"} }, "roles role_unknown"},
		} {
			n := good
			c.change(&n)
			if _, _, err := w.CreateMember(t.Context(), w.system, n); problem(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := w.CreateMember(t.Context(), w.system, accounts.NewMember{TenantID: acme.ID, Email: "x", RoleIDs: []string{"x"}}); err == nil ||
			len(err.(*models.InvalidError).Problems) != 3 {
			t.Errorf("all faults at once: %v", err)
		}
		if got := w.events(t, before); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestCreateMember_FiftyAtOnceMakeOnePersonAndOneMembership(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, globex := w.tenant(t, "Acme"), w.tenant(t, "Globex")
		won, errs := together(50, func(i int) error {
			tenantID := acme.ID
			if i%2 == 1 {
				tenantID = globex.ID
			}
			_, _, err := w.CreateMember(t.Context(), w.system, accounts.NewMember{TenantID: tenantID, Email: "dana@acme.example", Name: "Dana Levi"})
			return err
		})
		if won != 2 {
			t.Errorf("%d of 50 made a membership", won)
		}
		for _, err := range errs {
			if err != nil && problem(err) != "email member" {
				t.Error(err)
			}
		}
	})
}

func TestSetMemberRoles_OperatorsMayGiveAny(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, noa := w.tenant(t, "Acme"), w.operator(t, "noa@vendor.example")
		m, _ := w.member(t, acme.ID, "dana@acme.example", w.role(t, "Viewer").ID)
		before := w.last(t)
		must(t, w.SetMemberRoles(t.Context(), noa, acme.ID, m.UserID, []string{w.role(t, "Admin").ID}))
		got, err := w.Member(t.Context(), w.system, acme.ID, m.UserID)
		must(t, err)
		if len(got.Roles) != 1 || got.Roles[0].Key != "Admin" {
			t.Errorf("%+v", got.Roles)
		}
		if e := w.events(t, before); len(e) != 1 || e[0].Action != models.MembershipUpdated || e[0].TenantID != acme.ID || e[0].TargetName != "Dana Levi" {
			t.Errorf("%+v", e)
		}
		if err := w.SetMemberRoles(t.Context(), noa, acme.ID, m.UserID, []string{w.role(t, "Admin").ID, "x"}); problem(err) != "roles role_unknown" {
			t.Error(err)
		}
		must(t, w.SetMemberRoles(t.Context(), noa, acme.ID, m.UserID, nil))
		if got, _ = w.Member(t.Context(), w.system, acme.ID, m.UserID); len(got.Roles) != 0 {
			t.Errorf("%+v", got.Roles)
		}
	})
}

func TestMembers_AnotherAccountsPersonIsUnknown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, globex := w.tenant(t, "Acme"), w.tenant(t, "Globex")
		hank, _ := w.member(t, globex.ID, "hank@globex.example")
		before := w.last(t)
		for _, v := range verbs {
			switch v.name {
			case "Member", "SetMemberRoles", "DisableMember", "EnableMember", "RemoveMember", "NewPasswordLink":
				if err := v.call(t.Context(), w, w.system, acme.ID, hank.UserID); !errors.Is(err, models.ErrNotFound) {
					t.Errorf("%s: %v", v.name, err)
				}
			}
		}
		if got := w.events(t, before); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestDisableMember_TwiceIsOneChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		m, _ := w.member(t, acme.ID, "dana@acme.example")
		before := w.last(t)
		for range 2 {
			must(t, w.DisableMember(t.Context(), w.system, acme.ID, m.UserID))
		}
		got, _ := w.Member(t.Context(), w.system, acme.ID, m.UserID)
		if !got.Membership.Disabled() || got.User.Disabled() {
			t.Errorf("%+v", got)
		}
		for range 2 {
			must(t, w.EnableMember(t.Context(), w.system, acme.ID, m.UserID))
		}
		if got, _ = w.Member(t.Context(), w.system, acme.ID, m.UserID); got.Membership.Disabled() || len(w.events(t, before)) != 2 {
			t.Errorf("%+v after %d events", got, len(w.events(t, before)))
		}
	})
}

func TestRemoveMember_EndsPersonalTokensHereAndNoAPITokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, globex := w.tenant(t, "Acme"), w.tenant(t, "Globex")
		m, _ := w.member(t, acme.ID, "dana@acme.example")
		w.member(t, globex.ID, "dana@acme.example")
		ids := map[string]string{}
		for i, c := range []struct {
			name, tenantID, userID string
			context                models.Context
		}{
			{"personal here", acme.ID, m.UserID, models.Personal}, {"personal there", globex.ID, m.UserID, models.Personal}, {"API here", acme.ID, "", models.API},
		} {
			token := models.Token{
				ID: newID(t), TenantID: c.tenantID, Context: c.context, Kind: models.AccessToken, UserID: c.userID, CreatedBy: m.UserID,
				CreatedAt: w.now, ExpiresAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
			}
			must(t, w.store.CreateToken(t.Context(), token, secretOf(token, byte(i)), models.NewEvent(w.system, models.TokenCreated, w.now)))
			ids[c.name] = token.ID
		}
		must(t, w.RemoveMember(t.Context(), w.system, acme.ID, m.UserID))
		for name, revoked := range map[string]bool{"personal here": true, "personal there": false, "API here": false} {
			c, err := w.store.CredentialByID(t.Context(), ids[name])
			must(t, err)
			if (c.Token.RevokedAt != nil) != revoked {
				t.Errorf("%s: revoked at %v", name, c.Token.RevokedAt)
			}
		}
		if err := w.RemoveMember(t.Context(), w.system, acme.ID, m.UserID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestAccounts_TokensThatEndWithTheirPersonNameTheVendorKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		vendor := models.Caller{Kind: models.Vendor, KeyID: newID(t)}
		for name, end := range map[string]func(userID string) error{
			"removed": func(userID string) error { return w.RemoveMember(t.Context(), vendor, acme.ID, userID) },
			"deleted": func(userID string) error { return w.DeleteUser(t.Context(), vendor, userID) },
		} {
			m, _ := w.member(t, acme.ID, name+"@acme.example")
			token := w.token(t, acme.ID, 0, 0, func(token *models.Token) { token.Context, token.UserID = models.Personal, m.UserID })
			must(t, end(m.UserID))
			c, err := w.store.CredentialByID(t.Context(), token.ID)
			must(t, err)
			if c.Token.RevokedAt == nil || c.Token.RevokedBy != vendor.KeyID {
				t.Errorf("%s: revoked at %v by %q", name, c.Token.RevokedAt, c.Token.RevokedBy)
			}
		}
	})
}

func TestNewPasswordLink_EndsTheEarlierOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		m, first := w.member(t, acme.ID, "dana@acme.example")
		before := w.last(t)
		second, until, err := w.NewPasswordLink(t.Context(), w.system, acme.ID, m.UserID)
		must(t, err)
		if !until.Equal(w.now.Add(24 * time.Hour)) {
			t.Errorf("until %s", until)
		}
		if _, err := w.store.Link(t.Context(), models.HashOpaque(first.Reveal()), w.now); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the first: %v", err)
		}
		if _, err := w.store.Link(t.Context(), models.HashOpaque(second.Reveal()), w.now); err != nil {
			t.Errorf("the second: %v", err)
		}
		if e := w.events(t, before); len(e) != 1 || e[0].Action != models.LinkCreated || e[0].TenantID != acme.ID {
			t.Errorf("%+v", e)
		}
	})
}
