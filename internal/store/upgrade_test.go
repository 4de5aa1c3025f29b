package store_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// withoutOAuth is the last schema that knows one signing key and no OAuth client.
const withoutOAuth = 5

// oldKey is the kid of the key that fillOld writes.
const oldKey = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

// fillOld writes what a release before OAuth leaves: events with a gap between their
// numbers, a key, and an access token that is a JWT of it beside a client's secret.
func fillOld(t *testing.T, s *store.Store) {
	t.Helper()
	blob := func(b []byte) string {
		if s.Dialect() == "sqlite" {
			return fmt.Sprintf("X'%x'", b)
		}
		return fmt.Sprintf(`'\x%x'`, b)
	}
	const at, ever = "'2026-03-04 12:00:00.123456Z'", "'9999-12-31 00:00:00.000000Z'"
	statements := []string{
		`INSERT INTO tenants (id, name, name_folded, m2m, kind, created_at) VALUES ('acme', 'Acme', 'acme', 'inherit', '', ` + at + `)`,
		fmt.Sprintf(`INSERT INTO signing_keys (id, algorithm, state, public, sealed, created_at) VALUES ('%s', 'RS256', 'active', %s, %s, %s)`,
			oldKey, blob([]byte(`{"kty":"RSA"}`)), blob([]byte{0, 1, 255}), at),
		`UPDATE change_counter SET n = 9`,
	}
	for i, actor := range []string{"anyone", "person", "system", "vendor"} {
		statements = append(statements, fmt.Sprintf(`INSERT INTO events (number, at, action, outcome, reason, actor_kind, actor_id, target_kind, target_id, target_name, tenant_id, ip, user_agent, request_id)
			VALUES (%d, %s, 'token.created', 'refused', 'no_%d', '%s', 'a''%d', 'token', 't%d', 'Größe %d', 'acme', '203.0.113.%d', 'curl/8', 'r%d')`, 9-2*i, at, i, actor, i, i, i, i, i))
	}
	for id, kind := range map[string]string{"jwt": "AccessToken", "client": "ClientCredentials"} {
		kid := map[string]string{"AccessToken": oldKey}[kind]
		statements = append(statements,
			fmt.Sprintf(`INSERT INTO tokens (id, tenant_id, context, kind, description, description_folded, prefix, last_four, created_at, expires_at, last_used_at, last_used_ip, last_used_agent, revoked_by)
				VALUES ('%s', 'acme', 'api', '%s', 'CI', 'ci', 'lk', 'abcd', %s, %s, %s, '', '', '')`, id, kind, at, ever, at),
			fmt.Sprintf(`INSERT INTO token_secrets (id, token_id, digest, prefix, last_four, created_at, ends_at, silent_seconds, last_used_at, kid)
				VALUES ('%s', '%s', %s, 'lk', 'abcd', %s, %s, 0, %s, '%s')`, id, id, blob(bytes.Repeat([]byte(id)[:1], 32)), at, ever, at, kid))
	}
	for _, statement := range statements {
		if _, err := s.Pool().ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// contents are the rows of an old schema's tables as texts.
func contents(t *testing.T, s *store.Store) map[string][]string {
	t.Helper()
	const sep = ` || '|' || `
	join := func(columns ...string) string {
		text := ""
		for i, column := range columns {
			if i > 0 {
				text += sep
			}
			text += "CAST(" + column + " AS text)"
		}
		return text
	}
	return map[string][]string{
		"events": textsOf(t, s, "SELECT "+join("number", "at", "action", "outcome", "reason", "actor_kind", "actor_id", "target_kind",
			"target_id", "target_name", "tenant_id", "ip", "user_agent", "request_id")+" FROM events ORDER BY number"),
		"tokens": textsOf(t, s, "SELECT "+join("id", "tenant_id", "context", "kind", "description", "created_at", "expires_at", "last_used_at", "list")+
			" FROM tokens ORDER BY id"),
		"token_secrets": textsOf(t, s, "SELECT "+join("id", "token_id", "digest", "last_four", "created_at", "ends_at", "kid")+" FROM token_secrets ORDER BY id"),
	}
}

func TestMigrate_FromBeforeOAuthKeepsWhatThereIs(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		ok(t, s.MigrateTo(t.Context(), withoutOAuth))
		fillOld(t, s)
		client := models.NewEvent(models.Caller{Kind: models.Client, ClientID: "client"}, models.TokenCreated, noon)
		if err := s.AppendEvent(t.Context(), client); err == nil {
			t.Fatal("the old schema takes events of clients")
		}
		before := contents(t, s)
		if len(before["events"]) != 4 || len(before["tokens"]) != 2 || len(before["token_secrets"]) != 2 {
			t.Fatalf("%v", before)
		}
		ok(t, s.Migrate(t.Context()))
		ok(t, s.Ping(t.Context()))
		if diff := cmp.Diff(before, contents(t, s)); diff != "" {
			t.Errorf("(-before +after):\n%s", diff)
		}
		ok(t, s.AppendEvent(t.Context(), client))
		events, err := s.Events(t.Context(), 0, 10)
		ok(t, err)
		if last := events[len(events)-1]; len(events) != 5 || last.Number != 10 || last.ActorKind != models.Client {
			t.Errorf("%d events, the last is %+v", len(events), last)
		}
	})
}

func TestMigrate_FromBeforeOAuthTheOldKeySignsSinceItWasMade(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		ok(t, s.MigrateTo(t.Context(), withoutOAuth))
		fillOld(t, s)
		ok(t, s.Migrate(t.Context()))
		keys, err := s.SigningKeys(t.Context())
		ok(t, err)
		want := []models.SigningKey{{
			ID: oldKey, Algorithm: "RS256", State: models.KeyActive, Public: []byte(`{"kty":"RSA"}`), Sealed: []byte{0, 1, 255},
			CreatedAt: noon, ActivatedAt: &noon,
		}}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		live, err := s.SignedTokens(t.Context(), oldKey, noon)
		ok(t, err)
		if live != 1 {
			t.Errorf("%d live tokens of the old key", live)
		}
	})
}
