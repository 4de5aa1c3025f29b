package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// rotation replaces the secret that a token of add's has first.
func (w *world) rotation(token models.Token, name string, overlap time.Duration) models.Rotation {
	return models.Rotation{
		TenantID: token.TenantID, Replaces: token.ID, EndsAt: noon.Add(overlap),
		Secret: models.TokenSecret{
			ID: newID(), TokenID: token.ID, Digest: digestOf(token.ID + name), Prefix: "nu_cs", LastFour: name,
			CreatedAt: noon, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed, FormID: newID(),
		},
	}
}

func (w *world) rotate(r models.Rotation) error {
	return w.RotateToken(w.t.Context(), r, event(models.TokenRotated))
}

// secrets are a token's, by id.
func (w *world) secrets(tokenID string) map[string]models.TokenSecret {
	w.t.Helper()
	all, err := w.TokenSecrets(w.t.Context(), tokenID)
	ok(w.t, err)
	byID := map[string]models.TokenSecret{}
	for _, s := range all {
		byID[s.ID] = s
	}
	return byID
}

// wantHint checks by which secret lists tell the token.
func (w *world) wantHint(token models.Token, prefix, lastFour string) {
	w.t.Helper()
	row, err := w.Token(w.t.Context(), token.TenantID, token.ID)
	ok(w.t, err)
	if row.Prefix != prefix || row.LastFour != lastFour {
		w.t.Errorf("told by %s…%s, want %s…%s", row.Prefix, row.LastFour, prefix, lastFour)
	}
}

func TestRotateToken_TheOldSecretLivesOnAsAskedFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		r := w.rotation(token, "newx", 24*time.Hour)
		r.Silence = time.Hour
		ok(t, w.rotate(r))
		got := w.secrets(token.ID)
		old, fresh := got[token.ID], got[r.Secret.ID]
		if len(got) != 2 || old.ReplacedAt == nil || !old.ReplacedAt.Equal(noon) || !old.EndsAt.Equal(r.EndsAt) || old.Silence != time.Hour {
			t.Errorf("the old one: %+v", old)
		}
		if fresh.ReplacedAt != nil || !fresh.EndsAt.Equal(models.NeverExpires) || fresh.FormID != r.Secret.FormID {
			t.Errorf("the new one: %+v", fresh)
		}
		w.wantHint(token, "nu_cs", "newx")
	})
}

func TestCancelRotation_LeavesTheTokenAsItWas(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		before := w.secrets(token.ID)[token.ID]
		r := w.rotation(token, "newx", 24*time.Hour)
		r.Silence = time.Hour
		ok(t, w.rotate(r))
		later := noon.Add(time.Minute)
		inForce, err := s.CancelRotation(t.Context(), w.tenant.ID, token.ID, later, event(models.RotationCancelled))
		ok(t, err)
		got := w.secrets(token.ID)
		if fmt.Sprint(got[token.ID]) != fmt.Sprint(before) || inForce.ID != token.ID {
			t.Errorf("the old one: %+v, before %+v", got[token.ID], before)
		}
		if fresh := got[r.Secret.ID]; fresh.ReplacedAt == nil || !fresh.EndsAt.Equal(later) {
			t.Errorf("the new one: %+v", fresh)
		}
		w.wantHint(token, token.Prefix, token.LastFour)
	})
}

func TestRotation_OfAnotherTenantOrADeletedTokenIsNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := w.addTenant("Globex")
		mine, deleted := w.add(w.apiToken("mine")), w.add(w.apiToken("deleted"))
		for _, token := range []models.Token{mine, deleted} {
			ok(t, w.rotate(w.rotation(token, "newx", time.Hour)))
		}
		ok(t, s.RevokeToken(t.Context(), w.tenant.ID, deleted.ID, "", noon, event(models.TokenDeleted)))
		before, err := s.Counter(t.Context())
		ok(t, err)
		for _, target := range []struct{ tenantID, id string }{{other.ID, mine.ID}, {w.tenant.ID, deleted.ID}, {w.tenant.ID, newID()}} {
			r := w.rotation(mine, "evil", time.Hour)
			r.TenantID, r.Secret.TokenID = target.tenantID, target.id
			_, cancel := s.CancelRotation(t.Context(), target.tenantID, target.id, noon, event(models.RotationCancelled))
			for what, err := range map[string]error{
				"rotate": w.rotate(r), "cancel": cancel,
				"end":     s.EndOldSecret(t.Context(), target.tenantID, target.id, noon, event(models.SecretEnded)),
				"update":  s.UpdateToken(t.Context(), target.tenantID, target.id, models.TokenChange{Description: new(string)}, event(models.TokenUpdated)),
				"disable": s.SetTokenDisabled(t.Context(), target.tenantID, target.id, &noon, "", event(models.TokenDisabled)),
			} {
				if !errors.Is(err, models.ErrNotFound) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if _, err := s.TokenDetail(t.Context(), target.tenantID, target.id, noon); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("detail: %v", err)
			}
		}
		if after, err := s.Counter(t.Context()); err != nil || after != before {
			t.Errorf("events %d → %d, %v", before, after, err)
		}
	})
}

func TestRotation_NothingToEndOnceTheOldSecretHasEnded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		end := func(token models.Token, at time.Time) error {
			return s.EndOldSecret(t.Context(), w.tenant.ID, token.ID, at, event(models.SecretEnded))
		}
		never, ended, silent, byHand := w.add(w.apiToken("a")), w.add(w.apiToken("b")), w.add(w.apiToken("c")), w.add(w.apiToken("d"))
		ok(t, w.rotate(w.rotation(ended, "newb", time.Hour)))
		r := w.rotation(silent, "newc", 24*time.Hour)
		r.Silence = time.Hour - models.SilenceSlack
		ok(t, w.rotate(r))
		ok(t, w.rotate(w.rotation(byHand, "newd", 24*time.Hour)))
		ok(t, end(byHand, noon.Add(time.Minute)))
		for _, token := range []models.Token{never, ended, silent, byHand} {
			at := noon.Add(time.Hour)
			if err := end(token, at); !errors.Is(err, models.ErrConflict) {
				t.Errorf("%s: end: %v", token.Description, err)
			}
			_, err := s.CancelRotation(t.Context(), w.tenant.ID, token.ID, at, event(models.RotationCancelled))
			if !errors.Is(err, models.ErrConflict) {
				t.Errorf("%s: cancel: %v", token.Description, err)
			}
		}
		ok(t, w.rotate(w.rotation(never, "newa", time.Hour)))
		ok(t, end(never, noon.Add(time.Hour-time.Microsecond)))
	})
}

// A form's id is known for as long as the secret that it made has a row.
func TestRotateToken_AFormRotatesOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token, other := w.add(w.apiToken("x")), w.add(w.apiToken("y"))
		first := w.rotation(token, "one1", 0)
		ok(t, w.rotate(first))
		again := w.rotation(token, "two2", 0)
		again.Replaces, again.Secret.FormID = first.Secret.ID, first.Secret.FormID
		if err := w.rotate(again); !errors.Is(err, models.ErrConflict) {
			t.Errorf("the same form again: %v", err)
		}
		w.wantHint(token, "nu_cs", "one1")
		got, err := s.SecretByFormID(t.Context(), token.ID, first.Secret.FormID)
		ok(t, err)
		if got.ID != first.Secret.ID || got.Digest != nil {
			t.Errorf("by form: %+v", got)
		}
		for _, at := range []struct{ tokenID, form string }{{other.ID, first.Secret.FormID}, {token.ID, newID()}, {token.ID, ""}} {
			if _, err := s.SecretByFormID(t.Context(), at.tokenID, at.form); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("of another token or form: %v", err)
			}
		}
	})
}

func TestRaces_OneRotationWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, overlap := range []time.Duration{0, time.Hour} {
			token := w.add(w.apiToken("x"))
			before, err := s.Counter(t.Context())
			ok(t, err)
			wantOneWinner(t, atOnce(crush, func(i int) error {
				return w.rotate(w.rotation(token, fmt.Sprintf("%04d", i), overlap))
			}), models.ErrConflict)
			if got := w.secrets(token.ID); len(got) != 2 {
				t.Errorf("%d secrets", len(got))
			}
			if after, err := s.Counter(t.Context()); err != nil || after != before+1 {
				t.Errorf("events %d → %d, %v", before, after, err)
			}
		}
	})
}

func TestRaces_AmongEndAndCancelOneWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		r := w.rotation(token, "newx", time.Hour)
		ok(t, w.rotate(r))
		use := []models.TokenUse{{TokenID: token.ID, SecretID: token.ID, At: noon.Add(time.Second), IP: "192.0.2.1"}}
		wantOneWinner(t, atOnce(crush, func(i int) error {
			ok(t, s.NoteUses(t.Context(), use))
			if i%2 == 0 {
				return s.EndOldSecret(t.Context(), w.tenant.ID, token.ID, noon.Add(time.Minute), event(models.SecretEnded))
			}
			_, err := s.CancelRotation(t.Context(), w.tenant.ID, token.ID, noon.Add(time.Minute), event(models.RotationCancelled))
			return err
		}), models.ErrConflict)
		inForce := 0
		for _, secret := range w.secrets(token.ID) {
			if secret.ReplacedAt == nil {
				inForce++
			}
		}
		if inForce != 1 {
			t.Errorf("%d secrets are in force", inForce)
		}
	})
}

func TestSchema_TwoSecretsAreNeverInForce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		ok(t, w.rotate(w.rotation(token, "newx", time.Hour)))
		_, err := s.Pool().ExecContext(t.Context(), "UPDATE token_secrets SET replaced_at = NULL WHERE id = '"+token.ID+"'")
		if err == nil {
			t.Error("two secrets are in force")
		}
	})
}

func TestPurgeTokens_RemovesSecretsThatEndedLongAgo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		token := w.add(w.apiToken("x"))
		use := models.TokenUse{TokenID: token.ID, SecretID: token.ID, At: noon, IP: "192.0.2.1"}
		ok(t, s.NoteUses(t.Context(), []models.TokenUse{use}))
		ok(t, w.rotate(w.rotation(token, "newx", time.Hour)))
		ended := noon.Add(time.Hour)
		for _, step := range []struct {
			before time.Time
			left   int
		}{{ended, 2}, {ended.Add(time.Microsecond), 1}, {noon.Add(365 * 24 * time.Hour), 1}} {
			purged, err := s.PurgeTokens(t.Context(), step.before)
			ok(t, err)
			if got := w.secrets(token.ID); purged != 0 || len(got) != step.left {
				t.Errorf("before %s: %d secrets are left, and %d tokens purged", step.before, len(got), purged)
			}
		}
		if uses, err := s.TokenUses(t.Context(), token.ID); err != nil || len(uses) != 0 {
			t.Errorf("uses of a secret that is gone: %+v, %v", uses, err)
		}
		w.wantHint(token, "nu_cs", "newx")
	})
}

func TestRotation_WhatComesSecondHappensAfterTheFirstWhateverItsClockSays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		early, late := noon.Add(time.Minute), noon.Add(2*time.Minute)
		cancel := func(id string, at time.Time) error {
			e := event(models.RotationCancelled).About("token", id, "")
			e.At = at
			_, err := s.CancelRotation(t.Context(), w.tenant.ID, id, at, e)
			return err
		}
		end := func(id string, at time.Time) error {
			e := event(models.SecretEnded).About("token", id, "")
			e.At = at
			return s.EndOldSecret(t.Context(), w.tenant.ID, id, at, e)
		}
		for name, acts := range map[string][2]func(id string, at time.Time) error{
			"cancelled twice":       {cancel, cancel},
			"ended, then cancelled": {end, cancel},
			"ended twice":           {end, end},
			"cancelled, then ended": {cancel, end},
		} {
			token := w.add(w.apiToken(name))
			ok(t, w.rotate(w.rotation(token, "newx", 24*time.Hour)))
			ok(t, acts[0](token.ID, late))
			before := w.secrets(token.ID)
			if err := acts[1](token.ID, early); !errors.Is(err, models.ErrConflict) {
				t.Errorf("%s: %v", name, err)
			}
			if after := w.secrets(token.ID); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("%s: the second changed secrets, too", name)
			}
		}
	})
}
