package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

func vendorSecret(keyID string, at time.Time) models.VendorSecret {
	id := models.NewID(at)
	return models.VendorSecret{
		ID: id, KeyID: keyID, Digest: digestOf(id), Prefix: "lk_vk", LastFour: "wxyz", CreatedAt: at,
		EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}
}

func (w *world) vendorKey(name string) (models.VendorKey, models.VendorSecret) {
	w.t.Helper()
	key := models.VendorKey{ID: newID(), Name: name, CreatedBy: w.dana.ID, CreatedAt: noon, FormID: newID()}
	secret := vendorSecret(key.ID, noon)
	ok(w.t, w.CreateVendorKey(w.t.Context(), key, secret, event(models.VendorKeyCreated)))
	return key, secret
}

func TestVendorKeys_AreFoundByTheirSecretsUntilPurged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		key, secret := w.vendorKey("Billing")
		settings, err := s.Settings(t.Context())
		ok(t, err)
		for name, find := range map[string]func() (models.VendorCredential, error){
			"digest": func() (models.VendorCredential, error) {
				return s.VendorCredentialByDigest(t.Context(), secret.Digest)
			},
			"secret": func() (models.VendorCredential, error) {
				return s.VendorCredentialBySecret(t.Context(), secret.ID)
			},
		} {
			got, err := find()
			ok(t, err)
			if got.Key.ID != key.ID || got.Key.Name != "Billing" || got.Secret.ID != secret.ID || got.ClientID != settings.ClientID || got.Key.RevokedAt != nil {
				t.Errorf("by %s: %+v", name, got)
			}
		}
		if _, err := s.VendorCredentialByDigest(t.Context(), digestOf("x")); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("unknown: %v", err)
		}
		again := key
		again.ID = newID()
		if err := s.CreateVendorKey(t.Context(), again, vendorSecret(again.ID, noon), event(models.VendorKeyCreated)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("the same form: %v", err)
		}
		ok(t, s.RevokeVendorKey(t.Context(), key.ID, w.dana.ID, noon, event(models.VendorKeyRevoked)))
		if err := s.RevokeVendorKey(t.Context(), key.ID, w.dana.ID, noon, event(models.VendorKeyRevoked)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("revoked twice: %v", err)
		}
		got, err := s.VendorCredentialByDigest(t.Context(), secret.Digest)
		ok(t, err)
		if got.Key.RevokedAt == nil {
			t.Error("a revoked key says that it is not")
		}
		rows, err := s.VendorKeys(t.Context(), noon)
		ok(t, err)
		if len(rows) != 0 {
			t.Errorf("listed: %+v", rows)
		}
		for _, step := range []struct {
			before time.Time
			purged int
		}{{noon, 0}, {noon.Add(time.Microsecond), 1}, {noon.Add(time.Hour), 0}} {
			if n, err := s.PurgeVendorKeys(t.Context(), step.before); err != nil || n != step.purged {
				t.Errorf("before %s: %d purged, %v", step.before, n, err)
			}
		}
		if _, err := s.VendorCredentialBySecret(t.Context(), secret.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("purged: %v", err)
		}
	})
}

func TestPurgeVendorKeys_TakesTheirLinksAndSecretsThatEndedLongAgo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		link := w.handOver("code")
		ok(t, s.RevokeVendorKey(t.Context(), link.KeyID, w.dana.ID, noon, event(models.VendorKeyRevoked)))
		key, first := w.vendorKey("Billing")
		next, ended := vendorSecret(key.ID, noon.Add(time.Second)), noon.Add(time.Hour)
		ok(t, s.RotateVendorKey(t.Context(), models.VendorRotation{Replaces: first.ID, EndsAt: ended, Secret: next}, event(models.VendorKeyRotated)))
		for _, step := range []struct {
			before time.Time
			purged int
			old    error
		}{{noon, 0, nil}, {ended, 1, nil}, {ended.Add(time.Microsecond), 0, models.ErrNotFound}} {
			n, err := s.PurgeVendorKeys(t.Context(), step.before)
			ok(t, err)
			_, old := s.VendorCredentialBySecret(t.Context(), first.ID)
			_, inForce := s.VendorCredentialBySecret(t.Context(), next.ID)
			if n != step.purged || !errors.Is(old, step.old) || inForce != nil {
				t.Errorf("before %s: %d purged, then %v and %v", step.before, n, old, inForce)
			}
		}
	})
}

func TestVendorKeys_WriteARefusalDownUnlessOneWasSince(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		_, secret := w.vendorKey("Billing")
		refuse := func(at time.Time) error {
			return s.RefuseVendorSecret(t.Context(), secret.ID, at, at.Add(-time.Hour), event(models.VendorKeyRefused).Refuse("revoked"))
		}
		before, err := s.Events(t.Context(), 0, 1000)
		ok(t, err)
		wantOneWinner(t, atOnce(5, func(int) error { return refuse(noon) }), models.ErrNotFound)
		if err := refuse(noon.Add(time.Hour - time.Microsecond)); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("within the hour: %v", err)
		}
		ok(t, refuse(noon.Add(time.Hour)))
		after, err := s.Events(t.Context(), 0, 1000)
		ok(t, err)
		if len(after)-len(before) != 2 {
			t.Errorf("%d events", len(after)-len(before))
		}
		got, err := s.VendorCredentialBySecret(t.Context(), secret.ID)
		ok(t, err)
		if got.Secret.RefusedAt == nil || !got.Secret.RefusedAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("refused at %v", got.Secret.RefusedAt)
		}
	})
}

func TestVendorKeys_RotateWithOverlapAndOnceAtATime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		key, first := w.vendorKey("Billing")
		rotate := func(replaces string) error {
			return s.RotateVendorKey(t.Context(), models.VendorRotation{
				Replaces: replaces, EndsAt: noon.Add(time.Hour), Secret: vendorSecret(key.ID, noon.Add(time.Second)),
			}, event(models.VendorKeyRotated))
		}
		wantOneWinner(t, atOnce(5, func(int) error { return rotate(first.ID) }), models.ErrConflict)
		row, err := s.VendorKey(t.Context(), key.ID, noon.Add(2*time.Second))
		ok(t, err)
		if len(row.Secrets) != 2 || row.Secrets[1].ID != first.ID || row.Secrets[0].Digest != nil || row.CreatorName != w.dana.Name {
			t.Fatalf("in rotation: %+v", row)
		}
		if err := rotate(row.Secrets[0].ID); !errors.Is(err, models.ErrConflict) {
			t.Errorf("during the overlap: %v", err)
		}
		ok(t, s.EndOldVendorSecret(t.Context(), key.ID, noon.Add(time.Minute), event(models.VendorSecretEnded)))
		if row, err = s.VendorKey(t.Context(), key.ID, noon.Add(time.Minute)); err != nil || len(row.Secrets) != 1 {
			t.Errorf("after the end: %+v, %v", row, err)
		}
		if err := s.EndOldVendorSecret(t.Context(), key.ID, noon.Add(time.Minute), event(models.VendorSecretEnded)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("ended twice: %v", err)
		}
	})
}

func TestVendorKeys_NoteAUseOncePerMinute(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		key, secret := w.vendorKey("Billing")
		for _, after := range []time.Duration{time.Minute, 90 * time.Second, 3 * time.Minute} {
			ok(t, s.NoteVendorUse(t.Context(), secret.ID, noon.Add(after), "192.0.2.1", "curl"))
			row, err := s.VendorKey(t.Context(), key.ID, noon)
			ok(t, err)
			want := noon.Add(after)
			if after == 90*time.Second {
				want = noon.Add(time.Minute)
			}
			if last, used := row.LastUsed(); !used || !last.LastUsedAt.Equal(want) || last.LastUsedIP != "192.0.2.1" {
				t.Errorf("after %s: %+v", after, last)
			}
		}
	})
}
