package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// ExchangeRequest is a client id and secret that somebody showed, and from where.
type ExchangeRequest struct {
	ClientID  string
	Secret    models.Secret
	IP        string
	UserAgent string
}

// Exchanged is a JWT and its end, and what renews it.
type Exchanged struct {
	AccessToken  models.Secret
	RefreshToken models.Secret
	// ExpiresAt is in whole seconds.
	ExpiresAt time.Time
	// ExpiresIn is the JWT's life in whole seconds, from its iat to its exp.
	ExpiresIn time.Duration
}

// Exchange gives a JWT for client credentials of either context: the rights as
// they are now, unless the settings leave them out, for as long as the settings say but not beyond the end of the
// credentials, their own or by a policy; and a refresh token, the one row that it
// writes. Exchanged is zero unless the Verdict allows. An error means that
// Latchkey could not tell.
func (t *Tokens) Exchange(ctx context.Context, r ExchangeRequest) (Exchanged, Verdict, error) {
	credential, verdict, err := t.clientBySecret(ctx, r.ClientID, r.Secret, r.IP)
	if err != nil {
		return Exchanged{}, Verdict{}, fmt.Errorf("exchange: %w", err)
	}
	if verdict.Reason != "" {
		return Exchanged{}, verdict, nil
	}
	now := t.now()
	exchanged, verdict, err := t.sign(ctx, credential, r.IP, r.UserAgent, now)
	if err != nil || !verdict.Allowed {
		return Exchanged{}, verdict, err
	}
	refresh, kept, err := t.newRefresh(credential, now)
	if err != nil {
		return Exchanged{}, Verdict{}, fmt.Errorf("exchange: %w", err)
	}
	if err := t.store.CreateRefreshToken(ctx, kept, RefreshesKept); err != nil {
		return Exchanged{}, Verdict{}, fmt.Errorf("exchange: %w", err)
	}
	exchanged.RefreshToken = refresh
	return exchanged, verdict, nil
}

// sign gives a JWT for a credential that is good.
func (t *Tokens) sign(ctx context.Context, credential models.Credential, ip, userAgent string, now time.Time) (Exchanged, Verdict, error) {
	issuedAt, expiresAt, err := lifetime(credential, now)
	if err != nil {
		return Exchanged{}, Verdict{}, err
	}
	if !now.Before(expiresAt) {
		return Exchanged{}, t.refusedAtTheEnd(credential, now), nil
	}
	jwt, err := t.keys.Sign(ctx, t.claims(credential, issuedAt, expiresAt))
	if err != nil {
		return Exchanged{}, Verdict{}, fmt.Errorf("sign a JWT: %w", err)
	}
	verdict := t.allowed(credential, expiresAt, VerifyRequest{IP: ip, UserAgent: userAgent}, now)
	return Exchanged{
		AccessToken: models.NewSecret(jwt), ExpiresAt: expiresAt, ExpiresIn: expiresAt.Sub(issuedAt),
	}, verdict, nil
}

// refusedAtTheEnd refuses credentials of which less than a second is left: no JWT
// can be made that does not outlive them, for its times are whole seconds.
func (t *Tokens) refusedAtTheEnd(c models.Credential, now time.Time) Verdict {
	end, by := c.Policies().End(c.Token, now)
	reason := Expired
	switch {
	case c.Secret.EndsAt.Before(end):
		reason = SecretEnded
	case by != "":
		reason = Policy
	}
	return t.refused(c, reason, end, now)
}

// wrongSecret counts a refusal of a known client. Whether there is one is looked
// up either way, so that a known id and an unknown one cost the same.
func (t *Tokens) wrongSecret(ctx context.Context, clientID string, now time.Time) error {
	credential, err := t.store.CredentialByID(ctx, clientID)
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	t.notes.refusal(credential.Token.ID, wrongSecret, minuteOf(now))
	return nil
}

// lifetime is a JWT's iat and exp, both rounded down: some verifiers refuse an
// iat that lies in the future by a fraction of a second. In the one second in which
// the JWTs before it were ended, it is rounded up, or it would be one of them.
// Each time that they are ended moves that second on. models.ErrBusy when it is so far
// on that the new one would be refused as not of yet.
func lifetime(c models.Credential, now time.Time) (issuedAt, expiresAt time.Time, err error) {
	issuedAt = now.UTC().Truncate(time.Second)
	if from := c.Token.JWTsFrom; from != nil && !issuedAt.After(from.Truncate(time.Second)) {
		issuedAt = from.UTC().Truncate(time.Second).Add(time.Second)
	}
	if issuedAt.After(now.Add(clockSkew)) {
		return time.Time{}, time.Time{}, fmt.Errorf("JWTs of %s ended many times at once: %w", c.Token.ID, models.ErrBusy)
	}
	end, _ := c.Policies().End(c.Token, now)
	c.Secret.LastUsedAt = now // The exchange is a use: silence begins anew.
	expiresAt = earlier(issuedAt.Add(c.Settings.TokenTTL), earlier(end, c.Secret.End()))
	return issuedAt, expiresAt.UTC().Truncate(time.Second), nil
}

func (t *Tokens) claims(c models.Credential, issuedAt, expiresAt time.Time) m2m.Claims {
	claims := m2m.Claims{
		Subject: c.Token.ID, TenantID: c.Token.TenantID, Type: m2m.TenantAPIToken,
		SecretID: c.Secret.ID, Metadata: metadataOf(c.Token),
		ApplicationID: c.Settings.ClientID, Audience: c.Settings.ClientID, Issuer: t.issuer,
		IssuedAt: m2m.NumericDate(issuedAt.Unix()), ExpiresAt: m2m.NumericDate(expiresAt.Unix()),
	}
	if c.Settings.RolesInJWT {
		claims.Roles = append([]string{}, c.Roles...)
	}
	if c.Settings.PermissionsInJWT {
		claims.Permissions = append([]string{}, c.Permissions...)
	}
	if c.Token.CreatedBy != "" {
		claims.CreatedByUserID = &c.Token.CreatedBy
	}
	if c.Token.Context == models.Personal {
		claims.Type = m2m.UserAPIToken
		claims.UserID, claims.CreatedByUserID = c.Owner.ID, &c.Owner.ID
		claims.Email = c.Owner.Email
		claims.UserMetadata = map[string]any{}
	}
	return claims
}

// metadataOf is a token's metadata as a JWT holds it. What can't be read, which
// the store's own words never are, is left out.
func metadataOf(t models.Token) map[string]any {
	metadata := map[string]any{}
	decoder := json.NewDecoder(strings.NewReader(t.Metadata))
	decoder.UseNumber() // as they were written: float64 has 53 bits
	if err := decoder.Decode(&metadata); err != nil || metadata == nil {
		return map[string]any{}
	}
	return metadata
}
