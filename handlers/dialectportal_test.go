package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
)

// visibilities are the two token modules as a browser without a session reads them.
func (w *world) visibilities() (api, personal string) {
	w.t.Helper()
	a := w.send("GET", "/frontegg/metadata?entityName=adminBox", "", "Content-Type", "application/json")
	var answer struct {
		Rows []struct {
			Configuration struct {
				Navigation map[string]struct {
					Visibility  string
					Permissions []string
					FeatureFlag any
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(a.body), &answer); err != nil || a.status != http.StatusOK || len(answer.Rows) != 1 {
		w.t.Fatalf("%d %v %s", a.status, err, a.body)
	}
	navigation := answer.Rows[0].Configuration.Navigation
	for name, m := range navigation {
		if m.FeatureFlag != nil || (m.Visibility == "byPermissions") != (len(m.Permissions) == 1) {
			w.t.Errorf("%s: %+v", name, m)
		}
	}
	return navigation["apiTokens"].Visibility, navigation["personalApiTokens"].Visibility
}

// A hidden module is put away for people, whichever way they ask (P3). Both lists go
// on, since Frontegg's portal shows neither where one of them fails.
func TestDialect_PeopleChangeNothingOfAHiddenModule(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		dana := b.comes(b.dana)
		for _, list := range dialectLists() {
			w.must(w.accounts.UpdateM2M(l.t.Context(), system(), accounts.M2MInput{Enabled: true, Kind: list.kind, Format: models.Opaque}))
			made := b.mint(list.combination, 0).Token.ID
			change := func(p program) map[string]int {
				return map[string]int{
					"POST":   p.call("POST", list.path, `{"description":"x"}`).status,
					"DELETE": p.call("DELETE", list.path+"/"+made, "").status,
				}
			}
			w.must(w.accounts.UpdateModules(l.t.Context(), system(), new(hiddenIn(list.context, models.API)), new(hiddenIn(list.context, models.Personal))))
			b.news()
			if got := change(dana); got["POST"] != http.StatusNotFound || got["DELETE"] != http.StatusNotFound {
				l.t.Errorf("%s: a person: %v", list.path, got)
			}
			for _, e := range b.news() {
				if e.Outcome != models.Refused || e.Reason != "not_found" {
					l.t.Errorf("%s: left %+v", list.path, e)
				}
			}
			if a := dana.call("GET", list.path, ""); a.status != http.StatusOK || !strings.Contains(a.body, made) {
				l.t.Errorf("%s: %d %s", list.path, a.status, a.body)
			}
			if got := change(b.acts(list.context)); got["POST"] != http.StatusCreated || got["DELETE"] != http.StatusOK {
				l.t.Errorf("%s: the vendor: %v", list.path, got)
			}
		}
	})
}

// hiddenIn hides the module of a context.
func hiddenIn(hidden, of models.Context) models.Visibility {
	if hidden == of {
		return models.Hidden
	}
	return models.Always
}

func TestDialect_TheAdminBoxReadsAndWritesThePortalsModules(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		p := b.byKey()
		box := func(navigation string) string {
			return `{"entityName":"adminBox","configuration":{"theme":{"a":[null]},"navigation":` + navigation + `}}`
		}
		for _, step := range []struct{ navigation, api, personal string }{
			{`{}`, "always", "always"},
			{`{"apiTokens":{"visibility":"hidden"},"users":{"visibility":"always"}}`, "hidden", "always"},
			{`{"personalApiTokens":{"visibility":"byPermissions","permissions":["x"]}}`, "hidden", "byPermissions"},
			{`{"apiTokens":{"visibility":"always"},"personalApiTokens":{}}`, "always", "byPermissions"},
			{`null`, "always", "byPermissions"},
		} {
			if a := p.call("POST", "/metadata/", box(step.navigation)); a.status != http.StatusCreated || a.fields(l.t)["rows"] == nil {
				l.t.Errorf("%s: %d %s", step.navigation, a.status, a.body)
			}
			settings, err := w.accounts.Settings(l.t.Context())
			w.must(err)
			if api, personal := w.visibilities(); api != step.api || personal != step.personal || settings.APITokens != models.Visibility(api) || settings.PersonalTokens != models.Visibility(personal) {
				l.t.Errorf("%s: %s, %s", step.navigation, api, personal)
			}
		}
		before := l.rows()
		for _, body := range []string{
			"", "[]", "{}", `{"entityName":"saml","configuration":{}}`, `{"entityName":1}`, `{"entityName":"adminBox","configuration":[]}`,
			box(`{"apiTokens":{"visibility":"ALWAYS"}}`), box(`{"apiTokens":{"visibility":""}}`), box(`{"apiTokens":{"visibility":1}}`), box(`{"personalApiTokens":"hidden"}`), box(`[]`),
		} {
			if a := p.call("POST", "/metadata", body); a.status != http.StatusBadRequest || len(texts(a.fields(l.t)["errors"])) != 1 {
				l.t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("bad input changed:\n%s", changed)
		}
	})
}

func TestDialect_WhatThePortalAsksFirstNeedsNoSession(t *testing.T) {
	t.Parallel()
	onLedger(t, false, func(w *world, l *ledger) {
		for path, want := range map[string]string{
			"/metadata":                   `{"rows":[]}`,
			"/metadata?entityName=saml":   `{"rows":[]}`,
			"/metadata/?entityName=%ff":   `{"rows":[]}`,
			"/flags":                      `{}`,
			"/frontegg/flags/":            `{}`,
			"/frontegg/vendors/public":    `{"name":"Latchkey","logo":"","icon":"","whiteLabelMode":true}`,
			"/vendors/public/?whatever=1": `{"name":"Latchkey","logo":"","icon":"","whiteLabelMode":true}`,
		} {
			a := w.send("GET", path, "", "Content-Type", "application/json", "Origin", "https://app.vendor.example")
			if a.status != http.StatusOK || a.body != want+"\n" || a.header.Get("Access-Control-Allow-Origin") != "https://app.vendor.example" {
				l.t.Errorf("%s: %d %v %s", path, a.status, a.header, a.body)
			}
		}
		if a := w.send("GET", "/team/resources/sso/v2/configurations/public", ""); a.status != http.StatusNotFound || len(texts(a.fields(l.t)["errors"])) != 1 {
			l.t.Errorf("%d %s", a.status, a.body)
		}
	})
}
