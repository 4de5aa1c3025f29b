package tokens_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

func TestRotate_WhoMay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		wes := w.addMember(w.acme, "wes@acme.example", "Admin", "Editor")
		verbs := map[models.Action]func(models.Caller, models.Context, string) error{
			models.TokenRotated: func(c models.Caller, in models.Context, id string) error {
				_, err := w.Rotate(t.Context(), c, in, id, tokens.RotateRequest{})
				return err
			},
			models.SecretEnded: func(c models.Caller, in models.Context, id string) error {
				_, err := w.EndOldSecret(t.Context(), c, in, id)
				return err
			},
			models.RotationCancelled: func(c models.Caller, in models.Context, id string) error {
				_, err := w.CancelRotation(t.Context(), c, in, id)
				return err
			},
			models.TokenDisabled: func(c models.Caller, in models.Context, id string) error {
				_, err := w.Disable(t.Context(), c, in, id)
				return err
			},
			models.TokenEnabled: func(c models.Caller, in models.Context, id string) error {
				_, err := w.Enable(t.Context(), c, in, id)
				return err
			},
			models.TokenUpdated: func(c models.Caller, in models.Context, id string) error {
				_, err := w.Update(t.Context(), c, in, id, tokens.Update{Description: new(string)})
				return err
			},
		}
		for action, verb := range verbs {
			for _, in := range []models.Context{models.API, models.Personal} {
				minted := w.mint(combination{"x", in, models.AccessToken})
				w.rotate(minted, tokens.RotateRequest{Overlap: time.Hour})
				id := minted.Token.ID
				before := w.lastEvent()
				wantError(t, verb(w.asVic(), in, id), models.ErrForbidden)
				if e := w.oneEvent(before); e.Action != action || e.Outcome != models.Refused || e.Reason != "permission" || e.TargetID != id || e.ActorID != w.vic.ID {
					t.Errorf("%s: event %+v", action, e)
				}
				wantError(t, verb(models.Caller{Kind: models.Anyone, TenantID: w.acme}, in, id), models.ErrForbidden)
				before = w.lastEvent()
				wantError(t, verb(w.asGus(), in, id), models.ErrNotFound)
				wantError(t, verb(w.asDana(), in, newID()), models.ErrNotFound)
				wantError(t, verb(w.asDana(), in, strings.ToUpper(id)), models.ErrNotFound)
				wantError(t, verb(w.asDana(), in, "\x00"), models.ErrNotFound)
				wantError(t, verb(w.asDana(), models.Context("other"), id), models.ErrForbidden)
				if in == models.Personal {
					wantError(t, verb(w.as(wes, w.acme), in, id), models.ErrNotFound)
					wantError(t, verb(w.asDana(), models.API, id), models.ErrNotFound)
				} else {
					wantError(t, verb(w.asDana(), models.Personal, id), models.ErrNotFound)
				}
				w.ok(w.drop(minted))
				wantError(t, verb(w.asDana(), in, id), models.ErrNotFound)
			}
		}
	})
}

// Whoever sees a secret may do what it may do: rule 4 binds rotation as it binds
// the making of a token.
func TestRotate_NobodyGetsRightsThatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		wes := w.addMember(w.acme, "wes@acme.example", "Writer")
		strong, weak := w.mint(combinations[0]), w.mint(combinations[0], func(r *tokens.MintRequest) { r.RoleIDs = w.roleIDs("Reader") })
		before := w.lastEvent()
		_, err := w.Rotate(t.Context(), w.as(wes, w.acme), models.API, strong.Token.ID, tokens.RotateRequest{})
		wantInvalid(t, err, "", "not_grantable")
		if e := w.oneEvent(before); e.Action != models.TokenRotated || e.Outcome != models.Refused || e.Reason != "not_grantable" || e.TargetID != strong.Token.ID {
			t.Errorf("event %+v", e)
		}
		_, err = w.Rotate(t.Context(), w.as(wes, w.acme), models.API, weak.Token.ID, tokens.RotateRequest{})
		w.ok(err)
		_, err = w.Rotate(t.Context(), commandLine(wes, w.acme), models.API, strong.Token.ID, tokens.RotateRequest{})
		w.ok(err)
	})
}

func TestRotate_WhoMayMakeTokensByPolicyMayRotateThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted, caller := w.mint(combinations[2]), w.asDana()
		w.setPolicy(w.acme, models.Policy{CreatePermission: "reports.audit"})
		before := w.lastEvent()
		_, err := w.Rotate(t.Context(), caller, models.Personal, minted.Token.ID, tokens.RotateRequest{})
		wantError(t, err, models.ErrForbidden)
		if e := w.oneEvent(before); e.Outcome != models.Refused || e.Reason != "policy_permission" || e.TargetID != minted.Token.ID {
			t.Errorf("event %+v", e)
		}
		caller.Permissions = append(caller.Permissions, "reports.audit")
		_, err = w.Rotate(t.Context(), caller, models.Personal, minted.Token.ID, tokens.RotateRequest{})
		w.ok(err)
	})
}

func TestRotate_TheStateOfTokenAndAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted, caller := w.mint(combinations[2], lasting(time.Hour)), w.asDana()
		rotate := func() (tokens.Minted, error) {
			return w.Rotate(t.Context(), caller, models.Personal, minted.Token.ID, tokens.RotateRequest{})
		}
		refused := func(reason string) {
			t.Helper()
			before := w.lastEvent()
			_, err := rotate()
			if reason == "tenant_disabled" {
				wantError(t, err, models.ErrForbidden)
			} else {
				wantInvalid(t, err, "", reason)
			}
			if e := w.oneEvent(before); e.Outcome != models.Refused || e.Reason != reason {
				t.Errorf("event %+v", e)
			}
		}
		_, err := w.Disable(t.Context(), caller, models.Personal, minted.Token.ID)
		w.ok(err)
		fresh, err := rotate()
		w.ok(err)
		w.wantReason(w.use(fresh), tokens.Disabled)

		w.ok(s.SetTenantM2M(t.Context(), w.acme, models.Off, "", event(models.TenantUpdated)))
		refused("m2m_off")
		w.ok(s.SetTenantM2M(t.Context(), w.acme, models.Inherited, models.ClientCredentials, event(models.TenantUpdated)))
		fresh, err = rotate()
		w.ok(err)
		if fresh.Token.Kind != models.AccessToken || !strings.HasPrefix(fresh.Secret.Reveal(), "lk_at_") {
			t.Errorf("rotated to a %s", fresh.Token.Kind)
		}
		w.ok(s.SetTenantDisabled(t.Context(), w.acme, &start, event(models.TenantDisabled)))
		refused("tenant_disabled")
		w.ok(s.SetTenantDisabled(t.Context(), w.acme, nil, event(models.TenantEnabled)))
		w.clock.advance(time.Hour)
		refused("expired")
	})
}

// Rule 12: whoever can't tell gives nothing out.
func TestRotate_ADatabaseThatFailsGivesNoSecretOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old, caller := w.mint(combinations[0]), w.asDana()
		broken := errors.New("disk full")
		for passed := range 4 {
			happened := storetest.FailAfter(s, passed, broken)
			rotated, err := w.Rotate(t.Context(), caller, models.API, old.Token.ID, tokens.RotateRequest{})
			if !happened() {
				t.Fatalf("nothing failed after %d", passed)
			}
			wantError(t, err, broken)
			if !rotated.Secret.Empty() {
				t.Error("a secret was given out")
			}
		}
		w.wantReason(w.use(old), "")
	})
}

// Rule 6.
func TestRotate_TheSecretIsInNoEventAndNoRow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		fresh := w.rotate(w.mint(combinations[0]), tokens.RotateRequest{Overlap: time.Hour})
		detail, err := w.Detail(t.Context(), w.asDana(), models.API, fresh.Token.ID)
		w.ok(err)
		said, err := json.Marshal(detail)
		w.ok(err)
		if text := string(said) + fmt.Sprintf("%+v %v", detail, w.events(0)); strings.Contains(text, fresh.Secret.Reveal()[6:]) {
			t.Errorf("the secret is in %s", text)
		}
	})
}
