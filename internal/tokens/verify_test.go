package tokens_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

func TestVerify_EachOfTheFourCombinationsWorks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			minted := w.mint(c)
			verdict := w.use(minted)
			if !verdict.Allowed {
				t.Errorf("%s: refused as %s", c.name, verdict.Reason)
				continue
			}
			wantRoles, wantPermissions := []string{"Editor"}, []string{"reports.read", "reports.write"}
			if c.context == models.Personal {
				wantRoles, wantPermissions = []string{"Admin", "Editor"}, []string{"fe.secure.*", "reports.read", "reports.write"}
			}
			if !slices.Equal(verdict.Roles, wantRoles) || !slices.Equal(verdict.Permissions, wantPermissions) {
				t.Errorf("%s: roles %v, permissions %v", c.name, verdict.Roles, verdict.Permissions)
			}
			got := verdict.Credential
			if got.Token.ID != minted.Token.ID || got.Tenant.Name != "Acme" || (got.Owner != nil) != (c.context == models.Personal) {
				t.Errorf("%s: credential %+v", c.name, got)
			}
			wantEnd := models.NeverExpires
			if c.kind == models.ClientCredentials {
				wantEnd = start.Truncate(time.Second).Add(time.Hour)
			}
			if !verdict.ExpiresAt.Equal(wantEnd) {
				t.Errorf("%s: ends %s, want %s", c.name, verdict.ExpiresAt, wantEnd)
			}
		}
	})
}

// Rule 1.
func TestVerify_TokensOfTheOtherKindGoOnWorkingAndStayListed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var all []tokens.Minted
		for _, c := range combinations {
			all = append(all, w.mint(c))
		}
		for _, kind := range []models.Kind{models.ClientCredentials, models.AccessToken} {
			w.ok(s.UpdateSettings(t.Context(), models.SettingsChange{Kind: &kind, At: start}, event(models.SettingsUpdated)))
			for _, minted := range all {
				if verdict := w.use(minted); !verdict.Allowed {
					t.Errorf("with %s in force %s is refused as %s", kind, minted.Token.Description, verdict.Reason)
				}
			}
			for _, in := range []models.Context{models.API, models.Personal} {
				page, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: in})
				w.ok(err)
				if len(page.Rows) != 2 {
					t.Errorf("with %s in force %d tokens are listed, want both", kind, len(page.Rows))
				}
			}
		}
	})
}

// Rule 2.
func TestVerify_OffMeansOffAtOnceAndOnAgainTheyWork(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		environment := func(on bool) {
			w.ok(s.UpdateSettings(t.Context(), models.SettingsChange{M2MEnabled: &on, At: start}, event(models.SettingsUpdated)))
		}
		account := func(m2m models.Inherit) {
			w.ok(s.SetTenantM2M(t.Context(), w.acme, m2m, "", event(models.TenantUpdated)))
		}
		for _, c := range combinations {
			minted := w.mint(c)
			var issued tokens.Exchanged
			if c.kind == models.ClientCredentials {
				issued, _ = w.exchange(minted)
			}
			want := func(reason tokens.Reason) {
				t.Helper()
				w.wantReason(w.use(minted), reason)
				if c.kind == models.ClientCredentials {
					w.wantReason(w.verifyJWT(issued.AccessToken), reason)
				}
			}
			want("")
			environment(false)
			want(tokens.M2MDisabled)
			account(models.On)
			want("")
			environment(true)
			account(models.Off)
			want(tokens.M2MDisabled)
			account(models.Inherited)
			want("")
		}
	})
}

// Rule 3.
func TestVerify_HiddenModulesLeaveTokensWorking(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		hidden := models.Hidden
		change := models.SettingsChange{APITokens: &hidden, PersonalTokens: &hidden, At: start}
		w.ok(s.UpdateSettings(t.Context(), change, event(models.SettingsUpdated)))
		for _, c := range combinations {
			w.wantReason(w.use(w.mint(c)), "")
		}
	})
}

// Rule 5.
func TestVerify_ExpiredExactlyNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range combinations {
			w.clock.set(start)
			minted := w.mint(c, lasting(time.Minute))
			end := models.Stamp(start).Add(time.Minute)
			check := func(want tokens.Reason) {
				t.Helper()
				if c.kind == models.AccessToken {
					w.wantReason(w.verifyKey(minted.Secret), want)
					return
				}
				_, verdict := w.exchange(minted)
				w.wantReason(verdict, want)
			}
			// The JWT of client credentials lives in whole seconds: the last
			// fraction of one is too short for any.
			w.clock.set(end.Truncate(time.Second).Add(-time.Microsecond))
			check("")
			w.clock.set(end)
			check(tokens.Expired)
			w.clock.set(end.Add(time.Hour))
			check(tokens.Expired)
			if c.kind == models.AccessToken {
				w.clock.set(end.Add(-time.Microsecond))
				check("")
			}
			page, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: c.context})
			w.ok(err)
			if !slices.ContainsFunc(page.Rows, func(r models.TokenRow) bool { return r.ID == minted.Token.ID }) {
				t.Errorf("%s: expired, and no longer listed", c.name)
			}
		}
	})
}

func TestVerify_JWTExpiredExactlyNow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[1])
		exchanged, _ := w.exchange(minted)
		w.clock.set(exchanged.ExpiresAt.Add(-time.Microsecond))
		w.wantReason(w.verifyJWT(exchanged.AccessToken), "")
		w.clock.set(exchanged.ExpiresAt)
		verdict := w.verifyJWT(exchanged.AccessToken)
		w.wantReason(verdict, tokens.Expired)
		if !verdict.ExpiresAt.Equal(exchanged.ExpiresAt) {
			t.Errorf("ended %s, want %s", verdict.ExpiresAt, exchanged.ExpiresAt)
		}
		w.ok(w.Flush(t.Context()))
		if got := w.refusals(minted.Token.ID); got["expired"] != 1 {
			t.Errorf("refusals %v", got)
		}
	})
}

// Rule 7: shape and checksum are judged before any look-up.
func TestVerify_MalformedAsksNoDatabase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minted := w.mint(combinations[0])
		good := minted.Secret.Reveal()
		broken := errors.New("the database was asked")
		storetest.FailNext(s, broken)
		for _, text := range []string{
			"", good[:len(good)-1], good + "0", " " + good, good + "\n", strings.ToUpper(good), good[:20] + "_" + good[21:],
			"lk_at_" + strings.Repeat("0", 49), "eyJhbGciOiJub25lIn0.e30.", "Bearer " + good, good + "," + good, strings.Repeat("x", 1<<20),
		} {
			w.wantReason(w.verifyKey(models.NewSecret(text)), tokens.Malformed)
			_, verdict := w.exchangePair(minted.Token.ID, models.NewSecret(text))
			w.wantReason(verdict, tokens.Malformed)
		}
		_, err := w.VerifyKey(t.Context(), tokens.VerifyRequest{Credential: minted.Secret})
		wantError(t, err, broken)
	})
}

func TestVerify_KeysWithAnOldPrefixKeepWorking(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		old := w.mint(combinations[0])
		renamed := w.over(&otherPrefix{Store: s, prefix: "acme0service"})
		r := tokens.MintRequest{Context: models.API, Kind: models.AccessToken}
		minted, err := renamed.Mint(t.Context(), w.asDana(), r)
		w.ok(err)
		if !strings.HasPrefix(minted.Secret.Reveal(), "acme0service_at_") || minted.Token.Prefix != "acme0service_at" {
			t.Errorf("prefix %q", minted.Token.Prefix)
		}
		for _, secret := range []models.Secret{old.Secret, minted.Secret} {
			verdict, err := renamed.VerifyKey(t.Context(), tokens.VerifyRequest{Credential: secret})
			w.ok(err)
			w.wantReason(verdict, "")
		}
		unusable := w.over(&otherPrefix{Store: s, prefix: "No"})
		if _, err := unusable.Mint(t.Context(), w.asDana(), r); err == nil {
			t.Error("a key was made with a prefix that no key can have")
		}
	})
}

type otherPrefix struct {
	*store.Store
	prefix string
}

func (o *otherPrefix) Settings(ctx context.Context) (models.Settings, error) {
	settings, err := o.Store.Settings(ctx)
	settings.TokenPrefix = o.prefix
	return settings, err
}

// Rule 14: what is taken where.
func TestVerify_WhatIsTakenWhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		access, client := w.mint(combinations[0]), w.mint(combinations[1])
		exchanged, _ := w.exchange(client)
		fresh := func(kind m2m.KeyKind) models.Secret { return models.NewSecret(m2m.NewKey("lk", kind).Reveal()) }

		w.wantReason(w.verifyKey(client.Secret), tokens.WrongKind)
		w.wantReason(w.verifyKey(fresh(m2m.RefreshToken)), tokens.WrongKind)
		w.wantReason(w.verifyKey(fresh(m2m.VendorKey)), tokens.WrongKind)
		w.wantReason(w.verifyKey(fresh(m2m.AccessToken)), tokens.Unknown)
		w.wantReason(w.verifyKey(exchanged.AccessToken), tokens.WrongKind)
		w.wantReason(w.verifyKey(models.NewSecret(client.Token.ID)), tokens.Malformed)

		for _, secret := range []models.Secret{access.Secret, client.Secret, fresh(m2m.VendorKey), fresh(m2m.RefreshToken)} {
			w.wantReason(w.verifyJWT(secret), tokens.WrongKind)
		}
		w.wantReason(w.verifyJWT(models.NewSecret(access.Token.ID)), tokens.Malformed)
		w.wantReason(w.verifyJWT(models.Secret{}), tokens.Malformed)

		_, verdict := w.exchangePair(access.Token.ID, access.Secret)
		w.wantReason(verdict, tokens.WrongKind)
		_, verdict = w.exchangePair(client.Token.ID, exchanged.AccessToken)
		w.wantReason(verdict, tokens.Malformed)
		_, verdict = w.exchangePair(client.Token.ID, fresh(m2m.VendorKey))
		w.wantReason(verdict, tokens.WrongKind)
	})
}

// Rule 12.
func TestVerify_WhenItCannotTellItIsAnErrorAndNeverYes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		access, client := w.mint(combinations[0]), w.mint(combinations[1])
		exchanged, _ := w.exchange(client)
		broken := errors.New("the database is gone")
		for name, ask := range map[string]func() (tokens.Verdict, error){
			"key": func() (tokens.Verdict, error) {
				return w.VerifyKey(t.Context(), tokens.VerifyRequest{Credential: access.Secret})
			},
			"JWT": func() (tokens.Verdict, error) {
				return w.VerifyJWT(t.Context(), tokens.VerifyRequest{Credential: exchanged.AccessToken})
			},
			"exchange": func() (tokens.Verdict, error) {
				got, verdict, err := w.Exchange(t.Context(), tokens.ExchangeRequest{ClientID: client.Token.ID, Secret: client.Secret})
				if err != nil && !got.AccessToken.Empty() {
					t.Error("an error comes with a JWT")
				}
				return verdict, err
			},
		} {
			storetest.FailNext(s, broken)
			verdict, err := ask()
			if !errors.Is(err, broken) || verdict.Allowed {
				t.Errorf("%s: allowed is %v, error %v", name, verdict.Allowed, err)
			}
			if verdict, err = ask(); err != nil || !verdict.Allowed {
				t.Errorf("%s: afterwards allowed is %v, error %v", name, verdict.Allowed, err)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if verdict, err := w.VerifyKey(ended, tokens.VerifyRequest{Credential: access.Secret}); err == nil || verdict.Allowed {
				t.Errorf("%s: with the request gone allowed is %v, error %v", name, verdict.Allowed, err)
			}
		}
	})
}
