package handlers_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// whole compares all of a credential.
var whole = cmp.Exporter(func(reflect.Type) bool { return true })

// digests are those of the newest tokens' secrets, and of some old ones.
func (l *ledger) digests() [][]byte {
	l.t.Helper()
	const secrets = "SELECT digest FROM token_secrets WHERE digest IS NOT NULL AND token_id IN (SELECT id FROM tokens ORDER BY id "
	var all [][]byte
	for _, query := range []string{secrets + "LIMIT 5)", secrets + "DESC LIMIT 10)"} {
		rows, err := l.db.QueryContext(l.t.Context(), query)
		if err != nil {
			l.t.Fatal(err)
		}
		for rows.Next() {
			var digest []byte
			if err := rows.Scan(&digest); err != nil {
				l.t.Fatal(err)
			}
			all = append(all, digest)
		}
		if err := rows.Err(); err != nil {
			l.t.Fatal(err)
		}
	}
	return all
}

// Whatever is changed through whatever door, a replica that keeps credentials learns
// from the change log which of them it has to read anew.
func TestReplicas_LearnOfEachChangeFromTheLog(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b, l := newBench(newWorld(t, storetest.Open(t, url))), newLedger(t, url)
		replica := storetest.Open(t, url)
		asking, err := store.Open(t.Context(), store.Config{URL: url, Uncached: true})
		b.must(err)
		t.Cleanup(func() { b.must(asking.Close()) })
		credential := func(s *store.Store, digest []byte) models.Credential {
			c, err := s.CredentialByDigest(t.Context(), digest)
			if err != nil {
				return models.Credential{}
			}
			// Neither a use nor a sign-in changes what a credential is good for.
			c.Token.LastUsedAt, c.Token.LastUsedIP, c.Token.LastUsedAgent, c.Secret.LastUsedAt = time.Time{}, "", "", time.Time{}
			if c.Owner != nil {
				owner := *c.Owner
				owner.LastSignInAt, owner.LastSignInIP = nil, ""
				c.Owner = &owner
			}
			return c
		}
		changed := 0
		for _, d := range doors() {
			e := d.open(b)
			headers, token := b.enter(e)
			digests := l.digests()
			// A write of its own makes it read the log, and here it is up to date.
			_, err := replica.PurgeRevokedJWTs(t.Context(), time.Unix(0, 0))
			b.must(err)
			before := map[string]models.Credential{}
			for _, digest := range digests {
				before[string(digest)] = credential(replica, digest)
			}
			b.pass(d, e, headers, token)
			_, err = replica.PurgeRevokedJWTs(t.Context(), time.Unix(0, 0))
			b.must(err)
			for _, digest := range digests {
				now, known := credential(asking, digest), credential(replica, digest)
				if diff := cmp.Diff(now, known, whole); diff != "" {
					t.Errorf("%s: a replica doesn't know of it (-now +known):\n%s", d.name(), diff)
				}
				if !cmp.Equal(now, before[string(digest)], whole) {
					changed++
				}
			}
		}
		if changed == 0 {
			t.Error("no door changed a credential")
		}
	})
}
