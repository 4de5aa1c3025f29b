package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestDialect_UsersAreToldToTheVendor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		b.join1("hank@globex.example", b.acme.ID, "Viewer")
		p := b.acts(models.API)
		anywhere := p.with("Frontegg-Tenant-Id", "")
		keys := []string{"createdAt", "email", "id", "isLocked", "lastLogin", "metadata", "mfaEnrolled", "name", "profilePictureUrl", "tenantId", "tenantIds", "tenants", "vendorMetadata", "verified"}
		one := p.call("GET", resources+"users/v1/"+b.dana.UserID+"/", "").fields(t)
		hasKeys(t, "a user", one, keys)
		if one["email"] != "dana@acme.example" || one["tenantId"] != b.acme.ID || !slices.Equal(texts(one["tenantIds"]), []string{b.acme.ID}) {
			t.Errorf("%v", one)
		}
		// Hank is of both accounts, whichever is asked.
		for _, who := range []program{p, anywhere, p.with("Frontegg-Tenant-Id", b.globex.ID)} {
			hank := who.call("GET", "/frontegg"+resources+"users/v1/"+b.hank.UserID, "")
			if hank.status != http.StatusOK || len(texts(hank.fields(t)["tenantIds"])) != 2 {
				t.Errorf("%d %s", hank.status, hank.body)
			}
		}
		initech := p.with("Frontegg-Tenant-Id", b.initech)
		for name, a := range map[string]answer{
			"of another account": initech.call("GET", resources+"users/v1/"+b.dana.UserID, ""),
			"unknown":            p.call("GET", resources+"users/v1/"+b.acme.ID, ""),
			"of no form":         p.call("GET", resources+"users/v1/me-not", ""),
			"in capitals":        p.call("GET", resources+"users/v1/"+strings.ToUpper(b.dana.UserID), ""),
		} {
			if a.status != http.StatusNotFound || len(texts(a.fields(t)["errors"])) != 1 {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		for query, want := range map[string]int{
			"":                                 3,
			"?_tenantId=" + b.initech:          0,
			"?_tenantId=" + b.globex.ID:        1,
			"?_email=DANA@acme.example":        1,
			"?_email=nobody@acme.example":      0,
			"?_email=%00":                      0,
			"?ids=" + b.dana.UserID + ",x,":    1,
			"?ids=x":                           0,
			"?_limit=2&_offset=1&_sortBy=name": 1,
		} {
			a := anywhere.call("GET", resources+"users/v3"+query, "")
			list := objects(t, a, "items")
			if len(list) != want {
				t.Errorf("%s: %d of %d: %s", query, len(list), want, a.body)
			}
			hasKeys(t, "a page", a.fields(t), []string{"_links", "_metadata", "items"})
			for _, e := range list {
				hasKeys(t, query, e, keys)
			}
		}
		if a := p.call("GET", resources+"users/v3?_tenantId="+b.globex.ID, ""); len(objects(t, a, "items")) != 3 {
			t.Errorf("the header does not decide: %s", a.body)
		}
		for _, query := range []string{"?_limit=0", "?_offset=x"} {
			if a := p.call("GET", resources+"users/v3"+query, ""); a.status != http.StatusBadRequest {
				t.Errorf("%s: %d", query, a.status)
			}
		}
	})
}

// A person who is removed or disabled loses their personal tokens there, and the
// log says that a program did it.
func TestDialect_UsersAreRemovedAndDisabledWithTheirTokens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		p := b.acts(models.API).with("Frontegg-User-Id", b.hank.UserID)
		m := b.person(b.acme.ID, "Admin", "Editor")
		b.join1(m.User.Email, b.globex.ID, "Admin")
		key := b.sow(m, models.Personal, models.AccessToken, "mine", 0)
		api := b.sow(m, models.API, models.AccessToken, "ours", 0, "Editor")
		path := resources + "tenants/users/v1/" + m.UserID
		works := func(want bool) {
			t.Helper()
			if got := b.whoami(key).status == http.StatusOK; got != want {
				t.Errorf("the personal token works: %v", got)
			}
			if b.whoami(api).status != http.StatusOK {
				t.Error("the API token does not work")
			}
		}
		call := func(p program, verb, path string, action models.Action) {
			t.Helper()
			b.news()
			if a := p.call(verb, path, ""); a.status != http.StatusOK || a.body != "" {
				t.Errorf("%s %s: %d %s", verb, path, a.status, a.body)
			}
			if e := b.news(); len(e) != 1 || e[0].Action != action || e[0].ActorKind != models.Vendor || e[0].TargetID != m.UserID {
				t.Errorf("%s %s left %+v", verb, path, e)
			}
		}
		call(p, "POST", path+"/disable", models.MembershipDisabled)
		works(false)
		call(p, "POST", path+"/enable/", models.MembershipEnabled)
		works(true)
		for name, row := range map[string]struct {
			program
			verb, path string
			status     int
		}{
			"no account":        {p.with("Frontegg-Tenant-Id", ""), "POST", path + "/disable", 400},
			"another account":   {p.with("Frontegg-Tenant-Id", b.initech), "POST", path + "/disable", 404},
			"removed elsewhere": {p.with("Frontegg-Tenant-Id", b.initech), "DELETE", resources + "users/v1/" + m.UserID, 404},
			"somebody unknown":  {p, "DELETE", resources + "users/v1/" + b.acme.ID, 404},
			"no id":             {p.with("Frontegg-Tenant-Id", ""), "DELETE", resources + "users/v1/x", 404},
		} {
			if a := row.call(row.verb, row.path, ""); a.status != row.status || len(texts(a.fields(t)["errors"])) != 1 {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		works(true)
		call(p, "DELETE", resources+"users/v1/"+m.UserID, models.MembershipRemoved)
		works(false)
		anywhere := p.with("Frontegg-Tenant-Id", "")
		if got := fmt.Sprint(anywhere.call("GET", resources+"users/v1/"+m.UserID, "").fields(t)["tenantIds"]); got != "["+b.globex.ID+"]" {
			t.Errorf("they are of %s", got)
		}
		for _, tenants := range [][]string{{""}, {"", b.globex.ID}, {b.globex.ID, ""}} {
			half := anywhere
			for _, id := range tenants {
				half.headers = append(half.headers, "Frontegg-Tenant-Id", id)
			}
			if a := half.call("DELETE", resources+"users/v1/"+m.UserID, ""); a.status != http.StatusBadRequest && a.status != http.StatusNotFound {
				t.Errorf("deleted everywhere by half a header, %q: %d %s", tenants, a.status, a.body)
			}
		}
		call(anywhere, "DELETE", resources+"users/v1/"+m.UserID, models.UserDeleted)
		if a := anywhere.call("GET", resources+"users/v1/"+m.UserID, ""); a.status != http.StatusNotFound {
			t.Errorf("they are still there: %d", a.status)
		}
		works(false)
	})
}

// A key does not reach the people who make and end keys, whether the last operator
// or one of several; it sees those who work in accounts.
func TestDialect_KeysDoNotReachOperators(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(newWorld(t, s))
		console := b.operator()
		b.must(b.signin.CreateOperator(t.Context(), system(), "eli@vendor.example", "Eli Adler", models.NewSecret("a long walk along the quay")))
		member, err := s.UserByEmail(t.Context(), "eli@vendor.example")
		b.must(err)
		b.join1("eli@vendor.example", b.acme.ID, "Admin")
		p := b.acts(models.API)
		anywhere := p.with("Frontegg-Tenant-Id", "")
		for name, row := range map[string]struct {
			program
			verb, path string
			action     models.Action
		}{
			"an operator deleted":         {anywhere, "DELETE", resources + "users/v1/" + console.userID, models.UserDeleted},
			"an operator and member":      {anywhere, "DELETE", resources + "users/v1/" + member.ID, models.UserDeleted},
			"removed from the account":    {p, "DELETE", resources + "users/v1/" + member.ID, models.MembershipRemoved},
			"disabled in the account":     {p, "POST", resources + "tenants/users/v1/" + member.ID + "/disable", models.MembershipDisabled},
			"let in again in the account": {p, "POST", resources + "tenants/users/v1/" + member.ID + "/enable", models.MembershipEnabled},
		} {
			b.news()
			if a := row.call(row.verb, row.path, ""); a.status != http.StatusForbidden || len(texts(a.fields(t)["errors"])) != 1 {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
			if e := b.news(); len(e) != 1 || e[0].Action != row.action || e[0].Outcome != models.Refused || e[0].Reason != "operator" || e[0].ActorKind != models.Vendor {
				t.Errorf("%s left %+v", name, e)
			}
		}
		var emails []string
		for _, u := range objects(t, anywhere.call("GET", resources+"users/v3?_limit=100", ""), "items") {
			emails = append(emails, u["email"].(string))
		}
		if !slices.Contains(emails, "eli@vendor.example") || slices.Contains(emails, "noa@vendor.example") {
			t.Errorf("listed: %v", emails)
		}
		if a := anywhere.call("GET", resources+"users/v1/"+console.userID, ""); a.status != http.StatusNotFound {
			t.Errorf("an operator of no account is told: %d %s", a.status, a.body)
		}
	})
}
