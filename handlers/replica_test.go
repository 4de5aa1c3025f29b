package handlers_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// whole compares all of a credential.
var whole = cmp.Exporter(func(reflect.Type) bool { return true })

// lookUp asks a store for one credential.
type lookUp func(s *store.Store) (models.Credential, error)

// newcomers gives the rows of two columns of text that a query didn't have before.
type newcomers struct {
	*ledger
	met map[[2]string]bool
}

func (n newcomers) of(query string) [][2]string {
	n.t.Helper()
	var fresh [][2]string
	for _, pair := range n.pairs(query) {
		if !n.met[pair] {
			n.met[pair] = true
			fresh = append(fresh, pair)
		}
	}
	return fresh
}

// credentials look up what new tokens have for secrets.
func (n newcomers) credentials() []lookUp {
	n.t.Helper()
	digest := "lower(hex(digest))"
	if !n.sqlite {
		digest = "encode(digest, 'hex')"
	}
	var all []lookUp
	for _, secret := range n.of("SELECT id, " + digest + " FROM token_secrets WHERE digest IS NOT NULL") {
		digest, err := hex.DecodeString(secret[1])
		if err != nil {
			n.t.Fatal(err)
		}
		all = append(all, func(s *store.Store) (models.Credential, error) { return s.CredentialByDigest(n.t.Context(), digest) })
	}
	return all
}

// ofJWT looks the credential of a JWT of OAuth up that a form is about; nil for none.
func (e errand) ofJWT(t *testing.T) lookUp {
	t.Helper()
	jwt := e.form.Get("token")
	if strings.Count(jwt, ".") != 2 {
		return nil
	}
	claims := unpacked(t, jwt, 1)
	id, _ := claims["jti"].(string)
	secretID, _ := claims["secretId"].(string)
	hash := sha256.Sum256([]byte("jti:" + id))
	return func(s *store.Store) (models.Credential, error) {
		return s.CredentialOfJWT(t.Context(), secretID, hash[:])
	}
}

// holders gives tokens to all whom a form may be about: to each new member, and to each
// new account one with the new roles, which get the new permissions.
func (b *bench) holders(n newcomers) {
	b.t.Helper()
	var roles []string
	for _, role := range n.of("SELECT id, key FROM roles") {
		roles = append(roles, role[0])
	}
	permissions, tenants := n.of("SELECT id, key FROM permissions"), n.of("SELECT id, name FROM tenants")
	if len(roles) == 0 && len(permissions) > 0 {
		roles = []string{b.roles["Viewer"]}
	}
	if len(roles) > 0 {
		tenants = append(tenants, [2]string{b.acme.ID})
	}
	for _, role := range roles {
		for _, permission := range permissions {
			_, err := n.db.ExecContext(b.t.Context(), "INSERT INTO role_permissions (role_id, permission_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", role, permission[0])
			b.must(err)
		}
	}
	for _, tenant := range tenants {
		b.holds(models.Token{TenantID: tenant[0], Context: models.API, RoleIDs: roles})
	}
	for _, member := range n.of("SELECT tenant_id, user_id FROM memberships") {
		b.holds(models.Token{TenantID: member[0], Context: models.Personal, UserID: member[1]})
	}
}

// holds makes a token past all rules.
func (b *bench) holds(token models.Token) {
	b.t.Helper()
	now := models.Stamp(b.clock.Now())
	digest := sha256.Sum256([]byte(rand.Text()))
	token.ID, token.Kind, token.CreatedAt, token.ExpiresAt, token.LastUsedAt = models.NewID(now), models.AccessToken, now, models.NeverExpires, models.NeverUsed
	token.FormID = rand.Text()
	b.must(b.store.CreateToken(b.t.Context(), token, models.TokenSecret{
		ID: token.ID, TokenID: token.ID, Digest: digest[:], CreatedAt: now, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}, models.NewEvent(system(), models.TokenCreated, now).About("token", token.ID, "")))
}

// verified is what a verification judges by. Neither a use nor a sign-in changes that.
func verified(c models.Credential) models.Credential {
	c.Token.LastUsedAt, c.Token.LastUsedIP, c.Token.LastUsedAgent, c.Secret.LastUsedAt = time.Time{}, "", "", time.Time{}
	if c.Owner != nil {
		owner := *c.Owner
		owner.LastSignInAt, owner.LastSignInIP = nil, ""
		c.Owner = &owner
	}
	return c
}

// Whatever is changed through whatever door, a replica that keeps credentials learns
// from the change log which of them it has to read anew.
func TestReplicas_LearnOfEachChangeFromTheLog(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b, news := newBench(newWorld(t, storetest.Open(t, url))), newcomers{newLedger(t, url), map[[2]string]bool{}}
		replica := storetest.Open(t, url)
		asking, err := store.Open(t.Context(), store.Config{URL: url, Uncached: true})
		b.must(err)
		t.Cleanup(func() { b.must(asking.Close()) })
		credential := func(s *store.Store, look lookUp) models.Credential {
			c, err := look(s)
			if err != nil {
				return models.Credential{}
			}
			return verified(c)
		}
		// A write of its own makes the replica read the log.
		readLog := func() {
			_, err := replica.PurgeRevokedJWTs(t.Context(), time.Unix(0, 0))
			b.must(err)
		}
		b.holders(news)
		settled := news.credentials()
		changed := 0
		for _, d := range doors() {
			if strings.HasPrefix(d.route, "/frontegg/") || strings.HasSuffix(d.route, "/") {
				continue // another address of the same door
			}
			e := d.open(b)
			b.holders(news)
			headers, token := b.enter(e)
			looks := append(news.credentials(), settled...)
			if look := e.ofJWT(t); look != nil {
				looks = append(looks, look)
			}
			readLog()
			before := make([]models.Credential, len(looks))
			for i, look := range looks {
				before[i] = credential(replica, look)
			}
			b.pass(d, e, headers, token)
			readLog()
			touched := false
			for i, look := range looks {
				now, known := credential(asking, look), credential(replica, look)
				if diff := cmp.Diff(now, known, whole); diff != "" {
					t.Errorf("%s: a replica doesn't know of it (-now +known):\n%s", d.name(), diff)
				}
				touched = touched || !cmp.Equal(now, before[i], whole)
			}
			if touched {
				changed++
				t.Log(d.name())
			}
		}
		if changed < 40 {
			t.Errorf("only %d doors changed a credential", changed)
		}
	})
}
