package accounts_test

import (
	"errors"
	"testing"

	"github.com/latchkey-dev/latchkey/models"
)

func TestDisableUser_RefusesThemEverywhereAndBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.tenant(t, "Acme")
		m, _ := w.member(t, acme.ID, "dana@acme.example")
		before := w.last(t)
		for range 2 {
			must(t, w.DisableUser(t.Context(), w.system, m.UserID))
		}
		got, _ := w.Member(t.Context(), w.system, acme.ID, m.UserID)
		if !got.User.Disabled() || got.Membership.Disabled() {
			t.Errorf("%+v", got)
		}
		for range 2 {
			must(t, w.EnableUser(t.Context(), w.system, m.UserID))
		}
		events := w.events(t, before)
		if len(events) != 2 || events[0].Action != models.UserDisabled || events[1].Action != models.UserEnabled || events[0].TargetName != "Dana Levi" {
			t.Errorf("%+v", events)
		}
	})
}

func TestDeleteUser_IsGoneFromEveryAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme, globex := w.tenant(t, "Acme"), w.tenant(t, "Globex")
		m, _ := w.member(t, acme.ID, "dana@acme.example")
		w.member(t, globex.ID, "dana@acme.example")
		must(t, w.DeleteUser(t.Context(), w.system, m.UserID))
		for _, tenantID := range []string{acme.ID, globex.ID} {
			if _, err := w.Member(t.Context(), w.system, tenantID, m.UserID); !errors.Is(err, models.ErrNotFound) {
				t.Error(err)
			}
		}
		if err := w.DeleteUser(t.Context(), w.system, m.UserID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
		if again, _ := w.member(t, acme.ID, "dana@acme.example"); again.UserID == m.UserID {
			t.Error("the e-mail still belongs to the one who was deleted")
		}
	})
}

func TestOperator_CantEndThemselves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		noa := w.operator(t, "noa@vendor.example")
		w.operator(t, "eli@vendor.example")
		for name, end := range map[string]func() error{
			"disable": func() error { return w.DisableUser(t.Context(), noa, noa.UserID) },
			"delete":  func() error { return w.DeleteUser(t.Context(), noa, noa.UserID) },
		} {
			before := w.last(t)
			if err := end(); problem(err) != " self" {
				t.Errorf("%s: %v", name, err)
			}
			if e := w.events(t, before); len(e) != 1 || e[0].Outcome != models.Refused || e[0].Reason != "self" || e[0].TargetID != noa.UserID {
				t.Errorf("%s left %+v", name, e)
			}
		}
		if u, err := w.store.User(t.Context(), noa.UserID); err != nil || u.Disabled() {
			t.Errorf("%+v, %v", u, err)
		}
	})
}

func TestOperator_TheLastOneStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		noa, eli := w.operator(t, "noa@vendor.example"), w.operator(t, "eli@vendor.example")
		must(t, w.DisableUser(t.Context(), noa, eli.UserID))
		for name, end := range map[string]func() error{
			"disable": func() error { return w.DisableUser(t.Context(), w.system, noa.UserID) },
			"delete":  func() error { return w.DeleteUser(t.Context(), w.system, noa.UserID) },
		} {
			before := w.last(t)
			if err := end(); problem(err) != " last_operator" {
				t.Errorf("%s: %v", name, err)
			}
			if e := w.events(t, before); len(e) != 1 || e[0].Outcome != models.Refused || e[0].Reason != "last_operator" {
				t.Errorf("%s left %+v", name, e)
			}
		}
		must(t, w.DeleteUser(t.Context(), w.system, eli.UserID))
	})
}

func TestOperators_WhoEndEachOtherAtOnceLeaveOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		noa, eli := w.operator(t, "noa@vendor.example"), w.operator(t, "eli@vendor.example")
		for round := range 20 {
			won, errs := together(2, func(i int) error {
				if i == 0 {
					return w.DisableUser(t.Context(), noa, eli.UserID)
				}
				return w.DisableUser(t.Context(), eli, noa.UserID)
			})
			if won != 1 || problem(errs[0]) != " last_operator" && problem(errs[1]) != " last_operator" {
				t.Fatalf("round %d: %d of 2: %v", round, won, errs)
			}
			must(t, w.EnableUser(t.Context(), w.system, noa.UserID))
			must(t, w.EnableUser(t.Context(), w.system, eli.UserID))
		}
	})
}
