package handlers_test

import (
	"errors"
	"time"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
)

// bench is a world in which things are made for each errand.
type bench struct {
	*world
	n int
	// initech is a third account.
	initech string
	// hank is admin of Globex, and of nothing in Acme; cole is another admin of Acme.
	hank, cole models.Member
	m2m        *tokens.Minted
	// vendor is a JWT of the vendor's programs, "" before there is one.
	vendor string
	// seals are ids, by kind, of what no errand of dana's or the operator's is about.
	seals map[string][]string
}

func newBench(w *world) *bench {
	w.t.Helper()
	b := &bench{world: w}
	initech, err := w.accounts.CreateTenant(w.t.Context(), system(), "Initech")
	w.must(err)
	b.initech = initech.ID
	// A user of Globex and their tokens.
	foreign := w.foreignTokens()
	hank, err := w.store.UserByEmail(w.t.Context(), "hank@globex.example")
	w.must(err)
	b.hank, err = w.store.Member(w.t.Context(), w.globex.ID, hank.ID, w.clock.Now())
	w.must(err)
	permissions, err := w.store.Permissions(w.t.Context())
	w.must(err)
	b.seals = map[string][]string{
		"account": {w.globex.ID}, "user": {hank.ID}, "token": append(foreign, b.colleagues(), b.revoked()),
		"role": {w.roles["Editor"]}, "permission": {permissions[0].ID},
	}
	b.seals["bulk"] = []string{b.begin(b.hank, models.API).ID, b.begin(b.hank, models.Personal).ID, b.begin(b.cole, models.Personal).ID}
	return b
}

// colleagues is the id of a personal token of another admin of Acme.
func (b *bench) colleagues() string {
	b.t.Helper()
	mine := b.dana
	b.cole = b.join1("cole@acme.example", b.acme.ID, "Admin", "Editor")
	b.dana = b.cole
	id := b.mint(combination{models.Personal, models.AccessToken}, 0).Token.ID
	b.dana = mine
	return id
}

// revoked is the id of an API token of Acme that was deleted.
func (b *bench) revoked() string {
	b.t.Helper()
	id := b.mint(combination{models.API, models.AccessToken}, 0).Token.ID
	caller := models.Caller{Kind: models.Person, UserID: b.dana.UserID, TenantID: b.acme.ID, Permissions: models.PermissionSet{"fe.secure.*"}}
	_, err := b.tokens.Delete(b.t.Context(), caller, models.API, id)
	b.must(err)
	return id
}

// self is dana as the engine knows her.
func (b *bench) self() models.Caller {
	return models.Caller{Kind: models.Person, UserID: b.dana.UserID, TenantID: b.acme.ID, Permissions: models.PermissionSet{"fe.secure.*", "reports.read", "reports.write"}}
}

// rotate leaves the token with two secrets.
func (b *bench) rotate(m tokens.Minted) {
	b.t.Helper()
	_, err := b.tokens.Rotate(b.t.Context(), b.self(), m.Token.Context, m.Token.ID, tokens.RotateRequest{Overlap: time.Hour})
	b.must(err)
}

// disable switches the token off.
func (b *bench) disable(m tokens.Minted) {
	b.t.Helper()
	_, err := b.tokens.Disable(b.t.Context(), b.self(), m.Token.Context, m.Token.ID)
	b.must(err)
}

// rotateVendorKey leaves the key with two secrets.
func (b *bench) rotateVendorKey(m vendors.Minted) {
	b.t.Helper()
	_, err := b.vendors.Rotate(b.t.Context(), system(), m.Key.ID, vendors.RotateRequest{Overlap: time.Hour, Replaces: m.Key.Secrets[0].ID})
	b.must(err)
}

// secretOf is the id of the token's secret in force.
func (b *bench) secretOf(id string) string {
	b.t.Helper()
	credential, err := b.store.CredentialByID(b.t.Context(), id)
	b.must(err)
	return credential.Secret.ID
}

// admin is dana.
func (b *bench) admin() walker {
	return walker{name: "admin", userID: b.dana.UserID, tenantID: b.acme.ID, permissions: models.PermissionSet{"fe.secure.*"}}
}

// operator is the first one, made when there is none.
func (b *bench) operator() walker {
	b.t.Helper()
	user, err := b.store.UserByEmail(b.t.Context(), "noa@vendor.example")
	if errors.Is(err, models.ErrNotFound) {
		user, err = b.noa(), nil
	}
	b.must(err)
	return walker{name: "operator", userID: user.ID, operator: true}
}

// person is somebody new in an account.
func (b *bench) person(tenantID string, roles ...string) models.Member {
	b.t.Helper()
	return b.join1(b.next("pat")+"@acme.example", tenantID, roles...)
}

func (b *bench) withPassword(m models.Member) models.Member {
	b.t.Helper()
	b.setPassword(m)
	return m
}

// credentials are one pair for all exchanges.
func (b *bench) credentials() tokens.Minted {
	b.t.Helper()
	if b.m2m == nil {
		minted := b.mint(combination{models.API, models.ClientCredentials}, 0)
		b.m2m = &minted
	}
	return *b.m2m
}

// pass sends an errand as it is and fails the test unless it works.
func (b *bench) pass(d door, e errand, headers []string, token string) answer {
	b.t.Helper()
	a := b.send(d.method(), e.path, d.body(e, token), headers...)
	if a.status != d.done {
		b.t.Fatalf("%s with its own form: %d, want %d: %s", d.name(), a.status, d.done, a.body)
	}
	return a
}
