package tokens

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// RefreshesKept is how many refresh tokens of the same client credentials live
// at most: the next exchange ends the oldest.
const RefreshesKept = 100

const (
	// RefreshSpent is a refresh token that was used before, or whose chain ended.
	RefreshSpent Reason = "refresh_spent"
	// RefreshExpired is one that ended by itself.
	RefreshExpired Reason = "refresh_expired"
)

// RefreshRequest is a refresh token that somebody showed, and from where.
type RefreshRequest struct {
	Token     models.Secret
	IP        string
	UserAgent string
	RequestID string
}

// Refresh gives another JWT for a refresh token, with the rights as they are
// now, and the next refresh token in its place: each works once. One that was
// used before is refused and ends what came of it, which leaves an event the
// first time; other exchanges of the same credentials go on. Nothing outlives the credentials.
// Exchanged is zero unless the Verdict allows. An error means that Latchkey
// could not tell.
func (t *Tokens) Refresh(ctx context.Context, r RefreshRequest) (Exchanged, Verdict, error) {
	key, err := m2m.ParseKey(r.Token.Reveal())
	if err != nil {
		return Exchanged{}, Verdict{Reason: Malformed}, nil
	}
	if key.Kind != m2m.RefreshToken {
		return Exchanged{}, Verdict{Reason: WrongKind}, nil
	}
	shown, err := t.store.RefreshTokenByDigest(ctx, t.digest(key.Reveal()))
	if errors.Is(err, models.ErrNotFound) {
		return Exchanged{}, Verdict{Reason: Unknown}, nil
	}
	if err != nil {
		return Exchanged{}, Verdict{}, fmt.Errorf("refresh: %w", err)
	}
	credential, err := t.store.CredentialBySecret(ctx, shown.SecretID)
	if errors.Is(err, models.ErrNotFound) {
		return Exchanged{}, Verdict{Reason: Unknown}, nil
	}
	if err != nil {
		return Exchanged{}, Verdict{}, fmt.Errorf("refresh: %w", err)
	}
	now := t.now()
	switch reason := judge(credential, credential.Token.ExpiresAt, r.IP, now); {
	// A chain ends as a whole: one that was shown again before writes nothing more.
	case shown.EndedAt != nil:
		return Exchanged{}, t.refused(credential, RefreshSpent, shown.ExpiresAt, now), nil
	case shown.SpentAt != nil:
		return t.reused(ctx, r, shown, credential, now)
	case shown.Expired(now):
		return Exchanged{}, t.refused(credential, RefreshExpired, shown.ExpiresAt, now), nil
	case reason != "":
		return Exchanged{}, t.refused(credential, reason, credential.Token.ExpiresAt, now), nil
	}
	exchanged, verdict, err := t.sign(ctx, credential, r.IP, r.UserAgent, now)
	if err != nil || !verdict.Allowed {
		return Exchanged{}, verdict, err
	}
	secret, next, err := t.newRefresh(credential, now)
	if err != nil {
		return Exchanged{}, Verdict{}, fmt.Errorf("refresh: %w", err)
	}
	next.Chain = shown.Chain
	err = t.store.SpendRefreshToken(ctx, shown.ID, next)
	if errors.Is(err, models.ErrConflict) {
		return t.reused(ctx, r, shown, credential, now)
	}
	if errors.Is(err, models.ErrNotFound) { // It ended meanwhile, and nobody used it.
		return Exchanged{}, t.refused(credential, RefreshSpent, shown.ExpiresAt, now), nil
	}
	if err != nil {
		return Exchanged{}, Verdict{}, fmt.Errorf("refresh: %w", err)
	}
	exchanged.RefreshToken = secret
	return exchanged, verdict, nil
}

// reused ends the chain of a refresh token that was used before: one of the two
// who used it is not whom it was given to.
func (t *Tokens) reused(ctx context.Context, r RefreshRequest, shown models.RefreshToken, c models.Credential, now time.Time) (Exchanged, Verdict, error) {
	caller := models.Caller{Kind: models.Anyone, IP: r.IP, UserAgent: r.UserAgent, RequestID: r.RequestID}
	event := models.NewEvent(caller, models.RefreshReused, models.Stamp(now)).
		About("token", c.Token.ID, c.Token.Description).In(c.Token.TenantID).Refuse(string(RefreshSpent))
	if err := t.store.EndRefreshChain(ctx, shown.TokenID, shown.Chain, models.Stamp(now), event); err != nil {
		return Exchanged{}, Verdict{}, fmt.Errorf("end a chain of refresh tokens: %w", err)
	}
	return Exchanged{}, t.refused(c, RefreshSpent, shown.ExpiresAt, now), nil
}

// newRefresh is a refresh token, as it is shown and as it is kept: the first of
// a chain.
func (t *Tokens) newRefresh(c models.Credential, now time.Time) (models.Secret, models.RefreshToken, error) {
	key := m2m.NewKey(c.Settings.TokenPrefix, m2m.RefreshToken)
	if key.IsZero() {
		return models.Secret{}, models.RefreshToken{}, fmt.Errorf("no key can begin with the prefix %q of the settings", c.Settings.TokenPrefix)
	}
	now = models.Stamp(now)
	id := models.NewID(now)
	end, _ := c.Policies().End(c.Token, now)
	end = earlier(earlier(end, c.Secret.EndsAt), now.Add(c.Settings.RefreshTTL))
	return models.NewSecret(key.Reveal()), models.RefreshToken{
		ID: id, Digest: t.digest(key.Reveal()), TokenID: c.Token.ID, SecretID: c.Secret.ID, Chain: id, CreatedAt: now, ExpiresAt: end,
	}, nil
}
