package tokens

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-dev/latchkey/models"
)

// Get gives one of the tokens that List would. models.ErrForbidden without the
// read permission, models.ErrNotFound for every other id: another account's,
// another person's, of the other context, deleted, or in another spelling.
func (t *Tokens) Get(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error) {
	if !may(caller, in, in.Rights().Read) {
		return models.TokenRow{}, models.ErrForbidden
	}
	return t.own(ctx, caller, in, id)
}

// ByFormID gives the token that the caller made with the form, also when it has
// been deleted since. models.ErrForbidden without the write permission,
// models.ErrNotFound when they made none.
func (t *Tokens) ByFormID(ctx context.Context, caller models.Caller, in models.Context, formID string) (models.TokenRow, error) {
	if !may(caller, in, in.Rights().Write) {
		return models.TokenRow{}, models.ErrForbidden
	}
	if formID == "" {
		return models.TokenRow{}, models.ErrNotFound
	}
	row, err := t.store.TokenByFormID(ctx, caller.TenantID, models.HashFormID(caller, formID))
	return checkOwn(caller, in, row, err)
}

// Delete revokes a token for good. models.ErrForbidden without the delete
// permission, which leaves an event; models.ErrNotFound as Get has it, and when
// somebody else was quicker.
func (t *Tokens) Delete(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error) {
	return t.DeleteOfKind(ctx, caller, in, "", id)
}

// DeleteOfKind is Delete for a token of one kind, "" for either: one of the other
// is not found.
func (t *Tokens) DeleteOfKind(ctx context.Context, caller models.Caller, in models.Context, kind models.Kind, id string) (models.TokenRow, error) {
	row, event, err := t.begin(ctx, caller, in, id, models.TokenDeleted)
	if err != nil {
		return models.TokenRow{}, err
	}
	if kind != "" && row.Kind != kind {
		return models.TokenRow{}, models.ErrNotFound
	}
	if err := t.store.RevokeToken(ctx, caller.TenantID, id, caller.ActorID(), event.At, event); err != nil {
		return models.TokenRow{}, fmt.Errorf("delete: %w", err)
	}
	row.RevokedAt, row.RevokedBy = &event.At, caller.ActorID()
	return row, nil
}

// begin is how every change of a token begins: with the caller's right, whose
// want leaves an event, and with the token. The event is the change's own.
func (t *Tokens) begin(ctx context.Context, caller models.Caller, in models.Context, id string, action models.Action) (models.TokenRow, models.Event, error) {
	event := models.NewEvent(caller, action, models.Stamp(t.now()))
	right := in.Rights().Write
	if action == models.TokenDeleted {
		right = in.Rights().Delete
	}
	if !may(caller, in, right) {
		if !models.ValidID(id) {
			id = ""
		}
		return models.TokenRow{}, event, t.refuse(ctx, event.About("token", id, ""), &refusal{"permission", models.ErrForbidden})
	}
	row, err := t.own(ctx, caller, in, id)
	return row, event.About("token", row.ID, row.Description), err
}

// own is a token that the caller's lists of that context hold.
func (t *Tokens) own(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error) {
	if !models.ValidID(id) {
		return models.TokenRow{}, models.ErrNotFound
	}
	row, err := t.store.Token(ctx, caller.TenantID, id)
	return checkOwn(caller, in, row, err)
}

func checkOwn(caller models.Caller, in models.Context, row models.TokenRow, err error) (models.TokenRow, error) {
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return models.TokenRow{}, fmt.Errorf("token: %w", err)
	}
	if err != nil || row.Context != in || in == models.Personal && row.UserID != caller.UserID {
		return models.TokenRow{}, models.ErrNotFound
	}
	return row, nil
}

// RoleChoice is a role as the form for API tokens offers it.
type RoleChoice struct {
	models.Role
	// Grantable tells whether the caller holds all that the role gives.
	Grantable bool
}

// RoleChoices gives every role, by name. models.ErrForbidden without the
// permission to make API tokens.
func (t *Tokens) RoleChoices(ctx context.Context, caller models.Caller) ([]RoleChoice, error) {
	if !may(caller, models.API, models.WriteTenantTokens) {
		return nil, models.ErrForbidden
	}
	roles, defined, err := t.rolesAndPermissions(ctx)
	if err != nil {
		return nil, fmt.Errorf("role choices: %w", err)
	}
	choices := make([]RoleChoice, len(roles))
	for i, role := range roles {
		choices[i] = RoleChoice{Role: role, Grantable: grantable(caller, role, defined)}
	}
	return choices, nil
}
