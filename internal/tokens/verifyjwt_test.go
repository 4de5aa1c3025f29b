package tokens_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// Rule 14: a signature of ours is not enough.
func TestVerifyJWT_OnlyWhatAnExchangeOfThisEnvironmentMade(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		personal, api, access := w.mint(combinations[3]), w.mint(combinations[1]), w.mint(combinations[2])
		jwt, _ := w.exchange(personal)
		var claims m2m.Claims
		w.ok(w.keys.Parse(t.Context(), jwt.AccessToken.Reveal(), &claims))
		sign := func(change func(*m2m.Claims)) models.Secret {
			changed := claims
			change(&changed)
			text, err := w.keys.Sign(t.Context(), changed)
			w.ok(err)
			return models.NewSecret(text)
		}
		w.wantReason(w.verifyJWT(sign(func(*m2m.Claims) {})), "")
		for name, tc := range map[string]struct {
			change func(*m2m.Claims)
			want   tokens.Reason
		}{
			"another issuer":            {func(c *m2m.Claims) { c.Issuer = "https://evil.example" }, tokens.WrongKind},
			"the issuer and a slash":    {func(c *m2m.Claims) { c.Issuer += "/" }, tokens.WrongKind},
			"no issuer":                 {func(c *m2m.Claims) { c.Issuer = "" }, tokens.WrongKind},
			"another audience":          {func(c *m2m.Claims) { c.Audience = newID() }, tokens.WrongKind},
			"no audience":               {func(c *m2m.Claims) { c.Audience = "" }, tokens.WrongKind},
			"a browser session's":       {func(c *m2m.Claims) { c.Type = "userToken" }, tokens.WrongKind},
			"a vendor's":                {func(c *m2m.Claims) { c.Type = "vendor" }, tokens.WrongKind},
			"an access token's, user":   {func(c *m2m.Claims) { c.Type = "userAccessToken" }, tokens.WrongKind},
			"an access token's, tenant": {func(c *m2m.Claims) { c.Type = "tenantAccessToken" }, tokens.WrongKind},
			"no type":                   {func(c *m2m.Claims) { c.Type = "" }, tokens.WrongKind},
			"the other type":            {func(c *m2m.Claims) { c.Type = m2m.TenantAPIToken }, tokens.WrongKind},
			"another tenant":            {func(c *m2m.Claims) { c.TenantID = w.globex }, tokens.WrongKind},
			"another user":              {func(c *m2m.Claims) { c.UserID = w.vic.ID }, tokens.WrongKind},
			"no user":                   {func(c *m2m.Claims) { c.UserID = "" }, tokens.WrongKind},
			"another client":            {func(c *m2m.Claims) { c.Subject = api.Token.ID }, tokens.WrongKind},
			"an access token's id":      {func(c *m2m.Claims) { c.Subject = access.Token.ID }, tokens.WrongKind},
			"an unknown client":         {func(c *m2m.Claims) { c.Subject = newID() }, tokens.WrongKind},
			"a client in capitals":      {func(c *m2m.Claims) { c.Subject = strings.ToUpper(c.Subject) }, tokens.WrongKind},
			"a client with NUL":         {func(c *m2m.Claims) { c.Subject += "\x00" }, tokens.WrongKind},
			"no client":                 {func(c *m2m.Claims) { c.Subject = "" }, tokens.WrongKind},
			"an unknown secret":         {func(c *m2m.Claims) { c.SecretID = newID() }, tokens.Unknown},
			"a secret in capitals":      {func(c *m2m.Claims) { c.SecretID = strings.ToUpper(c.SecretID) }, tokens.Unknown},
			"a secret with NUL":         {func(c *m2m.Claims) { c.SecretID += "\x00" }, tokens.Unknown},
			"no secret":                 {func(c *m2m.Claims) { c.SecretID = "" }, tokens.Unknown},
			"another client's secret":   {func(c *m2m.Claims) { c.SecretID = w.secretOf(api).ID }, tokens.WrongKind},
			"no end":                    {func(c *m2m.Claims) { c.ExpiresAt = 0 }, tokens.Expired},
			"an end long ago":           {func(c *m2m.Claims) { c.ExpiresAt = -1 << 60 }, tokens.Expired},
			"an end a minute ago":       {func(c *m2m.Claims) { c.ExpiresAt = m2m.NumericDate(start.Add(-time.Minute).Unix()) }, tokens.Expired},
			"made ten seconds hence":    {func(c *m2m.Claims) { c.IssuedAt += 10 }, ""},
		} {
			if verdict := w.verifyJWT(sign(tc.change)); verdict.Reason != tc.want {
				t.Errorf("%s: %q, want %q", name, verdict.Reason, tc.want)
			}
		}

		// Claims can't give more than there is.
		greedy := w.verifyJWT(sign(func(c *m2m.Claims) {
			c.Roles, c.Permissions = append(c.Roles, "Owner"), append(c.Permissions, "billing.*", "fe.*")
		}))
		if !slices.Equal(greedy.Roles, []string{"Admin", "Editor"}) || greedy.Permissions.Has("billing.read") || greedy.Permissions.Has("fe.other") {
			t.Errorf("roles %v, permissions %v", greedy.Roles, greedy.Permissions)
		}
		bare := w.verifyJWT(sign(func(c *m2m.Claims) { c.Roles, c.Permissions = []string{}, []string{} }))
		if !bare.Allowed || len(bare.Roles)+len(bare.Permissions) != 0 {
			t.Errorf("a JWT without rights has roles %v, permissions %v", bare.Roles, bare.Permissions)
		}

		several, err := w.keys.Sign(t.Context(), map[string]any{"sub": claims.Subject, "aud": []string{claims.Audience}, "iss": issuer})
		w.ok(err)
		w.wantReason(w.verifyJWT(models.NewSecret(several)), tokens.WrongKind)
	})
}

func TestVerifyJWT_ForgeriesAreMalformedAndAskNoDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	exchanged, _ := w.exchange(w.mint(combinations[1]))
	good := exchanged.AccessToken.Reveal()
	parts := strings.Split(good, ".")
	evil, err := rsa.GenerateKey(rand.Reader, 2048)
	w.ok(err)
	set, err := w.keys.JWKS(t.Context())
	w.ok(err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: evil, KeyID: set.Keys[0].KeyID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	w.ok(err)
	var claims m2m.Claims
	w.ok(w.keys.Parse(t.Context(), good, &claims))
	signed, err := signer.Sign([]byte(`{"sub":"` + claims.Subject + `","aud":"` + claims.Audience + `","iss":"` + issuer + `"}`))
	w.ok(err)
	forged, err := signed.CompactSerialize()
	w.ok(err)
	broken := errors.New("the database was asked")
	storetest.FailNext(w.store, broken)
	for _, text := range []string{
		forged, "", "..", parts[0] + "." + parts[1] + ".", parts[1] + "." + parts[1] + "." + parts[2], good + " ", "\n" + good, "Bearer " + good,
		good[:len(good)-2], strings.ToLower(good), strings.Repeat("A.", 1<<19), `{"payload":"` + parts[1] + `"}`,
	} {
		w.wantReason(w.verifyJWT(models.NewSecret(text)), tokens.Malformed)
	}
	_, err = w.VerifyJWT(t.Context(), tokens.VerifyRequest{Credential: exchanged.AccessToken})
	wantError(t, err, broken)
}
