package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// withoutSecret fails the test when any part of the secret is in an answer, in what
// the browser keeps, in the log or in the database.
func (b *browser) withoutSecret(l *ledger, a answer, secret string) {
	b.t.Helper()
	part := secret[len("lk_at_") : len(secret)-8]
	var header strings.Builder
	b.must(a.header.Write(&header))
	places := map[string]string{
		"the answer": a.body, "its head": header.String(), "the page": b.page.body, "the log": b.log.String(), "the database": strings.Join(l.rows(), "\n"),
	}
	for name, value := range b.cookies {
		places["cookie "+name] = value
	}
	for _, event := range b.news() {
		places["event "+string(event.Action)] = event.Reason + event.TargetName + event.TargetID + event.UserAgent
	}
	for place, text := range places {
		if strings.Contains(text, part) {
			b.t.Errorf("%s has the secret: %s", place, strings.ReplaceAll(text, part, "[secret]"))
		}
	}
}

func (b *browser) find(at, value string) answer {
	b.t.Helper()
	b.open(at + "/find")
	b.says(http.StatusOK, "Find by value", "nothing of it is stored, logged or put in an address")
	return b.submit("", "value", value)
}

func TestFind_LandsOnTheRowOfWhicheverListHasIt(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := w.as(w.dana)
		for _, c := range combinations() {
			w.mint(c, 0)
			m := w.mint(c, 0)
			home := map[models.Context]string{models.API: "/workspace/tokens", models.Personal: "/account/tokens"}[c.context]
			for _, p := range places() {
				w.news()
				before := l.rows()
				a := b.find(p.path, " "+m.Secret.Reveal()+"\t")
				if a.status != http.StatusSeeOther || a.header.Get("Location") != home+"?q="+m.Token.ID || a.header.Get("Cache-Control") != "no-store" {
					l.t.Errorf("%v from %s: %d %v", c, p.path, a.status, a.header)
				}
				b.says(http.StatusOK, m.Token.ID, "1 token matches")
				if n := b.doc().Find("tbody tr").Length(); n != 1 {
					l.t.Errorf("%d rows", n)
				}
				if news := w.news(); len(news) > 0 {
					l.t.Errorf("a look left %+v", news)
				}
				if changed := difference(before, l.rows()); changed != "" {
					l.t.Errorf("a look changed the database:\n%s", changed)
				}
				b.withoutSecret(l, a, m.Secret.Reveal())
			}
		}
	})
}

// What can't be found and what may not be found can't be told apart, and nothing of
// either is shown again.
func TestFind_OfNothingThatThePersonMaySeeIsOneAnswer(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		hank := w.join1("hank@globex.example", w.globex.ID, "Admin", "Editor")
		cole := w.join1("cole@acme.example", w.acme.ID, "Admin", "Editor")
		deleted := w.mint(combination{models.API, models.AccessToken}, 0)
		b := w.as(w.dana)
		b.open("/workspace/tokens/" + deleted.Token.ID + "/delete")
		b.submit("")
		secrets := map[string]string{
			"nobody's":                    m2m.NewKey("lk", m2m.AccessToken).Reveal(),
			"nobody's, of another prefix": m2m.NewKey("acme", m2m.ClientSecret).Reveal(),
			"a vendor key":                m2m.NewKey("lk", m2m.VendorKey).Reveal(),
			"a refresh token":             m2m.NewKey("lk", m2m.RefreshToken).Reveal(),
			"another account's":           w.sow(hank, models.API, models.AccessToken, "theirs", 0, "Editor").Secret.Reveal(),
			"another account's person's":  w.sow(hank, models.Personal, models.ClientCredentials, "theirs", 0).Secret.Reveal(),
			"a colleague's":               w.sow(cole, models.Personal, models.AccessToken, "theirs", 0).Secret.Reveal(),
			"deleted":                     deleted.Secret.Reveal(),
		}
		for _, p := range places() {
			first := ""
			for name, secret := range secrets {
				w.news()
				before := l.rows()
				a := b.find(p.path, secret)
				b.says(http.StatusUnprocessableEntity, "No token that you can see has this secret")
				if _, fields := b.form(""); fields.Get("value") != "" {
					l.t.Errorf("%s is in the form again", name)
				}
				if first == "" {
					first = a.bare()
				}
				if a.bare() != first {
					l.t.Errorf("%s is answered as no other is", name)
				}
				if changed := difference(before, l.rows()); changed != "" || len(w.news()) > 0 {
					l.t.Errorf("%s changed the database:\n%s", name, changed)
				}
				b.withoutSecret(l, a, secret)
			}
		}
	})
}

func TestFind_ReachesAsFarAsTheRightsOfThePerson(t *testing.T) {
	t.Parallel()
	onLedger(t, false, func(w *world, l *ledger) {
		both := map[string]tokens.Minted{"/workspace/tokens": w.mint(combination{models.API, models.AccessToken}, 0)}
		vic := w.join1("vic@acme.example", w.acme.ID, "Viewer")
		rae := w.join1("rae@acme.example", w.acme.ID)
		both["/account/tokens"] = w.mint(combination{models.Personal, models.AccessToken}, time.Hour)

		b := w.as(vic)
		if a := b.find("/workspace/tokens", both["/workspace/tokens"].Secret.Reveal()); a.status != http.StatusSeeOther {
			l.t.Errorf("a viewer may look: %d", a.status)
		}
		b.open("/account/tokens/find")
		b.submit("", "value", both["/account/tokens"].Secret.Reveal())
		b.says(http.StatusUnprocessableEntity, "No token that you can see")

		b = w.as(rae)
		b.open("/workspace/tokens/find")
		b.says(http.StatusForbidden, "You may not do this")

		// A list that is put away is reached from nowhere.
		w.must(w.accounts.UpdateModules(l.t.Context(), system(), new(models.Always), new(models.Hidden)))
		b = w.as(w.dana)
		a := b.find("/workspace/tokens", both["/account/tokens"].Secret.Reveal())
		b.says(http.StatusUnprocessableEntity, "No token that you can see")
		b.withoutSecret(l, a, both["/account/tokens"].Secret.Reveal())
		b.open("/account/tokens/find")
		b.says(http.StatusNotFound, "There is nothing here")
	})
}

func TestFind_NeverTakesTheSecretFromAnAddress(t *testing.T) {
	t.Parallel()
	onLedger(t, false, func(w *world, l *ledger) {
		m := w.mint(combination{models.API, models.AccessToken}, 0)
		b := w.as(w.dana)
		for _, p := range places() {
			b.open(p.path + "/find?value=" + url.QueryEscape(m.Secret.Reveal()))
			b.says(http.StatusBadRequest, "Don’t put a secret in the address")
			b.withoutSecret(l, b.page, m.Secret.Reveal())
		}
	})
}
