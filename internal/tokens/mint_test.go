package tokens_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// Rule 1.
func TestMint_PeopleMakeOnlyTheKindInForce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, tc := range []struct {
			environment, account models.Kind
			want, other          models.Kind
		}{
			{models.AccessToken, "", models.AccessToken, models.ClientCredentials},
			{models.ClientCredentials, "", models.ClientCredentials, models.AccessToken},
			{models.ClientCredentials, models.AccessToken, models.AccessToken, models.ClientCredentials},
			{models.AccessToken, models.ClientCredentials, models.ClientCredentials, models.AccessToken},
		} {
			w.ok(s.UpdateSettings(t.Context(), models.SettingsChange{Kind: &tc.environment, At: start}, event(models.SettingsUpdated)))
			w.ok(s.SetTenantM2M(t.Context(), w.acme, models.Inherited, tc.account, event(models.TenantUpdated)))
			for _, in := range []models.Context{models.API, models.Personal} {
				for _, asked := range []models.Kind{"", tc.want} {
					minted, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: in, Kind: asked})
					w.ok(err)
					if minted.Token.Kind != tc.want {
						t.Errorf("environment %s, account %q: made %s", tc.environment, tc.account, minted.Token.Kind)
					}
				}
				before := w.lastEvent()
				_, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: in, Kind: tc.other})
				wantError(t, err, tokens.ErrOtherKind)
				wantError(t, err, models.ErrForbidden)
				if e := w.oneEvent(before); e.Action != models.TokenCreated || e.Outcome != models.Refused || e.Reason != "other_kind" {
					t.Errorf("event %+v", e)
				}
				if minted, err := w.Mint(t.Context(), commandLine(w.dana, w.acme), tokens.MintRequest{Context: in, Kind: tc.other}); err != nil || minted.Token.Kind != tc.other {
					t.Errorf("the kind in force binds the command line: %v", err)
				}
			}
		}
		_, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: models.API, Kind: "Password"})
		wantInvalid(t, err, "kind", "unknown")
	})
}

// Rule 2.
func TestMint_WhileM2MIsOffNobodyMakesOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		off := false
		w.ok(s.UpdateSettings(t.Context(), models.SettingsChange{M2MEnabled: &off, At: start}, event(models.SettingsUpdated)))
		before := w.lastEvent()
		for _, in := range []models.Context{models.API, models.Personal} {
			_, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: in})
			wantInvalid(t, err, "", "m2m_off")
		}
		if events := w.events(before); len(events) != 2 || events[0].Outcome != models.Refused || events[0].Reason != "m2m_off" {
			t.Errorf("events %+v", events)
		}
		// The account's own switch wins over the environment's.
		w.ok(s.SetTenantM2M(t.Context(), w.acme, models.On, "", event(models.TenantUpdated)))
		_, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: models.API})
		w.ok(err)
		_, err = w.Mint(t.Context(), w.asGus(), tokens.MintRequest{Context: models.API})
		wantInvalid(t, err, "", "m2m_off")
	})
}

func TestMint_PersonalTokensHoldTheirOwnersRightsWhateverIsAskedFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		wes := w.addMember(w.acme, "wes@acme.example", "Writer")
		minted, err := w.Mint(t.Context(), w.as(wes, w.acme), tokens.MintRequest{Context: models.Personal, RoleIDs: w.roleIDs("Admin")})
		w.ok(err)
		verdict := w.verifyKey(minted.Secret)
		if !verdict.Allowed || strings.Join(verdict.Roles, " ") != "Writer" || verdict.Permissions.Has("fe.secure.read.roles") {
			t.Errorf("roles %v, permissions %v", verdict.Roles, verdict.Permissions)
		}
		if len(minted.Token.RoleIDs) != 0 || minted.Token.UserID != wes.ID {
			t.Errorf("token %+v", minted.Token)
		}
	})
}

// Rule 5.
func TestMint_ExpiryFromOneMinuteToTenYears(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for life, fits := range map[time.Duration]bool{
			0: true, time.Minute: true, 90 * 24 * time.Hour: true, 5_256_000 * time.Minute: true,
			-time.Minute: false, time.Nanosecond: false, time.Minute - time.Nanosecond: false,
			5_256_000*time.Minute + time.Nanosecond: false, 1<<63 - 1: false, -1 << 63: false,
		} {
			minted, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: models.API, ExpiresIn: life})
			if !fits {
				wantInvalid(t, err, "expires", "out_of_range")
				continue
			}
			w.ok(err)
			want := models.Stamp(start).Add(life)
			if life == 0 {
				want = models.NeverExpires
			}
			row, err := w.Get(t.Context(), w.asDana(), models.API, minted.Token.ID)
			w.ok(err)
			if !row.ExpiresAt.Equal(want) || !minted.Token.ExpiresAt.Equal(want) || row.Never() != (life == 0) {
				t.Errorf("%s: ends %s, want %s", life, row.ExpiresAt, want)
			}
		}
	})
}

func TestMint_DescriptionIsOptionalAndBounded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		key := m2m.NewKey("acme", m2m.AccessToken).Reveal()
		for description, want := range map[string]string{
			key: "holds_secret", "for the job (" + key + ")": "holds_secret", key[:20] + "…": "", "v1.2.3 of a_at_b": "",
			"": "", "  ": "", " nightly job ": "", strings.Repeat("é", 200): "", "<b>&\"'": "", "=1+1": "", "𝔘𝔫𝔦": "",
			strings.Repeat("é", 201): "too_long", strings.Repeat("x", 1<<20): "too_long",
			"a\x00b": "characters", "a\nb": "characters", "\xff": "characters",
		} {
			minted, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: models.API, Description: description})
			if want != "" {
				wantInvalid(t, err, "description", want)
				continue
			}
			w.ok(err)
			row, err := w.Get(t.Context(), w.asDana(), models.API, minted.Token.ID)
			w.ok(err)
			if row.Description != strings.TrimSpace(description) {
				t.Errorf("kept %q for %q", row.Description, description)
			}
		}
	})
}

func TestMint_EveryFaultIsNamedAtOnceAndNothingIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		_, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{
			Context: models.API, Description: strings.Repeat("x", 201), ExpiresIn: -1, RoleIDs: []string{"?"},
		})
		invalid, ok := errors.AsType[*models.InvalidError](err)
		if !ok || len(invalid.Problems) != 3 {
			t.Fatalf("Mint = %v, want three problems", err)
		}
		page, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: models.API})
		w.ok(err)
		if len(page.Rows) != 0 {
			t.Errorf("%d tokens are kept", len(page.Rows))
		}
	})
}

// Rules 6 and 7.
func TestMint_SecretIsShownOnceAndKeptAsADigest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			before := w.lastEvent()
			minted := w.mint(c)
			secret := minted.Secret.Reveal()
			key, err := m2m.ParseKey(secret)
			w.ok(err)
			wantKind := map[models.Kind]m2m.KeyKind{models.AccessToken: m2m.AccessToken, models.ClientCredentials: m2m.ClientSecret}[c.kind]
			if key.Prefix != "lk" || key.Kind != wantKind {
				t.Errorf("%s: the key is %s", c.name, key)
			}
			if prefix, lastFour := key.Hint(); minted.Token.Prefix != prefix || minted.Token.LastFour != lastFour {
				t.Errorf("%s: hint %s…%s, want %s…%s", c.name, minted.Token.Prefix, minted.Token.LastFour, prefix, lastFour)
			}
			mac := hmac.New(sha256.New, pepper)
			mac.Write([]byte(secret))
			credential, err := s.CredentialByID(t.Context(), minted.Token.ID)
			w.ok(err)
			if !hmac.Equal(credential.Secret.Digest, mac.Sum(nil)) {
				t.Errorf("%s: the digest is not HMAC-SHA-256(pepper, whole secret)", c.name)
			}
			row, err := w.Get(t.Context(), w.asDana(), c.context, minted.Token.ID)
			w.ok(err)
			page, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: c.context})
			w.ok(err)
			seen := fmt.Sprintf("%+v %+v %+v %+v %+v", minted, credential, row, page, w.events(before))
			shown, err := json.Marshal([]any{minted, row, page, w.events(before)})
			w.ok(err)
			body := secret[len("lk_at_"):]
			if strings.Contains(seen, body) || strings.Contains(string(shown), body) {
				t.Errorf("%s: the secret shows", c.name)
			}
		}
	})
}

// Rule 11.
func TestMint_LeavesOneEventInTheSameTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		before := w.lastEvent()
		minted, err := w.Mint(t.Context(), w.asDana(), tokens.MintRequest{Context: models.API, Description: "nightly"})
		w.ok(err)
		e := w.oneEvent(before)
		want := models.Event{
			Number: before + 1, At: models.Stamp(start), Action: models.TokenCreated, Outcome: models.Done,
			ActorKind: models.Person, ActorID: w.dana.ID, TargetKind: "token", TargetID: minted.Token.ID,
			TargetName: "nightly", TenantID: w.acme, IP: "192.0.2.7", UserAgent: "browser", RequestID: "request-1",
		}
		if !e.At.Equal(want.At) {
			t.Errorf("at %s, want %s", e.At, want.At)
		}
		if e.At = want.At; e != want {
			t.Errorf("event %+v\nwant %+v", e, want)
		}
		if minted.Token.CreatedBy != w.dana.ID || minted.Token.CreatorName != w.dana.Name || minted.Token.CreatorEmail != w.dana.Email {
			t.Errorf("creator %q %q %q", minted.Token.CreatedBy, minted.Token.CreatorName, minted.Token.CreatorEmail)
		}
	})
}

func TestMint_RefusedForWantOfPermissionLeavesAnEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		before := w.lastEvent()
		_, err := w.Mint(t.Context(), w.asVic(), tokens.MintRequest{Context: models.API, Description: "not to be kept"})
		wantError(t, err, models.ErrForbidden)
		e := w.oneEvent(before)
		if e.Action != models.TokenCreated || e.Outcome != models.Refused || e.Reason != "permission" ||
			e.ActorID != w.vic.ID || e.TenantID != w.acme || e.TargetName != "" || e.IP != "192.0.2.7" {
			t.Errorf("event %+v", e)
		}
	})
}

func TestMint_OnADisabledAccountIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		caller, at := w.asDana(), start
		w.ok(s.SetTenantDisabled(t.Context(), w.acme, &at, event(models.TenantDisabled)))
		_, err := w.Mint(t.Context(), caller, tokens.MintRequest{Context: models.API})
		wantError(t, err, models.ErrForbidden)
	})
}

func TestMint_SameFormTwiceMakesOneToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, in := range []models.Context{models.API, models.Personal} {
			for _, form := range []string{"form of " + string(in), "\x00\xff" + string(in), strings.Repeat("x", 1<<16) + string(in)} {
				caller := w.asDana()
				minted, err := w.Mint(t.Context(), caller, tokens.MintRequest{Context: in, FormID: form})
				w.ok(err)
				_, err = w.Mint(t.Context(), caller, tokens.MintRequest{Context: in, FormID: form})
				wantError(t, err, models.ErrConflict)
				row, err := w.ByFormID(t.Context(), caller, in, form)
				w.ok(err)
				if row.ID != minted.Token.ID || row.RevokedAt != nil {
					t.Errorf("the form made %s, and leads to %s", minted.Token.ID, row.ID)
				}
				_, err = w.Delete(t.Context(), caller, in, row.ID)
				w.ok(err)
				if row, err = w.ByFormID(t.Context(), caller, in, form); err != nil || row.RevokedAt == nil {
					t.Errorf("after deletion: %v, revoked at %v", err, row.RevokedAt)
				}
				// Another person's form with the same id is another form.
				_, err = w.Mint(t.Context(), w.asGus(), tokens.MintRequest{Context: in, FormID: form})
				w.ok(err)
			}
		}
		_, err := w.ByFormID(t.Context(), w.asDana(), models.API, "never sent")
		wantError(t, err, models.ErrNotFound)
		_, err = w.ByFormID(t.Context(), w.asDana(), models.API, "")
		wantError(t, err, models.ErrNotFound)
		_, err = w.ByFormID(t.Context(), w.asDana(), models.Personal, "form of api")
		wantError(t, err, models.ErrNotFound)
	})
}

func TestMint_SameFormManyTimesAtOnceMakesOneToken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		caller := w.asDana()
		errs := make([]error, 10)
		var wait sync.WaitGroup
		for i := range errs {
			wait.Go(func() {
				_, errs[i] = w.Mint(t.Context(), caller, tokens.MintRequest{Context: models.API, FormID: "once"})
			})
		}
		wait.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else {
				wantError(t, err, models.ErrConflict)
			}
		}
		if made != 1 {
			t.Errorf("%d of them made a token", made)
		}
	})
}

func TestRoleChoices_SayWhichTheCallerMayGive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		wes := w.addMember(w.acme, "wes@acme.example", "Writer")
		for _, tc := range []struct {
			caller models.Caller
			want   string
		}{
			{w.asDana(), "Admin+ Editor+ Reader+ Viewer+ Writer+"},
			{w.as(wes, w.acme), "Admin- Editor- Reader+ Viewer- Writer+"},
			{commandLine(wes, w.acme), "Admin+ Editor+ Reader+ Viewer+ Writer+"},
		} {
			choices, err := w.RoleChoices(t.Context(), tc.caller)
			w.ok(err)
			var got []string
			for _, choice := range choices {
				got = append(got, choice.Key+map[bool]string{true: "+", false: "-"}[choice.Grantable])
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("choices %v, want %s", got, tc.want)
			}
		}
		_, err := w.RoleChoices(t.Context(), w.asVic())
		wantError(t, err, models.ErrForbidden)
	})
}

// Rules 11 and 12: a refusal whose trace can't be left is an error of ours, and
// a token that can't be written is none.
func TestMint_WhenTheDatabaseFailsThereIsNoAnswer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		broken := errors.New("disk full")
		vic, dana := w.asVic(), w.asDana()
		storetest.FailNext(s, broken)
		_, err := w.Mint(t.Context(), vic, tokens.MintRequest{Context: models.API})
		if !errors.Is(err, broken) || errors.Is(err, models.ErrForbidden) {
			t.Errorf("Mint = %v, want the store's error", err)
		}
		for name, fail := range map[string]func() error{
			"mint": func() error {
				minted, err := w.Mint(t.Context(), dana, tokens.MintRequest{Context: models.API, RoleIDs: w.roleIDs("Editor")})
				if !minted.Secret.Empty() {
					t.Error("an error comes with a secret")
				}
				return err
			},
			"list": func() error {
				_, err := w.List(t.Context(), dana, tokens.ListRequest{Context: models.API})
				return err
			},
			"get":          func() error { _, err := w.Get(t.Context(), dana, models.API, newID()); return err },
			"by form":      func() error { _, err := w.ByFormID(t.Context(), dana, models.API, "form"); return err },
			"delete":       func() error { _, err := w.Delete(t.Context(), dana, models.API, newID()); return err },
			"role choices": func() error { _, err := w.RoleChoices(t.Context(), dana); return err },
		} {
			storetest.FailNext(s, broken)
			if err := fail(); !errors.Is(err, broken) {
				t.Errorf("%s = %v, want the store's error", name, err)
			}
		}
	})
}
