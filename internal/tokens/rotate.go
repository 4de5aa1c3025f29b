package tokens

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// maxOverlap is how long a replaced secret lives at most.
	maxOverlap = 7 * 24 * time.Hour
	// minSpan is the shortest overlap and silence beside none.
	minSpan = time.Minute
)

// RotateRequest says what becomes of the secret that is replaced.
type RotateRequest struct {
	// Overlap is how long it lives on: 0 ends it at once, else 1 minute to 7
	// days. It never outlives the token.
	Overlap time.Duration
	// Silence ends it before that, once it has not been used for so long: 0 for
	// not, else whole seconds from 1 minute up to Overlap.
	Silence time.Duration
	// Replaces is the id of the secret in force that the caller saw, empty for
	// whichever it is: who decides about one must not end another.
	Replaces string
	// Key takes the place of the secret in force, which may be a key itself, as in
	// MintRequest; zero for a new secret.
	Key models.ClientKey
	// FormID is the one-use id of the form, empty for a caller without one.
	FormID string
}

// Rotate gives a token another secret, which is in force from now on. A
// disabled token, or one that a policy refuses, may be rotated and stays what it
// is: that is what somebody does with a secret that leaked. One of the kind that
// is no longer made stays of its kind.
//
// Errors: *models.InvalidError about overlap or silence (out_of_range), about the
// key as Mint has it, or about no field (m2m_off, expired, not_grantable: the token has rights that the
// caller has not, and whoever sees its secret has them); models.ErrForbidden
// without the write permission or one that a policy demands besides of whoever
// makes a token, or on a disabled account; models.ErrNotFound as Get has it;
// models.ErrConflict while a rotation is under way, when somebody else was
// quicker, or when the same person sent the form before, which SecretByFormID
// tells. What a known person is refused for want of a right, or for the state of
// the token or account, leaves an event.
func (t *Tokens) Rotate(ctx context.Context, caller models.Caller, in models.Context, id string, r RotateRequest) (Minted, error) {
	row, event, err := t.begin(ctx, caller, in, id, models.TokenRotated)
	if err != nil {
		return Minted{}, err
	}
	credential, key, err := t.agreeToRotate(ctx, caller, row, r, event.At)
	if refused, ok := errors.AsType[*refusal](err); ok {
		return Minted{}, t.refuse(ctx, event, refused)
	}
	if err != nil {
		return Minted{}, err
	}
	secret, plain, err := t.newSecret(ctx, row.Token, credential.Settings, key, models.NewID(event.At), event.At)
	if err != nil {
		return Minted{}, fmt.Errorf("rotate: %w", err)
	}
	secret.FormID = models.HashFormID(caller, r.FormID)
	rotation := models.Rotation{
		TenantID: row.TenantID, Replaces: credential.Secret.ID, Secret: secret, Silence: r.Silence,
		EndsAt: earlier(event.At.Add(r.Overlap), row.ExpiresAt),
	}
	if err := t.store.RotateToken(ctx, rotation, event); err != nil {
		return Minted{}, fmt.Errorf("rotate: %w", err)
	}
	row.Prefix, row.LastFour = secret.Prefix, secret.LastFour
	return Minted{Token: row, Secret: plain, OldEndsAt: rotation.EndsAt}, nil
}

// agreeToRotate judges the token's and the account's state, then what was asked
// for, and gives the token with the secret that is in force, and the key as it is
// to be kept.
func (t *Tokens) agreeToRotate(ctx context.Context, caller models.Caller, row models.TokenRow, r RotateRequest, now time.Time) (models.Credential, models.ClientKey, error) {
	credential, err := t.store.CredentialByID(ctx, row.ID)
	if err != nil {
		return models.Credential{}, models.ClientKey{}, fmt.Errorf("rotate: %w", err)
	}
	permissions, err := t.store.Permissions(ctx)
	if err != nil {
		return models.Credential{}, models.ClientKey{}, fmt.Errorf("rotate: %w", err)
	}
	switch {
	case credential.Tenant.Disabled():
		return models.Credential{}, models.ClientKey{}, &refusal{"tenant_disabled", models.ErrForbidden}
	case !credential.Tenant.M2MOn(credential.Settings):
		return models.Credential{}, models.ClientKey{}, &refusal{"m2m_off", models.Invalid("", "m2m_off")}
	case !mayCreate(caller, credential.Policies().Merge(now, now)):
		return models.Credential{}, models.ClientKey{}, &refusal{"policy_permission", models.ErrForbidden}
	case row.Expired(now):
		return models.Credential{}, models.ClientKey{}, &refusal{"expired", models.Invalid("", "expired")}
	}
	for _, role := range row.Roles {
		if !grantable(caller, role, keysOf(permissions)) {
			return models.Credential{}, models.ClientKey{}, &refusal{notGrantable, models.Invalid("", notGrantable)}
		}
	}
	if r.Replaces != "" && r.Replaces != credential.Secret.ID {
		return models.Credential{}, models.ClientKey{}, models.ErrConflict
	}
	invalid := &models.InvalidError{}
	if r.Overlap != 0 && (r.Overlap < minSpan || r.Overlap > maxOverlap) {
		invalid.Add("overlap", "out_of_range")
	}
	if r.Silence != 0 && (r.Silence < minSpan || r.Silence > r.Overlap || r.Silence%time.Second != 0) {
		invalid.Add("silence", "out_of_range")
	}
	key := checkKeyOf(row.Kind, r.Key, invalid)
	return credential, key, invalid.OrNil()
}

// SecretByFormID gives the secret that the caller rotated the token to with the
// form, also when it has ended since. Errors are those of ByFormID.
func (t *Tokens) SecretByFormID(ctx context.Context, caller models.Caller, in models.Context, id, formID string) (models.TokenSecret, error) {
	if !may(caller, in, in.Rights().Write) {
		return models.TokenSecret{}, models.ErrForbidden
	}
	if _, err := t.own(ctx, caller, in, id); err != nil {
		return models.TokenSecret{}, err
	}
	if formID == "" {
		return models.TokenSecret{}, models.ErrNotFound
	}
	secret, err := t.store.SecretByFormID(ctx, id, models.HashFormID(caller, formID))
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return models.TokenSecret{}, fmt.Errorf("secret by form: %w", err)
	}
	return secret, err
}

// EndOldSecret ends at once the secret that a rotation left alive, and with it
// the JWTs that it was exchanged for, where Latchkey is asked.
// models.ErrConflict when none lives; models.ErrForbidden without the write
// permission, which leaves an event; models.ErrNotFound as Get has it.
func (t *Tokens) EndOldSecret(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error) {
	row, event, err := t.begin(ctx, caller, in, id, models.SecretEnded)
	if err != nil {
		return models.TokenRow{}, err
	}
	if err := t.store.EndOldSecret(ctx, row.TenantID, id, event.At, event); err != nil {
		return models.TokenRow{}, fmt.Errorf("end old secret: %w", err)
	}
	return row, nil
}

// CancelRotation ends the new secret at once and leaves the old one in force, as
// it was before the rotation. Errors are those of EndOldSecret: once the old
// secret has ended there is no way back to it.
func (t *Tokens) CancelRotation(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error) {
	row, event, err := t.begin(ctx, caller, in, id, models.RotationCancelled)
	if err != nil {
		return models.TokenRow{}, err
	}
	secret, err := t.store.CancelRotation(ctx, row.TenantID, id, event.At, event)
	if err != nil {
		return models.TokenRow{}, fmt.Errorf("cancel rotation: %w", err)
	}
	row.Prefix, row.LastFour = secret.Prefix, secret.LastFour
	return row, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
