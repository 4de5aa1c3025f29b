package signin

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

func (w *world) caller(id models.Identity) models.Caller {
	return models.Caller{Kind: models.Person, UserID: id.User.ID, Name: id.User.Name, TenantID: id.Session.TenantID, IP: home.IP}
}

func (w *world) identify(t *testing.T, cookie models.Secret) models.Identity {
	t.Helper()
	id, err := w.Identify(t.Context(), cookie)
	must(t, err)
	return id
}

func TestIdentify_NobodysCookieIsUnauthenticated(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.in(t).Cookie.Reveal()
		for _, value := range []string{"", "x", models.NewOpaque().Reveal(), in + "A", in[:42], " " + in[1:], string(models.HashOpaque(in)), in[:42] + "\x00"} {
			if _, err := w.Identify(t.Context(), models.NewSecret(value)); !errors.Is(err, models.ErrUnauthenticated) {
				t.Errorf("%q: %v", value, err)
			}
		}
	})
}

func TestSession_EndsTwelveHoursAfterItWasSeen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cookie := w.in(t).Cookie
		w.after(12*time.Hour - time.Second)
		w.identify(t, cookie)
		w.after(12*time.Hour - time.Second)
		w.identify(t, cookie)
		w.after(12 * time.Hour)
		if _, err := w.Identify(t.Context(), cookie); !errors.Is(err, models.ErrUnauthenticated) {
			t.Error(err)
		}
	})
}

func TestSession_EndsAfterSevenDaysHoweverBusy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cookie, start := w.in(t).Cookie, w.time()
		for w.time().Before(start.Add(SessionLife - 11*time.Hour)) {
			w.after(11 * time.Hour)
			w.identify(t, cookie)
		}
		w.at(start.Add(SessionLife - time.Second))
		w.identify(t, cookie)
		w.at(start.Add(SessionLife))
		if _, err := w.Identify(t.Context(), cookie); !errors.Is(err, models.ErrUnauthenticated) {
			t.Error(err)
		}
	})
}

func TestSession_SeenIsWrittenAtMostOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cookie, start := w.in(t).Cookie, w.time()
		for _, c := range []struct{ after, want time.Duration }{
			{30 * time.Second, 0}, {59 * time.Second, 0}, {60 * time.Second, 60 * time.Second},
			{119 * time.Second, 60 * time.Second}, {121 * time.Second, 121 * time.Second},
		} {
			w.at(start.Add(c.after))
			w.identify(t, cookie)
			id, err := w.store.Identity(t.Context(), models.HashOpaque(cookie.Reveal()), w.time(), SessionIdle)
			must(t, err)
			if !id.Session.LastSeenAt.Equal(start.Add(c.want)) {
				t.Errorf("after %s it was seen at %s", c.after, id.Session.LastSeenAt.Sub(start))
			}
		}
	})
}

func TestSession_NewIDAtEverySignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.in(t), w.in(t)
		if a.Cookie.Reveal() == b.Cookie.Reveal() || bytes.Equal(a.Session.CSRF, b.Session.CSRF) {
			t.Error("two sign-ins share an id or a form secret")
		}
		w.identify(t, a.Cookie)
	})
}

func TestSignOut_EndsTheSessionOnTheServer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.in(t), w.in(t)
		id := w.identify(t, a.Cookie)
		before := w.last(t)
		for range 2 {
			must(t, w.SignOut(t.Context(), w.caller(id), id.Session))
		}
		if _, err := w.Identify(t.Context(), a.Cookie); !errors.Is(err, models.ErrUnauthenticated) {
			t.Error(err)
		}
		w.identify(t, b.Cookie)
		if e := w.events(t, before); len(e) != 1 || e[0].Action != models.SignedOut || e[0].ActorID != w.dana.ID {
			t.Errorf("%+v", e)
		}
	})
}

func TestSignIn_BeginsInTheFirstAccountThatIsOpen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		aardvark, zorg := w.account(t, "Aardvark"), w.account(t, "Zorg")
		w.join(t, w.dana, aardvark)
		w.join(t, w.dana, zorg)
		now := w.time()
		must(t, w.store.SetTenantDisabled(t.Context(), aardvark.ID, &now, w.event(models.TenantDisabled)))
		if in := w.in(t); in.Session.TenantID != w.tenant.ID {
			t.Errorf("in %s", in.Session.TenantID)
		}
		must(t, w.store.SetMemberDisabled(t.Context(), w.tenant.ID, w.dana.ID, &now, w.event(models.MembershipDisabled)))
		if in := w.in(t); in.Session.TenantID != zorg.ID {
			t.Errorf("in %s", in.Session.TenantID)
		}
		must(t, w.store.RemoveMember(t.Context(), zorg.ID, w.dana.ID, "", now, w.event(models.MembershipRemoved)))
		in := w.in(t)
		if id := w.identify(t, in.Cookie); id.Tenant != nil || len(id.Accounts) != 0 || in.Session.TenantID != "" {
			t.Errorf("%+v", id)
		}
	})
}

func TestSwitchAccount_OnlyToOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		zorg, foreign := w.account(t, "Zorg"), w.account(t, "Globex")
		w.join(t, w.dana, zorg)
		cookie := w.in(t).Cookie
		id := w.identify(t, cookie)
		before := w.last(t)
		for _, tenantID := range []string{foreign.ID, "", "x", "\x00", "0198a7c4-5d0e-7c3a-9f1b-2f6d3c1e8a90"} {
			if err := w.SwitchAccount(t.Context(), w.caller(id), id, tenantID); err != models.ErrNotFound {
				t.Errorf("%q: %v", tenantID, err)
			}
		}
		for _, e := range w.events(t, before) {
			if e.Outcome != models.Refused || e.TenantID != w.tenant.ID || e.TargetID != "" {
				t.Errorf("%+v", e)
			}
		}
		if now := w.identify(t, cookie); now.Tenant.ID != w.tenant.ID {
			t.Errorf("in %s", now.Tenant.Name)
		}
		before = w.last(t)
		must(t, w.SwitchAccount(t.Context(), w.caller(id), id, zorg.ID))
		if now := w.identify(t, cookie); now.Tenant.ID != zorg.ID {
			t.Errorf("in %s", now.Tenant.Name)
		}
		if e := w.events(t, before); len(e) != 1 || e[0].Action != models.AccountSwitched || e[0].TenantID != zorg.ID {
			t.Errorf("%+v", e)
		}
	})
}

func TestFlash_IsShownOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cookie := w.in(t).Cookie
		must(t, w.SetFlash(t.Context(), w.identify(t, cookie).Session, "saved"))
		sess := w.identify(t, cookie).Session
		for _, want := range []string{"saved", ""} {
			if got, err := w.TakeFlash(t.Context(), sess); err != nil || got != want {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		}
	})
}

func TestSession_HeaderBytesCantFailIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		long := make([]rune, 5000)
		for i := range long {
			long[i] = 'é'
		}
		for _, agent := range []string{"a\x00b\xff", string(long), ""} {
			c := home
			c.UserAgent = agent
			if _, err := w.try(t, danaEmail, danaPassword, "", c); err != nil {
				t.Errorf("%.10q: %v", agent, err)
			}
			if _, err := w.try(t, danaEmail, "wrong", "", c); !errors.Is(err, models.ErrUnauthenticated) {
				t.Errorf("%.10q: %v", agent, err)
			}
		}
	})
}
