package signin

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

func (w *world) link(t *testing.T, u models.User) models.Secret {
	t.Helper()
	link, code := models.NewLink(models.PasswordLink, u.ID, w.time(), 24*time.Hour)
	must(t, w.store.CreateLink(t.Context(), link, w.event(models.LinkCreated)))
	return code
}

func (w *world) usePassword(t *testing.T, code, password string) error {
	return w.UsePasswordLink(t.Context(), code, models.NewSecret(password), home)
}

func (w *world) useSetup(t *testing.T, code, email string) error {
	return w.UseSetupLink(t.Context(), NewOperator{Code: code, Email: email, Name: "Noa Brandt", Password: models.NewSecret(danaPassword)}, home)
}

func TestPasswordLink_SetsThePasswordOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cookie := w.in(t).Cookie
		code := w.link(t, w.dana).Reveal()
		link, user, err := w.OpenLink(t.Context(), code)
		if err != nil || user == nil || user.ID != w.dana.ID || link.Purpose != models.PasswordLink {
			t.Fatalf("%+v, %+v, %v", link, user, err)
		}
		if err := w.usePassword(t, code, "dana levi acme 1"); problems(err) != "password common" {
			t.Error(err)
		}
		before := w.last(t)
		must(t, w.usePassword(t, code, nextPassword))
		if e := w.events(t, before); len(e) != 1 || e[0].Action != models.LinkUsed || e[0].TargetID != w.dana.ID || e[0].IP != home.IP {
			t.Errorf("%+v", e)
		}
		if err := w.usePassword(t, code, nextPassword); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.Identify(t.Context(), cookie); !errors.Is(err, models.ErrUnauthenticated) {
			t.Errorf("the session from before: %v", err)
		}
		if _, err := w.try(t, danaEmail, nextPassword, "", home); err != nil {
			t.Error(err)
		}
	})
}

func TestPasswordLink_EndsAfterADay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.link(t, w.dana).Reveal()
		w.after(24*time.Hour - time.Second)
		if _, _, err := w.OpenLink(t.Context(), code); err != nil {
			t.Error(err)
		}
		w.after(time.Second)
		if _, _, err := w.OpenLink(t.Context(), code); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
		if err := w.usePassword(t, code, nextPassword); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestPasswordLink_OfSomebodyDisabledIsUnknown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code, now := w.link(t, w.dana).Reveal(), w.time()
		must(t, w.store.SetUserDisabled(t.Context(), w.dana.ID, &now, w.event(models.UserDisabled)))
		if _, _, err := w.OpenLink(t.Context(), code); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
		if err := w.usePassword(t, code, nextPassword); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestPasswordLink_FiftyAtOnceOneWins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.link(t, w.dana).Reveal()
		before := w.last(t)
		won, errs := together(50, func(int) error { return w.usePassword(t, code, nextPassword) })
		for _, err := range errs {
			if err != nil && !errors.Is(err, models.ErrNotFound) {
				t.Error(err)
			}
		}
		if won != 1 || len(w.events(t, before)) != 1 {
			t.Errorf("%d won, %d events", won, len(w.events(t, before)))
		}
	})
}

func TestLink_UnknownCodesCostNoHash(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		setup, made, err := w.EnsureSetupLink(t.Context())
		if err != nil || !made {
			t.Fatal(made, err)
		}
		password := w.link(t, w.dana).Reveal()
		for _, code := range []string{"", "x", models.NewOpaque().Reveal(), password + "x", password[:42] + "\x00"} {
			if _, _, err := w.OpenLink(t.Context(), code); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("open %q: %v", code, err)
			}
			if err := w.usePassword(t, code, nextPassword); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("password by %q: %v", code, err)
			}
			if err := w.useSetup(t, code, "noa@vendor.example"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("set-up by %q: %v", code, err)
			}
		}
		// One kind of link doesn't do the other's work.
		if err := w.useSetup(t, password, "noa@vendor.example"); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
		if err := w.usePassword(t, setup.Reveal(), nextPassword); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
		if n, ok := w.hashed(0); !ok {
			t.Errorf("%d hashes", n)
		}
	})
}

func TestSetupLink_MakesTheFirstOperator(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code, made, err := w.EnsureSetupLink(t.Context())
		if err != nil || !made {
			t.Fatal(made, err)
		}
		if link, user, err := w.OpenLink(t.Context(), code.Reveal()); err != nil || user != nil || link.Purpose != models.SetupLink {
			t.Fatalf("%+v, %v", link, err)
		}
		if err := w.useSetup(t, code.Reveal(), danaEmail); problems(err) != "email taken" {
			t.Errorf("somebody's e-mail: %v", err)
		}
		before := w.last(t)
		must(t, w.useSetup(t, code.Reveal(), "noa@vendor.example"))
		if e := w.events(t, before); len(e) != 1 || e[0].Action != models.UserCreated || e[0].TargetName != "Noa Brandt" {
			t.Errorf("%+v", e)
		}
		in, err := w.try(t, "noa@vendor.example", danaPassword, "", home)
		if err != nil || !in.User.Operator {
			t.Errorf("%+v, %v", in.User, err)
		}
		if err := w.useSetup(t, code.Reveal(), "eli@vendor.example"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
		if _, made, err := w.EnsureSetupLink(t.Context()); err != nil || made {
			t.Errorf("another link: %t, %v", made, err)
		}
	})
}

func TestSetupLink_EndsAfterAnHourAndAtTheNextStart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, _, err := w.EnsureSetupLink(t.Context())
		must(t, err)
		second, _, err := w.EnsureSetupLink(t.Context())
		must(t, err)
		if _, _, err := w.OpenLink(t.Context(), first.Reveal()); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the first: %v", err)
		}
		w.after(time.Hour - time.Second)
		if _, _, err := w.OpenLink(t.Context(), second.Reveal()); err != nil {
			t.Errorf("the second: %v", err)
		}
		w.after(time.Second)
		if err := w.useSetup(t, second.Reveal(), "noa@vendor.example"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("after an hour: %v", err)
		}
	})
}

func TestSetupLink_IsSpentOnceThereIsAnOperator(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code, _, err := w.EnsureSetupLink(t.Context())
		must(t, err)
		must(t, w.CreateOperator(t.Context(), system, "noa@vendor.example", "Noa Brandt", models.NewSecret(danaPassword)))
		if _, _, err := w.OpenLink(t.Context(), code.Reveal()); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
		if err := w.useSetup(t, code.Reveal(), "eli@vendor.example"); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestSetupLink_FiftyAtOnceMakeOneOperator(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code, _, err := w.EnsureSetupLink(t.Context())
		must(t, err)
		won, errs := together(50, func(i int) error {
			return w.useSetup(t, code.Reveal(), string(rune('a'+i%26))+string(rune('a'+i/26))+"@vendor.example")
		})
		for _, err := range errs {
			if err != nil && !errors.Is(err, models.ErrNotFound) {
				t.Error(err)
			}
		}
		n, err := w.store.OperatorCount(t.Context())
		if won != 1 || n != 1 || err != nil {
			t.Errorf("%d won, %d operators, %v", won, n, err)
		}
	})
}

func TestNewPortalLink_IsForTheVendorsPrograms(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.last(t)
		m := models.Member{Membership: models.Membership{TenantID: w.tenant.ID, UserID: w.dana.ID}, User: w.dana}
		for _, kind := range []models.CallerKind{models.Anyone, models.Person, models.System} {
			if _, _, err := w.NewPortalLink(t.Context(), models.Caller{Kind: kind, UserID: w.dana.ID, Operator: true}, m, "/"); !errors.Is(err, models.ErrForbidden) {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if w.last(t) != before {
			t.Error("something was made")
		}
		for _, code := range []string{"", "x", models.NewOpaque().Reveal(), models.NewOpaque().Reveal() + "x"} {
			if _, err := w.OpenPortalLink(t.Context(), code); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("open %q: %v", code, err)
			}
			if _, _, err := w.UsePortalLink(t.Context(), code, home); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("use %q: %v", code, err)
			}
		}
	})
}
