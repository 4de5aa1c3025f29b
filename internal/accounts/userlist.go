package accounts

import (
	"context"
	"fmt"
	"slices"

	"github.com/latchkey-dev/latchkey/models"
)

// mostUsers is the largest page of people.
const mostUsers = 2000

// Users is one page of people, by id, without operators who are of no account. An
// id in another spelling is unknown.
func (a *Accounts) Users(ctx context.Context, caller models.Caller, q models.UserQuery) (models.UserPage, error) {
	if err := read(caller); err != nil {
		return models.UserPage{}, err
	}
	if q.TenantID != "" {
		if _, err := a.tenant(ctx, q.TenantID); err != nil {
			return models.UserPage{}, err
		}
	}
	if q.IDs != nil {
		q.IDs = slices.DeleteFunc(slices.Clone(q.IDs), func(id string) bool { return !models.ValidID(id) })
	}
	q.Offset, q.Limit = max(q.Offset, 0), min(max(q.Limit, 1), mostUsers)
	page, err := a.store.Users(ctx, q)
	if err != nil {
		return models.UserPage{}, fmt.Errorf("list people: %w", err)
	}
	return page, nil
}

// User is one person, of the account unless it is empty.
func (a *Accounts) User(ctx context.Context, caller models.Caller, tenantID, userID string) (models.UserRow, error) {
	page, err := a.Users(ctx, caller, models.UserQuery{IDs: []string{userID}, TenantID: tenantID, Limit: 1})
	if err != nil {
		return models.UserRow{}, err
	}
	if len(page.Rows) == 0 {
		return models.UserRow{}, models.ErrNotFound
	}
	return page.Rows[0], nil
}

// Colleague is a person of the account that the caller acts in, who may read the
// account's tokens and so sees who made them. models.ErrNotFound for anybody else.
func (a *Accounts) Colleague(ctx context.Context, caller models.Caller, userID string) (models.User, error) {
	if !caller.May(models.ReadTenantTokens) {
		return models.User{}, models.ErrForbidden
	}
	m, err := a.member(ctx, caller.TenantID, userID, models.Stamp(a.now()))
	return m.User, err
}
