package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func TestToken_ReadsBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.apiToken("Éxport 100%", w.reader.ID, w.editor.ID, w.reader.ID)
		token.CreatedAt = noon.In(time.FixedZone("IST", 19800)).Add(789) // nanoseconds go
		token.ExpiresAt = noon.Add(90 * 24 * time.Hour)
		w.add(token)

		got, err := s.Token(t.Context(), w.tenant.ID, token.ID)
		ok(t, err)
		token.CreatedAt = noon
		token.RoleIDs = slices.Sorted(slices.Values([]string{w.reader.ID, w.editor.ID}))
		editor, reader := w.editor, w.reader
		editor.Permissions = []string{"reports.read", "reports.write"}
		want := models.TokenRow{
			Token: token, Roles: []models.Role{editor, reader},
			CreatorName: w.dana.Name, CreatorEmail: w.dana.Email,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got.CreatedAt.Location() != time.UTC {
			t.Errorf("read back in %v", got.CreatedAt.Location())
		}
	})
}

func TestToken_OfAnotherTenantOrRevokedIsNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token, other := w.add(w.apiToken("mine")), w.addTenant("Globex")
		for _, id := range []string{newID(), strings.ToUpper(token.ID), "", "\x00", "\xff"} {
			if _, err := s.Token(t.Context(), w.tenant.ID, id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("id %q: %v", id, err)
			}
		}
		if _, err := s.Token(t.Context(), other.ID, token.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("of another tenant: %v", err)
		}
		err := s.RevokeToken(t.Context(), other.ID, token.ID, "", noon, event(models.TokenDeleted))
		if !errors.Is(err, models.ErrNotFound) {
			t.Errorf("revoke from another tenant: %v", err)
		}
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, token.ID, "", noon, event(models.TokenDeleted)))
		if _, err := s.Token(t.Context(), w.tenant.ID, token.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("revoked: %v", err)
		}
	})
}

func TestTokenByFormID_IsFoundInItsTenantAlsoWhenRevoked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token, other := w.add(w.apiToken("mine")), w.addTenant("Globex")
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, token.ID, w.vic.ID, noon, event(models.TokenDeleted)))
		got, err := s.TokenByFormID(t.Context(), w.tenant.ID, token.FormID)
		ok(t, err)
		if got.ID != token.ID || got.RevokedAt == nil {
			t.Errorf("got %s, revoked at %v", got.ID, got.RevokedAt)
		}
		if _, err := s.TokenByFormID(t.Context(), other.ID, token.FormID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("from another tenant: %v", err)
		}
		if _, err := s.TokenByFormID(t.Context(), w.tenant.ID, ""); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("without a form: %v", err)
		}
	})
}

func TestCreateToken_WithoutAFormTwiceIsNoConflict(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for range 2 {
			token := w.apiToken("by the API")
			token.FormID = ""
			w.add(token)
		}
	})
}

func TestCreateToken_NothingIsLeftOfAFailedOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		before, err := s.Counter(t.Context())
		ok(t, err)
		plaintext := w.apiToken("a secret in place of its digest")
		secret := store.SecretFor(plaintext)
		secret.Digest = []byte("lk_at_" + strings.Repeat("x", 49))
		if err := s.CreateToken(t.Context(), plaintext, secret, event(models.TokenCreated)); err == nil {
			t.Error("a digest of 55 bytes was written")
		}
		gone := w.personalToken(newID(), "of nobody")
		if err := s.CreateToken(t.Context(), gone, store.SecretFor(gone), event(models.TokenCreated)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("for somebody who is no member: %v", err)
		}
		noRole := w.apiToken("no such role", w.editor.ID, newID())
		if err := s.CreateToken(t.Context(), noRole, store.SecretFor(noRole), event(models.TokenCreated)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("with an unknown role: %v", err)
		}
		page, err := s.Tokens(t.Context(), models.TokenQuery{TenantID: w.tenant.ID, Context: models.API, Limit: 50})
		ok(t, err)
		after, err := s.Counter(t.Context())
		ok(t, err)
		if len(page.Rows) != 0 || before != after {
			t.Errorf("%d tokens, events %d → %d", len(page.Rows), before, after)
		}
	})
}

func TestTokenRow_CreatorsNameOutlivesTheCreator(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("stays"))
		vendors := w.apiToken("by the vendor")
		vendors.CreatedBy = ""
		w.add(vendors)
		ok(t, s.DeleteUser(t.Context(), w.dana.ID, "", noon, event(models.UserDeleted)))
		got, err := s.Token(t.Context(), w.tenant.ID, token.ID)
		ok(t, err)
		if got.CreatorName != w.dana.Name || got.CreatorEmail != "" || got.CreatedBy != w.dana.ID {
			t.Errorf("creator %q %q", got.CreatorName, got.CreatorEmail)
		}
		got, err = s.Token(t.Context(), w.tenant.ID, vendors.ID)
		ok(t, err)
		if got.CreatorName != "" || got.CreatedBy != "" {
			t.Errorf("vendor's: creator %q", got.CreatorName)
		}
	})
}

func TestNoteUses_NeverMovesBackwards(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token, unused := w.add(w.apiToken("used")), w.add(w.apiToken("unused"))
		events, err := s.Counter(t.Context())
		ok(t, err)
		use := func(minutes int, ip string) models.TokenUse {
			return models.TokenUse{TokenID: token.ID, At: noon.Add(time.Duration(minutes) * time.Minute), IP: ip, UserAgent: "a\x00gent"}
		}
		ok(t, s.NoteUses(t.Context(), []models.TokenUse{
			use(3, "192.0.2.3"), use(5, "192.0.2.5"), use(4, "192.0.2.4"), {TokenID: newID(), At: noon},
		}))
		ok(t, s.NoteUses(t.Context(), []models.TokenUse{use(1, "192.0.2.1")}))
		ok(t, s.NoteUses(t.Context(), nil))
		got, err := s.Token(t.Context(), w.tenant.ID, token.ID)
		ok(t, err)
		if !got.LastUsedAt.Equal(noon.Add(5*time.Minute)) || got.LastUsedIP != "192.0.2.5" || got.LastUsedAgent != "a\uFFFDgent" {
			t.Errorf("last used %v from %s by %q", got.LastUsedAt, got.LastUsedIP, got.LastUsedAgent)
		}
		got, err = s.Token(t.Context(), w.tenant.ID, unused.ID)
		ok(t, err)
		if got.Used() {
			t.Error("the other one counts as used")
		}
		if after, err := s.Counter(t.Context()); err != nil || after != events {
			t.Errorf("uses wrote events: %d → %d, %v", events, after, err)
		}
	})
}

func TestTokenUses_AreTheLatestTwentyDistinctOnes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token, other := w.add(w.apiToken("used")), w.add(w.apiToken("other"))
		secret := store.SecretFor(token)
		use := func(seconds, agent int) models.TokenUse {
			return models.TokenUse{
				TokenID: token.ID, SecretID: secret.ID, At: noon.Add(time.Duration(seconds) * time.Second),
				IP: "192.0.2.1", UserAgent: fmt.Sprint(agent),
			}
		}
		var uses []models.TokenUse
		for i := range 30 {
			uses = append(uses, use(i, i))
		}
		stray := models.TokenUse{TokenID: other.ID, SecretID: secret.ID, At: noon, IP: "192.0.2.2"}
		ok(t, s.NoteUses(t.Context(), append(uses, stray)))
		ok(t, s.NoteUses(t.Context(), []models.TokenUse{use(100, 15), use(2, 29), use(1, 5)}))
		got, err := s.TokenUses(t.Context(), token.ID)
		ok(t, err)
		if len(got) != 20 || got[0] != use(100, 15) || got[1] != use(29, 29) || got[19] != use(10, 10) {
			t.Errorf("%d uses: %+v", len(got), got)
		}
		secrets, err := s.TokenSecrets(t.Context(), token.ID)
		ok(t, err)
		if len(secrets) != 1 || !secrets[0].LastUsedAt.Equal(noon.Add(100*time.Second)) {
			t.Errorf("secrets %+v", secrets)
		}
		if got, err := s.TokenUses(t.Context(), other.ID); err != nil || len(got) != 0 {
			t.Errorf("a use of another token's secret was kept: %+v, %v", got, err)
		}
	})
}

func TestNoteUses_ManyReplicasAtOnceDoNotDeadlock(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var uses []models.TokenUse
		for range 40 {
			id := w.add(w.apiToken("x")).ID
			uses = append(uses, models.TokenUse{TokenID: id, SecretID: id})
		}
		for _, err := range atOnce(16, func(i int) error {
			mine := slices.Clone(uses)
			for k := range mine {
				mine[k].At = noon.Add(time.Duration(i) * time.Second)
			}
			if i%2 == 0 {
				slices.Reverse(mine)
			}
			return s.NoteUses(t.Context(), mine)
		}) {
			ok(t, err)
		}
	})
}

func TestNoteRefusals_AddUpAndPassOverUnknownTokens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		refusal := func(id, reason string, seconds, count int) models.Refusal {
			return models.Refusal{TokenID: id, Reason: reason, Minute: noon.Add(time.Duration(seconds) * time.Second), Count: count}
		}
		ok(t, s.NoteRefusals(t.Context(), []models.Refusal{
			refusal(token.ID, "expired", 0, 2), refusal(token.ID, "expired", 30, 3),
			refusal(token.ID, "revoked", 61, 1), refusal(newID(), "expired", 0, 9),
		}))
		ok(t, s.NoteRefusals(t.Context(), []models.Refusal{refusal(token.ID, "expired", 59, 4)}))
		got, err := s.Refusals(t.Context(), token.ID, noon.Add(-time.Hour))
		ok(t, err)
		minute := noon.Truncate(time.Minute)
		want := []models.Refusal{
			{TokenID: token.ID, Reason: "expired", Minute: minute, Count: 9},
			{TokenID: token.ID, Reason: "revoked", Minute: minute.Add(time.Minute), Count: 1},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if rows := textsOf(t, s, "SELECT token_id FROM token_refusals"); len(rows) != 2 {
			t.Errorf("%d rows: garbage was written", len(rows))
		}
	})
}

func TestTokenCounts_CountLiveAndUsedInTheLastDay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		used, old, expired, revoked := w.apiToken("used"), w.apiToken("old"), w.apiToken("expired"), w.apiToken("revoked")
		used.LastUsedAt, old.LastUsedAt = noon.Add(-23*time.Hour), noon.Add(-24*time.Hour)
		expired.ExpiresAt = noon
		for _, token := range []models.Token{used, old, expired, revoked, w.personalToken(w.dana.ID, "p")} {
			w.add(token)
		}
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, revoked.ID, "", noon, event(models.TokenDeleted)))
		want := []models.TenantTokenCounts{
			{TenantID: w.tenant.ID, Kind: models.AccessToken, TokenCounts: models.TokenCounts{Live: 1}},
			{TenantID: w.tenant.ID, Kind: models.ClientCredentials, TokenCounts: models.TokenCounts{Live: 2, Used: 1}},
		}
		for _, tenantID := range []string{"", w.tenant.ID} {
			got, err := s.TokenCounts(t.Context(), tenantID, noon)
			ok(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("of %q (-want +got):\n%s", tenantID, diff)
			}
		}
		if got, err := s.TokenCounts(t.Context(), w.addTenant("Globex").ID, noon); err != nil || len(got) != 0 {
			t.Errorf("of an account without tokens: %v %v", got, err)
		}
	})
}

func TestPurgeTokens_RemovesOldRefusalsOfLiveTokens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minute := noon.Truncate(time.Minute)
		live := w.add(w.apiToken("live"))
		ok(t, s.NoteRefusals(t.Context(), []models.Refusal{
			{TokenID: live.ID, Reason: "expired", Minute: minute, Count: 3},
			{TokenID: live.ID, Reason: "expired", Minute: minute.Add(time.Minute), Count: 5},
		}))
		_, err := s.PurgeTokens(t.Context(), minute.Add(time.Minute))
		ok(t, err)
		left, err := s.Refusals(t.Context(), live.ID, minute)
		ok(t, err)
		if len(left) != 1 || left[0].Count != 5 {
			t.Errorf("left: %+v", left)
		}
	})
}

func TestPurgeTokens_RemovesRevokedOnesOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		live, early, late := w.add(w.apiToken("live")), w.add(w.apiToken("early", w.editor.ID)), w.add(w.apiToken("late"))
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, early.ID, "", noon, event(models.TokenDeleted)))
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, late.ID, "", noon.Add(time.Hour), event(models.TokenDeleted)))
		ok(t, s.NoteRefusals(t.Context(), []models.Refusal{{TokenID: early.ID, Reason: "revoked", Minute: noon, Count: 1}}))
		n, err := s.PurgeTokens(t.Context(), noon.Add(time.Minute))
		ok(t, err)
		if n != 1 {
			t.Errorf("purged %d", n)
		}
		for id, want := range map[string]error{live.ID: nil, late.ID: nil, early.ID: models.ErrNotFound} {
			if _, err := s.CredentialByID(t.Context(), id); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", id, err, want)
			}
		}
	})
}
