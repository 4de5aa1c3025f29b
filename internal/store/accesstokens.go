package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// accessRow is what one secret gives; UserID of owner and member are empty where
// there is none.
type accessRow struct {
	ID        string  `gorm:"column:id"`
	TenantID  string  `gorm:"column:tenant_id"`
	UserID    *string `gorm:"column:user_id"`
	Created   stamp   `gorm:"column:created_at"`
	Expires   stamp   `gorm:"column:expires_at"`
	Addresses string  `gorm:"column:addresses"`

	Secret secretRow `gorm:"embedded;embeddedPrefix:ts_"`
	// First is the signing key of the token's first secret.
	First *string `gorm:"column:first_kid"`

	OwnerID        *string `gorm:"column:owner_id"`
	OwnerDisabled  *stamp  `gorm:"column:owner_disabled"`
	MemberID       *string `gorm:"column:member_id"`
	MemberDisabled *stamp  `gorm:"column:member_disabled"`
}

// accessTokens are the next tokens along their index, each with its secrets that
// have not ended by the clock. Whoever is silent, gone or disabled is among them.
const (
	accessTokens = `SELECT a.id, a.tenant_id, a.user_id, a.created_at, a.expires_at, a.addresses,
		ts.id AS ts_id, ts.token_id AS ts_token_id, ts.created_at AS ts_created_at, ts.replaced_at AS ts_replaced_at, ts.ends_at AS ts_ends_at,
		ts.silent_seconds AS ts_silent_seconds, ts.last_used_at AS ts_last_used_at, ts.kid AS ts_kid, f.kid AS first_kid,
		u.id AS owner_id, u.disabled_at AS owner_disabled, m.user_id AS member_id, m.disabled_at AS member_disabled
	FROM (SELECT id, tenant_id, user_id, created_at, expires_at, addresses, disabled_at FROM tokens
		WHERE context = ? AND kind = 'AccessToken' AND revoked_at IS NULL AND `
	behindPlace = `(tenant_id, id) > (?, ?)`
	// In this form nobody takes the primary key for an index in the right order.
	withinTenant = ` AND (tenant_id, id) < (?, 'g')`
	withSecrets  = ` ORDER BY tenant_id, id LIMIT ?) a
	LEFT JOIN token_secrets ts ON ts.token_id = a.id AND (ts.replaced_at IS NULL OR ts.ends_at > ?) AND a.disabled_at IS NULL AND a.expires_at > ?
	LEFT JOIN token_secrets f ON f.id = a.id
	LEFT JOIN users u ON u.id = a.user_id AND u.deleted_at IS NULL
	LEFT JOIN memberships m ON m.tenant_id = a.tenant_id AND m.user_id = a.user_id
	ORDER BY a.tenant_id, a.id`
)

// AccessTokens gives the secrets of the next q.Limit access tokens that may be
// good now, by account and id. Whether they are is for the caller to judge.
func (s *Store) AccessTokens(ctx context.Context, q models.AccessQuery) (models.AccessPage, error) {
	query, args := accessTokens+behindPlace, []any{string(q.Context), q.After.TenantID, q.After.TokenID}
	if q.TenantID != "" {
		query, args = query+withinTenant, []any{string(q.Context), q.TenantID, q.After.TokenID, q.TenantID}
	}
	query, args = query+withSecrets, append(args, q.Limit, stamp(q.Now), stamp(q.Now))
	var rows []accessRow
	err := s.readList(ctx, "access tokens", func(tx *gorm.DB) error { return tx.Raw(query, args...).Scan(&rows).Error })
	if err != nil {
		return models.AccessPage{}, err
	}
	var page models.AccessPage
	looked := 0
	for i, r := range rows {
		if i == 0 || rows[i-1].ID != r.ID {
			looked++
		}
		if r.Secret.ID != "" {
			page.Secrets = append(page.Secrets, r.secret(q.Context))
		}
	}
	if looked == q.Limit {
		last := rows[len(rows)-1]
		page.Last = models.AccessPlace{TenantID: last.TenantID, TokenID: last.ID}
	}
	return page, nil
}

func (r accessRow) secret(in models.Context) models.AccessSecret {
	s := models.AccessSecret{FirstKeyID: textOf(r.First)}
	s.Token = models.Token{
		ID: r.ID, TenantID: r.TenantID, Context: in, Kind: models.AccessToken, UserID: textOf(r.UserID),
		CreatedAt: r.Created.time(), ExpiresAt: r.Expires.time(), Addresses: addressesOf(r.Addresses),
	}
	s.Secret = r.Secret.secret()
	if r.OwnerID != nil {
		s.Owner = &models.User{ID: *r.OwnerID, DisabledAt: r.OwnerDisabled.optional()}
	}
	if r.MemberID != nil {
		s.Membership = &models.Membership{TenantID: r.TenantID, UserID: *r.MemberID, DisabledAt: r.MemberDisabled.optional()}
	}
	return s
}
