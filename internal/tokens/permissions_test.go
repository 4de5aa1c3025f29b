package tokens_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// Rule 4: read, write and delete are each checked, for each context.
func TestPermissions_EachVerbAsksForItsOwn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		verbs := map[string]func(models.Caller, models.Context) error{
			"read": func(c models.Caller, in models.Context) error {
				_, err := w.List(t.Context(), c, tokens.ListRequest{Context: in})
				_, err2 := w.Get(t.Context(), c, in, newID())
				if errors.Is(err, models.ErrForbidden) != errors.Is(err2, models.ErrForbidden) {
					t.Errorf("list and get differ: %v, %v", err, err2)
				}
				return err
			},
			"write": func(c models.Caller, in models.Context) error {
				_, err := w.Mint(t.Context(), c, tokens.MintRequest{Context: in})
				_, err2 := w.ByFormID(t.Context(), c, in, "form")
				if errors.Is(err, models.ErrForbidden) != errors.Is(err2, models.ErrForbidden) {
					t.Errorf("mint and by-form differ: %v, %v", err, err2)
				}
				return err
			},
			"delete": func(c models.Caller, in models.Context) error {
				_, err := w.Delete(t.Context(), c, in, newID())
				return err
			},
		}
		nouns := map[models.Context]string{models.API: "tenantApiTokens", models.Personal: "userApiTokens"}
		for name := range verbs {
			for in, noun := range nouns {
				key := "fe.secure." + name + "." + noun
				held := map[string]bool{
					key: true, "fe.secure.*": true, "fe.secure." + name + ".*": true, "fe.*": true, key + ".*": false,
					"fe.secure.": false, "fe.secure*": false, "*": false, strings.ToUpper(key): false, "": false,
				}
				for otherVerb := range verbs {
					for _, otherNoun := range nouns {
						if other := "fe.secure." + otherVerb + "." + otherNoun; other != key {
							held[other] = false
						}
					}
				}
				for permission, want := range held {
					caller := w.asDana()
					caller.Permissions = models.PermissionSet{permission}
					err := verbs[name](caller, in)
					if got := !errors.Is(err, models.ErrForbidden); got != want {
						t.Errorf("%s %s with %q: allowed is %v, want %v (%v)", name, noun, permission, got, want, err)
					}
				}
			}
		}
	})
}

func TestPermissions_WhoIsNobodyMayNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	before := w.lastEvent()
	stranger := models.Caller{Kind: models.Anyone, TenantID: w.acme, UserID: w.dana.ID, Permissions: models.PermissionSet{"fe.secure.*"}}
	homeless := w.asDana()
	homeless.TenantID = ""
	nameless := commandLine(models.User{}, w.acme)
	for name, tc := range map[string]struct {
		caller models.Caller
		in     models.Context
	}{
		"a stranger":              {stranger, models.API},
		"the zero caller":         {models.Caller{}, models.API},
		"nobody, for personal":    {nameless, models.Personal},
		"an unknown context":      {w.asDana(), "both"},
		"no context":              {w.asDana(), ""},
		"a person of no account":  {homeless, models.API},
		"a viewer without rights": {w.as(w.rae, w.acme), models.API},
	} {
		_, err := w.Mint(t.Context(), tc.caller, tokens.MintRequest{Context: tc.in})
		wantError(t, err, models.ErrForbidden)
		_, err = w.List(t.Context(), tc.caller, tokens.ListRequest{Context: tc.in})
		wantError(t, err, models.ErrForbidden)
		_, err = w.Delete(t.Context(), tc.caller, tc.in, newID())
		wantError(t, err, models.ErrForbidden)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	// Strangers leave no row, known callers do.
	for _, e := range w.events(before) {
		if e.ActorKind == models.Anyone || e.ActorKind == "" || e.Outcome != models.Refused {
			t.Errorf("event %+v", e)
		}
	}
}

// Rule 4.
func TestMint_NobodyGivesMoreThanTheyHold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		wes := w.addMember(w.acme, "wes@acme.example", "Writer") // may make tokens, holds reports.read only
		operator := w.as(wes, w.acme)
		operator.Operator = true
		for name, tc := range map[string]struct {
			caller models.Caller
			roles  []string
			want   string
		}{
			"one's own rights by another role": {w.as(wes, w.acme), w.roleIDs("Reader"), ""},
			"one's own role":                   {w.as(wes, w.acme), w.roleIDs("Writer"), ""},
			"a role that gives more":           {w.as(wes, w.acme), w.roleIDs("Editor"), "not_grantable"},
			"one of two gives more":            {w.as(wes, w.acme), w.roleIDs("Reader", "Editor"), "not_grantable"},
			"a wildcard held in part":          {w.as(wes, w.acme), w.roleIDs("Viewer"), "not_grantable"},
			"the whole wildcard":               {w.as(wes, w.acme), w.roleIDs("Admin"), "not_grantable"},
			"a wildcard below one's own":       {w.asDana(), w.roleIDs("Viewer"), ""},
			"several, each once":               {w.asDana(), w.roleIDs("Editor", "Reader", "Editor"), ""},
			"an operator grants any":           {operator, w.roleIDs("Admin", "Editor"), ""},
			"the command line grants any":      {commandLine(wes, w.acme), w.roleIDs("Admin"), ""},
			"an id never given out":            {w.asDana(), []string{newID()}, "unknown"},
			"a known and an unknown one":       {w.as(wes, w.acme), append(w.roleIDs("Admin"), newID()), "unknown"},
			"an id in capitals":                {w.asDana(), []string{strings.ToUpper(w.roles["Editor"])}, "unknown"},
			"a role's key":                     {w.asDana(), []string{"Editor"}, "unknown"},
			"a tenant's id":                    {w.asDana(), []string{w.globex}, "unknown"},
			"nothing":                          {w.asDana(), []string{""}, "unknown"},
			"NUL":                              {w.asDana(), []string{w.roles["Editor"] + "\x00"}, "unknown"},
			"no UTF-8":                         {w.asDana(), []string{"\xff\xfe"}, "unknown"},
			"SQL":                              {w.asDana(), []string{"' OR '1'='1"}, "unknown"},
		} {
			before := w.lastEvent()
			minted, err := w.Mint(t.Context(), tc.caller, tokens.MintRequest{Context: models.API, RoleIDs: tc.roles})
			switch tc.want {
			case "":
				if err != nil {
					t.Errorf("%s: %v", name, err)
				} else if verdict := w.use(minted); !verdict.Allowed {
					t.Errorf("%s: refused as %s", name, verdict.Reason)
				}
				continue
			case "not_grantable":
				if e := w.oneEvent(before); e.Outcome != models.Refused || e.Reason != "not_grantable" || e.ActorID != wes.ID {
					t.Errorf("%s: event %+v", name, e)
				}
			default:
				if events := w.events(before); len(events) != 0 {
					t.Errorf("%s: events %+v", name, events)
				}
			}
			wantInvalid(t, err, "roles", tc.want)
		}
	})
}
