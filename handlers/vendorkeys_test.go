package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

const keysPath = "/console/keys"

var vendorKeyIn = regexp.MustCompile(`lk_vk_[0-9A-Za-z]{49}`)

// newKey makes a key by its form, and gives the address of its page and its secret.
func (d *desk) newKey(name string) (page, secret string) {
	d.t.Helper()
	a := d.post(keysPath, "name", name, "form", models.NewOpaque().Reveal())
	d.says(a, http.StatusCreated, "Your key was created", name)
	rows, err := d.store.VendorKeys(d.t.Context(), d.clock.Now())
	d.must(err)
	return keysPath + "/" + rows[0].ID, vendorKeyIn.FindString(a.body)
}

// signsIn asserts whether a program with the secret is let in.
func (d *desk) signsIn(secret string, want int) {
	d.t.Helper()
	settings, err := d.store.Settings(d.t.Context())
	d.must(err)
	if a := d.send("POST", "/auth/vendor", credentials(settings.ClientID, secret)); a.status != want {
		d.t.Errorf("…%s: %d, want %d: %s", secret[len(secret)-4:], a.status, want, a.body)
	}
}

// leads asserts that a page that has nothing to ask leads on.
func (d *desk) leads(a answer, to string) {
	d.t.Helper()
	if a.status != http.StatusSeeOther || a.header.Get("Location") != to {
		d.t.Errorf("answered %d to %q, want 303 to %q", a.status, a.header.Get("Location"), to)
	}
}

// rotation are the fields of a rotation of the key's secret in force.
func (d *desk) rotation(page, overlap, form string) []string {
	d.t.Helper()
	row, err := d.store.VendorKey(d.t.Context(), strings.TrimPrefix(page, keysPath+"/"), d.clock.Now())
	d.must(err)
	return []string{"overlap", overlap, "form", form, "replaces", row.Secrets[0].ID}
}

func TestVendorKeys_SecretIsShownOnceWithHowToUseIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		d.says(d.get(keysPath), http.StatusOK, "No keys yet")
		settings, err := s.Settings(t.Context())
		d.must(err)
		fields := []string{"name", "Billing API", "form", "once"}
		a := d.post(keysPath, fields...)
		secret := vendorKeyIn.FindString(a.body)
		d.says(a, http.StatusCreated, settings.ClientID, "FRONTEGG_CLIENT_ID="+settings.ClientID, "FRONTEGG_API_KEY="+secret,
			"FRONTEGG_API_GATEWAY_URL=", "/auth/vendor")
		if a.header.Get("Cache-Control") != "no-store" || secret == "" {
			t.Errorf("%v", a.header)
		}
		d.signsIn(secret, http.StatusOK)

		again := d.post(keysPath, fields...)
		d.says(again, http.StatusConflict, "This key was already created", "Billing API")
		d.says(d.get(keysPath), http.StatusOK, "Billing API", "Noa Brandt", "lk_vk_…"+secret[len(secret)-4:], "192.0.2.1", "1 key, newest first")
		rows, err := s.VendorKeys(t.Context(), d.clock.Now())
		d.must(err)
		page := keysPath + "/" + rows[0].ID
		d.says(d.get(page), http.StatusOK, settings.ClientID, "Billing API", "$FRONTEGG_API_KEY")
		for _, a := range []answer{again, d.get(keysPath), d.get(page)} {
			if strings.Contains(a.body, secret) {
				t.Error("the secret is shown again")
			}
		}
	})
}

func TestVendorKeys_RotateWithOverlapAndEndTheOld(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		page, first := d.newKey("Billing API")
		d.says(d.get(page+"/rotate"), http.StatusOK, "Never used", "In 24 hours")
		d.leads(d.get(page+"/rotate/end"), page)
		fields := d.rotation(page, "1", "once")
		a := d.post(page+"/rotate", fields...)
		second := vendorKeyIn.FindString(a.body)
		d.says(a, http.StatusCreated, "The old secret works until 23 November 2026 at 21:")
		for _, secret := range []string{first, second} {
			d.signsIn(secret, http.StatusOK)
		}
		d.says(d.post(page+"/rotate", fields...), http.StatusConflict, "This rotation was already made")
		d.says(d.post(page+"/rotate", d.rotation(page, "1", "another")...), http.StatusConflict, "Somebody else was quicker")
		d.leads(d.get(page+"/rotate"), page)
		d.says(d.get(page), http.StatusOK, "Rotation under way")
		d.says(d.get(keysPath), http.StatusOK, "Old secret ends in 1 hour")

		d.says(d.get(page+"/rotate/end"), http.StatusOK, "End the old secret of “Billing API” now?", "In use: last used just now", first[len(first)-4:])
		d.goes(d.post(page+"/rotate/end"), page, "What Billing API had before its rotation has ended. Calls with it are refused.")
		d.says(d.post(page+"/rotate/end"), http.StatusConflict, "This rotation is over")
		d.signsIn(first, http.StatusUnauthorized)
		d.signsIn(second, http.StatusOK)

		third := vendorKeyIn.FindString(d.post(page+"/rotate", d.rotation(page, "0", "now")...).body)
		d.signsIn(second, http.StatusUnauthorized)
		d.signsIn(third, http.StatusOK)
		fourth := vendorKeyIn.FindString(d.post(page+"/rotate", d.rotation(page, "24", "later")...).body)
		d.clock.pass(24 * time.Hour)
		d.signsIn(third, http.StatusUnauthorized)
		d.signsIn(fourth, http.StatusOK)
	})
}

func TestVendorKeys_RevokingIsAskedAboutWithWhatStops(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		page, secret := d.newKey("Billing API")
		d.says(d.get(page+"/revoke"), http.StatusOK, "Revoke “Billing API”?", "Never used")
		d.signsIn(secret, http.StatusOK)
		d.says(d.get(page+"/revoke"), http.StatusOK, "In use: last used just now", "192.0.2.1")
		d.goes(d.post(page+"/revoke"), keysPath, "Billing API was revoked. Calls with it are refused.")
		d.signsIn(secret, http.StatusUnauthorized)
		d.says(d.get(keysPath), http.StatusOK, "No keys yet")
		for _, path := range []string{page, page + "/rotate", page + "/rotate/end", page + "/revoke"} {
			if a := d.get(path); a.status != http.StatusNotFound {
				t.Errorf("%s of a revoked key: %d", path, a.status)
			}
		}
	})
}

func TestVendorKeys_NothingOfASecretIsKept(t *testing.T) {
	eachRaw(t, func(t *testing.T, w *world, db *raw) {
		d := deskOf(w)
		page, first := d.newKey("Billing API")
		second := vendorKeyIn.FindString(d.post(page+"/rotate", d.rotation(page, "1", "once")...).body)
		d.signsIn(first, http.StatusOK)
		d.signsIn(second[:len(second)-1]+"!", http.StatusUnauthorized)
		kept, log := db.everything(), d.log.String()
		for _, secret := range []string{first, second} {
			if len(secret) != 55 {
				t.Fatalf("%q is no secret", secret)
			}
			if strings.Contains(kept, secret) || strings.Contains(log, secret) {
				t.Error("a secret is kept")
			}
		}
	})
}
