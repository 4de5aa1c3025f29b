package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// badObjects are bodies that no exchange takes, with the status of the answer.
// id and secret are good ones.
func badObjects(id, secret string, others []string) map[string]int {
	object := func(id, secret string) string { return `{"clientId":` + id + `,"secret":` + secret + `}` }
	quoted := func(s string) string { return `"` + s + `"` }
	id, secret = quoted(id), quoted(secret)
	bad := map[string]int{
		"": 400, "null": 400, `""`: 400, "1": 400, "[]": 400, "{}": 400, "{": 400, "nonsense": 400, "\xff\xfe": 400, "\x00": 400,
		`{"clientId":` + id + `}`: 400, `{"secret":` + secret + `}`: 400, `{"id":` + id + `,"secret":` + secret + `}`: 400,
		object(id, secret) + "{}":                                                                  400,
		object(id, secret) + "x":                                                                   400,
		"[" + object(id, secret) + "]":                                                             400,
		strings.Replace(object(id, secret), ":", "=", 1):                                           400,
		strings.TrimSuffix(object(id, secret), "}"):                                                400,
		`{"clientId":` + id + `,"clientId":` + id + `,"secret":""}`:                                400,
		`{"clientId":` + id + `,"CLIENTID":"x","secret":` + secret + `}`:                           400,
		`{"x":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `,` + object(id, secret)[1:]: 400,
		url.Values{"clientId": {id}, "secret": {secret}}.Encode():                                  400,
		`{"x":"` + strings.Repeat("a", 1<<20) + `",` + object(id, secret)[1:]:                      413,
	}
	for _, value := range []string{"1", "true", "null", "[]", "{}", `""`, "[" + id + "]", `"a` + "\xff" + `"`, `"a\u0000"`, `"a` + "\x01" + `"`} {
		bad[object(value, secret)], bad[object(id, value)] = 400, 400
	}
	for _, other := range append(misspelt(strings.Trim(id, `"`)), others...) {
		if !strings.ContainsAny(other, "\n") {
			bad[object(quoted(other), secret)] = 401
		}
	}
	inner := strings.Trim(secret, `"`)
	for _, other := range []string{inner + " ", " " + inner, strings.ToUpper(inner), inner[1:], inner + "a", "password", strings.Repeat("a", 5000), "' OR 1=1 --", `\ud800`} {
		bad[object(id, quoted(other))] = 401
	}
	return bad
}

func TestExchange_OfAnythingWrongIsRefusedEverywhereAndChangesNothing(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		m := b.credentials()
		others := slices.Concat(b.seals["token"], b.seals["account"], b.seals["user"])
		before := l.rows()
		b.news()
		for _, d := range exchangeDoors() {
			e := d.open(b)
			refused := map[string]bool{}
			for body, want := range badObjects(m.Token.ID, m.Secret.Reveal(), others) {
				a := b.try(http.MethodPost, attempt{path: e.path, body: body}, []string{"Content-Type", "application/json"})
				name := "POST " + d.route + " with " + clipped(body)
				errs := texts(a.fields(l.t)["errors"])
				if a.status != want || len(errs) != 1 || !strings.Contains(errs[0], " ") || a.header.Get("Cache-Control") != "no-store" {
					l.t.Errorf("%s: %d %s", name, a.status, a.body)
				}
				for _, ours := range append(inside(), m.Token.ID, m.Secret.Reveal()) {
					if strings.Contains(a.text(), ours) {
						l.t.Errorf("%s lets out %q: %s", name, ours, a.body)
					}
				}
				if want == 401 {
					refused[a.bare()] = true
				}
			}
			if len(refused) != 1 {
				l.t.Errorf("POST %s tells refusals apart: %d answers", d.route, len(refused))
			}
			if changed := difference(before, l.rows()); changed != "" {
				l.t.Errorf("POST %s wrote:\n%s", d.route, changed)
			}
			// A good one writes its refresh token and nothing else.
			b.pass(d, e, nil, "")
			after := l.rows()
			if changed := difference(before, after); strings.Count(changed, "\n") != 0 || !strings.HasPrefix(changed, "+ refresh_tokens ") {
				l.t.Errorf("POST %s wrote:\n%s", d.route, changed)
			}
			before = after
		}
		if events := b.news(); len(events) != 0 {
			l.t.Errorf("exchanges left events: %+v", events)
		}
	})
}

func TestWhoami_OfAnythingWrongIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		m := b.credentials()
		before := l.rows()
		refused := map[string]bool{}
		for _, value := range []string{
			"lk", m.Token.ID, m.Secret.Reveal(), "\xff", "a\x00b", strings.Repeat("a", 1<<20), "' OR 1=1 --", "null", "{}", "a b c", "..", "eyJhbGciOiJub25lIn0.e30.",
		} {
			for _, headers := range [][]string{{"X-API-KEY", value}, {"Authorization", "Bearer " + value}} {
				for _, path := range []string{"/v1/whoami?tenant_id=" + w.globex.ID, authorizePath, authorizePath + "?permission=reports.read"} {
					a := b.send(http.MethodGet, path, "", headers...)
					if a.status != http.StatusUnauthorized || a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("WWW-Authenticate") == "" {
						l.t.Errorf("%s: %s %s: %d %s", path, headers[0], clipped(value), a.status, a.body)
					}
					for _, ours := range inside() {
						if strings.Contains(a.text(), ours) {
							l.t.Errorf("%s: %s %s lets out %q: %s", path, headers[0], clipped(value), ours, a.body)
						}
					}
					refused[a.bare()] = true
				}
			}
		}
		if len(refused) != 1 {
			l.t.Errorf("refusals are told apart: %v", refused)
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("refusals wrote:\n%s", changed)
		}
	})
}

// Of what is no refresh token nothing is said but that it is none; a body of
// another shape is named.
func TestRefreshAndVendorSignIn_OfAnythingWrongAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		m, key := b.credentials(), b.vendorKey()
		before := l.rows()
		shapes := []string{"", "null", "[]", "{}", "{", "nonsense", "\xff", `{"refreshToken":1,"clientId":1,"secret":1}`, `{"refreshToken":"","clientId":"","secret":""}`, `{"refreshToken":["a"],"clientId":["a"],"secret":["a"]}`}
		wrong := []string{"a", m.Secret.Reveal(), key.Secret.Reveal() + "x", strings.Repeat("a", 5000), "' OR 1=1 --"}
		for _, d := range append(refreshDoors(), vendorDoors()...) {
			refused := map[string]bool{}
			send := func(body string, want int) {
				a := b.try(http.MethodPost, attempt{path: d.route, body: body}, []string{"Content-Type", "application/json"})
				if errs := texts(a.fields(l.t)["errors"]); a.status != want || len(errs) != 1 || !strings.Contains(errs[0], " ") {
					l.t.Errorf("%s with %s: %d %s", d.name(), clipped(body), a.status, a.body)
				}
				if want == http.StatusUnauthorized {
					refused[a.bare()] = true
				}
			}
			for _, body := range shapes {
				send(body, http.StatusBadRequest)
			}
			for _, text := range wrong {
				send(`{"refreshToken":"`+text+`","clientId":"`+key.ClientID+`","secret":"`+text+`"}`, http.StatusUnauthorized)
			}
			if len(refused) != 1 {
				l.t.Errorf("%s tells refusals apart: %d answers", d.name(), len(refused))
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("refusals wrote:\n%s", changed)
		}
	})
}
