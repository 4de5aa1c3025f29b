package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// Whoever is not there yet is made on the way where that is asked for, once, and
// without a password; who is there stays as they are.
func TestPortalLinks_ProvisionWhoIsMissing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.byKey()
		asks := func(user, more string) string {
			return fmt.Sprintf(`{"tenant":%q,"user":%q,"page":"api-tokens"%s}`, b.acme.ID, user, more)
		}
		rolesOf := func(email string) (models.Member, []string) {
			t.Helper()
			user, err := s.UserByEmail(t.Context(), email)
			b.must(err)
			m, err := s.Member(t.Context(), b.acme.ID, user.ID, b.clock.Now())
			b.must(err)
			keys := []string{}
			for _, r := range m.Roles {
				keys = append(keys, r.Key)
			}
			return m, keys
		}
		const missing = "new@acme.example"
		if a := p.call("POST", portalLinksPath, asks(missing, "")); a.status != http.StatusNotFound {
			t.Errorf("unasked: %d %s", a.status, a.body)
		}
		b.news()
		path := p.link(asks(missing, `,"provision":true,"name":"New Person","roles":["Viewer","Editor"]`))
		m, roles := rolesOf(missing)
		if m.User.Name != "New Person" || m.LinkExpiresAt != nil || !slices.Equal(roles, []string{"Editor", "Viewer"}) {
			t.Errorf("%+v %v", m, roles)
		}
		actions := []models.Action{}
		for _, e := range b.news() {
			actions = append(actions, e.Action)
			if e.ActorKind != models.Vendor || e.TenantID != b.acme.ID {
				t.Errorf("%+v", e)
			}
		}
		if !slices.Equal(actions, []models.Action{models.UserCreated, models.MembershipCreated, models.PortalLinkCreated}) {
			t.Errorf("%v", actions)
		}
		visitor := b.browser()
		visitor.open(path)
		visitor.submit("")
		visitor.says(http.StatusOK, "API Tokens")
		p.link(asks(missing, `,"provision":true,"name":"Other","roles":[]`))
		if m, roles := rolesOf(missing); m.User.Name != "New Person" || len(roles) != 2 {
			t.Errorf("%+v %v", m, roles)
		}
		// hank is somebody already, of another account, and is called by his id.
		p.link(asks(b.hank.UserID, `,"provision":true,"roles":["Viewer"]`))
		if _, roles := rolesOf("hank@globex.example"); !slices.Equal(roles, []string{"Viewer"}) {
			t.Errorf("%v", roles)
		}
		p.link(asks("short@acme.example", `,"provision":true`))
		if m, _ := rolesOf("short@acme.example"); m.User.Name != "short" {
			t.Errorf("%+v", m)
		}
		long := strings.Repeat("é", 60) + strings.Repeat("b", 60) + "@acme.example"
		p.link(asks(long, `,"provision":true`))
		if m, _ := rolesOf(long); m.User.Name != long[:2*60+40] {
			t.Errorf("named %q", m.User.Name)
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if a := p.call("POST", portalLinksPath, asks("crowd@acme.example", `,"provision":true`)); a.status != http.StatusCreated {
					t.Errorf("%d %s", a.status, a.body)
				}
			})
		}
		all.Wait()
		rolesOf("crowd@acme.example")
	})
}

// Bad input, people who may not come in and those of other accounts: each is told
// apart as far as the vendor may know, and nothing is made.
func TestPortalLinks_AreRefusedForWhoMayNotComeIn(t *testing.T) {
	t.Parallel()
	onLedger(t, true, func(w *world, l *ledger) {
		b := newBench(w)
		p := b.byKey()
		ctx := l.t.Context()
		w.must(b.accounts.DisableTenant(ctx, system(), b.initech))
		gone, here := b.person(b.acme.ID), b.person(b.acme.ID)
		w.must(b.accounts.DisableUser(ctx, system(), gone.UserID))
		w.must(b.accounts.DisableMember(ctx, system(), b.acme.ID, here.UserID))
		b.operator()
		noa := b.join1("noa@vendor.example", b.acme.ID, "Admin")
		asks := func(tenant, user, more string) string {
			return fmt.Sprintf(`{"tenant":%q,"user":%q%s}`, tenant, user, more)
		}
		fresh := models.NewID(w.clock.Now())
		const provision = `,"provision":true`
		before := l.rows()
		for name, row := range map[string]struct {
			body   string
			status int
			says   string
		}{
			"no body":                    {"", 400, "must be one JSON object"},
			"a list":                     {"[]", 400, "must be one JSON object"},
			"nothing":                    {"{}", 404, "nothing at this address"},
			"no account":                 {asks("", b.dana.UserID, ""), 404, "nothing at this address"},
			"an unknown account":         {asks(fresh, b.dana.UserID, ""), 404, "nothing at this address"},
			"an account in upper case":   {asks(strings.ToUpper(b.acme.ID), b.dana.UserID, ""), 404, "nothing at this address"},
			"nobody":                     {asks(b.acme.ID, "", ""), 400, `"field":"user"`},
			"an unknown id":              {asks(b.acme.ID, fresh, ""), 404, "nothing at this address"},
			"an unknown id to be made":   {asks(b.acme.ID, fresh, provision), 404, "nothing at this address"},
			"garbage":                    {asks(b.acme.ID, "' OR 1=1 --", provision), 404, "nothing at this address"},
			"no e-mail":                  {asks(b.acme.ID, "a@", provision), 400, `"field":"user"`},
			"a neighbour":                {asks(b.acme.ID, b.hank.UserID, ""), 404, "nothing at this address"},
			"a neighbour by e-mail":      {asks(b.acme.ID, "hank@globex.example", ""), 404, "nothing at this address"},
			"an account disabled":        {asks(b.initech, b.dana.UserID, provision), 400, `"field":"tenant","detail":"tenant: This is disabled"`},
			"disabled everywhere":        {asks(b.acme.ID, gone.UserID, provision), 400, `"detail":"user: This is disabled"`},
			"disabled here":              {asks(b.acme.ID, here.User.Email, provision), 400, `"detail":"user: This is disabled"`},
			"an operator":                {asks(b.acme.ID, noa.UserID, ""), 400, "Operators sign in with their password"},
			"an operator to be made one": {asks(w.globex.ID, "noa@vendor.example", provision), 400, "Operators sign in with their password"},
			"a page elsewhere":           {asks(b.acme.ID, b.dana.UserID, `,"page":"https://evil.example/"`), 400, `"field":"page"`},
			"a page of another host":     {asks(b.acme.ID, b.dana.UserID, `,"page":"//evil.example"`), 400, `"field":"page"`},
			"a page of the Console":      {asks(b.acme.ID, b.dana.UserID, `,"page":"/console"`), 400, `"field":"page"`},
			"a page behind dots":         {asks(b.acme.ID, b.dana.UserID, `,"page":"/account/tokens/../../console"`), 400, `"field":"page"`},
			"a page with a query":        {asks(b.acme.ID, b.dana.UserID, `,"page":"/account/tokens?q=a"`), 400, `"field":"page"`},
			"an unknown role":            {asks(b.acme.ID, "a@acme.example", provision+`,"roles":["Editor","Boss"]`), 400, `"field":"roles"`},
			"a role's id":                {asks(b.acme.ID, "a@acme.example", fmt.Sprintf(`%s,"roles":[%q]`, provision, b.roles["Editor"])), 400, `"field":"roles"`},
			"a name with a line's end":   {asks(b.acme.ID, "a@acme.example", provision+`,"name":"a\nb"`), 400, `"field":"name"`},
			"roles that are none":        {asks(b.acme.ID, "a@acme.example", provision+`,"roles":"Editor"`), 400, "roles must be a list of strings"},
			"a user that is a number":    {fmt.Sprintf(`{"tenant":%q,"user":7}`, b.acme.ID), 400, "user must be a string"},
			"provision that is a text":   {asks(b.acme.ID, b.dana.UserID, `,"provision":"true"`), 400, "provision must be true or false"},
		} {
			b.news()
			a := p.call("POST", portalLinksPath, row.body)
			if a.status != row.status || !strings.Contains(a.body, row.says) || a.header.Get("Content-Type") != "application/problem+json" {
				l.t.Errorf("%s: %d %s", name, a.status, a.body)
			}
			for _, e := range b.news() {
				if e.Outcome != models.Refused || e.Action != models.PortalLinkCreated || e.Reason != "disabled" && e.Reason != "operator" {
					l.t.Errorf("%s left %+v", name, e)
				}
			}
		}
		if changed := difference(before, l.rows()); changed != "" {
			l.t.Errorf("it changed:\n%s", changed)
		}
	})
}
