package signin

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

func (w *world) change(t *testing.T, id models.Identity, current, next string) (models.Secret, error) {
	return w.ChangePassword(t.Context(), w.caller(id), id, models.NewSecret(current), models.NewSecret(next))
}

func TestChangePassword_EndsAllSessionsAndGivesANewOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		here, there := w.in(t), w.in(t)
		id := w.identify(t, here.Cookie)
		before := w.last(t)
		cookie, err := w.change(t, id, danaPassword, nextPassword)
		must(t, err)
		for name, old := range map[string]models.Secret{"here": here.Cookie, "there": there.Cookie} {
			if _, err := w.Identify(t.Context(), old); !errors.Is(err, models.ErrUnauthenticated) {
				t.Errorf("the session %s: %v", name, err)
			}
		}
		if now := w.identify(t, cookie); now.User.ID != w.dana.ID || now.Tenant.ID != w.tenant.ID {
			t.Errorf("%+v", now)
		}
		if e := w.events(t, before); len(e) != 1 || e[0].Action != models.PasswordChanged || e[0].Outcome != models.Done {
			t.Errorf("%+v", e)
		}
		if _, err := w.try(t, danaEmail, danaPassword, "", home); !errors.Is(err, models.ErrUnauthenticated) {
			t.Errorf("the old password: %v", err)
		}
		if _, err := w.try(t, danaEmail, nextPassword, "", home); err != nil {
			t.Errorf("the new password: %v", err)
		}
	})
}

func TestChangePassword_BadFormsChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.identify(t, w.in(t).Cookie)
		for _, c := range []struct{ name, current, next, want string }{
			{"wrong", "wrong", nextPassword, "current wrong"},
			{"empty", "", nextPassword, "current wrong"},
			{"short", danaPassword, "short", "password too_short"},
			{"long", danaPassword, longPassword(129), "password too_long"},
			{"common", danaPassword, "passwordpassword", "password common"},
			{"their own name", danaPassword, "dana levi dana levi", "password common"},
			{"not UTF-8", danaPassword, nextPassword + "\xff", "password characters"},
			{"the same", danaPassword, danaPassword, "password same"},
		} {
			if _, err := w.change(t, id, c.current, c.next); problems(err) != c.want {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		w.in(t)
	})
}

func TestChangePassword_GuessesAtTheCurrentOneAreLimited(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.identify(t, w.in(t).Cookie)
		before := w.last(t)
		w.hashes.Store(0)
		_, errs := together(50, func(int) error {
			_, err := w.change(t, id, "wrong", nextPassword)
			return err
		})
		for _, err := range errs {
			if problems(err) != "current wrong" && limited(err) == 0 {
				t.Error(err)
			}
		}
		if n, ok := w.hashed(10); !ok || len(w.events(t, before)) != 10 {
			t.Errorf("%d hashes and %d events", n, len(w.events(t, before)))
		}
		if _, err := w.change(t, id, danaPassword, nextPassword); limited(err) != time.Second {
			t.Errorf("the right one at once: %v", err)
		}
		w.in(t) // signing in has a count of its own
		w.after(time.Second)
		if _, err := w.change(t, id, danaPassword, nextPassword); err != nil {
			t.Errorf("a second later: %v", err)
		}
	})
}

func TestOperator_IsCreatedByTheCommandLineOrAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.last(t)
		must(t, w.CreateOperator(t.Context(), system, "noa@vendor.example", "Noa Brandt", models.NewSecret(danaPassword)))
		in, err := w.try(t, "noa@vendor.example", danaPassword, "", home)
		must(t, err)
		if !in.User.Operator || in.Session.TenantID != "" {
			t.Errorf("%+v", in)
		}
		e := w.events(t, before)
		if len(e) != 2 || e[0].Action != models.UserCreated || e[0].ActorKind != models.System || e[0].TargetID != in.User.ID {
			t.Errorf("%+v", e)
		}
		noa := models.Caller{Kind: models.Person, UserID: in.User.ID, Operator: true}
		must(t, w.CreateOperator(t.Context(), noa, "eli@vendor.example", "Eli Adler", models.NewSecret(danaPassword)))
		for _, kind := range []models.CallerKind{models.Vendor, models.Person, models.Anyone} {
			caller := models.Caller{Kind: kind, KeyID: in.User.ID, UserID: in.User.ID}
			err := w.CreateOperator(t.Context(), caller, "ira@vendor.example", "Ira", models.NewSecret(danaPassword))
			if !errors.Is(err, models.ErrForbidden) {
				t.Errorf("by %s: %v", kind, err)
			}
		}
	})
}

func TestOperator_BadFormsChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.last(t)
		for _, c := range []struct{ email, name, password, want string }{
			{"", "", "", "email required, name required, password too_short"},
			{"noa", "Noa", danaPassword, "email email"},
			{strings.Repeat("n", 255) + "@x", "Noa", danaPassword, "email too_long"},
			{"noa\x00@x", "Noa", danaPassword, "email characters"},
			{"noa@x", strings.Repeat("n", 101), danaPassword, "name too_long"},
			{danaEmail, "Noa", danaPassword, "email taken"},
			{"DANA@acme.example", "Noa", danaPassword, "email taken"},
			{"noa@vendor.example", "Noa", "noa vendor latchkey 1", "password common"},
		} {
			if err := w.CreateOperator(t.Context(), system, c.email, c.name, models.NewSecret(c.password)); problems(err) != c.want {
				t.Errorf("%q, %q: %v", c.email, c.name, err)
			}
		}
		if e := w.events(t, before); len(e) != 0 {
			t.Errorf("%+v", e)
		}
	})
}

func TestOperator_VerbsRefuseEverybodyElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		must(t, w.CreateOperator(t.Context(), system, "noa@vendor.example", "Noa Brandt", models.NewSecret(danaPassword)))
		dana := models.Caller{Kind: models.Person, UserID: w.dana.ID, TenantID: w.tenant.ID}
		for _, caller := range []models.Caller{dana, {Kind: models.Anyone}, {Kind: models.Anyone, Operator: true}} {
			before := w.last(t)
			for name, err := range map[string]error{
				"create": w.CreateOperator(t.Context(), caller, "x@vendor.example", "X", models.NewSecret(danaPassword)),
				"reset":  w.ResetPassword(t.Context(), caller, "noa@vendor.example", models.NewSecret(nextPassword)),
			} {
				if !errors.Is(err, models.ErrForbidden) {
					t.Errorf("%s by %s: %v", name, caller.Kind, err)
				}
			}
			e := w.events(t, before)
			if caller.Kind == models.Person && (len(e) != 2 || e[0].Outcome != models.Refused || e[0].TenantID != w.tenant.ID) || caller.Kind == models.Anyone && len(e) != 0 {
				t.Errorf("by %s: %+v", caller.Kind, e)
			}
		}
	})
}

func TestResetPassword_IsForOperatorsAndEndsTheirSessions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		must(t, w.CreateOperator(t.Context(), system, "noa@vendor.example", "Noa Brandt", models.NewSecret(danaPassword)))
		in, err := w.try(t, "noa@vendor.example", danaPassword, "", home)
		must(t, err)
		for _, email := range []string{danaEmail, "nobody@vendor.example", "", "\x00"} {
			if err := w.ResetPassword(t.Context(), system, email, models.NewSecret(nextPassword)); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%q: %v", email, err)
			}
		}
		if err := w.ResetPassword(t.Context(), system, "noa@vendor.example", models.NewSecret("short")); problems(err) != "password too_short" {
			t.Error(err)
		}
		must(t, w.ResetPassword(t.Context(), system, "NOA@vendor.example", models.NewSecret(nextPassword)))
		if _, err := w.Identify(t.Context(), in.Cookie); !errors.Is(err, models.ErrUnauthenticated) {
			t.Error(err)
		}
		if _, err := w.try(t, "noa@vendor.example", nextPassword, "", home); err != nil {
			t.Error(err)
		}
	})
}
