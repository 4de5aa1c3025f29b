package tokens_test

import (
	"slices"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// Rule 9, for all four sorts of token and for JWTs issued before: who leaves or
// is disabled, and what their tokens then answer.
func TestVerify_PeopleLeave(t *testing.T) {
	t.Parallel()
	at := start
	for name, tc := range map[string]struct {
		happen        func(*world) error
		undo          func(*world) error
		personal, api tokens.Reason
	}{
		"removed from the account": {
			happen: func(w *world) error {
				return w.store.RemoveMember(w.t.Context(), w.acme, w.dana.ID, "", at, event(models.MembershipRemoved))
			},
			personal: tokens.Revoked,
		},
		"deleted": {
			happen: func(w *world) error {
				return w.store.DeleteUser(w.t.Context(), w.dana.ID, "", at, event(models.UserDeleted))
			},
			personal: tokens.Revoked,
		},
		"disabled in the account": {
			happen: func(w *world) error {
				return w.store.SetMemberDisabled(w.t.Context(), w.acme, w.dana.ID, &at, event(models.MembershipDisabled))
			},
			undo: func(w *world) error {
				return w.store.SetMemberDisabled(w.t.Context(), w.acme, w.dana.ID, nil, event(models.MembershipEnabled))
			},
			personal: tokens.UserDisabled,
		},
		"disabled everywhere": {
			happen: func(w *world) error {
				return w.store.SetUserDisabled(w.t.Context(), w.dana.ID, &at, event(models.UserDisabled))
			},
			undo: func(w *world) error {
				return w.store.SetUserDisabled(w.t.Context(), w.dana.ID, nil, event(models.UserEnabled))
			},
			personal: tokens.UserDisabled,
		},
		"account disabled": {
			happen: func(w *world) error {
				return w.store.SetTenantDisabled(w.t.Context(), w.acme, &at, event(models.TenantDisabled))
			},
			undo: func(w *world) error {
				return w.store.SetTenantDisabled(w.t.Context(), w.acme, nil, event(models.TenantEnabled))
			},
			personal: tokens.TenantDisabled, api: tokens.TenantDisabled,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				minted := map[combination]tokens.Minted{}
				issued := map[combination]tokens.Exchanged{}
				for _, c := range combinations {
					minted[c] = w.mint(c)
					if c.kind == models.ClientCredentials {
						issued[c], _ = w.exchange(minted[c])
					}
				}
				check := func(personal, api tokens.Reason) {
					t.Helper()
					for _, c := range combinations {
						want := api
						if c.context == models.Personal {
							want = personal
						}
						w.wantReason(w.use(minted[c]), want)
						if c.kind == models.ClientCredentials {
							w.wantReason(w.verifyJWT(issued[c].AccessToken), want)
						}
					}
				}
				check("", "")
				w.ok(tc.happen(w))
				check(tc.personal, tc.api)
				if tc.undo != nil {
					w.ok(tc.undo(w))
					check("", "")
				}
			})
		})
	}
}

// Rule 9: tokens end in the account that the person left, and nowhere else.
func TestVerify_LeavingOneAccountLeavesTheTokensOfAnother(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.join(nil, w.globex, w.dana.ID, "Editor")
		here := w.mint(combinations[2])
		there, err := w.Mint(t.Context(), commandLine(w.dana, w.globex), tokens.MintRequest{Context: models.Personal})
		w.ok(err)
		w.ok(s.RemoveMember(t.Context(), w.acme, w.dana.ID, "", start, event(models.MembershipRemoved)))
		w.wantReason(w.use(here), tokens.Revoked)
		verdict := w.use(there)
		w.wantReason(verdict, "")
		if !slices.Equal(verdict.Roles, []string{"Editor"}) || verdict.Credential.Tenant.ID != w.globex {
			t.Errorf("roles %v on %s", verdict.Roles, verdict.Credential.Tenant.Name)
		}
		w.join(nil, w.acme, w.dana.ID, "Editor")
		w.wantReason(w.use(here), tokens.Revoked)
		w.ok(s.DeleteUser(t.Context(), w.dana.ID, "", start, event(models.UserDeleted)))
		w.wantReason(w.use(there), tokens.Revoked)
	})
}

// Rule 9: changed roles and permissions are in force at the next verification
// or exchange; a JWT keeps no more than its claims ∩ the rights now.
func TestVerify_RightsAreThoseOfNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := map[combination]tokens.Minted{}
		issued := map[combination]tokens.Exchanged{}
		for _, c := range combinations {
			minted[c] = w.mint(c)
			if c.kind == models.ClientCredentials {
				issued[c], _ = w.exchange(minted[c])
			}
		}
		check := func(personal, api bool) {
			t.Helper()
			for _, c := range combinations {
				want := api
				if c.context == models.Personal {
					want = personal
				}
				verdict := w.use(minted[c])
				if !verdict.Allowed || verdict.Permissions.Has("reports.write") != want || !verdict.Permissions.Has("reports.read") {
					t.Errorf("%s: permissions %v", c.name, verdict.Permissions)
				}
			}
		}
		check(true, true)

		// The role loses a permission: every token that leans on it does.
		role, err := s.Role(t.Context(), w.roles["Editor"])
		w.ok(err)
		role.Permissions = []string{"reports.read"}
		w.ok(s.UpdateRole(t.Context(), role, event(models.RoleUpdated)))
		check(false, false)
		for c, jwt := range issued {
			if verdict := w.verifyJWT(jwt.AccessToken); !verdict.Allowed || verdict.Permissions.Has("reports.write") {
				t.Errorf("%s: a JWT of before permits %v", c.name, verdict.Permissions)
			}
		}
		// What is given back is there again, also for JWTs that claim it.
		role.Permissions = []string{"reports.read", "reports.write"}
		w.ok(s.UpdateRole(t.Context(), role, event(models.RoleUpdated)))
		check(true, true)

		// The owner's roles change: their personal tokens do, API tokens do not.
		w.ok(s.SetMemberRoles(t.Context(), w.acme, w.dana.ID, w.roleIDs("Reader"), event(models.MembershipUpdated)))
		check(false, true)
		verdict := w.verifyJWT(issued[combinations[3]].AccessToken)
		if !verdict.Allowed || len(verdict.Roles) != 0 || !slices.Equal(verdict.Permissions, []string{"reports.read"}) {
			t.Errorf("claims ∩ rights now: roles %v, permissions %v", verdict.Roles, verdict.Permissions)
		}
		// More rights than at the exchange do not reach a JWT of before.
		w.ok(s.SetMemberRoles(t.Context(), w.acme, w.dana.ID, w.roleIDs("Reader"), event(models.MembershipUpdated)))
		narrow, _ := w.exchange(minted[combinations[3]])
		w.ok(s.SetMemberRoles(t.Context(), w.acme, w.dana.ID, w.roleIDs("Admin", "Editor", "Reader"), event(models.MembershipUpdated)))
		verdict = w.verifyJWT(narrow.AccessToken)
		if !slices.Equal(verdict.Roles, []string{"Reader"}) || !slices.Equal(verdict.Permissions, []string{"reports.read"}) {
			t.Errorf("a JWT grew: roles %v, permissions %v", verdict.Roles, verdict.Permissions)
		}
	})
}

// Rule 13.
func TestDelete_IsRevokeForGood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			w.clock.set(start)
			minted := w.mint(c)
			var issued tokens.Exchanged
			if c.kind == models.ClientCredentials {
				issued, _ = w.exchange(minted)
			}
			w.wantReason(w.use(minted), "")
			before := w.lastEvent()
			row, err := w.Delete(t.Context(), w.asDana(), c.context, minted.Token.ID)
			w.ok(err)
			if row.ID != minted.Token.ID || row.RevokedAt == nil || row.RevokedBy != w.dana.ID {
				t.Errorf("%s: deleted %+v", c.name, row)
			}
			e := w.oneEvent(before)
			if e.Action != models.TokenDeleted || e.Outcome != models.Done || e.TargetID != row.ID || e.TargetName != c.name || e.ActorID != w.dana.ID {
				t.Errorf("%s: event %+v", c.name, e)
			}
			w.wantReason(w.use(minted), tokens.Revoked)
			if c.kind == models.ClientCredentials {
				w.wantReason(w.verifyJWT(issued.AccessToken), tokens.Revoked)
			}
			_, err = w.Get(t.Context(), w.asDana(), c.context, row.ID)
			wantError(t, err, models.ErrNotFound)
			_, err = w.Delete(t.Context(), w.asDana(), c.context, row.ID)
			wantError(t, err, models.ErrNotFound)
			page, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: c.context})
			w.ok(err)
			if slices.ContainsFunc(page.Rows, func(r models.TokenRow) bool { return r.ID == row.ID }) {
				t.Errorf("%s: deleted, and still listed", c.name)
			}
			credential, err := s.CredentialByID(t.Context(), row.ID)
			w.ok(err)
			if credential.Token.RevokedAt == nil || !credential.Token.RevokedAt.Equal(models.Stamp(start)) || credential.Token.RevokedBy != w.dana.ID {
				t.Errorf("%s: kept %+v", c.name, credential.Token)
			}
		}
	})
}

func TestDelete_WithoutThePermissionLeavesAnEventAndTheToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[0])
		before := w.lastEvent()
		_, err := w.Delete(t.Context(), w.asVic(), models.API, minted.Token.ID)
		wantError(t, err, models.ErrForbidden)
		if e := w.oneEvent(before); e.Action != models.TokenDeleted || e.Outcome != models.Refused || e.Reason != "permission" || e.ActorID != w.vic.ID {
			t.Errorf("event %+v", e)
		}
		w.wantReason(w.use(minted), "")
	})
}
